use futures_util::future::join_all;
use jiff::Timestamp;

use super::Means;
use super::fleet::{Fleet, ask, unless_interrupted, unreadable};
use crate::event::{HostName, Problem};
use crate::model::Environment;
use crate::plan::survey_paths;
use crate::remote::{self, Holder};
use crate::transport::{Session, Step};

/// What came of a freeze, or of ending one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frost {
    /// It is as was asked for, on every host.
    Done,
    /// It was so before; nothing was changed. The holder's freeze stands; none if there is none.
    Already(Option<Holder>),
    /// Somebody else's freeze is there, on this host; nothing was changed.
    SomebodyElses(HostName, Holder),
    /// Some hosts could not be reached, or could not do it. Whether anything was changed on the others.
    Trouble {
        /// Which, and why.
        hosts: Vec<(HostName, Problem)>,
        /// Whether other hosts are changed now.
        changed: bool,
    },
    /// People stopped it; what was changed by then is not known.
    Interrupted,
}

/// Keeps everybody from changing an environment's hosts, for the reason `why`.
pub async fn freeze(environment: &Environment, by: &str, why: &str, means: Means<'_>) -> Frost {
    let now = Timestamp::now().as_second();
    let holder = Holder { by: by.to_owned(), doing: why.to_owned(), since: Some(now), token: String::new() };
    let work = async {
        let mut fleet = match open(environment, means).await {
            Ok(fleet) => fleet,
            Err(frost) => return frost,
        };
        let found = match everywhere(&mut fleet, environment, Script::Look).await {
            Ok(found) => found,
            Err(hosts) => return Frost::Trouble { hosts, changed: false },
        };
        let frost = if found.iter().all(Option::is_some) {
            Frost::Already(found.into_iter().flatten().next())
        } else if let Some((host, theirs)) = first_of_others(&fleet, &found, by) {
            Frost::SomebodyElses(host, theirs)
        } else {
            changed(everywhere(&mut fleet, environment, Script::Freeze(&holder)).await)
        };
        fleet.close().await;
        frost
    };
    unless_interrupted(means.interrupt, work).await.unwrap_or(Frost::Interrupted)
}

/// Ends a freeze. Somebody else's only if `force`.
pub async fn thaw(environment: &Environment, by: &str, force: bool, means: Means<'_>) -> Frost {
    let work = async {
        let mut fleet = match open(environment, means).await {
            Ok(fleet) => fleet,
            Err(frost) => return frost,
        };
        let found = match everywhere(&mut fleet, environment, Script::Look).await {
            Ok(found) => found,
            Err(hosts) => return Frost::Trouble { hosts, changed: false },
        };
        let frost = if found.iter().all(Option::is_none) {
            Frost::Already(None)
        } else {
            match first_of_others(&fleet, &found, by) {
                Some((host, theirs)) if !force => Frost::SomebodyElses(host, theirs),
                _ => changed(everywhere(&mut fleet, environment, Script::Thaw).await),
            }
        };
        fleet.close().await;
        frost
    };
    unless_interrupted(means.interrupt, work).await.unwrap_or(Frost::Interrupted)
}

/// What a host is asked.
#[derive(Clone, Copy)]
enum Script<'a> {
    Look,
    Freeze(&'a Holder),
    Thaw,
}

async fn open(environment: &Environment, means: Means<'_>) -> Result<Fleet, Frost> {
    let (fleet, logged_in) = Fleet::open(environment, means).await;
    let names = fleet.names.clone();
    let hosts: Vec<_> =
        names.into_iter().zip(logged_in).filter_map(|(host, login)| Some((host, login.err()?))).collect();
    if hosts.is_empty() {
        return Ok(fleet);
    }
    fleet.close().await;
    Err(Frost::Trouble { hosts, changed: false })
}

/// Asks every host; what each found there before.
async fn everywhere(
    fleet: &mut Fleet,
    environment: &Environment,
    script: Script<'_>,
) -> Result<Vec<Option<Holder>>, Vec<(HostName, Problem)>> {
    let names = fleet.names.clone();
    let hosts = fleet.sessions.iter_mut().flatten().zip(&environment.hosts);
    let asked = join_all(hosts.map(async |(session, host)| {
        let paths = survey_paths(environment, host);
        let (text, name) = match script {
            Script::Look => (remote::thaw(&paths, true), "thaw"),
            Script::Freeze(holder) => (remote::freeze(&paths, holder), "freeze"),
            Script::Thaw => (remote::thaw(&paths, false), "thaw"),
        };
        one(&mut **session, text, name).await
    }))
    .await;
    let mut failed = Vec::new();
    let mut found = Vec::new();
    for (host, asked) in names.into_iter().zip(asked) {
        match asked {
            Ok(holder) => found.push(holder),
            Err(problem) => failed.push((host, problem)),
        }
    }
    if failed.is_empty() { Ok(found) } else { Err(failed) }
}

async fn one(session: &mut dyn Session, text: String, name: &str) -> Result<Option<Holder>, Problem> {
    let answer = ask(session, &Step::script(name, text)).await?;
    remote::parse_freeze(&answer, name).map_err(|bad| unreadable(&bad))
}

fn changed(asked: Result<Vec<Option<Holder>>, Vec<(HostName, Problem)>>) -> Frost {
    match asked {
        Ok(_) => Frost::Done,
        Err(hosts) => Frost::Trouble { hosts, changed: true },
    }
}

/// The first host with a freeze that is not by `by`.
fn first_of_others(fleet: &Fleet, found: &[Option<Holder>], by: &str) -> Option<(HostName, Holder)> {
    let hosts = fleet.names.iter().zip(found);
    let mut others = hosts.filter_map(|(host, holder)| Some((host.clone(), holder.clone()?)));
    others.find(|(_, holder)| holder.by != by)
}
