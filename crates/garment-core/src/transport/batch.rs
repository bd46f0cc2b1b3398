use std::collections::VecDeque;

use super::demux::Piece;
use super::{Signal, Tell, Wish};
use crate::event::{Exit, Stream};

/// The status of a step that ended well, but too late: what `timeout` of GNU coreutils gives.
const TIMED_OUT: u8 = 124;

/// So many last bytes are kept of what nobody asked for.
const NOISE: usize = 4 * 1024;

/// How far a batch has come, by its marks.
///
/// The two outputs arrive side by side and either may be ahead. What belongs to a later step waits here until the step
/// before it has ended on both, so that a step's output is told between its beginning and its end.
#[derive(Default)]
pub(super) struct Batch {
    /// Pieces that wait, of stdout and of stderr.
    waiting: [VecDeque<Piece>; 2],
    /// The step that began last as far as was read.
    pub(super) newest: Option<Begun>,
    /// The step that was told last, begun or ended.
    told: usize,
    /// Whether it runs as far as was told.
    runs: bool,
    /// Where it is recorded all that it prints comes on stdout: which of its outputs that is just now.
    stream: Option<Stream>,
    /// What ssh, or the session's shell, said on stderr meanwhile.
    pub(super) noise: Vec<u8>,
    /// How it ended, once that was heard on stdout.
    end: Option<End>,
    /// How far it has come on stderr.
    on_stderr: OnStderr,
    /// No step runs and none will.
    pub(super) done: bool,
    /// What nobody knows the end of, and why.
    pub(super) unknown: Option<Unknown>,
}

/// How far a step has come on stderr, where one that is recorded never comes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum OnStderr {
    /// What comes there is not its.
    #[default]
    Before,
    Runs,
    Ended,
}

/// A step that has begun.
pub(super) struct Begun {
    pub(super) id: usize,
    /// Its process id; empty for one that the session's own shell runs.
    pid: String,
    /// Whether it is recorded, runs, and has not been asked what it printed since it last answered.
    pub(super) may_look: bool,
}

/// Why it is not known how a step ended, though the host answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    /// The shell that would have written it down was killed.
    Unrecorded,
    /// Another operation took the lock before the next step.
    Taken,
}

/// How a step ended.
enum End {
    Exit { status: u8, timed_out: bool },
    Unknown,
}

impl Batch {
    /// What the watcher is told.
    pub(super) fn control_line(&self, wish: Wish) -> String {
        match (wish, &self.newest) {
            (Wish::Terminate, Some(Begun { pid, .. })) if !pid.is_empty() => format!("term {pid}\n"),
            (Wish::Kill, Some(Begun { pid, .. })) if !pid.is_empty() => format!("kill {pid}\n"),
            _ => "stop\n".into(),
        }
    }

    /// The step that may be asked what it printed.
    pub(super) fn to_look_at(&self) -> Option<usize> {
        self.newest.as_ref().filter(|newest| newest.may_look).map(|newest| newest.id)
    }

    /// Takes what was read and tells what is certain of it.
    pub(super) fn take(&mut self, stream: Stream, piece: Piece, tell: Tell<'_>) {
        // On stderr an end may come when the next step has begun on stdout.
        if let Piece::Mark(mark) = &piece
            && stream == Stream::Stdout
        {
            if let Some((id, pid)) = begin(mark) {
                let (pid, recorded) = pid.strip_suffix(" recorded").map_or((pid, false), |pid| (pid, true));
                self.newest = Some(Begun { id, pid: pid.to_owned(), may_look: recorded });
            } else if let Some(newest) = &mut self.newest {
                match mark.as_str() {
                    "looked" => newest.may_look = true,
                    mark if end(mark).is_some() => newest.may_look = false,
                    _ => {}
                }
            }
        }
        self.waiting[usize::from(stream == Stream::Stderr)].push_back(piece);
        while self.step_out(tell) || self.step_err(tell) {}
    }

