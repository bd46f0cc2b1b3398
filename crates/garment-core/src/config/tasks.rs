use std::time::Duration;

use super::hosts::read_roles;
use super::problems::Problems;
use super::read::{self, Field};
use super::templates::{self, Placed};
use super::tree::{Entry, Kind, Node, Text};
use super::wording::tick;
use crate::model::Stage;

/// A task as it stands in the file.
#[derive(Debug, Clone)]
pub(super) struct TaskBlock {
    pub(super) id: Text,
    pub(super) roles: Vec<Text>,
    pub(super) commands: Vec<Placed>,
    pub(super) cd: Option<Placed>,
    pub(super) prefix: Option<Placed>,
    pub(super) shell_env: Vec<(String, Placed)>,
    pub(super) shell: Option<Vec<String>>,
    /// `None` is `none`: the environment's does not hold here.
    pub(super) timeout: Field<Option<Duration>>,
}

/// The tasks of each stage, in the order of [`Stage::ALL`].
pub(super) type StageBlocks = [Vec<TaskBlock>; 4];

const TASK_KEYS: [&str; 8] = ["id", "roles", "commands", "cd", "prefix", "shell_env", "shell", "timeout"];
const STAGES_EXAMPLE: &str =
    "stages:\n  after:\n    - id: restart\n      commands:\n        - systemctl --user restart shop";
const TASK_EXAMPLE: &str = "- id: restart\n  commands:\n    - systemctl --user restart shop";

/// Reads `stages`.
pub(super) fn read(entry: &Entry, problems: &mut Problems<'_>) -> StageBlocks {
    let mut stages = StageBlocks::default();
    for entry in read::map(entry, STAGES_EXAMPLE, problems).unwrap_or_default() {
        match Stage::ALL.iter().position(|stage| stage.key() == entry.key.text) {
            Some(i) => stages[i] = read_stage(entry, problems),
            None => {
                read::unknown_key(&entry.key, "stage", &Stage::ALL.map(Stage::key), problems);
            }
        }
    }
    stages
}

fn read_stage(entry: &Entry, problems: &mut Problems<'_>) -> Vec<TaskBlock> {
    let mut tasks: Vec<TaskBlock> = Vec::new();
    let example = format!("{}:\n  {}", entry.key.text, TASK_EXAMPLE.replace('\n', "\n  "));
    for item in read::list(entry, &example, problems).unwrap_or_default() {
        let Some(task) = read_task(item, problems) else { continue };
        if let Some(first) = tasks.iter().find(|t| t.id.text == task.id.text) {
            problems
                .add(
                    &task.id.range,
                    format!("two tasks of `{}` have the id {}", entry.key.text, tick(&task.id.text)),
                )
                .related(&first.id.range, "first here")
                .help("give one of them another id");
            continue;
        }
        tasks.push(task);
    }
    tasks
}

