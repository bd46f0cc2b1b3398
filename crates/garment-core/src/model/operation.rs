use std::fmt;

use jiff::Timestamp;

/// Names one operation on all of its hosts, as in `20261125T093000-deploy-4f3a`: when it began (UTC), what it is, and
/// four random digits, since two may begin in one second.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
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
