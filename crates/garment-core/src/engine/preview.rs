use futures_util::future::join_all;
use jiff::Timestamp;

use super::fleet::{Fleet, ask_all, unless_interrupted, unreadable};
use super::lock::problem;
use super::operation::new_id;
use super::unchanged::is_done;
use super::{Hindered, Means};
use crate::event::{HostName, Operation, Problem};
use crate::model::{CommitId, Delivery, Environment, HostFacts, Setting};
use crate::origin::NoCommit;
use crate::plan::{
    ChangesPreview, Deploy, Known, NoPlan, Preview, Scope, Selection, Warning, compile_deploy,
    from_the_future, survey_paths, unknown_ids,
};
use crate::remote::{self, Check, Recorded, Refusal};
use crate::transport::Step;

/// What is asked of a look at a deploy.
#[derive(Debug, Clone, Default)]
pub struct PreviewRequest {
    /// Instead of the environment's `git_ref`.
    pub git_ref: Option<String>,
    /// Which of the user's tasks would run.
    pub selection: Selection,
    /// Who would deploy, as `user@machine`.
    pub by: String,
}

/// Why nobody can tell what a deploy would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoPreview {
    /// The ref is wrong, or the origin can't be reached.
    pub origin: Option<NoCommit>,
    /// Hosts can't be reached, or are in no state for it.
    pub hosts: Option<Hindered>,
}

/// What was found on a host.
struct Seen {
    facts: HostFacts,
    warnings: Vec<(Problem, bool)>,
    records: Vec<Recorded>,
}

/// What a deploy would do right now. Looks at the origin and at every host; takes no lock and changes nothing there.
///
/// # Errors
/// It can't be told.
pub async fn preview(
    environment: &Environment,
    request: &PreviewRequest,
    means: Means<'_>,
) -> Result<Preview, NoPreview> {
    let work = unless_interrupted(means.interrupt, preview_all(environment, request, means));
    work.await.unwrap_or(Err(NoPreview { origin: None, hosts: Some(Hindered::Interrupted) }))
}

async fn preview_all(
    environment: &Environment,
    request: &PreviewRequest,
    means: Means<'_>,
) -> Result<Preview, NoPreview> {
    let refused = |problem| NoPreview { origin: Some(NoCommit::Wrong(problem)), hosts: None };
    if let Some(problem) = unknown_ids(environment, &request.selection) {
        return Err(refused(problem));
    }
    if environment.delivery == Delivery::Push
        && let Some(problem) = means.origin.stock_problem()
    {
        return Err(refused(problem));
    }
    let scope = Scope::without_host(environment);
    let repo_url = scope.value(Setting::RepoUrl);
    let git_ref = request.git_ref.clone().unwrap_or_else(|| scope.value(Setting::GitRef));
    let looks = look_closely(environment, means);
    let (commit, looked) = tokio::join!(means.origin.resolve(&repo_url, &git_ref), looks);
    let (commit, seen) = match (commit, all_seen(looked)) {
        (Ok(commit), Ok(seen)) => (commit, seen),
        (commit, seen) => {
            let hosts = seen.err().map(Hindered::Unreachable);
            return Err(NoPreview { origin: commit.err(), hosts });
        }
    };
    let facts: Vec<HostFacts> = seen.iter().map(|seen| seen.facts.clone()).collect();
    let now = Timestamp::now();
    let deploy = Deploy {
        git_ref: &git_ref,
        commit: &commit,
        now,
        operation: &new_id(now, &facts, Operation::Deploy),
        by: &request.by,
        selection: &request.selection,
        token: None,
        continued: None,
        deliveries: None,
    };
    let names = crate::plan::host_names(environment);
    let plan = compile_deploy(environment, &facts, &deploy).map_err(|none| match none {
        NoPlan::Refused(problem) => refused(problem),
        NoPlan::Hosts(problems) => {
            let on_hosts = problems.into_iter().map(|(host, problem)| (names[host].clone(), problem));
            NoPreview { origin: None, hosts: Some(Hindered::Unfit(on_hosts.collect())) }
        }
    })?;
    let mut preview = Preview::of(environment, &facts, &deploy, &plan);
    let (warnings, records): (Vec<_>, Vec<_>) =
        seen.into_iter().map(|seen| (seen.warnings, seen.records)).unzip();
    preview.unchanged = is_done(&facts, &commit, &records);
    preview.changes = changes(&preview, &repo_url, &commit, means).await;
    let warnings = names.iter().zip(warnings).flat_map(|(host, warnings)| {
        let warning = move |(problem, is_lock)| Warning { host: host.clone(), problem, is_lock };
        warnings.into_iter().map(warning)
    });
    preview.warnings = warnings.collect();
    Ok(preview)
}

