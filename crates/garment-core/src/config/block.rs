use std::ops::Range;
use std::time::Duration;

use super::problems::Problems;
use super::read::{self, Field};
use super::tasks::{self, StageBlocks};
use super::templates::{self, Placed};
use super::tree::{Entry, Kind, Text};
use super::variables::{self, Definition};
use super::wording::tick;
use super::{hosts, tasks::TaskBlock};
use crate::model::{Delivery, Host, Setting};

/// The base settings that are texts, in the order in which they see one another.
pub(super) const TEXTS: [Setting; 6] = [
    Setting::RepoUrl,
    Setting::GitRef,
    Setting::DeployDir,
    Setting::SourceDir,
    Setting::ReleasesDir,
    Setting::CurrentSymlink,
];

/// What `repo_url` was called before.
const OLDER_NAMES: [&str; 2] = ["git_repo", "git_origin"];

const KEYS: [&str; 18] = [
    "repo_url",
    "git_ref",
    "deploy_dir",
    "source_dir",
    "releases_dir",
    "current_symlink",
    "keep_releases",
    "delivery",
    "forward_agent",
    "shell",
    "timeout",
    "reconnect_timeout",
    "cutover_confirm",
    "confirm",
    "hosts",
    "variables",
    "stages",
    "extends",
];

/// An environment as it stands in the file, or with what it extends laid under it.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) name: Text,
    pub(super) extends: Field<Text>,
    /// By position in [`TEXTS`].
    pub(super) texts: [Field<Placed>; 6],
    pub(super) keep_releases: Field<u32>,
    pub(super) delivery: Field<Delivery>,
    pub(super) forward_agent: Field<bool>,
    pub(super) shell: Field<Vec<String>>,
    /// `None` is `none`: what the base says does not hold here.
    pub(super) timeout: Field<Option<Duration>>,
    pub(super) reconnect_timeout: Field<Duration>,
    /// As `timeout`.
    pub(super) cutover_confirm: Field<Option<Duration>>,
    pub(super) confirm: Field<bool>,
    pub(super) hosts: Field<Vec<Host>>,
    pub(super) variables: Vec<Definition>,
    pub(super) stages: StageBlocks,
}

impl Block {
    /// All of its tasks.
    pub(super) fn tasks(&self) -> impl Iterator<Item = &TaskBlock> {
        self.stages.iter().flatten()
    }
}

/// Reads one environment. `None` where nothing can be made of it.
pub(super) fn read(entry: &Entry, problems: &mut Problems<'_>) -> Option<Block> {
    let name = tick(&entry.key.text);
    if entry.key.text.trim().is_empty() || entry.key.text.chars().any(char::is_control) {
        problems
            .add(&entry.key.range, format!("{name} can't be the name of an environment"))
            .help("write a name on one line");
        return None;
    }
    let entries = match &entry.value.kind {
        Kind::Map(entries) if !is_stray_setting(&entry.key, entries) => entries,
        Kind::Broken => return None,
        _ => {
            no_environment(entry, problems);
            return None;
        }
    };
    let mut block = Block {
        name: entry.key.clone(),
        extends: Field::Absent,
        texts: Default::default(),
        keep_releases: Field::Absent,
        delivery: Field::Absent,
        forward_agent: Field::Absent,
        shell: Field::Absent,
        timeout: Field::Absent,
        reconnect_timeout: Field::Absent,
        cutover_confirm: Field::Absent,
        confirm: Field::Absent,
        hosts: Field::Absent,
        variables: Vec::new(),
        stages: StageBlocks::default(),
    };
    let repo_url = one_repo_url(entries, problems);
    for entry in entries {
        let key = entry.key.text.as_str();
        if let Some(i) = TEXTS.iter().position(|setting| setting.key() == key) {
            if i > 0 {
                block.texts[i] = Field::from_option(text(entry, problems));
            }
            continue;
        }
        match key {
            _ if OLDER_NAMES.contains(&key) => {}
            "keep_releases" => block.keep_releases = Field::from_option(read::count(entry, problems)),
            "delivery" => block.delivery = Field::from_option(delivery(entry, problems)),
            "forward_agent" => block.forward_agent = Field::from_option(read::boolean(entry, problems)),
            "shell" => block.shell = Field::from_option(read::shell(entry, problems)),
            "timeout" => block.timeout = read::limit(entry, "30m", problems),
            "reconnect_timeout" => {
                block.reconnect_timeout = Field::from_option(read::duration(entry, "2m", problems));
            }
            "cutover_confirm" => {
                block.cutover_confirm = read::limit(entry, "30s", problems);
            }
            "confirm" => block.confirm = Field::from_option(read::boolean(entry, problems)),
            "hosts" => block.hosts = Field::from_option(hosts::read(entry, problems)),
            "variables" => block.variables = variables::read(entry, problems),
            "stages" => block.stages = tasks::read(entry, problems),
            "extends" => block.extends = Field::from_option(extends(entry, problems)),
            _ => {
                let meant = read::unknown_key(&entry.key, "setting", &KEYS, problems);
                block.assume(meant.unwrap_or_default());
            }
        }
    }
    if let Some(entry) = repo_url {
        block.texts[0] = Field::from_option(text(entry, problems));
    }
    Some(block)
}

