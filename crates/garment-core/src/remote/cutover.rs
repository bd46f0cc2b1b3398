use std::time::Duration;

use super::records::Records;
use super::script::{BACK, LIB, STATE, STILL_LOCKED, script};
use super::{BadRecords, Paths};
use crate::model::{ReleaseName, State};

/// A release to be made current on a host.
#[derive(Debug, Clone, Copy)]
pub struct Cutover<'a> {
    /// Where things are there.
    pub paths: &'a Paths,
    /// The release that `current` shall lead to.
    pub release: &'a ReleaseName,
    /// What becomes of the one that it leads to until then: [`State::Replaced`] or [`State::RolledBack`].
    pub left_as: State,
    /// What the switch needs to last; nothing where there is none.
    pub confirmation: Option<Confirmation>,
    /// The token of the lock that is held, without which nothing is changed.
    pub token: Option<&'a str>,
}

/// What a switch waits for, and what becomes of it without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmation {
    /// How long the host waits before it goes back by itself.
    pub within: Duration,
    /// What the release becomes then.
    pub back_as: State,
}

/// Tries everything that [`cutover`] does but the rename, and leaves nothing behind: whether this host could switch.
pub fn rehearse(cutover: &Cutover) -> String {
    text(cutover, "yes")
}

/// Makes a release current by one rename, then writes down the states. A host where it is current already stays as it
/// is. Where a confirmation is asked for, a process stays behind that takes the switch back if none comes.
pub fn cutover(cutover: &Cutover) -> String {
    text(cutover, "no")
}

fn text(cutover: &Cutover, rehearse: &str) -> String {
    let release = cutover.release.as_str();
    let (within, back_as, guard) = match cutover.confirmation {
        None => (String::new(), "", String::new()),
        Some(Confirmation { within, back_as }) => {
            let within = within.as_secs().to_string();
            let values = [("release", release), ("left_as", back_as.word()), ("within", &within)];
            let parts = [LIB, STATE, BACK, include_str!("sh/guard.sh")];
            let guard = script(cutover.paths, &values, &parts);
            (within, back_as.word(), guard)
        }
    };
    let values = [
        ("release", release),
        ("left_as", cutover.left_as.word()),
        ("rehearse", rehearse),
        ("within", &within),
        ("back_as", back_as),
        ("guard", &guard),
        ("token", cutover.token.unwrap_or_default()),
    ];
    script(cutover.paths, &values, &[LIB, STATE, STILL_LOCKED, BACK, include_str!("sh/cutover.sh")])
}

/// Undoes a [`cutover`] to its release, which becomes `left_as`: `current` leads where it led before. A host where
/// `current` leads elsewhere by now stays as it is. A confirmation comes too late from here on.
pub fn revert(cutover: &Cutover) -> String {
    let values = [
        ("release", cutover.release.as_str()),
        ("left_as", cutover.left_as.word()),
        ("token", cutover.token.unwrap_or_default()),
    ];
    script(cutover.paths, &values, &[LIB, STATE, STILL_LOCKED, BACK, include_str!("sh/revert.sh")])
}

/// Reads what a successful [`revert`] printed: what `current` leads to now, a release's name or a path; `None` if it
/// is not there.
///
/// # Errors
/// It is cut off.
pub fn parse_revert(stdout: &[u8]) -> Result<Option<String>, BadRecords> {
    Ok(Some(Records::parse_complete(stdout, "revert")?.get("to")?).filter(|to| !to.is_empty()))
}

/// What a cutover did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// What `current` led to: a release's name, or another target's path. `None` if it was not there.
    pub from: Option<String>,
    /// The release that it leads to now.
    pub to: String,
}

/// Reads what a successful [`cutover`] printed.
///
/// # Errors
/// It is cut off.
pub fn parse_cutover(stdout: &[u8]) -> Result<Moved, BadRecords> {
    let records = Records::parse_complete(stdout, "cutover")?;
    Ok(Moved { from: Some(records.get("from")?).filter(|from| !from.is_empty()), to: records.get("to")? })
}
