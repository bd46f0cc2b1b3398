//! A switch that lasts only if it is confirmed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use garment_core::model::{Occupant, State};
use garment_core::remote::{
    Confirmation, Cutover, confirm, cutover, parse_confirm, parse_cutover, parse_settle, parse_standing,
    rehearse, settle, standing,
};

use crate::bed::{Bed, Ran, Shell, find, name, release, tree, until};
use crate::cutover::with_releases;

/// Every shell, as the host's `sh` as well, with releases 1, which is current, and 2.
fn all() -> impl Iterator<Item = Bed> {
    Bed::all().map(|mut bed| {
        let bin = bed.dir.path().join("bin");
        fs::create_dir(&bin).unwrap();
        if bed.shell != Shell::Ash {
            symlink(&bed.shell.words()[0], bin.join("sh")).unwrap();
        }
        bed.path = format!("{}:{}", bin.display(), bed.path);
        with_releases(&bed, &[1, 2]);
        bed.moved(&name(1));
        bed
    })
}

fn within(seconds: u64) -> Confirmation {
    Confirmation { within: Duration::from_secs(seconds), back_as: State::Failed }
}

fn text(bed: &Bed, n: u32, seconds: u64) -> String {
    let confirmation = Some(within(seconds));
    cutover(&Cutover {
        token: None,
        paths: &bed.paths,
        release: &release(&name(n)),
        left_as: State::Replaced,
        confirmation,
    })
}

/// Switches to release `n`.
#[track_caller]
fn switched(bed: &Bed, n: u32, seconds: u64) {
    let ran = bed.run(&text(bed, n, seconds)).ok();
    assert_eq!(parse_cutover(&ran.stdout).unwrap().to, name(n));
    assert_eq!(ran.stderr, "");
}

fn confirmed(bed: &Bed, n: u32) -> Ran {
    bed.run(&confirm(&bed.paths, &release(&name(n)), within(3)))
}

#[track_caller]
fn settled(bed: &Bed) -> Option<String> {
    let ran = bed.run(&settle(&bed.paths)).ok();
    assert_eq!(ran.stderr, "");
    parse_settle(&ran.stdout).unwrap()
}

/// The release that `current` leads to.
fn at(bed: &Bed) -> String {
    match bed.survey().current {
        Occupant::Release(name) => name.to_string(),
        other => format!("{other:?}"),
    }
}

/// What waits or is on its way back.
fn records(bed: &Bed) -> Vec<PathBuf> {
    let Ok(dir) = fs::read_dir(bed.app(".garment/unconfirmed")) else { return Vec::new() };
    dir.map(|entry| entry.unwrap().path()).collect()
}

/// The processes that wait for confirmations on this host.
fn guards(bed: &Bed) -> Vec<PathBuf> {
    let home = bed.home().display().to_string();
    let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let is_guard = |process: &PathBuf| {
        let words = fs::read(process.join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&words).into_owned();
        line.contains("\0garment-guard\0") && line.contains(&home)
    };
    processes.filter(is_guard).collect()
}

fn signal(process: &Path, signal: &str) {
    let pid = process.file_name().unwrap();
    assert!(Command::new(find("kill")).arg(signal).arg(pid).status().unwrap().success());
}

/// All is over, and the releases are in these states.
#[track_caller]
fn and_that_is_all(bed: &Bed, states: [State; 2]) {
    until("nothing waits any more", || guards(bed).is_empty());
    assert!(records(bed).is_empty(), "{:?}: {:?}", bed.shell, records(bed));
    assert_eq!(bed.survey().unconfirmed, None);
    let [one, two] = states.map(Some);
    assert_eq!(bed.listed(), [(name(1), one), (name(2), two)], "{:?}", bed.shell);
    let left = tree(&bed.app(""));
    assert!(!left.keys().any(|path| path.contains("garment-new")), "{left:#?}");
}

const STAYED: [State; 2] = [State::Replaced, State::Live];
const WENT_BACK: [State; 2] = [State::Live, State::Failed];

