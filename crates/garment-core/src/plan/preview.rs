use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::prune::prunes;
use super::record::{fingerprint, hash};
use super::{Deploy, HostRun, Plan, Selection};
use crate::event::{HostName, Phase, Problem, TaskRef};
use crate::model::{Changes, CommitId, Delivery, Environment, HostFacts, Occupant, write_duration};

/// What a deploy would do, for people to look at and to hold it to. The release has no time in its name yet: it gets that
/// when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// The environment's name.
    pub environment: String,
    /// The ref that is deployed.
    pub git_ref: String,
    /// What it is.
    pub commit: CommitId,
    /// Whether that commit is live and well on every host already.
    pub unchanged: bool,
    /// Which of the user's tasks run.
    pub selection: Selection,
    /// Settings that no task shows, each with a fingerprint of its value: it may be a secret.
    pub settings: BTreeMap<String, String>,
    /// Every host, in the file's order.
    pub hosts: Vec<HostPreview>,
    /// In the order in which they run.
    pub tasks: Vec<TaskPreview>,
    /// What is new, for each commit that is live somewhere and is another one.
    pub changes: Vec<ChangesPreview>,
    /// What stands in the way right now, and where.
    #[serde(skip)]
    pub warnings: Vec<Warning>,
}

/// What is there on a host, and what goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostPreview {
    /// Its name.
    pub host: String,
    /// What `current` leads to: a release's name or a path; `None` where there is nothing.
    pub current: Option<String>,
    /// Its commit, as far as it is known.
    pub commit: Option<String>,
    /// Where things are: the four folders, absolute.
    pub paths: Vec<String>,
    /// The releases that are removed.
    pub prune: Vec<String>,
}

/// A task and what hosts run for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskPreview {
    /// What people call it.
    pub task: String,
    /// Whether it is the user's, and not one of garment's own.
    pub is_users: bool,
    /// Whether it is the one that removes old releases.
    pub is_prune: bool,
    /// Hosts that run the same together. None where no host has its roles.
    pub runs: Vec<RunPreview>,
}

/// What some hosts run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPreview {
    /// Where.
    pub hosts: Vec<String>,
    /// The user's commands with their variables filled in.
    pub commands: Vec<String>,
    /// Of the exact text, with everything around the commands.
    pub fingerprint: String,
}

/// What is new to some hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangesPreview {
    /// The commit that is live there; empty where that is not known.
    pub live: String,
    /// Where.
    pub hosts: Vec<String>,
    /// What is new.
    pub changes: Known,
}

/// What is new, if anybody can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// This.
    Known(Changes),
    /// Nobody can tell, and why.
    Unknown(String),
}

/// Something that is in the way of a deploy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub host: HostName,
    /// What, and what to do.
    pub problem: Problem,
    /// Whether it is only that somebody is at work there or keeps others out, which will be over.
    pub is_lock: bool,
}

