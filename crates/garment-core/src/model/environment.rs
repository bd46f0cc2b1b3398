use std::time::Duration;

use super::{Delivery, Host, Stages, Template};

/// A named deployment target of `deploy.conf`, after `extends` and defaults: everything that a verb needs to know of
/// it. Every template in it has been checked: each name that it uses is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// As written in the file: free form.
    pub name: String,
    /// Where hosts and the controller fetch the repository from.
    pub repo_url: Template,
    /// Branch, tag, full ref name or full commit id.
    pub git_ref: Template,
    /// The folder that everything else lies in by default.
    pub deploy_dir: Template,
    /// Each host's full copy of the repository.
    pub source_dir: Template,
    /// Where releases are made.
    pub releases_dir: Template,
    /// The symlink that names the current release.
    pub current_symlink: Template,
    /// How many good releases stay on each host. At least 1.
    pub keep_releases: u32,
    /// How the commit gets to the hosts.
    pub delivery: Delivery,
    /// Whether ssh forwards the operator's agent to the hosts.
    pub forward_agent: bool,
    /// The shell that runs tasks' commands, as words before the command text; `None` is `bash -l -c`, or `sh -c` where
    /// a host has no bash.
    pub shell: Option<Vec<String>>,
    /// How long the commands of a task may take on a host, where the task doesn't say; `None` is as long as they like.
    pub timeout: Option<Duration>,
    /// How long a lost connection to a host is tried to be had back.
    pub reconnect_timeout: Duration,
    /// How long a host that has switched waits to hear that all have, before it goes back by itself; `None`: it doesn't.
    pub cutover_confirm: Option<Duration>,
    /// Whether people are asked before a deploy.
    pub confirm: bool,
    /// In the order in which they see one another.
    pub variables: Vec<Variable>,
    /// At least one.
    pub hosts: Vec<Host>,
    /// The tasks of each stage.
    pub stages: Stages,
}

/// A user's own name for a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// What stands between the braces where it is used.
    pub name: String,
    /// May use base settings and the variables before it.
    pub value: Template,
}

/// A base setting that templates can use, in the order in which they see one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// `repo_url`
    RepoUrl,
    /// `git_ref`
    GitRef,
    /// `deploy_dir`
    DeployDir,
    /// `source_dir`
    SourceDir,
    /// `releases_dir`
    ReleasesDir,
    /// `current_symlink`
    CurrentSymlink,
    /// `keep_releases`
    KeepReleases,
}

/// All base settings, each seeing those before it.
pub const SETTINGS: [Setting; 7] = [
    Setting::RepoUrl,
    Setting::GitRef,
    Setting::DeployDir,
    Setting::SourceDir,
    Setting::ReleasesDir,
    Setting::CurrentSymlink,
    Setting::KeepReleases,
];

impl Setting {
    /// Its key in `deploy.conf`.
    pub fn key(self) -> &'static str {
        match self {
            Self::RepoUrl => "repo_url",
            Self::GitRef => "git_ref",
            Self::DeployDir => "deploy_dir",
            Self::SourceDir => "source_dir",
            Self::ReleasesDir => "releases_dir",
            Self::CurrentSymlink => "current_symlink",
            Self::KeepReleases => "keep_releases",
        }
    }

    /// Whether it names a place on the host, where a leading `~` is the remote user's home.
    pub fn is_path(self) -> bool {
        matches!(self, Self::DeployDir | Self::SourceDir | Self::ReleasesDir | Self::CurrentSymlink)
    }
}