#[test]
fn it_lasts_once_it_is_confirmed() {
    for bed in all() {
        switched(&bed, 2, 100);
        assert_eq!((at(&bed), records(&bed).len(), guards(&bed).len()), (name(2), 1, 1), "{:?}", bed.shell);
        assert_eq!(bed.survey().unconfirmed, Some(release(&name(2))));
        let ran = bed.run(&standing(&bed.paths)).ok();
        let waiting = parse_standing(&ran.stdout).unwrap().unconfirmed.unwrap();
        assert_eq!(waiting.release, release(&name(2)));
        assert!(waiting.until.unwrap() > 1_700_000_000);
        // Once more changes nothing.
        for _ in 0..2 {
            let ran = confirmed(&bed, 2).ok();
            parse_confirm(&ran.stdout).unwrap();
            assert_eq!((at(&bed), records(&bed).len()), (name(2), 0));
        }
        and_that_is_all(&bed, STAYED);
        // What is settled is not settled once more.
        assert_eq!(settled(&bed), None);
        assert_eq!(at(&bed), name(2));
    }
}

#[test]
fn it_goes_back_by_itself_otherwise() {
    for bed in all() {
        switched(&bed, 2, 1);
        until("it goes back", || at(&bed) == name(1));
        and_that_is_all(&bed, WENT_BACK);
        // Too late, and that is said, however often.
        for _ in 0..2 {
            assert_eq!(
                confirmed(&bed, 2).failure(),
                (
                    "it went back by itself: the confirmation did not come within 3s".into(),
                    "see what kept it or another host so long, or give `cutover_confirm` more time".into()
                )
            );
        }
        assert_eq!(at(&bed), name(1));
        // To nothing, where nothing was.
        fs::remove_file(bed.app("current")).unwrap();
        switched(&bed, 2, 1);
        until("it goes back", || bed.survey().current == Occupant::Absent);
        until("it is through", || records(&bed).is_empty());
        assert_eq!(settled(&bed), None);
    }
}

#[test]
fn a_revert_ends_the_waiting() {
    for bed in all() {
        switched(&bed, 2, 100);
        assert_eq!(bed.reverted(&name(2), State::Failed), Some(name(1)));
        and_that_is_all(&bed, WENT_BACK);
        assert!(confirmed(&bed, 2).failure().0.starts_with("it went back"));
        // What was confirmed can be reverted like any other.
        switched(&bed, 2, 100);
        confirmed(&bed, 2).ok();
        assert_eq!(bed.reverted(&name(2), State::Failed), Some(name(1)));
        and_that_is_all(&bed, WENT_BACK);
    }
}

/// The confirmation and whoever takes the switch back at the same moment: one of them has its way, and the answer says
/// which.
#[test]
fn one_of_both_wins() {
    for bed in all() {
        let mut won = [0; 2];
        for _ in 0..12 {
            switched(&bed, 2, 100);
            let (confirmed, undone) = std::thread::scope(|scope| {
                let undone = scope.spawn(|| settled(&bed));
                let confirmed = confirmed(&bed, 2);
                (confirmed.code == Some(0), undone.join().unwrap())
            });
            assert_eq!(undone, (!confirmed).then(|| name(2)), "{:?}", bed.shell);
            assert_eq!(at(&bed), name(if confirmed { 2 } else { 1 }), "{:?}", bed.shell);
            assert_eq!(records(&bed).len(), 0);
            won[usize::from(confirmed)] += 1;
            if confirmed {
                bed.reverted(&name(2), State::Failed);
            }
        }
        assert_eq!(won[0] + won[1], 12);
        and_that_is_all(&bed, WENT_BACK);
    }
}

