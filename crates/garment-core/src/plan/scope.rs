use indexmap::IndexMap;

use crate::model::{Environment, Host, HostFacts, SETTINGS, Setting, Template};
use crate::remote::Paths;

/// What the names in an environment's templates stand for on one host.
#[derive(Debug, Clone, Default)]
pub struct Scope(IndexMap<String, String>);

/// What an operation adds to the base settings and variables.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) git_ref: String,
    pub(super) commit: String,
    pub(super) release: String,
    pub(super) previous_release: String,
}

/// The places on a host as the environment gives them: a leading `~` is still in them, for the host to fill in.
pub fn survey_paths(environment: &Environment, host: &Host) -> Paths {
    let scope = Scope::base(environment, host, |_, text| text);
    Paths {
        deploy_dir: scope.value(Setting::DeployDir),
        source_dir: scope.value(Setting::SourceDir),
        releases_dir: scope.value(Setting::ReleasesDir),
        current_symlink: scope.value(Setting::CurrentSymlink),
    }
}

/// The same places as the host reported them, absolute.
pub(super) fn absolute_paths(facts: &HostFacts) -> Paths {
    Paths {
        deploy_dir: facts.deploy_dir.clone(),
        source_dir: facts.source_dir.clone(),
        releases_dir: facts.releases_dir.clone(),
        current_symlink: facts.current_symlink.clone(),
    }
}

impl Scope {
    /// The base settings, each after `adjust`.
    fn base(environment: &Environment, host: &Host, adjust: impl Fn(Setting, String) -> String) -> Self {
        let mut scope = Self::default();
        scope.set("environment", environment.name.clone());
        scope.set("host", host.destination.host().to_owned());
        for setting in SETTINGS {
            let text = match template(environment, setting) {
                Some(template) => scope.expand(template),
                None => environment.keep_releases.to_string(),
            };
            scope.set(setting.key(), adjust(setting, text));
        }
        scope
    }

    /// Everything that a task's templates can use.
    pub(super) fn of(environment: &Environment, host: &Host, facts: &HostFacts, names: &Names) -> Self {
        let mut scope = Self::base(environment, host, |setting, text| match setting {
            Setting::GitRef => names.git_ref.clone(),
            Setting::DeployDir => facts.deploy_dir.clone(),
            Setting::SourceDir => facts.source_dir.clone(),
            Setting::ReleasesDir => facts.releases_dir.clone(),
            Setting::CurrentSymlink => facts.current_symlink.clone(),
            Setting::RepoUrl | Setting::KeepReleases => text,
        });
        let dir = |release: &str| match release {
            "" => String::new(),
            _ => format!("{}/{release}", facts.releases_dir),
        };
        scope.set("commit", names.commit.clone());
        scope.set("release", names.release.clone());
        scope.set("release_dir", dir(&names.release));
        scope.set("previous_release", names.previous_release.clone());
        scope.set("previous_release_dir", dir(&names.previous_release));
        // The user's own names come last: files for Garment 0.5 may use names that garment has since given a meaning.
        for variable in &environment.variables {
            let value = scope.expand(&variable.value);
            scope.set(&variable.name, value);
        }
        scope
    }

    /// Only the base settings and what is known before any host is asked: for what concerns no host, such as the
    /// repository's URL.
    pub fn without_host(environment: &Environment) -> Self {
        let mut scope = Self::default();
        scope.set("environment", environment.name.clone());
        for setting in [Setting::RepoUrl, Setting::GitRef] {
            if let Some(template) = template(environment, setting) {
                let text = scope.expand(template);
                scope.set(setting.key(), text);
            }
        }
        scope
    }

    /// A base setting's text.
    pub fn value(&self, setting: Setting) -> String {
        self.0.get(setting.key()).cloned().unwrap_or_default()
    }

    /// Fills a template in. The configuration was checked when it was loaded, so every name has a value; one that had
    /// none would stay as it is written, for people to see.
    pub(super) fn expand(&self, template: &Template) -> String {
        template.expand(|name| self.0.get(name).map(String::as_str)).unwrap_or_else(|_| template.to_string())
    }

    fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), value);
    }
}

/// A setting's template; `keep_releases` is a number and has none.
fn template(environment: &Environment, setting: Setting) -> Option<&Template> {
    match setting {
        Setting::RepoUrl => Some(&environment.repo_url),
        Setting::GitRef => Some(&environment.git_ref),
        Setting::DeployDir => Some(&environment.deploy_dir),
        Setting::SourceDir => Some(&environment.source_dir),
        Setting::ReleasesDir => Some(&environment.releases_dir),
        Setting::CurrentSymlink => Some(&environment.current_symlink),
        Setting::KeepReleases => None,
    }
}