impl Preview {
    /// What a compiled deploy would do. What is new and what is in the way, others have to say.
    pub fn of(environment: &Environment, facts: &[HostFacts], deploy: &Deploy<'_>, plan: &Plan) -> Self {
        let prunes = prunes(environment, facts, &plan.release);
        let hosts = plan.hosts.iter().zip(facts).zip(prunes).map(|((host, facts), prune)| HostPreview {
            host: host.to_string(),
            current: current(facts),
            commit: live_commit(facts),
            paths: [&facts.deploy_dir, &facts.source_dir, &facts.releases_dir, &facts.current_symlink]
                .map(Clone::clone)
                .into(),
            prune: prune.iter().map(ToString::to_string).collect(),
        });
        let tasks = plan.tasks.iter().map(|task| preview_task(plan, &task.task, &task.runs));
        Self {
            environment: environment.name.clone(),
            git_ref: deploy.git_ref.to_owned(),
            commit: deploy.commit.clone(),
            unchanged: false,
            selection: deploy.selection.clone(),
            settings: settings(environment),
            hosts: hosts.collect(),
            tasks: deliver(environment, plan).into_iter().chain(tasks).collect(),
            changes: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The name of the release, with letters for the time that it does not have yet.
    pub fn release(&self) -> String {
        unmade(self.commit.short())
    }

    /// The commits that are live somewhere and are not the new one, each with the hosts where they are. Empty for hosts
    /// where it is not known what is live.
    pub fn live_commits(&self) -> Vec<(String, Vec<String>)> {
        let mut all: Vec<(String, Vec<String>)> = Vec::new();
        for host in self.hosts.iter().filter(|host| host.current.is_some()) {
            let commit = host.commit.clone().unwrap_or_default();
            if !commit.is_empty() && self.commit.as_str().starts_with(&commit) {
                continue;
            }
            match all.iter_mut().find(|(known, _)| *known == commit) {
                Some((_, hosts)) => hosts.push(host.host.clone()),
                None => all.push((commit, vec![host.host.clone()])),
            }
        }
        all
    }
}

/// A release's name, with letters for its time.
fn unmade(commit: &str) -> String {
    format!("YYYYMMDDTHHMMSS-{commit}")
}

fn current(facts: &HostFacts) -> Option<String> {
    match &facts.current {
        Occupant::Release(name) => Some(name.to_string()),
        Occupant::Elsewhere(path) => Some(path.clone()),
        Occupant::Absent | Occupant::NotASymlink => None,
    }
}

/// The commit that is live on a host: in full, or as much of it as the release's name has.
fn live_commit(facts: &HostFacts) -> Option<String> {
    let release = facts.current_release()?;
    let known = facts.releases.get(release).and_then(|release| release.commit.clone());
    Some(known.unwrap_or_else(|| release.commit_short().to_owned()))
}

fn preview_task(plan: &Plan, task: &TaskRef, runs: &[HostRun]) -> TaskPreview {
    let is_users = matches!(task.phase, Phase::Stage(_));
    let unmade = unmade(plan.release.commit_short());
    let as_unmade = |text: &str| text.replace(plan.release.as_str(), &unmade);
    let mut previews: Vec<RunPreview> = Vec::new();
    for run in runs {
        let host = plan.hosts[run.host].to_string();
        // The text of garment's own is the business of the garment that runs it.
        let steps = if is_users { run.steps.as_slice() } else { &[] };
        let commands: Vec<String> = steps.iter().map(|step| as_unmade(&step.shown)).collect();
        let mut exact = steps.to_vec();
        let mut limits = String::new();
        for step in &mut exact {
            step.text = as_unmade(&step.text);
            limits.push_str(
                &step.limit.map_or_else(|| "none;".to_owned(), |limit| write_duration(limit) + ";"),
            );
        }
        let fingerprint = format!("{:016x}", fingerprint(&exact) ^ hash(&limits));
        match previews.iter_mut().find(|other| other.fingerprint == fingerprint && other.commands == commands)
        {
            Some(same) => same.hosts.push(host),
            None => previews.push(RunPreview { hosts: vec![host], commands, fingerprint }),
        }
    }
    TaskPreview { task: task.to_string(), is_users, is_prune: task.phase == Phase::Prune, runs: previews }
}

/// What hosts lack is known once they are asked, under the locks.
fn deliver(environment: &Environment, plan: &Plan) -> Option<TaskPreview> {
    let is_known = plan.tasks.iter().any(|task| task.task.phase == Phase::Deliver);
    (environment.delivery == Delivery::Push && !is_known).then(|| TaskPreview {
        task: "deliver, where something is lacking".to_owned(),
        is_users: false,
        is_prune: false,
        runs: vec![RunPreview {
            hosts: plan.hosts.iter().map(ToString::to_string).collect(),
            commands: Vec::new(),
            fingerprint: String::new(),
        }],
    })
}

/// What a plan depends on and does not show.
fn settings(environment: &Environment) -> BTreeMap<String, String> {
    // Every field is named, so that a new setting has to find its place here.
    let Environment {
        repo_url,
        git_ref,
        keep_releases,
        delivery,
        forward_agent,
        reconnect_timeout,
        cutover_confirm,
        // The plan has its own word for it.
        name: _,
        // The plan shows what they come to: folders, hosts, tasks with their commands and everything around these.
        deploy_dir: _,
        source_dir: _,
        releases_dir: _,
        current_symlink: _,
        shell: _,
        timeout: _,
        variables: _,
        hosts: _,
        stages: _,
        // It changes nothing in what is done.
        confirm: _,
    } = environment;
    let texts = [
        ("repo_url", repo_url.to_string()),
        ("git_ref", git_ref.to_string()),
        ("keep_releases", keep_releases.to_string()),
        ("delivery", delivery.word().to_owned()),
        ("forward_agent", forward_agent.to_string()),
        ("reconnect_timeout", write_duration(*reconnect_timeout)),
        ("cutover_confirm", cutover_confirm.map(write_duration).unwrap_or_default()),
    ];
    texts.into_iter().map(|(key, text)| (key.to_owned(), format!("{:016x}", hash(&text)))).collect()
}
