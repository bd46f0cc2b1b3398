use super::records::Records;
use super::script::{LIB, STATE, script};
use super::{BadRecords, Paths};
use crate::model::ReleaseName;

/// Writes down whether a release is to stay whatever is pruned.
pub fn pin(paths: &Paths, release: &ReleaseName, pinned: bool) -> String {
    let values = [("release", release.as_str()), ("pinned", if pinned { "yes" } else { "no" })];
    script(paths, &values, &[LIB, STATE, include_str!("sh/pin.sh")])
}

/// Reads what [`pin`] printed: whether anything had to be changed.
///
/// # Errors
/// It is cut off.
pub fn parse_pin(stdout: &[u8]) -> Result<bool, BadRecords> {
    Ok(Records::parse_complete(stdout, "pin")?.get("was").is_err())
}
