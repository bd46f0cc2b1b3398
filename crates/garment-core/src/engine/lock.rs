use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::Timestamp;

use super::Means;
use super::fleet::{Fleet, Greeted, Reply, ask, ask_all, look_step, unreadable};
use crate::event::{Problem, What};
use crate::model::{Environment, Host, HostFacts};
use crate::plan::survey_paths;
use crate::remote::{self, Holder, Refusal, Where};
use crate::transport::Step;

/// How long another operator who lost the race may take to give back what it got.
const RACE: Duration = Duration::from_secs(3);
const AGAIN_IN_A_RACE: Duration = Duration::from_millis(100);
/// How often those who wait ask.
const AGAIN: Duration = Duration::from_secs(2);

/// How long to wait for another operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wait {
    /// Not at all.
    #[default]
    No,
    /// So long.
    For(Duration),
    /// As long as it takes.
    Forever,
}

/// Why the locks could not be had: the hosts, by their place, that refused.
pub(super) enum NoLock {
    Locked(Vec<(usize, Problem)>),
    /// The same for hosts that can't write the lock, or look at themselves.
    Unfit(Vec<(usize, Problem)>),
    /// The same for hosts whose connection went away.
    Gone(Vec<(usize, Problem)>),
}

/// What a host answered.
enum Answer {
    Ours(Box<HostFacts>),
    Refused(Refusal),
    /// garment has not been there, and it was asked with the login, when nothing may be made on a host.
    Unknown,
    /// It can't write the lock, or look at itself.
    Unfit(Problem),
    /// There is no shell any more.
    Gone(Problem),
}

/// Who has the lock from now on.
pub(super) fn holder(by: &str, doing: &str) -> Holder {
    let now = Timestamp::now();
    Holder {
        by: by.to_owned(),
        doing: doing.to_owned(),
        since: Some(now.as_second()),
        token: format!("{}-{}", std::process::id(), now.as_nanosecond()),
    }
}

/// What a host is asked for its lock and then, under it, what there is.
pub(super) fn lock_steps(environment: &Environment, host: &Host, holder: &Holder, on: Where) -> [Step; 2] {
    let take = remote::lock(&survey_paths(environment, host), holder, on);
    [Step::here("take the lock", take), look_step(environment, host)]
}

