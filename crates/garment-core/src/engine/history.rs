use futures_util::future::join_all;

use super::fleet::{Fleet, ask_all, unless_interrupted, unreadable};
use super::{Inspected, Means};
use crate::event::Problem;
use crate::model::Environment;
use crate::plan::survey_paths;
use crate::remote::{self, Recorded};
use crate::transport::Step;

/// The newest operations that every host has a record of, oldest first; changes nothing. `None` when people stopped it.
pub async fn history(
    environment: &Environment,
    newest: u32,
    means: Means<'_>,
) -> Option<Vec<Inspected<Vec<Recorded>>>> {
    let look = async {
        let (mut fleet, logged_in) = Fleet::open(environment, means).await;
        let records = read_records(&mut fleet, environment, newest, false).await;
        let names = fleet.names.clone();
        fleet.close().await;
        let found = logged_in.into_iter().zip(records).map(|(login, records)| match (login, records) {
            (Err(problem), _) | (Ok(()), Err(NoRecords::Gone(problem) | NoRecords::Unfit(problem))) => {
                Err(problem)
            }
            (Ok(()), Ok(records)) => Ok(records),
        });
        names.into_iter().zip(found).map(|(host, found)| Inspected { host, found }).collect()
    };
    unless_interrupted(means.interrupt, look).await
}

/// Why a host's records are not known.
pub(super) enum NoRecords {
    /// There is no shell any more.
    Gone(Problem),
    /// They can't be read.
    Unfit(Problem),
}

/// Reads the newest operations of every host that has a shell.
pub(super) async fn read_records(
    fleet: &mut Fleet,
    environment: &Environment,
    newest: u32,
    steps: bool,
) -> Vec<Result<Vec<Recorded>, NoRecords>> {
    let hosts = fleet.sessions.iter_mut().zip(&environment.hosts);
    join_all(hosts.map(async |(session, host)| {
        let Some(session) = session else {
            return Err(NoRecords::Gone(Problem { what: "there is no shell".into(), remedy: String::new() }));
        };
        let text = remote::operations(&survey_paths(environment, host), newest, steps);
        let asked = ask_all(&mut **session, &[Step::script("read the records", text)]).await;
        let [reply] = asked.map_err(NoRecords::Gone)?;
        let answer = reply.into_answer().map_err(NoRecords::Unfit)?;
        remote::parse_operations(&answer).map_err(|bad| NoRecords::Unfit(unreadable(&bad)))
    }))
    .await
}

/// Hosts, by their place, and what is wrong there.
pub(super) type Troubles = Vec<(usize, Problem)>;

/// Takes apart those that are gone and those that can't answer.
pub(super) fn apart(missing: Vec<(usize, NoRecords)>) -> (Troubles, Troubles) {
    let (mut gone, mut unfit) = (Vec::new(), Vec::new());
    for (host, none) in missing {
        match none {
            NoRecords::Gone(problem) => gone.push((host, problem)),
            NoRecords::Unfit(problem) => unfit.push((host, problem)),
        }
    }
    (gone, unfit)
}
