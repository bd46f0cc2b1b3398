use super::BadRecords;
use super::records::{Records, visible};
use crate::event::Problem;

/// The problems among what any of the scripts printed, in order. None after a success.
///
/// # Errors
/// The bytes are no records.
pub fn parse_problems(stdout: &[u8]) -> Result<Vec<Problem>, BadRecords> {
    let mut problems: Vec<Problem> = Vec::new();
    for (key, value) in Records::parse(stdout)?.pairs() {
        match (key, problems.last_mut()) {
            ("problem", _) => problems.push(Problem { what: visible(&value), remedy: String::new() }),
            ("remedy", Some(last)) => last.remedy = visible(&value),
            _ => {}
        }
    }
    Ok(problems)
}

/// What people are to know of what a script did, though it stopped nothing.
pub fn parse_warnings(stdout: &[u8]) -> Vec<String> {
    let Ok(records) = Records::parse(stdout) else { return Vec::new() };
    records.pairs().filter(|(key, _)| *key == "warning").map(|(_, text)| visible(&text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_with_its_own_remedy_on_one_line() {
        let stdout = b"home\0/h\0problem\0a\nb\0problem\0c\0remedy\0d\0";
        assert_eq!(
            parse_problems(stdout).unwrap(),
            [
                Problem { what: "a\\nb".into(), remedy: String::new() },
                Problem { what: "c".into(), remedy: "d".into() }
            ]
        );
    }
}
