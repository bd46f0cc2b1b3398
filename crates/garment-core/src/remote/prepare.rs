use super::records::Records;
use super::script::{
    DELIVERY, FETCH, GIT, LIB, PROGRESS, REMOVE, RENEW, SPACE, SPARE, STATE, STILL_LOCKED, SUBMODULES,
    one_line, script,
};
use super::{BadRecords, Paths};
use crate::model::{CommitId, Delivery, ReleaseName};

/// A release to be put together on a host.
#[derive(Debug, Clone, Copy)]
pub struct Prepare<'a> {
    /// Where things are there.
    pub paths: &'a Paths,
    /// Where the host fetches from.
    pub repo_url: &'a str,
    /// What the release holds.
    pub commit: &'a CommitId,
    /// Its name.
    pub release: &'a ReleaseName,
    /// Who makes it, as `user@machine`.
    pub by: &'a str,
    /// The ref that the commit was found by; for the record only.
    pub git_ref: &'a str,
    /// The token of the lock that is held, without which nothing is changed.
    pub token: Option<&'a str>,
    /// Whether an attempt before this one may have made the release already.
    pub resuming: bool,
    /// How the commit gets there.
    pub delivery: Delivery,
    /// What the `HEAD` of a copy that is made of a delivery is to lead to, if that is known.
    pub head: &'a str,
}

/// Brings the host's copy of the repository up to date and builds the release, which is there complete or not at all.
/// Where room is short for it, releases that failed go first; if that does not help, nothing of it is written.
pub fn prepare(prepare: &Prepare) -> String {
    let values = [
        ("repo_url", prepare.repo_url),
        ("commit", prepare.commit.as_str()),
        ("release", prepare.release.as_str()),
        ("by", &one_line(prepare.by)),
        ("git_ref", &one_line(prepare.git_ref)),
        ("token", prepare.token.unwrap_or_default()),
        ("resuming", if prepare.resuming { "yes" } else { "no" }),
        ("delivery", prepare.delivery.word()),
        ("head", prepare.head),
    ];
    let parts = [
        LIB,
        STATE,
        STILL_LOCKED,
        PROGRESS,
        GIT,
        FETCH,
        DELIVERY,
        SUBMODULES,
        REMOVE,
        SPACE,
        SPARE,
        RENEW,
        include_str!("sh/prepare.sh"),
    ];
    script(prepare.paths, &values, &parts)
}

/// Reads what a successful [`prepare`] printed: the absolute path of the release.
///
/// # Errors
/// It is cut off, or the path is no UTF-8.
pub fn parse_prepare(stdout: &[u8]) -> Result<String, BadRecords> {
    Records::parse_complete(stdout, "prepare")?.exact("release_dir")
}
