use futures_util::future::join_all;
use jiff::Timestamp;

use super::Means;
use super::fleet::{Fleet, ask, ask_all, look_step, unless_interrupted, unreadable};
use super::lock::problem;
use crate::event::{HostName, Problem};
use crate::model::{Environment, HostFacts, Setting};
use crate::plan::{Scope, from_the_future, survey_paths};
use crate::remote::{self, Check, Recorded, Refusal, Standing};
use crate::transport::Step;

/// What came of looking at a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected<T> {
    /// Which host.
    pub host: HostName,
    /// What was found, or why nobody could look.
    pub found: Result<T, Problem>,
}

/// Looks at every host; changes nothing. `None` when people stopped it.
pub async fn survey(environment: &Environment, means: Means<'_>) -> Option<Vec<Inspected<HostFacts>>> {
    let look = async {
        let (fleet, looked) = Fleet::open_and_look(environment, means).await;
        let names = fleet.names.clone();
        fleet.close().await;
        names.into_iter().zip(looked).map(|(host, found)| Inspected { host, found }).collect()
    };
    unless_interrupted(means.interrupt, look).await
}

/// What is on every host, who is at work there, and the newest operation that it has a record of; changes nothing. `None`
/// when people stopped it.
pub async fn status(
    environment: &Environment,
    means: Means<'_>,
) -> Option<Vec<Inspected<(HostFacts, Standing, Vec<Recorded>)>>> {
    let look = async {
        let (mut fleet, logged_in) = Fleet::open(environment, means).await;
        let hosts = fleet.sessions.iter_mut().zip(&environment.hosts).zip(logged_in);
        let found = join_all(hosts.map(async |((session, host), login)| {
            login?;
            let Some(session) = session else {
                unreachable!("a host that let us in has a shell");
            };
            let paths = survey_paths(environment, host);
            let standing = Step::script("who is at work", remote::standing(&paths));
            let records = Step::script("read the records", remote::operations(&paths, 1, false));
            let [facts, standing, records] =
                ask_all(&mut **session, &[look_step(environment, host), standing, records]).await?;
            let facts = remote::parse_survey(&facts.into_answer()?).map_err(|bad| unreadable(&bad))?;
            let standing =
                remote::parse_standing(&standing.into_answer()?).map_err(|bad| unreadable(&bad))?;
            let records =
                remote::parse_operations(&records.into_answer()?).map_err(|bad| unreadable(&bad))?;
            Ok((facts, standing, records))
        }))
        .await;
        let names = fleet.names.clone();
        fleet.close().await;
        names.into_iter().zip(found).map(|(host, found)| Inspected { host, found }).collect()
    };
    unless_interrupted(means.interrupt, look).await
}

/// Looks for everything that would stop a deploy on every host: what was found there and the problems; changes nothing.
/// `None` when people stopped it.
pub async fn check(
    environment: &Environment,
    means: Means<'_>,
) -> Option<Vec<Inspected<(HostFacts, Vec<Problem>)>>> {
    unless_interrupted(means.interrupt, check_all(environment, means)).await
}

async fn check_all(environment: &Environment, means: Means<'_>) -> Vec<Inspected<(HostFacts, Vec<Problem>)>> {
    let (mut fleet, looked) = Fleet::open_and_look(environment, means).await;
    let repo_url = Scope::without_host(environment).value(Setting::RepoUrl);
    let checks = fleet.sessions.iter_mut().zip(&environment.hosts).zip(looked).map(
        async |((session, host), looked)| {
            let facts = looked?;
            let Some(session) = session else {
                unreachable!("a host that was looked at has a shell");
            };
            let paths = survey_paths(environment, host);
            let text = remote::check(&Check {
                paths: &paths,
                repo_url: &repo_url,
                forward_agent: environment.forward_agent,
                delivery: environment.delivery,
            });
            let [reply] = ask_all(&mut **session, &[Step::script("check", text)]).await?;
            let mut problems = remote::parse_check(&reply.answer).map_err(|bad| unreadable(&bad))?;
            problems.extend(from_the_future(&facts, Timestamp::now()));
            let look = Step::script("who is at work", remote::standing(&paths));
            let standing =
                remote::parse_standing(&ask(&mut **session, &look).await?).map_err(|bad| unreadable(&bad))?;
            let in_the_way = [standing.held.map(Refusal::Held), standing.frozen.map(Refusal::Frozen)];
            problems.extend(in_the_way.iter().flatten().map(|refusal| problem(refusal, &environment.name)));
            Ok((facts, problems))
        },
    );
    let found: Vec<_> = join_all(checks).await;
    let names = fleet.names.clone();
    fleet.close().await;
    names.into_iter().zip(found).map(|(host, found)| Inspected { host, found }).collect()
}
