use std::io::Write;

use super::frame::Size;
use super::sink::Sink;

/// A terminal with an area at its bottom that is drawn over, and lines above it that stay.
///
/// The cursor is never hidden and no mode is set, so whenever the program ends, by whatever, the terminal is usable. It
/// is drawn by hand since indicatif (0.18) fills every line with spaces up to the edge, those that stay too, and counts
/// its rows when it draws: a terminal that is made narrower then shows blank lines and remains.
#[derive(Debug)]
pub(super) struct Screen<W: Write> {
    sink: Sink<W>,
    /// The lines in the area, and the columns that each takes.
    drawn: Vec<(String, usize)>,
}

impl<W: Write> Screen<W> {
    pub(super) fn new(to: W) -> Self {
        Self { sink: Sink::new(to), drawn: Vec::new() }
    }

    /// Adds lines that stay, as long as they like, and draws the area anew below them, each of whose lines fits.
    pub(super) fn show(&mut self, stay: &[String], area: Vec<String>, size: Size) {
        if stay.is_empty() && area.iter().eq(self.drawn.iter().map(|(line, _)| line)) {
            return;
        }
        let mut text = self.erase(size);
        for line in stay {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(&area.join("\n"));
        self.sink.put(&text);
        self.drawn = area
            .into_iter()
            .map(|line| {
                let columns = columns(&line);
                (line, columns)
            })
            .collect();
    }

    /// What removes the area and brings the cursor to where it began, row by row: a terminal that is asked to clear all of
    /// itself may first put what it shows into its history. One that has become narrower has broken its lines into several.
    fn erase(&self, size: Size) -> String {
        let columns = size.columns.max(1);
        let rows: usize = self.drawn.iter().map(|(_, width)| width.div_ceil(columns).max(1)).sum();
        let first = if rows > 0 { "\r\x1b[K" } else { "" };
        first.to_owned() + &"\x1b[A\x1b[K".repeat(rows.saturating_sub(1))
    }
}

impl<W: Write> Drop for Screen<W> {
    /// Leaves nothing half drawn behind, however the program ends.
    fn drop(&mut self) {
        if !self.drawn.is_empty() {
            let text = self.erase(Size { columns: usize::MAX, rows: usize::MAX });
            self.sink.put(&text);
        }
    }
}

/// How many columns a line of ours takes: all but its colours.
fn columns(line: &str) -> usize {
    super::width::width(&super::clean::output(line.as_bytes(), false))
}
