//! The host's copy of the repository.

use std::fs;
use std::process::Command;

use garment_core::model::State;

use crate::bed::{Bed, find, name};

#[test]
fn an_older_clone_is_used_and_its_work_tree_left_alone() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        repo.write("a", "one");
        repo.commit("one");
        fs::create_dir_all(bed.app("")).unwrap();
        let source = bed.app("source");
        repo.git(&["clone", "-q", &repo.url(), source.to_str().unwrap()]);
        fs::write(source.join("a"), "changed by hand").unwrap();
        fs::write(source.join("b"), "untracked").unwrap();
        let before = fs::read(source.join(".git/HEAD")).unwrap();
        repo.git(&["checkout", "-q", "-b", "feature/x"]);
        repo.write("a", "two");
        let two = repo.commit("two");
        repo.git(&["tag", "-a", "-m", "v2", "v2"]);
        let dir = bed.prepared(&repo.url(), &two, &name(1));
        assert_eq!(fs::read_to_string(dir.join("a")).unwrap(), "two");
        assert_eq!(fs::read_to_string(source.join("a")).unwrap(), "changed by hand");
        assert_eq!(fs::read_to_string(source.join("b")).unwrap(), "untracked");
        assert_eq!(fs::read(source.join(".git/HEAD")).unwrap(), before);
        // A branch in the place of a folder of branches, and a moved tag.
        repo.git(&["checkout", "-q", "master"]);
        repo.git(&["branch", "-q", "-D", "feature/x"]);
        repo.git(&["checkout", "-q", "-b", "feature"]);
        repo.write("a", "three");
        let three = repo.commit("three");
        repo.git(&["tag", "-f", "v2"]);
        bed.prepared(&repo.url(), &three, &name(2));
    }
}

#[test]
fn a_mirror_follows_force_pushes_and_keeps_what_it_needs() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        let one = repo.commit("one");
        // What a clone that was killed left behind.
        fs::create_dir_all(bed.app(".source.cloning/objects")).unwrap();
        bed.prepared(&repo.url(), &one, &name(1));
        assert!(bed.app("source/HEAD").is_file());
        assert!(!bed.app(".source.cloning").exists());
        repo.git(&["checkout", "-q", "--orphan", "new"]);
        let other = repo.commit("other");
        repo.git(&["branch", "-f", "master", "new"]);
        bed.prepared(&repo.url(), &other, &name(2));
        // Every ref is followed, and is gone here when it is gone there.
        repo.git(&["update-ref", "refs/pull/7/head", &other]);
        bed.prepared(&repo.url(), &other, &name(5));
        let refs = |bed: &Bed| {
            let out = bed.run("git -C app/source for-each-ref '--format=%(refname)'");
            String::from_utf8(out.stdout).unwrap()
        };
        assert_eq!(refs(&bed), "refs/heads/master\nrefs/heads/new\nrefs/pull/7/head\n");
        repo.git(&["update-ref", "-d", "refs/pull/7/head"]);
        // The old commit is in no branch now, but the host has it.
        bed.prepared(&repo.url(), &one, &name(3));
        assert_eq!(refs(&bed), "refs/heads/master\nrefs/heads/new\n");
        let gone = "0123456789".repeat(4);
        assert_eq!(
            bed.prepare(&repo.url(), &gone, &name(4)).failure(),
            (
                format!("`{}` has no commit {gone} any more", repo.url()),
                "was the branch force-pushed meanwhile? deploy again".into()
            )
        );
        assert_eq!(bed.listed().len(), 4);
        assert!(!bed.app(".garment/releases").join(name(4)).exists());
    }
}

#[test]
fn a_commit_that_only_its_id_leads_to() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        let one = repo.commit("one");
        let hidden = repo.commit("hidden");
        repo.git(&["reset", "-q", "--hard", &one]);
        repo.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
        bed.prepared(&repo.url(), &hidden, &name(1));
    }
}

