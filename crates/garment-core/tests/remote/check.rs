use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use garment_core::remote::parse_check;

use crate::bed::{Bed, Ran, name, tree};

#[track_caller]
fn told(ran: &Ran) -> Vec<(String, String)> {
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.ends_with(b"end\0check\0"));
    parse_check(&ran.stdout).unwrap().into_iter().map(|p| (p.what, p.remedy)).collect()
}

#[test]
fn a_host_that_is_fine_new_and_used() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        assert_eq!(told(&bed.check(&repo.url())), []);
        assert_eq!(fs::read_dir(bed.home()).unwrap().count(), 0);
        bed.prepared(&repo.url(), &commit, &name(1));
        bed.moved(&name(1));
        let before = tree(&bed.home());
        assert_eq!(told(&bed.check(&repo.url())), []);
        assert_eq!(tree(&bed.home()), before);
    }
}

#[test]
fn everything_that_is_wrong_at_once() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        bed.prepared(&repo.url(), &commit, &name(1));
        let user = bed.survey().user;
        fs::create_dir(bed.app("current")).unwrap();
        fs::write(bed.home().join("file"), "").unwrap();
        bed.paths.releases_dir = "~/file/releases".into();
        let home = bed.home().display().to_string();
        let nowhere = format!("file://{home}/nowhere");
        let c = bed.app("current").display().to_string();
        let source = bed.app("source").display().to_string();
        let before = tree(&bed.home());
        assert_eq!(
            told(&bed.check(&nowhere)),
            [
                (
                    format!(
                        "`{home}/file` is not a folder, so `releases_dir` can't be `{home}/file/releases`"
                    ),
                    "move it away, or set `releases_dir` to another place".into()
                ),
                (
                    format!("`{c}` is a real directory, not a symlink"),
                    format!("move it away: mv '{c}' '{c}.before-garment'")
                ),
                (
                    format!("`{source}` is a copy of `{}`, but `repo_url` is `{nowhere}`", repo.url()),
                    format!(
                        "if it moved: git -C '{source}' remote set-url origin '{nowhere}'; \
                         if it is another repository: rm -rf '{source}'"
                    )
                ),
                (
                    format!(
                        "git can't read `{nowhere}`: '{home}/nowhere' does not appear to be a git repository"
                    ),
                    format!("make `git ls-remote '{nowhere}'` work for {user} on this host")
                ),
            ],
            "{:?}",
            bed.shell
        );
        assert_eq!(tree(&bed.home()), before);
    }
}

/// Writes a program that takes another's place.
pub(crate) fn fake(bed: &mut Bed, tool: &str, script: &str) {
    let bin = bed.dir.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    fs::write(bin.join(tool), format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(bin.join(tool), PermissionsExt::from_mode(0o755)).unwrap();
    bed.path = format!("{}:{}", bin.display(), bed.path);
}

#[test]
fn a_read_only_file_system_and_an_old_git() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        repo.commit("one");
        fake(&mut bed, "rmdir", "echo \"rmdir: failed to remove '$1': Read-only file system\" >&2; exit 1");
        fake(&mut bed, "git", "if [ $1 = --version ]; then echo git version 2.6.12; fi");
        let home = bed.home().display().to_string();
        assert_eq!(
            told(&bed.check(&repo.url())),
            [
                ("git is 2.6.12, and garment needs 2.7".into(), "install a newer git on this host".into()),
                (
                    format!("`{home}` is on a read-only file system, so `deploy_dir` can't be written"),
                    "mount it writable, or set `deploy_dir` to another place".into()
                ),
            ]
        );
    }
}

#[test]
fn a_missing_agent_is_told_where_it_should_have_come() {
    use garment_core::remote::{Check, check};
    for mut bed in Bed::all() {
        fake(&mut bed, "ssh", "echo 'evan@example.org: Permission denied (publickey).' >&2; exit 255");
        let text = |forward_agent| {
            check(&Check {
                paths: &bed.paths,
                repo_url: "evan@example.org:shop.git",
                forward_agent,
                delivery: garment_core::model::Delivery::Pull,
            })
        };
        let what =
            "git can't read `evan@example.org:shop.git`: evan@example.org: Permission denied (publickey)";
        let user = bed.survey().user;
        assert_eq!(
            told(&bed.run(&text(false))),
            [(
                what.into(),
                format!(
                    "make `git ls-remote evan@example.org:shop.git` work for {user} on this host: \
                     the url, its ssh key and known_hosts, or `forward_agent: true`"
                )
            )]
        );
        assert_eq!(
            told(&bed.run(&text(true))),
            [(
                what.into(),
                "`forward_agent` is on, but no agent arrived: is one running with a key (`ssh-add -l`), \
                 and does the host's sshd allow it?"
                    .into()
            )]
        );
    }
}

#[test]
fn a_current_that_leads_anywhere_is_fine() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        repo.commit("one");
        fs::create_dir(bed.app("")).unwrap_or_else(|_| fs::create_dir(bed.home().join("app")).unwrap());
        symlink("nowhere", bed.app("current")).unwrap();
        assert_eq!(told(&bed.check(&repo.url())), []);
    }
}

#[test]
fn a_look_that_was_cut_off_is_not_a_clean_one() {
    assert_eq!(parse_check(b"end\0check\0").unwrap(), []);
    assert_eq!(
        parse_check(b"").unwrap_err().to_string(),
        "the host's answer can't be read: `check` stopped before its end"
    );
}
