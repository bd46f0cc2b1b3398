use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};

use garment_core::model::{Occupant, State};
use garment_core::remote::{Moved, mark};

use crate::bed::{Bed, name, release, tree};

/// A host with complete releases, made without git.
pub(crate) fn with_releases(bed: &Bed, names: &[u32]) {
    for n in names {
        let dir = bed.app("releases").join(name(*n));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("REVISION"), "4634f44a".repeat(5)).unwrap();
        fs::create_dir_all(bed.app(".garment/releases")).unwrap();
        let state = format!("state=ready\ncommit={}\nby=evan@pungi\n", "4634f44a".repeat(5));
        fs::write(bed.app(".garment/releases").join(name(*n)), state).unwrap();
    }
}

#[test]
fn there_and_back() {
    for bed in Bed::all() {
        with_releases(&bed, &[1, 2]);
        assert_eq!(bed.moved(&name(1)), Moved { from: None, to: name(1) });
        assert_eq!(fs::read_link(bed.app("current")).unwrap(), bed.app("releases").join(name(1)),);
        assert_eq!(bed.moved(&name(2)), Moved { from: Some(name(1)), to: name(2) });
        assert_eq!(bed.listed(), [(name(1), Some(State::Replaced)), (name(2), Some(State::Live))]);
        bed.cutover(&name(1), State::RolledBack).ok();
        assert_eq!(bed.listed(), [(name(1), Some(State::Live)), (name(2), Some(State::RolledBack))]);
        // Once more changes nothing.
        let before = fs::symlink_metadata(bed.app("current")).unwrap().modified().unwrap();
        assert_eq!(bed.moved(&name(1)), Moved { from: Some(name(1)), to: name(1) });
        assert_eq!(fs::symlink_metadata(bed.app("current")).unwrap().modified().unwrap(), before);
        assert_eq!(bed.listed(), [(name(1), Some(State::Live)), (name(2), Some(State::RolledBack))]);
        let state = fs::read_to_string(bed.app(".garment/releases").join(name(1))).unwrap();
        let since = state.lines().find_map(|line| line.strip_prefix("live_since=")).unwrap();
        assert!(since.parse::<u64>().unwrap() > 1_700_000_000, "{state}");
        assert!(state.contains("\nby=evan@pungi\n"), "{state}");
        // The old release is as it was: nothing was moved into it.
        for n in [1, 2] {
            assert_eq!(tree(&bed.app("releases").join(name(n))).len(), 1);
        }
    }
}

#[test]
fn from_wherever_current_leads() {
    for bed in Bed::all() {
        with_releases(&bed, &[1]);
        fs::create_dir(bed.home().join("old")).unwrap();
        for target in ["../old", "nowhere", "releases", "odd\n"] {
            symlink(target, bed.app("current")).unwrap();
            assert_eq!(bed.moved(&name(1)), Moved { from: Some(target.into()), to: name(1) });
            assert_eq!(bed.survey().current, Occupant::Release(release(&name(1))));
            fs::remove_file(bed.app("current")).unwrap();
        }
        assert_eq!(fs::read_dir(bed.home().join("old")).unwrap().count(), 0);
    }
}

#[test]
fn a_real_directory_or_file_is_left_alone() {
    for bed in Bed::all() {
        with_releases(&bed, &[1]);
        let current = bed.app("current");
        fs::create_dir(&current).unwrap();
        fs::write(current.join("precious"), "").unwrap();
        let c = current.display();
        assert_eq!(
            bed.cutover(&name(1), State::Replaced).failure(),
            (
                format!("`{c}` is a real directory, not a symlink"),
                format!("move it away: mv '{c}' '{c}.before-garment'")
            )
        );
        assert_eq!(tree(&current).len(), 1);
        fs::remove_dir_all(&current).unwrap();
        fs::write(&current, "precious").unwrap();
        assert_eq!(
            bed.cutover(&name(1), State::Replaced).failure().0,
            format!("`{c}` is a real file, not a symlink")
        );
        assert_eq!(fs::read_to_string(&current).unwrap(), "precious");
        assert_eq!(bed.listed(), [(name(1), Some(State::Ready))]);
    }
}

