//! What an operation will do, worked out in full before anything is changed: per task and host the exact shell text.
//! The engine runs plans and knows nothing else; a plan is plain data.

mod choose;
mod deliver;
mod deploy;
mod differences;
mod drifted;
mod preview;
mod prune;
mod record;
mod recorded;
mod resume;
mod rollback;
mod saved;
mod scope;
mod select;
mod tasks;

pub use deliver::Deliveries;
pub use deploy::{Deploy, compile_deploy};
pub(crate) use deploy::{from_the_future, host_names};
pub use drifted::drifted;
pub use preview::{ChangesPreview, HostPreview, Known, Preview, RunPreview, TaskPreview, Warning};
pub use record::Record;
pub use recorded::{Merged, merge};
pub use resume::{Continued, Going, Resume, Resumed, compile_resume, resumed_deploy};
pub use rollback::{Rollback, compile_rollback};
pub use saved::Saved;
pub use scope::{Scope, survey_paths};
pub use select::{Selection, unknown_ids};

use std::time::Duration;

use crate::event::{HostName, Operation, Problem, TaskOutline, TaskRef};
use crate::model::ReleaseName;
use crate::transport::Step;

/// A compiled operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Which operation it is.
    pub operation: Operation,
    /// The environment's name.
    pub environment: String,
    /// In the file's order; everything else refers to them by their place here.
    pub hosts: Vec<HostName>,
    /// What `current` is to lead to.
    pub release: ReleaseName,
    /// How long a host that has switched waits to hear that all have, before it goes back by itself; `None`: it doesn't.
    pub cutover_confirm: Option<Duration>,
    /// How the hosts write it down.
    pub record: Record,
    /// If it goes on with an operation that was begun before: what of it is done.
    pub resumed: Option<Resumed>,
    /// In order: a task starts nowhere before the one in front of it is done everywhere.
    pub tasks: Vec<PlanTask>,
    /// Per host: writes down that the release failed, for when the operation stops before `current` has moved there.
    /// Empty where there is nothing to write down.
    pub give_up: Vec<Step>,
    /// Per host: undoes the cutover.
    pub revert: Vec<Step>,
    /// Per host: looks at it again.
    pub survey: Vec<Step>,
    /// For how long a lost connection is tried again.
    pub reconnect_timeout: Duration,
}

/// A task: what its hosts do side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanTask {
    /// Its name.
    pub task: TaskRef,
    /// Only the hosts that it runs on, in their order. May be none.
    pub runs: Vec<HostRun>,
}

/// What one host does for a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRun {
    /// Its place in [`Plan::hosts`].
    pub host: usize,
    /// In order, each only if those before it succeeded.
    pub steps: Vec<Step>,
}

/// Why there is no plan. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoPlan {
    /// What was asked for makes no sense.
    Refused(Problem),
    /// These hosts, by their place in the environment, are in no state for it.
    Hosts(Vec<(usize, Problem)>),
}

impl PlanTask {
    /// What a host does for it.
    pub fn run_on(&self, host: usize) -> Option<&HostRun> {
        let at = self.runs.binary_search_by_key(&host, |run| run.host).ok()?;
        Some(&self.runs[at])
    }
}

impl Plan {
    /// The tasks without their text.
    pub fn outline(&self) -> Vec<TaskOutline> {
        self.tasks
            .iter()
            .map(|task| TaskOutline {
                task: task.task.clone(),
                hosts: task.runs.iter().map(|run| self.hosts[run.host].clone()).collect(),
            })
            .collect()
    }
}
