use super::clean;
use super::look::{Look, Tone};
use super::width::{pad, width};

/// A small table: every column as wide as its widest cell, two spaces between.
#[derive(Debug, Clone)]
pub struct Table {
    titles: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// What stands in a table: clean text and its tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A cell. The text may come from anywhere.
    pub fn new(tone: Tone, text: &str) -> Self {
        Self { text: clean::text(text), tone }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(Tone::Plain, text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl Table {
    /// A table with these titles above its columns; with none it has no head.
    pub fn new(titles: &[&str]) -> Self {
        Self { titles: titles.iter().map(|title| clean::text(title)).collect(), rows: Vec::new() }
    }

    /// Adds a row; it may have fewer cells than there are columns, or more.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The lines, without their ends and without spaces at their ends.
    pub fn lines(&self, look: Look) -> Vec<String> {
        let head: Vec<Cell> =
            self.titles.iter().map(|title| Cell { text: title.clone(), tone: Tone::Faint }).collect();
        let head = (!head.is_empty()).then_some(&head);
        let mut widths: Vec<usize> = Vec::new();
        for row in head.into_iter().chain(&self.rows) {
            widths.resize(widths.len().max(row.len()), 0);
            for (column, cell) in row.iter().enumerate() {
                widths[column] = widths[column].max(width(&cell.text));
            }
        }
        head.into_iter().chain(&self.rows).map(|row| line(row, &widths, look)).collect()
    }
}

fn line(row: &[Cell], widths: &[usize], look: Look) -> String {
    let filled = row.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |last| last + 1);
    let mut line = String::new();
    for (column, cell) in row[..filled].iter().enumerate() {
        line.push_str(&look.paint(cell.tone, &cell.text));
        if column + 1 < filled {
            line.push_str(&pad("", widths[column] - width(&cell.text) + 2));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_look() {
        let mut table = Table::new(&["release", "by", "state"]);
        table.row(["20261124T101112-4634f44".into(), "漢字".into(), Cell::new(Tone::Good, "live")]);
        table.row(["a\x1b[2J".into(), "é".into()]);
        table.row(["b".into(), "".into(), "".into()]);
        insta::assert_snapshot!(table.lines(Look::PLAIN).join("\n"), @r"
        release                  by    state
        20261124T101112-4634f44  漢字  live
        a\u{1b}[2J               é
        b
        ");
        let colored = table.lines(Look { color: true, unicode: true });
        assert_eq!(colored[1], "20261124T101112-4634f44  漢字  \x1b[32mlive\x1b[0m");
    }

    #[test]
    fn without_a_head() {
        let mut table = Table::new(&[]);
        assert!(table.is_empty());
        assert_eq!(table.lines(Look::PLAIN), Vec::<String>::new());
        table.row(["a".into(), "b".into()]);
        assert_eq!(table.lines(Look::PLAIN), ["a  b"]);
    }
}