    /// Takes the next piece of stdout, if its turn has come.
    fn step_out(&mut self, tell: Tell<'_>) -> bool {
        if self.end.is_some() {
            return false;
        }
        let Some(piece) = self.waiting[0].pop_front() else { return false };
        match piece {
            Piece::Data(data) => {
                tell(Signal::Output(self.told, self.stream.unwrap_or(Stream::Stdout), &data));
            }
            Piece::Mark(mark) => {
                if let Some((id, pid)) = begin(&mark) {
                    (self.told, self.runs) = (id, true);
                    self.stream = pid.ends_with(" recorded").then_some(Stream::Stdout);
                    tell(Signal::Begin(id));
                } else if mark == "err" {
                    self.stream = Some(Stream::Stderr);
                } else if mark == "out" {
                    self.stream = Some(Stream::Stdout);
                } else if let Some((id, end)) = end(&mark) {
                    // What the host's shell could not even start has no beginning.
                    if !self.runs {
                        (self.told, self.runs, self.stream) = (id, true, None);
                        tell(Signal::Begin(id));
                    }
                    self.end = Some(end);
                    if is_all_on_stdout(&mark) {
                        self.on_stderr = OnStderr::Ended;
                    }
                    self.tell_end(tell);
                } else if mark == "unrecorded" {
                    tell(Signal::Unrecorded);
                } else if mark == "taken" {
                    self.unknown = Some(Unknown::Taken);
                } else if mark == "done" {
                    self.done = true;
                    self.flush(tell);
                }
            }
        }
        true
    }

    /// Takes the next piece of stderr, if its turn has come. A recorded step has no part in it.
    fn step_err(&mut self, tell: Tell<'_>) -> bool {
        if !self.runs || self.on_stderr == OnStderr::Ended {
            return false;
        }
        let Some(piece) = self.waiting[1].front() else { return false };
        let id = match piece {
            Piece::Data(_) => None,
            Piece::Mark(mark) => begin(mark).map(|(id, _)| id).or_else(|| end(mark).map(|(id, _)| id)),
        };
        if id.is_some_and(|id| id != self.told || self.stream.is_some()) {
            return false;
        }
        match self.waiting[1].pop_front() {
            Some(Piece::Data(data)) if self.on_stderr == OnStderr::Runs => {
                tell(Signal::Output(self.told, Stream::Stderr, &data));
            }
            Some(Piece::Data(data)) => self.note(&data),
            Some(Piece::Mark(mark)) if end(&mark).is_some() => {
                self.on_stderr = OnStderr::Ended;
                self.tell_end(tell);
            }
            Some(Piece::Mark(mark)) if begin(&mark).is_some() => self.on_stderr = OnStderr::Runs,
            Some(Piece::Mark(_)) | None => {}
        }
        true
    }

    fn note(&mut self, noise: &[u8]) {
        self.noise.extend(noise);
        let excess = self.noise.len().saturating_sub(NOISE);
        self.noise.drain(..excess);
    }

    fn tell_end(&mut self, tell: Tell<'_>) {
        if self.on_stderr == OnStderr::Ended
            && let Some(end) = self.end.take()
        {
            (self.runs, self.on_stderr) = (false, OnStderr::Before);
            match end {
                End::Exit { status, timed_out } => {
                    if timed_out {
                        tell(Signal::TimedOut(self.told));
                    }
                    // Whatever it makes of the signal: it is not what was asked for.
                    tell(Signal::End(
                        self.told,
                        Exit(if timed_out && status == 0 { TIMED_OUT } else { status }),
                    ));
                }
                End::Unknown => self.unknown = Some(Unknown::Unrecorded),
            }
        }
    }

    /// Nothing more comes: what still waits, a daemon's words or the last ones before a connection broke, is told.
    pub(super) fn flush(&mut self, tell: Tell<'_>) {
        let recorded = self.stream.is_some();
        for stream in [Stream::Stdout, Stream::Stderr] {
            let waiting = std::mem::take(&mut self.waiting[usize::from(stream == Stream::Stderr)]);
            for piece in waiting {
                match piece {
                    Piece::Data(data) if stream == Stream::Stderr && recorded => self.note(&data),
                    Piece::Data(data) => tell(Signal::Output(self.told, stream, &data)),
                    Piece::Mark(_) => {}
                }
            }
        }
    }
}

/// The step and the process id, if it has one of its own, of a mark that says that a step begins.
fn begin(mark: &str) -> Option<(usize, &str)> {
    let rest = mark.strip_prefix("begin ")?;
    let (id, pid) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((id.parse().ok()?, pid))
}

/// Whether a mark that says that a step ended is the only one: nothing of a recorded step comes on stderr.
fn is_all_on_stdout(mark: &str) -> bool {
    mark.starts_with("ended ")
}

/// What a mark says that says that a step ended.
fn end(mark: &str) -> Option<(usize, End)> {
    let rest = mark.strip_prefix("end ").or_else(|| mark.strip_prefix("ended "))?;
    let (id, how) = rest.split_once(' ')?;
    let (status, timed_out) = how.strip_suffix(" timeout").map_or((how, false), |status| (status, true));
    let end = match status {
        "unknown" => End::Unknown,
        _ => End::Exit { status: status.parse().unwrap_or(u8::MAX), timed_out },
    };
    Some((id.parse().ok()?, end))
}