#[test]
fn another_origin_is_told_with_both_ways_on() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        bed.prepared(&repo.url(), &commit, &name(1));
        let source = bed.app("source").display().to_string();
        let new = "https://evan:secret@example.org/it's.git";
        let (what, remedy) = bed.prepare(new, &commit, &name(2)).failure();
        let shown = "https://evan:***@example.org/it's.git";
        let word = r"'https://evan:***@example.org/it'\''s.git'";
        assert_eq!(what, format!("`{source}` is a copy of `{}`, but `repo_url` is `{shown}`", repo.url()));
        assert_eq!(
            remedy,
            format!(
                "if it moved: git -C '{source}' remote set-url origin {word}; \
                 if it is another repository: rm -rf '{source}'"
            )
        );
        // The remedy works as it stands.
        let moved = bed.repo("mo'ved");
        moved.git(&["pull", "-q", repo.dir.to_str().unwrap(), "master"]);
        let (_, remedy) = bed.prepare(&moved.url(), &commit, &name(2)).failure();
        let command = remedy.strip_prefix("if it moved: ").unwrap().split("; if it is").next().unwrap();
        assert_eq!(bed.run(command).code, Some(0));
        bed.prepared(&moved.url(), &commit, &name(2));
        bed.run(&format!("git -C '{source}' config --unset remote.origin.url"));
        assert_eq!(
            bed.prepare(&repo.url(), &commit, &name(3)).failure().0,
            format!("`{source}` has no `origin`, and should have `{}`", repo.url())
        );
    }
}

#[test]
fn something_else_in_its_place() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        let source = bed.app("source");
        fs::create_dir_all(source.join("HEAD")).unwrap();
        let (what, remedy) = bed.prepare(&repo.url(), &commit, &name(1)).failure();
        let s = source.display();
        assert_eq!(what, format!("`{s}` is there, but is no git repository"));
        assert_eq!(
            remedy,
            format!("move it away, or set `source_dir` to another place: mv '{s}' '{s}'.before-garment")
        );
        // Inside another repository it is not taken for that one.
        Command::new(find("git")).args(["init", "-q"]).arg(bed.home()).status().unwrap();
        assert_eq!(bed.prepare(&repo.url(), &commit, &name(1)).failure().0, what);
        // An empty folder is a place to clone to.
        fs::remove_dir_all(&source).unwrap();
        fs::create_dir(&source).unwrap();
        bed.prepared(&repo.url(), &commit, &name(1));
    }
}

#[test]
fn an_origin_that_is_not_there() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        let url = format!("file://{}/nowhere", bed.dir.path().display());
        let user = bed.survey().user;
        let (what, remedy) = bed.prepare(&url, &commit, &name(1)).failure();
        let path = url.strip_prefix("file://").unwrap();
        assert_eq!(
            what,
            format!("git can't fetch from `{url}`: '{path}' does not appear to be a git repository")
        );
        assert_eq!(remedy, format!("make `git ls-remote '{url}'` work for {user} on this host"));
        assert!(!bed.app("source").exists());
        assert_eq!(bed.listed(), []);
        // Gone after a deploy, it is missed even where the commit is known.
        bed.prepared(&repo.url(), &commit, &name(1));
        fs::rename(&repo.dir, repo.dir.with_extension("away")).unwrap();
        let (what, _) = bed.prepare(&repo.url(), &commit, &name(2)).failure();
        assert!(what.starts_with(&format!("git can't fetch from `{}`: ", repo.url())), "{what}");
        assert_eq!(bed.listed(), [(name(1), Some(State::Ready))]);
    }
}

#[test]
fn a_lock_that_a_killed_git_left() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        bed.prepared(&repo.url(), &commit, &name(1));
        repo.git(&["branch", "gone"]);
        bed.prepared(&repo.url(), &commit, &name(2));
        repo.git(&["branch", "-D", "gone"]);
        repo.git(&["branch", "new"]);
        let lock = bed.app("source/packed-refs.lock");
        fs::write(&lock, "").unwrap();
        let (what, remedy) = bed.prepare(&repo.url(), &commit, &name(3)).failure();
        assert!(what.contains("packed-refs.lock"), "{what}");
        assert_eq!(
            remedy,
            format!(
                "when no other git runs there, remove the lock that a killed one left behind: rm -f '{}'",
                lock.display()
            )
        );
    }
}

