use super::block::{Block, TEXTS};
use super::problems::{Problem, Problems};
use super::templates::{Placed, Use, shell_hint};
use super::variables::Definition;
use super::wording::{did_you_mean, nearest, tick, ticks};
use crate::model::{SETTINGS, Setting};

/// Names that garment sets, next to the base settings.
pub(super) const BUILT_IN: [&str; 7] =
    ["release", "release_dir", "previous_release", "previous_release_dir", "commit", "environment", "host"];

/// Checks that every name in every template of an environment is known where it is used.
pub(super) fn check(block: &Block, problems: &mut Problems<'_>) {
    for (setting, text) in TEXTS.iter().zip(&block.texts) {
        for used in text.given().iter().flat_map(|text| &text.names) {
            in_setting(*setting, used, &block.variables, problems);
        }
    }
    for (i, variable) in block.variables.iter().enumerate() {
        for used in variable.value.iter().flat_map(|value| &value.names) {
            in_variable(i, used, &block.variables, problems);
        }
    }
    for task in block.tasks() {
        let env = task.shell_env.iter().map(|(_, value)| value);
        for text in task.commands.iter().chain(&task.cd).chain(&task.prefix).chain(env) {
            in_task(text, &block.variables, problems);
        }
    }
}

/// The names that a base setting may use.
fn for_setting(setting: Setting) -> Vec<&'static str> {
    let mut known: Vec<&str> = SETTINGS.iter().take_while(|s| **s != setting).map(|s| s.key()).collect();
    known.push("environment");
    // The repository and the commit are the same for all hosts of a deploy.
    if setting.is_path() {
        known.push("host");
    }
    known
}

fn in_setting(setting: Setting, used: &Use, variables: &[Definition], problems: &mut Problems<'_>) {
    let name = used.name.as_str();
    let known = for_setting(setting);
    if known.contains(&name) {
        return;
    }
    let braced = tick(&format!("{{{name}}}"));
    let key = setting.key();
    let may = format!("it may use {}", ticks(known.iter().copied()));
    if let Some(variable) = variables.iter().find(|v| v.name.text == name) {
        problems
            .add(&used.range, format!("`{key}` can't use the variable {braced}"))
            .related(&variable.name.range, "a variable")
            .help(format!("variables are built on base settings, not the other way round; {may}"));
    } else if name == setting.key() {
        problems.add(&used.range, format!("`{key}` uses itself")).help(may);
    } else if SETTINGS.iter().any(|s| s.key() == name) {
        problems.add(&used.range, format!("`{key}` can't use {braced}, which comes after it")).help(may);
    } else if name == "host" {
        problems
            .add(&used.range, format!("`{key}` can't use {braced}"))
            .help("it is the same for all hosts of a deploy");
    } else if BUILT_IN.contains(&name) {
        problems
            .add(&used.range, format!("`{key}` can't use {braced}"))
            .help(format!("base settings are the same for all releases; {may}"));
    } else {
        unknown(used, &known, problems);
    }
}

fn in_variable(i: usize, used: &Use, variables: &[Definition], problems: &mut Problems<'_>) {
    let name = used.name.as_str();
    let known = names(&variables[..i]);
    if known.contains(&name) {
        return;
    }
    let this = &variables[i].name;
    let braced = tick(&format!("{{{name}}}"));
    if name == this.text {
        problems.add(&used.range, format!("variable {} uses itself", tick(name))).help("write its value out");
    } else if let Some(later) = variables[i..].iter().find(|v| v.name.text == name) {
        problems
            .add(&used.range, format!("{braced} is defined after {}", tick(&this.text)))
            .related(&later.name.range, "defined here")
            .help(format!("a variable sees those before it: move {} up", tick(name)));
    } else {
        unknown(used, &known, problems);
    }
}

fn in_task(text: &Placed, variables: &[Definition], problems: &mut Problems<'_>) {
    if text.names.is_empty() {
        return;
    }
    let known = names(variables);
    for used in text.names.iter().filter(|used| !known.contains(&used.name.as_str())) {
        unknown(used, &known, problems);
    }
}

/// Base settings, what garment sets, and these variables.
fn names(variables: &[Definition]) -> Vec<&str> {
    let variables = variables.iter().map(|variable| variable.name.text.as_str());
    variables.chain(SETTINGS.iter().map(|setting| setting.key())).chain(BUILT_IN).collect()
}

fn unknown<'p>(used: &Use, known: &[&str], problems: &'p mut Problems<'_>) -> &'p mut Problem {
    let near = nearest(&used.name, known.iter().copied()).is_some();
    let problem = problems.add(&used.range, format!("unknown variable {}", tick(&used.name)));
    if used.dollar {
        shell_hint(&used.name, problem);
    }
    // The list is long; where the shell was meant, it is noise.
    if near || !used.dollar {
        problem.help(did_you_mean(&used.name, known, "known here"));
    }
    problem
}
