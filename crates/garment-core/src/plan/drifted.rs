use super::preview::{HostPreview, Preview, TaskPreview};
use crate::event::Problem;

/// As many differences as are named.
const NAMED: usize = 20;

/// In what a deploy would be another than people were shown: a problem that names all of it.
pub fn drifted(shown: &Preview, now: &Preview) -> Option<Problem> {
    let mut lines = Vec::new();
    if shown.environment != now.environment {
        lines.push(format!("it is a plan for `{}`, not for `{}`", shown.environment, now.environment));
    }
    if shown.commit != now.commit {
        lines.push(format!("`{}` was {}, and is {}", shown.git_ref, shown.commit, now.commit));
    }
    for now in &now.hosts {
        if let Some(shown) = shown.hosts.iter().find(|shown| shown.host == now.host) {
            lines.extend(host(shown, now));
        }
    }
    let same_variables = lines.is_empty();
    lines.extend(settings(shown, now));
    lines.extend(hosts(shown, now));
    if same_variables {
        lines.extend(tasks(shown, now));
    }
    let more = lines.len().saturating_sub(NAMED);
    if more > 0 {
        lines.truncate(NAMED);
        lines.push(format!("and {more} more"));
    }
    (!lines.is_empty()).then(|| Problem {
        what: format!("what it would do is not what the plan says:\n{}", lines.join("\n")),
        remedy: format!("look at it anew: `garment plan {}`", now.environment),
    })
}

fn settings(shown: &Preview, now: &Preview) -> Vec<String> {
    let another = now.settings.iter().filter(|(key, value)| shown.settings.get(*key) != Some(value));
    another.map(|(key, _)| format!("`{key}` is another in deploy.conf")).collect()
}

fn hosts(shown: &Preview, now: &Preview) -> Vec<String> {
    let has = |preview: &Preview, name: &str| preview.hosts.iter().any(|host| host.host == name);
    let new = now.hosts.iter().filter(|host| !has(shown, &host.host));
    let gone = shown.hosts.iter().filter(|host| !has(now, &host.host));
    let mut lines: Vec<String> = new.map(|host| format!("{} is new in deploy.conf", host.host)).collect();
    lines.extend(gone.map(|host| format!("{} is not in deploy.conf any more", host.host)));
    lines
}

/// Garment's own tasks are not compared: what they depend on is.
fn tasks(shown: &Preview, now: &Preview) -> Vec<String> {
    let users = |preview: &Preview| -> Vec<TaskPreview> {
        preview.tasks.iter().filter(|task| task.is_users).cloned().collect()
    };
    let (was, is) = (users(shown), users(now));
    let find = |tasks: &[TaskPreview], task: &TaskPreview| -> Option<TaskPreview> {
        tasks.iter().find(|other| other.task == task.task).cloned()
    };
    let mut lines = Vec::new();
    for task in &is {
        match find(&was, task) {
            None => lines.push(format!("{} is new", task.task)),
            Some(then) if then != *task => {
                lines.push(format!("{} would run something else, or elsewhere", task.task));
            }
            Some(_) => {}
        }
    }
    let gone = was.iter().filter(|task| find(&is, task).is_none());
    lines.extend(gone.map(|task| format!("{} is not there any more", task.task)));
    if lines.is_empty() && was != is {
        lines.push("the tasks have another order".to_owned());
    }
    lines
}

fn host(shown: &HostPreview, now: &HostPreview) -> Vec<String> {
    let name = &now.host;
    let leads = |current: &Option<String>| current.clone().unwrap_or_else(|| "nothing".to_owned());
    let mut lines = Vec::new();
    if shown.current != now.current {
        let (was, is) = (leads(&shown.current), leads(&now.current));
        lines.push(format!("{name}: `current` led to {was}, and leads to {is}"));
    }
    if shown.paths != now.paths {
        lines.push(format!("{name}: its folders are others ({})", now.paths.join(", ")));
    }
    // It follows from the line above where there is one.
    if lines.is_empty() && shown.prune != now.prune {
        let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        lines.push(format!(
            "{name}: the releases to be removed were {}, and are {}",
            list(&shown.prune),
            list(&now.prune)
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CommitId;
    use crate::plan::Selection;

    fn preview(current: &str, hosts: usize) -> Preview {
        let host = |index| HostPreview {
            host: format!("web{index}"),
            current: Some(current.to_owned()),
            commit: None,
            paths: Vec::new(),
            prune: Vec::new(),
        };
        Preview {
            environment: "production".into(),
            git_ref: "main".into(),
            commit: CommitId::parse(&"1".repeat(40)).unwrap(),
            unchanged: false,
            selection: Selection::All,
            settings: [("keep_releases".to_owned(), "x".to_owned())].into(),
            hosts: (0..hosts).map(host).collect(),
            tasks: Vec::new(),
            changes: Vec::new(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn what_is_the_same_is_no_problem() {
        let shown = preview("a", 3);
        assert_eq!(drifted(&shown, &Preview { unchanged: true, ..shown.clone() }), None);
    }

    #[test]
    fn not_all_of_a_large_fleet_is_named() {
        let what = drifted(&preview("a", 25), &preview("b", 25)).unwrap().what;
        let lines: Vec<&str> = what.lines().collect();
        assert_eq!(lines.len(), 22);
        assert_eq!(lines[1], "web0: `current` led to a, and leads to b");
        assert_eq!(lines[21], "and 5 more");
    }

    /// A setting that the plan does not know, as an older garment's would, is not taken for the same.
    #[test]
    fn a_setting_that_is_new() {
        let mut shown = preview("a", 1);
        shown.settings.clear();
        let what = drifted(&shown, &preview("a", 1)).unwrap().what;
        assert_eq!(what.lines().nth(1), Some("`keep_releases` is another in deploy.conf"));
    }
}
