//! Plain statements, for verbs that have no operation to report.

use std::io::Write as _;

use super::clean;
use super::look::{Look, Tone};

/// Lines on standard output. A reader that went away is no error: `garment list … | head`.
pub fn lines(lines: impl IntoIterator<Item = String>) {
    let mut out = std::io::stdout().lock();
    for line in lines {
        if writeln!(out, "{line}").is_err() {
            return;
        }
    }
    let _ = out.flush();
}

/// One error on standard error; its text may come from anywhere.
pub fn error(look: Look, text: &str) {
    let mut lines = clean::lines(text);
    let first = lines.next().unwrap_or_default();
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{} {first}", look.paint(Tone::Bad, "error:"));
    for line in lines {
        let _ = writeln!(err, "  {line}");
    }
}

/// A text that is ready to be shown, on standard error.
pub fn error_text(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
}
