use std::fmt;
use std::ops::Range;

/// A text value in the manner of Python's `str.format`: `{name}`, with `{{` and `}}` for braces.
///
/// Its `Display` is its source form: what it prints parses to the same template.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Part {
    /// Text, braces unescaped.
    Text(String),
    /// A name to be replaced by its value.
    Name(String),
}

/// A name and the byte range that it takes in a template's text, braces included.
pub type PlacedName = (String, Range<usize>);

/// A text that is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct TemplateError {
    /// What is wrong.
    pub kind: TemplateErrorKind,
    /// Where, as byte offsets into the text.
    pub range: Range<usize>,
}

/// What can be wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateErrorKind {
    /// `{` without its `}`.
    #[error("`{{` is never closed")]
    Unclosed,
    /// `}` on its own.
    #[error("a single `}}`")]
    StrayClose,
    /// `{}`, or what stands between the braces is no name.
    #[error("`{{{0}}}` is not a variable")]
    NotAName(String),
}

impl Template {
    /// Parses a text.
    ///
    /// # Errors
    /// The first mistake in it and where it is.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Self::parse_spanned(text).map(|(template, _)| template)
    }

    /// As [`Template::parse`], with each name and the byte range that it takes in the text, braces included.
    ///
    /// # Errors
    /// The first mistake in it and where it is.
    pub fn parse_spanned(text: &str) -> Result<(Self, Vec<PlacedName>), TemplateError> {
        let err = |kind, range| Err(TemplateError { kind, range });
        let mut parts = Vec::new();
        let mut names = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(brace) = text[at..].find(['{', '}']).map(|i| at + i) {
            literal.push_str(&text[at..brace]);
            let rest = &text[brace..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                literal.push_str(&rest[..1]);
                at = brace + 2;
                continue;
            }
            if rest.starts_with('}') {
                return err(TemplateErrorKind::StrayClose, brace..brace + 1);
            }
            let Some(end) = rest.find('}').map(|i| brace + i) else {
                return err(TemplateErrorKind::Unclosed, brace..brace + 1);
            };
            let name = &text[brace + 1..end];
            if !is_name(name) {
                return err(TemplateErrorKind::NotAName(name.into()), brace..end + 1);
            }
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Name(name.into()));
            names.push((name.to_owned(), brace..end + 1));
            at = end + 1;
        }
        literal.push_str(&text[at..]);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok((Self { parts }, names))
    }

    /// A template without variables that stands for exactly this text.
    pub fn literal(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { parts: if text.is_empty() { Vec::new() } else { vec![Part::Text(text)] } }
    }

    /// Its pieces, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The names it uses.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Replaces each name by its value.
    ///
    /// # Errors
    /// The first name for which there is none.
    pub fn expand<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Result<String, String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Name(name) => out.push_str(value(name).ok_or_else(|| name.clone())?),
            }
        }
        Ok(out)
    }

    /// Replaces the names that have a value and keeps the others as they are.
    #[must_use]
    pub fn expand_known(&self, value: impl Fn(&str) -> Option<Template>) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        for part in &self.parts {
            let new = match part {
                Part::Name(name) => value(name).map_or_else(|| vec![part.clone()], |template| template.parts),
                Part::Text(_) => vec![part.clone()],
            };
            for part in new {
                match (parts.last_mut(), part) {
                    (Some(Part::Text(last)), Part::Text(text)) => last.push_str(&text),
                    (_, part) => parts.push(part),
                }
            }
        }
        Self { parts }
    }
}

/// A variable's name: letters, digits, `_` and `-`, not starting with a digit or `-`.
fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(&text.replace('{', "{{").replace('}', "}}"))?,
                Part::Name(name) => write!(f, "{{{name}}}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_and_names() {
        let template = Template::parse("a{{b}}{name}{{{x}}}").unwrap();
        assert_eq!(template.expand(|n| Some(if n == "x" { "1" } else { "N" })).unwrap(), "a{b}N{1}");
        assert_eq!(template.to_string(), "a{{b}}{name}{{{x}}}");
        assert_eq!(template.names().collect::<Vec<_>>(), ["name", "x"]);
    }

    #[test]
    fn mistakes_have_a_place() {
        let at = |text: &str| Template::parse(text).unwrap_err();
        assert_eq!((at("ab{c").kind, at("ab{c").range), (TemplateErrorKind::Unclosed, 2..3));
        assert_eq!((at("a}b").kind, at("a}b").range), (TemplateErrorKind::StrayClose, 1..2));
        assert_eq!(at("é{}").range, 2..4);
        assert_eq!(at("{a b}").kind, TemplateErrorKind::NotAName("a b".into()));
    }

    #[test]
    fn what_is_not_known_stays_and_what_is_keeps_its_braces() {
        let template = Template::parse("{dir}/{release}").unwrap();
        let known = template.expand_known(|n| (n == "dir").then(|| Template::literal("/srv/{x}")));
        assert_eq!(known.to_string(), "/srv/{{x}}/{release}");
        assert_eq!(Template::parse(&known.to_string()).unwrap(), known);
    }
}
