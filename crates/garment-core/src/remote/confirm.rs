use super::records::Records;
use super::script::{BACK, LIB, STATE, script};
use super::{BadRecords, Confirmation, Paths};
use crate::model::{ReleaseName, write_duration};

/// Tells a host that its switch to `release` lasts. It succeeds where `current` leads there and stays; one that was too
/// late fails, once the host is back where it was. Asking twice is asking once.
pub fn confirm(paths: &Paths, release: &ReleaseName, confirmation: Confirmation) -> String {
    let values = [
        ("release", release.as_str()),
        ("back_as", confirmation.back_as.word()),
        ("within", &write_duration(confirmation.within)),
    ];
    script(paths, &values, &[LIB, STATE, BACK, include_str!("sh/confirm.sh")])
}

/// Reads what a successful [`confirm`] printed.
///
/// # Errors
/// It is cut off.
pub fn parse_confirm(stdout: &[u8]) -> Result<(), BadRecords> {
    Records::parse_complete(stdout, "confirm")?.get("confirmed").map(drop)
}

/// Takes back a switch that nobody will confirm any more: for whoever has the lock, since then the operation that
/// switched is over.
pub fn settle(paths: &Paths) -> String {
    script(paths, &[], &[LIB, STATE, BACK, include_str!("sh/settle.sh")])
}

/// Reads what a successful [`settle`] printed: the release whose switch was taken back.
///
/// # Errors
/// It is cut off.
pub fn parse_settle(stdout: &[u8]) -> Result<Option<String>, BadRecords> {
    Ok(Records::parse_complete(stdout, "settle")?.get("undone").ok())
}
