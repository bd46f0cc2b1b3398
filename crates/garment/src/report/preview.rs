//! What a deploy would do, in full and in short.

use std::path::Path;

use garment_core::model::{Changes, Commits, Files};
use garment_core::plan::{ChangesPreview, Known, Preview, TaskPreview, Warning};

use super::clean;
use super::invocation::word;
use super::look::{Look, Tone};
use super::record::count;
use super::table::{Cell, Table};

/// How many commits and how many files are named, in full and in short.
const NAMED: usize = 50;
const NAMED_IN_SHORT: usize = 10;

/// All of it.
pub fn lines(plan: &Preview, look: Look) -> Vec<String> {
    let mut lines = head(plan, look);
    lines.push(format!("commit {}", plan.commit));
    lines.push(format!("release {} (it gets its time when it is made)", plan.release()));
    lines.push(String::new());
    lines.push(title("current", look));
    let mut table = Table::new(&[]);
    for host in &plan.hosts {
        let from = host.current.as_deref().unwrap_or("nothing");
        table.row([Cell::new(Tone::Name, &host.host), format!("{from} -> {}", plan.release()).into()]);
    }
    lines.extend(indented(table.lines(look)));
    for changes in &plan.changes {
        lines.push(String::new());
        lines.extend(news(plan, changes, NAMED, look));
    }
    lines.push(String::new());
    lines.push(title("what runs, in this order", look));
    lines.extend(plan.tasks.iter().flat_map(|task| in_full(plan, task, look)));
    lines.push(String::new());
    lines.extend(in_the_way(&plan.warnings, look));
    lines
}

/// As much of it as helps to answer whether it is right.
pub fn summary(plan: &Preview, look: Look) -> Vec<String> {
    let mut lines = head(plan, look);
    let mut moves: Vec<(&str, Vec<String>)> = Vec::new();
    for host in &plan.hosts {
        let from = host.current.as_deref().unwrap_or("nothing");
        match moves.iter_mut().find(|(known, _)| *known == from) {
            Some((_, hosts)) => hosts.push(host.host.clone()),
            None => moves.push((from, vec![host.host.clone()])),
        }
    }
    lines.extend(moves.iter().map(|(from, hosts)| {
        format!("current: {} -> {} ({})", clean::text(from), plan.release(), places(plan, hosts))
    }));
    for changes in &plan.changes {
        lines.extend(news(plan, changes, NAMED_IN_SHORT, look));
    }
    let users = plan.tasks.iter().filter(|task| task.is_users);
    lines.extend(users.map(|task| format!("runs {}", name_and_places(plan, task, look))));
    let prunes: usize = plan.hosts.iter().map(|host| host.prune.len()).sum();
    if prunes > 0 {
        lines.push(format!("removes {} in all", plural(prunes as u64, "old release")));
    }
    for warning in &plan.warnings {
        lines.extend(warn(warning, look));
    }
    lines
}

/// What people are asked about it.
pub fn question(plan: &Preview) -> String {
    let environment = clean::text(&plan.environment);
    if plan.unchanged {
        return format!("Deploy {} to {environment} again?", plan.commit.short());
    }
    format!("Deploy {} to {environment} ({})?", plan.commit.short(), count(plan.hosts.len()))
}

/// That the commit is live everywhere.
pub fn nothing_to_deploy(plan: &Preview) -> String {
    format!(
        "nothing to deploy to {}: {} ({}) is live on {}",
        clean::text(&plan.environment),
        clean::text(&plan.git_ref),
        plan.commit.short(),
        count(plan.hosts.len())
    )
}

/// The command that does what is in a file.
pub fn how_to_run(file: &Path, config: Option<&str>) -> String {
    let config = config.map(|config| format!(" --config {}", word(config))).unwrap_or_default();
    clean::text(&format!("garment deploy{config} --plan {}", word(&file.display().to_string())))
}

