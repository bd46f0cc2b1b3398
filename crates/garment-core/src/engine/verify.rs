use futures_util::future::join_all;

use super::fleet::{ask_all, unless_interrupted, unreadable};
use super::locked::{Hindered, open_locked};
use super::{Means, Wait};
use crate::event::{HostName, Problem};
use crate::model::{Environment, HostFacts, Occupant, ReleaseName, Setting};
use crate::plan::{Scope, survey_paths};
use crate::remote::{self, Differences, Verify};
use crate::transport::{Session, Step};

/// What came of comparing the hosts with their commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// What was found on each host.
    Compared(Vec<(HostName, Compared)>),
    /// `current` is nowhere yet.
    NothingLive,
    /// Nothing could be looked at.
    Hindered(Hindered),
}

/// What was found on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// How its current release differs, if it does.
    Found(ReleaseName, Differences),
    /// It has no release, or can't compare it.
    Failed(Problem),
    /// Its connection went away.
    Lost(Problem),
}

/// Compares every host's current release with its commit, byte for byte. Takes the locks, since a deploy changes the
/// copy of the repository; changes nothing else.
pub async fn verify(environment: &Environment, by: &str, wait: Wait, means: Means<'_>) -> Verified {
    let work = async {
        let (mut fleet, facts) = match open_locked(environment, "verify", by, wait, means).await {
            Ok(opened) => opened,
            Err(hindered) => return Verified::Hindered(hindered),
        };
        let verified = if facts.iter().all(|facts| facts.current == Occupant::Absent) {
            Verified::NothingLive
        } else {
            let hosts = fleet.sessions.iter_mut().flatten().zip(&environment.hosts).zip(&facts);
            let compared = join_all(hosts.map(async |((session, host), facts)| {
                let paths = survey_paths(environment, host);
                compare(&mut **session, environment, &paths, facts).await
            }))
            .await;
            Verified::Compared(fleet.names.iter().cloned().zip(compared).collect())
        };
        fleet.close().await;
        verified
    };
    let done = unless_interrupted(means.interrupt, work).await;
    done.unwrap_or(Verified::Hindered(Hindered::Interrupted))
}

async fn compare(
    session: &mut dyn Session,
    environment: &Environment,
    paths: &remote::Paths,
    facts: &HostFacts,
) -> Compared {
    let Some(release) = facts.current_release() else {
        return Compared::Failed(no_release(environment, facts));
    };
    let known = facts.releases.get(release).and_then(|release| release.commit.as_deref());
    let text = remote::verify(&Verify {
        paths,
        repo_url: &Scope::without_host(environment).value(Setting::RepoUrl),
        release,
        commit: known.unwrap_or(release.commit_short()),
    });
    let reply = match ask_all(session, &[Step::script("verify", text)]).await {
        Ok([reply]) => reply,
        Err(problem) => return Compared::Lost(problem),
    };
    let found = reply.into_answer();
    let found = found.and_then(|answer| remote::parse_verify(&answer).map_err(|bad| unreadable(&bad)));
    found.map_or_else(Compared::Failed, |differences| Compared::Found(release.clone(), differences))
}

fn no_release(environment: &Environment, facts: &HostFacts) -> Problem {
    let link = &facts.current_symlink;
    let what = match &facts.current {
        Occupant::Elsewhere(path) => format!("`{link}` leads to `{path}`, which is no release"),
        Occupant::NotASymlink => format!("`{link}` is a real file or directory, not a symlink"),
        Occupant::Absent | Occupant::Release(_) => "nothing is live there".to_owned(),
    };
    Problem { what, remedy: format!("see how things stand: `garment status {}`", environment.name) }
}