#[test]
fn a_guard_that_is_asked_to_end_goes_back_first() {
    for bed in all() {
        switched(&bed, 2, 1000);
        let guard = guards(&bed).remove(0);
        for ignored in ["-HUP", "-INT"] {
            signal(&guard, ignored);
        }
        assert_eq!((at(&bed), guards(&bed).len()), (name(2), 1));
        signal(&guard, "-TERM");
        until("it goes back", || at(&bed) == name(1));
        and_that_is_all(&bed, WENT_BACK);
    }
}

/// Neither the lock nor the connection, nor the step's process group.
#[test]
fn the_guard_holds_nothing_of_the_session() {
    for bed in all() {
        let open: String = (3..10).fold(String::new(), |text, fd| format!("{text} {fd}</dev/zero"));
        bed.run(&format!("exec{open}\n{}", text(&bed, 2, 100))).ok();
        let guard = guards(&bed).remove(0);
        let fds = open_files(&guard);
        // Whoever runs the tests may leave files open for everybody.
        let tests = open_files(Path::new("/proc/self"));
        let held: Vec<_> = fds
            .iter()
            .filter(|(fd, to)| {
                to.as_path() != Path::new("/dev/null") && (**fd < 10 || tests.get(*fd) != Some(to))
            })
            .collect();
        assert!(held.is_empty() && fds.len() > 2, "{:?}: {fds:?}", bed.shell);
        assert_eq!(fs::read_link(guard.join("cwd")).unwrap(), Path::new("/"));
        let stat = fs::read_to_string(guard.join("stat")).unwrap();
        let (_, rest) = stat.rsplit_once(") ").unwrap();
        let session: Vec<&str> = rest.split(' ').skip(2).take(2).collect();
        let ours = own_session();
        assert!(!session.contains(&ours.as_str()), "{stat}");
        assert_eq!(settled(&bed), Some(name(2)));
        and_that_is_all(&bed, WENT_BACK);
    }
}

fn open_files(process: &Path) -> BTreeMap<u32, PathBuf> {
    let open = fs::read_dir(process.join("fd")).unwrap().flatten();
    let open =
        open.filter_map(|fd| Some((fd.file_name().to_str()?.parse().ok()?, fs::read_link(fd.path()).ok()?)));
    open.collect()
}

/// This process's own session.
fn own_session() -> String {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    stat.rsplit_once(") ").unwrap().1.split(' ').nth(3).unwrap().to_owned()
}

/// A power cut takes the guard; the record stays, and whoever has the lock next takes the switch back.
#[test]
fn what_is_left_unconfirmed_is_settled_by_the_next() {
    for bed in all() {
        for begun in [false, true] {
            switched(&bed, 2, 1000);
            signal(&guards(&bed)[0], "-KILL");
            until("it is gone", || guards(&bed).is_empty());
            if begun {
                // It had just begun to go back.
                let record = records(&bed).remove(0);
                fs::rename(&record, record.with_extension("back")).unwrap();
                assert_eq!(bed.survey().unconfirmed, Some(release(&name(2))));
            }
            assert_eq!(at(&bed), name(2));
            assert_eq!(settled(&bed), Some(name(2)));
            assert_eq!(at(&bed), name(1));
            and_that_is_all(&bed, WENT_BACK);
        }
        // A late confirmation finishes what was begun as well.
        switched(&bed, 2, 1000);
        signal(&guards(&bed)[0], "-KILL");
        let record = records(&bed).remove(0);
        fs::rename(&record, record.with_extension("back")).unwrap();
        assert!(confirmed(&bed, 2).failure().0.starts_with("it went back by itself"));
        assert_eq!(at(&bed), name(1));
        and_that_is_all(&bed, WENT_BACK);
    }
}

