//! What is on the disk before something depends on it. A power cut can't be had in a test; what is asked of the disk, when,
//! and what there is at that moment, can.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use garment_core::model::State;
use garment_core::remote::{mark, pin};

use crate::bed::{Bed, Shell, find, name, release};
use crate::check::fake;

/// `sync` that writes down what it was asked for, and what there was: the releases, the state of the first, what `current`
/// leads to.
fn tell_syncs(bed: &mut Bed) {
    let script = format!(
        "cd ~/app; for path; do case $path in -f) printf '%s ' -f ;; *) printf '%s ' \"${{path#$PWD/}}\" ;; esac; done >>~/synced\n\
         for release in releases/* releases/.[0-9]*; do [ ! -d $release ] || printf '+%s ' \"${{release#*/}}\"; done >>~/synced\n\
         read -r state <.garment/releases/{} || state=none\n\
         echo \"$state $(readlink current)\" >>~/synced\nPATH=${{PATH#*:}}; exec sync \"$@\"",
        name(1)
    );
    fake(bed, "sync", &script);
}

/// What was asked for since, names and places made short.
fn syncs(bed: &Bed) -> Vec<String> {
    let told = fs::read_to_string(bed.home().join("synced")).unwrap();
    let _ = fs::remove_file(bed.home().join("synced"));
    let told = told.replace(&bed.home().join("app").display().to_string(), "~/app");
    let told = told.replace(".garment/releases", "states");
    (1..9).fold(told, |told, n| told.replace(&name(n), &n.to_string())).lines().map(str::to_owned).collect()
}

#[test]
fn in_the_order_that_a_power_cut_needs() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        tell_syncs(&mut bed);
        bed.prepared(&repo.url(), &commit, &name(1));
        assert_eq!(
            syncs(&bed),
            [
                // The files and REVISION, before they have the release's name.
                "-f releases/.1.building +.1.building state=building ",
                "states/.1.new +1 state=building ",
            ],
            "{:?}",
            bed.shell
        );
        bed.moved(&name(1));
        assert_eq!(
            syncs(&bed),
            [
                "releases states +1 state=ready ",
                "states/.1.new +1 state=ready ~/app/releases/1",
                "~/app states +1 state=live ~/app/releases/1",
            ]
        );
        bed.prepared(&repo.url(), &commit, &name(2));
        bed.rehearse(&name(2)).ok();
        assert_eq!(syncs(&bed).len(), 2);
        bed.moved(&name(2));
        assert_eq!(
            syncs(&bed),
            [
                "releases states +1 +2 state=live ~/app/releases/1",
                "states/.2.new +1 +2 state=live ~/app/releases/2",
                "states/.1.new +1 +2 state=live ~/app/releases/2",
                "~/app states +1 +2 state=replaced ~/app/releases/2",
            ]
        );
        bed.reverted(&name(2), State::Failed);
        assert_eq!(
            syncs(&bed),
            [
                "states/.2.new +1 +2 state=replaced ~/app/releases/1",
                "states/.1.new +1 +2 state=replaced ~/app/releases/1",
                "~/app states +1 +2 state=live ~/app/releases/1",
            ]
        );
        bed.run(&pin(&bed.paths, &release(&name(1)), true)).ok();
        bed.run(&mark(&bed.paths, &release(&name(1)), State::Failed)).ok();
        assert_eq!(
            syncs(&bed),
            [
                "states/.1.new +1 +2 state=live ~/app/releases/1",
                "states +1 +2 pinned=yes ~/app/releases/1",
                "states/.1.new +1 +2 pinned=yes ~/app/releases/1",
                "states +1 +2 state=failed ~/app/releases/1",
            ]
        );
    }
}

#[test]
fn a_disk_that_does_not_take_it() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        bed.prepared(&repo.url(), &commit, &name(1));
        bed.moved(&name(1));
        let fails = |what: &str| {
            format!(
                "case $* in *{what}*) echo \"sync: error syncing 'x': Input/output error\" >&2; exit 1 ;; esac\n\
                 PATH=${{PATH#*:}}; exec sync \"$@\""
            )
        };
        let (states, releases) = (bed.app(".garment/releases"), bed.app("releases"));
        let before = fs::read_to_string(states.join(name(1))).unwrap();
        fake(&mut bed, "sync", &fails(".building"));
        assert_eq!(
            bed.prepare(&repo.url(), &commit, &name(2)).failure(),
            (
                format!(
                    "the disk does not take the files in `{}/.{}.building`: Input/output error",
                    releases.display(),
                    name(2)
                ),
                "see what the kernel says of that disk: dmesg".into()
            ),
            "{:?}",
            bed.shell
        );
        assert!(!releases.join(name(2)).exists());
        assert!(fs::read_to_string(states.join(name(2))).unwrap().starts_with("state=failed\n"));
        // A state that did not get to the disk takes nobody's place.
        fake(&mut bed, "sync", &fails(&format!("{}.new", name(1))));
        let (what, _) = bed.run(&pin(&bed.paths, &release(&name(1)), true)).failure();
        assert_eq!(what, format!("can't write to `{}`", states.display()));
        assert_eq!(fs::read_to_string(states.join(name(1))).unwrap(), before);
        assert!(!states.join(format!(".{}.new", name(1))).exists());
        // A folder that can't be synced: everything is, then.
        let script = "case $* in *.new | -*) ;; ?*) echo 'sync: Invalid argument' >&2; exit 1 ;; '') echo all >>~/all ;; esac";
        fake(&mut bed, "sync", script);
        bed.prepared(&repo.url(), &commit, &name(3));
        bed.moved(&name(3));
        assert_eq!(fs::read_to_string(bed.home().join("all")).unwrap(), "all\nall\n");
    }
}

