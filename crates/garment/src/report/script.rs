//! Hand-made events for tests.

use std::sync::Arc;
use std::time::Duration;

use garment_core::event::{
    Current, Event, Exit, Failure, HostName, HostOutcome, HostResult, Operation, Outcome, Phase, Problem,
    Progress, StepRef, Stream, TaskOutline, TaskRef, Verdict, What,
};
use garment_core::model::{CommitId, ReleaseName, Stage};
use jiff::Timestamp;

/// The release before.
pub(super) const OLD: &str = "20261123T090000-1111111";
/// The release that is made.
pub(super) const NEW: &str = "20261124T101112-4634f44";

pub(super) fn release(name: &str) -> ReleaseName {
    ReleaseName::parse(name).unwrap()
}

pub(super) fn hosts(names: &[&str]) -> Vec<HostName> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

pub(super) fn before(id: &str) -> TaskRef {
    TaskRef { phase: Phase::Stage(Stage::Before), id: id.into() }
}

pub(super) fn after(id: &str) -> TaskRef {
    TaskRef { phase: Phase::Stage(Stage::After), id: id.into() }
}

pub(super) fn prepare() -> TaskRef {
    TaskRef { phase: Phase::Prepare, id: "prepare".into() }
}

pub(super) fn cutover() -> TaskRef {
    TaskRef { phase: Phase::Cutover, id: "cutover".into() }
}

pub(super) fn step(text: &str) -> StepRef {
    StepRef { index: 0, of: 1, text: text.into() }
}

pub(super) fn problem(what: &str, remedy: &str) -> Problem {
    Problem { what: what.into(), remedy: remedy.into() }
}

/// A command that ended with this status and said these lines.
pub(super) fn failure(host: &str, task: TaskRef, text: &str, exit: u8, tail: &[&str]) -> Failure {
    Failure {
        host: host.into(),
        task,
        step: step(text),
        exit: Some(Exit(exit)),
        problem: None,
        tail: tail.iter().map(|line| (Stream::Stderr, line.as_bytes().to_vec())).collect(),
    }
}

/// A host at the end: `current` is a release's name, `-` for none, `?` for not known.
pub(super) fn host(name: &str, current: &str, progress: Progress) -> HostOutcome {
    let current = match current {
        "?" => Current::Unknown,
        "-" => Current::Absent,
        "dir" => Current::NotASymlink,
        name => Current::Leads(name.into()),
    };
    HostOutcome { host: name.into(), current, progress }
}

pub(super) fn outcome(verdict: Verdict, hosts: Vec<HostOutcome>) -> Outcome {
    Outcome {
        operation: Operation::Deploy,
        resumed: None,
        environment: "production".into(),
        verdict,
        release: Some(release(NEW)),
        hosts,
        problems: Vec::new(),
        interrupted: false,
    }
}

pub(super) fn event(what: What) -> Event {
    Event { at: Timestamp::UNIX_EPOCH, what }
}

pub(super) fn events(whats: impl IntoIterator<Item = What>) -> Vec<Event> {
    whats.into_iter().map(event).collect()
}

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A deploy to two hosts that goes well: one task in `before`, on the second host only.
pub(super) fn good_deploy() -> Vec<Event> {
    let both = hosts(&["shop@one.example.org", "shop@two.example.org"]);
    let two = hosts(&["shop@two.example.org"]);
    let migrate = before("migrate");
    let mut whats = vec![
        What::Started { operation: Operation::Deploy, environment: "production".into(), hosts: both.clone() },
        What::Resolved {
            git_ref: "develop".into(),
            commit: CommitId::parse("4634f44a00000000000000000000000000000000").unwrap(),
        },
    ];
    for host in &both {
        whats.push(What::Connecting { host: host.clone() });
        whats.push(What::Connected { host: host.clone(), took: Duration::from_millis(412) });
    }
    whats.push(What::Planned {
        release: release(NEW),
        tasks: vec![
            TaskOutline { task: prepare(), hosts: both.clone() },
            TaskOutline { task: migrate.clone(), hosts: two.clone() },
            TaskOutline { task: before("assets"), hosts: Vec::new() },
            TaskOutline { task: cutover(), hosts: both.clone() },
        ],
    });
    run(&mut whats, &prepare(), &both, "fetch the repository", "remote: Counting objects");
    run(
        &mut whats,
        &migrate,
        &two,
        "python3 manage.py migrate",
        "Applying shop.0007_\x1b[32mprices\x1b[0m...",
    );
    run(&mut whats, &cutover(), &both, "switch current", "");
    whats.push(What::Finished {
        outcome: outcome(
            Verdict::Done,
            both.iter().map(|name| host(name, NEW, Progress::Complete)).collect(),
        ),
        took: secs(12),
    });
    events(whats)
}

/// A task of one command that goes well on these hosts.
fn run(whats: &mut Vec<What>, task: &TaskRef, hosts: &[HostName], text: &str, output: &str) {
    let took = Duration::from_millis(1234);
    whats.push(What::TaskStarted { task: task.clone(), hosts: hosts.to_vec() });
    for host in hosts {
        let (host, task, step) = (host.clone(), task.clone(), step(text));
        whats.push(What::StepStarted { host: host.clone(), task: task.clone(), step: step.clone() });
        if !output.is_empty() {
            let line = output.as_bytes().to_vec();
            whats.push(What::Output { host: host.clone(), task: task.clone(), stream: Stream::Stdout, line });
        }
        if task.phase == Phase::Cutover {
            whats.push(What::MadeCurrent { host: host.clone(), from: Some(OLD.into()), to: release(NEW) });
        }
        whats.push(What::StepFinished { host: host.clone(), task: task.clone(), step, exit: Exit(0), took });
        whats.push(What::HostFinished { host, task, result: HostResult::Done, took });
    }
    whats.push(What::TaskFinished { task: task.clone(), ok: true, took });
}
