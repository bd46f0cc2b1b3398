//! Room for a release: measured before anything is written, made where that is allowed.

use std::fs;
use std::path::Path;

use garment_core::model::State;
use garment_core::remote::{Check, check, parse_check};

use crate::bed::{Bed, Ran, Repo, Shell, name, tree};
use crate::check::fake;
use crate::disk::Disk;

/// `df` as it would be with so much free in `~/app` for each 1000 KiB of releases that are not there any more. `~/free`
/// has KiB and inodes.
fn fake_df(bed: &mut Bed) {
    let script = "\
        option=$2; shift 2; read -r kib inodes <~/free\n\
        for gone in 1 2 3 4; do [ -e ~/app/releases/20131228T20270$gone-4634f44 ] || kib=$((kib + 1000)); done\n\
        [ $option = -k ] || kib=$inodes\n\
        echo Filesystem 1024-blocks Used Available Capacity Mounted on\n\
        for _ in \"$@\"; do echo \"/dev/mapper/a b 9000000 1 $kib 99% /mnt/my  disk\"; done";
    fake(bed, "df", script);
}

fn free(bed: &Bed, kib: u32, inodes: u32) {
    fs::write(bed.home().join("free"), format!("{kib} {inodes}\n")).unwrap();
}

fn lacks(dir: &Path, free: &str, needs: &str, remedy: &str) -> (String, String) {
    (format!("`{}` has {free} free, and a release needs {needs} there", dir.display()), remedy.into())
}

/// A commit of 2004 KiB in blocks of 4, in 6 files and 2 folders.
fn two_mib(repo: &Repo) -> String {
    repo.write("deep/er/big", &"b".repeat(2_000_000));
    for n in 0..5 {
        repo.write(&format!("a file {n}"), &"s".repeat(5000));
    }
    repo.commit("two MiB")
}

#[test]
fn a_first_deploy_needs_a_modest_floor() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = two_mib(&repo);
        fake_df(&mut bed);
        let home = bed.home();
        let app = home.join("app");
        let look = |how: &str| format!("make room: df {how} '{}'", home.display());
        free(&bed, 32_767 - 4000, 9999);
        let told = bed.prepare(&repo.url(), &commit, &name(1)).failure();
        assert_eq!(told, lacks(&app.join("releases"), "31 MiB", "32 MiB", &look("-h")), "{:?}", bed.shell);
        free(&bed, 32_768 - 4000, 511);
        let told = bed.prepare(&repo.url(), &commit, &name(1)).failure();
        assert_eq!(told, lacks(&app.join("releases"), "511 inodes", "512 inodes", &look("-i")));
        assert!(!app.exists());
        free(&bed, 32_768 - 4000, 512);
        bed.prepared(&repo.url(), &commit, &name(1));
        // What no `df` knows is not held against a host.
        for script in [
            "exit 1",
            "echo Filesystem; for _ in \"$@\"; do echo /dev/sda1 0 0 0 - /; done",
            "echo Filesystem; for _ in \"$@\"; do echo none 0 0 0 0% /; done",
        ] {
            fake(&mut bed, "df", script);
            fs::remove_dir_all(&app).unwrap();
            bed.prepared(&repo.url(), &commit, &name(1));
        }
    }
}

/// 2004 KiB for the files, 4096 in any case; a file or folder more than fits is one too many.
#[test]
fn a_commit_that_is_there_is_weighed() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = two_mib(&repo);
        bed.prepared(&repo.url(), &commit, &name(9));
        fake_df(&mut bed);
        let before = tree(&bed.home());
        let releases = bed.app("releases");
        let look = |how: &str| format!("make room: df {how} '{}'", releases.display());
        for (kib, inodes, want) in [
            (6099 - 4000, 9999, lacks(&releases, "5 MiB", "6 MiB", &look("-h"))),
            (6100 - 4000, 71, lacks(&releases, "71 inodes", "72 inodes", &look("-i"))),
        ] {
            free(&bed, kib, inodes);
            let told = bed.prepare(&repo.url(), &commit, &name(1)).failure();
            assert_eq!(told, want, "{:?}", bed.shell);
            fs::remove_file(bed.home().join("free")).unwrap();
            assert_eq!(tree(&bed.home()), before);
        }
        free(&bed, 6100 - 4000, 72);
        bed.prepared(&repo.url(), &commit, &name(1));
    }
}