/// Whether this is `hosts:` or the like with nothing of an environment in it.
fn is_stray_setting(key: &Text, entries: &[Entry]) -> bool {
    KEYS.contains(&key.text.as_str()) && !entries.iter().any(|entry| KEYS.contains(&entry.key.text.as_str()))
}

fn no_environment(entry: &Entry, problems: &mut Problems<'_>) {
    let name = tick(&entry.key.text);
    if KEYS.contains(&entry.key.text.as_str()) || OLDER_NAMES.contains(&entry.key.text.as_str()) {
        problems
            .add(&entry.key.range, format!("{name} stands outside of any environment"))
            .help("indent it below the name of its environment");
    } else if matches!(entry.value.kind, Kind::Null) {
        problems
            .add(entry.place(), format!("environment {name} is empty"))
            .help("indent its settings below it");
    } else {
        let noun = entry.value.noun();
        problems
            .add(entry.place(), format!("environment {name} must be a mapping of settings, not {noun}"))
            .help("begin the names of things that are no environments with `x-` or `.`");
    }
}

impl Block {
    /// A misspelt key was reported: that the right one is missing is no second mistake.
    fn assume(&mut self, key: &str) {
        if let Some(i) = TEXTS.iter().position(|setting| setting.key() == key) {
            if self.texts[i].is_absent() {
                self.texts[i] = Field::Broken;
            }
        } else if key == "hosts" && self.hosts.is_absent() {
            self.hosts = Field::Broken;
        } else if key == "extends" && self.extends.is_absent() {
            self.extends = Field::Broken;
        }
    }
}

/// The entry that sets `repo_url`, under whichever of its names; two of them contradict each other, except that one
/// from a merge key gives way.
fn one_repo_url<'n>(entries: &'n [Entry], problems: &mut Problems<'_>) -> Option<&'n Entry> {
    let is_repo =
        |entry: &&Entry| entry.key.text == "repo_url" || OLDER_NAMES.contains(&entry.key.text.as_str());
    let mut all: Vec<&Entry> = entries.iter().filter(is_repo).collect();
    if all.iter().any(|entry| !entry.merged) {
        all.retain(|entry| !entry.merged);
    }
    if let [first, second, ..] = all[..] {
        problems
            .add(
                &second.key.range,
                format!("{} and {} are the same setting", tick(&first.key.text), tick(&second.key.text)),
            )
            .related(&first.key.range, "first here")
            .help("keep one of them, best as `repo_url`");
    }
    all.first().copied()
}

fn text(entry: &Entry, problems: &mut Problems<'_>) -> Option<Placed> {
    let text = read::text(entry, problems)?;
    Some(templates::parse(&text, problems))
}

fn delivery(entry: &Entry, problems: &mut Problems<'_>) -> Option<Delivery> {
    let text = read::text(entry, problems)?;
    let found = Delivery::WORDS.iter().find(|(_, word)| *word == text.text);
    if found.is_none() {
        problems
            .add(&text.range, format!("`delivery` must be pull or push, not {}", tick(&text.text)))
            .help("`pull`: each host fetches from `repo_url`; `push`: this machine does, and sends each host what it lacks");
    }
    found.map(|(delivery, _)| *delivery)
}

fn extends(entry: &Entry, problems: &mut Problems<'_>) -> Option<Text> {
    if matches!(entry.value.kind, Kind::List(_) | Kind::Map(_)) {
        problems
            .add(entry.place(), format!("`extends` takes one environment's name, not {}", entry.value.noun()))
            .help("to build on several, let each extend the next");
        return None;
    }
    read::text(entry, problems)
}

/// The piece of the file that a missing setting is missing from.
pub(super) fn place(block: &Block) -> &Range<usize> {
    &block.name.range
}
