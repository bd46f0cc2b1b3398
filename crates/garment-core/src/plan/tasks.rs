use super::scope::Scope;
use super::{HostRun, PlanTask, Selection};
use crate::event::{Phase, TaskRef};
use crate::model::{Environment, HostFacts, ReleaseName, Stage, State, Task};
use crate::remote::{self, Confirmation, Cutover, Paths, command_text};
use crate::transport::{Interpreter, Step};

/// The user's tasks of a stage, in order.
pub(super) fn stage_tasks(
    environment: &Environment,
    stage: Stage,
    selection: &Selection,
    hosts: &[(HostFacts, Scope)],
) -> Vec<PlanTask> {
    let tasks = environment.stages.of(stage).iter().filter(|task| selection.takes(task));
    tasks
        .map(|task| {
            let runs = environment.hosts.iter().zip(hosts).enumerate();
            let runs = runs.filter(|(_, (host, _))| host.has_any(&task.roles));
            PlanTask {
                task: TaskRef { phase: Phase::Stage(stage), id: task.id.as_str().into() },
                runs: runs
                    .map(|(index, (_, (facts, scope)))| HostRun {
                        host: index,
                        steps: steps(environment, task, facts, scope),
                    })
                    .collect(),
            }
        })
        .collect()
}

/// One of garment's own tasks, the same on all hosts but for its text.
pub(super) fn own_task(phase: Phase, id: &str, steps: impl IntoIterator<Item = Step>) -> PlanTask {
    PlanTask {
        task: TaskRef { phase, id: id.into() },
        runs: steps.into_iter().enumerate().map(|(host, step)| HostRun { host, steps: vec![step] }).collect(),
    }
}

/// What a host's switch is made of, beside the release.
pub(super) struct Switch<'a> {
    pub(super) paths: &'a Paths,
    /// What becomes of the release that it leaves.
    pub(super) left_as: State,
    /// What becomes of the release that it goes to, if it goes back.
    pub(super) back_as: State,
}

/// The switch: every host is asked whether it could, then all of them do, then all of them are told that all have. A lone
/// host is not asked: where it can't switch, nothing has.
pub(super) fn switch_tasks(
    environment: &Environment,
    hosts: &[Switch<'_>],
    release: &ReleaseName,
    token: Option<&str>,
) -> Vec<PlanTask> {
    let confirmation = |host: &Switch<'_>| {
        environment.cutover_confirm.map(|within| Confirmation { within, back_as: host.back_as })
    };
    let cutovers = || {
        hosts.iter().map(|host| Cutover {
            paths: host.paths,
            release,
            left_as: host.left_as,
            confirmation: confirmation(host),
            token,
        })
    };
    let rehearse =
        cutovers().map(|cutover| Step::script("see whether it can switch", remote::rehearse(&cutover)));
    let switch =
        cutovers().map(|cutover| Step::script(format!("make {release} current"), remote::cutover(&cutover)));
    let confirm: Vec<Step> = hosts
        .iter()
        .filter_map(|host| Some((host, confirmation(host)?)))
        .map(|(host, confirmation)| {
            Step::script("tell it that all have switched", remote::confirm(host.paths, release, confirmation))
        })
        .collect();
    let mut tasks = Vec::new();
    if hosts.len() > 1 {
        tasks.push(own_task(Phase::Rehearse, "ready to switch", rehearse));
    }
    tasks.push(own_task(Phase::Cutover, "make current", switch));
    if !confirm.is_empty() {
        tasks.push(own_task(Phase::Confirm, "confirm", confirm));
    }
    tasks
}

/// Per host: undoes the switch.
pub(super) fn reverts(hosts: &[Switch<'_>], release: &ReleaseName, token: Option<&str>) -> Vec<Step> {
    let undone = |host: &Switch<'_>| {
        let (paths, left_as) = (host.paths, host.back_as);
        remote::revert(&Cutover { paths, release, left_as, confirmation: None, token })
    };
    hosts.iter().map(|host| Step::script("go back", undone(host))).collect()
}

fn steps(environment: &Environment, task: &Task, facts: &HostFacts, scope: &Scope) -> Vec<Step> {
    let interpreter = match task.shell.as_ref().or(environment.shell.as_ref()) {
        Some(words) => Interpreter::words(words.clone()),
        None => Interpreter::login(facts.has_bash),
    };
    let cd = task.cd.as_ref().map(|cd| scope.expand(cd));
    let prefix = task.prefix.as_ref().map(|prefix| scope.expand(prefix));
    let shell_env: Vec<(String, String)> =
        task.shell_env.iter().map(|(name, value)| (name.clone(), scope.expand(value))).collect();
    let commands = task.commands.iter().map(|command| scope.expand(command));
    commands
        .map(|command| Step {
            text: command_text(cd.as_deref(), &shell_env, prefix.as_deref(), &command),
            shown: command.into(),
            interpreter: interpreter.clone(),
            is_script: false,
            name: None,
            limit: task.timeout,
            parcel: None,
            is_first: false,
        })
        .collect()
}
