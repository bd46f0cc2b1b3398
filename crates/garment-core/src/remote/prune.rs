use super::records::Records;
use super::script::{LIB, REMOVE, script};
use super::{BadRecords, Paths};
use crate::model::ReleaseName;

/// Removes these releases, but never what `current` leads to at that moment, and what interrupted operations older than
/// `current` left behind. One that can't be removed does not keep the others; the exit code is 1 then.
pub fn prune(paths: &Paths, remove: &[ReleaseName], current: &ReleaseName) -> String {
    let remove = remove.iter().map(ReleaseName::as_str).collect::<Vec<_>>().join("\n");
    script(
        paths,
        &[("remove", &remove), ("newest", current.as_str())],
        &[LIB, REMOVE, include_str!("sh/prune.sh")],
    )
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
