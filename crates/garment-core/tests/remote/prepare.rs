use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use garment_core::model::{Occupant, State};
use garment_core::remote::parse_prepare;

use crate::bed::{Bed, Shell, find, name, release, tree};

#[test]
fn a_release_from_nothing_then_the_next() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        repo.write("a.txt", "one");
        let one = repo.commit("one");
        let dir = bed.prepared(&repo.url(), &one, &name(1));
        assert_eq!(dir, bed.app("releases").join(name(1)));
        assert_eq!(
            tree(&dir).into_iter().collect::<Vec<_>>(),
            [("REVISION".to_owned(), format!("{one}\n")), ("a.txt".to_owned(), "one".to_owned())]
        );
        assert_eq!(bed.listed(), [(name(1), Some(State::Ready))]);
        assert_eq!(bed.moved(&name(1)).from, None);

        repo.write("a.txt", "two");
        let two = repo.commit("two");
        let dir = bed.prepared(&repo.url(), &two, &name(2));
        assert_eq!(fs::read_to_string(dir.join("a.txt")).unwrap(), "two");
        assert_eq!(bed.moved(&name(2)).from, Some(name(1)));
        assert_eq!(bed.listed(), [(name(1), Some(State::Replaced)), (name(2), Some(State::Live))]);
        let facts = bed.survey();
        assert_eq!(facts.current, Occupant::Release(release(&name(2))));
        let release = &facts.releases[&release(&name(2))];
        assert_eq!((release.commit.as_deref(), release.by.as_deref()), (Some(&*two), Some("evan@pungi")));
        // Nothing is left lying about.
        let mut names: Vec<_> =
            tree(&bed.app("")).into_keys().filter(|n| !n.starts_with("source/")).collect();
        names.retain(|n| !n.contains("/2013"));
        let from = format!(".garment/releases/.{}.from", name(2));
        assert_eq!(names, [".garment", ".garment/releases", &from, "current", "releases", "source"]);
    }
}

#[test]
fn what_is_in_the_way_is_named_before_anything_is_made() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        let current = bed.app("current").display().to_string();
        fs::create_dir_all(&current).unwrap();
        let told = bed.prepare(&repo.url(), &commit, &name(1)).failure();
        assert_eq!(
            told,
            (
                format!("`{current}` is a real directory, not a symlink"),
                format!("move it away: mv '{current}' '{current}.before-garment'")
            )
        );
        fs::remove_dir(&current).unwrap();
        fs::write(&current, "").unwrap();
        let told = bed.prepare(&repo.url(), &commit, &name(1)).failure();
        assert_eq!(told.0, format!("`{current}` is a real file, not a symlink"));
        fs::remove_file(&current).unwrap();
        assert_eq!(fs::read_dir(bed.app("")).unwrap().count(), 0);
        // A link to nowhere is none of that.
        symlink("nowhere", &current).unwrap();
        bed.prepared(&repo.url(), &commit, &name(1));
    }
}

#[test]
fn a_release_that_is_there_stays() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        let dir = bed.prepared(&repo.url(), &commit, &name(1));
        fs::write(dir.join("mark"), "").unwrap();
        assert_eq!(
            bed.prepare(&repo.url(), &commit, &name(1)).failure(),
            (
                format!("the release `{}` is there already, at `{}`", name(1), dir.display()),
                "deploy again: a new release gets a new name".into()
            )
        );
        assert!(dir.join("mark").exists());
        assert_eq!(bed.listed(), [(name(1), Some(State::Ready))]);
    }
}

