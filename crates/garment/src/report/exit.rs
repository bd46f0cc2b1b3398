use garment_core::event::{Exit, Failure};

/// A status in words: with the signal's name where shells mean one, and what the statuses that shells give themselves
/// stand for.
pub(super) fn words(exit: Exit) -> String {
    let code = exit.0;
    match (code, exit.signal()) {
        (126, _) => "exit code 126 (in a shell: found, but it can't be executed)".to_owned(),
        (127, _) => "exit code 127 (in a shell: command not found)".to_owned(),
        (137, _) => "exit code 137 (128 + 9: killed by SIGKILL, perhaps since memory ran out)".to_owned(),
        (_, Some(signal)) => match name(signal) {
            Some(name) => format!("exit code {code} (128 + {signal}: killed by {name})"),
            None => format!("exit code {code} (128 + {signal}: killed by signal {signal})"),
        },
        _ => format!("exit code {code}"),
    }
}

/// How a command ended, in words; `None` where that is not known.
pub(super) fn of(failure: &Failure) -> Option<String> {
    let exit = failure.exit?;
    Some(if failure.problem.is_some() { words_of_known(exit) } else { words(exit) })
}

/// A status whose reason is known: nothing is guessed.
pub(super) fn words_of_known(exit: Exit) -> String {
    words(exit).replace(", perhaps since memory ran out", "")
}

/// The signals that kill, with the numbers that Linux, the BSDs and macOS share; the few that differ have none.
fn name(signal: u8) -> Option<&'static str> {
    Some(match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_words() {
        for (code, want) in [
            (1, "exit code 1"),
            (255, "exit code 255"),
            (126, "exit code 126 (in a shell: found, but it can't be executed)"),
            (127, "exit code 127 (in a shell: command not found)"),
            (137, "exit code 137 (128 + 9: killed by SIGKILL, perhaps since memory ran out)"),
            (143, "exit code 143 (128 + 15: killed by SIGTERM)"),
            (162, "exit code 162 (128 + 34: killed by signal 34)"),
        ] {
            assert_eq!(words(Exit(code)), want);
        }
    }
}
