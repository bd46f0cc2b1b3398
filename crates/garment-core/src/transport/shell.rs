use std::fmt::Write as _;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::watch;
use tokio::time::Instant;

use super::batch::Batch;
use super::demux::{Demux, Piece};
use super::{Session, Signal, Step, Wish, login};
use crate::event::{Problem, Stream};
use crate::model::Destination;
use crate::remote::quote;

const SESSION: &str = include_str!("session.sh");
/// How long a shell that was told to go may take before it is killed.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long ssh may take to end by itself after that.
const LINGER: Duration = Duration::from_millis(200);
/// Bytes read at a time from each output.
const BUFFER: usize = 16 * 1024;
/// As much of what comes before the first mark (banners, profile scripts) as can matter for an error message.
const NOISE: usize = 64 * 1024;

/// A `sh` at the other end of three pipes, whatever carries them.
pub(super) struct Shell {
    child: Child,
    /// `None` once the shell was told that nothing more comes.
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    stderr: ChildStderr,
    out: Demux,
    err: Demux,
    out_buffer: Vec<u8>,
    err_buffer: Vec<u8>,
    /// When stderr came to its end: nobody writes there any more.
    err_ended: Option<Instant>,
    /// What is still to be written.
    pending: Vec<u8>,
    mark: String,
    /// Ends here-documents. Not the mark: what runs on the host may see its own text.
    fence: String,
}

/// What became of a read.
enum Read {
    Pieces(Stream, Vec<Piece>),
    Wish,
    Gone,
}

