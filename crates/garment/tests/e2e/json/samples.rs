//! One of each: every event, and in them every value that there is.

use std::time::Duration;

use garment_core::event::{
    Current, Event, Exit, Failure, HostOutcome, HostResult, Operation, Outcome, Phase, Problem, Progress,
    Resuming, StepRef, Stream, TaskOutline, TaskRef, Verdict, What,
};
use garment_core::model::{CommitId, Ending, OperationId, ReleaseName, Stage};
use jiff::Timestamp;

/// What an event is called in JSON. It has every event, or does not compile: a new one has to go into [`samples`], into
/// the schema and into `docs/json.md`.
pub(super) fn name(what: &What) -> &'static str {
    match what {
        What::Started { .. } => "started",
        What::Resolved { .. } => "resolved",
        What::Connecting { .. } => "connecting",
        What::Connected { .. } => "connected",
        What::Unreachable { .. } => "unreachable",
        What::Resuming(_) => "resuming",
        What::Disconnected { .. } => "disconnected",
        What::Reconnected { .. } => "reconnected",
        What::Planned { .. } => "planned",
        What::TaskStarted { .. } => "task_started",
        What::StepStarted { .. } => "step_started",
        What::Output { .. } => "output",
        What::StepFinished { .. } => "step_finished",
        What::HostFinished { .. } => "host_finished",
        What::TaskFinished { .. } => "task_finished",
        What::MadeCurrent { .. } => "made_current",
        What::WentBack { .. } => "went_back",
        What::Progress { .. } => "progress",
        What::Note { .. } => "note",
        What::Interrupted => "interrupted",
        What::Finished { .. } => "finished",
    }
}

const PHASES: [Phase; 10] = [
    Phase::Deliver,
    Phase::Prepare,
    Phase::Rehearse,
    Phase::Cutover,
    Phase::Confirm,
    Phase::Prune,
    Phase::Stage(Stage::Before),
    Phase::Stage(Stage::After),
    Phase::Stage(Stage::Rollback),
    Phase::Stage(Stage::Cleanup),
];

const VERDICTS: [Verdict; 9] = [
    Verdict::Done,
    Verdict::Unchanged,
    Verdict::Refused,
    Verdict::Locked,
    Verdict::Unreachable,
    Verdict::Stopped,
    Verdict::LiveButFailed,
    Verdict::Mixed,
    Verdict::Interrupted,
];

fn task(phase: Phase) -> TaskRef {
    TaskRef { phase, id: "build it\u{7}".into() }
}

fn failure(exit: Option<Exit>, problem: Option<Problem>) -> Failure {
    let step = StepRef { index: 1, of: 3, text: "make \"all\"\n".into() };
    let tail = vec![(Stream::Stdout, b"caf\xe9".to_vec()), (Stream::Stderr, "é".into())];
    Failure { host: "web 1".into(), task: task(Phase::Prune), step, exit, problem, tail }
}

fn outcomes() -> Vec<Outcome> {
    let problem = || Problem { what: "it is\nwrong".into(), remedy: String::new() };
    let (lost, failed) = (failure(None, Some(problem())), failure(Some(Exit(137)), None));
    let progress = [
        (Progress::Untouched, Current::Unknown),
        (Progress::Unreachable(problem()), Current::Absent),
        (Progress::Unfit(problem()), Current::NotASymlink),
        (Progress::Through(task(Phase::Prepare)), Current::Leads("/srv/other".into())),
        (Progress::WentBack, Current::Leads(release().to_string())),
        (Progress::Failed(failed), Current::Unknown),
        (Progress::StoppedIn(task(Phase::Stage(Stage::After))), Current::Unknown),
        (Progress::Lost(lost), Current::Unknown),
        (Progress::Complete, Current::Unknown),
    ];
    let host = |(progress, current)| HostOutcome { host: "web 1".into(), current, progress };
    let hosts: Vec<HostOutcome> = progress.into_iter().map(host).collect();
    let outcome = |verdict| Outcome {
        operation: Operation::Resume,
        resumed: (verdict == Verdict::Done).then_some(Operation::Rollback),
        environment: "pro \"duction\"".into(),
        verdict,
        release: (verdict == Verdict::Done).then(release),
        hosts: hosts.clone(),
        problems: vec![problem()],
        interrupted: verdict == Verdict::Interrupted,
    };
    VERDICTS.map(outcome).into()
}

