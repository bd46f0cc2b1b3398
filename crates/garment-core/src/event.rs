//! What happens, as plain data. The engine says it, reporters show it; neither knows the other.
//!
//! Written down as JSON it is what `docs/json.md` describes and people's programs read: names here are names there.

mod encoding;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{CommitId, Ending, OperationId, ReleaseName, Stage};

/// A host as `deploy.conf` names it.
pub type HostName = Arc<str>;

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// By the controller's clock.
    #[serde(with = "encoding::moment")]
    pub at: Timestamp,
    /// What it was.
    #[serde(flatten)]
    pub what: What,
}

/// What happened. Per host the order is the order in which it happened there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// An operation begins: nothing has been contacted yet.
    Started {
        /// Which.
        operation: Operation,
        /// The environment's name.
        environment: String,
        /// All its hosts, in the file's order.
        hosts: Vec<HostName>,
    },
    /// The ref was looked up at the origin.
    Resolved {
        /// As configured or given.
        git_ref: String,
        /// What every host will deploy.
        commit: CommitId,
    },
    /// A login begins.
    Connecting {
        /// Where.
        host: HostName,
    },
    /// A shell answers.
    Connected {
        /// Where.
        host: HostName,
        /// Since [`What::Connecting`].
        #[serde(rename = "took_ms", with = "encoding::millis")]
        took: Duration,
    },
    /// No shell could be had.
    Unreachable {
        /// Where.
        host: HostName,
        /// Why, and what to do.
        problem: Problem,
    },
    /// A resume found what it goes on with; nothing was changed so far.
    Resuming(Resuming),
    /// The connection to a host was lost while it was needed. It is tried again; what runs there runs on.
    Disconnected {
        /// Where.
        host: HostName,
        /// What is known of the reason.
        problem: Problem,
    },
    /// There is a connection again.
    Reconnected {
        /// Where.
        host: HostName,
        /// Since [`What::Disconnected`].
        #[serde(rename = "took_ms", with = "encoding::millis")]
        took: Duration,
    },
    /// The plan is made: what follows is a run of these tasks, in this order.
    Planned {
        /// The release to be made current.
        release: ReleaseName,
        /// What will run.
        tasks: Vec<TaskOutline>,
    },
    /// A task begins on all its hosts.
    TaskStarted {
        /// Which.
        task: TaskRef,
        /// Where.
        hosts: Vec<HostName>,
    },
    /// A command of a task begins on a host.
    StepStarted {
        /// Where.
        host: HostName,
        /// Which task.
        task: TaskRef,
        /// Which command of it.
        step: StepRef,
    },
    /// A command printed something.
    Output {
        /// Where.
        host: HostName,
        /// In which task.
        task: TaskRef,
        /// On which of its two outputs.
        stream: Stream,
        /// One line without its end; bytes as they came: any encoding, any control sequence. A very long line comes in
        /// several pieces, and so does one that was not finished when the command ended.
        #[serde(flatten, with = "encoding::printed")]
        line: Vec<u8>,
    },
    /// A command ended.
    StepFinished {
        /// Where.
        host: HostName,
        /// Which task.
        task: TaskRef,
        /// Which command of it.
        step: StepRef,
        /// How.
        exit: Exit,
        /// How long it ran.
        #[serde(rename = "took_ms", with = "encoding::millis")]
        took: Duration,
    },
    /// A host is through with a task, one way or another.
    HostFinished {
        /// Where.
        host: HostName,
        /// Which task.
        task: TaskRef,
        /// How it went there.
        #[serde(flatten)]
        result: HostResult,
        /// Since the task began.
        #[serde(rename = "took_ms", with = "encoding::millis")]
        took: Duration,
    },
    /// All hosts of a task are through with it.
    TaskFinished {
        /// Which.
        task: TaskRef,
        /// Whether every host did all of it.
        ok: bool,
        /// Since the task began.
        #[serde(rename = "took_ms", with = "encoding::millis")]
        took: Duration,
    },
    /// `current` was moved on a host, and the host said so.
    MadeCurrent {
        /// Where.
        host: HostName,
        /// What `current` led to before: a release's name or a path; `None` where there was nothing.
        from: Option<String>,
        /// What it leads to now.
        to: ReleaseName,
    },
    /// `current` was moved back on a host since another host did not switch, and the host said so.
    WentBack {
        /// Where.
        host: HostName,
        /// What it led to for a moment.
        from: ReleaseName,
        /// What it leads to again: a release's name or a path; `None` where there was nothing.
        to: Option<String>,
    },
    /// How far something is that takes long. Told from time to time, and not at all of what is over soon.
    Progress {
        /// Where; `None` is this machine.
        host: Option<HostName>,
        /// In a few words: `45 of 120 MB`.
        text: String,
    },
    /// Something worth knowing that stops nothing.
    Note {
        /// Where, if it is about one host.
        host: Option<HostName>,
        /// A sentence.
        text: String,
    },
    /// People asked to stop. What runs is being ended, nothing new starts.
    Interrupted,
    /// The operation is over.
    Finished {
        /// All there is to say about how it ended.
        outcome: Outcome,
        /// Since [`What::Started`].
        #[serde(rename = "took_ms", with = "encoding::millis")]
        took: Duration,
    },
}

