use std::fmt::Write as _;

/// What a script printed is not what it should print: it was cut off, or something else wrote to its stdout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the host's answer can't be read: {0}")]
pub struct BadRecords(pub String);

/// Pairs of key and value, in the order in which a script printed them.
#[derive(Debug)]
pub(super) struct Records(Vec<(String, Vec<u8>)>);

impl Records {
    /// Takes bytes apart that are NUL-terminated strings, key and value in turn.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, BadRecords> {
        let Some(body) = bytes.strip_suffix(b"\0") else {
            return if bytes.is_empty() {
                Ok(Self(Vec::new()))
            } else {
                Err(BadRecords(format!("it ends in the middle of a value, after {} bytes", bytes.len())))
            };
        };
        let fields: Vec<&[u8]> = body.split(|byte| *byte == 0).collect();
        let (pairs, rest) = fields.as_chunks::<2>();
        if let [key] = rest {
            return Err(BadRecords(format!("`{}` has no value", visible(&String::from_utf8_lossy(key)))));
        }
        Ok(Self(
            pairs
                .iter()
                .map(|[key, value]| (String::from_utf8_lossy(key).into_owned(), value.to_vec()))
                .collect(),
        ))
    }

    /// As [`Records::parse`], for a script that has to be through: its last record is `end`.
    pub(super) fn parse_complete(bytes: &[u8], script: &str) -> Result<Self, BadRecords> {
        let records = Self::parse(bytes)?;
        match records.0.last() {
            Some((key, value)) if key == "end" && value == script.as_bytes() => Ok(records),
            _ => Err(BadRecords(format!("`{script}` stopped before its end"))),
        }
    }

    /// All pairs; bytes that are no UTF-8 are replaced.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|(key, value)| (key.as_str(), String::from_utf8_lossy(value).into_owned()))
    }

    /// The value of the first pair with this key; bytes that are no UTF-8 are replaced.
    pub(super) fn get(&self, key: &str) -> Result<String, BadRecords> {
        self.pairs().find(|(k, _)| *k == key).map(|(_, value)| value).ok_or_else(|| missing(key))
    }

    /// As [`Records::get`], for a value that goes back into commands: it has to be text as it is.
    pub(super) fn exact(&self, key: &str) -> Result<String, BadRecords> {
        let (_, value) = self.0.iter().find(|(k, _)| k == key).ok_or_else(|| missing(key))?;
        String::from_utf8(value.clone()).map_err(|err| {
            BadRecords(format!(
                "`{key}` is not UTF-8: `{}`",
                visible(&String::from_utf8_lossy(err.as_bytes()))
            ))
        })
    }
}

fn missing(key: &str) -> BadRecords {
    BadRecords(format!("`{key}` is missing"))
}

/// The text on one line, with what would move a cursor made visible.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            // Writing to a String can't fail.
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_in_order() {
        let records = Records::parse_complete(b"a\x001\0a\x002\0end\0x\0", "x").unwrap();
        assert_eq!(
            records.pairs().collect::<Vec<_>>(),
            [("a", "1".to_owned()), ("a", "2".to_owned()), ("end", "x".to_owned())]
        );
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        let text = |bytes: &[u8]| Records::parse_complete(bytes, "x").unwrap_err().to_string();
        assert_eq!(text(b""), "the host's answer can't be read: `x` stopped before its end");
        assert_eq!(text(b"a\x001\0"), "the host's answer can't be read: `x` stopped before its end");
        assert_eq!(
            text(b"a\x001"),
            "the host's answer can't be read: it ends in the middle of a value, after 3 bytes"
        );
        assert_eq!(text(b"hello\n\0"), "the host's answer can't be read: `hello\\n` has no value");
    }
}
