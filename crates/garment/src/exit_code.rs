//! What garment's exit codes mean. They are documented (`garment --help`, the manual) and never change.

use garment_core::event::Verdict;

/// Everything was done.
pub(crate) const SUCCESS: u8 = 0;
/// The command line, `deploy.conf`, the ref or the release asked for is wrong; nothing was changed.
pub(crate) const USAGE: u8 = 2;
/// A host or the origin could not be reached; nothing was changed.
pub(crate) const UNREACHABLE: u8 = 3;
/// It stopped before `current` moved on any host. For `check`: something would stop a deploy.
pub(crate) const STOPPED: u8 = 4;
/// The release is live on every host, but a later stage failed.
pub(crate) const LIVE_BUT_FAILED: u8 = 5;
/// `current` is not known to lead to the same release on every host.
pub(crate) const MIXED: u8 = 6;
/// Another operation is under way, or the environment is frozen; nothing was changed.
pub(crate) const LOCKED: u8 = 7;
/// Stopped by Ctrl-C or SIGTERM, and the hosts agree on `current`. 128 + SIGINT, as shells have it.
pub(crate) const INTERRUPTED: u8 = 130;

/// For `--help`.
pub(crate) const HELP: &str = "Exit codes:
    0  everything was done
    2  the command line, deploy.conf, the ref or the release is wrong; nothing was changed
    3  a host or the repository can't be reached; nothing was changed
    4  stopped before `current` moved on any host
    5  the release is live on every host, but a later stage failed
    6  `current` is not known to be the same on every host
    7  another operation is under way, or the environment is frozen; nothing was changed
  130  interrupted; `current` is the same on every host as before, or the new one on all";

/// The code of an operation.
pub(crate) fn of(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Done | Verdict::Unchanged => SUCCESS,
        Verdict::Refused => USAGE,
        Verdict::Locked => LOCKED,
        Verdict::Unreachable => UNREACHABLE,
        Verdict::Stopped => STOPPED,
        Verdict::LiveButFailed => LIVE_BUT_FAILED,
        Verdict::Mixed => MIXED,
        Verdict::Interrupted => INTERRUPTED,
    }
}