fn read_task(item: &Node, problems: &mut Problems<'_>) -> Option<TaskBlock> {
    let Kind::Map(entries) = &item.kind else {
        if !matches!(item.kind, Kind::Broken) {
            problems
                .add(&item.range, format!("a task must be a mapping, not {}", item.noun()))
                .help(format!("write it like this:\n{}", read::indented(TASK_EXAMPLE)));
        }
        return None;
    };
    let mut id = Field::Absent;
    let mut commands = Field::Absent;
    let mut task = TaskBlock {
        id: Text { text: String::new(), range: 0..0 },
        roles: Vec::new(),
        commands: Vec::new(),
        cd: None,
        prefix: None,
        shell_env: Vec::new(),
        shell: None,
        timeout: Field::Absent,
    };
    for entry in entries {
        let absent = matches!(entry.value.kind, Kind::Null);
        match entry.key.text.as_str() {
            "id" | "cd" | "prefix" | "shell" | "shell_env" if absent => {}
            "id" => id = Field::from_option(read::label(&entry.value, "`id`", problems)),
            "commands" => commands = Field::from_option(read_commands(entry, problems)),
            "roles" => task.roles = read_roles(entry, problems).unwrap_or_default(),
            "cd" => task.cd = cd(entry, problems),
            "prefix" => task.prefix = template(entry, problems),
            "shell" => task.shell = read::shell(entry, problems),
            "timeout" => task.timeout = read::limit(entry, "30m", problems),
            "shell_env" => task.shell_env = shell_env(entry, problems),
            _ => match read::unknown_key(&entry.key, "task setting", &TASK_KEYS, problems) {
                Some("id") if id.is_absent() => id = Field::Broken,
                Some("commands") if commands.is_absent() => commands = Field::Broken,
                _ => {}
            },
        }
    }
    let place = entries.first().map_or(&item.range, |entry| &entry.key.range);
    if id.is_absent() {
        problems
            .add(place, "a task without an `id`")
            .help("give it a name that is unique in its stage: `id: restart`");
    }
    if commands.is_absent() {
        let place = id.given().map_or(place, |id| &id.range);
        problems
            .add(place, "a task without `commands`")
            .help(format!("list them:\n{}", read::indented(TASK_EXAMPLE)));
    }
    task.commands = commands.given().cloned().unwrap_or_default();
    task.id = id.given().cloned()?;
    Some(task)
}

fn template(entry: &Entry, problems: &mut Problems<'_>) -> Option<Placed> {
    let text = read::text(entry, problems)?;
    Some(templates::parse(&text, problems))
}

/// A folder; `cd ''` would go nowhere in some shells and home in others.
fn cd(entry: &Entry, problems: &mut Problems<'_>) -> Option<Placed> {
    let text = read::text(entry, problems)?;
    if text.text.is_empty() {
        problems.add(&text.range, "`cd` is empty").help("write a folder, or leave the line out");
        return None;
    }
    Some(templates::parse(&text, problems))
}

fn read_commands(entry: &Entry, problems: &mut Problems<'_>) -> Option<Vec<Placed>> {
    let example = match &entry.value.kind {
        Kind::Scalar(text) if !text.contains(char::is_control) => {
            format!("commands:\n  - '{}'", text.replace('\'', "''"))
        }
        _ => "commands:\n  - make install".to_owned(),
    };
    let items = read::list(entry, &example, problems)?;
    if items.is_empty() {
        problems
            .add(entry.place(), "`commands` is empty")
            .help(format!("write at least one:\n{}", read::indented("commands:\n  - make install")));
        return None;
    }
    let mut commands = Vec::new();
    for item in items {
        let empty = match &item.kind {
            Kind::Null => true,
            Kind::Scalar(text) => text.trim().is_empty(),
            _ => false,
        };
        if empty {
            problems.add(&item.range, "a command is empty").help("write a command, or leave the line out");
        } else if let Some(text) = read::scalar(item, "a command", problems) {
            commands.push(templates::parse(&text, problems));
        }
    }
    Some(commands)
}

fn shell_env(entry: &Entry, problems: &mut Problems<'_>) -> Vec<(String, Placed)> {
    let mut all = Vec::new();
    for entry in read::map(entry, "shell_env:\n  LANG: C.UTF-8", problems).unwrap_or_default() {
        let name = &entry.key.text;
        let mut chars = name.chars();
        let identifier = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !identifier {
            problems
                .add(&entry.key.range, format!("{} can't be the name of an environment variable", tick(name)))
                .help("use letters, digits and `_`, with no digit first");
            continue;
        }
        if matches!(entry.value.kind, Kind::Null) {
            problems
                .add(entry.place(), format!("{} in `shell_env` has no value", tick(name)))
                .help("write '' for an empty one");
            continue;
        }
        if let Some(text) = read::scalar(&entry.value, &tick(name), problems) {
            all.push((name.clone(), templates::parse(&text, problems)));
        }
    }
    all
}
