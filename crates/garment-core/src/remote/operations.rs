use jiff::Timestamp;

use super::records::{Records, visible};
use super::script::{LIB, script};
use super::{BadRecords, Paths};
use crate::event::Operation;
use crate::model::{CommitId, Ending, OperationId, ReleaseName};

/// What a host keeps of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its name.
    pub id: OperationId,
    /// What it is; `None` where that was never written, or not to its end.
    pub info: Option<Info>,
    /// How often it was tried: 1, and one more for each time it was resumed.
    pub attempts: u32,
    /// How it ended; `None` where nobody wrote that down.
    pub end: Option<Ended>,
    /// How its steps ended; only if that was asked for.
    pub steps: Vec<RecordedStep>,
}

/// What an operation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// A deploy or a rollback.
    pub operation: Operation,
    /// The environment's name at that time.
    pub environment: String,
    /// What `current` was to lead to.
    pub release: ReleaseName,
    /// Its commit, where it was known.
    pub commit: Option<CommitId>,
    /// The ref that was deployed; empty for a rollback.
    pub git_ref: String,
    /// Who began it, as `user@machine`.
    pub by: String,
    /// When, by that machine's clock.
    pub began: Option<Timestamp>,
    /// The release that `current` led to before; empty where there was none.
    pub previous: String,
    /// Where `current` led to instead.
    pub previous_target: String,
    /// The only ids of tasks that were to run; empty for all.
    pub include: Vec<String>,
    /// The ids of tasks that were not to run.
    pub exclude: Vec<String>,
    /// The folder of the releases, absolute.
    pub releases_dir: String,
    /// The symlink to the current one, absolute.
    pub current_symlink: String,
    /// All hosts of the operation; only if steps were asked for.
    pub hosts: Vec<String>,
    /// The user's tasks that were to run on this host, in order; only if steps were asked for.
    pub tasks: Vec<RecordedTask>,
}

/// A task of the user's as it was planned for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedTask {
    /// Its place in the plan, among all hosts' tasks.
    pub place: u32,
    /// How many steps it has on this host.
    pub steps: usize,
    /// Of the exact text of its steps.
    pub fingerprint: u64,
    /// What its files are called, up to the step's number.
    pub key: String,
    /// What people call it.
    pub title: String,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedStep {
    /// In which attempt.
    pub attempt: u32,
    /// What its files are called.
    pub name: String,
    /// Whether it succeeded; anything else, or nothing that can be read, is false.
    pub ok: bool,
}

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// In one word.
    pub outcome: Ending,
    /// In which attempt.
    pub attempt: u32,
    /// When, by the clock of who wrote it down.
    pub at: Option<Timestamp>,
    /// Who that was.
    pub by: String,
    /// Whether it is what the host knows of itself: others may not have come as far.
    pub only_here: bool,
}

impl Recorded {
    /// Whether all of a task succeeded, in one attempt.
    pub fn has_finished(&self, task: &RecordedTask) -> bool {
        let ok = |attempt, name: String| {
            self.steps.iter().any(|step| step.ok && step.attempt == attempt && step.name == name)
        };
        task.steps > 0
            && (1..=self.attempts)
                .any(|attempt| (0..task.steps).all(|index| ok(attempt, format!("{}.{index}", task.key))))
    }
}

/// A look at the newest operations that a host has a record of, with what became of their steps if `steps`. Changes
/// nothing.
pub fn operations(paths: &Paths, newest: u32, steps: bool) -> String {
    let values = [("newest", &*newest.to_string()), ("steps", if steps { "yes" } else { "no" })];
    script(paths, &values, &[LIB, include_str!("sh/operations.sh")])
}

/// Reads what [`operations`] printed, oldest first. Lines in the files that make no sense are passed over.
///
/// # Errors
/// It is cut off.
pub fn parse_operations(stdout: &[u8]) -> Result<Vec<Recorded>, BadRecords> {
    let mut found = Vec::new();
    let mut raw: Option<Raw> = None;
    for (key, value) in Records::parse_complete(stdout, "operations")?.pairs() {
        if key == "operation" {
            found.extend(raw.take().map(Raw::read));
            raw = OperationId::parse(&value).map(Raw::new);
            continue;
        }
        let Some(raw) = &mut raw else { continue };
        match key {
            "info" => raw.info.push(value),
            "ended" => raw.end.push(value),
            "resumed" => raw.resumed += 1,
            "attempt" => raw.attempt = value.parse().unwrap_or(0),
            "step" => {
                raw.steps.push(RecordedStep { attempt: raw.attempt, name: value, ok: false });
            }
            "status" => {
                if let Some(step) = raw.steps.last_mut() {
                    step.ok = succeeded(&value);
                }
            }
            _ => {}
        }
        raw.attempts = raw.attempts.max(raw.attempt);
    }
    found.extend(raw.map(Raw::read));
    Ok(found)
}

