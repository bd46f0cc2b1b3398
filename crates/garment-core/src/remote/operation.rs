use std::fmt::Write as _;

use super::script::one_line;
use super::{Holder, Paths, lock, quote};
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

/// Takes an operation over, with its lock and records, from a session whose connection was lost. For the session's own
/// shell.
pub fn attach(paths: &Paths, holder: &Holder, operation: &OperationId, attempt: u32) -> String {
    let mut text = String::new();
    // Writing to a String can't fail.
    let _ = writeln!(text, "g_take_lock={}", quote(&lock(paths, holder)));
    let _ = writeln!(text, "g_deploy_dir={}", quote(&paths.deploy_dir));
    let _ = writeln!(text, "g_token={}", quote(&holder.token));
    let _ = writeln!(text, "g_operation={}", quote(operation.as_str()));
    let _ = writeln!(text, "g_attempt={attempt}");
    text + include_str!("sh/attach.sh")
}
