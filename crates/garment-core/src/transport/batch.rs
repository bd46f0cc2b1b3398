use std::collections::VecDeque;

use super::demux::Piece;
use super::{Signal, Wish};
use crate::event::{Exit, Stream};

/// How far a batch has come, by its marks.
///
/// The two outputs arrive side by side and either may be ahead. What belongs to a later step waits here until the step
/// before it has ended on both, so that a step's output is told between its beginning and its end.
#[derive(Default)]
pub(super) struct Batch {
    /// Pieces that wait, of stdout and of stderr.
    waiting: [VecDeque<Piece>; 2],
    /// The step that began last as far as was read, and its process id; none for one that the session's own shell
    /// runs.
    pub(super) newest: Option<(usize, String)>,
    /// The step that was told last, begun or ended.
    told: usize,
    /// Whether it runs as far as was told.
    runs: bool,
    /// How it ended, once that was heard on stdout.
    exit: Option<Exit>,
    /// Whether its end was heard on stderr, where all it printed there has arrived.
    ended_on_stderr: bool,
    /// No step runs and none will.
    pub(super) done: bool,
}

impl Batch {
    /// What the watcher is told.
    pub(super) fn control_line(&self, wish: Wish) -> String {
        match (wish, &self.newest) {
            (Wish::Terminate, Some((_, pid))) if !pid.is_empty() => format!("term {pid}\n"),
            (Wish::Kill, Some((_, pid))) if !pid.is_empty() => format!("kill {pid}\n"),
            _ => "stop\n".into(),
        }
    }

    /// Takes what was read and tells what is certain of it.
    pub(super) fn take(&mut self, stream: Stream, piece: Piece, tell: &mut (dyn FnMut(Signal<'_>) + Send)) {
        if let Piece::Mark(mark) = &piece
            && let Some((id, pid)) = begin(mark)
        {
            self.newest = Some((id, pid.to_owned()));
        }
        self.waiting[usize::from(stream == Stream::Stderr)].push_back(piece);
        while self.step_out(tell) || self.step_err(tell) {}
    }

    /// Takes the next piece of stdout, if its turn has come.
    fn step_out(&mut self, tell: &mut (dyn FnMut(Signal<'_>) + Send)) -> bool {
        if self.exit.is_some() {
            return false;
        }
        let Some(piece) = self.waiting[0].pop_front() else { return false };
        match piece {
            Piece::Data(data) => tell(Signal::Output(self.told, Stream::Stdout, &data)),
            Piece::Mark(mark) => {
                if let Some((id, _)) = begin(&mark) {
                    (self.told, self.runs) = (id, true);
                    tell(Signal::Begin(id));
                } else if let Some(status) = end(&mark) {
                    self.exit = Some(Exit(status));
                    self.tell_end(tell);
                } else if mark == "done" {
                    self.done = true;
                    self.flush(tell);
                }
            }
        }
        true
    }

    /// Takes the next piece of stderr, if its turn has come.
    fn step_err(&mut self, tell: &mut (dyn FnMut(Signal<'_>) + Send)) -> bool {
        if !self.runs || self.ended_on_stderr {
            return false;
        }
        let Some(piece) = self.waiting[1].pop_front() else { return false };
        match piece {
            Piece::Data(data) => tell(Signal::Output(self.told, Stream::Stderr, &data)),
            Piece::Mark(mark) => {
                if end(&mark).is_some() {
                    self.ended_on_stderr = true;
                    self.tell_end(tell);
                }
            }
        }
        true
    }

    fn tell_end(&mut self, tell: &mut (dyn FnMut(Signal<'_>) + Send)) {
        if self.ended_on_stderr
            && let Some(exit) = self.exit.take()
        {
            (self.runs, self.ended_on_stderr) = (false, false);
            tell(Signal::End(self.told, exit));
        }
    }

    /// Nothing more comes: what still waits, a daemon's words or the last ones before a connection broke, is told.
    pub(super) fn flush(&mut self, tell: &mut (dyn FnMut(Signal<'_>) + Send)) {
        for (waiting, stream) in self.waiting.iter_mut().zip([Stream::Stdout, Stream::Stderr]) {
            for piece in waiting.drain(..) {
                if let Piece::Data(data) = piece {
                    tell(Signal::Output(self.told, stream, &data));
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

/// The status of a mark that says that a step ended.
fn end(mark: &str) -> Option<u8> {
    let (_, status) = mark.strip_prefix("end ")?.split_once(' ')?;
    Some(status.parse().unwrap_or(u8::MAX))
}
