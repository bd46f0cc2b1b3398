use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use super::ask::{not_started, without_password};
use super::{NoCommit, Tell};
use crate::event::Problem;

/// How long git may say nothing at all while it fetches.
const SILENCE: Duration = Duration::from_secs(300);

/// Listens to a git that tells how far it is.
pub(super) struct Listener<'a> {
    shown: String,
    tell: Tell<'a>,
}

impl<'a> Listener<'a> {
    pub(super) fn new(url: &str, tell: Tell<'a>) -> Self {
        Self { shown: without_password(url), tell }
    }

    /// Runs it to its end. What it says of how far it is is told and not kept.
    pub(super) async fn output(&self, mut git: Command) -> Result<Output, NoCommit> {
        git.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = git.spawn().map_err(|error| NoCommit::Unreachable(not_started(&error)))?;
        let Some(mut stderr) = child.stderr.take() else { unreachable!("it was asked for") };
        let (mut kept, mut line, mut buffer) = (Vec::new(), Vec::new(), [0; 4096]);
        loop {
            match tokio::time::timeout(SILENCE, stderr.read(&mut buffer)).await {
                Err(_) => {
                    return Err(NoCommit::Unreachable(Problem {
                        what: format!("{} sent nothing for {} s", self.shown, SILENCE.as_secs()),
                        remedy: "see whether `git clone` gets on from here".into(),
                    }));
                }
                Ok(Ok(0) | Err(_)) => break,
                Ok(Ok(n)) => {
                    for byte in &buffer[..n] {
                        match byte {
                            b'\r' => self.take(&std::mem::take(&mut line)),
                            b'\n' => {
                                line.push(b'\n');
                                kept.append(&mut line);
                            }
                            _ => line.push(*byte),
                        }
                    }
                }
            }
        }
        kept.append(&mut line);
        let status = child.wait().await.map_err(|error| NoCommit::Unreachable(not_started(&error)))?;
        Ok(Output { status, stdout: Vec::new(), stderr: kept })
    }

    fn take(&self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim().trim_start_matches("remote: ");
        if !text.is_empty() {
            (self.tell)(text);
        }
    }
}
