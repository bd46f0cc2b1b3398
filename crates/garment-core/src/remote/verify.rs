use super::records::Records;
use super::script::{FETCH, GIT, LIB, PROGRESS, STATE, SUBMODULES, script};
use super::{BadRecords, Paths};
use crate::model::{CommitId, ReleaseName};

/// A release to be compared with its commit.
#[derive(Debug, Clone, Copy)]
pub struct Verify<'a> {
    /// Where things are there.
    pub paths: &'a Paths,
    /// Where the host fetches from; only for submodules that it has no copy of.
    pub repo_url: &'a str,
    /// The release.
    pub release: &'a ReleaseName,
    /// What it should hold: a commit id, or the first digits of one.
    pub commit: &'a str,
}

/// How a release differs from its commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differences {
    /// The commit that it was compared with.
    pub commit: CommitId,
    /// How many files, links and folders are not as the commit has them.
    pub changed: u64,
    /// How many are not there.
    pub missing: u64,
    /// How many are there and not in the commit.
    pub extra: u64,
    /// The first of them, by kind and path. What lies below a folder that is missing or extra is not named.
    pub first: Vec<(Kind, String)>,
}

/// How something differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Its contents, type, target or executable bit.
    Changed,
    /// It is not there.
    Missing,
    /// The commit does not have it.
    Extra,
}

impl Differences {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.changed + self.missing + self.extra
    }
}

/// Compares a release with its commit, byte for byte. Needs room for the release once more, for as long as that takes.
pub fn verify(verify: &Verify) -> String {
    let values =
        [("repo_url", verify.repo_url), ("release", verify.release.as_str()), ("commit", verify.commit)];
    script(
        verify.paths,
        &values,
        &[LIB, STATE, PROGRESS, GIT, FETCH, SUBMODULES, include_str!("sh/verify.sh")],
    )
}

/// Reads what [`verify`] printed.
///
/// # Errors
/// It is cut off, or something is missing.
pub fn parse_verify(stdout: &[u8]) -> Result<Differences, BadRecords> {
    let records = Records::parse_complete(stdout, "verify")?;
    let count = |key: &str| {
        let value = records.get(key)?;
        value.trim().parse().map_err(|_| BadRecords(format!("`{key}` is `{value}`")))
    };
    let commit = records.get("commit")?;
    let mut first = Vec::new();
    for (_, difference) in records.pairs().filter(|(key, _)| *key == "differs") {
        let (kind, path) = difference.split_once(' ').unwrap_or((&difference, ""));
        let kind = match kind {
            "changed" => Kind::Changed,
            "missing" => Kind::Missing,
            "extra" => Kind::Extra,
            other => return Err(BadRecords(format!("`differs` is `{other}`"))),
        };
        first.push((kind, path.to_owned()));
    }
    Ok(Differences {
        commit: CommitId::parse(&commit).map_err(|error| BadRecords(error.to_string()))?,
        changed: count("changed")?,
        missing: count("missing")?,
        extra: count("extra")?,
        first,
    })
}
