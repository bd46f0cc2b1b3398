use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::Instant;

use super::batch::Unknown;
use super::openssh::{Way, pause};
use super::shell::{Broken, Shell, ToRun};
use super::{Farewell, Lost, Record, Session, Signal, Step, Tell, Wish};
use crate::event::{Problem, Stream};

/// The longest pause between two tries to connect again.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a host may take to say how it is taken over, once there is a connection.
const ATTACH: Duration = Duration::from_secs(60);

/// A session that outlives its connections.
///
/// What the host records of a step is what is told of it, however often the connection is lost: the same batch is sent
/// again, and the host follows what has begun and runs what has not (`session.sh`).
pub(super) struct Lasting {
    way: Way,
    /// `None` once nothing more can be had there.
    shell: Option<Shell>,
    record: Option<Record>,
    /// Whether the host was told to begin its records.
    begun: bool,
}

/// What was told of a batch so far.
#[derive(Default)]
pub(super) struct Told {
    /// The step that runs, or that runs next.
    pub(super) at: usize,
    begun: bool,
    /// Bytes of each of its outputs.
    pub(super) bytes: [u64; 2],
    /// A step failed, and was the last one.
    pub(super) failed: bool,
}

impl Lasting {
    pub(super) fn new(way: Way, shell: Shell) -> Self {
        Self { way, shell: Some(shell), record: None, begun: false }
    }

    async fn run_all(
        &mut self,
        steps: &[Step],
        mut wish: watch::Receiver<Wish>,
        tell: Tell<'_>,
    ) -> Result<(), Lost> {
        if *wish.borrow() > Wish::Go {
            return Ok(());
        }
        let recorded = steps.iter().any(|step| step.name.is_some());
        let mut told = Told::default();
        loop {
            let Some(shell) = &mut self.shell else { return Err(gone(no_shell())) };
            let begin = self.record.as_ref().filter(|_| recorded && !self.begun);
            self.begun |= begin.is_some();
            let run = ToRun {
                begin: begin.map(|record| record.begin.as_str()),
                steps,
                from: told.at,
                told: told.bytes,
            };
            let broken = match shell.run(run, &mut wish, &mut |signal| told.take(signal, tell)).await {
                Ok(()) => return Ok(()),
                Err(broken) => broken,
            };
            let problem = match broken {
                Broken::Unknown(why) => return Err(Lost { problem: unknown(why), shell_lives: true }),
                Broken::Connection(problem) => problem,
            };
            self.shell = None;
            let Some(record) = self.record.clone().filter(|_| self.begun) else { return Err(gone(problem)) };
            tell(Signal::Disconnected(&problem));
            let since = Instant::now();
            self.shell = Some(self.connect_again(&record, &mut wish, problem).await?);
            tell(Signal::Reconnected(since.elapsed()));
            if told.failed || told.at == steps.len() {
                return Ok(());
            }
            if !recorded {
                told = Told::default();
            }
        }
    }

    /// Tries until there is a shell again that has taken over.
    async fn connect_again(
        &self,
        record: &Record,
        wish: &mut watch::Receiver<Wish>,
        why: Problem,
    ) -> Result<Shell, Lost> {
        let deadline = Instant::now() + record.patience;
        let mut last = why;
        for tries in 1.. {
            let attempt = async {
                let mut shell = self.way.log_in(&[], &mut |_| {}).await?;
                let answer = tokio::time::timeout(ATTACH, attach(&mut shell, &record.attach)).await;
                answer.unwrap_or_else(|_| Ok(Err(silent()))).map(|taken| taken.map(|()| shell))
            };
            tokio::select! {
                biased;
                () = given_up(wish) => {
                    return Err(gone(Problem { what: format!("{}; it was not tried again", last.what), ..last }));
                }
                tried = tokio::time::timeout_at(deadline, attempt) => match tried {
                    Ok(Ok(Ok(shell))) => return Ok(shell),
                    Ok(Ok(Err(refused))) => return Err(gone(refused)),
                    Ok(Err(problem)) => last = problem,
                    Err(_) => {}
                },
            }
            let next = Instant::now() + pause(tries, LONGEST_PAUSE).min(LONGEST_PAUSE);
            if next >= deadline {
                break;
            }
            tokio::select! {
                () = given_up(wish) => {}
                () = tokio::time::sleep_until(next) => {}
            }
        }
        let after = record.patience.as_secs();
        Err(gone(Problem {
            what: format!(
                "the connection was lost and could not be made again within {after} s: {}",
                last.what
            ),
            remedy: "what was running there runs on, and nothing further starts; look before you go on"
                .into(),
        }))
    }
}

