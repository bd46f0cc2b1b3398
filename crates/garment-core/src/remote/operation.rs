use std::fmt::Write as _;

use super::quote;
use super::script::one_line;
use crate::model::OperationId;

/// Begins a host's record of an operation. For the session's own shell, once it has the lock.
///
/// An attempt without `info` keeps what the first one wrote.
pub fn begin(operation: &OperationId, attempt: u32, info: &[(&str, String)]) -> String {
    let mut lines = String::new();
    for (key, value) in info {
        // Writing to a String can't fail.
        let _ = writeln!(lines, "{key}={}", one_line(value));
    }
    let mut text = String::new();
    let _ = writeln!(text, "g_operation={}", quote(operation.as_str()));
    let _ = writeln!(text, "g_attempt={attempt}");
    let _ = writeln!(text, "g_info={}", quote(&lines));
    text + include_str!("sh/begin.sh")
}
