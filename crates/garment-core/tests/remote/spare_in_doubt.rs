//! Whatever is doubtful about a spare, or fails or is missing on the host, the release is made the plain way.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use garment_core::model::State;

use crate::bed::{Bed, Shell, name};
use crate::check::fake;
use crate::disk::Disk;
use crate::renewal::{Case, assert_same, inodes, large, look, odd_names, prune_text};

/// Settings of the host decide what git archive gives as well, and may be others than when the release was made.
#[test]
fn settings_of_the_host() {
    for settle in [
        "git --git-dir=source config core.autocrlf true",
        "git --git-dir=source config core.eol crlf",
        "git --git-dir=source config core.attributesFile \"$HOME/attributes\" && echo '*.txt eol=crlf' >\"$HOME/attributes\"",
        "mkdir -p source/info && echo '*.txt eol=crlf' >source/info/attributes",
        "mkdir -p ~/.config/git && echo 'a.txt export-ignore' >~/.config/git/attributes",
        "git --git-dir=source config filter.x.smudge 'tr a-z A-Z'",
    ] {
        for case in Case::of_each_kind() {
            let repo = &case.repo;
            repo.write(".gitattributes", "*.txt text\n*.x filter=x\n");
            repo.write("a.txt", "a\nb\n");
            repo.write("a.x", "loud\n");
            let one = repo.commit("one");
            repo.write("other", "");
            let two = repo.commit("two");
            let settle_it = || {
                let ran = case.bed.run(&format!("cd ~/app && {settle}"));
                assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
            };
            case.leave_a_spare(&one, |_| ());
            settle_it();
            assert_eq!(case.renew(&two), 0, "{settle} {:?}", case.bed.shell);
            // Nor is anything kept of what was made with them.
            assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
            assert!(!case.spare().exists());
        }
    }
    // A filter that nothing asks for, as hosts with Git LFS have it.
    for case in Case::of_each_kind() {
        case.repo.write("a", "a");
        let one = case.repo.commit("one");
        case.leave_a_spare(&one, |_| ());
        case.bed.run("git --git-dir=app/source config filter.x.smudge 'tr a-z A-Z'");
        assert_eq!(case.renew(&one), case.files(1));
    }
}

#[test]
fn another_umask() {
    for mut case in Case::of_each_kind() {
        case.repo.write("a/b", "");
        let one = case.repo.commit("one");
        case.leave_a_spare(&one, |_| ());
        case.before = "umask 077\n";
        assert_eq!(case.renew(&one), 0);
        // Made with one and pruned with the other.
        assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
        assert!(!case.spare().exists());
        case.leave_a_spare(&one, |_| ());
        assert!(!case.spare().exists());
    }
}

/// What is beside the spare's files, or not as they were left, makes all of it useless.
#[test]
fn a_spare_that_was_meddled_with() {
    for case in Case::of_each_kind() {
        if case.bed.shell == Shell::Ash {
            continue;
        }
        case.repo.write("a/b", "text");
        case.repo.write("c", "text");
        let one = case.repo.commit("one");
        for meddle in [
            "touch tree/new",
            "rm tree/c",
            "touch -r tree/c time; printf TEXT >tree/c; touch -r time tree/c",
            "chmod 777 tree/a",
            "mv tree/c tree/d; mv tree/d tree/c",
            "ln tree/c linked",
            "rm commit",
            "echo 4634f444634f444634f444634f444634f444634f >commit",
            "echo >>listing",
            "rm listing",
            "rm lost",
            "rm -r tree",
            "rm -r tree; ln -s ../../source tree",
            "rm -r \"$PWD\"; mkdir \"$PWD\"",
            "rm -r \"$PWD\"; touch \"$PWD\"",
        ] {
            case.leave_a_spare(&one, |_| ());
            assert!(case.spare().exists());
            let ran = case.bed.run(&format!("cd app/releases/.garment-spare && {meddle}"));
            assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{meddle}");
            if meddle.contains("touch \"$PWD\"") {
                case.make(&one, 3);
                assert_eq!(case.prune(&[&name(3)]).1, [name(3)]);
                fs::remove_file(case.spare()).unwrap();
            } else {
                assert_eq!(case.renew(&one), 0, "{meddle}");
                assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
            }
        }
    }
}

