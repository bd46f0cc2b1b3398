use super::records::Records;
use super::script::{LIB, STATE, script};
use super::{BadRecords, Holder, Paths};
use crate::model::ReleaseName;

/// What is going on on a host, beside what is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Who is at work there right now.
    pub held: Option<Holder>,
    /// Who asked for nothing to be changed.
    pub frozen: Option<Holder>,
    /// Releases that were begun and have not been live, oldest first.
    pub begun: Vec<Begun>,
    /// A switch that nobody has confirmed.
    pub unconfirmed: Option<Unconfirmed>,
    /// How what is current differs from what garment made live.
    pub drift: Vec<Drift>,
}

/// A switch that the host takes back if nobody confirms it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconfirmed {
    /// Where `current` leads for now.
    pub release: ReleaseName,
    /// How long the host waits, in seconds since 1970 by its own clock.
    pub until: Option<i64>,
}

/// What somebody else than garment did to what is live. Only what costs nothing is looked at: the symlink, the states,
/// `REVISION`; not the files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drift {
    /// `current` leads elsewhere.
    Moved {
        /// What is on record as live.
        live: ReleaseName,
        /// It may have been garment itself: a switch that was cut off before it was written down.
        cut_off: bool,
    },
    /// `current` leads to what garment made live, and that was removed.
    Removed(ReleaseName),
    /// The current release's `REVISION` does not say which commit it was made of. Empty if there is none.
    Revision(String),
}

/// A release whose deploy has not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Its name.
    pub release: ReleaseName,
    /// Who makes it, as `user@machine`; empty where nothing says.
    pub by: String,
}

/// A look at who is at work on a host. Takes no lock that anybody would notice, makes no file.
pub fn standing(paths: &Paths) -> String {
    script(paths, &[], &[LIB, STATE, include_str!("sh/standing.sh")])
}

/// Reads what [`standing`] printed.
///
/// # Errors
/// It is cut off.
pub fn parse_standing(stdout: &[u8]) -> Result<Standing, BadRecords> {
    let mut standing = Standing::default();
    let mut is_release = false;
    for (key, value) in Records::parse_complete(stdout, "standing")?.pairs() {
        match key {
            "held" => standing.held = Some(Holder::from_text(&value)),
            "frozen" => standing.frozen = Some(Holder::from_text(&value)),
            "begun" => {
                let release = ReleaseName::parse(&value);
                is_release = release.is_some();
                standing.begun.extend(release.map(|release| Begun { release, by: String::new() }));
            }
            "unconfirmed" => {
                let release = ReleaseName::parse(&value);
                standing.unconfirmed = release.map(|release| Unconfirmed { release, until: None });
            }
            "until" => {
                if let Some(unconfirmed) = &mut standing.unconfirmed {
                    unconfirmed.until = value.parse().ok();
                }
            }
            "by" if is_release => {
                if let Some(begun) = standing.begun.last_mut() {
                    begun.by = value;
                }
            }
            "moved" => {
                let live = ReleaseName::parse(&value);
                standing.drift.extend(live.map(|live| Drift::Moved { live, cut_off: false }));
            }
            "cut_off" => {
                if let Some(Drift::Moved { cut_off, .. }) = standing.drift.last_mut() {
                    *cut_off = true;
                }
            }
            "removed" => standing.drift.extend(ReleaseName::parse(&value).map(Drift::Removed)),
            "revision" => standing.drift.push(Drift::Revision(value)),
            _ => {}
        }
    }
    standing.begun.sort_unstable_by(|a, b| a.release.cmp(&b.release));
    Ok(standing)
}
