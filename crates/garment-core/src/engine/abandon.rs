use futures_util::future::join_all;
use jiff::Timestamp;

use super::fleet::{Fleet, ask, unless_interrupted, unreadable};
use super::history::{Troubles, apart, read_records};
use super::locked::{Hindered, open_locked};
use super::{Means, Wait};
use crate::event::{HostName, Problem};
use crate::model::{Environment, HostFacts, Occupant, OperationId};
use crate::plan::{merge, survey_paths};
use crate::remote::{self, Abandon, Info, Recorded};
use crate::transport::Step;

/// What is asked of an abandon.
#[derive(Debug, Clone, Default)]
pub struct AbandonRequest {
    /// Who asks, as `user@machine`.
    pub by: String,
    /// For another operation to be over.
    pub wait: Wait,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Abandoned {
    /// It is given up, on every host that had begun it.
    Done(Vec<GivenUp>),
    /// There is nothing to give up, and why; nothing was changed.
    Refused(Problem),
    /// Nothing could be changed.
    Hindered(Hindered),
    /// These hosts could not write it down; others may have.
    Failed(Vec<(HostName, Problem)>),
}

/// What a host was left with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// Which host.
    pub host: HostName,
    /// What was given up there; `None` where nothing was begun.
    pub operation: Option<(OperationId, Option<Info>)>,
    /// What `current` leads to there, as before.
    pub current: Occupant,
}

/// Gives up the operation that was not finished: marks it, and leaves everything in place.
pub async fn abandon(environment: &Environment, request: &AbandonRequest, means: Means<'_>) -> Abandoned {
    let work = async {
        let opened = open_locked(environment, "abandon", &request.by, request.wait, means).await;
        let (mut fleet, facts) = match opened {
            Ok(opened) => opened,
            Err(hindered) => return Abandoned::Hindered(hindered),
        };
        let abandoned = match records(&mut fleet, environment).await {
            Ok(records) => everywhere(&mut fleet, environment, &facts, &records, &request.by).await,
            Err(hindered) => Abandoned::Hindered(hindered),
        };
        fleet.close().await;
        abandoned
    };
    let done = unless_interrupted(means.interrupt, work).await;
    done.unwrap_or(Abandoned::Hindered(Hindered::Interrupted))
}

async fn records(fleet: &mut Fleet, environment: &Environment) -> Result<Vec<Vec<Recorded>>, Hindered> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (host, records) in read_records(fleet, environment, 1, false).await.into_iter().enumerate() {
        match records {
            Ok(records) => found.push(records),
            Err(none) => missing.push((host, none)),
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    let (gone, unfit) = apart(missing);
    let on_hosts = |troubles: Troubles| {
        troubles.into_iter().map(|(host, problem)| (fleet.names[host].clone(), problem)).collect()
    };
    Err(if gone.is_empty() {
        Hindered::Unfit(on_hosts(unfit))
    } else {
        Hindered::Unreachable(on_hosts(gone))
    })
}

async fn everywhere(
    fleet: &mut Fleet,
    environment: &Environment,
    facts: &[HostFacts],
    records: &[Vec<Recorded>],
    by: &str,
) -> Abandoned {
    let operations = merge(records);
    // One that was given up by half can be given up again.
    let begun = |host: usize| {
        let mut of_host = operations.iter().filter_map(|operation| Some((operation, operation.of(host)?)));
        of_host.find(|(operation, recorded)| {
            operation.is_unfinished()
                || (operation.is_abandoned() && recorded.end != operation.end().cloned())
        })
    };
    if (0..facts.len()).all(|host| begun(host).is_none()) {
        let what = match operations.first() {
            Some(last) => format!("there is nothing to abandon: {}", last.in_words()),
            None => "no host has a record of an operation, so there is nothing to abandon".to_owned(),
        };
        let remedy = format!("see how things stand: `garment status {}`", environment.name);
        return Abandoned::Refused(Problem { what, remedy });
    }
    let names = fleet.names.clone();
    let at = Timestamp::now().as_second();
    let hosts = fleet.sessions.iter_mut().flatten().zip(&environment.hosts).zip(facts).zip(names).enumerate();
    let asked = join_all(hosts.map(async |(index, (((session, host), facts), name))| {
        let Some((operation, _)) = begun(index) else {
            return Ok(GivenUp { host: name, operation: None, current: facts.current.clone() });
        };
        let info = operation.info();
        let text = remote::abandon(&Abandon {
            paths: &survey_paths(environment, host),
            operation: operation.id,
            attempt: operation.attempts(),
            release: info.map(|info| &info.release),
            by,
            at,
        });
        let answer = ask(&mut **session, &Step::script("give it up", text)).await;
        match answer.and_then(|answer| remote::parse_abandon(&answer).map_err(|bad| unreadable(&bad))) {
            Ok(()) => Ok(GivenUp {
                host: name,
                operation: Some((operation.id.clone(), info.cloned())),
                current: facts.current.clone(),
            }),
            Err(problem) => Err((name, problem)),
        }
    }))
    .await;
    let (mut given_up, mut failed) = (Vec::new(), Vec::new());
    for asked in asked {
        match asked {
            Ok(host) => given_up.push(host),
            Err(host) => failed.push(host),
        }
    }
    if failed.is_empty() { Abandoned::Done(given_up) } else { Abandoned::Failed(failed) }
}