/// Of what is missing or fails on a host, people notice nothing.
#[test]
fn tools_that_fail() {
    for mut case in Case::all().filter(|case| case.bed.shell == Shell::Dash) {
        case.repo.write("a/b", "text");
        case.repo.write("c", "text");
        let one = case.repo.commit("one");
        case.repo.write("c", "changed");
        fs::remove_file(case.repo.dir.join("a/b")).unwrap();
        let two = case.repo.commit("two");
        let path = case.bed.path.clone();
        for (tool, when) in [
            ("find", "*-printf*"),
            ("find", "*-exec*touch*"),
            ("perl", "*"),
            ("stat", "*"),
            ("awk", "*kept*"),
            ("awk", "*want*"),
            ("awk", "*folder\\[*"),
            ("cmp", "*"),
            ("xargs", "*mkdir*"),
            ("xargs", "*rm*"),
            ("xargs", "*git*"),
            ("git", "*diff-tree*"),
            ("git", "*grep*"),
            ("git", "*' log '*"),
            ("git", "*config*get-regexp*"),
            ("touch", "*"),
            ("rmdir", "*building*"),
        ] {
            for at in ["prune", "prepare"] {
                let break_it = |bed: &mut Bed| {
                    let script = format!(
                        "case \"$*\" in {when}) echo broken >&2; exit 3 ;; esac\nPATH=${{PATH#*:}}; exec {tool} \"$@\""
                    );
                    fake(bed, tool, &script);
                };
                let _ = case.make(&one, 1);
                if at != "prepare" {
                    break_it(&mut case.bed);
                }
                let (ran, _) = case.prune(&[&name(1)]);
                assert_eq!(ran.stderr, "", "{tool} {when} {at}");
                ran.ok();
                case.bed.path.clone_from(&path);
                if at != "prune" {
                    break_it(&mut case.bed);
                }
                let text = large(&case.bed, &case.repo.url(), &two, 2);
                let ran = case.bed.run(&text).ok();
                assert_eq!(ran.stderr, "", "{tool} {when} {at}");
                case.bed.path.clone_from(&path);
                let (made, plain) = (case.bed.app("releases").join(name(2)), case.plain(&two, 2));
                let [made, plain_look] = [&made, &plain].map(|dir| look(case.bed.shell, dir, &[]));
                assert_same(&made, &plain_look, &format!("{tool} {when} {at}"));
                fs::remove_dir_all(plain).unwrap();
                case.prune(&[&name(2)]).0.ok();
                let spare = case.spare();
                for entry in fs::read_dir(case.bed.app("releases")).unwrap() {
                    assert_eq!(entry.unwrap().path(), spare, "{tool} {when} {at}");
                }
                if spare.exists() {
                    fs::remove_dir_all(spare).unwrap();
                }
            }
        }
    }
}

/// Without perl files are linked to their new place first. None has two names in the end.
#[test]
fn a_host_without_perl() {
    for mut case in Case::all().filter(|case| case.bed.shell == Shell::Dash) {
        let bin = case.bed.dir.path().join("no perl");
        fs::create_dir(&bin).unwrap();
        for dir in std::env::split_paths(&case.bed.path) {
            for entry in fs::read_dir(dir).into_iter().flatten() {
                let program = entry.unwrap().path();
                let name = program.file_name().unwrap();
                if name != "perl" && !bin.join(name).exists() {
                    let _ = symlink(&program, bin.join(name));
                }
            }
        }
        case.bed.path = bin.display().to_string();
        assert_ne!(case.bed.run("command -v perl").code, Some(0));
        for name in odd_names() {
            fs::write(case.repo.dir.join(OsStr::from_bytes(&name)), "").unwrap();
        }
        case.repo.write("a/b/c", "");
        symlink("nowhere", case.repo.dir.join("a/link")).unwrap();
        let one = case.repo.commit("one");
        assert_eq!(case.run(&one, &one, |_| ()), odd_names().len() + 2);
        fake(&mut case.bed, "cp", "exit 1");
        assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
        assert!(!case.spare().exists());
    }
}

/// Killed at whatever moment, a release is there complete or not at all, and so is what the next one is made from.
#[test]
fn killed_in_the_middle() {
    for shell in [Shell::Dash] {
        let bed = Bed::new(shell);
        let repo = bed.repo("origin");
        let case = Case { bed, repo, submodules: Vec::new(), before: "" };
        for n in 0..200 {
            case.repo.write(&format!("{}/{n}.txt", n % 7), &"x".repeat(1000));
        }
        let one = case.repo.commit("one");
        for n in 0..20 {
            case.repo.write(&format!("{}/{n}.txt", n % 7), "changed");
        }
        let two = case.repo.commit("two");
        let kill = |text: &str, after: std::time::Duration| {
            let mut command = case.bed.command(text);
            let mut child =
                command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // Not to wait for something: the moment itself is what is tried.
            std::thread::sleep(after);
            let group = rustix::process::Pid::from_child(&child);
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            child.wait().unwrap();
        };
        let prune = prune_text(&case.bed, &[&name(1)]);
        let make = large(&case.bed, &case.repo.url(), &two, 2);
        case.make(&one, 1);
        let began = std::time::Instant::now();
        case.bed.run(&prune).ok();
        let pruning = began.elapsed();
        let began = std::time::Instant::now();
        case.bed.run(&make).ok();
        let making = began.elapsed();
        let want = look(case.bed.shell, &case.bed.app("releases").join(name(2)), &[]);
        case.prune(&[&name(2)]).0.ok();
        for n in 0..10 {
            case.make(&one, 1);
            kill(&prune, pruning * n / 10);
            kill(&make, making * n / 10);
            for (listed, _) in case.bed.listed() {
                if listed == name(2) {
                    assert_eq!(look(case.bed.shell, &case.bed.app("releases").join(name(2)), &[]), want);
                }
            }
            // A killed fetch leaves locks.
            for lock in ["HEAD.lock", "packed-refs.lock", "shallow.lock"] {
                let _ = fs::remove_file(case.bed.app("source").join(lock));
            }
            case.prune(&[&name(1), &name(2)]).0.ok();
            assert_eq!(case.make(&two, 2), case.bed.app("releases").join(name(2)));
            assert_eq!(look(case.bed.shell, &case.bed.app("releases").join(name(2)), &[]), want);
            case.prune(&[&name(2)]).0.ok();
            assert_eq!(case.bed.listed(), []);
        }
    }
}

