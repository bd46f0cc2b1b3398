use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle, Tag};

use super::mapping::Mapping;
use super::problems::Problems;
use super::syntax;
use super::tree::{Kind, Node, Text};
use super::wording::tick;

/// Far deeper than any setting lies, and shallow enough for the stack.
const DEEPEST: usize = 32;
/// Values in one file, those that aliases repeat included: a few aliases of aliases can stand for billions.
const MOST_NODES: usize = 100_000;

/// How often reading starts again behind a text that lacks its quotes.
const MOST_REPAIRS: usize = 20;

/// Reads the file's one document. `None` where nothing can be made of it, which has been reported then.
///
/// A text that lacks its quotes is reported and put out of sight, so that the rest of the file is looked at as well.
pub(super) fn read(problems: &mut Problems<'_>) -> Option<Node> {
    let mut text = problems.source.to_owned();
    let mut hidden: Vec<Range<usize>> = Vec::new();
    loop {
        let before = problems.count();
        let error = match read_once(&text, &hidden, problems) {
            Ok(root) => return root,
            Err(Stop::Reported) => return None,
            Err(Stop::Syntax(error)) => error,
        };
        let problems_here = before..problems.count();
        let found = syntax::report(&error, problems);
        let repairable =
            found.repairable.filter(|value| hidden.len() < MOST_REPAIRS && !hidden.contains(value));
        let Some(value) = repairable else {
            // What was read before on this line was not what was meant.
            problems.forget(problems_here, Some(&found.line));
            return None;
        };
        // They will be found again.
        problems.forget(problems_here, None);
        // An alias takes the place of any value, and has no meaning of its own.
        text.replace_range(value.clone(), &format!("*{}", "x".repeat(value.len() - 1)));
        hidden.push(value);
    }
}

fn read_once(text: &str, hidden: &[Range<usize>], problems: &mut Problems<'_>) -> Result<Option<Node>, Stop> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    let parser = Parser::new_from_str_with_options(text, options);
    Reader { parser, problems, hidden, anchors: HashMap::new(), nodes: 0, tag: None }.document()
}

/// Why reading ends early.
enum Stop {
    Reported,
    Syntax(ScanError),
}

impl From<ScanError> for Stop {
    fn from(error: ScanError) -> Self {
        Self::Syntax(error)
    }
}

struct Reader<'p, 't, 's> {
    parser: Parser<'t, StrInput<'t>>,
    problems: &'p mut Problems<'s>,
    /// Values that have been reported.
    hidden: &'p [Range<usize>],
    /// By the parser's number: the value, how many values it holds, and how deep they are nested in it.
    anchors: HashMap<usize, (Node, usize, usize)>,
    nodes: usize,
    /// Where the tag of the last event stands; the event's own range has only the value.
    tag: Option<Range<usize>>,
}

type Next<'t> = Option<(Event<'t>, Range<usize>)>;

