use jiff::Timestamp;

use super::Means;
use super::deliver::stock;
use super::fleet::unless_interrupted;
use super::lock::Wait;
use super::operation::{Early, LockRequest, Opened, Running, new_id};
use super::unchanged::{Unchanged, is_done_by_now, is_live};
use crate::event::{Operation, Outcome, Verdict, What};
use crate::model::{CommitId, Delivery, Environment, HostFacts, Setting};
use crate::origin::Stock;
use crate::plan::{
    Deliveries, Deploy, NoPlan, Plan, Preview, Scope, Selection, compile_deploy, drifted, unknown_ids,
};
use crate::remote::Holder;

/// What is asked of a deploy.
#[derive(Debug, Clone, Default)]
pub struct DeployRequest {
    /// Instead of the environment's `git_ref`.
    pub git_ref: Option<String>,
    /// Which of the user's tasks run.
    pub selection: Selection,
    /// Who asks, as `user@machine`.
    pub by: String,
    /// For another operation to be over.
    pub wait: Wait,
    /// What it has to be, or nothing is done.
    pub shown: Option<Box<Preview>>,
    /// What to do if there is nothing to deploy.
    pub unchanged: Unchanged,
}

/// What is found out while hosts are logged in to.
struct Known {
    git_ref: String,
    commit: CommitId,
    /// What this machine delivers, if it does.
    stock: Option<Stock>,
}

/// Makes a release of one commit on every host and switches to it.
pub async fn deploy(environment: &Environment, request: &DeployRequest, means: Means<'_>) -> Outcome {
    let running = Running::begin(Operation::Deploy, environment, means);
    let scope = Scope::without_host(environment);
    let repo_url = scope.value(Setting::RepoUrl);
    let git_ref = request.git_ref.clone().unwrap_or_else(|| scope.value(Setting::GitRef));
    if let Some(problem) = unknown_ids(environment, &request.selection) {
        return running.refuse(problem);
    }
    let resolve = async {
        let commit = means.origin.resolve(&repo_url, &git_ref).await.map_err(Early::from)?;
        means.teller.tell(What::Resolved { git_ref: git_ref.clone(), commit: commit.clone() });
        let stock = match environment.delivery {
            Delivery::Pull => None,
            Delivery::Push => Some(stock(means, &repo_url, &commit).await?),
        };
        Ok(Known { git_ref: git_ref.clone(), commit, stock })
    };
    let lock = LockRequest {
        by: &request.by,
        wait: request.wait,
        doing: format!("deploy of {git_ref}"),
        doing_what: |known: &Known| Some(format!("deploy of {} ({})", known.git_ref, known.commit.short())),
    };
    let opening = async {
        let mut opened = running.open(lock, resolve).await?;
        let Opened { fleet, facts, known, .. } = &mut opened;
        if request.unchanged == Unchanged::Leave
            && is_done_by_now(fleet, environment, facts, &known.commit).await
        {
            opened.fleet.close().await;
            return Err(running.as_it_is(Verdict::Unchanged, &opened.facts).into());
        }
        let deliveries = deliveries(&running, &mut opened).await;
        match deliveries {
            Ok(deliveries) => Ok((opened, deliveries)),
            Err(outcome) => {
                opened.fleet.close().await;
                Err(outcome)
            }
        }
    };
    let (opened, deliveries) = match unless_interrupted(means.interrupt, opening).await {
        None => return running.interrupted(),
        Some(Err(outcome)) => return running.finish(*outcome),
        Some(Ok(opened)) => opened,
    };
    let Opened { facts, known, .. } = &opened;
    if request.shown.is_none() && is_live(facts, &known.commit) {
        let text = format!("{} is live on every host already; it is deployed again", known.commit.short());
        means.teller.tell(What::Note { host: None, text });
    }
    let stock = known.stock.clone();
    let compile = |known: Known, facts: &[HostFacts], holder: &Holder| {
        compile(environment, request, &known, deliveries.as_ref(), facts, holder)
    };
    let outcome = running.carry_on(opened, compile).await;
    let outcome = running.finish(outcome);
    if let Some(stock) = stock {
        means.origin.keep_up(&stock);
    }
    outcome
}

/// Compiles the plan; none if it is another than people were shown.
fn compile(
    environment: &Environment,
    request: &DeployRequest,
    known: &Known,
    deliveries: Option<&Deliveries>,
    facts: &[HostFacts],
    holder: &Holder,
) -> Result<Plan, NoPlan> {
    let now = Timestamp::now();
    let deploy = Deploy {
        git_ref: &known.git_ref,
        commit: &known.commit,
        now,
        operation: &new_id(now, facts, Operation::Deploy),
        by: &request.by,
        selection: &request.selection,
        token: Some(&holder.token),
        continued: None,
        deliveries,
    };
    let plan = compile_deploy(environment, facts, &deploy)?;
    let shown = request.shown.as_ref();
    match shown.and_then(|shown| drifted(shown, &Preview::of(environment, facts, &deploy, &plan))) {
        Some(problem) => Err(NoPlan::Refused(problem)),
        None => Ok(plan),
    }
}

/// What hosts lack, where this machine delivers it.
async fn deliveries(
    running: &Running<'_>,
    opened: &mut Opened<Known>,
) -> Result<Option<Deliveries>, Box<Outcome>> {
    let Opened { fleet, holder, facts, known } = opened;
    let Some(stock) = &known.stock else { return Ok(None) };
    let all = vec![true; facts.len()];
    running.deliveries(fleet, facts, stock, Some(&holder.token), &all).await.map(Some)
}
