use std::collections::{BTreeMap, HashSet};

use super::PlanTask;
use super::record::tasks_on;
use super::recorded::Merged;
use crate::event::HostName;
use crate::model::HostFacts;
use crate::remote::RecordedTask;

/// In what the plan for what is left differs from what the hosts recorded: a line for each. What is finished may differ.
pub(super) fn differences(
    last: &Merged<'_>,
    names: &[HostName],
    tasks: &[PlanTask],
    finished: &[Vec<RecordedTask>],
) -> Vec<String> {
    let mut lines = Vec::new();
    let now: HashSet<&str> = names.iter().map(|name| &**name).collect();
    let then: HashSet<&str> = last.hosts().iter().map(String::as_str).collect();
    lines.extend(
        names
            .iter()
            .filter(|name| !then.contains(&***name))
            .map(|name| format!("{name} is new in the environment")),
    );
    lines.extend(
        last.hosts()
            .iter()
            .filter(|host| !now.contains(host.as_str()))
            .map(|host| format!("{host} is not in the environment any more")),
    );
    // What is different, and on which hosts.
    let mut different: BTreeMap<(u32, String), Vec<&str>> = BTreeMap::new();
    let (mut was, mut is): (BTreeMap<u32, String>, BTreeMap<u32, String>) = Default::default();
    for (host, name) in names.iter().enumerate() {
        let is_left = |task: &RecordedTask| !finished[host].iter().any(|done| done.key == task.key);
        let now: Vec<RecordedTask> = tasks_on(tasks, host).into_iter().filter(is_left).collect();
        let Some(then) = last.of(host).and_then(|recorded| recorded.info.as_ref()) else { continue };
        let then: Vec<&RecordedTask> = then.tasks.iter().filter(|task| is_left(task)).collect();
        let mut note = |task: &RecordedTask, how: &str| {
            different.entry((task.place, format!("{} {how}", task.title))).or_default().push(name);
        };
        for task in &now {
            match then.iter().find(|was| was.key == task.key) {
                None => note(task, "is new"),
                Some(was) if was.fingerprint != task.fingerprint || was.steps != task.steps => {
                    note(task, "has changed");
                }
                Some(_) => {}
            }
        }
        for task in then.iter().filter(|was| !now.iter().any(|task| task.key == was.key)) {
            note(task, "is not there any more");
        }
        was.extend(then.iter().map(|task| (task.place, task.title.clone())));
        is.extend(now.iter().map(|task| (task.place, task.title.clone())));
    }
    lines.extend(different.into_iter().map(|((_, text), hosts)| {
        if hosts.len() == names.len() { text } else { format!("{text} on {}", hosts.join(", ")) }
    }));
    let was: Vec<String> =
        was.into_values().filter(|title| is.values().any(|other| other == title)).collect();
    let is: Vec<String> = is.into_values().filter(|title| was.contains(title)).collect();
    if was != is {
        lines.push(format!("the order of the tasks was {}, and is {}", was.join(", "), is.join(", ")));
    }
    lines
}

/// Where things were to be on a host, and where the configuration has them now.
pub(super) fn places(last: &Merged<'_>, names: &[HostName], facts: &[HostFacts]) -> Vec<String> {
    let hosts = names.iter().zip(facts).enumerate();
    hosts
        .filter_map(|(host, (name, facts))| {
            let info = last.of(host)?.info.as_ref()?;
            let line = |setting: &str, was: &str, is: &str| {
                (was != is).then(|| format!("`{setting}` was `{was}` on {name}, and is `{is}`"))
            };
            let lines = [
                line("releases_dir", &info.releases_dir, &facts.releases_dir),
                line("current_symlink", &info.current_symlink, &facts.current_symlink),
            ];
            Some(lines.into_iter().flatten())
        })
        .flatten()
        .collect()
}