impl Outcome {
    /// What was carried out: for a resume, what it went on with.
    pub fn kind(&self) -> Operation {
        self.resumed.unwrap_or(self.operation)
    }
}

/// A workflow that changes hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Make a release and switch to it.
    Deploy,
    /// Switch to an older one.
    Rollback,
    /// Go on with one of those that has not come to its end.
    Resume,
}

/// What a resume goes on with, as the hosts recorded it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resuming {
    /// Which operation it is.
    pub operation: Operation,
    /// What it is called on the hosts.
    pub id: OperationId,
    /// The ref that is deployed; empty for a rollback.
    pub git_ref: String,
    /// The commit, where it is known.
    pub commit: Option<CommitId>,
    /// Who began it, as `user@machine`.
    pub by: String,
    /// When it began, by its own clock.
    pub began: Option<Timestamp>,
    /// How it ended, if anybody could write that down.
    pub ending: Option<Ending>,
    /// The user's tasks that are not run again, and where.
    pub finished: Vec<TaskOutline>,
    /// The user's tasks that are, and where.
    pub left: Vec<TaskOutline>,
}

/// Where in an operation a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// garment's own: what hosts lack of the repository is sent to them.
    Deliver,
    /// garment's own: the release is put together on each host.
    Prepare,
    /// garment's own: every host is asked whether it could switch.
    Rehearse,
    /// garment's own: `current` moves.
    Cutover,
    /// garment's own: every host is told that all have switched.
    Confirm,
    /// garment's own: old releases go.
    Prune,
    /// A task of the user's.
    #[serde(untagged)]
    Stage(Stage),
}

/// Names a task: unique within an operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TaskRef {
    /// Where it stands.
    pub phase: Phase,
    /// The `id` of a user's task; garment's own have the phase's name.
    pub id: Arc<str>,
}

/// A task and where it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskOutline {
    /// Which.
    pub task: TaskRef,
    /// Where; empty when no host has its roles.
    pub hosts: Vec<HostName>,
}

/// Names one command of a task on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRef {
    /// From 0.
    pub index: usize,
    /// How many the task has here.
    pub of: usize,
    /// The user's command with its variables filled in, or in a few words what garment does.
    pub text: Arc<str>,
}

/// One of a command's two outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How a command ended: the status that the host's shell reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit(pub u8);

impl Exit {
    /// Whether it succeeded.
    pub fn ok(self) -> bool {
        self.0 == 0
    }

    /// The signal's number, where the status is the one that shells give to a death by signal (128 + number).
    pub fn signal(self) -> Option<u8> {
        (129..=192).contains(&self.0).then(|| self.0 - 128)
    }
}

