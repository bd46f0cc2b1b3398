use std::fmt::Write as _;
use std::time::Duration;

use rustix::process::{Pid, kill_process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::watch;
use tokio::time::Instant;

use super::batch::{Batch, Unknown};
use super::demux::{Demux, Piece};
use super::feed::{self, Feed, Pace};
use super::{Farewell, Signal, Step, Tell, Wish, leave, login};
use crate::event::{Problem, Stream};
use crate::model::{Bytes, Destination};
use crate::remote::quote;

/// Its last part says hello.
const SESSION: &str = concat!(
    include_str!("session/records.sh"),
    include_str!("session/parcels.sh"),
    include_str!("session.sh")
);
/// How long a shell that was told to go may take before it is killed.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long ssh may take to end once it was asked to.
const LINGER: Duration = Duration::from_millis(200);
/// Bytes read at a time from each output.
const BUFFER: usize = 16 * 1024;
/// How long after it was last heard of a recorded step is asked what it printed meanwhile.
const LOOK: Duration = Duration::from_millis(200);
/// A command that is longer goes through a process of its own there: the shell would read it byte by byte.
const LINE: usize = 512;
/// As much of what a step prints is told once it was asked to end. How it ended comes behind all that it printed, and
/// that may be more than anybody waits for.
const LAST_WORDS: usize = 64 * 1024;
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
    /// When the child ended. What it left running may keep the outputs open, and some of that runs for as long as the
    /// child is not waited for.
    exited: Option<Instant>,
    /// What is still to be written.
    pending: Vec<u8>,
    /// What comes behind that.
    feed: Option<Feed>,
    /// The batch that was sent with the login, as long as nobody has asked for it.
    ahead: Option<String>,
    /// What of it came with the greeting.
    early: Vec<(Stream, Piece)>,
    /// Ends here-documents. Not the mark: what runs on the host may see its own text.
    fence: String,
    /// How often the host hears that somebody is there.
    keepalive: Duration,
    /// When it is to hear that next.
    next_beat: Instant,
}

/// What a shell is to run in one go.
#[derive(Clone, Copy)]
pub(super) struct ToRun<'a> {
    /// Begins the records.
    pub(super) begin: Option<&'a str>,
    pub(super) steps: &'a [Step],
    /// The first of them to run.
    pub(super) from: usize,
    /// How many bytes of that one's outputs were told before.
    pub(super) told: [u64; 2],
}

/// Why a batch has no known end.
pub(super) enum Broken {
    Connection(Problem),
    Unknown(Unknown),
}

/// What became of a read.
enum Read {
    Pieces(Stream, Vec<Piece>),
    Wish,
    Gone,
}

