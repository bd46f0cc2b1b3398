//! How times and what commands print stand in JSON.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::Stream;

/// A moment as RFC 3339 has it: UTC, always with six digits for the parts of a second.
pub(super) mod moment {
    use jiff::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(in crate::event) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{at:.6}"))
    }

    pub(in crate::event) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        Timestamp::deserialize(from)
    }
}

/// A duration in whole milliseconds.
pub(super) mod millis {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(in crate::event) fn serialize<S: Serializer>(took: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
    }

    pub(in crate::event) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

/// What a command printed: text, and the bytes themselves where the text can't say them.
#[derive(Serialize, Deserialize)]
struct Printed<'a> {
    /// What is not UTF-8 in it is `�`.
    text: Cow<'a, str>,
    /// All of it, where it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

impl<'a> Printed<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        match str::from_utf8(bytes) {
            Ok(text) => Self { text: text.into(), base64: None },
            Err(_) => Self { text: String::from_utf8_lossy(bytes), base64: Some(STANDARD.encode(bytes)) },
        }
    }

    fn bytes<E: serde::de::Error>(self) -> Result<Vec<u8>, E> {
        match self.base64 {
            None => Ok(self.text.into_owned().into_bytes()),
            Some(bytes) => STANDARD.decode(bytes).map_err(E::custom),
        }
    }
}

/// A line of output.
pub(super) mod printed {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use super::Printed;

    pub(in crate::event) fn serialize<S: Serializer>(line: &[u8], to: S) -> Result<S::Ok, S::Error> {
        Printed::of(line).serialize(to)
    }

    pub(in crate::event) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        Printed::deserialize(from)?.bytes()
    }
}

/// A line of output and where it came from.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    stream: Stream,
    #[serde(flatten)]
    printed: Printed<'a>,
}

/// Lines of output.
pub(super) mod tail {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::super::Stream;
    use super::{Line, Printed};

    type Lines = Vec<(Stream, Vec<u8>)>;

    pub(in crate::event) fn serialize<S: Serializer>(
        lines: &[(Stream, Vec<u8>)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(
            lines.iter().map(|(stream, line)| Line { stream: *stream, printed: Printed::of(line) }),
        )
    }

    pub(in crate::event) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Lines, D::Error> {
        let lines = Vec::<Line<'static>>::deserialize(from)?;
        lines.into_iter().map(|line| Ok((line.stream, line.printed.bytes()?))).collect()
    }
}
