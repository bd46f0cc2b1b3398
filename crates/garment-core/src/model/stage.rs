use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Role, Template};

/// When in an operation a task runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// After the release is prepared, before it is current.
    Before,
    /// Once it is current.
    After,
    /// First thing in a rollback.
    Rollback,
    /// Last thing in a deploy, after old releases are pruned.
    Cleanup,
}

impl Stage {
    /// All four, in the order in which the strategy names them.
    pub const ALL: [Self; 4] = [Self::Before, Self::After, Self::Rollback, Self::Cleanup];

    /// Its key in `deploy.conf`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
            Self::Rollback => "rollback",
            Self::Cleanup => "cleanup",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// The tasks of every stage, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stages {
    /// Tasks of [`Stage::Before`].
    pub before: Vec<Task>,
    /// Tasks of [`Stage::After`].
    pub after: Vec<Task>,
    /// Tasks of [`Stage::Rollback`].
    pub rollback: Vec<Task>,
    /// Tasks of [`Stage::Cleanup`].
    pub cleanup: Vec<Task>,
}

impl Stages {
    /// The tasks of one stage.
    pub fn of(&self, stage: Stage) -> &[Task] {
        match stage {
            Stage::Before => &self.before,
            Stage::After => &self.after,
            Stage::Rollback => &self.rollback,
            Stage::Cleanup => &self.cleanup,
        }
    }

    /// The same, to fill in.
    pub fn of_mut(&mut self, stage: Stage) -> &mut Vec<Task> {
        match stage {
            Stage::Before => &mut self.before,
            Stage::After => &mut self.after,
            Stage::Rollback => &mut self.rollback,
            Stage::Cleanup => &mut self.cleanup,
        }
    }
}

/// An ordered list of shell commands and where they run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Unique within its stage.
    pub id: String,
    /// Empty is every host.
    pub roles: BTreeSet<Role>,
    /// Shell text; each in a fresh shell.
    pub commands: Vec<Template>,
    /// A folder; reaches the shell as one word.
    pub cd: Option<Template>,
    /// Shell text that runs before each command, as `prefix && command`.
    pub prefix: Option<Template>,
    /// Environment variables; the values reach the shell as they are.
    pub shell_env: Vec<(String, Template)>,
    /// As [`super::Environment::shell`], for this task alone.
    pub shell: Option<Vec<String>>,
    /// How long all of its commands together may take on a host, whether it says so itself or the environment does;
    /// `None` is as long as they like.
    pub timeout: Option<Duration>,
}
