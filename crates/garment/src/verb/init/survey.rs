//! From what git knows to what a starter is filled in with.

use std::path::Path;

use garment_core::event::Problem;
use garment_core::model::CommitId;
use garment_core::origin::Checkout;

use super::starter::{Filling, Note, accepts};
use super::url::{from_top, is_local, name, shareable};

/// A filling, and where its values come from, for people.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Survey {
    pub(super) filling: Filling,
    pub(super) url_from: String,
    pub(super) ref_from: String,
}

const PLACEHOLDER: &str = "put yours here";

/// `dir` is the current folder.
pub(super) fn survey(dir: &Path, looked: Result<&Checkout, &Problem>) -> Survey {
    let mut notes = Vec::new();
    let mut note = |about, what: String, remedy| notes.push(Note { about, what, remedy });
    let top = looked.map_or(dir, |checkout| &checkout.top);
    let folder = name(&top.to_string_lossy());
    let remote = looked.ok().and_then(|checkout| checkout.remote.as_ref());
    let url = remote.and_then(|remote| Some((&remote.name, remote.url.as_ref()?)));
    let filled = url.map(|(from, url)| {
        let local = is_local(url);
        let url = if local { from_top(url, top) } else { url.clone() };
        (from, local, shareable(&url))
    });
    let (repo_url, app, url_from) = match filled {
        Some((from, local, shareable)) if accepts("repo_url", &shareable.url) => {
            if shareable.stripped {
                let what = "git's URL has a login in it, which was left out here".to_owned();
                note("repo_url", what, "give the hosts a way in of their own, a deploy key say");
            }
            if local {
                let what = "this is a place on this machine, which other hosts can't reach".to_owned();
                note("repo_url", what, "push the repository to where they can, and put that URL here");
            }
            let app = name(&shareable.url);
            (shareable.url, app, format!("the remote `{from}`"))
        }
        _ => {
            let what = match (looked, remote) {
                (Err(problem), _) => problem.what.clone(),
                (Ok(_), None) => "the repository here has no remote".to_owned(),
                (Ok(_), Some(remote)) => {
                    format!("what git has as the URL of `{}` can't stand in this file", remote.name)
                }
            };
            note("repo_url", what, "put the URL of yours here");
            (format!("git@example.org:{folder}.git"), folder, PLACEHOLDER.to_owned())
        }
    };
    let branches = looked.ok().into_iter().flat_map(|checkout| {
        let remote = remote.map(|remote| format!("the default branch of `{}`", remote.name));
        let default = checkout.default_branch.as_ref().zip(remote);
        let current = checkout.current_branch.as_ref().map(|name| (name, "the current branch".to_owned()));
        [default, current]
    });
    let branch = branches.flatten().map(|(branch, from)| (unmistakable(branch), from));
    let (git_ref, ref_from) =
        branch.into_iter().find(|(name, _)| accepts("git_ref", name)).unwrap_or_else(|| {
            if looked.is_ok() {
                note("git_ref", "git names no branch here".to_owned(), "put yours here");
            }
            ("main".to_owned(), PLACEHOLDER.to_owned())
        });
    Survey { filling: Filling { repo_url, git_ref, name: app, notes }, url_from, ref_from }
}

/// A branch by a name that nothing else has: its full one, where the short one looks like something else.
fn unmistakable(branch: &str) -> String {
    let mistakable = branch.starts_with('-')
        || branch.starts_with("refs/")
        || branch == "HEAD"
        || CommitId::parse(branch).is_ok();
    if mistakable { format!("refs/heads/{branch}") } else { branch.to_owned() }
}
