use std::time::Duration;

/// The units that people write, in seconds, the largest first.
const UNITS: [(&str, u64); 3] = [("h", 3600), ("m", 60), ("s", 1)];

/// `30s`, `10m`, `1h`, or `90` for seconds: the one way in which durations are written. `None` if it is none of these.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.strip_suffix(unit)?;
    let seconds = match unit {
        "" => 1,
        _ => UNITS.iter().find(|(name, _)| *name == unit)?.1,
    };
    Some(Duration::from_secs(digits.parse::<u64>().ok()?.checked_mul(seconds)?))
}

/// As [`parse_duration`] reads it, in the largest unit that needs no fraction. Whole seconds only.
pub fn write_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (unit, size) =
        UNITS.into_iter().find(|(_, size)| seconds > 0 && seconds.is_multiple_of(*size)).unwrap_or(("s", 1));
    format!("{}{unit}", seconds / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (text, seconds, again) in [
            ("90", 90, "90s"),
            ("30s", 30, "30s"),
            ("120s", 120, "2m"),
            ("10m", 600, "10m"),
            ("1h", 3600, "1h"),
            ("0", 0, "0s"),
        ] {
            let duration = parse_duration(text).unwrap();
            assert_eq!((duration.as_secs(), write_duration(duration).as_str()), (seconds, again), "{text}");
            assert_eq!(parse_duration(again), Some(duration));
        }
    }

    #[test]
    fn anything_else_is_no_duration() {
        let texts = [
            "",
            "s",
            "1d",
            "1 h",
            "1h30m",
            "-1",
            "+1",
            "1.5h",
            "1H",
            " 1",
            "99999999999999999999",
            "9999999999999999h",
        ];
        for text in texts {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}
