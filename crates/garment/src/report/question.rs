//! A question to whoever sits at the terminal.

use std::io::{BufRead as _, Write as _};

use garment_core::engine::Interrupt;
use tokio::sync::oneshot;

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// `y` or `yes`.
    Yes,
    /// `n`, `no`, nothing, or nobody is there any more.
    No,
    /// They want to stop.
    Interrupted,
}

/// Asks on standard error, so that it is seen where standard output goes elsewhere, until there is an answer.
pub async fn ask(question: &str, interrupt: &Interrupt) -> Answer {
    // What was typed before the question was there is no answer to it.
    let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
    loop {
        write(&format!("{question} [y/N] "));
        let (told, line) = oneshot::channel();
        // Nothing can end a thread that reads. It ends with the program.
        std::thread::spawn(move || told.send(read_line()));
        let line = tokio::select! {
            biased;
            () = interrupt.raised() => {
                write("\n");
                return Answer::Interrupted;
            }
            line = line => line.ok().flatten(),
        };
        let Some(line) = line else {
            write("\n");
            return Answer::No;
        };
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Answer::Yes,
            "" | "n" | "no" => return Answer::No,
            _ => write("Answer with y or n.\n"),
        }
    }
}

/// `None` where there is no more to come.
fn read_line() -> Option<String> {
    let mut line = Vec::new();
    let read = std::io::stdin().lock().read_until(b'\n', &mut line);
    read.ok().filter(|length| *length > 0).map(|_| String::from_utf8_lossy(&line).into_owned())
}

fn write(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "{text}").and_then(|()| err.flush());
}
