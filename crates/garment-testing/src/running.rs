use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use crate::outcome::Outcome;
use crate::process::{DEFAULT_SIGNALS, Process};
use crate::stranger;
use crate::terminal::terminal;

/// How long what a program started may keep its stdout or stderr open after its own end.
const GRACE: Duration = Duration::from_secs(5);

/// A program that runs, in a process group of its own, with its output read live.
///
/// If it runs longer than its timeout, the waiting function kills it and fails the test with what was printed.
/// Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    command: String,
    process: Process,
    streams: Arc<Streams>,
    deadline: Instant,
    timeout: Duration,
    seen: [usize; 2],
    /// What is typed on its terminal.
    typed: Option<File>,
}

#[derive(Debug, Default)]
struct Streams {
    state: Mutex<[Stream; 2]>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Stream {
    bytes: Vec<u8>,
    ended: bool,
}

const STDOUT: usize = 0;
const STDERR: usize = 1;

impl Running {
    pub(crate) fn start(mut command: Command, timeout: Duration) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let streams = Arc::new(Streams::default());
        let (process, ()) = Process::start(&mut command, |child| {
            if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
                streams.read(STDOUT, stdout);
                streams.read(STDERR, stderr);
            }
        });
        Self::new(&command, process, streams, timeout)
    }

    /// As [`Running::start`], with a terminal as all three streams. What it prints counts as stdout.
    pub(crate) fn start_on_terminal(mut command: Command, columns: u16, timeout: Duration) -> Self {
        let (shown, printed) = terminal(columns);
        let copy = || printed.try_clone().expect("duplicate a terminal");
        command.env("TERM", "xterm-256color").stdin(copy()).stdout(copy()).stderr(copy());
        let (process, ()) = Process::start(&mut command, |_| ());
        let streams = Arc::new(Streams::default());
        streams.lock()[STDERR].ended = true;
        let typed = File::from(shown.try_clone().expect("duplicate a terminal"));
        streams.read(STDOUT, File::from(shown));
        let mut running = Self::new(&command, process, streams, timeout);
        running.typed = Some(typed);
        running
    }

    fn new(command: &Command, process: Process, streams: Arc<Streams>, timeout: Duration) -> Self {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        // `Fleet::command` puts `env` and its option before the program.
        let skipped =
            if command.get_args().next().is_some_and(|word| word == DEFAULT_SIGNALS) { 2 } else { 0 };
        let command = words.skip(skipped).map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
        Self {
            command,
            process,
            streams,
            deadline: Instant::now() + timeout,
            timeout,
            seen: [0; 2],
            typed: None,
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Waits for a whole line of stdout that `wanted` is true for, after the line last waited for, and returns it
    /// without its newline.
    #[track_caller]
    pub fn wait_for_line(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        self.wait_for(STDOUT, wanted)
    }

    /// As [`Running::wait_for_line`], on stderr.
    #[track_caller]
    pub fn wait_for_stderr_line(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        self.wait_for(STDERR, wanted)
    }

    /// Waits until `text` was printed, after what was last waited for; it need not be a whole line. Only where it runs on a
    /// terminal, and for text that comes in one piece.
    #[track_caller]
    pub fn wait_for_text(&mut self, text: &str) {
        let streams = Arc::clone(&self.streams);
        let mut state = streams.lock();
        loop {
            let printed = String::from_utf8_lossy(&state[STDOUT].bytes[self.seen[STDOUT]..]).into_owned();
            if let Some(at) = printed.find(text) {
                self.seen[STDOUT] += at + text.len();
                return;
            }
            let left = self.deadline.saturating_duration_since(Instant::now());
            if state[STDOUT].ended || left.is_zero() {
                drop(state);
                let Some(status) = self.process.wait_until(self.deadline) else { self.fail_late() };
                panic!("it ended without the text waited for: {text}\n{}", self.outcome(status));
            }
            state = streams.wait(state, left);
        }
    }

    /// Types on its terminal, which shows it: `\x04` at the beginning of a line is the end of the input. `Ctrl-C` is
    /// [`Running::ctrl_c`].
    pub fn types(&self, text: &str) {
        let mut terminal = self.typed.as_ref().expect("it does not run on a terminal");
        terminal.write_all(text.as_bytes()).expect("type on a terminal");
    }

    /// Sends SIGINT to the program alone.
    pub fn interrupt(&self) -> bool {
        self.process.signal(Signal::INT)
    }

    /// Sends SIGINT to the program and to what it started in its process group, as a terminal does at Ctrl-C.
    pub fn ctrl_c(&self) -> bool {
        self.process.signal_group(Signal::INT)
    }

    /// Sends SIGTERM to the program alone.
    pub fn terminate(&self) -> bool {
        self.process.signal(Signal::TERM)
    }

    /// Kills the program alone, as an out-of-memory killer does: what it started lives on.
    pub fn kill(&self) -> bool {
        self.process.signal(Signal::KILL)
    }

    /// Kills the program and what it started in its process group.
    pub fn kill_group(&self) -> bool {
        self.process.signal_group(Signal::KILL)
    }

    /// Kills those of the processes that it has started itself which are `meant` by their command line; how many that
    /// were. They are gone when this returns, or dead and not yet missed.
    pub fn kill_children(&self, meant: impl Fn(&str) -> bool) -> usize {
        let children = self.children().into_iter().filter(|(_, line)| meant(line));
        children.map(|(pid, _)| stranger::end(pid, Signal::KILL, || parent(pid) == Some(self.pid()))).count()
    }

    /// The processes that it has started itself and that run: their ids and command lines.
    fn children(&self) -> Vec<(Pid, String)> {
        let entries = std::fs::read_dir("/proc").expect("read /proc").flatten();
        let pids = entries.filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?));
        let ours = pids.filter(|pid| parent(*pid) == Some(self.pid()));
        ours.filter_map(|pid| {
            let words = std::fs::read(format!("/proc/{}/cmdline", pid.as_raw_pid())).ok()?;
            let line = String::from_utf8_lossy(&words).trim_end_matches('\0').replace('\0', " ");
            // A zombie has none.
            (!line.is_empty()).then_some((pid, line))
        })
        .collect()
    }

    /// The command lines of the processes that it has started itself and that run.
    pub fn child_lines(&self) -> Vec<String> {
        self.children().into_iter().map(|(_, line)| line).collect()
    }

    /// Whether a signal that was sent to it waits for it to go on.
    pub fn has_pending(&self, signal: i32) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let masks = status
            .lines()
            .filter_map(|line| line.strip_prefix("ShdPnd:").or_else(|| line.strip_prefix("SigPnd:")));
        masks
            .filter_map(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .any(|mask| mask & 1 << (signal - 1) != 0)
    }

    /// Whether it has a handler of its own for SIGINT by now, as Linux tells it.
    pub fn catches_interrupts(&self) -> bool {
        let status = fs_err::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let bit = 1 << (Signal::INT.as_raw() - 1);
        caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & bit != 0)
    }

    /// Waits until it has stopped itself (SIGSTOP). False if it has ended instead.
    #[track_caller]
    pub fn has_stopped(&self) -> bool {
        loop {
            if self.has_ended() {
                return false;
            }
            if self.state() == Some('T') {
                return true;
            }
            if Instant::now() > self.deadline {
                self.fail_late();
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Stops it where it is (SIGSTOP), until [`Running::go_on`]. False if it has already ended.
    pub fn hold(&self) -> bool {
        self.process.signal(Signal::STOP)
    }

    /// Ends what [`Running::has_stopped`] waited for (SIGCONT).
    pub fn go_on(&self) -> bool {
        self.process.signal(Signal::CONT)
    }

    /// What Linux says it is doing, as `ps` has it: `R`, `S`, `T`, `Z`.
    fn state(&self) -> Option<char> {
        stat(self.pid())?.chars().next()
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.process.ended().is_some()
    }

    /// Waits for its end and the end of its output.
    #[track_caller]
    pub fn finish(self) -> Outcome {
        let Some(status) = self.process.wait_until(self.deadline) else { self.fail_late() };
        let deadline = Instant::now() + GRACE;
        let mut state = self.streams.lock();
        while !state.iter().all(|stream| stream.ended) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(state);
                panic!(
                    "it has ended, but something that it started holds its output open\n{}",
                    self.outcome(status)
                );
            }
            state = self.streams.wait(state, left);
        }
        drop(state);
        self.outcome(status)
    }

    #[track_caller]
    fn wait_for(&mut self, which: usize, wanted: impl Fn(&str) -> bool) -> String {
        let streams = Arc::clone(&self.streams);
        let mut state = streams.lock();
        loop {
            while let Some(length) =
                state[which].bytes[self.seen[which]..].iter().position(|byte| *byte == b'\n')
            {
                let line = &state[which].bytes[self.seen[which]..][..length];
                let line = String::from_utf8_lossy(line).into_owned();
                self.seen[which] += length + 1;
                if wanted(&line) {
                    return line;
                }
            }
            let left = self.deadline.saturating_duration_since(Instant::now());
            let ended = state[which].ended;
            if ended || left.is_zero() {
                drop(state);
                let Some(status) = self.process.wait_until(self.deadline) else { self.fail_late() };
                panic!("it ended without the line waited for\n{}", self.outcome(status));
            }
            state = streams.wait(state, left);
        }
    }

    #[track_caller]
    fn fail_late(&self) -> ! {
        self.kill_group();
        let status = self.process.wait_until(Instant::now() + GRACE).unwrap_or_default();
        panic!("still running after {:?}, so it was killed\n{}", self.timeout, self.outcome(status));
    }

    fn outcome(&self, status: ExitStatus) -> Outcome {
        let state = self.streams.lock();
        let output =
            Output { status, stdout: state[STDOUT].bytes.clone(), stderr: state[STDERR].bytes.clone() };
        Outcome::new(self.command.clone(), &output)
    }
}

/// What Linux says of a process, from its state on.
fn stat(pid: impl fmt::Display) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name, which may be anything, is in brackets before it.
    Some(stat.rsplit_once(") ")?.1.to_owned())
}

/// Whose child a process is.
fn parent(pid: Pid) -> Option<u32> {
    stat(pid.as_raw_pid())?.split(' ').nth(1)?.parse().ok()
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill_group();
    }
}

impl Streams {
    fn read(self: &Arc<Self>, which: usize, pipe: impl Read + Send + 'static) {
        let streams = Arc::clone(self);
        thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            loop {
                // An error is an end, too.
                let bytes = pipe.fill_buf().unwrap_or_default();
                let length = bytes.len();
                let mut state = streams.lock();
                state[which].bytes.extend_from_slice(bytes);
                state[which].ended = length == 0;
                drop(state);
                streams.changed.notify_all();
                if length == 0 {
                    return;
                }
                pipe.consume(length);
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, [Stream; 2]> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, [Stream; 2]>,
        patience: Duration,
    ) -> MutexGuard<'a, [Stream; 2]> {
        self.changed.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner).0
    }
}
