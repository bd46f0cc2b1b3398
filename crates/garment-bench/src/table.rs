use std::fmt;

/// A table in Markdown, whose columns are as wide as they need to be, so that it can be read as it is.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        assert_eq!(cells.len(), self.rows[0].len(), "a row has as many cells as the head");
        self.rows.push(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = 0..self.rows[0].len();
        let width =
            |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(3);
        let widths: Vec<usize> = columns.map(width).collect();
        for (number, row) in self.rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(&widths) {
                write!(formatter, "| {cell:width$} ")?;
            }
            writeln!(formatter, "|")?;
            if number == 0 {
                for width in &widths {
                    write!(formatter, "|{:-<1$}", "", width + 2)?;
                }
                writeln!(formatter, "|")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["who", "s"]);
        table.row(vec!["garment".into(), "0.30 (0.29..0.31)".into()]);
        table.row(vec!["floor".into(), "0.2".into()]);
        assert_eq!(
            table.to_string(),
            "| who     | s                 |\n\
             |---------|-------------------|\n\
             | garment | 0.30 (0.29..0.31) |\n\
             | floor   | 0.2               |\n"
        );
    }
}
