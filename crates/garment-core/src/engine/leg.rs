//! What a lone host does in one go: nothing there waits for anybody, so it need not report between two tasks.

use std::ops::Range;
use std::time::Instant;

use tokio::sync::watch;

use super::end::end_when_done;
use super::fleet::Fleet;
use super::host_task::{HostTask, HostTaskEnd, State};
use super::outcome::Ledger;
use super::run::{GRACE, LAST_GRACE, finish, is_switch, raise};
use super::{Interrupt, Teller};
use crate::event::{HostName, HostResult, Phase, What};
use crate::plan::{Plan, PlanTask, Record};
use crate::transport::{Lost, Signal, Step, Wish};

/// The tasks of a plan, by their places, in the parts between which hosts wait for each other. A lone host waits only
/// before the switch and after it, where people who want to stop are heeded differently.
pub(super) fn legs(plan: &Plan) -> Vec<Range<usize>> {
    let mut legs: Vec<Range<usize>> = Vec::new();
    for (index, task) in plan.tasks.iter().enumerate() {
        let alone = plan.hosts.len() == 1 && !goes_by_itself(task);
        match legs.last_mut() {
            Some(leg) if alone && !goes_by_itself(&plan.tasks[leg.start]) => leg.end = index + 1,
            _ => legs.push(index..index + 1),
        }
    }
    legs
}

/// Whether a task is a leg of its own on a lone host, too. What is sent comes in batches of its own.
pub(super) fn goes_by_itself(task: &PlanTask) -> bool {
    is_switch(task) || task.task.phase == Phase::Deliver
}

/// Runs tasks of a lone host in one go. Gives whether all of them were done. With the last ones goes what the host is
/// left with, which saves a round trip.
pub(super) async fn run_leg(
    tasks: &[PlanTask],
    last: Option<&Record>,
    fleet: &mut Fleet,
    ledger: &mut Ledger,
    teller: &Teller,
    interrupt: &Interrupt,
) -> bool {
    let name = fleet.names[0].clone();
    let tasks: Vec<&PlanTask> = tasks.iter().filter(|task| !task.runs.is_empty()).collect();
    let mut leg = Leg::begin(&name, &tasks, ledger, teller);
    let mut steps = leg.steps();
    let ending = last.map(|_| steps.len());
    steps.extend(last.map(end_when_done));
    let Some(session) = fleet.sessions[0].as_mut() else {
        leg.vanish();
        return false;
    };
    let (wish, receiver) = watch::channel(Wish::Go);
    let mut wanted = interrupt.subscribe();
    let mut deadline: Option<Instant> = None;
    let ran = {
        let mut tell = |signal: Signal<'_>| match signal {
            Signal::Begin(index) | Signal::Output(index, ..) if Some(index) == ending => {}
            Signal::End(index, _) if Some(index) == ending => fleet.has_left[0] = true,
            signal => leg.take(signal),
        };
        let mut run = session.run(&steps, receiver, &mut tell);
        loop {
            let past_deadline = async {
                match deadline {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                ran = &mut run => break Some(ran),
                Ok(()) = wanted.changed() => {
                    let wanted = *wanted.borrow_and_update();
                    if wanted == Wish::Terminate {
                        teller.tell(What::Interrupted);
                    }
                    raise(&wish, wanted);
                    deadline = Some(Instant::now() + if wanted == Wish::Kill { LAST_GRACE } else { GRACE });
                }
                () = past_deadline => {
                    if *wish.borrow() == Wish::Kill {
                        // It did not even answer SIGKILL: nobody knows what goes on there.
                        break None;
                    }
                    raise(&wish, Wish::Kill);
                    deadline = Some(Instant::now() + LAST_GRACE);
                }
            }
        }
    };
    let asked_to_end = *wish.borrow() >= Wish::Terminate;
    let (done, gone) = match ran {
        Some(ran) => leg.end(ran, asked_to_end),
        None => (leg.vanish(), true),
    };
    if gone {
        fleet.sessions[0] = None;
    }
    done
}

/// How far the host has come.
struct Leg<'a> {
    host: &'a HostName,
    tasks: &'a [&'a PlanTask],
    ledger: &'a mut Ledger,
    teller: &'a Teller,
    /// How many tasks were begun, and whether the last of them runs.
    begun: usize,
    runs: bool,
    /// When it began.
    since: Instant,
    state: State,
}

