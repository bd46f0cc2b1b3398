#![expect(clippy::too_many_lines, reason = "the exact text of many mistakes is long")]

use super::Config;
use crate::model::Environment;

mod accepted;
mod aliases;
mod any_text;
mod documented;
mod durations;
mod extending;
mod hosts;
mod naming;
mod rendering;
mod sample;
mod settings;
mod showing;
mod tasks;
mod templates;
mod values;
mod variables;
mod yaml;

/// What a file's mistakes look like.
fn errors(text: &str) -> String {
    match Config::parse("deploy.conf", text) {
        Ok(config) => format!("no mistakes: {:?}", config.environments().collect::<Vec<_>>()),
        Err(errors) => errors.render(false),
    }
}

/// An environment `p` without mistakes, with these lines added.
fn with(lines: &str) -> String {
    let indented: String = lines.lines().flat_map(|line| ["  ", line, "\n"]).collect();
    format!(
        "p:\n  repo_url: r\n  git_ref: main\n  deploy_dir: /srv\n  hosts: {{h: , d: {{roles: [db]}}}}\n{indented}"
    )
}

/// The mistakes in such lines. The first of them is line 6.
fn mistakes(lines: &str) -> String {
    errors(&with(lines))
}

/// The one environment of a file without mistakes.
fn environment(text: &str) -> Environment {
    let config = Config::parse("deploy.conf", text).unwrap_or_else(|e| panic!("{e}"));
    let name = config.environments().next().unwrap().to_owned();
    config.environment(&name).unwrap().clone()
}
