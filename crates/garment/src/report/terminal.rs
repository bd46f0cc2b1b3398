use std::io;

use rustix::termios::tcgetwinsize;

use super::frame::Size;

/// The size of the terminal that standard output is; what terminals have always had, where it doesn't say.
pub(super) fn size() -> Size {
    let (columns, rows) = tcgetwinsize(io::stdout()).map_or((0, 0), |size| (size.ws_col, size.ws_row));
    Size { columns: or(columns, 80), rows: or(rows, 24) }
}

fn or(value: u16, default: usize) -> usize {
    if value == 0 { default } else { usize::from(value) }
}