fn head(plan: &Preview, look: Look) -> Vec<String> {
    let what = format!("plan for {}", clean::text(&plan.environment));
    let git_ref = clean::text(&plan.git_ref);
    let mut lines = vec![format!(
        "{}: deploy of {git_ref} ({}) to {}",
        look.paint(Tone::Strong, &what),
        plan.commit.short(),
        count(plan.hosts.len())
    )];
    if plan.unchanged {
        lines.push(look.paint(Tone::Warn, &nothing_to_deploy(plan)));
    }
    lines
}

fn title(text: &str, look: Look) -> String {
    look.paint(Tone::Strong, text)
}

fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}

/// `3 hosts` for all of them, else their names.
fn places(plan: &Preview, hosts: &[String]) -> String {
    if hosts.len() == plan.hosts.len() && hosts.len() > 1 {
        return count(hosts.len());
    }
    hosts.iter().map(|host| clean::text(host)).collect::<Vec<_>>().join(", ")
}

fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// What is new to some hosts.
fn news(plan: &Preview, since: &ChangesPreview, named: usize, look: Look) -> Vec<String> {
    let places = places(plan, &since.hosts);
    let live = clean::text(since.live.get(..7).unwrap_or(&since.live));
    let changes = match &since.changes {
        Known::Known(changes) => changes,
        Known::Unknown(why) => {
            let text = format!("commits since what is live on {places}: unknown: {}", clean::text(why));
            return vec![look.paint(Tone::Warn, &text)];
        }
    };
    let Changes { gained, lost, files } = changes;
    let (new, old) = (plural(gained.count, "commit"), plural(lost.count, "commit"));
    let mut lines = Vec::new();
    match (gained.count, lost.count) {
        (_, 0) => lines.push(title(&format!("{new} since {live} (live on {places})"), look)),
        (0, _) => {
            let text = format!("goes back {old} from {live} (live on {places})");
            lines.push(look.paint(Tone::Warn, &text));
        }
        _ => {
            let text =
                format!("history was rewritten since {live} (live on {places}), or it is another branch:");
            lines.push(look.paint(Tone::Warn, &text));
            lines.push(format!("{new} more, {old} less"));
        }
    }
    lines.extend(commits(gained, '+', named, look));
    lines.extend(commits(lost, '-', named, look));
    lines.push(counts(files));
    if named == NAMED {
        lines.extend(changed_files(files, look));
    }
    lines
}

fn commits(commits: &Commits, sign: char, named: usize, look: Look) -> Vec<String> {
    let mut table = Table::new(&[]);
    let tone = if sign == '+' { Tone::Plain } else { Tone::Bad };
    for commit in commits.newest.iter().take(named) {
        table.row([
            Cell::new(tone, &format!("{sign} {}", commit.id.short())),
            Cell::new(Tone::Plain, &commit.author),
            Cell::new(Tone::Plain, &commit.subject),
        ]);
    }
    let shown = commits.newest.len().min(named) as u64;
    let more = (commits.count > shown).then(|| format!("  {sign} and {} more", commits.count - shown));
    indented(table.lines(look)).chain(more).collect()
}

fn counts(files: &Files) -> String {
    let lines = format!("{} added, {} removed", plural(files.added, "line"), files.removed);
    format!("{} changed, {lines}", plural(files.count, "file"))
}

fn changed_files(files: &Files, look: Look) -> Vec<String> {
    let mut table = Table::new(&[]);
    for file in files.first.iter().take(NAMED) {
        let lines = file.lines.map_or("binary".to_owned(), |(added, removed)| format!("+{added} -{removed}"));
        let path = match &file.from {
            Some(from) => format!("{from} -> {}", file.path),
            None => file.path.clone(),
        };
        table.row([lines.into(), path.into()]);
    }
    let shown = files.first.len().min(NAMED) as u64;
    let more = (files.count > shown).then(|| format!("  and {} more", files.count - shown));
    indented(table.lines(look)).chain(more).collect()
}

