use std::sync::Arc;
use std::time::Duration;

use crate::event::{
    Current, Failure, HostName, HostOutcome, HostResult, Operation, Outcome, Phase, Problem, Progress,
    StepRef, TaskRef, Verdict,
};
use crate::model::{HostFacts, Occupant, ReleaseName, write_duration};
use crate::plan::Plan;

/// Keeps account of what is known of each host while a plan runs. Nothing is in it that a host did not say.
pub(super) struct Ledger {
    pub(super) release: ReleaseName,
    operation: Operation,
    resumed: Option<Operation>,
    environment: String,
    hosts: Vec<Entry>,
    problems: Vec<Problem>,
    /// Something failed before anybody asked to stop: that is what ended the operation.
    failed_by_itself: bool,
    /// How long hosts wait for their switch to be confirmed.
    cutover_confirm: Option<Duration>,
}

struct Entry {
    name: HostName,
    current: Current,
    before: Occupant,
    progress: Progress,
    last: Option<TaskRef>,
    switch: Switch,
    /// It switched in an earlier attempt, and others did not.
    is_ahead: bool,
    /// Whether the host said that it stays where it switched to.
    confirmed: bool,
}

/// What is known of the switch on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Switch {
    /// `current` is as it was found.
    NotYet,
    /// The host said that it can't switch: what is in the place of `current` may be something new.
    Doubtful,
    /// It was told to switch, and what came of it is not known.
    Unsure,
    /// `current` led to the release already.
    ThereBefore,
    /// The host said that it switched, or it did in an attempt that this one goes on with.
    Done,
}

impl Ledger {
    pub(super) fn new(plan: &Plan, facts: &[HostFacts]) -> Self {
        let hosts = plan.hosts.iter().zip(facts).enumerate().map(|(host, (name, facts))| {
            let is_there = facts.current_release() == Some(&plan.release);
            let is_ahead = plan.resumed.as_ref().is_some_and(|resumed| resumed.ahead[host]);
            Entry {
                name: name.clone(),
                current: current(&facts.current),
                before: facts.current.clone(),
                progress: Progress::Untouched,
                last: None,
                switch: match plan.resumed {
                    Some(_) if is_ahead => Switch::Done,
                    Some(_) if is_there => Switch::ThereBefore,
                    _ => Switch::NotYet,
                },
                is_ahead,
                // What was not was taken back under the lock.
                confirmed: plan.resumed.is_some() && is_there && !is_ahead,
            }
        });
        let resumed = plan.resumed.as_ref().map(|_| plan.operation);
        Self {
            release: plan.release.clone(),
            operation: if resumed.is_some() { Operation::Resume } else { plan.operation },
            resumed,
            environment: plan.environment.clone(),
            hosts: hosts.collect(),
            problems: Vec::new(),
            failed_by_itself: false,
            cutover_confirm: plan.cutover_confirm,
        }
    }

    pub(super) fn record(&mut self, host: usize, task: &TaskRef, result: &HostResult) {
        let entry = &mut self.hosts[host];
        entry.last = Some(task.clone());
        entry.progress = match result {
            HostResult::Done => Progress::Through(task.clone()),
            HostResult::Failed(failure) => Progress::Failed(failure.clone()),
            HostResult::Stopped => Progress::StoppedIn(task.clone()),
            HostResult::Lost(failure) => Progress::Lost(failure.clone()),
        };
    }

    pub(super) fn failed_by_itself(&mut self) {
        self.failed_by_itself = true;
    }

    /// The time that a switch may take is over, and these hosts have not all ended the task.
    pub(super) fn too_slow(&mut self, task: &TaskRef, hosts: impl Iterator<Item = usize>) {
        self.failed_by_itself = true;
        let within = self.cutover_confirm.map(write_duration).unwrap_or_default();
        for host in hosts.filter(|host| self.hosts[*host].last.as_ref() != Some(task)).collect::<Vec<_>>() {
            self.problems.push(Problem {
                what: format!(
                    "{} was not through with `{task}` when the {within} of `cutover_confirm` were over",
                    self.hosts[host].name
                ),
                remedy: "see what is slow there, or give `cutover_confirm` more time".into(),
            });
        }
    }

    pub(super) fn has_ended(&self, host: usize, task: &TaskRef) -> bool {
        self.hosts[host].last.as_ref() == Some(task)
    }

    /// The operation ends before this task.
    pub(super) fn stop(&mut self, task: &TaskRef) {
        for entry in &mut self.hosts {
            if entry.progress == Progress::Untouched {
                entry.progress = Progress::StoppedIn(task.clone());
            }
        }
    }

    /// A host did not answer any more.
    pub(super) fn vanish(&mut self, host: usize, task: &TaskRef, step: Option<Arc<str>>) {
        let entry = &mut self.hosts[host];
        entry.last = Some(task.clone());
        entry.progress = Progress::Lost(Failure {
            host: entry.name.clone(),
            task: task.clone(),
            step: StepRef { index: 0, of: 1, text: step.unwrap_or_else(|| "".into()) },
            exit: None,
            problem: Some(Problem {
                what: "it has not said in time how it ended".into(),
                remedy: "what was running there may still be running: look before you try again".into(),
            }),
            tail: Vec::new(),
        });
    }

    /// `switched` is false where `current` led there already.
    pub(super) fn moved(&mut self, host: usize, switched: bool) {
        let entry = &mut self.hosts[host];
        entry.switch = if switched || entry.is_ahead { Switch::Done } else { Switch::ThereBefore };
        entry.current = Current::Leads(self.release.to_string());
    }

