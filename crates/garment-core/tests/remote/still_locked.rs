//! Scripts that change something look whether the lock is still theirs.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, SystemTime};

use garment_core::model::{CommitId, State};
use garment_core::remote::{
    Cutover, Holder, Prepare, Where, cutover, lock, prepare, prune, rehearse, revert,
};

use crate::bed::{Bed, Repo, find, name, release, tree};

fn holder(by: &str, token: &str) -> Holder {
    Holder { by: by.into(), doing: "deploy of main".into(), since: Some(1_700_000_000), token: token.into() }
}

/// Busybox with git and without flock, whatever the shell.
fn without_flock(bed: &mut Bed) {
    let bin = bed.dir.path().join("busybox");
    fs::create_dir(&bin).unwrap();
    assert!(Command::new(find("busybox")).args(["--install", "-s"]).arg(&bin).status().unwrap().success());
    let _ = fs::remove_file(bin.join("flock"));
    symlink(find("git"), bin.join("git")).unwrap();
    bed.path = bin.display().to_string();
}

/// All scripts that change what belongs to everybody, as an operation with this token runs them.
fn scripts(bed: &Bed, repo: &Repo, commit: &str, token: &str) -> Vec<String> {
    let token = Some(token);
    let paths = &bed.paths;
    let to = |n, left_as| (release(&name(n)), left_as);
    let (one, left_as) = to(1, State::Replaced);
    let switch = Cutover { paths, release: &one, left_as, confirmation: None, token };
    let (two, left_as) = to(2, State::Failed);
    let back = Cutover { paths, release: &two, left_as, confirmation: None, token };
    let prepare = prepare(&Prepare {
        resuming: false,
        delivery: garment_core::model::Delivery::Pull,
        head: "",
        paths,
        repo_url: &repo.url(),
        commit: &CommitId::parse(commit).unwrap(),
        release: &release(&name(3)),
        by: "evan@pungi",
        git_ref: "master",
        token,
    });
    vec![
        prepare,
        rehearse(&switch),
        cutover(&switch),
        revert(&back),
        prune(paths, std::slice::from_ref(&one), &two, token),
    ]
}

/// A bed where 2 is current and came after 1.
fn two_releases(bed: &Bed) -> (Repo, String) {
    let repo = bed.repo("origin");
    let commit = repo.commit("one");
    for n in [1, 2] {
        bed.prepared(&repo.url(), &commit, &name(n));
        bed.moved(&name(n));
    }
    (repo, commit)
}

const REMEDY: &str =
    "the host stood still for more than a minute. See what they did with `garment status`, then start again";

#[test]
fn whoever_lost_it_changes_nothing() {
    for mut bed in Bed::all() {
        let flock = bed.path.clone();
        without_flock(&mut bed);
        let (repo, commit) = two_releases(&bed);
        // The shell that had it has stood still for long, and another one comes.
        fs::write(bed.app(".garment/lock"), "by=ann@desk\ndoing=rollback\ntoken=old\n").unwrap();
        fs::create_dir(bed.app(".garment/lock.d")).unwrap();
        let beat = fs::File::create(bed.app(".garment/lock.d/beat")).unwrap();
        beat.set_modified(SystemTime::now() - Duration::from_secs(180)).unwrap();
        assert_eq!(bed.run(&lock(&bed.paths, &holder("evan@pungi", "new"), Where::Anywhere)).code, Some(0));
        let before = tree(&bed.home());
        let taken = (
            "the lock of this host was lost to somebody else: evan@pungi, deploy of main".to_owned(),
            REMEDY.to_owned(),
        );
        for text in scripts(&bed, &repo, &commit, "old") {
            assert_eq!(bed.run(&text).failure(), taken, "{:?}", bed.shell);
            assert_eq!(tree(&bed.home()), before);
        }
        // That one gave it back, or the file is gone: it is not ours all the same.
        let gone = ("the lock of this host was lost to somebody else".to_owned(), REMEDY.to_owned());
        fs::write(bed.app(".garment/lock"), "").unwrap();
        assert_eq!(bed.run(&scripts(&bed, &repo, &commit, "old")[2]).failure(), gone);
        fs::remove_file(bed.app(".garment/lock")).unwrap();
        assert_eq!(bed.run(&scripts(&bed, &repo, &commit, "old")[2]).failure(), gone);
        // Where there is a flock, somebody who removes the file does no harm; another's token does.
        if bed.shell != crate::bed::Shell::Ash {
            bed.path = flock;
            bed.run(&scripts(&bed, &repo, &commit, "old")[1]).ok();
            fs::write(bed.app(".garment/lock"), "by=evan@pungi\ndoing=deploy of main\ntoken=new\n").unwrap();
            assert_eq!(bed.run(&scripts(&bed, &repo, &commit, "old")[1]).failure(), taken);
        }
    }
}

#[test]
fn whoever_has_it_goes_on() {
    for mut bed in Bed::all() {
        without_flock(&mut bed);
        let (repo, commit) = two_releases(&bed);
        let token = "it's \\ 1-2";
        assert_eq!(bed.run(&lock(&bed.paths, &holder("evan@pungi", token), Where::Anywhere)).code, Some(0));
        for text in scripts(&bed, &repo, &commit, token) {
            bed.run(&text).ok();
        }
    }
}