/// Takes the lock on every host and looks at each one under it. `greeted` is what came of asking where garment is known,
/// with the login.
///
/// All hosts are asked at once. Where two operators race and each gets some, the one that has the first host, by name,
/// insists for a moment, and the other gives back what it got: one of them wins.
pub(super) async fn lock_and_look(
    fleet: &mut Fleet,
    environment: &Environment,
    holder: &Holder,
    wait: Wait,
    means: Means<'_>,
    greeted: Greeted<2>,
) -> Result<Vec<HostFacts>, NoLock> {
    let begun = Instant::now();
    let first = (0..fleet.names.len()).min_by_key(|host| fleet.names[*host].clone());
    let mut in_the_way = Vec::new();
    let mut greeted: Option<Vec<Answer>> =
        Some(greeted.into_iter().map(|said| greeting(said, holder)).collect());
    loop {
        let mut answers = match greeted.take() {
            Some(answers) => ask_unknown(fleet, environment, holder, answers).await,
            None => ask_hosts(fleet, environment, holder, |_| true).await,
        };
        let race = Instant::now();
        while race.elapsed() < RACE
            && first.is_some_and(|first| matches!(answers[first], Answer::Ours(_)))
            && answers.iter().any(|answer| matches!(answer, Answer::Refused(Refusal::Held(_))))
        {
            tokio::time::sleep(AGAIN_IN_A_RACE).await;
            let refused: Vec<bool> =
                answers.iter().map(|answer| matches!(answer, Answer::Refused(_))).collect();
            for (host, again) in
                ask_hosts(fleet, environment, holder, |host| refused[host]).await.into_iter().enumerate()
            {
                if refused[host] {
                    answers[host] = again;
                }
            }
        }
        let refusals: Vec<(usize, &Refusal)> = answers
            .iter()
            .enumerate()
            .filter_map(|(host, answer)| match answer {
                Answer::Refused(refusal) => Some((host, refusal)),
                _ => None,
            })
            .collect();
        // Nobody waits for one host while another can't do it anyway.
        if refusals.is_empty()
            || answers.iter().any(|answer| matches!(answer, Answer::Unfit(_) | Answer::Gone(_)))
        {
            return settled(fleet, environment, all_ours(answers)?, means).await;
        }
        let problems: Vec<(usize, Problem)> =
            refusals.iter().map(|(host, refusal)| (*host, problem(refusal, &environment.name))).collect();
        give_back(fleet, &answers).await;
        let patient = match wait {
            Wait::No => false,
            Wait::For(long) => begun.elapsed() < long,
            Wait::Forever => true,
        };
        if !patient {
            return Err(NoLock::Locked(problems));
        }
        if problems != in_the_way {
            for (host, problem) in &problems {
                let text = format!("waiting: {}", problem.what);
                means.teller.tell(What::Note { host: Some(fleet.names[*host].clone()), text });
            }
            in_the_way = problems;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// A switch that nobody confirmed is taken back, whoever made it: under the lock, he can't confirm it any more.
async fn settled(
    fleet: &mut Fleet,
    environment: &Environment,
    mut facts: Vec<HostFacts>,
    means: Means<'_>,
) -> Result<Vec<HostFacts>, NoLock> {
    let names = fleet.names.clone();
    let hosts = fleet.sessions.iter_mut().zip(&environment.hosts).zip(&facts).enumerate();
    let unconfirmed = hosts.filter(|(_, (_, facts))| facts.unconfirmed.is_some());
    let asked =
        join_all(
            unconfirmed.filter_map(|(index, ((session, host), _))| {
                let session = session.as_mut()?;
                let settle =
                    Step::script("take the switch back", remote::settle(&survey_paths(environment, host)));
                Some(async move {
                    (index, ask_all(&mut **session, &[settle, look_step(environment, host)]).await)
                })
            }),
        );
    let (mut unfit, mut gone) = (Vec::new(), Vec::new());
    for (host, replies) in asked.await {
        let read = |[settled, survey]: [Reply; 2]| {
            let release = remote::parse_settle(&settled.into_answer()?).map_err(|bad| unreadable(&bad))?;
            Ok((release, remote::parse_survey(&survey.into_answer()?).map_err(|bad| unreadable(&bad))?))
        };
        match replies.map(read) {
            Ok(Ok((release, seen))) => {
                if let Some(release) = release {
                    let text = format!("the switch to {release} was never confirmed, and is taken back");
                    means.teller.tell(What::Note { host: Some(names[host].clone()), text });
                }
                facts[host] = seen;
            }
            Ok(Err(problem)) => unfit.push((host, problem)),
            Err(problem) => gone.push((host, problem)),
        }
    }
    match (gone.is_empty(), unfit.is_empty()) {
        (true, true) => Ok(facts),
        (true, false) => Err(NoLock::Unfit(unfit)),
        (false, _) => Err(NoLock::Gone(gone)),
    }
}

async fn ask_hosts(
    fleet: &mut Fleet,
    environment: &Environment,
    holder: &Holder,
    whom: impl Fn(usize) -> bool,
) -> Vec<Answer> {
    let hosts = fleet.sessions.iter_mut().zip(&environment.hosts).enumerate();
    join_all(hosts.map(async |(index, (session, host))| {
        let Some(session) = session.as_mut().filter(|_| whom(index)) else { return no_shell() };
        let steps = lock_steps(environment, host, holder, Where::Anywhere);
        read(ask_all(&mut **session, &steps).await, holder)
    }))
    .await
}

/// Where garment has not been it is asked once more, now that all hosts are there.
async fn ask_unknown(
    fleet: &mut Fleet,
    environment: &Environment,
    holder: &Holder,
    mut answers: Vec<Answer>,
) -> Vec<Answer> {
    let unknown: Vec<bool> = answers.iter().map(|answer| matches!(answer, Answer::Unknown)).collect();
    if unknown.contains(&true) {
        let asked = ask_hosts(fleet, environment, holder, |host| unknown[host]).await;
        for (host, answer) in asked.into_iter().enumerate().filter(|(host, _)| unknown[*host]) {
            answers[host] = answer;
        }
    }
    answers
}

fn greeting(said: Option<Result<[Reply; 2], Problem>>, holder: &Holder) -> Answer {
    said.map_or_else(no_shell, |said| read(said, holder))
}

fn no_shell() -> Answer {
    Answer::Gone(Problem { what: "there is no shell".into(), remedy: String::new() })
}

fn read(said: Result<[Reply; 2], Problem>, holder: &Holder) -> Answer {
    match said.map_or_else(Answer::Gone, answer) {
        // Nobody else has our token, and waiting for ourselves would take long.
        Answer::Refused(Refusal::Held(theirs)) if theirs.token == holder.token => Answer::Unfit(Problem {
            what: "another host of this environment is the same folder on the same machine".into(),
            remedy: "name each machine once, or give each its own folder, as in `deploy_dir: /srv/{host}`"
                .into(),
        }),
        answer => answer,
    }
}

fn answer([taken, survey]: [Reply; 2]) -> Answer {
    let is_ours = taken.exit.is_some_and(crate::event::Exit::ok);
    if !is_ours && remote::is_unknown_place(&taken.answer) {
        return Answer::Unknown;
    }
    if !is_ours && let Ok(Some(refusal)) = remote::parse_refusal(&taken.answer) {
        return Answer::Refused(refusal);
    }
    let looked = taken.into_answer().and_then(|_| survey.into_answer());
    let facts = looked.and_then(|answer| remote::parse_survey(&answer).map_err(|bad| unreadable(&bad)));
    facts.map_or_else(Answer::Unfit, |facts| Answer::Ours(Box::new(facts)))
}

fn all_ours(answers: Vec<Answer>) -> Result<Vec<HostFacts>, NoLock> {
    let (mut ours, mut unfit, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for (host, answer) in answers.into_iter().enumerate() {
        match answer {
            Answer::Ours(facts) => ours.push(*facts),
            Answer::Unfit(problem) => unfit.push((host, problem)),
            Answer::Gone(problem) => gone.push((host, problem)),
            // Something worse is told, or the caller would not be here.
            Answer::Refused(_) | Answer::Unknown => {}
        }
    }
    match (gone.is_empty(), unfit.is_empty()) {
        (true, true) => Ok(ours),
        (true, false) => Err(NoLock::Unfit(unfit)),
        (false, _) => Err(NoLock::Gone(gone)),
    }
}

/// Gives back what was got.
async fn give_back(fleet: &mut Fleet, answers: &[Answer]) {
    let ours = fleet.sessions.iter_mut().zip(answers).filter(|(_, answer)| matches!(answer, Answer::Ours(_)));
    join_all(ours.filter_map(|(session, _)| session.as_mut()).map(async |session| {
        // If it can't be told, its shell is gone, and the lock with it.
        let _ = ask(&mut **session, &Step::here("give the lock back", remote::unlock())).await;
    }))
    .await;
}

/// What those are told who are refused.
pub(super) fn problem(refusal: &Refusal, environment: &str) -> Problem {
    let since = |holder: &Holder| {
        let at = holder.since.and_then(|since| Timestamp::from_second(since).ok());
        at.map_or_else(String::new, |at| format!(" since {}", at.strftime("%Y-%m-%d %H:%M:%S UTC")))
    };
    let by = |holder: &Holder| if holder.by.is_empty() { "somebody".to_owned() } else { holder.by.clone() };
    match refusal {
        Refusal::Held(holder) => Problem {
            what: format!("{} is at work there{}: {}", by(holder), since(holder), holder.doing),
            remedy: "wait for it with `--wait`".into(),
        },
        Refusal::Frozen(holder) => Problem {
            what: format!("frozen by {}{}: {}", by(holder), since(holder), holder.doing),
            remedy: format!("ask, then `garment unlock {environment}`"),
        },
    }
}
