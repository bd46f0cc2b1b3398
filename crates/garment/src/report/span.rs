use std::time::Duration;

/// How long something took, as people say it: `0.4 s`, `12 s`, `3 min 4 s`, `1 h 2 min`.
pub fn span(took: Duration) -> String {
    let seconds = took.as_secs();
    match seconds {
        0..10 => format!("{}.{} s", seconds, took.subsec_millis() / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_people_say_it() {
        for (millis, want) in [
            (0, "0.0 s"),
            (449, "0.4 s"),
            (9_999, "9.9 s"),
            (10_000, "10 s"),
            (59_999, "59 s"),
            (184_000, "3 min 4 s"),
            (3_725_000, "1 h 2 min"),
            (90_000_000, "25 h 0 min"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), want);
        }
    }
}
