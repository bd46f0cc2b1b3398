use std::fmt::Write as _;

use jiff::Timestamp;

use super::{PlanTask, Selection, host_names};
use crate::event::{Operation, Phase, TaskRef};
use crate::model::{Environment, HostFacts, Occupant, OperationId, ReleaseName};
use crate::remote::RecordedTask;
use crate::transport::Step;

/// How an operation is written down on its hosts: for a connection that comes back, for `resume`, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its name on every host.
    pub operation: OperationId,
    /// 1 for the operation itself, one more for each time it is resumed.
    pub attempt: u32,
    /// Who runs this attempt, as `user@machine`.
    pub by: String,
    /// Per host: what it says of the operation, as keys and values. Empty where that stands there already.
    pub info: Vec<Vec<(&'static str, String)>>,
}

/// The names of all hosts are on so many at most: on each of them they would grow with the square of the fleet.
const NAMED_ON: usize = 1000;

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
    pub(super) selection: &'a Selection,
}

/// What `current` led to on a host before an operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Before {
    /// A release's name; empty where it was none.
    pub(super) release: String,
    /// Where it led instead.
    pub(super) target: String,
}

impl Before {
    pub(super) fn of(facts: &HostFacts) -> Self {
        let target = match &facts.current {
            Occupant::Elsewhere(path) => path.clone(),
            _ => String::new(),
        };
        Self { release: facts.current_release().map(ToString::to_string).unwrap_or_default(), target }
    }
}

/// The record of an operation with these tasks.
pub(super) fn record(
    environment: &Environment,
    facts: &[HostFacts],
    before: &[Before],
    tasks: &[PlanTask],
    about: &About<'_>,
) -> Record {
    let names = host_names(environment).join(" ");
    let one_of = environment.hosts.len().div_ceil(NAMED_ON);
    let info = facts.iter().zip(before).enumerate().map(|(host, (facts, before))| {
        let mut info = vec![
            ("operation", about.operation.to_string()),
            ("environment", environment.name.clone()),
            ("release", about.release.to_string()),
            ("commit", about.commit.to_owned()),
            ("ref", about.git_ref.to_owned()),
            ("by", about.by.to_owned()),
            ("began", about.began.as_second().to_string()),
            ("previous", before.release.clone()),
            ("previous_target", before.target.clone()),
            ("releases_dir", facts.releases_dir.clone()),
            ("current_symlink", facts.current_symlink.clone()),
        ];
        let ids = |key, ids: &[String]| ids.iter().map(|id| (key, id.clone())).collect();
        let selection: Vec<(&'static str, String)> = match about.selection {
            Selection::All => Vec::new(),
            Selection::Include(include) => ids("include", include),
            Selection::Exclude(exclude) => ids("exclude", exclude),
        };
        info.extend(selection);
        // From here on it is long, and read only by who goes on with the operation.
        let tasks = tasks_on(tasks, host);
        info.push(("tasks", tasks.len().to_string()));
        let names = if host % one_of == 0 { names.clone() } else { String::new() };
        info.push(("hosts", names));
        info.extend(tasks.iter().map(|task| ("task", task.to_text())));
        info
    });
    Record { operation: about.id.clone(), attempt: 1, by: about.by.to_owned(), info: info.collect() }
}

/// The user's tasks that run on a host, each as it is recorded there.
pub(super) fn tasks_on(tasks: &[PlanTask], host: usize) -> Vec<RecordedTask> {
    let of_users = tasks.iter().filter(|task| matches!(task.task.phase, Phase::Stage(_)));
    of_users
        .zip(0_u32..)
        .filter_map(|(task, place)| {
            let run = task.run_on(host)?;
            Some(RecordedTask {
                place,
                steps: run.steps.len(),
                fingerprint: fingerprint(&run.steps),
                key: key(&task.task),
                title: task.task.to_string(),
            })
        })
        .collect()
}

/// Tells whether steps are what they were: of their exact text, and what runs it.
pub(super) fn fingerprint(steps: &[Step]) -> u64 {
    let mut text = String::new();
    for step in steps {
        for part in step.interpreter.as_words().iter().chain([&step.text]) {
            // With their lengths in front, no two lists of parts are one text.
            // Writing to a String can't fail.
            let _ = write!(text, "{}:{part}", part.len());
        }
        text.push(';');
    }
    hash(&text)
}

/// The name under which a host keeps the first step of a task, the second, and so on.
pub(super) fn step_name(task: &TaskRef, index: usize) -> String {
    format!("{}.{index}", key(task))
}

/// What the files of a task are called, up to the step's number: no other task's are.
pub(super) fn key(task: &TaskRef) -> String {
    match task.phase {
        Phase::Stage(stage) => format!("{}-{}", stage.key(), file_name(&task.id)),
        Phase::Deliver => "deliver".to_owned(),
        Phase::Prepare => "prepare".to_owned(),
        Phase::Rehearse => "rehearse".to_owned(),
        Phase::Cutover => "cutover".to_owned(),
        Phase::Confirm => "confirm".to_owned(),
        Phase::Prune => "prune".to_owned(),
    }
}

/// Gives the steps of a plan their names.
pub(super) fn name_steps(tasks: &mut [PlanTask]) {
    for PlanTask { task, runs } in tasks {
        for (index, step) in runs.iter_mut().flat_map(|run| run.steps.iter_mut().enumerate()) {
            step.name = Some(step_name(task, index).into());
        }
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
    let hash = hash(id);
    // No plain id has a dot.
    format!("{shown}.{hash:016x}")
}

/// The same on every machine. Nobody gains by two texts that have one hash: who writes the texts may run any.
pub(super) fn hash(text: &str) -> u64 {
    // FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Stage;
    use crate::transport::Interpreter;

    #[test]
    fn a_fingerprint_is_of_the_text_and_what_runs_it() {
        let step = |words: &[&str], text: &str| Step {
            interpreter: Interpreter::words(words.iter().map(|word| (*word).to_owned()).collect()),
            ..Step::script("x", text.to_owned())
        };
        let known = fingerprint(&[step(&["sh", "-c"], "make"), step(&["sh", "-c"], "make install")]);
        // Hosts keep it: it is the same in every version.
        assert_eq!(format!("{known:016x}"), "cf7dc5a31b9444eb");
        for steps in [
            vec![step(&["sh", "-c"], "make")],
            vec![step(&["sh", "-c"], "make install"), step(&["sh", "-c"], "make")],
            vec![step(&["bash", "-c"], "make"), step(&["sh", "-c"], "make install")],
            vec![step(&["sh"], "-cmake"), step(&["sh", "-c"], "make install")],
        ] {
            assert_ne!(fingerprint(&steps), known, "{steps:?}");
        }
    }

    #[test]
    fn every_task_has_a_file_of_its_own() {
        let name = |id: &str| step_name(&TaskRef { phase: Phase::Stage(Stage::Before), id: id.into() }, 1);
        assert_eq!(name("migrate"), "before-migrate.1");
        assert_eq!(name("a b/../c"), "before-a_b____c.7d466bc64505b569.1");
        assert_ne!(name("ü"), name("ö"));
        assert!(name(&"x".repeat(1000)).len() < 70);
    }
}