/// An old `sync` knows no options and takes no names; busybox may have none at all.
#[test]
fn hosts_where_sync_knows_less() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        let script = "case $* in -*) echo 'sync: invalid option' >&2; exit 1 ;; esac; echo all >>~/all";
        fake(&mut bed, "sync", script);
        bed.prepared(&repo.url(), &commit, &name(1));
        bed.moved(&name(1));
        assert_eq!(fs::read_to_string(bed.home().join("all")).unwrap(), "all\n".repeat(5), "{:?}", bed.shell);

        let bin = bed.dir.path().join("none");
        fs::create_dir(&bin).unwrap();
        assert!(
            Command::new(find("busybox")).args(["--install", "-s"]).arg(&bin).status().unwrap().success()
        );
        fs::remove_file(bin.join("sync")).unwrap();
        symlink(find("git"), bin.join("git")).unwrap();
        bed.path = bin.display().to_string();
        bed.prepared(&repo.url(), &commit, &name(2));
        let ran = bed.cutover(&name(2), State::Replaced).ok();
        assert_eq!(ran.stderr, "", "{:?}", bed.shell);
        assert_eq!(bed.listed(), [(name(1), Some(State::Replaced)), (name(2), Some(State::Live))]);
    }
}

/// The system calls themselves, of coreutils and of busybox: what is renamed is on the disk by then.
#[test]
fn the_kernel_is_asked() {
    for shell in [Shell::Dash, Shell::Ash] {
        let bed = Bed::new(shell);
        let repo = bed.repo("origin");
        repo.write("a", "a");
        let commit = repo.commit("one");
        let trace = bed.dir.path().join("trace");
        let calls = |text: &str, of: &Path| -> Vec<String> {
            let plain = bed.command(text);
            let mut command = Command::new(find("strace"));
            command.args(["-f", "-qq", "-y", "-s", "4096", "-e", "signal=none", "-o"]).arg(&trace);
            command.args(["-e", "trace=fsync,syncfs,rename,renameat,renameat2", "--"]);
            command.arg(plain.get_program()).args(plain.get_args());
            command.env_clear().envs(plain.get_envs().map(|(key, value)| (key, value.unwrap())));
            let out = command.current_dir(bed.home()).output().unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            let text = fs::read_to_string(&trace).unwrap();
            let of = of.display().to_string();
            let lines = text.lines().filter(|line| line.contains(&of) && line.ends_with(" = 0"));
            // `PID call(arguments) = 0`, with names of files in them; only what it did to which is of interest.
            lines
                .map(|line| {
                    let call = line.split_once(' ').unwrap().1.trim_start();
                    let (call, args) = call.split_once('(').unwrap();
                    let call = if call.starts_with("rename") { "rename" } else { call };
                    let names: Vec<_> = args
                        .split(['"', '<', '>'])
                        .filter(|word| word.starts_with('/') && word.contains("app"))
                        .map(|word| word.rsplit('/').next().unwrap().replace(&name(1), "1"))
                        .collect();
                    format!("{call} {}", names.join(" "))
                })
                .collect()
        };
        let app = bed.home().join("app");
        let made = calls(&bed.prepare_text(&repo.url(), &commit, &name(1)), &app.join("releases/.2013"));
        assert_eq!(made, ["syncfs .1.building", "rename .1.building 1"], "{shell:?}");
        let cutover = garment_core::remote::cutover(&garment_core::remote::Cutover {
            confirmation: None,
            paths: &bed.paths,
            release: &release(&name(1)),
            left_as: State::Replaced,
            token: None,
        });
        let moved: Vec<_> = calls(&cutover, &app)
            .into_iter()
            .map(|call| {
                call.split_once(".garment-new").map_or(call.clone(), |(call, _)| format!("{call} new"))
            })
            .collect();
        assert_eq!(
            moved,
            [
                "fsync releases",
                "fsync releases",
                "rename .current new",
                "fsync .1.new",
                "rename .1.new 1",
                "fsync app",
                "fsync releases"
            ],
            "{shell:?}"
        );
    }
}