#[test]
fn one_that_has_to_be_fetched_is_weighed_then() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        let one = repo.commit("one");
        bed.prepared(&repo.url(), &one, &name(9));
        repo.write("big", &"b".repeat(40_000_000));
        let two = repo.commit("two");
        fake_df(&mut bed);
        free(&bed, 32_768 - 4000, 9999);
        let releases = bed.app("releases");
        let look = format!("make room: df -h '{}'", releases.display());
        let told = bed.prepare(&repo.url(), &two, &name(1)).failure();
        assert_eq!(told, lacks(&releases, "32 MiB", "43 MiB", &look), "{:?}", bed.shell);
        assert_eq!(bed.listed(), [(name(9), Some(State::Ready))]);
        assert!(!bed.app(".garment/releases").join(name(1)).exists());
        free(&bed, 44_000 - 4000, 9999);
        bed.prepared(&repo.url(), &two, &name(1));
    }
}

#[test]
fn submodules_are_weighed_as_far_as_they_are_there() {
    for mut bed in Bed::all() {
        let (sub, nested) = (bed.repo("sub"), bed.repo("nested"));
        nested.write("n", &"n".repeat(3_000_000));
        let in_nested = nested.commit("nested");
        sub.write("s", &"s".repeat(2_000_000));
        sub.add_submodule("nested", Some(&nested.url()), &in_nested);
        sub.git(&["add", "s"]);
        let in_sub = sub.commit_index("sub");
        let repo = bed.repo("origin");
        repo.add_submodule("sub", Some(&sub.url()), &in_sub);
        let commit = repo.commit_index("one");
        bed.prepared(&repo.url(), &commit, &name(9));
        fake_df(&mut bed);
        let releases = bed.app("releases");
        let look = format!("make room: df -h '{}'", releases.display());
        // 2932 and 1956, two folders and two .gitmodules, 4096 in any case.
        free(&bed, 8999 - 4000, 9999);
        let told = bed.prepare(&repo.url(), &commit, &name(1)).failure();
        assert_eq!(told, lacks(&releases, "8 MiB", "9 MiB", &look), "{:?}", bed.shell);
        free(&bed, 9000 - 4000, 9999);
        bed.prepared(&repo.url(), &commit, &name(1));
        // One that has to be fetched again: as much as a fetch may take, and what is known.
        for copy in fs::read_dir(bed.app("source/garment-submodules")).unwrap() {
            let copy = copy.unwrap().path();
            if fs::read_to_string(copy.join("config")).unwrap().contains("/nested") {
                fs::remove_dir_all(copy).unwrap();
            }
        }
        let told = bed.prepare(&repo.url(), &commit, &name(2)).failure();
        assert_eq!(told, lacks(&releases, "7 MiB", "34 MiB", &look), "{:?}", bed.shell);
    }
}

#[test]
fn file_systems_are_looked_at_one_by_one() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = two_mib(&repo);
        bed.paths.source_dir = "~/big/source".into();
        let (releases, source, deploy) =
            (bed.app("releases"), bed.home().join("big/source"), bed.home().join("app"));
        let look = format!("make room: df -h '{}'", bed.home().display());
        // In the order in which they are asked for: releases, source, deploy.
        for (kib, want) in [
            ([4095, 32_768, 4096], lacks(&releases, "3 MiB", "4 MiB", &look)),
            ([4096, 32_767, 4096], lacks(&source, "31 MiB", "32 MiB", &look)),
            ([4096, 32_768, 4095], lacks(&deploy, "3 MiB", "4 MiB", &look)),
        ] {
            let [one, two, three] = kib.map(|kib| format!("echo /dev/x 9 9 {kib} 9% "));
            let script = format!("[ $2 = -k ] || exit 1; echo Header; {one} /a; {two} '/a b'; {three} /a/c");
            fake(&mut bed, "df", &script);
            assert_eq!(bed.prepare(&repo.url(), &commit, &name(1)).failure(), want, "{:?}", bed.shell);
        }
        assert!(!deploy.exists());
    }
}

fn failed(bed: &Bed, n: u32, more: &str) {
    fs::create_dir_all(bed.app("releases").join(name(n)).join("x")).unwrap();
    fs::create_dir_all(bed.app(".garment/releases")).unwrap();
    fs::write(bed.app(".garment/releases").join(name(n)), format!("state=failed\n{more}")).unwrap();
}

fn names(bed: &Bed) -> Vec<String> {
    bed.listed().into_iter().map(|(name, _)| name).collect()
}

