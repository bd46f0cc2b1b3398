//! Whatever stands in a file: no panic, and every mistake has a place that is in the file.

use proptest::prelude::*;
use proptest::sample::Index;

use super::with;
use crate::config::{Config, show};

const SAMPLE: &str = include_str!("sample.conf");

const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    ": ",
    ":",
    "- ",
    "\n",
    "\n  ",
    "\t",
    "'",
    "\"",
    "\\",
    "&a ",
    "*a",
    "<<: ",
    "!x ",
    "|\n",
    ">-\n",
    "#",
    "? ",
    "---\n",
    "\r\n",
    "\u{feff}",
    "\0",
    "é日本",
    "{x}",
    "${X}",
    "{x!r}",
    "~",
    "null",
    "extends: staging\n",
    "hosts:",
    "%",
    "@",
    "`",
    ",",
    "\u{2028}",
    "\u{1b}[0m",
    "🎉\u{301}",
];

const VALUES: [&str; 25] = [
    "",
    "~",
    "yes",
    "1",
    "0",
    "-1",
    "1e3",
    "2m",
    "none",
    "''",
    "\"\"",
    "[]",
    "{}",
    "[a, b]",
    "{a: b}",
    "'{release}'",
    "'{nobody}'",
    "'{{}}'",
    "'{'",
    "|\n        text",
    ">-\n        text",
    "&a b",
    "*a",
    "!!str 1",
    "all",
];

#[test]
fn each_value_in_each_place() {
    let lines: Vec<&str> = SAMPLE.lines().collect();
    for at in 0..lines.len() {
        let key = lines[at].find(": ").map_or(lines[at].len(), |end| end + 2);
        for value in VALUES {
            let line = format!("{}{value}", &lines[at][..key]);
            look_at(&[&lines[..at], &[&line], &lines[at + 1..]].concat().join("\n"));
        }
    }
}

/// What is done, at which line, where to, and a value to write there.
fn edit() -> impl Strategy<Value = (u8, Index, Index, String)> {
    let value = prop_oneof![
        proptest::sample::select(VALUES.to_vec()).prop_map(str::to_owned),
        "\\PC{0,10}",
        "'[^']{0,6}'",
        "\"[^\"]{0,6}\"",
    ];
    (0..8_u8, any::<Index>(), any::<Index>(), value)
}

fn look_at(text: &str) {
    match Config::parse("deploy.conf", text) {
        Ok(config) => {
            for name in config.environments() {
                let shown = show(config.environment(name).unwrap());
                let again = Config::parse("shown", &shown).unwrap_or_else(|e| panic!("{text}\n{shown}\n{e}"));
                // What does not run there stands there as a comment.
                let runs = |line: &&str| !line.trim_start().starts_with('#');
                let runs: String = shown.split_inclusive('\n').filter(runs).collect();
                assert_eq!(show(again.environment(name).unwrap()), runs, "{text}\n{shown}");
            }
        }
        Err(errors) => {
            let source = text.strip_prefix('\u{feff}').unwrap_or(text);
            assert!(!errors.errors().is_empty());
            for error in errors.errors() {
                let range = error.place.range.clone();
                assert!(source.get(range.clone()).is_some(), "{error:?}");
                assert_eq!(source[..range.start].matches('\n').count() + 1, error.place.line);
                assert!(!error.help.is_empty(), "{error:?}");
            }
            for styled in [false, true] {
                assert!(errors.render(styled).contains("error"));
            }
            let shown = errors.render(false);
            assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown:?}");
            let first = &errors.errors()[0].place;
            let at = format!("--> deploy.conf:{}:{}\n", first.line, first.column);
            assert!(errors.render(false).contains(&at), "{at}{}", errors.render(false));
        }
    }
}

proptest! {
    #[test]
    fn any_text(text: String) {
        look_at(&text);
    }

    #[test]
    fn any_lines_in_an_environment(text in "(\\PC{0,12}\n){0,4}") {
        look_at(&with(&text));
    }

    #[test]
    fn pieces_of_yaml(pieces in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..12)) {
        look_at(&pieces.concat());
        look_at(&with(&pieces.concat()));
    }

    /// Lines of the sample left out, doubled, moved, and further in or out; values in the place of others.
    #[test]
    fn a_file_whose_lines_were_edited(edits in proptest::collection::vec(edit(), 1..6)) {
        let mut lines: Vec<String> = SAMPLE.lines().map(str::to_owned).collect();
        for (what, at, to, value) in edits {
            let at = at.index(lines.len());
            match what {
                0 => drop(lines.remove(at)),
                1 => lines.insert(to.index(lines.len()), lines[at].clone()),
                2 => {
                    let line = lines.remove(at);
                    lines.insert(to.index(lines.len() + 1), line);
                }
                3 => lines[at].insert_str(0, "  "),
                4 => lines[at] = lines[at].strip_prefix("  ").unwrap_or(&lines[at]).to_owned(),
                _ => {
                    let key = lines[at].find(": ").map_or(lines[at].len(), |end| end + 2);
                    lines[at].truncate(key);
                    lines[at].push_str(&value);
                }
            }
            if lines.is_empty() {
                break;
            }
        }
        look_at(&lines.join("\n"));
    }

    #[test]
    fn a_file_with_something_put_in_and_taken_out(
        at in 0..SAMPLE.len(),
        out in 0..20usize,
        piece in proptest::sample::select(PIECES.to_vec()),
        crlf: bool,
    ) {
        // The sample is ASCII.
        let end = (at + out).min(SAMPLE.len());
        let text = format!("{}{piece}{}", &SAMPLE[..at], &SAMPLE[end..]);
        look_at(&if crlf { text.replace('\n', "\r\n") } else { text });
    }
}
