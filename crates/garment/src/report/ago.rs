use jiff::Timestamp;

/// Clocks of hosts and ours differ by so many seconds without anyone minding.
const SKEW: i64 = 60;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MONTH: i64 = 30 * DAY;
const YEAR: i64 = 365 * DAY;

/// How long ago something was, as people say it: `just now`, `3 h ago`, `2 d ago`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - then.as_second();
    let of = |unit: i64, name: &str| format!("{} {name} ago", seconds / unit);
    match seconds {
        ..0 if seconds < -SKEW => "in the future".to_owned(),
        ..MINUTE => "just now".to_owned(),
        MINUTE..HOUR => of(MINUTE, "min"),
        HOUR..DAY => of(HOUR, "h"),
        _ if seconds < 2 * MONTH => of(DAY, "d"),
        _ if seconds < 2 * YEAR => of(MONTH, "months"),
        _ => of(YEAR, "years"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_say_it() {
        for (seconds, want) in [
            (-61, "in the future"),
            (-60, "just now"),
            (0, "just now"),
            (59, "just now"),
            (60, "1 min ago"),
            (3_599, "59 min ago"),
            (3_600, "1 h ago"),
            (86_399, "23 h ago"),
            (86_400, "1 d ago"),
            (59 * DAY, "59 d ago"),
            (60 * DAY, "2 months ago"),
            (729 * DAY, "24 months ago"),
            (730 * DAY, "2 years ago"),
        ] {
            let now: Timestamp = "2026-11-24T10:11:12Z".parse().unwrap();
            let then = Timestamp::from_second(now.as_second() - seconds).unwrap();
            assert_eq!(ago(then, now), want, "{seconds}");
        }
    }
}