/// Something wrong and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Lower case, no full stop.
    pub what: String,
    /// Starts with what to do; empty when nothing sensible can be said.
    pub remedy: String,
}

/// How a task went on one host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", content = "failure", rename_all = "snake_case")]
pub enum HostResult {
    /// All of it succeeded.
    Done,
    /// A command failed.
    Failed(Failure),
    /// Not all of it ran, since another host failed or people asked to stop.
    Stopped,
    /// How it went is not known: the connection went away for good, or what would have told was killed.
    Lost(Failure),
}

/// A command that did not succeed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Where.
    pub host: HostName,
    /// In which task.
    pub task: TaskRef,
    /// Which command.
    pub step: StepRef,
    /// Its status; `None` when the connection was lost.
    pub exit: Option<Exit>,
    /// What garment's own scripts, or the connection, say was wrong; or that its time was up.
    pub problem: Option<Problem>,
    /// Its last lines of output, oldest first, as they came.
    #[serde(with = "encoding::tail")]
    pub tail: Vec<(Stream, Vec<u8>)>,
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Which operation it was.
    pub operation: Operation,
    /// What a resume went on with, if it got so far as to know.
    pub resumed: Option<Operation>,
    /// The environment's name.
    pub environment: String,
    /// In one word.
    pub verdict: Verdict,
    /// The release in question; `None` when it never got as far as that.
    pub release: Option<ReleaseName>,
    /// Every host, in the file's order.
    pub hosts: Vec<HostOutcome>,
    /// Problems that are no host's: the ref does not exist, say.
    pub problems: Vec<Problem>,
    /// Whether people asked to stop.
    pub interrupted: bool,
}

/// How an operation ended, in one word. Each has its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything was done.
    Done,
    /// There was nothing to deploy: the commit is live on every host. Nothing was changed.
    Unchanged,
    /// Refused before any host was contacted or changed: the configuration, the ref or the request is wrong.
    Refused,
    /// Another operation is under way on a host, or people have frozen it; nothing was changed.
    Locked,
    /// A host, or the origin, could not be reached; nothing was changed anywhere.
    Unreachable,
    /// It stopped before `current` moved on any host.
    Stopped,
    /// The release is live on every host, and something after that failed.
    LiveButFailed,
    /// `current` is not known to lead to the same release on every host.
    Mixed,
    /// People stopped it, and the hosts agree.
    Interrupted,
}

/// What is known of a host at the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostOutcome {
    /// Which.
    pub host: HostName,
    /// What `current` leads to.
    #[serde(flatten)]
    pub current: Current,
    /// How far it came.
    #[serde(flatten)]
    pub progress: Progress,
}

/// What `current` leads to, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "current", content = "leads_to", rename_all = "snake_case")]
pub enum Current {
    /// Nobody could look.
    Unknown,
    /// There is none.
    Absent,
    /// A release's name, or the path that the link leads to.
    Leads(String),
    /// Something that is no symlink is in its place.
    NotASymlink,
}

/// How far a host came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "progress", content = "detail", rename_all = "snake_case")]
pub enum Progress {
    /// Nothing was done there.
    Untouched,
    /// It was not reachable.
    Unreachable(Problem),
    /// It is in no state for the operation; nothing was done there.
    Unfit(Problem),
    /// It did all that was asked of it, the last task being this one; the operation stopped for another reason.
    Through(TaskRef),
    /// It switched, and went back since another host did not.
    WentBack,
    /// A command failed there.
    Failed(Failure),
    /// It did not get to do all of this task, since another host failed or people asked to stop.
    StoppedIn(TaskRef),
    /// How this command went is not known.
    Lost(Failure),
    /// All tasks were done.
    Complete,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deploy => "deploy",
            Self::Rollback => "rollback",
            Self::Resume => "resume",
        })
    }
}

impl fmt::Display for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.phase {
            Phase::Stage(stage) => write!(f, "{stage}: {}", self.id),
            _ => f.write_str(&self.id),
        }
    }
}