/// Asked once more, by a resume, it says since when it really is live.
#[test]
fn what_is_live_stays_live_since_then() {
    for bed in Bed::all() {
        with_releases(&bed, &[1, 2]);
        bed.moved(&name(1));
        let file = bed.app(".garment/releases").join(name(1));
        let known = |state: &str| {
            fs::write(&file, format!("state={state}\nlive_since=7\n")).unwrap();
            assert_eq!(bed.moved(&name(1)).from, Some(name(1)));
            let facts = bed.survey().releases[&release(&name(1))].clone();
            (facts.state, facts.live_since.is_some_and(|since| since > 7))
        };
        assert_eq!(known("live"), (Some(State::Live), false), "{:?}", bed.shell);
        // One that was cut off before it could write down what it had done.
        assert_eq!(known("ready"), (Some(State::Live), true), "{:?}", bed.shell);
        // One that was live before, and is current again.
        bed.moved(&name(2));
        fs::write(&file, "state=live\nlive_since=7\n").unwrap();
        bed.moved(&name(1));
        let since = bed.survey().releases[&release(&name(1))].live_since;
        assert!(since.is_some_and(|since| since > 7), "{:?}", bed.shell);
    }
}

#[test]
fn only_to_what_is_complete() {
    for bed in Bed::all() {
        with_releases(&bed, &[1, 2]);
        let r = bed.app("releases").display().to_string();
        assert_eq!(
            bed.cutover(&name(3), State::Replaced).failure(),
            (
                format!("the release `{}` is not in `{r}`", name(3)),
                "choose one that `garment list` shows, or deploy again".into()
            )
        );
        let incomplete = format!("the release `{}` is not complete", name(1));
        fs::write(bed.app(".garment/releases").join(name(1)), "state=building\n").unwrap();
        assert_eq!(bed.cutover(&name(1), State::Replaced).failure().0, incomplete);
        let state = format!("state=ready\ncommit={}\n", "4634f44a".repeat(5));
        fs::write(bed.app(".garment/releases").join(name(1)), state).unwrap();
        fs::remove_file(bed.app("releases").join(name(1)).join("REVISION")).unwrap();
        assert_eq!(bed.cutover(&name(1), State::Replaced).failure().0, incomplete);
        assert!(fs::symlink_metadata(bed.app("current")).is_err());
        // One that an older install left behind has no state, and gets one.
        let old = "20131228T202753-4634f44-evan@pungi.local";
        fs::create_dir_all(bed.app("releases").join(old)).unwrap();
        bed.moved(old);
        bed.moved(&name(2));
        bed.moved(old);
        assert_eq!(
            bed.listed(),
            [
                (name(1), Some(State::Ready)),
                (name(2), Some(State::Replaced)),
                (old.to_owned(), Some(State::Live))
            ]
        );
    }
}

#[test]
fn leftovers_go_and_a_state_that_cannot_be_written_does_not_undo_it() {
    for bed in Bed::all() {
        with_releases(&bed, &[1]);
        symlink("x", bed.app(".current.garment-new.1")).unwrap();
        fs::create_dir(bed.app(".garment/releases").join(format!(".{}.new", name(1)))).unwrap();
        let ran = bed.cutover(&name(1), State::Replaced).ok();
        let dir = bed.app(".garment/releases").display().to_string();
        assert!(
            ran.stderr
                .ends_with(&format!("{} is current, but its state can't be written in {dir}\n", name(1))),
            "{}",
            ran.stderr
        );
        assert_eq!(bed.survey().current, Occupant::Release(release(&name(1))));
        let hidden = tree(&bed.app("")).into_keys().filter(|n| n.starts_with(".current")).count();
        assert_eq!(hidden, 0);
    }
}

