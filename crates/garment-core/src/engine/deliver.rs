use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use futures_util::future::join_all;

use super::Means;
use super::fleet::{Fleet, ask_all, unreadable};
use super::history::NoRecords;
use super::operation::{Early, Running, all_seen};
use super::progress::Throttle;
use super::run::IDLE;
use crate::event::{Outcome, What};
use crate::model::{CommitId, HostFacts, Setting};
use crate::origin::{NoCommit, Stock};
use crate::plan::{Deliveries, Scope, survey_paths};
use crate::remote::{self, Inventory, Stocked};
use crate::transport::Step;

/// Brings this machine's own copies up to date.
pub(super) async fn stock(means: Means<'_>, repo_url: &str, commit: &CommitId) -> Result<Stock, Early> {
    let throttle = Mutex::new(Throttle::default());
    let tell = |text: &str| {
        if throttle.lock().unwrap_or_else(PoisonError::into_inner).is_due() {
            means.teller.tell(What::Progress { host: None, text: text.to_owned() });
        }
    };
    means.origin.stock(repo_url, commit, &tell).await.map_err(Early::from)
}

impl From<NoCommit> for Early {
    fn from(none: NoCommit) -> Self {
        match none {
            NoCommit::Wrong(problem) => Self::Refused(problem),
            NoCommit::Unreachable(problem) => Self::NoOrigin(problem),
        }
    }
}

impl Running<'_> {
    /// Asks hosts what they have, and puts together what they lack; only those that `whom` names are sent anything.
    pub(super) async fn deliveries(
        &self,
        fleet: &mut Fleet,
        facts: &[HostFacts],
        stock: &Stock,
        token: Option<&str>,
        whom: &[bool],
    ) -> Result<Deliveries, Box<Outcome>> {
        let asked = inventories(self, fleet, stock, token, whom).await;
        let (mut stocked, mut missing) = (Vec::new(), Vec::new());
        for (host, asked) in asked.into_iter().enumerate() {
            match asked {
                Ok(found) => stocked.push(found),
                Err(none) => missing.push((host, none)),
            }
        }
        if !missing.is_empty() {
            return Err(self.no_records(facts, missing).into());
        }
        let asked = stocked.iter().zip(whom).filter(|(_, asked)| **asked);
        let held: Vec<_> = asked.map(|(stocked, _)| stocked.held.clone()).collect();
        let packed = while_beating(fleet, self.means.origin.pack(stock, &held)).await;
        let packed = packed.map_err(|problem| self.early(Early::Refused(problem), &all_seen(facts)))?;
        let mut packed = packed.into_iter();
        let of = |asked: &bool| if *asked { packed.next().unwrap_or_default() } else { Vec::new() };
        let parcels = whom.iter().map(of).collect();
        Ok(Deliveries { parcels, stocked, head: stock.head().to_owned() })
    }
}

async fn inventories(
    running: &Running<'_>,
    fleet: &mut Fleet,
    stock: &Stock,
    token: Option<&str>,
    whom: &[bool],
) -> Vec<Result<Stocked, NoRecords>> {
    let environment = running.environment;
    let repo_url = Scope::without_host(environment).value(Setting::RepoUrl);
    let wanted = stock.wanted();
    let hosts = fleet.sessions.iter_mut().zip(&environment.hosts).zip(whom);
    join_all(hosts.map(async |((session, host), asked)| {
        let Some(session) = session.as_mut().filter(|_| *asked) else { return Ok(Stocked::default()) };
        let paths = survey_paths(environment, host);
        let text =
            remote::inventory(&Inventory { paths: &paths, repo_url: &repo_url, wanted: &wanted, token });
        let steps = [Step::script("see what it lacks", text)];
        let [reply] = ask_all(&mut **session, &steps).await.map_err(NoRecords::Gone)?;
        let answer = reply.into_answer().map_err(NoRecords::Unfit)?;
        remote::parse_inventory(&answer).map_err(|bad| NoRecords::Unfit(unreadable(&bad)))
    }))
    .await
}

/// Waits for something while hosts are told from time to time that somebody is there.
pub(super) async fn while_beating<T>(fleet: &mut Fleet, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        let idle = async {
            tokio::time::sleep(IDLE).await;
            fleet.beat().await;
        };
        tokio::select! {
            value = &mut work => return value,
            () = idle => {}
        }
    }
}