impl Shell {
    /// Sends the session's beginnings to a child that is, or leads to, a shell, and waits for its answer. What it is to do
    /// first is sent along.
    pub(super) async fn open(
        mut child: Child,
        destination: &Destination,
        keepalive: Duration,
        first: &[Step],
    ) -> Result<Self, Problem> {
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
            exited: None,
            // The first line is for a start-up file that reads one: bash reads `.bashrc` where sshd starts it.
            pending: format!("\ng_mark={mark} g_patience={}\n{SESSION}", 3 * keepalive.as_secs())
                .into_bytes(),
            feed: None,
            ahead: None,
            early: Vec::new(),
            fence,
            keepalive,
            next_beat: Instant::now() + keepalive,
        };
        if !first.is_empty() {
            let text = shell.batch(&ToRun { begin: None, steps: first, from: 0, told: [0, 0] });
            shell.pending.extend_from_slice(text.as_bytes());
            shell.ahead = Some(text);
        }
        let (mut heard_out, mut heard_err) = (false, false);
        let mut noise = Vec::new();
        while !(heard_out && heard_err) {
            match shell.read(None).await {
                Read::Pieces(stream, pieces) => {
                    for piece in pieces {
                        match (piece, stream) {
                            (piece, Stream::Stdout) if heard_out => shell.early.push((stream, piece)),
                            (piece, Stream::Stderr) if heard_err => shell.early.push((stream, piece)),
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
            if self.pending.is_empty() {
                self.feed.take_if(|feed| !feed.fill(&mut self.pending));
            }
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
            let ended = self.err_ended.into_iter().chain(self.exited).min();
            let waited = async {
                match ended {
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
                _ = self.child.wait(), if self.exited.is_none() => self.exited = Some(Instant::now()),
                () = waited => return Read::Gone,
                true = wished => return Read::Wish,
                written = write => match written {
                    // A batch is long, and there are many hosts: once it is sent, its memory goes.
                    Ok(n) if n == self.pending.len() => self.pending = Vec::new(),
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
        let mut last = Vec::new();
        let rest = async {
            let _ = self.stderr.read_to_end(&mut last).await;
            self.child.wait().await.ok().and_then(|status| status.code())
        };
        // Bounded: a ControlPersist master that ssh started keeps its stderr open for as long as it lives.
        let status = tokio::time::timeout(GOODBYE, rest).await.unwrap_or(None);
        let pieces = self.err.feed(&last).into_iter();
        let mut words = pieces.fold(Vec::new(), |words, piece| match piece {
            Piece::Data(data) => [words, data].concat(),
            Piece::Mark(_) => words,
        });
        words.extend(self.err.rest());
        (words, status)
    }

    /// The shell text of a batch.
    fn batch(&self, run: &ToRun<'_>) -> String {
        let fence = &self.fence;
        if feed::is_fed(run.steps) {
            return feed::batch(run);
        }
        let mut text = String::from("{ g_open\n");
        if let Some(begin) = run.begin {
            // Writing to a String can't fail.
            let _ = write!(text, "{{ {begin}\n}} || g_say unrecorded\n");
        }
        let last = run.steps.len() - 1;
        for (index, step) in run.steps.iter().enumerate().skip(run.from) {
            let words = step.interpreter.as_words();
            let and = if index < last { " &&" } else { "" };
            if words.is_empty() {
                let _ = writeln!(
                    text,
                    "g_here {index} && {{ {{ {}\n}}; g_ended_on_both \"$?\"; }}{and}",
                    step.text
                );
                continue;
            }
            let name = step.name.as_deref().unwrap_or("-");
            let limit = step.limit.map_or(0, |limit| limit.as_secs().max(1));
            let from_here = if step.is_first { "+" } else { "" };
            let [out, err] = if index == run.from { run.told } else { [0, 0] };
            let what = if step.is_script {
                "script"
            } else if is_plain_line(&step.text) {
                "line"
            } else {
                "command"
            };
            let _ = write!(text, "g_step {index} {what} {} {from_here}{limit} {out} {err}", quote(name));
            for word in words.iter().filter(|_| !step.is_script) {
                let _ = write!(text, " {}", quote(word));
            }
            let _ = write!(text, " 3<<'{fence}'{and}\nexec 3<&-\n{}\n{fence}\n", step.text);
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

    async fn lost(&mut self, mut words: Vec<u8>) -> Problem {
        words.extend(self.last_words().await.0);
        let words = String::from_utf8_lossy(&words).into_owned();
        let last = words.lines().rev().map(str::trim).find(|line| !line.is_empty());
        Problem {
            what: last
                .map_or("the connection was lost".into(), |line| format!("the connection was lost: {line}")),
            remedy: "what was running there may still be running: look before you try again".into(),
        }
    }

    /// Runs a batch, or what is left of it.
    pub(super) async fn run(
        &mut self,
        run: ToRun<'_>,
        wish: &mut watch::Receiver<Wish>,
        tell: Tell<'_>,
    ) -> Result<(), Broken> {
        let mut progress = Batch::default();
        let batch = self.batch(&run);
        match self.ahead.take() {
            Some(sent) => debug_assert_eq!(sent, batch, "something else was sent with the login"),
            None => self.pending.extend_from_slice(batch.as_bytes()),
        }
        for (stream, piece) in std::mem::take(&mut self.early) {
            progress.take(stream, piece, tell);
        }
        let mut sent = None;
        let (fed, mut pace) = (feed::is_fed(run.steps), Pace::default());
        let mut last_words = LAST_WORDS;
        let mut next_look = Instant::now() + LOOK;
        self.next_beat = Instant::now() + self.keepalive;
        while !progress.done {
            let wanted = *wish.borrow_and_update();
            let newest = progress.newest.as_ref().map(|newest| newest.id);
            let looked_at = progress.to_look_at().filter(|_| !fed);
            // Before the first step begins the shell may not have read all of the batch, and what is sent now would
            // be taken for a part of it. A step that began while the line was on its way is to hear it, too.
            if wanted > Wish::Go && !fed && newest.is_some() && sent != Some((wanted, newest)) {
                self.pending.extend(progress.control_line(wanted).into_bytes());
                sent = Some((wanted, newest));
            }
            let due = if looked_at.is_some() { next_look.min(self.next_beat) } else { self.next_beat };
            let Ok(read) = tokio::time::timeout_at(due, self.read(Some(&mut *wish))).await else {
                if Instant::now() >= self.next_beat {
                    if newest.is_some() && !fed {
                        self.pending.extend_from_slice(b"beat\n");
                    }
                    self.next_beat = Instant::now() + self.keepalive;
                } else {
                    self.pending.extend_from_slice(b"look\n");
                    if let Some(newest) = &mut progress.newest {
                        newest.may_look = false;
                    }
                }
                continue;
            };
            match read {
                Read::Wish => {}
                Read::Gone => {
                    // What is recorded comes again.
                    if run.steps.iter().all(|step| step.name.is_none()) {
                        progress.flush(tell);
                    }
                    return Err(Broken::Connection(self.lost(progress.noise).await));
                }
                Read::Pieces(stream, pieces) => {
                    for piece in pieces {
                        if let Piece::Mark(mark) = &piece
                            && let Some((index, offset)) = feed::wanted(mark).filter(|_| fed)
                        {
                            tell(Signal::Arrived(index, Bytes(offset)));
                            let (line, next) = feed::answer(run.steps.get(index), offset, wanted, &mut pace);
                            self.pending.extend(line.into_bytes());
                            self.feed = next;
                            continue;
                        }
                        if let Piece::Data(data) = &piece
                            && wanted >= Wish::Terminate
                        {
                            last_words = last_words.saturating_sub(data.len());
                            if last_words == 0 {
                                continue;
                            }
                        }
                        progress.take(stream, piece, tell);
                    }
                }
            }
            if progress.to_look_at() != looked_at {
                next_look = Instant::now() + LOOK;
            }
        }
        if last_words == 0 {
            tell(Signal::CutShort);
        }
        self.pending.extend_from_slice(b"end\n");
        progress.unknown.map_or(Ok(()), |unknown| Err(Broken::Unknown(unknown)))
    }

    /// Says to a shell that waits for the next batch that somebody is there.
    pub(super) async fn beat(&mut self) {
        if Instant::now() < self.next_beat {
            return;
        }
        self.next_beat = Instant::now() + self.keepalive;
        self.pending.extend_from_slice(b"g_beat\n");
        if let Some(stdin) = &mut self.stdin {
            let written = tokio::time::timeout(LINGER, stdin.write(&self.pending)).await;
            if let Ok(Ok(n)) = written {
                self.pending.drain(..n);
            }
        }
    }

    /// Ends the shell. What came over the connection counts, not how that ends: nobody waits for a round trip more.
    pub(super) async fn close(mut self, farewell: Farewell) {
        if farewell != Farewell::Said {
            // One that a former session's shell is in the way of ends it first.
            self.pending.extend_from_slice(b"[ -z \"$g_former\" ] || g_settle\n");
            let last = match farewell {
                Farewell::Saying(last) => leave(&last),
                _ => leave(":"),
            };
            self.pending.extend(format!("{last}\nprintf '%s bye\\n' \"$g_mark\"\nexit\n").into_bytes());
            let _ = tokio::time::timeout(GOODBYE, self.hear_bye()).await;
        }
        self.stdin = None;
        // An ssh that others share the connection with would wait for them, and for what runs on at the other end.
        // SIGTERM lets it take its socket away.
        let pid = self.child.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?));
        if let Some(pid) = pid {
            let _ = kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = tokio::time::timeout(LINGER, self.child.wait()).await;
        let _ = self.child.start_kill();
        let _ = self.child.wait().await;
    }
}

/// Whether a shell can read it line by line without a process, and without a doubt about any of its bytes.
fn is_plain_line(text: &str) -> bool {
    text.len() <= LINE && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
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