#[test]
fn what_can_t_be_recorded_is_not_done() {
    for bed in Bed::all() {
        with_releases(&bed, &[1, 2]);
        bed.moved(&name(1));
        fs::remove_dir_all(bed.app(".garment/releases")).unwrap();
        fs::write(bed.app(".garment/releases"), "in the way").unwrap();
        let (what, _) = bed.cutover(&name(2), State::Replaced).failure();
        let dir = bed.app(".garment/releases").display().to_string();
        assert!(what.starts_with(&format!("can't write to `{dir}`: ")), "{what}");
        assert_eq!(bed.survey().current, Occupant::Release(release(&name(1))));
    }
}

#[test]
fn a_folder_that_cannot_be_written() {
    for mut bed in Bed::all() {
        with_releases(&bed, &[1]);
        let user = bed.survey().user;
        bed.paths.current_symlink = "/proc/garment-current".into();
        let (what, remedy) = bed.cutover(&name(1), State::Replaced).failure();
        assert_eq!(what, "can't make a symlink in `/proc`: No such file or directory", "{:?}", bed.shell);
        assert_eq!(remedy, format!("let {user} write to it, and see whether the disk is full"));
        assert_eq!(bed.listed(), [(name(1), Some(State::Ready))]);
    }
}

/// Whoever reads `current` meanwhile sees the one or the other, at every moment.
#[test]
fn readers_see_the_old_or_the_new() {
    for bed in Bed::all() {
        with_releases(&bed, &[1, 2]);
        let (one, two) = (bed.app("releases").join(name(1)), bed.app("releases").join(name(2)));
        bed.moved(&name(1));
        let current = bed.app("current");
        let over = AtomicBool::new(false);
        let reads = std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut seen = [0_u64; 2];
                while !over.load(Ordering::Relaxed) {
                    let to = fs::read_link(&current).unwrap();
                    assert!(to == one || to == two, "{}", to.display());
                    assert!(current.join("REVISION").exists());
                    seen[usize::from(to == two)] += 1;
                }
                seen
            });
            for n in 0..10 {
                bed.moved(&name(2 - n % 2));
            }
            over.store(true, Ordering::Relaxed);
            reader.join().unwrap()
        });
        assert!(reads[0] > 0 && reads[1] > 0, "{reads:?}");
    }
}

#[test]
fn a_state_is_marked_where_there_is_one() {
    for bed in Bed::all() {
        with_releases(&bed, &[1]);
        fs::create_dir_all(bed.app("releases").join(name(2))).unwrap();
        for n in [1, 2, 3] {
            let ran = bed.run(&mark(&bed.paths, &release(&name(n)), State::Failed)).ok();
            assert_eq!(ran.stderr, "");
        }
        assert_eq!(bed.listed(), [(name(1), Some(State::Failed)), (name(2), None)]);
        assert_eq!(fs::read_dir(bed.app(".garment/releases")).unwrap().count(), 1);
    }
}