#[test]
fn folders_that_cannot_be_made() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        let user = bed.survey().user;
        let original = bed.paths.clone();
        // Not even root makes a folder in /proc.
        for (setting, shown) in
            [("deploy_dir", ""), ("releases_dir", ""), ("source_dir", ""), ("current_symlink", "")]
        {
            bed.paths = original.clone();
            let path = match setting {
                "deploy_dir" => &mut bed.paths.deploy_dir,
                "releases_dir" => &mut bed.paths.releases_dir,
                "source_dir" => &mut bed.paths.source_dir,
                _ => &mut bed.paths.current_symlink,
            };
            *path = "/proc/garment/x".into();
            let made = if matches!(setting, "deploy_dir" | "releases_dir") {
                "/proc/garment/x"
            } else {
                "/proc/garment"
            };
            let told = bed.prepare(&repo.url(), &commit, &name(1)).failure();
            assert_eq!(
                told,
                (
                    format!("can't make the folder `{made}`: No such file or directory{shown}"),
                    format!("let {user} write to `/proc`, or set `{setting}` to another place")
                ),
                "{:?}",
                bed.shell
            );
        }
        bed.paths = original;
        fs::remove_dir_all(bed.app("")).unwrap();
        fs::write(bed.app(""), "").unwrap_or_else(|_| fs::write(bed.home().join("app"), "").unwrap());
        let app = bed.home().join("app").display().to_string();
        assert_eq!(
            bed.prepare(&repo.url(), &commit, &name(1)).failure(),
            (
                format!("`{app}` is not a folder, so `{app}` can't be made"),
                "move it away, or set `deploy_dir` to another place".into()
            )
        );
    }
}

#[test]
fn a_host_without_git_or_tar() {
    for shell in Shell::ALL {
        let mut bed = Bed::new(shell);
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        let bin = bed.dir.path().join("bin");
        fs::create_dir(&bin).unwrap();
        for tool in
            ["id", "mkdir", "ln", "mv", "rm", "readlink", "date", "sed", "tr", "expr", "df", "ls", "rmdir"]
        {
            symlink(find(tool), bin.join(tool)).unwrap();
        }
        bed.path = bin.display().to_string();
        let facts = bed.survey();
        assert!(!facts.has_git);
        let ran = bed.prepare(&repo.url(), &commit, &name(1));
        assert_eq!(ran.code, Some(1));
        let told: Vec<_> = ran.problems().into_iter().map(|p| (p.what, p.remedy)).collect();
        let missing = |tool: &str| {
            (
                format!("`{tool}` is not on the PATH of {}", facts.user),
                format!("install it on this host, for instance with `apt-get install {tool}`"),
            )
        };
        assert_eq!(told, [missing("git"), missing("tar")]);
        let ran = bed.check(&repo.url());
        assert_eq!(ran.code, Some(0));
        assert_eq!(ran.problems().len(), 2, "{ran:?}");
        assert!(!bed.app("").exists());
    }
}

/// tar and git that fail, or die, at their end of the pipe: nothing that can be listed, and the state says so.
#[test]
fn both_ends_of_the_pipe_are_checked() {
    use std::os::unix::fs::PermissionsExt;
    for shell in Shell::ALL {
        for (tool, script) in [
            ("tar", "cat >/dev/null; echo 'tar: a.txt: No space left on device' >&2; exit 2"),
            ("tar", "\"$REAL/tar\" \"$@\"; kill -9 $$"),
            ("git", "\"$REAL/git\" \"$@\" || exit; case $* in *' archive '*) exit 128 ;; esac"),
            ("git", "\"$REAL/git\" \"$@\" || exit; case $* in *' archive '*) kill -9 $$ ;; esac"),
        ] {
            let mut bed = Bed::new(shell);
            let repo = bed.repo("origin");
            repo.write("a.txt", "a");
            let commit = repo.commit("one");
            let bin = bed.dir.path().join("bin");
            fs::create_dir(&bin).unwrap();
            let real = match shell {
                Shell::Ash => bed.path.clone(),
                _ => find(tool).parent().unwrap().display().to_string(),
            };
            let fake = bin.join(tool);
            fs::write(&fake, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&fake, PermissionsExt::from_mode(0o755)).unwrap();
            bed.path = format!("{}:{}", bin.display(), bed.path);
            bed.env.push(("REAL".into(), real));
            let (what, remedy) = bed.prepare(&repo.url(), &commit, &name(1)).failure();
            let building = bed.app("releases").join(format!(".{}.building", name(1))).display().to_string();
            let start = format!("the files of commit {commit} can't be unpacked in `{building}`: ");
            assert!(what.starts_with(&start), "{what}");
            if script.contains("No space") {
                assert_eq!(what, format!("{start}tar: a.txt: No space left on device"));
            }
            let is_full = script.contains("No space");
            let releases = bed.app("releases").display().to_string();
            let want = if is_full {
                format!("make room, then deploy again: df -h '{releases}'; df -i '{releases}'")
            } else {
                format!("see whether the disk is full: df -h '{building}'; df -i '{building}'")
            };
            assert_eq!(remedy, want);
            assert_eq!(bed.listed(), []);
            let state = fs::read_to_string(bed.app(".garment/releases").join(name(1))).unwrap();
            assert!(state.starts_with("state=failed\n"), "{state}");
            // It is left to look at unless it fills the disk, does not stop the next one, and that one's prune takes it
            // away.
            assert_eq!(Path::new(&building).is_dir(), !is_full);
            bed.path = bed.path.split_once(':').unwrap().1.to_owned();
            bed.prepared(&repo.url(), &commit, &name(2));
            bed.moved(&name(2));
            bed.prune(&[], &name(2)).0.ok();
            assert!(!Path::new(&building).exists());
            assert!(!bed.app(".garment/releases").join(name(1)).exists());
        }
    }
}