fn release() -> ReleaseName {
    ReleaseName::parse("20131228T202753-4634f44-evan@pungi.local").unwrap()
}

pub(super) fn samples() -> Vec<Event> {
    let host = || "web 1".into();
    let took = Duration::from_millis(1234);
    let commit = CommitId::parse("4634f44a00000000000000000000000000000000").unwrap();
    let problem = || Problem { what: "gone".into(), remedy: "look".into() };
    let step = || StepRef { index: 0, of: 1, text: "true".into() };
    let before = || task(Phase::Stage(Stage::Before));
    let tasks = || PHASES.map(|phase| TaskOutline { task: task(phase), hosts: vec![host()] }).to_vec();
    let resuming = Resuming {
        operation: Operation::Rollback,
        id: OperationId::parse("20261125T093000-deploy-00ff").unwrap(),
        git_ref: String::new(),
        commit: None,
        by: "evan@pungi".into(),
        began: None,
        ending: None,
        finished: Vec::new(),
        left: tasks(),
    };
    let mut whats = vec![
        What::Started { operation: Operation::Deploy, environment: "x".into(), hosts: vec![host()] },
        What::Resolved { git_ref: "main".into(), commit: commit.clone() },
        What::Connecting { host: host() },
        What::Connected { host: host(), took },
        What::Unreachable { host: host(), problem: problem() },
        What::Resuming(resuming.clone()),
        What::Disconnected { host: host(), problem: problem() },
        What::Reconnected { host: host(), took },
        What::Planned { release: release(), tasks: tasks() },
        What::TaskStarted { task: before(), hosts: Vec::new() },
        What::StepStarted { host: host(), task: before(), step: step() },
        What::StepFinished { host: host(), task: before(), step: step(), exit: Exit(255), took },
        What::TaskFinished { task: before(), ok: false, took },
        What::MadeCurrent { host: host(), from: None, to: release() },
        What::MadeCurrent { host: host(), from: Some("/srv/x".into()), to: release() },
        What::WentBack { host: host(), from: release(), to: None },
        What::WentBack { host: host(), from: release(), to: Some("/srv/x".into()) },
        What::Progress { host: None, text: "45 of 120 MB".into() },
        What::Progress { host: Some(host()), text: "45 of 120 MB".into() },
        What::Note { host: None, text: "one\ntwo".into() },
        What::Note { host: Some(host()), text: "one\ntwo".into() },
        What::Interrupted,
    ];
    whats.extend(Ending::WORDS.map(|(ending, _)| {
        let (began, commit) = (Timestamp::from_second(1_790_000_000).ok(), Some(commit.clone()));
        let (git_ref, ending) = ("main".into(), Some(ending));
        What::Resuming(Resuming { began, commit, ending, git_ref, finished: tasks(), ..resuming.clone() })
    }));
    let lines: [&[u8]; 4] = [b"", b"plain", b"\xff\xfe\0", "\u{9b}2J\u{202e}\x1b[31m 漢\r".as_bytes()];
    for (line, stream) in lines.into_iter().zip([Stream::Stdout, Stream::Stderr].into_iter().cycle()) {
        whats.push(What::Output { host: host(), task: before(), stream, line: line.to_vec() });
    }
    let failed = failure(Some(Exit(1)), None);
    for result in
        [HostResult::Done, HostResult::Failed(failed.clone()), HostResult::Stopped, HostResult::Lost(failed)]
    {
        whats.push(What::HostFinished { host: host(), task: before(), result, took });
    }
    whats.extend(outcomes().into_iter().map(|outcome| What::Finished { outcome, took }));
    let at = Timestamp::from_microsecond(1_790_000_000_000_001).unwrap();
    whats.into_iter().map(|what| Event { at, what }).collect()
}