#[test]
fn what_failed_goes_first_and_only_as_much_as_has_to() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = two_mib(&repo);
        bed.prepared(&repo.url(), &commit, &name(9));
        bed.moved(&name(9));
        for n in [1, 2, 3] {
            failed(&bed, n, "");
        }
        failed(&bed, 4, "pinned=yes\n");
        fs::create_dir(bed.app("releases").join(format!(".{}.building", name(2)))).unwrap();
        fake_df(&mut bed);
        // Each that goes gives 1000 KiB: two have to, and the newest stays.
        free(&bed, 6100 - 1500, 9999);
        let ran = bed.prepare(&repo.url(), &commit, &name(20)).ok();
        let said = |n| format!("removed the failed release {} to make room\n", name(n));
        assert_eq!(ran.stderr, said(1) + &said(2), "{:?}", bed.shell);
        assert_eq!(names(&bed), [name(3), name(4), name(9), name(20)]);
        assert!(!tree(&bed.app("")).into_keys().any(|path| path.contains(&name(2))));
        // Now all that may go do, and it does not help. What is current stays though somebody says that it failed.
        fs::write(bed.app(".garment/releases").join(name(9)), "state=failed\n").unwrap();
        free(&bed, 100, 9999);
        let ran = bed.prepare(&repo.url(), &commit, &name(21));
        assert_eq!(ran.stderr, said(3));
        assert_eq!(ran.failure().0, lacks(&bed.app("releases"), "3 MiB", "6 MiB", "").0);
        assert_eq!(names(&bed), [name(4), name(9), name(20)]);
        // Nor does anything go for a lack elsewhere.
        failed(&bed, 1, "");
        let script = "[ $2 = -k ] || exit 1; echo Header; echo /dev/x 9 9 9999 9% /a; \
                      echo /dev/x 9 9 1 9% /b; echo /dev/x 9 9 9999 9% /c";
        fake(&mut bed, "df", script);
        let ran = bed.prepare(&repo.url(), &commit, &name(22));
        assert_eq!(ran.stderr, "");
        assert_eq!(ran.failure().0, lacks(&bed.app("source"), "0 MiB", "4 MiB", "").0);
        assert_eq!(names(&bed), [name(1), name(4), name(9), name(20)]);
    }
}

#[test]
fn a_check_measures_the_same_and_removes_nothing() {
    let told = |ran: &Ran| -> Vec<(String, String)> {
        assert_eq!(ran.code, Some(0), "{ran:?}");
        parse_check(&ran.stdout).unwrap().into_iter().map(|p| (p.what, p.remedy)).collect()
    };
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = two_mib(&repo);
        fake_df(&mut bed);
        let (home, releases) = (bed.home(), bed.app("releases"));
        let look = |how: &str| format!("make room: df {how} '{}'", home.display());
        free(&bed, 32_767 - 4000, 511);
        let want = [
            lacks(&releases, "31 MiB", "32 MiB", &look("-h")),
            lacks(&releases, "511 inodes", "512 inodes", &look("-i")),
        ];
        assert_eq!(told(&bed.check(&repo.url())), want, "{:?}", bed.shell);
        free(&bed, 32_768, 512);
        assert_eq!(told(&bed.check(&repo.url())), []);
        // As much as what is current, and a fetch.
        free(&bed, 40_000, 9999);
        bed.prepared(&repo.url(), &commit, &name(9));
        bed.moved(&name(9));
        failed(&bed, 1, "");
        failed(&bed, 2, "");
        let look = |how: &str| {
            let gone = "; a deploy removes what failed there first, as far as it has to (2)";
            format!("make room: df {how} '{}'{gone}", releases.display())
        };
        free(&bed, 2004 + 32_767 - 2000, 9999);
        let before = tree(&bed.home());
        assert_eq!(told(&bed.check(&repo.url())), [lacks(&releases, "33 MiB", "34 MiB", &look("-h"))]);
        assert_eq!(tree(&bed.home()), before);
        free(&bed, 2004 + 32_768 - 2000, 9999);
        assert_eq!(told(&bed.check(&repo.url())), []);
    }
}

