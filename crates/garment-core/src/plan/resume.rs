use jiff::Timestamp;

use super::choose::choose;
use super::differences::{differences, places};
use super::record::{Before, key};
use super::recorded::{Merged, merge};
use super::{
    Deliveries, Deploy, NoPlan, Plan, PlanTask, Rollback, Selection, compile_deploy, compile_rollback,
    host_names,
};
use crate::event::{HostName, Operation, Phase, Problem, Resuming, TaskOutline};
use crate::model::{CommitId, Environment, HostFacts, ReleaseName};
use crate::remote::{Info, Recorded, RecordedTask};

/// What a resume is compiled from, beside the environment.
#[derive(Debug, Clone, Copy)]
pub struct Resume<'a> {
    /// The token of the lock that is held on every host.
    pub token: Option<&'a str>,
    /// Per host, in the environment's order: its newest operation, with its steps.
    pub records: &'a [Vec<Recorded>],
    /// Who goes on, as `user@machine`.
    pub by: &'a str,
    /// Go on even if the plan for what is left is not what it was.
    pub changed_plan: bool,
    /// What hosts lack, where this machine delivers it.
    pub deliveries: Option<&'a Deliveries>,
}

/// What of an operation that was begun before has to be as it was then.
#[derive(Debug, Clone)]
pub struct Continued {
    pub(super) release: ReleaseName,
    before: Vec<Before>,
}

/// What of a plan is done already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// Per host: whether `current` moved in an earlier attempt while it did not on others. If they don't follow, it goes
    /// back.
    pub ahead: Vec<bool>,
}

/// What is gone on with, and how.
#[derive(Debug, Clone)]
pub struct Going {
    /// What is left.
    pub plan: Plan,
    /// What it is the rest of.
    pub resuming: Resuming,
}

impl Continued {
    /// What `current` led to on each host when the operation began.
    pub(super) fn before(continued: Option<&Self>, facts: &[HostFacts]) -> Vec<Before> {
        match continued {
            Some(continued) => continued.before.clone(),
            None => facts.iter().map(Before::of).collect(),
        }
    }
}

/// Compiles what is left of the newest operation: the tasks of people's that a host has finished don't run there again.
/// garment's own do, since they find done what is done.
///
/// # Errors
/// There is nothing to go on with, or not in the way that was planned, or a host is in no state for it.
pub fn compile_resume(
    environment: &Environment,
    facts: &[HostFacts],
    request: &Resume<'_>,
) -> Result<Going, NoPlan> {
    let names = host_names(environment);
    let operations = merge(request.records);
    let (last, info) = choose(environment, &names, &operations)?;
    let continued = Continued { release: info.release.clone(), before: before(last, facts) };
    let mut plan = compile_again(environment, facts, (last, info), &continued, request)?;

    let finished = |host: usize| -> Vec<RecordedTask> {
        let Some(recorded) = last.of(host) else { return Vec::new() };
        let tasks = recorded.info.iter().flat_map(|info| &info.tasks);
        tasks.filter(|task| recorded.has_finished(task)).cloned().collect()
    };
    let finished: Vec<Vec<RecordedTask>> = (0..names.len()).map(finished).collect();
    for (host, facts) in facts.iter().enumerate() {
        if !finished[host].is_empty() && !facts.releases.contains_key(&info.release) {
            return refused(
                format!("`{}` is not on {} any more, and tasks ran there for it", info.release, names[host]),
                format!("give it up: `garment abandon {0}`, then `garment deploy {0}`", environment.name),
            );
        }
    }
    let mut changed = differences(last, &names, &plan.tasks, &finished);
    changed.extend(places(last, &names, facts));
    if !changed.is_empty() && !request.changed_plan {
        return refused(
            format!(
                "what is left of the {} is not what it was when {} began it:\n{}",
                info.operation,
                info.by,
                changed.join("\n")
            ),
            format!(
                "see what changed in deploy.conf. To go on as it says now: `garment resume --changed-plan {0}`; to give \
                 it up: `garment abandon {0}`",
                environment.name
            ),
        );
    }

    for (host, lines) in plan.record.info.iter_mut().enumerate() {
        let is_recorded = last.of(host).is_some_and(|recorded| recorded.info.is_some());
        if is_recorded && changed.is_empty() {
            lines.clear();
        } else if is_recorded {
            keep_finished(lines, &finished[host]);
        }
    }
    let (done, left) = take_finished(&mut plan.tasks, &names, &finished);
    plan.record.attempt = last.attempts().saturating_add(1);
    request.by.clone_into(&mut plan.record.by);
    plan.resumed = Some(Resumed { ahead: ahead(facts, &continued) });
    let resuming = Resuming {
        operation: info.operation,
        id: last.id.clone(),
        git_ref: info.git_ref.clone(),
        commit: info.commit.clone(),
        by: info.by.clone(),
        began: info.began,
        ending: last.ending(),
        finished: done,
        left,
    };
    Ok(Going { plan, resuming })
}

