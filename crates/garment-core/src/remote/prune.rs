use super::records::Records;
use super::script::{LIB, REMOVE, SPARE, STILL_LOCKED, script};
use super::{BadRecords, Paths};
use crate::model::ReleaseName;

/// Removes these releases, but never what `current` leads to at that moment, and what interrupted operations older than
/// `current` left behind. One that can't be removed does not keep the others; the exit code is 1 then.
/// `token` is that of the lock that is held, without which nothing is changed.
pub fn prune(paths: &Paths, remove: &[ReleaseName], current: &ReleaseName, token: Option<&str>) -> String {
    let remove = remove.iter().map(ReleaseName::as_str).collect::<Vec<_>>().join("\n");
    let values =
        [("remove", remove.as_str()), ("newest", current.as_str()), ("token", token.unwrap_or_default())];
    script(paths, &values, &[LIB, STILL_LOCKED, REMOVE, SPARE, include_str!("sh/prune.sh")])
}

/// Reads what [`prune`] printed, after a failure as well: the releases that are gone. The problems are among it for
/// [`super::parse_problems`].
///
/// # Errors
/// The bytes are no records.
pub fn parse_prune(stdout: &[u8]) -> Result<Vec<ReleaseName>, BadRecords> {
    let records = Records::parse(stdout)?;
    Ok(records
        .pairs()
        .filter(|(key, _)| *key == "pruned")
        .filter_map(|(_, name)| ReleaseName::parse(&name))
        .collect())
}
