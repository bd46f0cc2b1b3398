//! What git on this machine says and does, in repositories of all kinds.
#![allow(clippy::unwrap_used)]

use std::ffi::OsStr;
use std::future::Future;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use garment_core::origin::{Checkout, Remote, Workshop};
use garment_testing::Repo;
use jiff::Timestamp;

/// A folder that is gone after the test, by its real path.
fn folder() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().canonicalize().unwrap();
    (dir, path)
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn look(dir: &Path) -> Checkout {
    wait(Checkout::look(dir)).unwrap()
}

fn remote(name: &str, url: &str) -> Remote {
    Remote { name: name.into(), url: Some(url.into()) }
}

#[test]
fn a_clone_knows_where_it_came_from() {
    let (_dir, path) = folder();
    let origin = Repo::new(path.join("shop"));
    origin.write("sub/x", "x");
    origin.commit("one");
    origin.push();
    let clone = path.join("a clone");
    origin.git([OsStr::new("clone"), "--quiet".as_ref(), OsStr::new(&origin.url()), clone.as_os_str()]);
    let switch = ["checkout", "--quiet", "-b", "fix/{x}_é"].map(OsStr::new);
    origin.git([&["-C".as_ref(), clone.as_os_str()], &switch[..]].concat());
    assert_eq!(
        look(&clone.join("sub")),
        Checkout {
            top: clone,
            remote: Some(remote("origin", &origin.url())),
            default_branch: Some("master".into()),
            current_branch: Some("fix/{x}_é".into()),
        }
    );
}

#[test]
fn a_repository_without_commits_or_remotes() {
    let (_dir, path) = folder();
    let repo = Repo::new(path.join("shop"));
    repo.git(["remote", "remove", "origin"]);
    let want = Checkout {
        top: path.join("shop"),
        remote: None,
        default_branch: None,
        current_branch: Some("master".into()),
    };
    assert_eq!(look(repo.folder()), want);
}

#[test]
fn the_first_remote_where_none_is_called_origin() {
    let (_dir, path) = folder();
    let repo = Repo::new(path.join("shop"));
    repo.git(["remote", "remove", "origin"]);
    repo.git(["remote", "add", "zeta", "git@example.org:z.git"]);
    repo.git(["remote", "add", "alpha", "https://u:p@example.org/a \"{b}\".git"]);
    assert_eq!(look(repo.folder()).remote, Some(remote("alpha", "https://u:p@example.org/a \"{b}\".git")));
}

#[test]
fn a_detached_head_and_a_url_that_is_no_text() {
    let (_dir, path) = folder();
    let repo = Repo::new(path.join("shop"));
    repo.commit("one");
    repo.git(["checkout", "--quiet", "--detach"]);
    let url = OsStr::from_bytes(b"/srv/\xff");
    repo.git([OsStr::new("remote"), "set-url".as_ref(), "origin".as_ref(), url]);
    let seen = look(repo.folder());
    assert_eq!(seen.remote, Some(Remote { name: "origin".into(), url: None }));
    assert_eq!(seen.current_branch, None);
}

#[test]
fn a_bare_repository() {
    let (_dir, path) = folder();
    let repo = Repo::new(path.join("shop"));
    assert_eq!(look(repo.origin()).top, path.join("shop.git"));
}

#[test]
fn no_repository() {
    let (_dir, path) = folder();
    let problem = wait(Checkout::look(&path)).unwrap_err();
    assert!(
        problem.what.starts_with("git finds no repository here: not a git repository"),
        "{}",
        problem.what
    );
}

#[test]
fn a_workshop_makes_the_same_commits_everywhere() {
    let ids: Vec<String> = (0..2)
        .map(|_| {
            let (_dir, path) = folder();
            let workshop = wait(Workshop::make(path.join("a b"), path.join("it's {x}.git"))).unwrap();
            std::fs::write(workshop.folder().join("x"), "x\n").unwrap();
            let id = wait(workshop.commit("-one", Timestamp::from_second(1_767_258_000).unwrap())).unwrap();
            // Only git's answer for the origin shows that it was pushed.
            let head = std::fs::read_to_string(workshop.origin().join("refs/heads/main")).unwrap();
            assert_eq!(head.trim(), id.to_string());
            assert!(!workshop.origin().join("hooks").exists());
            id.to_string()
        })
        .collect();
    assert_eq!(ids, ["06dd8976d08a6ec6f5c79e9efa06f4bf121dd46e"; 2]);
}

#[test]
fn a_workshop_takes_no_folder_that_is_there() {
    let (_dir, path) = folder();
    std::fs::create_dir(path.join("shop")).unwrap();
    let problem = wait(Workshop::make(path.join("shop"), path.join("shop.git"))).unwrap_err();
    assert!(problem.what.starts_with("can't make the folder `"), "{}", problem.what);
}
