use std::fmt;

use crate::chance::Chance;
use crate::kind::Kind;

/// An operation under fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Op {
    Deploy,
    Rollback,
}

impl Op {
    pub(crate) const ALL: [Self; 2] = [Self::Deploy, Self::Rollback];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Rollback => "rollback",
        }
    }
}

/// One fault at one boundary. Its text, given to `--case`, does the same again.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) op: Op,
    pub(crate) kind: Kind,
    /// The event's name, as the program under test writes it down.
    pub(crate) boundary: String,
    /// Decides what else is left to chance: which host, whether commands are slow, how people react.
    pub(crate) seed: u64,
}

impl Case {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ':');
        let op = parts.next()?;
        Some(Self {
            op: Op::ALL.into_iter().find(|known| known.name() == op)?,
            kind: Kind::of_name(parts.next()?)?,
            seed: parts.next()?.parse().ok()?,
            boundary: parts.next()?.to_owned(),
        })
    }

    pub(crate) fn chance(&self) -> Chance {
        Chance::new(self.seed)
    }

    /// The part of the operation that the boundary is in.
    pub(crate) fn phase(&self) -> String {
        let task = self
            .boundary
            .split(' ')
            .find(|word| word.contains('/') || ["prepare", "rehearse", "cutover", "prune"].contains(word));
        match (task, self.boundary.split(' ').next()) {
            (Some(task), _) => task.split('/').next().unwrap_or(task).to_owned(),
            (None, Some("MadeCurrent")) => "cutover".to_owned(),
            (None, Some("Finished")) => "end".to_owned(),
            (None, _) => "begin".to_owned(),
        }
    }

    /// The boundary without the host's name: where every host does the same, it makes no difference.
    pub(crate) fn kind_of_boundary(boundary: &str) -> String {
        boundary.split(' ').filter(|word| !word.starts_with("web")).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}", self.op.name(), self.kind, self.seed, self.boundary)
    }
}