type Looked = (HostName, Result<Seen, Problem>);

fn all_seen(looked: Vec<Looked>) -> Result<Vec<Seen>, Vec<(HostName, Problem)>> {
    let (mut seen, mut gone) = (Vec::new(), Vec::new());
    for (host, looked) in looked {
        match looked {
            Ok(found) => seen.push(found),
            Err(problem) => gone.push((host, problem)),
        }
    }
    if gone.is_empty() { Ok(seen) } else { Err(gone) }
}

/// Looks at every host, and for everything that would stop a deploy.
async fn look_closely(environment: &Environment, means: Means<'_>) -> Vec<Looked> {
    let (mut fleet, looked) = Fleet::open_and_look(environment, means).await;
    let repo_url = Scope::without_host(environment).value(Setting::RepoUrl);
    let hosts = fleet.sessions.iter_mut().zip(&environment.hosts).zip(looked);
    let found = join_all(hosts.map(async |((session, host), looked)| {
        let facts = looked?;
        let Some(session) = session else { unreachable!("a host that was looked at has a shell") };
        let paths = survey_paths(environment, host);
        let text = |text| Step::script("look closely", text);
        let check = Check {
            paths: &paths,
            repo_url: &repo_url,
            forward_agent: environment.forward_agent,
            delivery: environment.delivery,
        };
        // The last one may fail: what it found is read all the same.
        let steps = [
            text(remote::standing(&paths)),
            text(remote::operations(&paths, 1, false)),
            text(remote::check(&check)),
        ];
        let [standing, records, checked] = ask_all(&mut **session, &steps).await?;
        let standing = remote::parse_standing(&standing.into_answer()?).map_err(|bad| unreadable(&bad))?;
        let records = remote::parse_operations(&records.into_answer()?).map_err(|bad| unreadable(&bad))?;
        let mut problems = remote::parse_check(&checked.answer).map_err(|bad| unreadable(&bad))?;
        problems.extend(from_the_future(&facts, Timestamp::now()));
        problems.extend(unconfirmed(&facts, environment));
        let locks = [standing.held.map(Refusal::Held), standing.frozen.map(Refusal::Frozen)];
        let locks = locks.iter().flatten().map(|refusal| (problem(refusal, &environment.name), true));
        let warnings = problems.into_iter().map(|problem| (problem, false)).chain(locks).collect();
        Ok(Seen { facts, warnings, records })
    }))
    .await;
    let names = fleet.names.clone();
    fleet.close().await;
    names.into_iter().zip(found).collect()
}

/// A switch that will be confirmed, or taken back.
fn unconfirmed(facts: &HostFacts, environment: &Environment) -> Option<Problem> {
    facts.unconfirmed.as_ref().map(|release| Problem {
        what: format!("its switch to {release} is not confirmed: `current` may go back yet"),
        remedy: format!("wait until that is settled: `garment status {}`", environment.name),
    })
}

/// What is new to the hosts. Where that can't be told, the rest of the plan is no worse for it.
async fn changes(
    preview: &Preview,
    repo_url: &str,
    commit: &CommitId,
    means: Means<'_>,
) -> Vec<ChangesPreview> {
    let live = preview.live_commits();
    if live.is_empty() {
        return Vec::new();
    }
    let ids: Vec<String> = live.iter().map(|(id, _)| id.clone()).collect();
    let since = means.origin.changes(repo_url, commit, &ids).await;
    let since = since.unwrap_or_else(|problem| vec![Err(problem.what); ids.len()]);
    let changes = live.into_iter().zip(since).map(|((live, hosts), since)| ChangesPreview {
        live,
        hosts,
        changes: since.map_or_else(Known::Unknown, Known::Known),
    });
    changes.collect()
}
