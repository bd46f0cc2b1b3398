//! Makes text from elsewhere safe to show: nothing that a host, a file or a name says can move the cursor, set the
//! window's title, write to the clipboard or reorder what people read. Colours stay, where colours are shown.

use std::fmt::Write as _;

use anstyle_parse::{Params, Parser, Perform};
use unicode_width::UnicodeWidthChar;

/// How far apart tab stops are, in columns.
const TAB: usize = 8;

/// One line of a command's output. Of a progress bar that draws over itself what it showed last remains; a backspace
/// takes a character back; tabs become spaces; invalid UTF-8 becomes `�`; colours are kept if `color`, and end with the
/// line.
pub fn output(line: &[u8], color: bool) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.rsplit(|b| *b == b'\r').next().unwrap_or_default();
    let mut shown = Shown { color, ..Shown::default() };
    // The parser sees valid UTF-8 only: raw C1 bytes are `�` by then.
    let mut parser = <Parser>::new();
    for byte in String::from_utf8_lossy(line).bytes() {
        parser.advance(&mut shown, byte);
    }
    if shown.open {
        shown.text.push_str("\x1b[0m");
    }
    shown.text
}

/// A name, a command or a sentence, as one line: whatever is no plain character in it is shown as Rust would write it,
/// so that it can be seen and does nothing.
pub fn text(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// A text of several lines, each as [`text`] has it, without empty ones at its end.
pub fn lines(text: &str) -> impl Iterator<Item = String> + '_ {
    text.trim_end().lines().map(self::text)
}

/// What a terminal or a reader may take for more than itself.
pub(super) fn is_unsafe(c: char) -> bool {
    c.is_control() || misleads(c)
}

/// Characters that change the order in which others are read, or break a line.
fn misleads(c: char) -> bool {
    matches!(
        c,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    )
}

#[derive(Default)]
struct Shown {
    color: bool,
    text: String,
    /// Whether a colour is on.
    open: bool,
    /// In columns.
    width: usize,
    /// Where the characters that a backspace can take back start: after the last colour.
    floor: usize,
}