/// Tools differ in how a link is replaced and not followed; where none can, nothing is moved and that is told.
#[test]
fn every_kind_of_mv() {
    use std::os::unix::fs::PermissionsExt;
    for shell in crate::bed::Shell::ALL {
        // One that knows -h (BSD), one that knows neither, and the same with nothing else to help.
        for kind in ["bsd", "plain", "alone"] {
            let mut bed = Bed::new(shell);
            with_releases(&bed, &[1, 2]);
            bed.moved(&name(1));
            let bin = bed.dir.path().join("bin");
            fs::create_dir(&bin).unwrap();
            let write = |tool: &str, text: &str| {
                fs::write(bin.join(tool), format!("#!/bin/sh\n{text}\n")).unwrap();
                fs::set_permissions(bin.join(tool), PermissionsExt::from_mode(0o755)).unwrap();
            };
            let real = crate::bed::find("mv").display().to_string();
            let h = if kind == "bsd" {
                format!("case $2 in -h) shift 2; exec {real} -f -T \"$@\" ;; esac")
            } else {
                "case $2 in -h) exit 64 ;; esac".to_owned()
            };
            let usage =
                "echo \"mv: illegal option -- T\" >&2; echo 'usage: mv [-f] source target' >&2; exit 64";
            write("mv", &format!("case $2 in -T) {usage} ;; esac\n{h}\nexec {real} \"$@\""));
            if kind == "alone" {
                write("perl", "exit 127");
                write("python3", "exit 127");
            } else if kind == "plain" {
                std::os::unix::fs::symlink(crate::bed::find("perl"), bin.join("perl")).unwrap();
            }
            bed.path = format!("{}:{}", bin.display(), bed.path);
            let ran = bed.cutover(&name(2), State::Replaced);
            if kind == "alone" {
                let app = bed.home().join("app").display().to_string();
                assert_eq!(
                    ran.failure(),
                    (
                        format!("can't make `{app}/current` lead to the release: illegal option -- T"),
                        format!("let {} write to `{app}`; `current` is as it was", bed.survey().user)
                    )
                );
            } else {
                ran.ok();
            }
            let now = if kind == "alone" { 1 } else { 2 };
            assert_eq!(bed.survey().current, Occupant::Release(release(&name(now))), "{shell:?} {kind}");
            assert_eq!(tree(&bed.app("releases")).len(), 4);
            assert_eq!(tree(&bed.home().join("app")).keys().filter(|n| n.starts_with(".current")).count(), 0);
        }
    }
}

#[test]
fn back_where_it_led_before() {
    for bed in Bed::all() {
        with_releases(&bed, &[1, 2]);
        let links =
            |bed: &Bed| fs::read_link(bed.app("current")).map(|to| to.to_str().unwrap().to_owned()).ok();
        // Nothing was there.
        bed.moved(&name(1));
        assert_eq!(bed.reverted(&name(1), State::Failed), None);
        assert_eq!(links(&bed), None);
        assert_eq!(bed.listed(), [(name(1), Some(State::Failed)), (name(2), Some(State::Ready))]);
        // Another release was, by whatever path.
        symlink(format!("./releases/../releases/{}", name(1)), bed.app("current")).unwrap();
        bed.moved(&name(2));
        assert_eq!(bed.reverted(&name(2), State::Failed), Some(name(1)));
        assert_eq!(links(&bed), Some(format!("./releases/../releases/{}", name(1))));
        assert_eq!(bed.listed(), [(name(1), Some(State::Live)), (name(2), Some(State::Failed))]);
        // Something else was, with a name that no shell should see.
        fs::remove_file(bed.app("current")).unwrap();
        symlink("-n $(touch x)'\n", bed.app("current")).unwrap();
        bed.moved(&name(2));
        assert_eq!(bed.reverted(&name(2), State::Failed), Some("-n $(touch x)'\n".into()));
        assert_eq!(links(&bed), Some("-n $(touch x)'\n".into()));
        // Once more, and it stays.
        assert_eq!(bed.reverted(&name(2), State::Failed), Some("-n $(touch x)'\n".into()));
        assert_eq!(links(&bed), Some("-n $(touch x)'\n".into()));
        assert_eq!(
            fs::read_dir(bed.app("")).unwrap().filter(|e| e.as_ref().unwrap().file_name() == "x").count(),
            0
        );
    }
}

#[test]
fn a_rehearsal_leaves_nothing_and_finds_what_a_cutover_would() {
    for bed in Bed::all() {
        with_releases(&bed, &[1]);
        let before = tree(&bed.app(""));
        bed.rehearse(&name(1)).ok();
        assert_eq!(tree(&bed.app("")), before);
        fs::create_dir(bed.app("current")).unwrap();
        assert!(bed.rehearse(&name(1)).failure().0.ends_with("is a real directory, not a symlink"));
        fs::remove_dir(bed.app("current")).unwrap();
        assert!(bed.rehearse(&name(9)).failure().0.starts_with("the release"));
    }
}
