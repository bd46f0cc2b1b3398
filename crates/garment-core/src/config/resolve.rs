use std::collections::BTreeSet;
use std::time::Duration;

use super::block::{self, Block, TEXTS};
use super::extends::Blocks;
use super::problems::Problems;
use super::read::Field;
use super::tasks::TaskBlock;
use super::templates::Placed;
use super::values;
use super::wording::{nearest, tick, ticks};
use super::{roles, scope, size};
use crate::model::{Environment, Host, Role, Setting, Stage, Stages, Task, Template, Variable};

/// What `reconnect_timeout` is where the file does not say.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(120);

/// Checks every environment that can be deployed, and makes it. `laid` has each one's base under it.
pub(super) fn environments(blocks: &Blocks, laid: &Blocks, problems: &mut Problems<'_>) -> Vec<Environment> {
    let mut all = Vec::new();
    for (name, block) in laid {
        let extended =
            blocks.values().any(|b| b.extends.given().is_some_and(|base| meant(&base.text, blocks) == name));
        // What is only there to be extended need not be complete; those that extend it are checked with it.
        if block.hosts.is_absent() && extended {
            continue;
        }
        complete(block, blocks, problems);
        scope::check(block, problems);
        let before = problems.count();
        size::check(block, problems);
        if problems.count() == before {
            values::check(block, problems);
        }
        all.extend(make(block));
    }
    roles::check(laid, problems);
    all
}

/// The environment that an `extends` is after; a misspelt one has been reported, and is no second mistake.
fn meant<'a>(base: &'a str, blocks: &'a Blocks) -> &'a str {
    if blocks.contains_key(base) {
        base
    } else {
        nearest(base, blocks.keys().map(String::as_str)).unwrap_or(base)
    }
}

/// Reports required settings that are neither here nor in a base that was reported for it.
fn complete(block: &Block, blocks: &Blocks, problems: &mut Problems<'_>) {
    let needs = [
        ("repo_url", "git@example.org:shop.git", block.texts[0].is_absent()),
        ("git_ref", "main", block.texts[1].is_absent()),
        ("deploy_dir", "/srv/shop", block.texts[2].is_absent()),
    ];
    // The base is an environment of its own and lacks the same.
    let said = block
        .extends
        .given()
        .and_then(|base| blocks.get(&base.text))
        .is_some_and(|base| !base.hosts.is_absent());
    let mut missing: Vec<&str> = Vec::new();
    let mut help = vec!["add:".to_owned()];
    for (key, example, _) in needs.iter().filter(|(.., absent)| *absent && !said) {
        missing.push(key);
        help.push(format!("    {key}: {example}"));
    }
    if block.hosts.is_absent() {
        missing.push("hosts");
        help.push("    hosts:\n      deploy@one.example.org:".to_owned());
    }
    if !missing.is_empty() {
        let message =
            format!("environment {} has no {}", tick(&block.name.text), ticks(missing.iter().copied()));
        let problem = problems.add(block::place(block), message);
        problem.help(help.join("\n"));
        if block.extends.given().is_some() && missing.contains(&"hosts") {
            problem.help("hosts are the one thing that `extends` does not bring in");
        }
    }
}

/// The model's environment; `None` where something is missing or broken.
fn make(block: &Block) -> Option<Environment> {
    let text = |i: usize| match &block.texts[i] {
        Field::Given(placed) => Some(placed.template.clone()),
        Field::Broken => None,
        Field::Absent => default(TEXTS[i]),
    };
    let variables = block
        .variables
        .iter()
        .map(|v| Some(Variable { name: v.name.text.clone(), value: v.value.as_ref()?.template.clone() }));
    let timeout = block.timeout.given().copied().flatten();
    let mut stages = Stages::default();
    for (stage, tasks) in Stage::ALL.into_iter().zip(&block.stages) {
        *stages.of_mut(stage) = tasks.iter().map(|block| task(block, timeout)).collect();
    }
    Some(Environment {
        name: block.name.text.clone(),
        repo_url: text(0)?,
        git_ref: text(1)?,
        deploy_dir: text(2)?,
        source_dir: text(3)?,
        releases_dir: text(4)?,
        current_symlink: text(5)?,
        keep_releases: block.keep_releases.given().copied().unwrap_or(10),
        delivery: block.delivery.given().copied().unwrap_or_default(),
        forward_agent: block.forward_agent.given().copied().unwrap_or(false),
        shell: block.shell.given().cloned(),
        timeout,
        reconnect_timeout: block.reconnect_timeout.given().copied().unwrap_or(RECONNECT_TIMEOUT),
        cutover_confirm: block.cutover_confirm.given().copied().flatten(),
        confirm: block.confirm.given().copied().unwrap_or(false),
        variables: variables.collect::<Option<_>>()?,
        hosts: block.hosts.given().cloned()?,
        stages,
    })
}

/// What a base setting is where the file does not say.
pub(super) fn default(setting: Setting) -> Option<Template> {
    let text = match setting {
        Setting::SourceDir => "{deploy_dir}/source",
        Setting::ReleasesDir => "{deploy_dir}/releases",
        Setting::CurrentSymlink => "{deploy_dir}/current",
        _ => return None,
    };
    Template::parse(text).ok()
}

fn task(block: &TaskBlock, timeout: Option<Duration>) -> Task {
    let template = |placed: &Placed| placed.template.clone();
    Task {
        id: block.id.text.clone(),
        roles: block.roles.iter().map(|role| Role(role.text.clone())).collect(),
        commands: block.commands.iter().map(template).collect(),
        cd: block.cd.as_ref().map(template),
        prefix: block.prefix.as_ref().map(template),
        shell_env: block.shell_env.iter().map(|(name, value)| (name.clone(), template(value))).collect(),
        shell: block.shell.clone(),
        timeout: block.timeout.given().copied().unwrap_or(timeout),
    }
}

/// The roles that these hosts have between them.
pub(super) fn roles_of(hosts: &[Host]) -> BTreeSet<&str> {
    hosts.iter().flat_map(|host| &host.roles).map(|role| role.0.as_str()).collect()
}
