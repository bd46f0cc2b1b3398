use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Output};

/// How a program ended and what it printed.
///
/// The assertions return the outcome, so that they chain, and show everything printed where they fail.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The command line, for people.
    pub command: String,
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed on stdout; what is not UTF-8 is replaced.
    pub stdout: String,
    /// What it printed on stderr; what is not UTF-8 is replaced.
    pub stderr: String,
}

impl Outcome {
    pub(crate) fn new(command: String, output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { command, status: output.status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// It ended with exactly this exit code.
    #[track_caller]
    pub fn code(&self, expected: i32) -> &Self {
        assert!(self.status.code() == Some(expected), "expected exit code {expected}\n{self}");
        self
    }

    /// It was ended by exactly this signal.
    #[track_caller]
    pub fn signal(&self, expected: i32) -> &Self {
        assert!(self.status.signal() == Some(expected), "expected an end by signal {expected}\n{self}");
        self
    }

    /// It printed exactly `expected` on stdout.
    #[track_caller]
    pub fn stdout_is(&self, expected: &str) -> &Self {
        assert!(self.stdout == expected, "expected exactly this on stdout:\n{expected}\n{self}");
        self
    }

    /// It printed exactly `expected` on stderr.
    #[track_caller]
    pub fn stderr_is(&self, expected: &str) -> &Self {
        assert!(self.stderr == expected, "expected exactly this on stderr:\n{expected}\n{self}");
        self
    }

    /// `text` is in what it printed on stdout.
    #[track_caller]
    pub fn stdout_has(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text), "expected on stdout: {text:?}\n{self}");
        self
    }

    /// `text` is in what it printed on stderr.
    #[track_caller]
    pub fn stderr_has(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "expected on stderr: {text:?}\n{self}");
        self
    }

    /// `text` is nowhere in what it printed on stdout.
    #[track_caller]
    pub fn stdout_lacks(&self, text: &str) -> &Self {
        assert!(!self.stdout.contains(text), "unexpected on stdout: {text:?}\n{self}");
        self
    }

    /// `text` is nowhere in what it printed on stderr.
    #[track_caller]
    pub fn stderr_lacks(&self, text: &str) -> &Self {
        assert!(!self.stderr.contains(text), "unexpected on stderr: {text:?}\n{self}");
        self
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "$ {}\n{}", self.command, self.status)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            writeln!(formatter, "--- {name}\n{}", text.trim_end_matches('\n'))?;
        }
        formatter.write_str("---")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome {
        let output =
            Output { status: ExitStatus::from_raw(3 << 8), stdout: b"out\n".into(), stderr: b"err\n".into() };
        Outcome::new("garment list".to_owned(), &output)
    }

    #[test]
    fn passes_what_is_so() {
        let outcome = outcome();
        outcome
            .code(3)
            .stdout_is("out\n")
            .stderr_is("err\n")
            .stdout_has("ou")
            .stderr_has("er")
            .stdout_lacks("err");
    }

    #[test]
    fn shows_everything() {
        let shown = "$ garment list\nexit status: 3\n--- stdout\nout\n--- stderr\nerr\n---";
        assert_eq!(outcome().to_string(), shown);
    }

    #[test]
    #[should_panic(expected = "expected exit code 0\n$ garment list")]
    fn fails_on_another_code() {
        outcome().code(0);
    }

    #[test]
    #[should_panic(expected = "unexpected on stderr: \"err\"")]
    fn fails_on_what_should_not_be_there() {
        outcome().stderr_lacks("err");
    }
}
