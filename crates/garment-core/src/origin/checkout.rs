use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::command::{git, output, said};
use crate::event::Problem;

/// The repository that a folder stands in, as git on this machine knows it. Nobody else is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The folder of its files; of a repository without any, its own.
    pub top: PathBuf,
    /// Where it came from: `origin`, else the first that git lists.
    pub remote: Option<Remote>,
    /// The branch that the remote's `HEAD` was when it was cloned, or last asked. `None` also where it is no text.
    pub default_branch: Option<String>,
    /// The branch that is checked out; it may have no commit yet. `None` also where it is no text.
    pub current_branch: Option<String>,
}

/// A repository elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// What it is called here.
    pub name: String,
    /// Where it is, with `insteadOf` applied; it may hold a password. `None` where git has none, or it is no text.
    pub url: Option<String>,
}

impl Checkout {
    /// Looks at the repository that `dir` stands in.
    ///
    /// # Errors
    /// There is none, git refuses to read it, or there is no git.
    pub async fn look(dir: &Path) -> Result<Self, Problem> {
        let inside = output(git(dir, ["rev-parse", "--absolute-git-dir"])).await?;
        if !inside.status.success() {
            return Err(Problem {
                what: format!("git finds no repository here: {}", said(&inside)),
                remedy: "see what `git status` says here".into(),
            });
        }
        let top = match line(dir, &["rev-parse", "--show-toplevel"]).await? {
            Some(top) if !top.is_empty() => top,
            _ => one_line(inside.stdout),
        };
        let remote = remote(dir).await?;
        let default_branch = match &remote {
            Some(remote) => {
                let head = format!("refs/remotes/{}/HEAD", remote.name);
                branch(dir, &head, &format!("refs/remotes/{}/", remote.name)).await?
            }
            None => None,
        };
        let current_branch = branch(dir, "HEAD", "refs/heads/").await?;
        Ok(Self { top: OsString::from_vec(top).into(), remote, default_branch, current_branch })
    }
}

async fn remote(dir: &Path) -> Result<Option<Remote>, Problem> {
    let listed = line(dir, &["remote"]).await?.and_then(text).unwrap_or_default();
    let Some(name) = listed.lines().find(|name| *name == "origin").or_else(|| listed.lines().next()) else {
        return Ok(None);
    };
    let url = line(dir, &["remote", "get-url", "--", name]).await?.and_then(text);
    Ok(Some(Remote { name: name.to_owned(), url: url.filter(|url| !url.is_empty()) }))
}

/// The branch that a symbolic ref leads to, without what all of its kind begin with.
async fn branch(dir: &Path, name: &str, kind: &str) -> Result<Option<String>, Problem> {
    let full = line(dir, &["symbolic-ref", "--quiet", name]).await?.and_then(text);
    Ok(full.and_then(|full| full.strip_prefix(kind).map(str::to_owned)))
}

/// What git printed, if it was content.
async fn line(dir: &Path, args: &[&str]) -> Result<Option<Vec<u8>>, Problem> {
    let output = output(git(dir, args)).await?;
    Ok(output.status.success().then(|| one_line(output.stdout)))
}

/// Without the newline at its end: names and URLs may hold others.
fn one_line(mut stdout: Vec<u8>) -> Vec<u8> {
    stdout.pop_if(|last| *last == b'\n');
    stdout
}

fn text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}
