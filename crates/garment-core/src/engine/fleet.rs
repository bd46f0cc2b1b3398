use std::time::Instant;

use futures_util::future::join_all;
use tokio::sync::watch;

use super::{Interrupt, Means};
use crate::event::{Exit, HostName, Problem, Stream, What};
use crate::model::{Environment, HostFacts};
use crate::plan::survey_paths;
use crate::remote;
use crate::transport::{Interpreter, Options, Session, Signal, Step, Wish};

/// As much of a script's answer as is kept: a host that says more is broken.
pub(super) const LONGEST_ANSWER: usize = 64 * 1024 * 1024;

/// The hosts of an environment and the shells on them.
pub(super) struct Fleet {
    pub(super) names: Vec<HostName>,
    /// `None` where there is no shell, or none any more.
    pub(super) sessions: Vec<Option<Box<dyn Session>>>,
}

/// What a host said when it was looked at.
pub(super) type Looked = Result<HostFacts, Problem>;

impl Fleet {
    /// Logs in everywhere at once and looks at each host as soon as its shell is there. Hosts that can't be reached are
    /// told, and their place stays empty.
    pub(super) async fn open(environment: &Environment, means: Means<'_>) -> (Self, Vec<Looked>) {
        let names = crate::plan::host_names(environment);
        let options = Options { forward_agent: environment.forward_agent };
        let opened = environment.hosts.iter().zip(&names).map(async |(host, name)| {
            let begun = Instant::now();
            means.teller.tell(What::Connecting { host: name.clone() });
            let mut session = match means.transport.open(host, options).await {
                Ok(session) => session,
                Err(problem) => {
                    means.teller.tell(What::Unreachable { host: name.clone(), problem: problem.clone() });
                    return (None, Err(problem));
                }
            };
            means.teller.tell(What::Connected { host: name.clone(), took: begun.elapsed() });
            let look = remote::survey(&survey_paths(environment, host));
            let facts = ask(&mut *session, &look_step(look))
                .await
                .and_then(|answer| remote::parse_survey(&answer).map_err(|bad| unreadable(&bad)));
            if let Err(problem) = &facts {
                means.teller.tell(What::Unreachable { host: name.clone(), problem: problem.clone() });
            }
            (Some(session), facts)
        });
        let (sessions, looked) = join_all(opened).await.into_iter().unzip();
        (Self { names, sessions }, looked)
    }

    /// Ends all shells, side by side.
    pub(super) async fn close(self) {
        join_all(self.sessions.into_iter().flatten().map(Session::close)).await;
    }
}

/// Runs one script and gives its answer.
pub(super) async fn ask(session: &mut dyn Session, step: &Step) -> Result<Vec<u8>, Problem> {
    let reply = ask_anyhow(session, step).await?;
    match reply.exit {
        Some(exit) if exit.ok() => Ok(reply.answer),
        _ => Err(script_problem(&reply.answer).unwrap_or_else(|| broken_script(reply.exit, &reply.said))),
    }
}

/// What a script left.
pub(super) struct Reply {
    pub(super) answer: Vec<u8>,
    said: Vec<u8>,
    exit: Option<Exit>,
}

/// Runs one script and gives what it answered, whether it succeeded or not.
pub(super) async fn ask_anyhow(session: &mut dyn Session, step: &Step) -> Result<Reply, Problem> {
    let mut reply = Reply { answer: Vec::new(), said: Vec::new(), exit: None };
    // Looking changes nothing, so it may always run to its end.
    let (_go, wish) = watch::channel(Wish::Go);
    session
        .run(std::slice::from_ref(step), wish, &mut |signal| match signal {
            Signal::Output(_, Stream::Stdout, bytes) if reply.answer.len() < LONGEST_ANSWER => {
                reply.answer.extend(bytes);
            }
            Signal::Output(_, Stream::Stderr, bytes) if reply.said.len() < LONGEST_ANSWER => {
                reply.said.extend(bytes);
            }
            Signal::End(_, exit) => reply.exit = Some(exit),
            Signal::Output(..) | Signal::Begin(_) => {}
        })
        .await?;
    Ok(reply)
}

/// What a script that failed says was wrong.
pub(super) fn script_problem(answer: &[u8]) -> Option<Problem> {
    remote::parse_problems(answer).ok()?.into_iter().next()
}

pub(super) fn look_step(text: String) -> Step {
    Step { shown: "look at the host".into(), interpreter: Interpreter::sh(), text, is_script: true }
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
