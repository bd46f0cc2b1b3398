use super::records::Records;
use super::script::{DELIVERY, GIT, LIB, SPACE, STATE, STILL_LOCKED, script};
use super::{BadRecords, Paths};
use crate::model::{CommitId, Held};

/// What is asked of a host before anything is delivered to it.
#[derive(Debug, Clone, Copy)]
pub struct Inventory<'a> {
    /// Where things are there.
    pub paths: &'a Paths,
    /// What its copy has to be a copy of.
    pub repo_url: &'a str,
    /// Copies by their keys, the repository's own with an empty one, and the commits that are wanted of each.
    pub wanted: &'a [(String, Vec<CommitId>)],
    /// The token of the lock that is held, without which nothing is changed.
    pub token: Option<&'a str>,
}

/// What a host said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stocked {
    /// What it has; what it has nothing of is not in it.
    pub held: Vec<Held>,
    /// How many KiB are free where deliveries arrive, and where the copy is; `None` where nobody knows.
    pub free: [Option<u64>; 2],
    /// Whether these are one place.
    pub one_disk: bool,
}

/// Asks what a host has of the repositories that are delivered to it, and takes away what is left of a delivery before.
pub fn inventory(inventory: &Inventory) -> String {
    // Keys and ids are hexadecimal digits. The repository itself is `.`, so that each line has as many words.
    let wanted = inventory.wanted.iter().fold(String::new(), |mut text, (key, commits)| {
        text.push_str(if key.is_empty() { "." } else { key });
        for commit in commits {
            text.extend([" ", commit.as_str()]);
        }
        text + "\n"
    });
    let values = [
        ("repo_url", inventory.repo_url),
        ("wanted", &wanted),
        ("token", inventory.token.unwrap_or_default()),
    ];
    let parts = [LIB, STATE, STILL_LOCKED, GIT, DELIVERY, SPACE, include_str!("sh/inventory.sh")];
    script(inventory.paths, &values, &parts)
}

/// Reads what [`inventory`] printed.
///
/// # Errors
/// It is cut off.
pub fn parse_inventory(stdout: &[u8]) -> Result<Stocked, BadRecords> {
    let records = Records::parse_complete(stdout, "inventory")?;
    let mut stocked = Stocked::default();
    for (key, value) in records.pairs() {
        match (key, stocked.held.last_mut()) {
            ("repository", _) => {
                let key = if value == "." { String::new() } else { value };
                stocked.held.push(Held { key, ..Held::default() });
            }
            ("refs", Some(held)) => held.refs = value,
            ("has", Some(held)) => held.commits.push(value),
            ("tips", Some(held)) => {
                let mut tips: Vec<String> = value
                    .split_whitespace()
                    .filter(|id| CommitId::parse(id).is_ok())
                    .map(ToOwned::to_owned)
                    .collect();
                tips.sort_unstable();
                tips.dedup();
                held.tips = tips;
            }
            ("free_deploy", _) => stocked.free[0] = value.parse().ok(),
            ("free_source", _) => stocked.free[1] = value.parse().ok(),
            ("one_disk", _) => stocked.one_disk = value == "yes",
            _ => {}
        }
    }
    Ok(stocked)
}
