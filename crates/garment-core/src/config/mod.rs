//! `deploy.conf` → validated environments. The file's text becomes a tree whose values know their places; each
//! environment of it a block; blocks are laid over those that they extend; what comes out is checked as a whole.
//! Every mistake on the way is collected, so that one look at the file finds all of them.

mod block;
mod error;
mod extends;
mod hosts;
mod mapping;
mod problems;
mod quoting;
mod read;
mod resolve;
mod roles;
mod scope;
mod show;
mod size;
mod syntax;
mod tasks;
mod templates;
#[cfg(test)]
mod tests;
mod tree;
mod values;
mod variables;
mod wording;
mod yaml;

pub use error::{ConfigError, ConfigErrors, Place};
pub use quoting::scalar;
pub use show::show;

use indexmap::IndexMap;

use crate::model::Environment;
use extends::Blocks;
use problems::Problems;
use tree::{Kind, Node};
use wording::{nearest, tick, ticks};

const STARTER: &str = "production:\n  repo_url: git@example.org:shop.git\n  git_ref: main\n  deploy_dir: /srv/shop\n  hosts:\n    deploy@one.example.org:";

/// A `deploy.conf` without mistakes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    environments: IndexMap<String, Environment>,
    /// Environments without hosts, each with those that extend it.
    bases: IndexMap<String, Vec<String>>,
}

/// An environment that can't be deployed by that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownEnvironment {
    /// The file has no such environment.
    #[error("no environment {}; {}", tick(name), others(.nearest.as_deref(), known))]
    NotThere {
        /// What was asked for.
        name: String,
        /// The one that was probably meant.
        nearest: Option<String>,
        /// All that there are, in file order.
        known: Vec<String>,
    },
    /// It has no hosts: it is there to be extended.
    #[error("environment {} has no hosts; it is the base of {}", tick(name), ticks(.extended_by.iter().map(String::as_str)))]
    OnlyABase {
        /// What was asked for.
        name: String,
        /// The environments that extend it.
        extended_by: Vec<String>,
    },
}

fn others(nearest: Option<&str>, known: &[String]) -> String {
    match nearest {
        Some(name) => format!("did you mean {}?", tick(name)),
        None => format!("there are {}", ticks(known.iter().map(String::as_str))),
    }
}

impl Config {
    /// Reads a whole file and checks every environment in it. `file_name` is only used in messages; a byte order mark
    /// at the start of `text` is skipped.
    ///
    /// # Errors
    /// Every mistake that could be found. Where the text is no YAML that is one; else those of all environments.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, ConfigErrors> {
        let source = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut problems = Problems::new(source);
        let root = yaml::read(&mut problems);
        let config = Self::from_tree(root, &mut problems);
        let errors = problems.finish();
        if errors.is_empty() { Ok(config) } else { Err(ConfigErrors::new(file_name, source, errors)) }
    }

    fn from_tree(root: Option<Node>, problems: &mut Problems<'_>) -> Self {
        let mut config = Self { environments: IndexMap::new(), bases: IndexMap::new() };
        let entries = match root {
            Some(Node { kind: Kind::Map(entries), .. }) => entries,
            Some(Node { kind: Kind::Broken, .. }) => return config,
            other => {
                let (range, message) = match &other {
                    Some(node) if !matches!(node.kind, Kind::Null) => (
                        node.range.clone(),
                        format!("the file must be a mapping of environments, not {}", node.noun()),
                    ),
                    _ => (0..0, "the file is empty".to_owned()),
                };
                if problems.is_empty() {
                    problems
                        .add(&range, message)
                        .help(format!("a file begins like this:\n{}", read::indented(STARTER)));
                }
                return config;
            }
        };
        let mut blocks = Blocks::new();
        let mut broken = Vec::new();
        for entry in entries
            .iter()
            .filter(|entry| !entry.key.text.starts_with("x-") && !entry.key.text.starts_with('.'))
        {
            match block::read(entry, problems) {
                Some(block) => _ = blocks.insert(entry.key.text.clone(), block),
                None => broken.push(entry.key.text.clone()),
            }
        }
        if blocks.is_empty() && problems.is_empty() {
            problems
                .add(&(0..0), "the file has no environments")
                .help(format!("a file begins like this:\n{}", read::indented(STARTER)));
        }
        let laid = extends::resolve(&blocks, &broken, problems);
        for environment in resolve::environments(&blocks, &laid, problems) {
            config.environments.insert(environment.name.clone(), environment);
        }
        for name in blocks.keys().filter(|name| !config.environments.contains_key(*name)) {
            let extends_it = |b: &&block::Block| b.extends.given().is_some_and(|base| base.text == *name);
            let extended_by = blocks.values().filter(extends_it).map(|b| b.name.text.clone()).collect();
            config.bases.insert(name.clone(), extended_by);
        }
        config
    }

    /// One environment, ready to be deployed.
    ///
    /// # Errors
    /// There is none of that name, or it has no hosts.
    pub fn environment(&self, name: &str) -> Result<&Environment, UnknownEnvironment> {
        if let Some(environment) = self.environments.get(name) {
            return Ok(environment);
        }
        if let Some(extended_by) = self.bases.get(name) {
            return Err(UnknownEnvironment::OnlyABase {
                name: name.into(),
                extended_by: extended_by.clone(),
            });
        }
        Err(UnknownEnvironment::NotThere {
            name: name.into(),
            nearest: nearest(name, self.environments()).map(str::to_owned),
            known: self.environments().map(str::to_owned).collect(),
        })
    }

    /// The names of the environments that can be deployed, in file order.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        self.environments.keys().map(String::as_str)
    }
}
