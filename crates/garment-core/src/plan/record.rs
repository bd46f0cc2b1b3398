use jiff::Timestamp;

use super::{Plan, PlanTask};
use crate::event::{Operation, Phase, TaskRef};
use crate::model::{Environment, HostFacts, Occupant, OperationId, ReleaseName};

/// How an operation is written down on its hosts: for a connection that comes back, for `resume`, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its name on every host.
    pub operation: OperationId,
    /// 1 for the operation itself, one more for each time it is resumed.
    pub attempt: u32,
    /// Per host: what it says of the operation, as keys and values.
    pub info: Vec<Vec<(&'static str, String)>>,
}

/// What is written down of an operation.
pub(super) struct About<'a> {
    pub(super) operation: Operation,
    pub(super) id: &'a OperationId,
    pub(super) release: &'a ReleaseName,
    /// In full; empty if no host knows it.
    pub(super) commit: &'a str,
    pub(super) git_ref: &'a str,
    pub(super) by: &'a str,
    pub(super) began: Timestamp,
}

/// The record of an operation that begins now.
pub(super) fn record(environment: &Environment, facts: &[HostFacts], about: &About<'_>) -> Record {
    let info = facts.iter().map(|facts| {
        let target = match &facts.current {
            Occupant::Elsewhere(path) => path.clone(),
            _ => String::new(),
        };
        vec![
            ("operation", about.operation.to_string()),
            ("environment", environment.name.clone()),
            ("release", about.release.to_string()),
            ("commit", about.commit.to_owned()),
            ("ref", about.git_ref.to_owned()),
            ("by", about.by.to_owned()),
            ("began", about.began.as_second().to_string()),
            ("previous", facts.current_release().map(ToString::to_string).unwrap_or_default()),
            ("previous_target", target),
        ]
    });
    Record { operation: about.id.clone(), attempt: 1, info: info.collect() }
}

/// The name under which a host keeps the first step of a task, the second, and so on.
pub(super) fn step_name(task: &TaskRef, index: usize) -> String {
    let id = match task.phase {
        Phase::Stage(stage) => format!("{}-{}", stage.key(), file_name(&task.id)),
        Phase::Prepare => "prepare".to_owned(),
        Phase::Rehearse => "rehearse".to_owned(),
        Phase::Cutover => "cutover".to_owned(),
        Phase::Prune => "prune".to_owned(),
    };
    format!("{id}.{index}")
}

/// Gives the steps of a plan their names.
pub(super) fn name_steps(tasks: &mut [PlanTask]) {
    for PlanTask { task, runs } in tasks {
        for (index, step) in runs.iter_mut().flat_map(|run| run.steps.iter_mut().enumerate()) {
            step.name = Some(step_name(task, index).into());
        }
    }
}

impl Plan {
    /// What the operation is called on its hosts.
    pub fn operation_id(&self) -> &OperationId {
        &self.record.operation
    }
}

/// An id as a file's name: one that people recognize, and no other id's.
fn file_name(id: &str) -> String {
    const LONGEST: usize = 60;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if id.len() <= LONGEST && id.chars().all(plain) && !id.is_empty() {
        return id.to_owned();
    }
    let shown: String = id.chars().take(LONGEST / 2).map(|c| if plain(c) { c } else { '_' }).collect();
    // FNV-1a, the same on every machine: http://www.isthe.com/chongo/tech/comp/fnv/
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    // No plain id has a dot.
    format!("{shown}.{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Stage;

    #[test]
    fn every_task_has_a_file_of_its_own() {
        let name = |id: &str| step_name(&TaskRef { phase: Phase::Stage(Stage::Before), id: id.into() }, 1);
        assert_eq!(name("migrate"), "before-migrate.1");
        assert_eq!(name("a b/../c"), "before-a_b____c.7d466bc64505b569.1");
        assert_ne!(name("ü"), name("ö"));
        assert!(name(&"x".repeat(1000)).len() < 70);
    }
}
