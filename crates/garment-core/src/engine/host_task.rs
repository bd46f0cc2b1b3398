use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::Teller;
use super::ahead::{self, Ahead};
use super::fleet::{LONGEST_ANSWER, script_problem};
use super::lines::Lines;
use super::progress::{Throttle, newest};
use crate::event::{Exit, Failure, HostName, HostResult, Problem, StepRef, Stream, TaskRef, What};
use crate::model::Bytes;
use crate::remote;
use crate::transport::{Lost, Session, Signal, Step, Wish};

/// What is sent to a command that is to end, and what to one that does not.
const SIGTERM: u8 = 15;
const SIGKILL: u8 = 9;

/// What one host does for one task.
pub(super) struct HostTask<'a> {
    pub(super) host: &'a HostName,
    pub(super) task: &'a TaskRef,
    pub(super) steps: &'a [Step],
    pub(super) teller: &'a Teller,
}

/// How it went, and what the last script among its steps answered.
pub(super) struct HostTaskEnd {
    pub(super) result: HostResult,
    /// Whether there is a shell no more.
    pub(super) gone: bool,
    pub(super) answer: Vec<u8>,
}

/// What is known while it runs.
#[derive(Default)]
pub(super) struct State {
    lines: Lines,
    pub(super) answer: Vec<u8>,
    /// The step that runs or ran last.
    running: Option<(usize, Instant)>,
    ended: usize,
    failed: Option<(usize, Exit)>,
    timed_out: bool,
    throttle: Throttle,
    /// Up to where in the answer it is told how far the step is.
    progress_told: usize,
}