impl Perform for Shown {
    fn print(&mut self, c: char) {
        if misleads(c) {
            let before = self.text.len();
            self.text.extend(c.escape_default());
            self.width += self.text.len() - before;
        } else if !c.is_control() {
            self.text.push(c);
            self.width += c.width().unwrap_or(0);
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\t' => {
                let fill = TAB - self.width % TAB;
                self.text.extend(std::iter::repeat_n(' ', fill));
                self.width += fill;
            }
            b'\x08' if self.text.len() > self.floor => {
                let taken = self.text.pop().and_then(UnicodeWidthChar::width);
                self.width = self.width.saturating_sub(taken.unwrap_or(0));
            }
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: u8) {
        if !self.color || action != b'm' || ignore || !intermediates.is_empty() {
            return;
        }
        self.text.push_str("\x1b[");
        for (i, param) in params.iter().enumerate() {
            for (j, part) in param.iter().enumerate() {
                let between = if j > 0 { ":" } else { [";", ""][usize::from(i == 0)] };
                let _ = write!(self.text, "{between}{part}");
            }
        }
        self.text.push('m');
        self.open = !self.text.ends_with("\x1b[0m");
        self.floor = self.text.len();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn output_of_commands() {
        for (line, plain, colored) in [
            ("plain, übergroß, 漢字", "plain, übergroß, 漢字", "plain, übergroß, 漢字"),
            ("\x1b[1;31mred\x1b[0m x", "red x", "\x1b[1;31mred\x1b[0m x"),
            ("\x1b[31mleft open", "left open", "\x1b[31mleft open\x1b[0m"),
            ("\x1b[0;31mopen", "open", "\x1b[0;31mopen\x1b[0m"),
            ("\x1b[mreset", "reset", "\x1b[0mreset"),
            (
                "\x1b[38;5;208mor\x1b[38:2::1:2:3mange\x1b[0m",
                "orange",
                "\x1b[38;5;208mor\x1b[38:2:0:1:2:3mange\x1b[0m",
            ),
            ("\x1b[>4;1mx", "x", "x"),
            ("\x1b[2J\x1b[1;1H\x1b[?25l\x1b[10Ax", "x", "x"),
            ("\x1b]0;title\x07x", "x", "x"),
            ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link", "link"),
            ("\x1b]52;c;aGk=\x07x", "x", "x"),
            ("\x1bPq#0\x1b\\x", "x", "x"),
            ("\x1bcx\x1b7y", "xy", "xy"),
            ("x\x1b", "x", "x"),
            ("\u{9b}31mx\u{85}\u{90}y", "31mxy", "31mxy"),
            ("10%\r20%\rdone\r", "done", "done"),
            ("windows\r", "windows", "windows"),
            ("a\x07b\0c\x7fd", "abcd", "abcd"),
            ("|\x08/\x08-\x08ok", "ok", "ok"),
            ("\x08\x08x", "x", "x"),
            ("\x1b[31m\x08x\x1b[0m", "x", "\x1b[31mx\x1b[0m"),
            ("a\tb\t漢\tc", "a       b       漢      c", "a       b       漢      c"),
            ("a\u{202E}b\u{2066}c", "a\\u{202e}b\\u{2066}c", "a\\u{202e}b\\u{2066}c"),
            ("a\u{200E}b\u{61C}c", "a\\u{200e}b\\u{61c}c", "a\\u{200e}b\\u{61c}c"),
        ] {
            assert_eq!(output(line.as_bytes(), false), plain, "{line:?}");
            assert_eq!(output(line.as_bytes(), true), colored, "{line:?}");
        }
    }

    #[test]
    fn output_that_is_no_text() {
        assert_eq!(output(b"caf\xe9 \x9b31mx \xff\x90y", true), "caf\u{FFFD} \u{FFFD}31mx \u{FFFD}\u{FFFD}y");
        assert_eq!(output(b"", true), "");
    }

    #[test]
    fn names() {
        assert_eq!(text("web1 é\x1b[2J\n\t\u{9b}\u{202E}"), "web1 é\\u{1b}[2J\\n\\t\\u{9b}\\u{202e}");
        assert_eq!(lines("one\n\ntwo\r\n\n").collect::<Vec<_>>(), ["one", "", "two"]);
    }

    /// What is left once every well-formed colour is taken out.
    fn without_colors(text: &str) -> String {
        let mut rest = text;
        let mut left = String::new();
        while let Some((before, after)) = rest.split_once("\x1b[") {
            left.push_str(before);
            let end = after.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':');
            match end {
                Some(end) if after[end..].starts_with('m') => rest = &after[end + 1..],
                _ => {
                    left.push('\x1b');
                    rest = after;
                }
            }
        }
        left + rest
    }

    fn harmless(c: char) -> bool {
        !c.is_control() && !misleads(c)
    }

    /// Bytes, with those that terminals act on far more often than chance has them.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            any::<u8>().prop_map(|b| vec![b]),
            "[ -~]{1,4}".prop_map(String::into_bytes),
            prop::sample::select(vec![
                "\x1b", "\x1b[", "\x1b]", "\x1bP", "m", "\x07", "\x1b\\", "\u{9b}", "\r", "\t", "\x08",
                "\u{202e}", "31", ";", ":", "?", "漢", "\x1b[31m", "\x1b[0m"
            ])
            .prop_map(|s| s.as_bytes().to_vec()),
        ];
        prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn whatever_comes_only_colors_get_through(line in bytes()) {
            let plain = output(&line, false);
            prop_assert!(plain.chars().all(harmless), "{plain:?}");
            let colored = output(&line, true);
            let left = without_colors(&colored);
            prop_assert!(left.chars().all(harmless), "{colored:?}");
            prop_assert!(!colored.contains('\x1b') || colored.ends_with("\x1b[0m") || colored.contains("\x1b[0m"), "{colored:?}");
        }

        #[test]
        fn names_are_one_harmless_line(name in any::<String>()) {
            prop_assert!(text(&name).chars().all(harmless));
        }
    }
}
