use std::time::Instant;

use futures_util::future::join_all;
use tokio::sync::watch;

use super::{Interrupt, Means};
use crate::event::{Exit, HostName, Problem, Stream, What};
use crate::model::{Environment, Host, HostFacts};
use crate::plan::{self, Plan, survey_paths};
use crate::remote::{self, Holder};
use crate::transport::{Farewell, Login, Options, Record, Session, Signal, Step, Wish};

/// As much of a script's answer as is kept: a host that says more is broken.
pub(super) const LONGEST_ANSWER: usize = 64 * 1024 * 1024;

/// The hosts of an environment and the shells on them.
pub(super) struct Fleet {
    pub(super) names: Vec<HostName>,
    /// `None` where there is no shell, or none any more.
    pub(super) sessions: Vec<Option<Box<dyn Session>>>,
    /// Whether the last step there has written down that all is done, and has given the lock away.
    pub(super) has_left: Vec<bool>,
}

/// What hosts answered to what came with the login; nothing where nobody got in.
pub(super) type Greeted<const N: usize> = Vec<Option<Result<[Reply; N], Problem>>>;

/// What a host said when it was looked at.
pub(super) type Looked = Result<HostFacts, Problem>;

/// Whether there is a shell on a host, and if not, why.
pub(super) type LoggedIn = Result<(), Problem>;

impl Fleet {
    /// Logs in everywhere, as many at once as the transport has time for. Hosts that can't be reached are told, and their
    /// place stays empty.
    pub(super) async fn open(environment: &Environment, means: Means<'_>) -> (Self, Vec<LoggedIn>) {
        let (fleet, logged_in, _) = Self::open_asking(environment, means, |_| []).await;
        (fleet, logged_in)
    }

    /// The same; what hosts are asked first travels with the login.
    pub(super) async fn open_asking<const N: usize>(
        environment: &Environment,
        means: Means<'_>,
        first: impl Fn(&Host) -> [Step; N],
    ) -> (Self, Vec<LoggedIn>, Greeted<N>) {
        let names = crate::plan::host_names(environment);
        let options = Options { forward_agent: environment.forward_agent };
        let opened = environment.hosts.iter().zip(&names).map(async |(host, name)| {
            let first = first(host);
            let mut begun = Instant::now();
            let mut tell = |login: Login<'_>| match login {
                Login::Begins => {
                    begun = Instant::now();
                    means.teller.tell(What::Connecting { host: name.clone() });
                }
                Login::Dropped(problem) => means.teller.tell(What::Note {
                    host: Some(name.clone()),
                    text: format!("{}; trying again", problem.what),
                }),
            };
            match means.transport.open(host, options, &first, &mut tell).await {
                Ok(mut session) => {
                    means.teller.tell(What::Connected { host: name.clone(), took: begun.elapsed() });
                    let answers = if N == 0 { None } else { Some(ask_all(&mut *session, &first).await) };
                    (Some(session), (Ok(()), answers))
                }
                Err(problem) => {
                    means.teller.tell(What::Unreachable { host: name.clone(), problem: problem.clone() });
                    (None, (Err(problem), None))
                }
            }
        });
        let (sessions, answers): (_, Vec<_>) = join_all(opened).await.into_iter().unzip();
        let (logged_in, answers) = answers.into_iter().unzip();
        let has_left = vec![false; names.len()];
        (Self { names, sessions, has_left }, logged_in, answers)
    }

    /// Logs in everywhere and looks at every host that lets us in.
    pub(super) async fn open_and_look(environment: &Environment, means: Means<'_>) -> (Self, Vec<Looked>) {
        let look = |host: &Host| [look_step(environment, host)];
        let (fleet, logged_in, answers) = Self::open_asking(environment, means, look).await;
        let looked = logged_in.into_iter().zip(answers).map(|(login, answers)| {
            login?;
            let Some(answers) = answers else { unreachable!("whoever let us in was asked") };
            let [reply] = answers?;
            remote::parse_survey(&reply.into_answer()?).map_err(|bad| unreadable(&bad))
        });
        let looked = looked.collect();
        (fleet, looked)
    }

    /// Looks at every host that has a shell.
    pub(super) async fn look(&mut self, environment: &Environment) -> Vec<Looked> {
        let looks =
            self.sessions.iter_mut().zip(&environment.hosts).map(async |(session, host)| match session {
                Some(session) => {
                    let answer = ask(&mut **session, &look_step(environment, host)).await?;
                    remote::parse_survey(&answer).map_err(|bad| unreadable(&bad))
                }
                None => Err(Problem { what: "there is no shell".into(), remedy: String::new() }),
            });
        join_all(looks).await
    }

    /// Says to hosts that wait that somebody is there.
    pub(super) async fn beat(&mut self) {
        join_all(self.sessions.iter_mut().flatten().map(|session| session.beat())).await;
    }

    /// From here on every host keeps a record of the operation.
    pub(super) fn record(&mut self, environment: &Environment, plan: &Plan, holder: &Holder) {
        let plan::Record { operation, attempt, info, .. } = &plan.record;
        for ((session, host), info) in self.sessions.iter_mut().zip(&environment.hosts).zip(info) {
            if let Some(session) = session {
                session.record(Record {
                    begin: remote::begin(operation, *attempt, info, &holder.doing),
                    attach: remote::attach(&survey_paths(environment, host), holder, operation, *attempt),
                    patience: plan.reconnect_timeout,
                });
            }
        }
    }

    /// Ends all shells, side by side.
    pub(super) async fn close(self) {
        join_all(self.sessions.into_iter().flatten().map(|session| session.close(Farewell::Plain))).await;
    }

    /// The same once the operation has ended: each is given `last` before, unless all is `done` and every host has written
    /// that down for its part.
    pub(super) async fn close_with(self, last: &str, done: bool) {
        let farewell = if done && self.has_left.iter().all(|has_left| *has_left) {
            Farewell::Said
        } else {
            Farewell::Saying(last.to_owned())
        };
        let sessions = self.sessions.into_iter().flatten();
        join_all(sessions.map(|session| session.close(farewell.clone()))).await;
    }
}