impl HostTask<'_> {
    /// Runs the steps on a host's shell and tells what happens. `next` is run along with them, and kept.
    pub(super) async fn run(
        &self,
        session: &mut dyn Session,
        next: &[Step],
        wish: watch::Receiver<Wish>,
    ) -> (HostTaskEnd, Option<Ahead>) {
        let mut state = State::default();
        let wanted = wish.clone();
        let take = &mut |signal: Signal<'_>| self.take(&mut state, signal);
        let (lost, ahead) = if next.is_empty() {
            (session.run(self.steps, wish, take).await, None)
        } else {
            ahead::run(session, &[self.steps, next].concat(), self.steps.len(), wish, take).await
        };
        (self.end(lost, state, *wanted.borrow() >= Wish::Terminate), ahead)
    }

    /// What came of it, once no step runs any more.
    pub(super) fn end(&self, lost: Result<(), Lost>, mut state: State, asked_to_end: bool) -> HostTaskEnd {
        state.lines.finish(|stream, line| self.tell_line(stream, line));
        let gone = lost.as_ref().is_err_and(|lost| !lost.shell_lives);
        let result = match (lost, state.failed) {
            // One that was lost then was lost on the way to what comes next.
            (_, None) if state.ended == self.steps.len() => HostResult::Done,
            (Err(lost), _) => {
                let index = state.running.map_or(0, |(index, _)| index);
                HostResult::Lost(self.failure(index, None, Some(lost.problem), &mut state.lines))
            }
            // It ended because people asked for it; that is no failure of the command's.
            (Ok(()), Some((_, exit)))
                if asked_to_end
                    && !state.timed_out
                    && exit.signal().is_some_and(|n| n == SIGTERM || n == SIGKILL) =>
            {
                HostResult::Stopped
            }
            (Ok(()), Some((index, exit))) => {
                let step = &self.steps[index];
                let said = match step.limit {
                    Some(limit) if state.timed_out => Some(time_is_up(limit)),
                    _ if step.is_script => script_problem(&state.answer),
                    _ => None,
                };
                HostResult::Failed(self.failure(index, Some(exit), said, &mut state.lines))
            }
            (Ok(()), None) => HostResult::Stopped,
        };
        HostTaskEnd { result, gone, answer: state.answer }
    }

    /// Takes what the session tells, and tells it.
    pub(super) fn take(&self, state: &mut State, signal: Signal<'_>) {
        match signal {
            Signal::Begin(index) => {
                state.running = Some((index, Instant::now()));
                state.lines.take_tail();
                state.answer.clear();
                state.progress_told = 0;
                self.teller.tell(What::StepStarted {
                    host: self.host.clone(),
                    task: self.task.clone(),
                    step: self.step(index),
                });
            }
            Signal::Output(index, Stream::Stdout, bytes)
                if self.steps.get(index).is_some_and(|step| step.is_script) =>
            {
                if state.answer.len() < LONGEST_ANSWER {
                    state.answer.extend_from_slice(bytes);
                }
                if let Some((text, behind)) = newest(&state.answer, state.progress_told) {
                    state.progress_told = behind;
                    self.teller.tell(What::Progress { host: Some(self.host.clone()), text });
                }
            }
            Signal::Output(_, stream, bytes) => {
                state.lines.feed(stream, bytes, |stream, line| self.tell_line(stream, line));
            }
            Signal::Arrived(index, bytes) => self.tell_progress(state, index, bytes),
            Signal::TimedOut(_) => state.timed_out = true,
            Signal::Disconnected(problem) => self.teller.tell(What::Disconnected {
                host: self.host.clone(),
                problem: problem.clone(),
            }),
            Signal::Reconnected(took) => {
                self.teller.tell(What::Reconnected { host: self.host.clone(), took });
            }
            Signal::CutShort => self.teller.tell(What::Note {
                host: Some(self.host.clone()),
                text: "it printed more than is shown: the host keeps it in `.garment/operations`".into(),
            }),
            Signal::Unrecorded => self.teller.tell(What::Note {
                host: Some(self.host.clone()),
                text: "can't write to `.garment/operations` there: what is done there is not recorded, and a lost \
                       connection can't be made again"
                    .into(),
            }),
            Signal::End(index, exit) => {
                state.lines.finish(|stream, line| self.tell_line(stream, line));
                state.ended = index + 1;
                if self.steps.get(index).is_some_and(|step| step.is_script) {
                    for text in remote::parse_warnings(&state.answer) {
                        self.teller.tell(What::Note { host: Some(self.host.clone()), text });
                    }
                }
                if !exit.ok() {
                    state.failed = Some((index, exit));
                }
                let took = state.running.map(|(_, begun)| begun.elapsed()).unwrap_or_default();
                self.teller.tell(What::StepFinished {
                    host: self.host.clone(),
                    task: self.task.clone(),
                    step: self.step(index),
                    exit,
                    took,
                });
            }
        }
    }

    fn tell_progress(&self, state: &mut State, index: usize, bytes: Bytes) {
        if let Some(parcel) = &self.steps[index].parcel
            && state.throttle.is_due()
        {
            let text = format!("{bytes} of {}", parcel.size);
            self.teller.tell(What::Progress { host: Some(self.host.clone()), text });
        }
    }

    fn step(&self, index: usize) -> StepRef {
        StepRef { index, of: self.steps.len(), text: self.steps[index].shown.clone() }
    }

    fn failure(
        &self,
        index: usize,
        exit: Option<Exit>,
        problem: Option<Problem>,
        lines: &mut Lines,
    ) -> Failure {
        Failure {
            host: self.host.clone(),
            task: self.task.clone(),
            step: self.step(index),
            exit,
            problem,
            tail: lines.take_tail(),
        }
    }

    fn tell_line(&self, stream: Stream, line: Vec<u8>) {
        self.teller.tell(What::Output { host: self.host.clone(), task: self.task.clone(), stream, line });
    }
}

fn time_is_up(limit: Duration) -> Problem {
    Problem {
        what: format!("it was ended: the task's timeout of {} s was over", limit.as_secs()),
        remedy: "see why it takes so long, or give the task a longer `timeout`".into(),
    }
}