/// Puts a program first on the host's PATH.
fn wrap(bed: &Bed, tool: &str, text: &str) {
    let file = bed.dir.path().join("bin").join(tool);
    let _ = fs::remove_file(&file);
    // By a child: a process that is forked meanwhile would hold the file open for writing.
    let write = ["-c", "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"", "sh", &format!("#!/bin/sh\n{text}\n")];
    assert!(Command::new(find("dash")).args(write).arg(file).status().unwrap().success());
}

/// The time is over before the rename is made: the rename is taken back at once.
#[test]
fn a_switch_that_is_slower_than_its_guard() {
    for bed in all() {
        let record = format!("{}/*.waits", bed.app(".garment/unconfirmed").display()).replace(' ', "\\ ");
        let wait = format!("while for r in {record}; do [ -L \"$r\" ]; done; do sleep 1; done");
        let real = find("mv").display().to_string();
        let real = if bed.shell == Shell::Ash { format!("{} mv", find("busybox").display()) } else { real };
        wrap(&bed, "mv", &format!("case \" $* \" in *garment-new*) {wait} ;; esac\nexec {real} \"$@\""));
        let (what, _) = bed.run(&text(&bed, 2, 1)).failure();
        assert_eq!(
            what,
            "the switch alone took longer than the 1 seconds of `cutover_confirm`, so it was taken back",
            "{:?}",
            bed.shell
        );
        assert_eq!(at(&bed), name(1));
        and_that_is_all(&bed, WENT_BACK);
    }
}

/// The step is killed, with all of its group, in the middle of the switch: the guard is not.
#[test]
fn a_step_that_is_killed_leaves_the_guard() {
    for bed in all() {
        let real = find("mv").display().to_string();
        let real = if bed.shell == Shell::Ash { format!("{} mv", find("busybox").display()) } else { real };
        // Switched, and dead before it could say so.
        let then = "case \" $* \" in *garment-new*) kill -9 0 ;; esac";
        wrap(&bed, "mv", &format!("{real} \"$@\" || exit\n{then}"));
        let ended = bed.command(&text(&bed, 2, 1)).process_group(0).stdout(Stdio::null()).status().unwrap();
        assert_eq!(ended.code(), None, "{:?}", bed.shell);
        fs::remove_file(bed.dir.path().join("bin/mv")).unwrap();
        assert_eq!(at(&bed), name(2));
        until("it goes back", || at(&bed) == name(1));
        until("nothing waits any more", || guards(&bed).is_empty());
        assert_eq!(records(&bed).len(), 0);
    }
}

#[test]
fn nothing_moves_where_nobody_could_take_it_back() {
    for bed in all() {
        let trial = rehearse(&Cutover {
            token: None,
            paths: &bed.paths,
            release: &release(&name(2)),
            left_as: State::Replaced,
            confirmation: Some(within(3)),
        });
        let before = tree(&bed.app(""));
        bed.run(&trial).ok();
        assert_eq!(tree(&bed.app("")), before);
        // No place for the record: a rehearsal says so too.
        fs::write(bed.app(".garment/unconfirmed"), "in the way").unwrap();
        let place = bed.app(".garment/unconfirmed").display().to_string();
        for text in [&trial, &text(&bed, 2, 3)] {
            let (what, _) = bed.run(text).failure();
            assert!(what.starts_with(&format!("can't write to `{place}`: ")), "{what}");
        }
        assert_eq!(at(&bed), name(1));
        fs::remove_file(bed.app(".garment/unconfirmed")).unwrap();
        assert!(!tree(&bed.app("")).keys().any(|path| path.contains("garment-new")));
        // No process.
        let mut bed = bed;
        wrap(&bed, "sh", "exit 1");
        let (what, _) = bed.run(&text(&bed, 2, 3)).failure();
        assert_eq!(what, "can't start the process that waits for the confirmation", "{:?}", bed.shell);
        assert_eq!(at(&bed), name(1));
        bed.path = std::env::var("PATH").unwrap();
        until("nothing waits", || guards(&bed).is_empty());
        assert_eq!(records(&bed).len(), 0);
    }
}

#[test]
fn where_current_leads_there_already_nothing_waits() {
    for bed in all() {
        switched(&bed, 1, 1);
        assert_eq!((records(&bed).len(), guards(&bed).len()), (0, 0));
        confirmed(&bed, 1).ok();
        assert_eq!(at(&bed), name(1));
    }
}