impl Shell {
    /// Sends the session's beginnings to a child that is, or leads to, a shell, and waits for its answer.
    pub(super) async fn open(mut child: Child, destination: &Destination) -> Result<Self, Problem> {
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            unreachable!("the caller asks for three pipes");
        };
        let (mark, fence) = (random_word("garment-mark-")?, random_word("GARMENT_END_")?);
        let mut shell = Self {
            child,
            stdin: Some(stdin),
            stdout,
            stderr,
            out: Demux::new(&mark),
            err: Demux::new(&mark),
            out_buffer: vec![0; BUFFER],
            err_buffer: vec![0; BUFFER],
            err_ended: None,
            // The first line is for a start-up file that reads one: bash reads `.bashrc` where sshd starts it.
            pending: format!("\ng_mark={mark}\n{SESSION}").into_bytes(),
            mark,
            fence,
        };
        let (mut heard_out, mut heard_err) = (false, false);
        let mut noise = Vec::new();
        while !(heard_out && heard_err) {
            match shell.read(None).await {
                Read::Pieces(stream, pieces) => {
                    for piece in pieces {
                        match (piece, stream) {
                            (Piece::Mark(_), Stream::Stdout) => heard_out = true,
                            (Piece::Mark(_), Stream::Stderr) => heard_err = true,
                            (Piece::Data(data), _) if noise.len() < NOISE => noise.extend(data),
                            (Piece::Data(_), _) => {}
                        }
                    }
                }
                Read::Wish => {}
                Read::Gone => {
                    noise.extend(shell.out.rest());
                    let (rest, status) = shell.last_words().await;
                    noise.extend(rest);
                    return Err(login::failed(destination, &noise, status));
                }
            }
        }
        Ok(shell)
    }

    /// Waits for something to read or a changed wish, writing meanwhile what is pending.
    async fn read(&mut self, mut wish: Option<&mut watch::Receiver<Wish>>) -> Read {
        loop {
            let wished = async {
                match &mut wish {
                    Some(wish) => wish.changed().await.is_ok(),
                    None => false,
                }
            };
            let write = async {
                match &mut self.stdin {
                    Some(stdin) if !self.pending.is_empty() => stdin.write(&self.pending).await,
                    _ => std::future::pending().await,
                }
            };
            let err_ended = self.err_ended;
            let waited = async {
                match err_ended {
                    Some(at) => tokio::time::sleep_until(at + GOODBYE).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                read = self.stdout.read(&mut self.out_buffer) => return match read {
                    Ok(0) | Err(_) => Read::Gone,
                    Ok(n) => Read::Pieces(Stream::Stdout, self.out.feed(&self.out_buffer[..n])),
                },
                read = self.stderr.read(&mut self.err_buffer), if self.err_ended.is_none() => match read {
                    // What is on its way on stdout is still to be heard.
                    Ok(0) | Err(_) => self.err_ended = Some(Instant::now()),
                    Ok(n) => return Read::Pieces(Stream::Stderr, self.err.feed(&self.err_buffer[..n])),
                },
                () = waited => return Read::Gone,
                true = wished => return Read::Wish,
                written = write => match written {
                    Ok(n) => drop(self.pending.drain(..n)),
                    // The reading side will find out, and has the reason.
                    Err(_) => self.stdin = None,
                },
            }
        }
    }

    /// What a child that is about to end still says, and how it ends.
    async fn last_words(&mut self) -> (Vec<u8>, Option<i32>) {
        self.stdin = None;
        let mut words = self.err.rest();
        let rest = async {
            let _ = self.stderr.read_to_end(&mut words).await;
            self.child.wait().await.ok().and_then(|status| status.code())
        };
        // Bounded: a ControlPersist master that ssh started keeps its stderr open for as long as it lives.
        let status = tokio::time::timeout(GOODBYE, rest).await.unwrap_or(None);
        (words, status)
    }

    /// The shell text of a batch.
    fn batch(&self, steps: &[Step]) -> String {
        let mut text = String::from("{ g_open\n");
        for (index, step) in steps.iter().enumerate() {
            let words = step.interpreter.as_words();
            let _ = write!(text, "{} {index}", if words.is_empty() { "g_here" } else { "g_step" });
            for word in words {
                let _ = write!(text, " {}", quote(word));
            }
            let and = if index + 1 < steps.len() { " &&" } else { "" };
            let (fence, mark) = (&self.fence, &self.mark);
            let _ = write!(text, " 3<<'{fence}'{and}\n{mark}\nexec 3<&-\n{}\n{fence}\n", step.text);
        }
        text.push_str("g_close\n}\n");
        text
    }

    async fn hear_bye(&mut self) {
        loop {
            match self.read(None).await {
                Read::Pieces(_, pieces) if pieces.contains(&Piece::Mark("bye".into())) => return,
                Read::Pieces(..) | Read::Wish => {}
                Read::Gone => return,
            }
        }
    }

    async fn lost(&mut self) -> Problem {
        let (words, _) = self.last_words().await;
        let words = String::from_utf8_lossy(&words).into_owned();
        let last = words.lines().rev().map(str::trim).find(|line| !line.is_empty());
        Problem {
            what: last
                .map_or("the connection was lost".into(), |line| format!("the connection was lost: {line}")),
            remedy: "what was running there may still be running: look before you try again".into(),
        }
    }

    async fn run_batch(
        &mut self,
        steps: &[Step],
        mut wish: watch::Receiver<Wish>,
        tell: &mut (dyn FnMut(Signal<'_>) + Send),
    ) -> Result<(), Problem> {
        if *wish.borrow() > Wish::Go {
            return Ok(());
        }
        let mut progress = Batch::default();
        let batch = self.batch(steps);
        self.pending.extend_from_slice(batch.as_bytes());
        let mut sent = None;
        while !progress.done {
            let wanted = *wish.borrow_and_update();
            let newest = progress.newest.as_ref().map(|(id, _)| *id);
            // Before the first step begins the shell may not have read all of the batch, and what is sent now would
            // be taken for a part of it. A step that began while the line was on its way is to hear it, too.
            if wanted > Wish::Go && newest.is_some() && sent != Some((wanted, newest)) {
                self.pending.extend(progress.control_line(wanted).into_bytes());
                sent = Some((wanted, newest));
            }
            match self.read(Some(&mut wish)).await {
                Read::Wish => {}
                Read::Gone => {
                    progress.flush(tell);
                    return Err(self.lost().await);
                }
                Read::Pieces(stream, pieces) => {
                    for piece in pieces {
                        progress.take(stream, piece, tell);
                    }
                }
            }
        }
        self.pending.extend_from_slice(b"end\n");
        Ok(())
    }
}

impl Session for Shell {
    fn run<'a>(
        &'a mut self,
        steps: &'a [Step],
        wish: watch::Receiver<Wish>,
        tell: &'a mut (dyn FnMut(Signal<'_>) + Send),
    ) -> BoxFuture<'a, Result<(), Problem>> {
        Box::pin(self.run_batch(steps, wish, tell))
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            self.pending.extend_from_slice(b"printf '%s bye\\n' \"$g_mark\"\nexit\n");
            let _ = tokio::time::timeout(GOODBYE, self.hear_bye()).await;
            // A daemon that a task left behind keeps the outputs open, and ssh waits for them as long as it runs.
            self.stdin = None;
            let _ = tokio::time::timeout(LINGER, self.child.wait()).await;
            let _ = self.child.start_kill();
            let _ = self.child.wait().await;
        })
    }
}

/// 128 random bits behind a prefix, from the kernel.
fn random_word(prefix: &str) -> Result<String, Problem> {
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut bytes))
        .map_err(|error| Problem {
            what: format!("can't read /dev/urandom: {error}"),
            remedy: String::new(),
        })?;
    Ok(bytes.iter().fold(prefix.to_owned(), |mut word, byte| {
        let _ = write!(word, "{byte:02x}");
        word
    }))
}
