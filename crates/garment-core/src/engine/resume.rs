use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::Means;
use super::deliver::{stock, while_beating};
use super::fleet::{Fleet, ask, unless_interrupted};
use super::history::{NoRecords, read_records};
use super::lock::Wait;
use super::operation::{LockRequest, Opened, Running, all_seen};
use crate::event::{Operation, Outcome, What};
use crate::model::{Delivery, Environment, Setting};
use crate::plan::{Deliveries, Record, Resume, Scope, compile_resume, resumed_deploy, survey_paths};
use crate::remote::{self, Recorded};
use crate::transport::Step;

/// How long a host may take to write down that it goes on.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked of a resume.
#[derive(Debug, Clone, Default)]
pub struct ResumeRequest {
    /// Go on even if the plan for what is left is not what it was.
    pub changed_plan: bool,
    /// Who asks, as `user@machine`.
    pub by: String,
    /// For another operation to be over.
    pub wait: Wait,
}

/// Goes on with the operation that the hosts recorded last, if it has not come to its end.
pub async fn resume(environment: &Environment, request: &ResumeRequest, means: Means<'_>) -> Outcome {
    let running = Running::begin(Operation::Resume, environment, means);
    let lock = LockRequest {
        by: &request.by,
        wait: request.wait,
        doing: "resume".to_owned(),
        doing_what: |()| None,
    };
    let opening = async {
        let mut opened = running.open(lock, async { Ok(()) }).await?;
        let records = match records(&mut opened.fleet, environment).await {
            Ok(records) => records,
            Err(missing) => {
                opened.fleet.close().await;
                return Err(Box::new(running.no_records(&opened.facts, missing)));
            }
        };
        match deliveries(&running, &mut opened, &records).await {
            Ok(deliveries) => Ok((opened, records, deliveries)),
            Err(outcome) => {
                opened.fleet.close().await;
                Err(outcome)
            }
        }
    };
    let outcome = match unless_interrupted(means.interrupt, opening).await {
        None => return running.interrupted(),
        Some(Err(outcome)) => *outcome,
        Some(Ok((opened, records, deliveries))) => {
            go_on(&running, opened, &records, deliveries.as_ref(), request).await
        }
    };
    running.finish(outcome)
}

async fn go_on(
    running: &Running<'_>,
    Opened { mut fleet, holder, facts, .. }: Opened<()>,
    records: &[Vec<Recorded>],
    deliveries: Option<&Deliveries>,
    request: &ResumeRequest,
) -> Outcome {
    let token = Some(holder.token.as_str());
    let (by, changed_plan) = (request.by.as_str(), request.changed_plan);
    let resume = Resume { token, records, by, changed_plan, deliveries };
    let going = match compile_resume(running.environment, &facts, &resume) {
        Ok(going) => going,
        Err(none) => return running.no_plan(fleet, &facts, none).await,
    };
    running.means.teller.tell(What::Resuming(going.resuming));
    note(&mut fleet, running.environment, &going.plan.record).await;
    running.run_plan(fleet, &holder, &facts, &going.plan).await
}

/// What hosts lack that did not get as far as making the release, where this machine delivers it.
async fn deliveries(
    running: &Running<'_>,
    opened: &mut Opened<()>,
    records: &[Vec<Recorded>],
) -> Result<Option<Deliveries>, Box<Outcome>> {
    let Opened { fleet, holder, facts, .. } = opened;
    if running.environment.delivery != Delivery::Push {
        return Ok(None);
    }
    let Some((release, commit)) = resumed_deploy(running.environment, records) else { return Ok(None) };
    let whom: Vec<bool> = facts.iter().map(|facts| !facts.releases.contains_key(&release)).collect();
    if !whom.contains(&true) {
        return Ok(None);
    }
    let repo_url = Scope::without_host(running.environment).value(Setting::RepoUrl);
    let stock = while_beating(fleet, stock(running.means, &repo_url, &commit)).await;
    let stock = stock.map_err(|early| running.early(early, &all_seen(facts)))?;
    running.deliveries(fleet, facts, &stock, Some(&holder.token), &whom).await.map(Some)
}

/// The newest operation of every host.
async fn records(
    fleet: &mut Fleet,
    environment: &Environment,
) -> Result<Vec<Vec<Recorded>>, Vec<(usize, NoRecords)>> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for (host, records) in read_records(fleet, environment, 1, true).await.into_iter().enumerate() {
        match records {
            Ok(records) => found.push(records),
            Err(none) => missing.push((host, none)),
        }
    }
    if missing.is_empty() { Ok(found) } else { Err(missing) }
}

/// Writes down who goes on. Best effort: what is done counts, and is recorded by itself.
async fn note(fleet: &mut Fleet, environment: &Environment, record: &Record) {
    let now = Timestamp::now().as_second();
    let hosts = fleet.sessions.iter_mut().zip(&environment.hosts);
    join_all(hosts.map(async |(session, host)| {
        let Some(session) = session else { return };
        let paths = survey_paths(environment, host);
        let text = remote::resumed(&paths, &record.operation, now, &record.by);
        let step = Step::script("write down that it goes on", text);
        let _ = tokio::time::timeout(PATIENCE, ask(&mut **session, &step)).await;
    }))
    .await;
}
