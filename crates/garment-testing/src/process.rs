use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

use crate::programs;

/// A command that starts `program` with every signal as it is by default.
///
/// A test run that was started in the background (`cargo test &` in a script, `nohup`) ignores SIGINT or SIGHUP, and
/// so would all that it starts: a shell cannot even trap what was ignored before it.
pub(crate) fn with_default_signals(program: &Path) -> Command {
    let mut command = Command::new(programs::find("env"));
    command.arg(DEFAULT_SIGNALS).arg(program);
    command
}

/// The option of coreutils' `env` that [`with_default_signals`] uses.
pub(crate) const DEFAULT_SIGNALS: &str = "--default-signal";

/// A child in a process group of its own, which can be signalled without a chance to hit a stranger.
///
/// A thread waits for its end and reaps it under the lock that signals are sent under: as long as a signal can be
/// sent, the process id is still the child's.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pid: Pid,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug)]
struct State {
    child: Child,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Starts `command`. Its streams must have been taken care of by the caller; `tap` gets the child to take them.
    pub(crate) fn start<T>(command: &mut Command, tap: impl FnOnce(&mut Child) -> T) -> (Self, T) {
        let mut child =
            command.process_group(0).spawn().unwrap_or_else(|error| panic!("start {command:?}: {error}"));
        let tapped = tap(&mut child);
        let pid = Pid::from_child(&child);
        let state = Arc::new((Mutex::new(State { child, ended: None }), Condvar::new()));
        let process = Self { pid, state };
        let waiter = process.clone();
        thread::spawn(move || waiter.reap());
        (process, tapped)
    }

    /// The process id, which is its process group's id too.
    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_pid().unsigned_abs()
    }

    /// How it ended, or `None` while it runs.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        self.lock().ended
    }

    /// Sends `signal` to the process. False if it had ended.
    pub(crate) fn signal(&self, signal: Signal) -> bool {
        let state = self.lock();
        state.ended.is_none() && kill_process(self.pid, signal).is_ok()
    }

    /// Sends `signal` to the process and to what it started in its process group. False if it had ended.
    pub(crate) fn signal_group(&self, signal: Signal) -> bool {
        let state = self.lock();
        state.ended.is_none() && kill_process_group(self.pid, signal).is_ok()
    }

    /// Waits for the end, until `deadline` at the latest.
    pub(crate) fn wait_until(&self, deadline: Instant) -> Option<ExitStatus> {
        let mut state = self.lock();
        while state.ended.is_none() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            state = self.state.1.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.ended
    }

    fn reap(&self) {
        // Leaves the child a zombie, so that its id stays taken until the lock is held.
        while matches!(
            waitid(WaitId::Pid(self.pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT),
            Err(rustix::io::Errno::INTR)
        ) {}
        let mut state = self.lock();
        state.ended = state.child.wait().ok();
        self.state.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
