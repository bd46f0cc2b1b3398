use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Names one operation on all of its hosts, as in `20261125T093000-deploy-4f3a`: when it began (UTC), what it is, and
/// four random digits, since two may begin in one second.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OperationId(String);

impl OperationId {
    /// A new one; `kind` is one word.
    pub fn new(now: Timestamp, kind: &str, chance: u16) -> Self {
        Self(format!("{}-{kind}-{chance:04x}", now.strftime("%Y%m%dT%H%M%S")))
    }

    /// Reads one, as the name of a folder on a host.
    pub fn parse(text: &str) -> Option<Self> {
        let (time, rest) = text.split_once('-')?;
        let (kind, chance) = rest.split_once('-')?;
        let (day, second) = time.split_once('T')?;
        let digits =
            |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        let sound = digits(day, 8)
            && digits(second, 6)
            && !kind.is_empty()
            && kind.bytes().all(|byte| byte.is_ascii_lowercase())
            && chance.len() == 4
            && chance.bytes().all(|byte| byte.is_ascii_hexdigit());
        sound.then(|| Self(text.to_owned()))
    }

    /// The time in its name.
    pub fn began_at(&self) -> Option<Timestamp> {
        let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", self.0.get(..15)?).ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|at| at.timestamp())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is, in one word.
    pub fn kind(&self) -> &str {
        self.0.split('-').nth(1).unwrap_or_default()
    }
}

/// How an operation ended, as its hosts keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Everything was done.
    Done,
    /// It failed before `current` had moved anywhere.
    Failed,
    /// The release is live everywhere, and something after that failed.
    LiveButFailed,
    /// `current` was not known to lead to the same release on every host.
    Mixed,
    /// People stopped it.
    Interrupted,
    /// People gave it up: nobody goes on with it.
    Abandoned,
}

impl Ending {
    /// All of them, with the word that stands in the hosts' files.
    pub const WORDS: [(Self, &'static str); 6] = [
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::LiveButFailed, "live-but-failed"),
        (Self::Mixed, "mixed"),
        (Self::Interrupted, "interrupted"),
        (Self::Abandoned, "abandoned"),
    ];

    /// The word in files.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(ending, _)| *ending == self).map_or("", |(_, word)| word)
    }

    /// Reads such a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, w)| *w == word).map(|(ending, _)| *ending)
    }

    /// Whether there is nothing left to go on with.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Abandoned)
    }
}

impl TryFrom<String> for OperationId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("not the name of an operation: `{text}`"))
    }
}

impl From<OperationId> for String {
    fn from(id: OperationId) -> Self {
        id.0
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let id = OperationId::new(Timestamp::from_second(1_790_000_000).unwrap(), "deploy", 0x4f3);
        assert_eq!(id.as_str(), "20260921T141320-deploy-04f3");
        assert_eq!(id.began_at(), Timestamp::from_second(1_790_000_000).ok());
        assert_eq!(OperationId::parse(id.as_str()), Some(id));
    }

    #[test]
    fn nothing_else_is_one() {
        for text in
            ["", "x", "20260921T141320-deploy", "20260921T141320-../-04f3", "20260921T141320-deploy-04f3/x"]
        {
            assert_eq!(OperationId::parse(text), None, "{text}");
        }
    }
}
