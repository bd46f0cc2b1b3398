use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// Ends a process that is not our child, and waits until it is gone, for two seconds at most.
///
/// `is_meant` looks at the process once more when it can no longer be mixed up: its id may be another's by now.
pub(crate) fn end(pid: Pid, signal: Signal, is_meant: impl Fn() -> bool) {
    // Where this fails, the process has ended.
    let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else { return };
    if !is_meant() || pidfd_send_signal(&process, signal).is_err() {
        return;
    }
    let patience = Timespec::try_from(Duration::from_secs(2)).ok();
    let _ = poll(&mut [PollFd::new(&process, PollFlags::IN)], patience.as_ref());
}
