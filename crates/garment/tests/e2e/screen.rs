//! What a terminal shows in the end.

/// Its height, as the test bed makes them.
const ROWS: usize = 24;

/// The rows that are left when all of `written` was printed to a terminal so wide, those that have scrolled out of it
/// included; without blanks at their ends. Panics on what garment has no business to send.
pub(crate) fn shown(written: &str, columns: usize) -> Vec<String> {
    let mut rows: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column) = (0, 0);
    let mut rest = written.chars();
    while let Some(c) = rest.next() {
        match c {
            '\r' => column = 0,
            // As the terminal's driver has it: a newline returns as well.
            '\n' => {
                row += 1;
                column = 0;
            }
            '\x1b' => {
                let code: String = rest.by_ref().skip_while(|c| *c == '[').take_while_inclusive();
                match code.as_str() {
                    "K" => rows[row].truncate(column),
                    "A" => row = row.saturating_sub(1).max(rows.len().saturating_sub(ROWS)),
                    color if color.ends_with('m') => {}
                    other => panic!("the terminal was sent {other:?}"),
                }
            }
            c => {
                assert!(!c.is_control(), "the terminal was sent {c:?}");
                if column == columns {
                    row += 1;
                    column = 0;
                }
                if row == rows.len() {
                    rows.push(Vec::new());
                }
                if column == rows[row].len() {
                    rows[row].push(c);
                } else {
                    rows[row][column] = c;
                }
                column += 1;
            }
        }
        if row == rows.len() {
            rows.push(Vec::new());
        }
    }
    assert!(rows[row].is_empty(), "the cursor is left in the middle of something");
    rows.pop();
    rows.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_owned()).collect()
}

trait Code {
    fn take_while_inclusive(self) -> String;
}

impl<I: Iterator<Item = char>> Code for I {
    /// Up to the letter that ends a control sequence.
    fn take_while_inclusive(mut self) -> String {
        let mut code = String::new();
        for c in self.by_ref() {
            code.push(c);
            if c.is_ascii_alphabetic() {
                break;
            }
        }
        code
    }
}

/// A text without its colours.
pub(crate) fn without_colors(text: &str) -> String {
    let mut pieces = text.split("\x1b[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |mut text, piece| {
        let end = piece.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap();
        assert_eq!(piece.as_bytes()[end], b'm', "{piece:?}");
        text.push_str(&piece[end + 1..]);
        text
    })
}

#[test]
fn a_terminal_that_is_drawn_over() {
    assert_eq!(shown("a\n[1]\n[2]\r\x1b[K\x1b[A\x1b[Kb\n", 80), ["a", "b"]);
    assert_eq!(shown("12345\r\x1b[K\x1b[A\x1b[K6\n", 3), ["6"]);
    assert_eq!(shown("\x1b[1;32mok\x1b[0m\n", 3), ["ok"]);
}
