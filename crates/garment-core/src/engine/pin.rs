use futures_util::future::join_all;

use super::fleet::{Fleet, ask, unless_interrupted, unreadable};
use super::locked::{Hindered, open_locked};
use super::{Means, Wait};
use crate::event::{HostName, Problem};
use crate::model::{Environment, HostFacts, ReleaseName};
use crate::plan::survey_paths;
use crate::remote;
use crate::transport::Step;

/// What is asked of a pin.
#[derive(Debug, Clone)]
pub struct PinRequest {
    /// The release, as it was asked for.
    pub release: String,
    /// Whether it is to be pinned, or not any more.
    pub pinned: bool,
    /// Who asks, as `user@machine`.
    pub by: String,
    /// For another operation to be over.
    pub wait: Wait,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pinned {
    /// It is as was asked for, on every host that has the release.
    Done,
    /// It was so before.
    Already,
    /// What was asked for makes no sense; nothing was changed.
    Refused(Problem),
    /// Nothing could be changed.
    Hindered(Hindered),
    /// These hosts could not do it; others may be changed.
    Failed(Vec<(HostName, Problem)>),
}

/// Keeps a release from being pruned on any host, or lets it go again.
pub async fn pin(environment: &Environment, request: &PinRequest, means: Means<'_>) -> Pinned {
    let Some(release) = ReleaseName::parse(&request.release) else {
        return Pinned::Refused(Problem {
            what: format!("`{}` is not a release's name", request.release.escape_debug()),
            remedy: see_list(environment),
        });
    };
    let work = async {
        let doing = format!("{} of {release}", if request.pinned { "pin" } else { "unpin" });
        let (mut fleet, facts) =
            match open_locked(environment, &doing, &request.by, request.wait, means).await {
                Ok(opened) => opened,
                Err(hindered) => return Pinned::Hindered(hindered),
            };
        let pinned = match refusal(environment, &facts, &release, request.pinned) {
            Some(problem) => Pinned::Refused(problem),
            None => everywhere(&mut fleet, environment, &facts, &release, request.pinned).await,
        };
        fleet.close().await;
        pinned
    };
    let done = unless_interrupted(means.interrupt, work).await;
    done.unwrap_or(Pinned::Hindered(Hindered::Interrupted))
}

/// A pin is for every host. It is taken back from those that have the release: a host may be newer than the pin.
fn refusal(
    environment: &Environment,
    facts: &[HostFacts],
    release: &ReleaseName,
    pinned: bool,
) -> Option<Problem> {
    let hosts = environment.hosts.iter().zip(facts);
    let missing: Vec<String> = hosts
        .filter(|(_, facts)| !facts.releases.contains_key(release))
        .map(|(host, _)| host.destination.to_string())
        .collect();
    let what = match missing.len() {
        0 => return None,
        n if n == facts.len() => format!("there is no release `{release}`"),
        _ if pinned => format!("`{release}` is not on {}", missing.join(", ")),
        _ => return None,
    };
    Some(Problem { what, remedy: see_list(environment) })
}

fn see_list(environment: &Environment) -> String {
    format!("see what there is: `garment list {}`", environment.name)
}

async fn everywhere(
    fleet: &mut Fleet,
    environment: &Environment,
    facts: &[HostFacts],
    release: &ReleaseName,
    pinned: bool,
) -> Pinned {
    let names = fleet.names.clone();
    let hosts = fleet.sessions.iter_mut().flatten().zip(&environment.hosts).zip(facts).zip(names);
    let hosts = hosts.filter(|(((_, _), facts), _)| facts.releases.contains_key(release));
    let asked = join_all(hosts.map(async |(((session, host), _), name)| {
        let step = Step::script("pin", remote::pin(&survey_paths(environment, host), release, pinned));
        let answer = ask(&mut **session, &step).await;
        let changed = answer.and_then(|answer| remote::parse_pin(&answer).map_err(|bad| unreadable(&bad)));
        (name, changed)
    }))
    .await;
    let any_changed = asked.iter().any(|(_, changed)| matches!(changed, Ok(true)));
    let failed: Vec<_> =
        asked.into_iter().filter_map(|(name, changed)| Some((name, changed.err()?))).collect();
    match (failed.is_empty(), any_changed) {
        (false, _) => Pinned::Failed(failed),
        (true, true) => Pinned::Done,
        (true, false) => Pinned::Already,
    }
}