/// The release and the commit of what would be gone on with, if that is a deploy.
pub fn resumed_deploy(
    environment: &Environment,
    records: &[Vec<Recorded>],
) -> Option<(ReleaseName, CommitId)> {
    let operations = merge(records);
    let (_, info) = choose(environment, &host_names(environment), &operations).ok()?;
    (info.operation == Operation::Deploy).then(|| Some((info.release.clone(), info.commit.clone()?)))?
}

fn refused<T>(what: String, remedy: String) -> Result<T, NoPlan> {
    Err(NoPlan::Refused(Problem { what, remedy }))
}

/// What `current` led to when it began; a host that has no record of it was not touched so far.
fn before(last: &Merged<'_>, facts: &[HostFacts]) -> Vec<Before> {
    let of = |(host, facts): (usize, &HostFacts)| match last.of(host).and_then(|known| known.info.as_ref()) {
        Some(info) => Before { release: info.previous.clone(), target: info.previous_target.clone() },
        None => Before::of(facts),
    };
    facts.iter().enumerate().map(of).collect()
}

/// The whole plan, as it would be if the operation began now.
fn compile_again(
    environment: &Environment,
    facts: &[HostFacts],
    (last, info): (&Merged<'_>, &Info),
    continued: &Continued,
    request: &Resume<'_>,
) -> Result<Plan, NoPlan> {
    let token = request.token;
    let now = info.began.unwrap_or(Timestamp::UNIX_EPOCH);
    if info.operation == Operation::Rollback {
        let rollback = Rollback {
            operation: last.id,
            by: &info.by,
            now,
            release: Some(info.release.as_str()),
            continued: Some(continued),
            token,
        };
        return compile_rollback(environment, facts, &rollback);
    }
    let Some(commit) = &info.commit else {
        return refused(
            format!("which commit `{}` deploys can't be read", last.id),
            format!("deploy again: `garment deploy {}`", environment.name),
        );
    };
    let selection = match (info.include.as_slice(), info.exclude.as_slice()) {
        ([], []) => Selection::All,
        ([], exclude) => Selection::Exclude(exclude.to_vec()),
        (include, _) => Selection::Include(include.to_vec()),
    };
    let deploy = Deploy {
        git_ref: &info.git_ref,
        commit,
        now,
        operation: last.id,
        by: &info.by,
        selection: &selection,
        continued: Some(continued),
        token,
        deliveries: request.deliveries,
    };
    compile_deploy(environment, facts, &deploy)
}

/// Takes what is finished from the plan. Gives the user's tasks that are done and those that are left, with their hosts.
fn take_finished(
    tasks: &mut Vec<PlanTask>,
    names: &[HostName],
    finished: &[Vec<RecordedTask>],
) -> (Vec<TaskOutline>, Vec<TaskOutline>) {
    let (mut done, mut left) = (Vec::new(), Vec::new());
    tasks.retain_mut(|task| {
        if !matches!(task.task.phase, Phase::Stage(_)) {
            return true;
        }
        let outline = |hosts: Vec<usize>| TaskOutline {
            task: task.task.clone(),
            hosts: hosts.into_iter().map(|host| names[host].clone()).collect(),
        };
        let key = key(&task.task);
        let (over, rest): (Vec<usize>, Vec<usize>) = task
            .runs
            .iter()
            .map(|run| run.host)
            .partition(|host| finished[*host].iter().any(|task| task.key == key));
        done.extend((!over.is_empty()).then(|| outline(over)));
        left.extend((!rest.is_empty()).then(|| outline(rest.clone())));
        // One that no host has the roles of stays, to be told as such.
        let stays = task.runs.is_empty() || !rest.is_empty();
        // Both are in the order of the hosts.
        task.runs.retain(|run| rest.binary_search(&run.host).is_ok());
        stays
    });
    (done, left)
}

/// A record that is written anew still says of finished tasks what they were.
fn keep_finished(lines: &mut Vec<(&'static str, String)>, finished: &[RecordedTask]) {
    let key = |text: &str| text.split(' ').nth(3).map(ToOwned::to_owned);
    lines.retain(|(name, text)| {
        *name != "task" || !finished.iter().any(|task| key(text).as_ref() == Some(&task.key))
    });
    lines.extend(finished.iter().map(|task| ("task", task.to_text())));
}

/// Which hosts switched in an earlier attempt, where not all did.
fn ahead(facts: &[HostFacts], continued: &Continued) -> Vec<bool> {
    let is_there = |facts: &HostFacts| facts.current_release() == Some(&continued.release);
    let all = facts.iter().all(is_there);
    let was_there = |before: &Before| before.release == continued.release.as_str();
    facts
        .iter()
        .zip(&continued.before)
        .map(|(facts, before)| !all && is_there(facts) && !was_there(before))
        .collect()
}
