use serde::{Deserialize, Serialize};

use super::CommitId;

/// What lies between two commits, from the one to the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// The commits that the new one has and the old one has not.
    pub gained: Commits,
    /// The other way round: none where the new one is built on the old one.
    pub lost: Commits,
    /// How the files differ.
    pub files: Files,
}

/// Some commits, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commits {
    /// How many there are.
    pub count: u64,
    /// The newest of them.
    pub newest: Vec<Commit>,
}

/// One commit, as people know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// Its id.
    pub id: CommitId,
    /// Who wrote it.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
}

/// Files that differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// How many there are.
    pub count: u64,
    /// Lines that came, in all of them.
    pub added: u64,
    /// Lines that went, in all of them.
    pub removed: u64,
    /// The first of them, by path.
    pub first: Vec<FileChange>,
}

/// How one file differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileChange {
    /// Where it is.
    pub path: String,
    /// Where it was, if it was moved.
    pub from: Option<String>,
    /// Lines that came and lines that went; `None` where it is no text.
    pub lines: Option<(u64, u64)>,
}
