use std::ops::Range;

use super::problems::{Problem, Problems};
use super::read;
use super::tree::Text;
use super::wording::tick;
use crate::model::{PlacedName, Template, TemplateErrorKind};

/// A template that knows its place, and that of each name in it.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) template: Template,
    pub(super) range: Range<usize>,
    pub(super) names: Vec<Use>,
    /// Whether mistakes in it were reported: `template` is a part of it then.
    pub(super) broken: bool,
}

/// A name in a template.
#[derive(Debug, Clone)]
pub(super) struct Use {
    pub(super) name: String,
    /// Braces included.
    pub(super) range: Range<usize>,
    /// Whether it looks like the shell's `${NAME}`.
    pub(super) dollar: bool,
}

/// Parses a text as a template and reports every mistake in it. What is returned then still has its names, so that
/// those are looked at too.
pub(super) fn parse(text: &Text, problems: &mut Problems<'_>) -> Placed {
    let mut names = Vec::new();
    let mut at = 0;
    let mut broken = false;
    let template = loop {
        let rest = &text.text[at..];
        let error = match Template::parse_spanned(rest) {
            Ok((template, found)) => {
                uses(text, at, found, problems.source, &mut names);
                break template;
            }
            Err(error) => error,
        };
        broken = true;
        if let Ok((_, found)) = Template::parse_spanned(&rest[..error.range.start]) {
            uses(text, at, found, problems.source, &mut names);
        }
        let piece = at + error.range.start..at + error.range.end;
        let dollar = text.text[..piece.start].ends_with('$');
        let problem = problems.add(&read::locate(problems.source, text, &piece), error.kind.to_string());
        explain(&error.kind, dollar, problem);
        at = piece.end;
    };
    Placed { template, range: text.range.clone(), names, broken }
}

/// Notes names that were found in the piece of a text that begins at `start`.
fn uses(text: &Text, start: usize, found: Vec<PlacedName>, source: &str, names: &mut Vec<Use>) {
    names.extend(found.into_iter().map(|(name, piece)| {
        let piece = start + piece.start..start + piece.end;
        Use {
            name,
            dollar: text.text[..piece.start].ends_with('$'),
            range: read::locate(source, text, &piece),
        }
    }));
}

fn explain(kind: &TemplateErrorKind, dollar: bool, problem: &mut Problem) {
    match kind {
        TemplateErrorKind::Unclosed => problem.help("for a plain `{` write `{{`"),
        TemplateErrorKind::StrayClose => problem.help("for a plain `}` write `}}`"),
        TemplateErrorKind::NotAName(inner) if dollar => shell_hint(inner, problem),
        TemplateErrorKind::NotAName(inner)
            if inner.is_empty() || inner.bytes().all(|b| b.is_ascii_digit()) =>
        {
            problem.help(format!(
                "name a variable, as in `{{release}}`; for plain braces write `{{{{{inner}}}}}`"
            ))
        }
        TemplateErrorKind::NotAName(inner) => {
            let name = inner.split(['!', ':']).next().unwrap_or_default();
            let format = name.len() < inner.len() && !name.is_empty() && !name.contains(char::is_whitespace);
            if format {
                problem.help(format!(
                    "formats such as `!r` and `:>5` do not exist here; write {}",
                    tick(&format!("{{{name}}}"))
                ));
            }
            problem.help(format!("for plain braces write {}", tick(&format!("{{{{{inner}}}}}"))))
        }
    };
}

/// Says how the shell's own variables are written.
pub(super) fn shell_hint<'p>(name: &str, problem: &'p mut Problem) -> &'p mut Problem {
    let (theirs, ours) = (format!("${{{name}}}"), format!("${{{{{name}}}}}"));
    problem.help(format!("for the shell's {} write {}", tick(&theirs), tick(&ours)))
}
