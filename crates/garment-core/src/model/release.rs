use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::CommitId;

/// A release's name: `YYYYMMDDTHHMMSS-<first 7 hex digits of the commit>`, UTC, or one that an older install left
/// behind with `-user@host` at its end. Names sort by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReleaseName(String);

impl ReleaseName {
    /// The name of a release of `commit` made at `at` (whole seconds).
    pub fn new(at: Timestamp, commit: &CommitId) -> Self {
        Self(format!("{}-{}", at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%S"), commit.short()))
    }

    /// Parses a folder's name. `None` for what no garment ever made: such folders are none of our business.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.get(15..)?.strip_prefix('-')?;
        DateTime::strptime("%Y%m%dT%H%M%S", &text[..15]).ok()?;
        // Anything longer than the digits is `-user@host` of Garment 0.5; its characters come from people's names.
        let (commit, by) = rest.split_once('-').map_or((rest, None), |(commit, by)| (commit, Some(by)));
        let hex = commit.len() >= 7 && commit.bytes().all(|b| b.is_ascii_hexdigit());
        let safe = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '@' | '+' | '-');
        (hex && by.is_none_or(|by| !by.is_empty() && by.chars().all(safe))).then(|| Self(text.to_owned()))
    }

    /// The name as it stands on disk.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When it was made.
    pub fn made_at(&self) -> Option<Timestamp> {
        let civil = DateTime::strptime("%Y%m%dT%H%M%S", &self.0[..15]).ok()?;
        Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
    }

    /// The commit's first digits.
    pub fn commit_short(&self) -> &str {
        self.0[16..].split('-').next().unwrap_or_default()
    }

    /// Who made it, where the name says so (`user@host`, Garment 0.5).
    pub fn made_by(&self) -> Option<&str> {
        self.0[16..].split_once('-').map(|(_, by)| by)
    }
}

impl TryFrom<String> for ReleaseName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("not the name of a release: `{text}`"))
    }
}

impl From<ReleaseName> for String {
    fn from(name: ReleaseName) -> Self {
        name.0
    }
}

impl fmt::Display for ReleaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_generations() {
        let commit = CommitId::parse("4634f44a00000000000000000000000000000000").unwrap();
        let at: Timestamp = "2013-12-28T20:27:53Z".parse().unwrap();
        assert_eq!(ReleaseName::new(at, &commit).as_str(), "20131228T202753-4634f44");
        let old = ReleaseName::parse("20131228T202753-4634f44-evan@pungi.local").unwrap();
        assert_eq!(
            (old.commit_short(), old.made_by(), old.made_at()),
            ("4634f44", Some("evan@pungi.local"), Some(at))
        );
    }

    #[test]
    fn folders_that_are_no_releases() {
        for text in [
            "",
            "current",
            "20131228T202753",
            "20131228T202753-",
            "20131228T202753-xyz1234",
            "20139928T202753-4634f44",
            "20131228T202753-4634f44-",
            "20131228T202753-4634f44/../x",
            "20131228T202753-4634f44-$(x)",
            ".20131228T202753-4634f44",
            "20131228T202753-4634f44\n",
            "2013122éT20275-4634f44",
        ] {
            assert_eq!(ReleaseName::parse(text), None, "{text:?}");
        }
    }
}
