use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::quoting::quote;
use crate::model::{Delivery, Environment, Setting, Stage, Task, Template, write_duration};

/// The environment as a `deploy.conf` of its own: `extends` and defaults written out, and every name replaced by its
/// value as far as that is known without a host and a release. Loads again, to an environment that does the same.
pub fn show(environment: &Environment) -> String {
    let mut known = Known::new(environment);
    let mut out = Lines::default();
    out.line(0, &format!("{}:", quote(&environment.name)));
    let texts = [
        (Setting::RepoUrl, &environment.repo_url),
        (Setting::GitRef, &environment.git_ref),
        (Setting::DeployDir, &environment.deploy_dir),
        (Setting::SourceDir, &environment.source_dir),
        (Setting::ReleasesDir, &environment.releases_dir),
        (Setting::CurrentSymlink, &environment.current_symlink),
    ];
    for (setting, template) in texts {
        let value = known.define(setting.key(), template);
        out.value(1, setting.key(), &value);
    }
    out.line(1, &format!("keep_releases: {}", environment.keep_releases));
    known.define(Setting::KeepReleases.key(), &Template::literal(environment.keep_releases.to_string()));
    // Only where it is not what everybody expects.
    if environment.delivery != Delivery::default() {
        out.line(1, &format!("delivery: {}", environment.delivery.word()));
    }
    out.line(1, &format!("forward_agent: {}", environment.forward_agent));
    out.list(1, "shell", environment.shell.iter().flatten());
    out.limit(1, "timeout", environment.timeout, None);
    out.line(1, &format!("reconnect_timeout: {}", write_duration(environment.reconnect_timeout)));
    out.limit(1, "cutover_confirm", environment.cutover_confirm, None);
    if environment.confirm {
        out.line(1, "confirm: true");
    }
    out.line(1, "hosts:");
    for host in &environment.hosts {
        out.line(2, &format!("{}:", quote(&host.destination.to_string())));
        out.list(3, "roles", host.roles.iter().map(|role| &role.0));
    }
    if !environment.variables.is_empty() {
        out.line(1, "variables:");
    }
    for variable in &environment.variables {
        let value = known.define(&variable.name, &variable.value);
        out.value(2, &format!("- {}", quote(&variable.name)), &value);
    }
    let idle = |task: &Task| !environment.hosts.iter().any(|host| host.has_any(&task.roles));
    let all_idle = |stage: &Stage| environment.stages.of(*stage).iter().all(idle);
    if Stage::ALL.iter().any(|stage| !environment.stages.of(*stage).is_empty()) {
        out.commented = Stage::ALL.iter().all(all_idle);
        out.line(1, "stages:");
    }
    for stage in Stage::ALL {
        let tasks = environment.stages.of(stage);
        if !tasks.is_empty() {
            out.commented = all_idle(&stage);
            out.line(2, &format!("{}:", stage.key()));
        }
        for task in tasks {
            out.commented = idle(task);
            if out.commented {
                out.line(3, "no host here has a role of this task, so it does not run:");
            }
            out.task(task, environment.timeout, &known);
        }
    }
    out.text
}

/// YAML, line by line. A level is two spaces.
#[derive(Default)]
struct Lines {
    text: String,
    /// What no host has a role for: another environment handed it down, and by itself it would be a mistake.
    commented: bool,
}

impl Lines {
    fn line(&mut self, level: usize, line: &str) {
        self.text.push_str(&"  ".repeat(level));
        if self.commented {
            self.text.push_str("# ");
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn value(&mut self, level: usize, key: &str, value: &Template) {
        self.line(level, &format!("{key}: {}", quote(&value.to_string())));
    }

    /// Nothing where there are no words.
    fn list<'a>(&mut self, level: usize, key: &str, words: impl Iterator<Item = &'a String>) {
        let words: Vec<String> = words.map(|word| quote(word)).collect();
        if !words.is_empty() {
            self.line(level, &format!("{key}: [{}]", words.join(", ")));
        }
    }

    /// Nothing where it is what holds without it.
    fn limit(&mut self, level: usize, key: &str, limit: Option<Duration>, without: Option<Duration>) {
        if limit != without {
            let text = limit.map_or_else(|| "none".to_owned(), write_duration);
            self.line(level, &format!("{key}: {text}"));
        }
    }

    fn task(&mut self, task: &Task, timeout: Option<Duration>, known: &Known) {
        self.line(3, &format!("- id: {}", quote(&task.id)));
        self.list(4, "roles", task.roles.iter().map(|role| &role.0));
        for (key, value) in [("cd", &task.cd), ("prefix", &task.prefix)] {
            if let Some(value) = value {
                self.value(4, key, &known.expand_to_text(value));
            }
        }
        if !task.shell_env.is_empty() {
            self.line(4, "shell_env:");
        }
        for (name, value) in &task.shell_env {
            self.value(5, &quote(name), &known.expand(value));
        }
        self.list(4, "shell", task.shell.iter().flatten());
        self.limit(4, "timeout", task.timeout, timeout);
        self.line(4, "commands:");
        for command in &task.commands {
            self.line(5, &format!("- {}", quote(&known.expand_to_text(command).to_string())));
        }
    }
}

/// The values of names, as far as they are known.
struct Known {
    values: HashMap<String, Template>,
    /// Names of garment's own that a variable takes over once it is defined.
    shadowed: BTreeSet<String>,
}

impl Known {
    fn new(environment: &Environment) -> Self {
        let environment_name = Template::literal(environment.name.as_str());
        Self {
            values: HashMap::from([("environment".to_owned(), environment_name)]),
            shadowed: environment.variables.iter().map(|variable| variable.name.clone()).collect(),
        }
    }

    fn expand(&self, template: &Template) -> Template {
        template.expand_known(|name| self.values.get(name).cloned())
    }

    /// The same where nothing but blanks would be a mistake: names whose values are that stay.
    fn expand_to_text(&self, template: &Template) -> Template {
        let expanded = self.expand(template);
        if expanded.to_string().trim().is_empty() { template.clone() } else { expanded }
    }

    /// Remembers what a name stands for from here on, and returns it.
    fn define(&mut self, name: &str, template: &Template) -> Template {
        let value = self.expand(template);
        // Garment's own `{host}` in it would be another thing further down, behind a variable `host`: there, the name
        // must stay. A variable's name that stayed for this reason means the same everywhere below its definition.
        let own = |used: &str| self.shadowed.contains(used) && !self.values.contains_key(used);
        if value.names().any(own) {
            self.keep(name);
        } else {
            self.values.insert(name.to_owned(), value.clone());
        }
        value
    }

    /// Marks a defined name as one that is not replaced: it stands for itself.
    fn keep(&mut self, name: &str) {
        let itself = Template::parse(&format!("{{{name}}}"));
        // A name that a template could hold parses.
        if let Ok(itself) = itself {
            self.values.insert(name.to_owned(), itself);
        }
    }
}