fn name_and_places(plan: &Preview, task: &TaskPreview, look: Look) -> String {
    let hosts: Vec<String> = task.runs.iter().flat_map(|run| run.hosts.clone()).collect();
    let name = clean::text(&task.task);
    if hosts.is_empty() {
        return look.paint(Tone::Faint, &format!("{name}: nowhere, no host has its roles"));
    }
    // In the file's order, whoever runs the same.
    let names = plan.hosts.iter().map(|host| host.host.clone()).filter(|host| hosts.contains(host));
    format!("{name} ({})", places(plan, &names.collect::<Vec<_>>()))
}

fn in_full(plan: &Preview, task: &TaskPreview, look: Look) -> Vec<String> {
    let mut lines = vec![format!("  {}", name_and_places(plan, task, look))];
    if task.is_prune {
        lines.extend(prunes(plan));
    }
    let mut shown: Vec<(&[String], Vec<String>)> = Vec::new();
    for run in &task.runs {
        match shown.iter_mut().find(|(commands, _)| *commands == run.commands.as_slice()) {
            Some((_, hosts)) => hosts.extend(run.hosts.clone()),
            None => shown.push((&run.commands, run.hosts.clone())),
        }
    }
    let alone = shown.len() == 1;
    let indent = if alone { "    " } else { "      " };
    for (commands, hosts) in shown {
        if !alone {
            lines.push(format!("    on {}:", places(plan, &hosts)));
        }
        for command in commands {
            for (index, line) in clean::lines(command).enumerate() {
                lines.push(format!("{indent}{} {line}", if index == 0 { "$" } else { " " }));
            }
        }
    }
    lines
}

fn prunes(plan: &Preview) -> Vec<String> {
    let mut same: Vec<(&[String], Vec<String>)> = Vec::new();
    for host in plan.hosts.iter().filter(|host| !host.prune.is_empty()) {
        match same.iter_mut().find(|(names, _)| *names == host.prune.as_slice()) {
            Some((_, hosts)) => hosts.push(host.host.clone()),
            None => same.push((&host.prune, vec![host.host.clone()])),
        }
    }
    if same.is_empty() {
        return vec!["    removes nothing".to_owned()];
    }
    let line = |(names, hosts): (&[String], Vec<String>)| {
        let names = names.iter().map(|name| clean::text(name)).collect::<Vec<_>>().join(", ");
        format!("    removes {names} on {}", places(plan, &hosts))
    };
    same.into_iter().map(line).collect()
}

fn warn(warning: &Warning, look: Look) -> Vec<String> {
    let name = look.paint(Tone::Name, &clean::text(&warning.host));
    let what = clean::text(&warning.problem.what);
    let what = look.paint(if warning.is_lock { Tone::Warn } else { Tone::Bad }, &what);
    let mark = if warning.is_lock { look.paint(Tone::Warn, "!") } else { look.bad() };
    let mut lines = vec![format!("{mark} {name}: {what}")];
    if !warning.problem.remedy.is_empty() {
        lines.push(format!("    {}", clean::text(&warning.problem.remedy)));
    }
    lines
}

fn in_the_way(warnings: &[Warning], look: Look) -> Vec<String> {
    let mut lines: Vec<String> = warnings.iter().flat_map(|warning| warn(warning, look)).collect();
    let problems = warnings.iter().filter(|warning| !warning.is_lock).count();
    lines.push(match (problems, warnings.len()) {
        (0, 0) => "Nothing stands in the way of a deploy. Nothing was changed.".to_owned(),
        (0, _) => "A deploy would be refused as long as that is so. Nothing was changed.".to_owned(),
        (1, _) => "1 problem would stop a deploy. Nothing was changed.".to_owned(),
        _ => format!("{problems} problems would stop a deploy. Nothing was changed."),
    });
    lines
}
