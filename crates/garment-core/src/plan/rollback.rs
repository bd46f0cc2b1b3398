use super::deploy::{fit, host_names};
use super::prune::rollback_target;
use super::record::{About, name_steps, record};
use super::resume::Continued;
use super::scope::{Names, Scope, absolute_paths};
use super::tasks::{Switch, reverts, stage_tasks, switch_tasks};
use super::{NoPlan, Plan, Selection};
use crate::event::{Operation, Problem};
use crate::model::{Environment, HostFacts, OperationId, ReleaseName, Setting, Stage, State};
use crate::remote;
use crate::transport::Step;
use jiff::Timestamp;

/// What a rollback is compiled from, beside the environment.
#[derive(Debug, Clone)]
pub struct Rollback<'a> {
    /// What the operation is called on the hosts.
    pub operation: &'a OperationId,
    /// Who goes back, as `user@machine`.
    pub by: &'a str,
    /// Now, by this machine's clock.
    pub now: Timestamp,
    /// The release to go back to, as it was asked for.
    pub release: Option<&'a str>,
    /// The token of the lock that is held on every host.
    pub token: Option<&'a str>,
    /// If it goes on with a rollback that was begun before: what has to be as it was then.
    pub continued: Option<&'a Continued>,
}

/// Compiles a rollback: rollback stage → cutover → after.
///
/// # Errors
/// There is nothing to go back to, or a host is in no state for it.
pub fn compile_rollback(
    environment: &Environment,
    facts: &[HostFacts],
    rollback: &Rollback<'_>,
) -> Result<Plan, NoPlan> {
    fit(facts)?;
    let release = choose(environment, facts, rollback)?;
    let before = Continued::before(rollback.continued, facts);
    let hosts: Vec<(HostFacts, Scope)> = environment
        .hosts
        .iter()
        .zip(facts)
        .zip(&before)
        .map(|((host, facts), before)| {
            let known = facts.releases.get(&release).and_then(|release| release.commit.clone());
            let names = Names {
                git_ref: Scope::without_host(environment).value(Setting::GitRef),
                commit: known.unwrap_or_else(|| release.commit_short().to_owned()),
                release: release.to_string(),
                previous_release: before.release.clone(),
            };
            (facts.clone(), Scope::of(environment, host, facts, &names))
        })
        .collect();
    let paths: Vec<_> = facts.iter().map(absolute_paths).collect();
    let stage = |stage| stage_tasks(environment, stage, &Selection::All, &hosts);
    let mut tasks = stage(Stage::Rollback);
    // Going on to a newer release by name says nothing against the one that is left.
    let switches = facts.iter().zip(&paths).map(|(facts, paths)| {
        let forward = facts.current_release().is_some_and(|current| *current < release);
        let was = facts.releases.get(&release).and_then(|release| release.state);
        // What it was before the switch that is gone on with, nobody wrote down.
        let was = was.filter(|state| rollback.continued.is_none() || *state != State::Live);
        Switch {
            paths,
            left_as: if forward { State::Replaced } else { State::RolledBack },
            back_as: was.unwrap_or(State::Replaced),
        }
    });
    let switches: Vec<Switch<'_>> = switches.collect();
    tasks.extend(switch_tasks(environment, &switches, &release, rollback.token));
    tasks.extend(stage(Stage::After));
    name_steps(&mut tasks);
    let known = facts.iter().find_map(|facts| facts.releases.get(&release)?.commit.clone());
    let about = About {
        operation: Operation::Rollback,
        id: rollback.operation,
        release: &release,
        commit: &known.unwrap_or_default(),
        git_ref: "",
        by: rollback.by,
        began: rollback.now,
        selection: &Selection::All,
    };
    Ok(Plan {
        operation: Operation::Rollback,
        environment: environment.name.clone(),
        hosts: host_names(environment),
        record: record(environment, facts, &before, &tasks, &about),
        resumed: None,
        cutover_confirm: environment.cutover_confirm,
        tasks,
        give_up: Vec::new(),
        revert: reverts(&switches, &release, rollback.token),
        reconnect_timeout: environment.reconnect_timeout,
        survey: paths.iter().map(|paths| Step::script("look at the host", remote::survey(paths))).collect(),
        release,
    })
}

/// The release to go back to: one that every host has and not every host is at.
fn choose(
    environment: &Environment,
    facts: &[HostFacts],
    rollback: &Rollback<'_>,
) -> Result<ReleaseName, NoPlan> {
    let refused = |what: String, remedy: String| Err(NoPlan::Refused(Problem { what, remedy }));
    let list = || format!("see what there is: `garment list {}`", environment.name);
    if let Some(wanted) = rollback.release {
        let Some(name) = ReleaseName::parse(wanted) else {
            return refused(format!("`{}` is not a release's name", wanted.escape_debug()), list());
        };
        let missing: Vec<_> = facts
            .iter()
            .zip(&environment.hosts)
            .filter(|(facts, _)| !facts.releases.contains_key(&name))
            .collect();
        return match missing.as_slice() {
            [] if rollback.continued.is_none()
                && facts.iter().all(|facts| facts.current_release() == Some(&name)) =>
            {
                refused(format!("`{name}` is the current release"), list())
            }
            [] => Ok(name),
            _ if missing.len() == facts.len() => refused(format!("there is no release `{name}`"), list()),
            [(_, host), ..] => refused(format!("`{name}` is not on {}", host.destination), list()),
        };
    }
    // Where hosts differ, a switch went wrong halfway: back is what came before the newest of their releases.
    // A link to a release that somebody removed still says what was live.
    let Some(current) = facts.iter().filter_map(HostFacts::last_live).max() else {
        return refused("nothing is live, so there is nothing to go back from".into(), list());
    };
    let all: Vec<&HostFacts> = facts.iter().collect();
    match rollback_target(&all, &current) {
        Some(name) => Ok(name),
        None => refused(format!("no good release older than `{current}` is on every host"), list()),
    }
}
