//! How many files this program may have open: each host takes some.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A host's: three pipes to what leads there, what tells that it has ended, and during the login its socket twice.
const EACH: u64 = 6;
/// Everything else: the terminal, signals, git, a process that is being started.
const REST: u64 = 64;

/// Makes room for so many hosts; an error says what is in the way.
///
/// No more than is needed: what runs on a `local` host inherits it, and some programs go through every file that they
/// may have open.
pub(crate) fn make_room(hosts: usize) -> Result<(), String> {
    let needed = EACH * u64::try_from(hosts).unwrap_or(u64::MAX / EACH) + REST;
    let now = getrlimit(Resource::Nofile);
    // No limit is `None`.
    if now.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    if let Some(most) = now.maximum.filter(|most| *most < needed) {
        return Err(format!(
            "{hosts} hosts need {needed} open files, and only {most} are allowed here; nothing was done\nraise the limit: \
             `ulimit -n {needed}`; where that is refused, `nofile` in /etc/security/limits.conf"
        ));
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum: now.maximum }).map_err(|error| {
        format!("can't raise the limit of open files to {needed}: {error}; try `ulimit -n {needed}`")
    })
}
