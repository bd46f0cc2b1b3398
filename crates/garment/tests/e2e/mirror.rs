//! What this machine keeps with `delivery: push`.

use std::path::PathBuf;

use garment_testing::Fleet;

use crate::bed::{Gate, until};
use crate::push::{cut_off, push};
use crate::{next, project, shop};

fn mirror(fleet: &Fleet) -> PathBuf {
    let above = fleet.root().join("controller/.cache/garment/repositories");
    let entries = fs_err::read_dir(above).unwrap().map(|entry| entry.unwrap().path());
    entries.into_iter().find(|path| path.extension().is_some_and(|end| end == "git")).unwrap()
}

fn packs(fleet: &Fleet) -> usize {
    let entries = fs_err::read_dir(mirror(fleet).join("objects/pack")).unwrap();
    entries
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "pack"))
        .count()
}

/// Every fetch leaves a pack, and two are too many. Nor does this user's git like copies without a work tree.
fn few_packs(fleet: &Fleet) {
    let settings = "[protocol \"file\"]\n\tallow = always\n[gc]\n\tautoPackLimit = 1\n[fetch]\n\tunpackLimit = 1\n\
                    [safe]\n\tbareRepository = explicit\n";
    fs_err::write(fleet.root().join("controller/.gitconfig"), settings).unwrap();
}

#[test]
fn it_is_packed_anew_once_nobody_waits() {
    let fleet = Fleet::builder().webs(2).start();
    cut_off(&fleet);
    few_packs(&fleet);
    let (repo, first) = shop(&fleet);
    let project = project(&fleet);
    project.config(&push(&repo, &["web1", "web2"], ""));
    project.run(["deploy", "production"]).code(0);
    assert_eq!(packs(&fleet), 1);
    for version in 2..5 {
        let commit = next(&repo, version);
        project.run(["deploy", "production"]).code(0);
        for host in fleet.hosts() {
            assert_eq!(host.read("shop/current/REVISION"), format!("{commit}\n"));
        }
        until("it is one pack again", || packs(&fleet) == 1);
    }
    project.run(["deploy", "production", "--ref", &first]).code(0);
}

#[test]
fn a_deploy_does_not_wait_for_that_and_leaves_it_alone() {
    let fleet = Fleet::builder().webs(1).start();
    cut_off(&fleet);
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&push(&repo, &["web1"], ""));
    // One that takes long.
    let gate = Gate::new(&fleet);
    let real = fleet.command("git").get_args().nth(1).unwrap().to_owned();
    let text = format!(
        "#!/bin/sh\ncase \" $* \" in *' gc '*) touch packed-refs.lock; {}; rm packed-refs.lock; touch packed; exit ;; esac\nexec '{}' \"$@\"\n",
        gate.wait_on("web1"),
        real.display()
    );
    let write = ["-c", "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"", "dash", &text];
    assert!(fleet.command("dash").args(write).arg(fleet.root().join("bin/git")).status().unwrap().success());
    project.run(["deploy", "production"]).code(0);
    let lock = mirror(&fleet).join("packed-refs.lock");
    until("it is at work", || lock.exists());
    // Whatever else is going on: nothing is taken from under its feet, and only one is at it.
    let second = next(&repo, 2);
    project.run(["deploy", "production"]).code(0);
    assert_eq!(fleet.host("web1").read("shop/current/REVISION"), format!("{second}\n"));
    assert!(lock.exists());
    gate.open("web1");
    until("it is through", || mirror(&fleet).join("packed").exists());
    // What one that was killed leaves is taken away.
    fs_err::write(&lock, "").unwrap();
    next(&repo, 3);
    project.run(["deploy", "production"]).code(0);
    gate.open("web1");
}

#[test]
fn one_that_git_cannot_use_is_named_and_one_that_was_left_is_mended() {
    let fleet = Fleet::builder().webs(1).start();
    cut_off(&fleet);
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&push(&repo, &["web1"], ""));
    project.run(["deploy", "production"]).code(0);
    // A git that was killed leaves this.
    fs_err::create_dir_all(mirror(&fleet).join("refs/heads")).unwrap();
    fs_err::write(mirror(&fleet).join("refs/heads/master.lock"), "").unwrap();
    let commit = next(&repo, 2);
    project.run(["deploy", "production"]).code(0);
    assert_eq!(fleet.host("web1").read("shop/current/REVISION"), format!("{commit}\n"));

    let commit = next(&repo, 3);
    fs_err::write(mirror(&fleet).join("packed-refs"), "garbage\n").unwrap();
    let refused = project.run(["deploy", "production"]);
    refused.code(2).stdout_has("git can't use this machine's mirror `").stdout_has(": unexpected line in ");
    refused.stdout_has("it is only a cache: remove it, and the next deploy makes a new one");
    fs_err::remove_dir_all(mirror(&fleet)).unwrap();
    project.run(["deploy", "production"]).code(0);
    assert_eq!(fleet.host("web1").read("shop/current/REVISION"), format!("{commit}\n"));
}