#[test]
fn a_copy_that_belongs_to_another_user() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        bed.prepared(&repo.url(), &commit, &name(1));
        let user = bed.survey().user;
        let source = bed.app("source").display().to_string();
        // git's own switch for its tests; changing a real owner takes root.
        bed.env.push(("GIT_TEST_ASSUME_DIFFERENT_OWNER".into(), "1".into()));
        let want = (
            format!("`{source}` belongs to another user than {user}, so git refuses to use it"),
            format!(
                "give it to {user} (chown -R), or allow it: git config --global --add safe.directory '{source}'"
            ),
        );
        assert_eq!(bed.prepare(&repo.url(), &commit, &name(2)).failure(), want);
        let told = bed.check(&repo.url()).problems().remove(0);
        assert_eq!((told.what, told.remedy), want);
    }
}

/// An ssh that would ask gets `BatchMode`, whatever the user's own command is; a user and a password are not asked for.
#[test]
fn nothing_can_ask() {
    use std::os::unix::fs::PermissionsExt;
    for mut bed in Bed::all() {
        let commit = "0123456789".repeat(4);
        let ssh = bed.dir.path().join("my ssh");
        fs::write(
            &ssh,
            "#!/bin/sh\nprintf '%s ' \"$0\" \"$@\" \"prompt=$GIT_TERMINAL_PROMPT[$GIT_ASKPASS][$SSH_ASKPASS]\" >>\"$HOME/args\"\n\
             printf 'Host key verification failed.\\r\\n' >&2\nexit 255\n",
        )
        .unwrap();
        fs::set_permissions(&ssh, PermissionsExt::from_mode(0o755)).unwrap();
        for (key, value) in [
            ("GIT_SSH_COMMAND", format!("'{}' -p 2222", ssh.display())),
            ("GIT_SSH", ssh.display().to_string()),
        ] {
            bed.env = vec![(key.into(), value), ("GIT_SSH_VARIANT".into(), "ssh".into())];
            bed.env.extend([("GIT_ASKPASS".into(), "ask".into()), ("SSH_ASKPASS".into(), "ask".into())]);
            let (what, remedy) = bed.prepare("git@example.org:it's/shop.git", &commit, &name(1)).failure();
            assert_eq!(
                what,
                "git can't fetch from `git@example.org:it's/shop.git`: Host key verification failed"
            );
            assert!(remedy.ends_with("its ssh key and known_hosts, or `forward_agent: true`"), "{remedy}");
            let args = fs::read_to_string(bed.home().join("args")).unwrap();
            assert!(args.contains("-o BatchMode=yes -o ControlMaster=no"), "{args}");
            assert!(args.contains("prompt=0[][]"), "{args}");
            assert_eq!(args.contains("-p 2222"), key == "GIT_SSH_COMMAND", "{args}");
            fs::remove_file(bed.home().join("args")).unwrap();
        }
        bed.env = vec![("GIT_SSH_VARIANT".into(), "ssh".into())];
        assert!(!bed.app("source").exists());
        // An older clone's own command counts too.
        let source = bed.app("source").display().to_string();
        bed.run(&format!(
            "git init -q --bare '{source}'; git -C '{source}' remote add origin x@example.org:y;\
             git -C '{source}' config core.sshCommand \"'{}' -p 2223\"",
            ssh.display()
        ));
        assert_eq!(bed.check("x@example.org:y").problems().len(), 1);
        let args = fs::read_to_string(bed.home().join("args")).unwrap();
        assert!(args.contains("-p 2223 -o BatchMode=yes -o ControlMaster=no"), "{args}");
        assert_eq!(args.matches("BatchMode").count(), args.matches("2223").count());
        fs::remove_file(bed.home().join("args")).unwrap();
        bed.prepare("x@example.org:y", &commit, &name(1)).failure();
        let args = fs::read_to_string(bed.home().join("args")).unwrap();
        assert!(args.contains("-p 2223 -o BatchMode=yes -o ControlMaster=no"), "{args}");
    }
}