impl<'a> Leg<'a> {
    fn begin(
        host: &'a HostName,
        tasks: &'a [&'a PlanTask],
        ledger: &'a mut Ledger,
        teller: &'a Teller,
    ) -> Self {
        let since = Instant::now();
        let mut leg =
            Self { host, tasks, ledger, teller, begun: 0, runs: false, since, state: State::default() };
        leg.begin_next();
        leg
    }

    /// All steps; the time that a task has begins with its first one.
    fn steps(&self) -> Vec<Step> {
        let of_task = |task: &&PlanTask| {
            let steps = task.runs[0].steps.iter().cloned().enumerate();
            steps.map(|(index, step)| Step { is_first: index == 0, ..step }).collect::<Vec<_>>()
        };
        self.tasks.iter().flat_map(of_task).collect()
    }

    /// Where a step stands: its task, and its place there.
    fn place(&self, index: usize) -> (usize, usize) {
        let mut left = index;
        for (at, task) in self.tasks.iter().enumerate() {
            let count = task.runs[0].steps.len();
            if left < count {
                return (at, left);
            }
            left -= count;
        }
        (self.tasks.len().saturating_sub(1), left)
    }

    /// What works on the task that was begun last.
    fn host_task(&self) -> HostTask<'a> {
        let task = self.tasks[self.begun - 1];
        HostTask { host: self.host, task: &task.task, steps: &task.runs[0].steps, teller: self.teller }
    }

    fn begin_next(&mut self) {
        let Some(task) = self.tasks.get(self.begun) else { return };
        self.begun += 1;
        self.runs = true;
        self.since = Instant::now();
        self.state = State::default();
        let hosts = vec![self.host.clone()];
        self.teller.tell(What::TaskStarted { task: task.task.clone(), hosts });
    }

    fn take(&mut self, signal: Signal<'_>) {
        let local = match signal {
            Signal::Begin(index) => {
                let (task, at) = self.place(index);
                while self.begun <= task {
                    self.begin_next();
                }
                Signal::Begin(at)
            }
            Signal::Output(index, stream, bytes) => Signal::Output(self.place(index).1, stream, bytes),
            Signal::TimedOut(index) => Signal::TimedOut(self.place(index).1),
            Signal::End(index, exit) => Signal::End(self.place(index).1, exit),
            other => other,
        };
        self.host_task().take(&mut self.state, local);
        if let Signal::End(index, exit) = local
            && exit.ok()
            && index + 1 == self.host_task().steps.len()
        {
            let answer = std::mem::take(&mut self.state.answer);
            self.finish(&HostTaskEnd { result: HostResult::Done, gone: false, answer });
        }
    }

    /// The task that runs has ended.
    fn finish(&mut self, end: &HostTaskEnd) {
        let task = self.tasks[self.begun - 1];
        self.runs = false;
        finish(task, 0, end, self.host, self.since, self.ledger, self.teller);
        let ok = end.result == HostResult::Done;
        self.teller.tell(What::TaskFinished { task: task.task.clone(), ok, took: self.since.elapsed() });
    }

    /// No step runs any more. Gives whether all was done, and whether there is a shell no more.
    fn end(mut self, ran: Result<(), Lost>, asked_to_end: bool) -> (bool, bool) {
        if !self.runs {
            let Some(next) = self.tasks.get(self.begun) else {
                return (true, ran.is_err_and(|lost| !lost.shell_lives));
            };
            if ran.is_ok() {
                // People wanted it to stop between two tasks.
                self.ledger.stop(&next.task);
                return (false, false);
            }
            self.begin_next();
        }
        let state = std::mem::take(&mut self.state);
        let end = self.host_task().end(ran, state, asked_to_end);
        if matches!(end.result, HostResult::Failed(_)) && !asked_to_end {
            self.ledger.failed_by_itself();
        }
        self.finish(&end);
        (false, end.gone)
    }

    /// Nobody knows what becomes of what runs. Gives whether all was done.
    fn vanish(self) -> bool {
        let task = self.tasks[self.begun - 1];
        if self.runs {
            let step = task.runs[0].steps.first().map(|step| step.shown.clone());
            self.ledger.vanish(0, &task.task, step);
            self.teller.tell(What::TaskFinished {
                task: task.task.clone(),
                ok: false,
                took: self.since.elapsed(),
            });
        } else if let Some(next) = self.tasks.get(self.begun) {
            self.ledger.stop(&next.task);
        }
        false
    }
}
