use jiff::{SignedDuration, Timestamp};

use super::deliver::{Deliveries, deliver_task};
use super::prune::prunes;
use super::record::{About, name_steps, record};
use super::resume::Continued;
use super::scope::{Names, Scope, absolute_paths};
use super::tasks::{Switch, own_task, reverts, stage_tasks, switch_tasks};
use super::{NoPlan, Plan, PlanTask, Selection};
use crate::event::{HostName, Operation, Phase, Problem};
use crate::model::{
    CommitId, Environment, HostFacts, Occupant, OperationId, ReleaseName, Setting, Stage, State,
};
use crate::remote::{self, Paths, Prepare, quote};
use crate::transport::Step;

/// How far a host's newest release may be ahead of this machine's clock without anything being wrong: deploys of the
/// same second, and clocks that differ a little.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(300);

/// What a deploy is compiled from, beside the environment.
#[derive(Debug, Clone)]
pub struct Deploy<'a> {
    /// The ref that is deployed, by its name.
    pub git_ref: &'a str,
    /// What it is.
    pub commit: &'a CommitId,
    /// Now, by this machine's clock.
    pub now: Timestamp,
    /// What the operation is called on the hosts.
    pub operation: &'a OperationId,
    /// Who deploys, as `user@machine`.
    pub by: &'a str,
    /// Which of the user's tasks run.
    pub selection: &'a Selection,
    /// The token of the lock that is held on every host.
    pub token: Option<&'a str>,
    /// If it goes on with a deploy that was begun before: what has to be as it was then.
    pub continued: Option<&'a Continued>,
    /// What hosts lack, where this machine delivers it.
    pub deliveries: Option<&'a Deliveries>,
}

/// Compiles a deploy: deliver → prepare → before → cutover → after → prune → cleanup.
///
/// # Errors
/// A host is in no state for it.
pub fn compile_deploy(
    environment: &Environment,
    facts: &[HostFacts],
    deploy: &Deploy<'_>,
) -> Result<Plan, NoPlan> {
    fit(facts)?;
    let release = match deploy.continued {
        Some(continued) => continued.release.clone(),
        None => name_release(facts, deploy)?,
    };
    let before = Continued::before(deploy.continued, facts);
    let hosts: Vec<(HostFacts, Scope)> = environment
        .hosts
        .iter()
        .zip(facts)
        .zip(&before)
        .map(|((host, facts), before)| {
            let names = Names {
                git_ref: deploy.git_ref.to_owned(),
                commit: deploy.commit.to_string(),
                release: release.to_string(),
                previous_release: before.release.clone(),
            };
            (facts.clone(), Scope::of(environment, host, facts, &names))
        })
        .collect();
    let paths: Vec<Paths> = facts.iter().map(absolute_paths).collect();

    let prepare = hosts.iter().zip(&paths).map(|((_, scope), paths)| {
        let text = remote::prepare(&Prepare {
            paths,
            repo_url: &scope.value(Setting::RepoUrl),
            commit: deploy.commit,
            release: &release,
            by: deploy.by,
            git_ref: deploy.git_ref,
            token: deploy.token,
            resuming: deploy.continued.is_some(),
            delivery: environment.delivery,
            head: deploy.deliveries.map_or("", |deliveries| &deliveries.head),
        });
        Step::script(format!("make release {release}"), text)
    });
    let prune = prunes(environment, facts, &release).into_iter().zip(&paths).map(|(names, paths)| {
        Step::script("remove old releases", remote::prune(paths, &names, &release, deploy.token))
    });
    let stage = |stage| stage_tasks(environment, stage, deploy.selection, &hosts);

    let switches: Vec<Switch<'_>> = paths
        .iter()
        .map(|paths| Switch { paths, left_as: State::Replaced, back_as: State::Failed })
        .collect();

    let deliver = deploy.deliveries.map(|deliveries| deliver_task(facts, deliveries)).transpose()?;
    let mut tasks: Vec<PlanTask> = deliver.flatten().into_iter().collect();
    tasks.push(own_task(Phase::Prepare, "prepare", prepare));
    tasks.extend(stage(Stage::Before));
    tasks.extend(switch_tasks(environment, &switches, &release, deploy.token));
    tasks.extend(stage(Stage::After));
    tasks.push(own_task(Phase::Prune, "prune", prune));
    tasks.extend(stage(Stage::Cleanup));
    name_steps(&mut tasks);
    let about = About {
        operation: Operation::Deploy,
        id: deploy.operation,
        release: &release,
        commit: deploy.commit.as_str(),
        git_ref: deploy.git_ref,
        by: deploy.by,
        began: deploy.now,
        selection: deploy.selection,
    };
    Ok(Plan {
        operation: Operation::Deploy,
        environment: environment.name.clone(),
        hosts: host_names(environment),
        record: record(environment, facts, &before, &tasks, &about),
        resumed: None,
        cutover_confirm: environment.cutover_confirm,
        tasks,
        give_up: paths
            .iter()
            .map(|paths| {
                Step::script("write down that it failed", remote::mark(paths, &release, State::Failed))
            })
            .collect(),
        revert: reverts(&switches, &release, deploy.token),
        reconnect_timeout: environment.reconnect_timeout,
        survey: paths.iter().map(|paths| Step::script("look at the host", remote::survey(paths))).collect(),
        release,
    })
}

/// The environment's hosts as people know them.
pub(crate) fn host_names(environment: &Environment) -> Vec<HostName> {
    environment.hosts.iter().map(|host| host.destination.to_string().into()).collect()
}

/// Whether `current` can be switched on every host, before any of them does anything.
pub(super) fn fit(facts: &[HostFacts]) -> Result<(), NoPlan> {
    let unfit: Vec<_> = facts
        .iter()
        .enumerate()
        .filter(|(_, facts)| facts.current == Occupant::NotASymlink)
        .map(|(index, facts)| {
            let link = &facts.current_symlink;
            let problem = Problem {
                what: format!("`{link}` is a real file or directory, not a symlink"),
                remedy: format!(
                    "move it away: mv {} {}",
                    quote(link),
                    quote(&format!("{link}.before-garment"))
                ),
            };
            (index, problem)
        })
        .collect();
    if unfit.is_empty() { Ok(()) } else { Err(NoPlan::Hosts(unfit)) }
}

/// A release that is newer than any that could be made now.
pub(crate) fn from_the_future(facts: &HostFacts, now: Timestamp) -> Option<Problem> {
    let newest = facts.releases.keys().next_back()?;
    (newest.made_at()?.duration_since(now) > CLOCKS_DIFFER).then(|| Problem {
        what: format!("release `{newest}` is from the future, by this machine's clock"),
        remedy: "set this machine's clock; or remove that release if its maker's clock was wrong".into(),
    })
}

/// A name that is newer than every release on every host, since names say which release came when.
fn name_release(facts: &[HostFacts], deploy: &Deploy<'_>) -> Result<ReleaseName, NoPlan> {
    let newest = facts.iter().filter_map(|facts| facts.releases.keys().next_back()).max();
    let Some(at) =
        newest.and_then(ReleaseName::made_at).filter(|at| at.as_second() >= deploy.now.as_second())
    else {
        return Ok(ReleaseName::new(deploy.now, deploy.commit));
    };
    if let Some(problem) = facts.iter().find_map(|facts| from_the_future(facts, deploy.now)) {
        return Err(NoPlan::Refused(problem));
    }
    Ok(ReleaseName::new(at.saturating_add(SignedDuration::from_secs(1)).unwrap_or(at), deploy.commit))
}
