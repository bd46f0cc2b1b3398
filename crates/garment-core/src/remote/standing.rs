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
}

/// A switch that the host takes back if nobody confirms it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconfirmed {
    /// Where `current` leads for now.
    pub release: ReleaseName,
    /// How long the host waits, in seconds since 1970 by its own clock.
    pub until: Option<i64>,
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
            _ => {}
        }
    }
    standing.begun.sort_unstable_by(|a, b| a.release.cmp(&b.release));
    Ok(standing)
}
