//! A release that is made from what a pruned one left is what the plain way makes of the same commit, to the modes and
//! times, and shares nothing with anybody.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use garment_core::model::State;

use crate::bed::name;
use crate::renewal::{Case, assert_same, inodes, look, odd_names, prune_text};

#[test]
fn every_kind_of_change() {
    for case in Case::all() {
        let repo = &case.repo;
        for n in 0..20 {
            repo.write(&format!("same/{n}/file"), &n.to_string());
        }
        repo.write("changed", "one");
        repo.write("deep/er/changed", "one");
        repo.write("removed", "");
        repo.write("gone/all/of/it", "");
        repo.write("renamed", "the same text");
        repo.write("becomes executable", "");
        repo.write("was executable", "");
        let executable = |name: &str, mode| {
            fs::set_permissions(repo.dir.join(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        executable("was executable", 0o755);
        repo.write("stays executable", "");
        executable("stays executable", 0o755);
        symlink("changed", repo.dir.join("link")).unwrap();
        symlink("nowhere", repo.dir.join("same link")).unwrap();
        symlink("same", repo.dir.join("link becomes folder")).unwrap();
        repo.write("file becomes link", "");
        repo.write("file becomes folder", "");
        repo.write("folder becomes file/a/b", "");
        repo.write("folder becomes link/a", "");
        for (folder, text) in [("odd", "one"), ("odd same", "one"), ("odd gone", "")] {
            fs::create_dir_all(repo.dir.join(folder)).unwrap();
            for name in odd_names() {
                fs::write(repo.dir.join(folder).join(OsStr::from_bytes(&name)), text).unwrap();
            }
        }
        let one = repo.commit("one");

        repo.write("changed", "two");
        repo.write("deep/er/changed", "two");
        repo.write("added", "");
        repo.write("new/folder/added", "");
        let remove = |name: &str| fs::remove_file(repo.dir.join(name)).unwrap();
        remove("removed");
        fs::remove_dir_all(repo.dir.join("gone")).unwrap();
        fs::create_dir(repo.dir.join("moved")).unwrap();
        fs::rename(repo.dir.join("renamed"), repo.dir.join("moved/here")).unwrap();
        executable("becomes executable", 0o755);
        executable("was executable", 0o644);
        remove("link");
        symlink("added", repo.dir.join("link")).unwrap();
        remove("link becomes folder");
        repo.write("link becomes folder/a", "");
        remove("file becomes link");
        symlink("same", repo.dir.join("file becomes link")).unwrap();
        remove("file becomes folder");
        repo.write("file becomes folder/a", "");
        fs::remove_dir_all(repo.dir.join("folder becomes file")).unwrap();
        repo.write("folder becomes file", "");
        fs::remove_dir_all(repo.dir.join("folder becomes link")).unwrap();
        symlink("same", repo.dir.join("folder becomes link")).unwrap();
        fs::remove_dir_all(repo.dir.join("odd gone")).unwrap();
        for name in odd_names() {
            fs::write(repo.dir.join("odd").join(OsStr::from_bytes(&name)), "two").unwrap();
        }
        // A time of its own for the commit.
        let two = repo.commit("two");
        let two = {
            let tree = repo.git(&["rev-parse", &format!("{two}^{{tree}}")]);
            let text = format!(
                "tree {tree}\nparent {one}\nauthor a <a@b> 1700000500 +0000\ncommitter a <a@b> 1712345678 +0200\n\ntwo\n"
            );
            fs::write(repo.dir.join(".git/two"), text).unwrap();
            let two = repo.git(&["hash-object", "-t", "commit", "-w", ".git/two"]);
            repo.git(&["update-ref", "refs/heads/master", &two]);
            two
        };
        assert_eq!(case.run(&one, &two, |_| ()), case.files(20 + odd_names().len() + 2));
        // The next one of it, without any change; and back.
        assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
        let spare = case.spare().join("tree");
        let all = if spare.exists() { inodes(&spare).len() } else { 0 };
        assert_eq!(case.renew(&two), case.files(all));
        assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
        assert!(case.renew(&one) >= case.files(20));
    }
}

/// Whatever was done to a release, nothing of it comes along.
#[test]
fn what_was_done_to_a_release_stays_there() {
    for case in Case::all() {
        let repo = &case.repo;
        for name in [
            "same",
            "a",
            "b",
            "c",
            "d",
            "e",
            "f",
            "g",
            "h",
            "i",
            "linked/a",
            "linked/b",
            "moved/a",
            "open/a",
            "open/sub/b",
            "gone/a",
            "gone/b",
            "REVISION",
        ] {
            repo.write(name, "text");
        }
        symlink("same", repo.dir.join("link")).unwrap();
        symlink("same", repo.dir.join("same link")).unwrap();
        let one = repo.commit("one");
        repo.write("other", "");
        let two = repo.commit("two");
        let outside = case.bed.home().join("shared");
        fs::create_dir_all(outside.join("linked")).unwrap();
        let run = |dir: &Path, text: &str| {
            let ran =
                case.bed.run(&format!("cd \"{}\" && out=\"{}\" && {text}", dir.display(), outside.display()));
            assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{text}");
        };
        let meddle = |dir: &Path| {
            // As long and as old as before.
            run(dir, "touch -r a ../time && printf TEXT >a && touch -r ../time a && rm ../time");
            run(dir, "printf more >>b");
            run(dir, "chmod 755 c");
            run(dir, "rm d");
            run(dir, "rm e && ln -s same e");
            run(dir, "printf text >\"$out/f\" && touch -r f \"$out/f\" && rm f && ln \"$out/f\" f");
            run(dir, "ln g \"$out/g\"");
            run(dir, "ln h untracked");
            run(dir, "cp -p i i.new && mv i.new i");
            run(dir, "mv linked/* \"$out/linked\" && rmdir linked && ln -s \"$out/linked\" linked");
            run(dir, "mv moved elsewhere");
            run(
                dir,
                "chmod 777 open open/sub && mkdir -p open/cache node_modules/x && echo x >open/cache/x && echo x >node_modules/x/y",
            );
            run(dir, "rm -r gone");
            run(dir, "rm link && ln -s open link");
            run(dir, "mkfifo pipe && touch '-rf' \"$(printf 'new\\nline')\"");
        };
        assert_eq!(case.run(&one, &two, meddle), case.files(4), "{:?}", case.bed.shell);
        assert_eq!(fs::read_to_string(outside.join("linked/a")).unwrap(), "text");
    }
}

#[test]
fn attributes_of_the_commit() {
    for case in Case::all() {
        let repo = &case.repo;
        repo.write(
            ".gitattributes",
            "/tests export-ignore\n*.secret export-ignore\nversion export-subst\n*.crlf text eol=crlf\n[attr]both export-subst\n",
        );
        repo.write("sub/.gitattributes", "inner both\n*.id ident\n");
        for path in ["version", "sub/inner", "not/version.txt"] {
            repo.write(path, "$Format:%H$\n");
        }
        repo.write("sub/a.id", "$Id$\n");
        repo.write("lines.crlf", "a\nb\n");
        for path in ["tests/a", "tests/b", "a.secret", "only/a.secret", "same"] {
            repo.write(path, "text");
        }
        let one = repo.commit("one");
        repo.write("tests/a", "changed");
        repo.write("tests/new", "");
        repo.write("new.secret", "");
        let two = repo.commit("nothing that is in a release");
        assert_eq!(case.run(&one, &two, |_| ()), case.files(6));
        let two_at = case.bed.app("releases").join(name(2));
        assert_eq!(fs::read_to_string(two_at.join("sub/inner")).unwrap(), format!("{two}\n"));
        assert_eq!(fs::read(two_at.join("lines.crlf")).unwrap(), b"a\r\nb\r\n");

        // They change: everything is made anew.
        fs::remove_file(repo.dir.join("sub/.gitattributes")).unwrap();
        repo.write("other", "");
        let three = repo.commit("three");
        assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
        assert_eq!(case.spare().exists(), case.files(1) == 1);
        assert_eq!(case.renew(&three), 0);
    }
}

/// They are unpacked anew, whatever becomes of them.
#[test]
fn submodules() {
    for mut case in Case::all() {
        let sub = case.bed.repo("sub");
        sub.write("in sub", "one");
        let sub_one = sub.commit("one");
        sub.write("in sub", "two");
        let sub_two = sub.commit("two");
        let repo = &case.repo;
        repo.write("same", "");
        repo.write("becomes a submodule/a", "");
        for path in ["stays", "moves on", "goes", "becomes a folder"] {
            repo.add_submodule(path, Some(&sub.url()), &sub_one);
        }
        repo.add_submodule("unnamed", None, &sub_one);
        repo.git(&["add", "same", "becomes a submodule"]);
        let one = repo.commit_index("one");
        repo.add_submodule("moves on", Some(&sub.url()), &sub_two);
        repo.git(&["rm", "-q", "--cached", "goes", "becomes a folder"]);
        repo.write("becomes a folder/a", "");
        repo.git(&["rm", "-q", "-r", "becomes a submodule"]);
        repo.add_submodule("becomes a submodule", Some(&sub.url()), &sub_one);
        repo.git(&["add", "becomes a folder/a"]);
        let two = repo.commit_index("two");
        case.submodules = vec!["stays", "moves on", "becomes a submodule"];
        // `.gitmodules` has changed.
        assert_eq!(case.run(&one, &two, |_| ()), case.files(1), "{:?}", case.bed.shell);
    }
}

#[test]
fn small_trees_go_the_plain_way() {
    for case in Case::of_each_kind() {
        case.repo.write("a", "");
        let one = case.repo.commit("one");
        let prepared = case.bed.prepared(&case.repo.url(), &one, &name(1));
        assert!(prepared.exists());
        assert!(!case.bed.app(".garment/releases").join(format!(".{}.files", name(1))).exists());
        assert_eq!(case.prune(&[&name(1)]).1, [name(1)]);
        assert!(!case.spare().exists());
        // A repository that became small needs its spare no more.
        case.leave_a_spare(&one, |_| ());
        assert_eq!(case.spare().exists(), case.files(1) == 1);
        case.bed.prepared(&case.repo.url(), &one, &name(2));
        assert!(!case.spare().exists());
    }
}

/// A change of more than would be worth the while.
#[test]
fn large_changes_go_the_plain_way() {
    for case in Case::of_each_kind() {
        for n in 0..300 {
            case.repo.write(&format!("{n:0250}"), "one");
        }
        case.repo.write("same", "");
        let one = case.repo.commit("one");
        for n in 0..300 {
            case.repo.write(&format!("{n:0250}"), "two");
        }
        let two = case.repo.commit("two");
        assert_eq!(case.run(&one, &two, |_| ()), 0);
        // One that is all new, and one of which a task changed all, leave nothing for another.
        case.leave_a_spare(&two, |dir| {
            assert_eq!(case.bed.run(&format!("cd \"{}\" && touch *", dir.display())).code, Some(0));
        });
        assert!(!case.spare().exists());
    }
}

/// Writing to one release never shows in another.
#[test]
fn releases_share_nothing() {
    for case in Case::all() {
        for n in 0..10 {
            case.repo.write(&format!("{n}"), "one");
        }
        let commit = case.repo.commit("one");
        for n in 1..=3 {
            case.make(&commit, n);
        }
        for n in 4..=6 {
            assert_eq!(case.prune(&[&name(n - 3)]).1, [name(n - 3)]);
            let before = case.now();
            assert_eq!(Case::older(&case.make(&commit, n), before), case.files(10));
        }
        let at = |n| case.bed.app("releases").join(name(n));
        let before = [look(case.bed.shell, &at(4), &[]), look(case.bed.shell, &at(5), &[])];
        for n in 0..10 {
            fs::write(at(6).join(n.to_string()), "changed").unwrap();
        }
        assert_eq!([look(case.bed.shell, &at(4), &[]), look(case.bed.shell, &at(5), &[])], before);
        assert!(inodes(&at(4)).is_disjoint(&inodes(&at(5))));
        assert_eq!(case.bed.listed(), [4, 5, 6].map(|n| (name(n), Some(State::Ready))));
    }
}

/// What the former operation does in the background is not waited for by the next.
#[test]
fn deploys_in_quick_succession() {
    for case in Case::of_each_kind() {
        for n in 0..300 {
            case.repo.write(&format!("{}/{n}", n % 9), "same");
        }
        let commits: Vec<_> = (1..=8)
            .map(|n: u32| {
                case.repo.write("changing", &n.to_string());
                case.repo.commit("another")
            })
            .collect();
        let mut before = None;
        for (n, commit) in (1..).zip(&commits) {
            let made = case.make(commit, n);
            let plain = case.plain(commit, n);
            let [made, plain] = [&made, &plain].map(|dir| look(case.bed.shell, dir, &[]));
            assert_same(&made, &plain, &format!("{n} {:?}", case.bed.shell));
            if let Some(former) = before.replace(name(n)) {
                let text = prune_text(&case.bed, &[&former]).replace("\nwait\n", "\n");
                case.bed.run(&text).ok();
            }
        }
    }
}
