use super::BadRecords;
use super::records::{Records, visible};

/// Something on a host that stops a deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, on one line.
    pub what: String,
    /// What to do about it, on one line.
    pub remedy: Option<String>,
}

/// The problems among what any of the scripts printed, in order. None after a success.
///
/// # Errors
/// The bytes are no records.
pub fn parse_problems(stdout: &[u8]) -> Result<Vec<Problem>, BadRecords> {
    let mut problems: Vec<Problem> = Vec::new();
    for (key, value) in Records::parse(stdout)?.pairs() {
        match (key, problems.last_mut()) {
            ("problem", _) => problems.push(Problem { what: visible(&value), remedy: None }),
            ("remedy", Some(last)) => last.remedy = Some(visible(&value)),
            _ => {}
        }
    }
    Ok(problems)
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
                Problem { what: "a\\nb".into(), remedy: None },
                Problem { what: "c".into(), remedy: Some("d".into()) }
            ]
        );
    }
}