impl<'t> Reader<'_, 't, '_> {
    fn next(&mut self) -> Result<Next<'t>, Stop> {
        let Some(next) = self.parser.next_event() else { return Ok(None) };
        let (event, span) = next?;
        self.tag = span.tag_span().and_then(|tag| tag.byte_range());
        Ok(Some((event, self.bytes(&span))))
    }

    fn bytes(&self, span: &Span) -> Range<usize> {
        span.byte_range().unwrap_or_else(|| {
            let end = self.problems.source.len();
            end..end
        })
    }

    fn document(&mut self) -> Result<Option<Node>, Stop> {
        let mut root = None;
        while let Some((event, range)) = self.next()? {
            match event {
                Event::DocumentStart(..) if root.is_some() => {
                    self.problems
                        .add(&range, "a second YAML document begins here")
                        .help("keep one document: leave the `---` out");
                    return Err(Stop::Reported);
                }
                event if is_value(&event) => root = self.node(event, range, 0)?,
                _ => {}
            }
        }
        Ok(root)
    }

    fn node(&mut self, event: Event<'t>, range: Range<usize>, depth: usize) -> Result<Option<Node>, Stop> {
        let before = self.nodes;
        self.nodes += 1;
        self.limits(&range, depth)?;
        if let Some(tag) = event.tag() {
            let text = event.scalar().is_some() && tag.is_yaml_core_schema_tag("str");
            if !text {
                self.tag(tag, &range);
            }
        }
        let anchor = event.anchor_id();
        let node = match event {
            Event::Scalar(text, style, _, _) => self.scalar(text.into_owned(), style, &range),
            Event::SequenceStart(style, ..) => self.list(style, &range, depth)?,
            Event::MappingStart(style, ..) => self.map(style, &range, depth)?,
            Event::Alias(id) => self.alias(id, range, depth)?,
            Event::UnresolvedAlias(name) => {
                if !self.hidden.contains(&range) {
                    self.problems
                        .add(&range, format!("no anchor {} before this", tick(&format!("&{name}"))))
                        .help("a text that starts with `*` needs quotes: '*…'");
                }
                Node { range, kind: Kind::Broken }
            }
            _ => return Ok(None),
        };
        if let Some(id) = anchor {
            self.anchors.insert(id, (node.clone(), self.nodes - before, node.height()));
        }
        Ok(Some(node))
    }

    fn limits(&mut self, range: &Range<usize>, depth: usize) -> Result<(), Stop> {
        let (message, help) = if depth > DEEPEST {
            ("nested too deeply", "no setting lies this deep")
        } else if self.nodes > MOST_NODES {
            ("the file stands for too many values", "use fewer aliases of aliases")
        } else {
            return Ok(());
        };
        self.problems.add(range, message).help(help);
        Err(Stop::Reported)
    }

    fn tag(&mut self, tag: &Tag, range: &Range<usize>) {
        let written = tag.original();
        let range = self.tag.as_ref().unwrap_or(range);
        self.problems
            .add(range, format!("the YAML tag {} has no meaning here", tick(&written)))
            .help("leave the tag out; a text that starts with `!` needs quotes");
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, range: &Range<usize>) -> Node {
        let written = self.problems.source.get(range.clone()).unwrap_or_default();
        // A block text's bytes reach to the next value.
        let range = range.start..range.start + written.trim_end().len();
        if text.contains('\0') {
            self.problems.add(&range, "a zero byte (`\\0`) can't be in a setting").help("leave it out");
            return Node { range, kind: Kind::Broken };
        }
        let plain = style == ScalarStyle::Plain;
        let kind = match text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" if plain => Kind::Null,
            _ => Kind::Scalar(text),
        };
        Node { range, kind }
    }

    fn list(&mut self, style: StructureStyle, range: &Range<usize>, depth: usize) -> Result<Node, Stop> {
        let mut items: Vec<Node> = Vec::new();
        let end = loop {
            match self.next()? {
                None => break range.end,
                Some((Event::SequenceEnd, end)) => break end.end,
                Some((event, range)) => items.extend(self.node(event, range, depth + 1)?),
            }
        };
        let last = items.last().map_or(range.start + 1, |item| item.range.end);
        let end = if style == StructureStyle::Flow { end } else { last };
        Ok(Node { range: range.start..end.max(range.start), kind: Kind::List(items) })
    }

    fn map(&mut self, style: StructureStyle, range: &Range<usize>, depth: usize) -> Result<Node, Stop> {
        let mut map = Mapping::default();
        let mut last = range.end;
        let end = loop {
            let Some((event, at)) = self.next()? else { break range.end };
            if event == Event::MappingEnd {
                break at.end;
            }
            let merge = matches!(event.scalar(), Some(("<<", ScalarStyle::Plain)));
            let key = self.node(event, at, depth + 1)?;
            let Some((event, at)) = self.next()? else { break range.end };
            let value = self.node(event, at, depth + 1)?;
            let (Some(key), Some(value)) = (key, value) else { continue };
            last = last.max(key.range.end + 1).max(value.range.end);
            let key = match key.kind {
                Kind::Scalar(text) => Text { text, range: key.range },
                // `~:` and `null:` are as good a name as any other.
                Kind::Null if !key.range.is_empty() => {
                    let text = self.problems.source.get(key.range.clone()).unwrap_or_default().to_owned();
                    Text { text, range: key.range }
                }
                Kind::Broken => continue,
                _ => {
                    self.problems.add(&key.range, "a key must be a text").help("write `key: value`");
                    continue;
                }
            };
            if merge && map.merge_key.is_none() {
                map.merge_key = Some(key.range.clone());
                map.merge(&key, value, self.problems);
            } else {
                map.entry(key, value, self.problems);
            }
        };
        let end = if style == StructureStyle::Flow { end } else { last.min(self.problems.source.len()) };
        Ok(Node { range: range.start..end.max(range.start), kind: Kind::Map(map.finish()) })
    }

    fn alias(&mut self, id: usize, range: Range<usize>, depth: usize) -> Result<Node, Stop> {
        let Some((node, size, height)) = self.anchors.get(&id).cloned() else {
            self.problems.add(&range, "this alias stands inside what it repeats").help("leave the alias out");
            return Ok(Node { range, kind: Kind::Broken });
        };
        self.nodes = self.nodes.saturating_add(size);
        self.limits(&range, depth + height)?;
        Ok(node)
    }
}

fn is_value(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::MappingStart(..)
            | Event::Alias(_)
            | Event::UnresolvedAlias(_)
    )
}