/// `STATUS BEGAN ENDED`, and perhaps what ended it.
fn succeeded(status: &str) -> bool {
    let words: Vec<&str> = status.split(' ').collect();
    matches!(words[..], ["0", began, ended] if began.parse::<u64>().is_ok() && ended.parse::<u64>().is_ok())
}

/// The lines of an operation's files.
struct Raw {
    id: OperationId,
    info: Vec<String>,
    end: Vec<String>,
    resumed: u32,
    attempt: u32,
    attempts: u32,
    steps: Vec<RecordedStep>,
}

/// The value of the first line with this key.
fn get<'a>(lines: &'a [String], key: &str) -> Option<&'a str> {
    all(lines, key).next()
}

fn all<'a>(lines: &'a [String], key: &str) -> impl Iterator<Item = &'a str> {
    lines.iter().filter_map(move |line| line.strip_prefix(key)?.strip_prefix('='))
}

fn time(text: Option<&str>) -> Option<Timestamp> {
    Timestamp::from_second(text?.parse().ok()?).ok()
}

impl Raw {
    fn new(id: OperationId) -> Self {
        Self { id, info: Vec::new(), end: Vec::new(), resumed: 0, attempt: 0, attempts: 1, steps: Vec::new() }
    }

    fn read(self) -> Recorded {
        let info = self.read_info();
        let end = self.read_end();
        let attempts = self.attempts.max(self.resumed.saturating_add(1));
        Recorded { id: self.id, info, attempts, end, steps: self.steps }
    }

    /// What is cut off lacks its last line, and is not believed.
    fn read_info(&self) -> Option<Info> {
        let get = |key| get(&self.info, key);
        let text = |key| get(key).map(visible).unwrap_or_default();
        let texts = |key| all(&self.info, key).map(visible).collect();
        get("end").filter(|end| *end == "info")?;
        let operation = match get("operation")? {
            "deploy" => Operation::Deploy,
            "rollback" => Operation::Rollback,
            _ => return None,
        };
        let previous = text("previous");
        if !previous.is_empty() {
            ReleaseName::parse(&previous)?;
        }
        let tasks: Option<Vec<_>> = all(&self.info, "task").map(RecordedTask::parse).collect();
        Some(Info {
            operation,
            environment: text("environment"),
            release: ReleaseName::parse(get("release")?)?,
            commit: CommitId::parse(get("commit")?).ok(),
            git_ref: text("ref"),
            by: text("by"),
            began: time(get("began")),
            previous,
            previous_target: text("previous_target"),
            include: texts("include"),
            exclude: texts("exclude"),
            releases_dir: text("releases_dir"),
            current_symlink: text("current_symlink"),
            hosts: text("hosts").split_whitespace().map(ToOwned::to_owned).collect(),
            tasks: tasks?,
        })
    }

    fn read_end(&self) -> Option<Ended> {
        let get = |key| get(&self.end, key);
        Some(Ended {
            outcome: Ending::from_word(get("outcome")?)?,
            attempt: get("attempt").and_then(|attempt| attempt.parse().ok()).unwrap_or(1),
            at: time(get("ended")),
            by: get("by").map(visible).unwrap_or_default(),
            only_here: get("only").is_some(),
        })
    }
}

impl RecordedTask {
    /// As a line of `info` has it.
    pub fn to_text(&self) -> String {
        let Self { place, steps, fingerprint, key, title } = self;
        format!("{place} {steps} {fingerprint:016x} {key} {title}")
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.splitn(5, ' ');
        Some(Self {
            place: words.next()?.parse().ok()?,
            steps: words.next()?.parse().ok()?,
            fingerprint: u64::from_str_radix(words.next()?, 16).ok()?,
            key: words.next().filter(|key| !key.is_empty())?.to_owned(),
            title: visible(words.next()?),
        })
    }
}
