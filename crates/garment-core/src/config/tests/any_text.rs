//! Whatever stands in a file: no panic, and every mistake has a place that is in the file.

use proptest::prelude::*;

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

fn look_at(text: &str) {
    match Config::parse("deploy.conf", text) {
        Ok(config) => {
            for name in config.environments() {
                show(config.environment(name).unwrap());
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