/// Killed at whatever moment, a release is there complete or not at all; and the same name can be built again.
#[test]
fn an_interrupted_one_is_never_listed() {
    use std::os::unix::process::CommandExt;
    for shell in Shell::ALL {
        let bed = Bed::new(shell);
        let repo = bed.repo("origin");
        for n in 0..50 {
            repo.write(&format!("{n}.txt"), &"x".repeat(10_000));
        }
        let commit = repo.commit("one");
        let began = std::time::Instant::now();
        let whole = bed.prepared(&repo.url(), &commit, &name(59));
        let took = began.elapsed();
        let want = tree(&whole);
        for n in 0..12 {
            let mut command = bed.command(&bed.prepare_text(&repo.url(), &commit, &name(n)));
            let mut child =
                command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // Not to wait for something: the moment itself is what is tried.
            std::thread::sleep(took * n / 12);
            let group = rustix::process::Pid::from_child(&child);
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            child.wait().unwrap();
            for (listed, _) in bed.listed() {
                assert_eq!(tree(&bed.app("releases").join(&listed)), want, "{listed}");
            }
            // A killed git leaves its lock behind where it wrote; that is told with what to do, and doing it helps.
            let mut ran = bed.prepare(&repo.url(), &commit, &name(n));
            while ran.code != Some(0) {
                let (what, remedy) = ran.failure();
                if what.contains("is there already") {
                    break;
                }
                let start = "when no other git runs there, remove the lock that a killed one left behind: ";
                let command = remedy.strip_prefix(start).unwrap_or_else(|| panic!("{what}\n{remedy}"));
                assert_eq!(bed.run(command).code, Some(0));
                ran = bed.prepare(&repo.url(), &commit, &name(n));
            }
        }
    }
}

/// A real tar that really can't write on: a limit on the size of files is what a full disk is to it.
#[test]
fn a_disk_that_fills_up() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        let one = repo.commit("one");
        bed.prepared(&repo.url(), &one, &name(1));
        for n in 0..20 {
            repo.write(&format!("{n}"), &"y".repeat(n * 50_000));
        }
        let two = repo.commit("two");
        let text = format!("ulimit -f 100\n{}", bed.prepare_text(&repo.url(), &two, &name(2)));
        let (what, _) = bed.run(&text).failure();
        assert!(what.starts_with(&format!("the files of commit {two} can't be unpacked in `")), "{what}");
        assert_eq!(bed.listed(), [(name(1), Some(State::Ready))]);
        bed.prepared(&repo.url(), &two, &name(2));
    }
}