/// Whether the host lets itself be taken over; the outer error is a connection that was lost again.
async fn attach(shell: &mut Shell, text: &str) -> Result<Result<(), Problem>, Problem> {
    let steps = [Step::here("take over", text.to_owned())];
    let (_go, mut wish) = watch::channel(Wish::Go);
    let (mut answer, mut ok) = (Vec::new(), false);
    let run = ToRun { begin: None, steps: &steps, from: 0, told: [0, 0] };
    let ran = shell
        .run(run, &mut wish, &mut |signal| match signal {
            Signal::Output(_, Stream::Stdout, bytes) => answer.extend_from_slice(bytes),
            Signal::End(_, exit) => ok = exit.ok(),
            _ => {}
        })
        .await;
    match ran {
        Err(Broken::Connection(problem)) => Err(problem),
        Ok(()) if ok => Ok(Ok(())),
        Ok(()) | Err(Broken::Unknown(_)) => {
            let said = crate::remote::parse_problems(&answer).ok().and_then(|said| said.into_iter().next());
            Ok(Err(said.unwrap_or_else(|| unknown(Unknown::Taken))))
        }
    }
}

async fn given_up(wish: &mut watch::Receiver<Wish>) {
    if wish.wait_for(|wish| *wish >= Wish::Terminate).await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl Told {
    pub(super) fn take(&mut self, signal: Signal<'_>, tell: Tell<'_>) {
        match signal {
            Signal::Begin(index) => {
                // What is followed begins once more.
                if self.at == index && self.begun {
                    return;
                }
                *self = Self { at: index, begun: true, ..Self::default() };
            }
            // Before that it is a daemon's of a former step, and in no record.
            Signal::Output(_, stream, bytes) if self.begun => {
                self.bytes[usize::from(stream == Stream::Stderr)] += bytes.len() as u64;
            }
            Signal::End(index, exit) => {
                *self = Self { at: index + 1, failed: !exit.ok(), ..Self::default() };
            }
            _ => {}
        }
        tell(signal);
    }
}

fn gone(problem: Problem) -> Lost {
    Lost { problem, shell_lives: false }
}

fn no_shell() -> Problem {
    Problem { what: "there is no shell any more".into(), remedy: String::new() }
}

fn silent() -> Problem {
    Problem {
        what: format!("it did not say within {} seconds how things stand there", ATTACH.as_secs()),
        remedy: "look at it by hand".into(),
    }
}

fn unknown(why: Unknown) -> Problem {
    match why {
        Unknown::Unrecorded => Problem {
            what: "it is not known how it ended: garment's shell there was killed".into(),
            remedy: "what was running there may still be running: look before you try again".into(),
        },
        Unknown::Taken => Problem {
            what: "another operation took the lock while the connection was lost".into(),
            remedy: "see what it did before you go on".into(),
        },
    }
}

impl Session for Lasting {
    fn run<'a>(
        &'a mut self,
        steps: &'a [Step],
        wish: watch::Receiver<Wish>,
        tell: Tell<'a>,
    ) -> BoxFuture<'a, Result<(), Lost>> {
        Box::pin(self.run_all(steps, wish, tell))
    }

    fn record(&mut self, record: Record) {
        self.record = Some(record);
    }

    fn beat(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            if let Some(shell) = &mut self.shell {
                shell.beat().await;
            }
        })
    }

    fn close(self: Box<Self>, farewell: Farewell) -> BoxFuture<'static, ()> {
        let farewell = match farewell {
            Farewell::Saying(_) if !self.begun => Farewell::Plain,
            farewell => farewell,
        };
        Box::pin(async move {
            if let Some(shell) = self.shell {
                shell.close(farewell).await;
            }
        })
    }
}
