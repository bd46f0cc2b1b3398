use std::ops::Range;

use granit_parser::{ErrorKind, ScanError};

use super::error::char_start;
use super::problems::Problems;
use super::wording::tick;

/// Where the parser stumbled.
pub(super) struct Found {
    /// The line.
    pub(super) line: Range<usize>,
    /// The value that makes the rest of the file unreadable; without it, reading could go on.
    pub(super) repairable: Option<Range<usize>>,
}

/// Says in the file's own terms what the YAML parser stumbled over. Nearly always it is a text that needs quotes.
pub(super) fn report(error: &ScanError, problems: &mut Problems<'_>) -> Found {
    use ErrorKind as K;
    let source = problems.source;
    let at = char_start(source, error.marker().byte_offset().unwrap_or(source.len()));
    let line = line_at(source, at);
    let rest = at..line.start + source[line.clone()].trim_end().len().max(at - line.start);
    let kind = error.kind();
    let value = match kind {
        K::ExpectedFlowSequenceSeparator => Some(item_at(source, &line, at)),
        _ => value_of(source, &line),
    };
    let mut repairable = None;
    match kind {
        K::TabNotAllowed | K::TabInBlockIndentation | K::TabInIndentation | K::TabInPlainScalar => {
            problems.add(&tab(source, at), "a tab in the indentation").help("indent with spaces");
        }
        K::UnclosedQuotedScalar => {
            problems.add(&rest, "this quote is never closed").help("close it at the end of the text");
        }
        K::UnclosedFlowCollection { open }
            if value.as_ref().is_none_or(|v| v.start == at || *open == '[') =>
        {
            let close = if *open == '{' { '}' } else { ']' };
            problems
                .add(&rest, format!("`{open}` is never closed"))
                .help(format!("close it with `{close}`, or put a text that starts with `{open}` in quotes"));
        }
        K::InvalidTrailingSingleQuotedScalar | K::InvalidTrailingDoubleQuotedScalar => {
            problems
                .add(value.as_ref().unwrap_or(&rest), "the text goes on after its closing quote")
                .help("put the whole text in single quotes; write a single quote in it twice: ''");
            repairable = value;
        }
        K::UnknownQuotedScalarEscape | K::InvalidQuotedScalarHexEscape | K::InvalidUnicodeEscape => {
            problems
                .add(value.as_ref().unwrap_or(&rest), "an unknown `\\` escape in a text in double quotes")
                .help("use single quotes, in which a backslash is a backslash, or write `\\\\`");
            // One that goes on in the next line would be cut in two.
            repairable = value.filter(|value| value.start == at && source[value.clone()].ends_with('"'));
        }
        kind => match value.filter(|value| needs_quotes(&source[value.clone()], kind)) {
            Some(value) => {
                let quoted = source[value.clone()].replace('\'', "''");
                problems.add(&value, "this text needs quotes").help(format!("write '{quoted}'"));
                repairable = Some(value);
            }
            None => general(kind, &line, &rest, problems),
        },
    }
    Found { line, repairable: repairable.filter(|value| value.len() > 1) }
}

/// The item of a `[list, on, one, line]` that `at` lies in.
fn item_at(source: &str, line: &Range<usize>, at: usize) -> Range<usize> {
    let start = source[line.start..at].rfind(['[', ',']).map_or(at, |i| line.start + i + 1);
    let end = source[at..line.end].find([',', ']']).map_or(line.end, |i| at + i);
    let item = &source[start..end];
    start + (item.len() - item.trim_start().len())..start + item.trim_end().len()
}

fn general(kind: &ErrorKind, line: &Range<usize>, rest: &Range<usize>, problems: &mut Problems<'_>) {
    use ErrorKind as K;
    let mut range = rest.clone();
    let (message, help) = match kind {
        K::UnexpectedCharacter { character } => (
            format!("{} can't be here", tick(&character.to_string())),
            "put the text in quotes, or leave the character out",
        ),
        K::ExpectedBlockMappingKey
        | K::ExpectedBlockSequenceEntry
        | K::MappingValueNotAllowed
        | K::InvalidIndentation
        | K::SimpleKeyExpected
        | K::InvalidSimpleKey => {
            let text = &problems.source[line.clone()];
            range = line.start + (text.len() - text.trim_start().len())..line.start + text.trim_end().len();
            (
                "this line does not fit what stands before it".to_owned(),
                "write `key: value`, and begin all keys of one mapping, and all `-` of one list, in the same column",
            )
        }
        K::BlockSequenceEntryNotAllowed => {
            ("a list can't begin here".to_owned(), "begin each `-` of it on a line of its own, below the key")
        }
        kind => (format!("not YAML: {kind}"), "put a text with special characters in quotes"),
    };
    problems.add(&range, message).help(help);
}

/// Whether the value on the line where parsing stopped reads as something else than the text it was meant as.
fn needs_quotes(value: &str, kind: &ErrorKind) -> bool {
    if value.chars().any(char::is_control) {
        return false;
    }
    let special = value.starts_with(['{', '[', '*', '&', '!', '%', '@', '`', '|', '>']);
    let colon = matches!(kind, ErrorKind::MappingValueNotAllowed) && value.contains(": ");
    // A mapping or a list that is closed at the line's end was meant as one.
    let closed =
        (value.starts_with('{') && value.ends_with('}')) || (value.starts_with('[') && value.ends_with(']'));
    (special && !closed) || colon || matches!(kind, ErrorKind::ExpectedFlowSequenceSeparator)
}

/// The bytes of the line that holds `at`, without its line feed.
fn line_at(source: &str, at: usize) -> Range<usize> {
    let start = source[..at].rfind('\n').map_or(0, |i| i + 1);
    let end = source[at..].find('\n').map_or(source.len(), |i| at + i);
    start..end
}

/// What stands on a line behind `- ` and `key: `.
fn value_of(source: &str, line: &Range<usize>) -> Option<Range<usize>> {
    let mut rest = source[line.clone()].trim_end();
    let end = line.start + rest.len();
    rest = rest.trim_start();
    let mut listed = false;
    while let Some(item) = rest.strip_prefix("- ") {
        rest = item.trim_start();
        listed = true;
    }
    if let Some((key, value)) = rest.split_once(": ")
        && !rest.starts_with(['\'', '"', '{', '['])
        // `- echo a: b` is a command.
        && !(listed && key.contains(' '))
    {
        rest = value.trim_start();
    }
    let start = end - rest.len();
    if !rest.starts_with(['\'', '"']) {
        rest = rest.split_once(" #").map_or(rest, |(value, _)| value.trim_end());
    }
    (!rest.is_empty()).then(|| start..start + rest.len())
}

/// The first line from `at` on whose indentation has a tab: the tab.
fn tab(source: &str, at: usize) -> Range<usize> {
    let mut start = line_at(source, at).start;
    for line in source[start..].split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(i) = line[..indent].find('\t') {
            return start + i..start + i + 1;
        }
        start += line.len();
    }
    at..at
}