/// What comes from people and files is text, wherever it goes.
#[test]
fn nothing_is_executed() {
    for mut bed in Bed::all() {
        for (n, evil) in [
            "$(touch x)",
            "`touch x`",
            "'; touch x; '",
            "\"; touch x; \"",
            "a\ntouch x\n",
            "-x",
            "--upload-pack=touch x",
        ]
        .iter()
        .enumerate()
        {
            let repo = bed.repo(&format!("origin {evil}"));
            repo.write("a", "a");
            let commit = repo.commit("one");
            bed.paths.deploy_dir = format!("d{n}/{evil}");
            bed.paths.source_dir = format!("d{n}/{evil}/{evil}/s");
            bed.paths.releases_dir = format!("d{n}/{evil}/r {evil}");
            bed.paths.current_symlink = format!("d{n}/{evil}/c{evil}");
            let url = repo.dir.display().to_string();
            let text = garment_core::remote::prepare(&garment_core::remote::Prepare {
                paths: &bed.paths,
                repo_url: &url,
                commit: &garment_core::model::CommitId::parse(&commit).unwrap(),
                release: &release(&name(1)),
                by: evil,
                git_ref: evil,
                token: None,
                resuming: false,
                delivery: garment_core::model::Delivery::Pull,
                head: "",
            });
            let ran = bed.run(&text).ok();
            let dir = parse_prepare(&ran.stdout).unwrap();
            assert_eq!(fs::read_to_string(format!("{dir}/a")).unwrap(), "a");
            bed.moved(&name(1));
            assert_eq!(bed.check(&url).ok().stderr, "");
            bed.prepared(&url, &commit, &name(2));
            assert_eq!(bed.moved(&name(2)).from, Some(name(1)));
            let facts = bed.survey();
            assert_eq!(facts.current, Occupant::Release(release(&name(2))));
            let by = evil.replace('\n', " ");
            assert_eq!(facts.releases[&release(&name(1))].by.as_deref(), Some(&*by));
            assert_eq!(bed.prune(&[&name(1)], &name(2)).1, [name(1)]);
            // As a url it fails, and is no more than a url.
            let (what, _) = bed.prepare(evil, &commit, &name(3)).failure();
            assert!(what.contains("repository url") || what.contains("is a copy of"), "{what}");
            let ran = bed.check(evil);
            assert!(!ran.problems().is_empty(), "{ran:?}");
        }
        let made =
            |name: &str| tree(bed.dir.path()).into_keys().filter(|p| p.ends_with(name)).collect::<Vec<_>>();
        assert_eq!(made("/x"), Vec::<String>::new());
    }
}

/// What an attempt before this one made is not made again, and nothing is fetched for it.
#[test]
fn a_release_that_an_earlier_attempt_made() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        repo.write("a", "a");
        let commit = repo.commit("one");
        let resuming = |commit: &str| {
            let text = bed.prepare_text(&repo.url(), commit, &name(1));
            assert!(text.contains("\nresuming='no'\n"));
            bed.run(&text.replacen("resuming='no'", "resuming='yes'", 1))
        };
        // The first attempt was over before it began.
        resuming(&commit).ok();
        let dir = bed.app("releases").join(name(1));
        fs::write(dir.join("built"), "by a task").unwrap();
        fs::rename(&repo.dir, bed.dir.path().join("away")).unwrap();
        let state = |text: &str| {
            fs::write(bed.app(".garment/releases").join(name(1)), format!("{text}commit={commit}\n"))
                .unwrap();
        };
        for (was, is) in [
            ("state=building\n", State::Ready),
            ("state=ready\n", State::Ready),
            ("state=failed\n", State::Ready),
            ("state=replaced\n", State::Replaced),
            ("state=live\n", State::Live),
        ] {
            state(was);
            let ran = resuming(&commit).ok();
            assert_eq!(parse_prepare(&ran.stdout).unwrap(), dir.display().to_string());
            assert_eq!(bed.listed(), [(name(1), Some(is))], "{was} {:?}", bed.shell);
            assert!(dir.join("built").exists());
        }
        // Live, whatever its state says.
        symlink(&dir, bed.app("current")).unwrap();
        state("state=failed\n");
        resuming(&commit).ok();
        assert_eq!(bed.listed(), [(name(1), Some(State::Failed))]);
        // Another commit's, or somebody else's.
        let there = "is there already";
        assert!(resuming(&commit.replace(|c: char| c.is_ascii_digit(), "0")).failure().0.contains(there));
        fs::write(dir.join("REVISION"), "else\n").unwrap();
        assert!(resuming(&commit).failure().0.contains(there));
        fs::write(dir.join("REVISION"), format!("{commit}\n")).unwrap();
        fs::remove_file(bed.app(".garment/releases").join(name(1))).unwrap();
        assert!(resuming(&commit).failure().0.contains(there));
    }
}
