use std::fmt::Write as _;

use super::script::{LIB, STATE, one_line, script};
use super::{BadRecords, Holder, Paths, Where, lock, quote};
use crate::model::{Ending, OperationId, ReleaseName};
use crate::remote::records::Records;

/// Begins a host's record of an operation. For the session's own shell, once it has the lock.
///
/// An attempt without `info` keeps what the first one wrote. Those who want the lock are told `doing` from here on.
pub fn begin(operation: &OperationId, attempt: u32, info: &[(&str, String)], doing: &str) -> String {
    let mut lines = String::new();
    for (key, value) in info {
        // Writing to a String can't fail.
        let _ = writeln!(lines, "{key}={}", one_line(value));
    }
    let mut text = String::new();
    let _ = writeln!(text, "g_operation={}", quote(operation.as_str()));
    let _ = writeln!(text, "g_attempt={attempt}");
    let _ = writeln!(text, "g_info={}", quote(&lines));
    let _ = writeln!(text, "g_doing={}", quote(&one_line(doing)));
    text + include_str!("sh/begin.sh")
}

/// Takes an operation over, with its lock and records, from a session whose connection was lost. For the session's own
/// shell.
pub fn attach(paths: &Paths, holder: &Holder, operation: &OperationId, attempt: u32) -> String {
    let mut text = String::new();
    // Writing to a String can't fail.
    let _ = writeln!(text, "g_take_lock={}", quote(&lock(paths, holder, Where::Anywhere)));
    let _ = writeln!(text, "g_deploy_dir={}", quote(&paths.deploy_dir));
    let _ = writeln!(text, "g_token={}", quote(&holder.token));
    let _ = writeln!(text, "g_operation={}", quote(operation.as_str()));
    let _ = writeln!(text, "g_attempt={attempt}");
    text + include_str!("sh/attach.sh")
}

/// Writes down how an operation ended. For the session's own shell, which began its record; without one it does
/// nothing.
pub fn end(attempt: u32, outcome: Ending, at: i64, by: &str) -> String {
    format!("g_end={}\n{}", quote(&end_text(attempt, outcome, at, by)), include_str!("sh/end.sh"))
}

/// The same for an operation that is done on a host once all steps before this are. It began them `at`, in seconds since 1970.
pub fn end_when_done(attempt: u32, at: i64, by: &str) -> String {
    let (head, tail) = (
        format!("outcome={}\nattempt={attempt}\nonly=here\nended=", Ending::Done.word()),
        format!("\nby={}\n", one_line(by)),
    );
    // How long that took the host knows; what its clock says may be anything.
    format!(
        "g_end={}$(({at} + ${{g_now:-0}} - ${{g_opened:-0}})){}\n{}",
        quote(&head),
        quote(&tail),
        include_str!("sh/end.sh")
    )
}

fn end_text(attempt: u32, outcome: Ending, at: i64, by: &str) -> String {
    format!("outcome={}\nattempt={attempt}\nended={at}\nby={}\n", outcome.word(), one_line(by))
}

/// Writes down that an operation is gone on with: how it ended the last time counts no more.
pub fn resumed(paths: &Paths, operation: &OperationId, at: i64, by: &str) -> String {
    let line = format!("{at} {}", one_line(by));
    let values = [("operation", operation.as_str()), ("line", &line)];
    script(paths, &values, &[LIB, include_str!("sh/resumed.sh")])
}

/// An operation to be given up on a host.
#[derive(Debug, Clone, Copy)]
pub struct Abandon<'a> {
    /// Where things are there.
    pub paths: &'a Paths,
    /// Its name.
    pub operation: &'a OperationId,
    /// The attempt that was the last one.
    pub attempt: u32,
    /// What it was to make current, where that is known.
    pub release: Option<&'a ReleaseName>,
    /// Who gives it up, as `user@machine`.
    pub by: &'a str,
    /// Now, in seconds since 1970.
    pub at: i64,
}

/// Writes down that people gave an operation up, and that its release failed if it never was live. Leaves everything
/// else in place.
pub fn abandon(abandon: &Abandon) -> String {
    let end = end_text(abandon.attempt, Ending::Abandoned, abandon.at, abandon.by);
    let values = [
        ("operation", abandon.operation.as_str()),
        ("release", abandon.release.map_or("", ReleaseName::as_str)),
        ("outcome", &end),
    ];
    script(abandon.paths, &values, &[LIB, STATE, include_str!("sh/abandon.sh")])
}

/// Reads whether [`abandon`] did it.
///
/// # Errors
/// It is cut off.
pub fn parse_abandon(stdout: &[u8]) -> Result<(), BadRecords> {
    Records::parse_complete(stdout, "abandon").map(|_| ())
}