    pub(super) fn unsure(&mut self, host: usize) {
        self.hosts[host].switch = Switch::Unsure;
        self.hosts[host].current = Current::Unknown;
    }

    pub(super) fn doubtful(&mut self, host: usize) {
        self.hosts[host].switch = Switch::Doubtful;
    }

    /// The hosts that have to be looked at again.
    pub(super) fn hosts_in_doubt(&self) -> Vec<usize> {
        let in_doubt = |host: &usize| matches!(self.hosts[*host].switch, Switch::Unsure | Switch::Doubtful);
        (0..self.hosts.len()).filter(in_doubt).collect()
    }

    /// A host that was unsure was looked at again.
    pub(super) fn seen(&mut self, host: usize, occupant: &Occupant) {
        if *occupant == Occupant::Release(self.release.clone()) {
            let switched = self.hosts[host].before != *occupant;
            self.moved(host, switched);
        } else {
            self.hosts[host].switch = Switch::NotYet;
            self.hosts[host].current = current(occupant);
        }
    }

    pub(super) fn has_switched(&self, host: usize) -> bool {
        self.hosts[host].switch == Switch::Done
    }

    /// A host that had switched leads to this again.
    pub(super) fn went_back(&mut self, host: usize, to: Option<String>) {
        let entry = &mut self.hosts[host];
        entry.switch = Switch::NotYet;
        entry.current = to.map_or(Current::Absent, Current::Leads);
        if matches!(entry.progress, Progress::Through(_)) {
            entry.progress = Progress::WentBack;
        }
    }

    /// A host that had switched could not go back.
    pub(super) fn stuck(&mut self, host: usize, problem: &Problem) {
        self.problems.push(Problem {
            what: format!("{} could not go back: {}", self.hosts[host].name, problem.what),
            remedy: problem.remedy.clone(),
        });
    }

    /// A host that was told to go back did not answer.
    pub(super) fn lost_on_the_way_back(&mut self, host: usize, problem: &Problem) {
        self.stuck(host, problem);
        self.unsure(host);
    }

    pub(super) fn is_moved(&self, host: usize) -> bool {
        self.hosts[host].leads_there()
    }

    /// The host acknowledged that all hosts have switched.
    pub(super) fn confirmed(&mut self, host: usize) {
        self.hosts[host].confirmed = true;
    }

    /// It did not: if it switched, it may go back by itself.
    pub(super) fn not_confirmed(&mut self, host: usize) {
        if self.hosts[host].switch != Switch::ThereBefore {
            self.unsure(host);
        }
    }

    /// Whether `current` leads to the release on all hosts, and stays there.
    pub(super) fn has_settled(&self) -> bool {
        let stays = |entry: &Entry| entry.confirmed || self.cutover_confirm.is_none();
        self.hosts.iter().all(|entry| entry.leads_there() && stays(entry))
    }

    /// What hosts will do by themselves that are not known to have switched, or to stay there.
    pub(super) fn tell_of_guards(&mut self) {
        let Some(within) = self.cutover_confirm.map(write_duration) else { return };
        for entry in self.hosts.iter().filter(|entry| entry.switch == Switch::Unsure) {
            let in_confirm = entry.last.as_ref().is_some_and(|task| task.phase == Phase::Confirm);
            let (name, release) = (&entry.name, &self.release);
            let what = if in_confirm {
                format!(
                    "{name} has either heard the confirmation and stays at {release}, or goes back by itself \
                     {within} after its switch"
                )
            } else {
                format!("{name} goes back by itself after {within}, if it has switched")
            };
            let remedy = format!("look once that is over: `garment status {}`", self.environment);
            self.problems.push(Problem { what, remedy });
        }
    }

    /// `done` is whether the whole plan was carried out.
    pub(super) fn outcome(self, done: bool, interrupted: bool) -> Outcome {
        let moved = self.hosts.iter().filter(|entry| entry.leads_there()).count();
        let failed = self.failed_by_itself;
        let verdict = if moved == self.hosts.len() {
            match (done, interrupted) {
                (true, _) => Verdict::Done,
                (false, true) if !failed => Verdict::Interrupted,
                (false, _) => Verdict::LiveButFailed,
            }
        } else if moved > 0 || self.hosts.iter().any(|entry| entry.switch == Switch::Unsure) {
            Verdict::Mixed
        } else if interrupted && !failed {
            Verdict::Interrupted
        } else {
            Verdict::Stopped
        };
        Outcome {
            operation: self.operation,
            resumed: self.resumed,
            environment: self.environment,
            verdict,
            release: Some(self.release),
            hosts: self
                .hosts
                .into_iter()
                .map(|entry| HostOutcome {
                    host: entry.name,
                    current: entry.current,
                    progress: if done { Progress::Complete } else { entry.progress },
                })
                .collect(),
            problems: self.problems,
            interrupted,
        }
    }
}

impl Entry {
    fn leads_there(&self) -> bool {
        matches!(self.switch, Switch::Done | Switch::ThereBefore)
    }
}

/// What a look at a host says of its `current`.
pub(super) fn current(occupant: &Occupant) -> Current {
    match occupant {
        Occupant::Absent => Current::Absent,
        Occupant::Release(name) => Current::Leads(name.to_string()),
        Occupant::Elsewhere(path) => Current::Leads(path.clone()),
        Occupant::NotASymlink => Current::NotASymlink,
    }
}
