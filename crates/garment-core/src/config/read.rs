use std::ops::Range;
use std::time::Duration;

use super::problems::Problems;
use super::tree::{Entry, Kind, Node, Text};
use super::wording::{did_you_mean, nearest, tick};
use crate::model::parse_duration;

/// More than anybody means, and little enough to be added to any time.
const LONGEST: Duration = Duration::from_secs(1000 * 3600);

/// What a file says about one setting.
#[derive(Debug, Clone, Default)]
pub(super) enum Field<T> {
    #[default]
    Absent,
    /// It is there, and wrong, and that has been reported.
    Broken,
    Given(T),
}

impl<T> Field<T> {
    pub(super) fn from_option(value: Option<T>) -> Self {
        value.map_or(Self::Broken, Self::Given)
    }

    pub(super) fn given(&self) -> Option<&T> {
        match self {
            Self::Given(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// This one, or the base's where this says nothing.
    pub(super) fn or(self, base: &Self) -> Self
    where
        T: Clone,
    {
        if self.is_absent() { base.clone() } else { self }
    }
}

/// A value that must be one text.
pub(super) fn text(entry: &Entry, problems: &mut Problems<'_>) -> Option<Text> {
    let name = tick(&entry.key.text);
    match &entry.value.kind {
        Kind::Null => {
            let tilde = problems.source.get(entry.value.range.clone()) == Some("~");
            let problem = problems.add(entry.place(), format!("{name} is empty"));
            if tilde {
                problem.help("a bare `~` is YAML for nothing; write '~' in quotes");
            } else {
                problem.help("write its value, or leave the line out");
            }
            None
        }
        _ => scalar(&entry.value, &name, problems),
    }
}

/// A text that people must be able to read in a line of output: not empty, no control characters.
pub(super) fn label(node: &Node, what: &str, problems: &mut Problems<'_>) -> Option<Text> {
    let text = scalar(node, what, problems)?;
    let problem = if text.text.trim().is_empty() {
        "is empty"
    } else if text.text.chars().any(char::is_control) {
        "has a line break or a control character in it"
    } else {
        return Some(text);
    };
    problems.add(&text.range, format!("{what} {problem}")).help("write a name on one line");
    None
}

/// As [`text`], for values that have no key of their own.
pub(super) fn scalar(node: &Node, what: &str, problems: &mut Problems<'_>) -> Option<Text> {
    match &node.kind {
        Kind::Scalar(text) => Some(Text { text: text.clone(), range: node.range.clone() }),
        Kind::Broken => None,
        Kind::Null => {
            problems.add(&node.range, format!("{what} is empty")).help("write a text");
            None
        }
        Kind::List(_) | Kind::Map(_) => {
            let written = problems.source.get(node.range.clone()).unwrap_or_default();
            let help = if written.is_empty() || written.chars().any(char::is_control) {
                "write one text".to_owned()
            } else {
                format!("if it is meant as text, put it in quotes: '{}'", written.replace('\'', "''"))
            };
            problems.add(&node.range, format!("{what} must be a text, not {}", node.noun())).help(help);
            None
        }
    }
}

/// A value that must be a list; nothing at all is an empty one.
pub(super) fn list<'n>(entry: &'n Entry, example: &str, problems: &mut Problems<'_>) -> Option<&'n [Node]> {
    match &entry.value.kind {
        Kind::Null => Some(&[]),
        Kind::List(items) => Some(items),
        Kind::Broken => None,
        Kind::Scalar(_) | Kind::Map(_) => {
            wrong_kind(entry, "a list", example, problems);
            None
        }
    }
}

/// A value that must be a mapping; nothing at all is an empty one.
pub(super) fn map<'n>(entry: &'n Entry, example: &str, problems: &mut Problems<'_>) -> Option<&'n [Entry]> {
    match &entry.value.kind {
        Kind::Null => Some(&[]),
        Kind::Map(entries) => Some(entries),
        Kind::Broken => None,
        Kind::Scalar(_) | Kind::List(_) => {
            wrong_kind(entry, "a mapping", example, problems);
            None
        }
    }
}

fn wrong_kind(entry: &Entry, wanted: &str, example: &str, problems: &mut Problems<'_>) {
    let message = format!("{} must be {wanted}, not {}", tick(&entry.key.text), entry.value.noun());
    problems.add(entry.place(), message).help(format!("write it like this:\n{}", indented(example)));
}

/// An example, moved in so that it stands out of the sentence before it.
pub(super) fn indented(example: &str) -> String {
    example.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// `True`, `yes`, `on` and so on, as YAML 1.1 files write them.
pub(super) fn boolean(entry: &Entry, problems: &mut Problems<'_>) -> Option<bool> {
    let text = text(entry, problems)?;
    match text.text.to_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => {
            let message =
                format!("{} must be true or false, not {}", tick(&entry.key.text), tick(&text.text));
            problems.add(&text.range, message).help("write `true` or `false`");
            None
        }
    }
}

/// A whole number from 1 on.
pub(super) fn count(entry: &Entry, problems: &mut Problems<'_>) -> Option<u32> {
    let text = text(entry, problems)?;
    let digits = text.text.bytes().all(|b| b.is_ascii_digit());
    match text.text.parse() {
        Ok(count) if digits && count > 0 => Some(count),
        _ => {
            let message = format!(
                "{} must be a whole number from 1 on, not {}",
                tick(&entry.key.text),
                tick(&text.text)
            );
            problems.add(&text.range, message).help(format!("write `{}: 10`", entry.key.text));
            None
        }
    }
}

/// A duration from a second on.
pub(super) fn duration(entry: &Entry, example: &str, problems: &mut Problems<'_>) -> Option<Duration> {
    let text = text(entry, problems)?;
    parsed_duration(&text, &entry.key.text, example, problems)
}

/// As [`duration`], or `none`.
pub(super) fn limit(entry: &Entry, example: &str, problems: &mut Problems<'_>) -> Field<Option<Duration>> {
    let Some(text) = text(entry, problems) else { return Field::Broken };
    if text.text == "none" {
        return Field::Given(None);
    }
    let before = problems.count();
    let duration = parsed_duration(&text, &entry.key.text, example, problems);
    problems.help_since(before, &format!("`{}: none` turns it off", entry.key.text));
    duration.map_or(Field::Broken, |duration| Field::Given(Some(duration)))
}

fn parsed_duration(text: &Text, key: &str, example: &str, problems: &mut Problems<'_>) -> Option<Duration> {
    let duration = parse_duration(&text.text);
    let what = match duration {
        Some(duration) if duration.is_zero() => "must be longer than nothing".to_owned(),
        Some(duration) if duration > LONGEST => "can't be longer than 1000h".to_owned(),
        Some(_) => return duration,
        None => format!("must be a duration, not {}", tick(&text.text)),
    };
    problems
        .add(&text.range, format!("{} {what}", tick(key)))
        .help(format!("write it in seconds, minutes or hours: `{key}: {example}`"));
    None
}

/// The words of a `shell`: a text split at white space, or a list of words.
pub(super) fn shell(entry: &Entry, problems: &mut Problems<'_>) -> Option<Vec<String>> {
    const LIST: &str = "shell: ['zsh', '-l', '-c']";
    let words = if let Kind::List(items) = &entry.value.kind {
        let mut words = Vec::new();
        for item in items {
            words.push(scalar(item, "a word of `shell`", problems)?.text);
        }
        words
    } else {
        let text = text(entry, problems)?;
        if text.text.contains(['\'', '"', '\\']) {
            problems
                .add(&text.range, "quotes in `shell` are not understood")
                .help(format!("write it as a list of words:\n{}", indented(LIST)));
            return None;
        }
        text.text.split_whitespace().map(str::to_owned).collect()
    };
    if words.first().is_none_or(String::is_empty) {
        problems
            .add(entry.place(), "`shell` is empty")
            .help(format!("write a shell, or leave it out:\n{}", indented(LIST)));
        return None;
    }
    Some(words)
}

/// Reports a key that does not exist. Returns the known one that was probably meant.
pub(super) fn unknown_key<'k>(
    key: &Text,
    what: &str,
    known: &[&'k str],
    problems: &mut Problems<'_>,
) -> Option<&'k str> {
    // What the same thing is called elsewhere.
    const ELSEWHERE: [(&str, &str); 10] = [
        ("branch", "git_ref"),
        ("repo", "repo_url"),
        ("repository", "repo_url"),
        ("deploy_to", "deploy_dir"),
        ("servers", "hosts"),
        ("name", "id"),
        ("run", "commands"),
        ("env", "shell_env"),
        ("environment", "shell_env"),
        ("vars", "variables"),
    ];
    let meant = ELSEWHERE
        .iter()
        .filter(|(theirs, _)| *theirs == key.text)
        .find_map(|(_, ours)| known.iter().copied().find(|k| k == ours))
        .or_else(|| nearest(&key.text, known.iter().copied()));
    let help = match meant {
        Some(meant) => format!("did you mean {}?", tick(meant)),
        None if known.contains(&"hosts") && key.text.contains(['@', '.']) => {
            "if it is a host, indent it below `hosts:`".to_owned()
        }
        None => did_you_mean(&key.text, known, "known here"),
    };
    problems.add(&key.range, format!("unknown {what} {}", tick(&key.text))).help(help);
    meant
}

/// Where in the file a piece of a value stands. Escapes and folded lines can hide it: then it is the whole value.
pub(super) fn locate(source: &str, value: &Text, piece: &Range<usize>) -> Range<usize> {
    let whole = value.range.clone();
    let (Some(written), Some(needle)) = (source.get(whole.clone()), value.text.get(piece.clone())) else {
        return whole;
    };
    if needle.is_empty() || written.matches(needle).count() != value.text.matches(needle).count() {
        return whole;
    }
    let nth = value.text.match_indices(needle).position(|(i, _)| i == piece.start);
    match nth.and_then(|n| written.match_indices(needle).nth(n)) {
        Some((i, _)) => whole.start + i..whole.start + i + needle.len(),
        None => whole,
    }
}