#[test]
fn a_disk_that_fills_up() {
    for case in Case::of_each_kind() {
        case.repo.write("a", "");
        case.repo.write("b", "");
        let one = case.repo.commit("one");
        for n in 0..20 {
            case.repo.write(&format!("big {n}"), &"y".repeat(n * 50_000));
        }
        let two = case.repo.commit("two");
        case.make(&one, 3);
        case.leave_a_spare(&one, |_| ());
        let text = format!("ulimit -f 100\n{}", large(&case.bed, &case.repo.url(), &two, 2));
        let (what, _) = case.bed.run(&text).failure();
        assert!(what.starts_with(&format!("the files of commit {two} can't be unpacked in `")), "{what}");
        assert_eq!(case.bed.listed(), [(name(3), Some(State::Ready))]);
        case.prune(&[&name(3)]).0.ok();
        case.renew(&two);
    }
}

/// A spare is the first to go where room is short.
#[test]
fn room_is_made_by_a_spare() {
    for mut case in Case::of_each_kind() {
        case.repo.write("a", "");
        let one = case.repo.commit("one");
        let script = "\
            option=$2; shift 2; kib=9000; [ ! -e ~/app/releases/.garment-spare ] || kib=1000\n\
            [ $option = -k ] || kib=9000\n\
            echo Filesystem 1024-blocks Used Available Capacity Mounted on\n\
            for _ in \"$@\"; do echo \"/dev/sda1 9000000 1 $kib 99% /\"; done";
        case.leave_a_spare(&one, |_| ());
        assert_eq!(case.spare().exists(), case.files(1) == 1);
        fake(&mut case.bed, "df", script);
        let ran = case.bed.run(&large(&case.bed, &case.repo.url(), &one, 2)).ok();
        assert_eq!(ran.stderr, "");
        assert!(!case.spare().exists());
    }
}

/// Whole seconds are not enough to know that nobody touched a file, nor is a file system that may keep no ctimes.
#[test]
fn file_systems_that_tell_too_little() {
    for mut case in Case::all().filter(|case| case.bed.shell == Shell::Dash) {
        case.repo.write("a", "");
        let one = case.repo.commit("one");
        let path = case.bed.path.clone();
        for (tool, script) in [
            ("stat", "echo nfs"),
            (
                "find",
                "PATH=${PATH#*:}; case \"$*\" in *%C@*) find \"$@\" | sed 's/[.][0-9]* /.0000000000 /g' ;; *) exec find \"$@\" ;; esac",
            ),
        ] {
            case.leave_a_spare(&one, |_| ());
            assert!(case.spare().exists());
            fake(&mut case.bed, tool, script);
            case.leave_a_spare(&one, |_| ());
            assert!(!case.spare().exists(), "{tool}");
            case.bed.path.clone_from(&path);
        }
    }
}

#[test]
fn a_file_system_in_memory() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        repo.write("a", &"a".repeat(100_000));
        repo.write("b", "");
        let one = repo.commit("one");
        let disk = Disk::mount(&bed, "size=60m");
        disk.run(&bed, &large(&bed, &repo.url(), &one, 1)).ok();
        let prune = prune_text(&bed, &[&name(1)]);
        disk.run(&bed, &prune).ok();
        let spare = disk.app(&bed, "releases/.garment-spare");
        assert_eq!(spare.exists(), bed.shell != Shell::Ash);
        let had = if spare.exists() { inodes(&spare.join("tree")).len() } else { 2 };
        assert_eq!(had, 2);
        disk.run(&bed, &large(&bed, &repo.url(), &one, 2)).ok();
        assert_eq!(
            fs::read_to_string(disk.app(&bed, "releases").join(name(2)).join("a")).unwrap(),
            "a".repeat(100_000)
        );
    }
}
