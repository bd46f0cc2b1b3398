//! The garment binary against real sshd on loopback and real git repositories, as people use it.
#![allow(clippy::unwrap_used)]

mod alone;
mod asking;
mod backwards;
mod bed;
mod bench;
mod commands;
mod confirm;
mod cutover;
mod demo;
mod documented;
mod files;
mod first_deploy;
mod found;
mod github;
mod holding;
mod hostile;
mod init;
mod injection;
mod interruption;
mod json;
mod list;
mod locking;
mod logins;
mod lost;
mod machines;
mod mirror;
mod normal;
mod output;
mod pin;
mod plan;
mod planned;
mod profiles;
mod progress;
mod pruning;
mod push;
mod push_breaks_off;
mod push_fails;
mod refs;
mod resume;
mod rollback;
mod sample_05;
mod screen;
mod sha256;
mod shells;
mod show_check;
mod silence;
mod source;
mod status;
mod stops;
mod submodules;
mod tasks;
mod terminal;
mod through;
mod timeouts;
mod usage;
mod variables;
mod verify;

use garment_testing::{Fleet, Repo, Sandbox};

/// A project folder on a controller of this fleet, and the garment under test.
fn project(fleet: &Fleet) -> Sandbox<'_> {
    Sandbox::new(fleet, env!("CARGO_BIN_EXE_garment"))
}

/// A `deploy.conf` with the environment `production`: `repo`'s branch `master` to `~/shop` on these hosts. `more` are
/// further lines of the environment.
fn production(repo: &Repo, hosts: &[&str], more: &str) -> String {
    let hosts: Vec<String> = hosts.iter().map(|host| format!("    {host}:\n")).collect();
    format!(
        "production:\n  repo_url: {}\n  git_ref: master\n  deploy_dir: ~/shop\n  hosts:\n{}{more}",
        repo.url(),
        hosts.concat()
    )
}

/// A repository with one commit, pushed, and that commit's id.
fn shop(fleet: &Fleet) -> (Repo, String) {
    let repo = fleet.repo("shop");
    repo.write("version", "1\n");
    let commit = repo.commit("1");
    repo.push();
    (repo, commit)
}

/// Commits and pushes the next version; gives its commit.
fn next(repo: &Repo, version: usize) -> String {
    repo.write("version", format!("{version}\n"));
    let commit = repo.commit(&version.to_string());
    repo.push();
    commit
}