/// Runs one script and gives its answer.
pub(super) async fn ask(session: &mut dyn Session, step: &Step) -> Result<Vec<u8>, Problem> {
    let [reply] = ask_all(session, std::array::from_ref(step)).await?;
    reply.into_answer()
}

/// What a script left.
#[derive(Default)]
pub(super) struct Reply {
    pub(super) answer: Vec<u8>,
    said: Vec<u8>,
    pub(super) exit: Option<Exit>,
}

impl Reply {
    /// Its answer, if it succeeded; else what was wrong.
    pub(super) fn into_answer(self) -> Result<Vec<u8>, Problem> {
        match self.exit {
            Some(exit) if exit.ok() => Ok(self.answer),
            _ => Err(script_problem(&self.answer).unwrap_or_else(|| broken_script(self.exit, &self.said))),
        }
    }
}

/// Runs scripts one after the other, as long as they succeed, and gives what each left.
pub(super) async fn ask_all<const N: usize>(
    session: &mut dyn Session,
    steps: &[Step; N],
) -> Result<[Reply; N], Problem> {
    let mut replies = std::array::from_fn(|_| Reply::default());
    // Looking changes nothing, so it may always run to its end.
    let (_go, wish) = watch::channel(Wish::Go);
    session
        .run(steps, wish, &mut |signal| match signal {
            Signal::Output(index, stream, bytes) => {
                let reply: &mut Reply = &mut replies[index];
                let kept = if stream == Stream::Stdout { &mut reply.answer } else { &mut reply.said };
                if kept.len() < LONGEST_ANSWER {
                    kept.extend(bytes);
                }
            }
            Signal::End(index, exit) => replies[index].exit = Some(exit),
            // They run again from the first one on.
            Signal::Reconnected(_) => replies = std::array::from_fn(|_| Reply::default()),
            _ => {}
        })
        .await
        .map_err(|lost| lost.problem)?;
    Ok(replies)
}

/// What a script that failed says was wrong.
pub(super) fn script_problem(answer: &[u8]) -> Option<Problem> {
    remote::parse_problems(answer).ok()?.into_iter().next()
}

/// A look at a host before anything is known of it.
pub(super) fn look_step(environment: &Environment, host: &Host) -> Step {
    Step::script("look at the host", remote::survey(&survey_paths(environment, host)))
}

pub(super) fn unreadable(bad: &remote::BadRecords) -> Problem {
    Problem {
        what: bad.to_string(),
        remedy: "does a profile script there print something for every shell?".into(),
    }
}

fn broken_script(exit: Option<Exit>, said: &[u8]) -> Problem {
    let text = String::from_utf8_lossy(said);
    let last =
        text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it printed nothing").to_owned();
    let status = exit.map_or_else(|| "did not run".to_owned(), |exit| format!("exited with {}", exit.0));
    Problem { what: format!("garment's script {status} there: {last}"), remedy: String::new() }
}

/// Waits for a future unless people want to stop first.
pub(super) async fn unless_interrupted<T>(
    interrupt: &Interrupt,
    future: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        biased;
        () = interrupt.raised() => None,
        value = future => Some(value),
    }
}