/// Text that does not get smaller when it is packed.
fn noise(len: usize) -> String {
    let mut x: u64 = 88_172_645_463_325_252;
    let next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        char::from(b'!' + u8::try_from(x % 90).unwrap())
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// What lies in the releases folder of a disk, and the state of one of them.
fn left(bed: &Bed, disk: &Disk, n: u32) -> (Vec<String>, String) {
    let mut names: Vec<_> = fs::read_dir(disk.app(bed, "releases"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let state = fs::read_to_string(disk.app(bed, ".garment/releases").join(name(n))).unwrap_or_default();
    (names, state.lines().next().unwrap_or_default().to_owned())
}

/// `df` knows nothing, and a real file system fills up: that is told, the parts go, and a smaller release fits.
#[test]
fn a_real_disk_that_fills_up_all_the_same() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        repo.write("small", "s");
        let small = repo.commit("small");
        repo.write("x/big", &"b".repeat(9_000_000));
        let big = repo.commit("big");
        repo.write("x/big", "");
        for n in 0..300 {
            repo.write(&format!("x/{n}"), "n");
        }
        let many = repo.commit("many");
        let disk = Disk::mount(&bed, "size=8m,nr_inodes=340");
        let prepare =
            |bed: &Bed, commit: &str, n| disk.run(bed, &bed.prepare_text(&repo.url(), commit, &name(n)));
        let honest = bed.path.clone();
        let releases = bed.app("releases").display().to_string();
        let remedy = format!("make room, then deploy again: df -h '{releases}'; df -i '{releases}'");

        // A first deploy of what nobody knows wants more than there is at all.
        let told = prepare(&bed, &small, 1).failure();
        assert_eq!(told.0, lacks(&bed.app("releases"), "8 MiB", "32 MiB", "").0, "{:?}", bed.shell);
        fake(&mut bed, "df", "exit 1");
        prepare(&bed, &small, 1).ok();

        let (what, then) = prepare(&bed, &big, 2).failure();
        let building = format!("{releases}/.{}.building", name(2));
        let start = format!("the files of commit {big} can't be unpacked in `{building}`: ");
        assert!(what.starts_with(&start), "{what}");
        assert_eq!(then, remedy, "{what}");
        assert_eq!(left(&bed, &disk, 2), (vec![name(1)], "state=failed".into()), "{:?}", bed.shell);
        prepare(&bed, &small, 3).ok();

        // No inodes left, which an honest df would have said.
        let path = std::mem::replace(&mut bed.path, honest.clone());
        let inodes = prepare(&bed, &many, 4).failure();
        assert!(inodes.0.contains(" inodes free, and a release needs 367 inodes there"), "{inodes:?}");
        assert_eq!(left(&bed, &disk, 4), (vec![name(1), name(3)], String::new()));
        bed.path = path;
        let (what, then) = prepare(&bed, &many, 4).failure();
        assert!(what.contains("No space left on device"), "{what}");
        assert_eq!(then, remedy);
        assert_eq!(left(&bed, &disk, 4), (vec![name(1), name(3)], "state=failed".into()));
        prepare(&bed, &small, 5).ok();

        // And nothing can be written at all.
        assert_eq!(disk.run(&bed, "mount -o remount,ro ~/app").code, Some(0));
        let app = bed.home().join("app").display().to_string();
        let read_only = (
            format!("`{app}` is on a read-only file system, so `deploy_dir` can't be written"),
            "mount it writable, or set `deploy_dir` to another place".to_owned(),
        );
        assert_eq!(prepare(&bed, &small, 8).failure(), read_only, "{:?}", bed.shell);
        let text = check(&Check {
            paths: &bed.paths,
            repo_url: &repo.url(),
            forward_agent: false,
            delivery: garment_core::model::Delivery::Pull,
        });
        let checked = parse_check(&disk.run(&bed, &text).stdout).unwrap();
        assert_eq!((checked[0].what.clone(), checked[0].remedy.clone()), read_only);
    }
}

/// What git fetches does not fit: nothing of it stays, and what is there already can be deployed.
#[test]
fn a_fetch_that_fills_the_disk() {
    for mut bed in [Bed::new(Shell::Dash), Bed::new(Shell::Ash)] {
        let repo = bed.repo("origin");
        let small = repo.commit("small");
        let disk = Disk::mount(&bed, "size=2m");
        let prepare =
            |bed: &Bed, commit: &str, n| disk.run(bed, &bed.prepare_text(&repo.url(), commit, &name(n)));
        fake(&mut bed, "df", "exit 1");
        prepare(&bed, &small, 1).ok();
        repo.write("noise", &noise(3_000_000));
        let fetch = repo.commit("noise");
        let (what, then) = prepare(&bed, &fetch, 2).failure();
        assert!(what.starts_with(&format!("git can't fetch from `{}`: ", repo.url())), "{what}");
        let source = bed.app("source").display().to_string();
        assert_eq!(
            then,
            format!("make room, then deploy again: df -h '{source}'; df -i '{source}'"),
            "{what}"
        );
        assert_eq!(left(&bed, &disk, 2), (vec![name(1)], String::new()));
        repo.git(&["reset", "-q", "--hard", &small]);
        prepare(&bed, &small, 3).ok();
    }
}
