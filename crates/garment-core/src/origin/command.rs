use std::ffi::OsStr;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

use super::ask::not_started;
use crate::event::Problem;

/// Bounds one run on this machine, where git talks to nobody.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What the calling shell, or the hook that garment was started from, may say of another repository.
const ANOTHER: [&str; 14] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// A git that is about the repository it is told of, and no other.
pub(super) fn program() -> Command {
    #[expect(clippy::disallowed_methods, reason = "this is the room")]
    let mut git = Command::new("git");
    git.stdin(Stdio::null()).kill_on_drop(true).process_group(0);
    for name in ANOTHER {
        git.env_remove(name);
    }
    git.env("GIT_TERMINAL_PROMPT", "0");
    git
}

/// git in a folder of this machine. It speaks English.
pub(super) fn git(dir: &Path, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut git = program();
    git.args(args).current_dir(dir).env("LC_ALL", "C");
    git
}

/// git in one of garment's own copies, which has no work tree.
pub(super) fn bare(dir: &Path, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut bare = git(dir, ["-c", "safe.bareRepository=all"]);
    bare.args(args);
    bare
}

/// Runs it to its end.
pub(super) async fn output(mut git: Command) -> Result<Output, Problem> {
    match tokio::time::timeout(TIMEOUT, git.output()).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(error)) => Err(not_started(&error)),
        Err(_) => Err(Problem {
            what: format!("git did not end within {} seconds", TIMEOUT.as_secs()),
            remedy: "see whether `git status` ends".into(),
        }),
    }
}

/// What git said of a failure, without its own `fatal: `.
pub(super) fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let said = lines().find(|line| line.starts_with("fatal:")).or_else(|| lines().next_back());
    let said = said.unwrap_or("git said nothing");
    said.strip_prefix("fatal: ").unwrap_or(said).to_owned()
}
