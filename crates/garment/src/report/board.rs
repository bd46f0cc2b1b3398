use std::collections::HashSet;
use std::time::Duration;

use garment_core::event::{Event, HostName, HostResult, Operation, TaskRef, What};
use indexmap::IndexMap;
use jiff::Timestamp;

use super::record::{count, name};
use super::{clean, exit};

/// What is going on right now, as far as events tell.
#[derive(Debug, Default)]
pub(super) struct Board {
    /// What the operation is called.
    pub(super) title: String,
    /// When it began.
    pub(super) began: Timestamp,
    /// What all hosts are at, with its place among the tasks.
    pub(super) doing: String,
    /// Every host, in the file's order.
    pub(super) rows: IndexMap<HostName, Row>,
    /// The tasks that have hosts.
    plan: Vec<TaskRef>,
}

/// What a host is at.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) state: State,
    /// When that began.
    pub(super) since: Timestamp,
    /// What it is, clean.
    pub(super) text: String,
    /// What was last printed, clean.
    pub(super) last: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It has nothing to do.
    Idle,
    /// It is at something.
    Busy,
    /// It is through with the task, in this time, and others are not.
    Done(Duration),
    /// It did not get to do all of it.
    Stopped,
    /// It failed, or is gone.
    Failed,
}

impl Board {
    pub(super) fn apply(&mut self, event: &Event) {
        match &event.what {
            What::Started { operation, environment, hosts } => {
                let of = if *operation == Operation::Deploy { "to" } else { "of" };
                self.title = format!("{operation} {of} {}", clean::text(environment));
                self.began = event.at;
                for host in hosts {
                    self.set(host, State::Idle, event.at, String::new());
                }
            }
            What::Connecting { host } => {
                self.doing = format!("connecting to {}", count(self.rows.len()));
                self.set(host, State::Busy, event.at, "connecting".to_owned());
            }
            What::Connected { host, .. } => self.set(host, State::Idle, event.at, "connected".to_owned()),
            What::Unreachable { host, .. } => {
                self.set(host, State::Failed, event.at, "not reachable".to_owned());
            }
            What::Planned { tasks, .. } => {
                self.plan = tasks
                    .iter()
                    .filter(|task| !task.hosts.is_empty())
                    .map(|task| task.task.clone())
                    .collect();
            }
            What::TaskStarted { task, hosts } => {
                let place = self.plan.iter().position(|planned| planned == task);
                let place =
                    place.map(|at| format!(" ({} of {})", at + 1, self.plan.len())).unwrap_or_default();
                self.doing = name(task) + &place;
                let hosts: HashSet<&HostName> = hosts.iter().collect();
                for (host, row) in self.rows.iter_mut().filter(|(_, row)| row.state != State::Failed) {
                    row.state = State::Idle;
                    row.since = event.at;
                    if hosts.contains(host) { "waiting" } else { "" }.clone_into(&mut row.text);
                    row.last.clear();
                }
            }
            What::StepStarted { host, step, .. } => {
                self.set(host, State::Busy, event.at, clean::text(step.text.trim()));
            }
            What::Output { host, line, .. } => {
                let line = clean::output(line, false);
                if let Some(row) = self.rows.get_mut(host).filter(|_| !line.trim().is_empty()) {
                    line.trim().clone_into(&mut row.last);
                }
            }
            What::Progress { host: None, text } => self.doing = clean::text(text),
            What::Progress { host: Some(host), text } => {
                if let Some(row) = self.rows.get_mut(host) {
                    row.last = clean::text(text);
                }
            }
            What::HostFinished { host, result, took, .. } => {
                let (state, text) = match result {
                    HostResult::Done => (State::Done(*took), "done".to_owned()),
                    HostResult::Stopped => (State::Stopped, "stopped".to_owned()),
                    HostResult::Failed(failure) => {
                        let how = exit::of(failure).map(|how| format!(": {how}")).unwrap_or_default();
                        (State::Failed, format!("failed{how}"))
                    }
                    HostResult::Lost(_) => (State::Failed, "not known how it went".to_owned()),
                };
                self.set(host, state, event.at, text);
            }
            What::Interrupted => "stopping".clone_into(&mut self.doing),
            _ => {}
        }
    }

    fn set(&mut self, host: &HostName, state: State, since: Timestamp, text: String) {
        self.rows.insert(host.clone(), Row { state, since, text, last: String::new() });
    }
}
