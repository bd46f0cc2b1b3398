//! Files arrive as `git archive` gives them.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::bed::{Bed, Repo, name, tree};

fn odd_repository(repo: &Repo) -> String {
    for path in [
        "with space/a b.txt",
        "new\nline",
        "-rf",
        "--help/-x",
        "größe/日本語.txt",
        "it's \"q\" $HOME `x` \\",
        "tab\there",
        ".hidden",
        "*",
    ] {
        repo.write(path, path);
    }
    // Names that don't fit a tar header, plain and not.
    repo.write(&format!("{}/{}/{}.txt", "long".repeat(30), "er".repeat(60), "ü".repeat(60)), "long");
    repo.write("run.sh", "#!/bin/sh\n");
    fs::set_permissions(repo.dir.join("run.sh"), PermissionsExt::from_mode(0o755)).unwrap();
    symlink("run.sh", repo.dir.join("link")).unwrap();
    symlink("/etc/passwd", repo.dir.join("absolute")).unwrap();
    symlink("../../up", repo.dir.join("up")).unwrap();
    symlink("x".repeat(200), repo.dir.join("dangling é")).unwrap();
    repo.write("empty", "");
    // A name that is no UTF-8.
    fs::write(repo.dir.join(std::ffi::OsStr::from_bytes(b"latin \xfc")), "l").unwrap();
    repo.commit("odd")
}

#[test]
fn odd_names_links_and_bits() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = odd_repository(&repo);
        let got = tree(&bed.prepared(&repo.url(), &commit, &name(1)));
        let mut want = tree(&repo.dir);
        want.retain(|path, _| path != ".git" && !path.starts_with(".git/"));
        want.insert("REVISION".into(), format!("{commit}\n"));
        assert_eq!(got, want, "{:?}", bed.shell);
    }
}

#[test]
fn modes_are_the_umask_s() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = odd_repository(&repo);
        for (n, umask, run, plain) in
            [(1, "022", 0o755, 0o644), (2, "077", 0o700, 0o600), (3, "002", 0o775, 0o664)]
        {
            let text = format!("umask {umask}\n{}", bed.prepare_text(&repo.url(), &commit, &name(n)));
            bed.run(&text).ok();
            let mode = |path: &str| {
                let file = bed.app("releases").join(name(n)).join(path);
                fs::metadata(file).unwrap().permissions().mode() & 0o7777
            };
            assert_eq!(
                (mode("run.sh"), mode("empty"), mode("with space"), mode("")),
                (run, plain, run, run),
                "{:?} {umask}",
                bed.shell
            );
        }
    }
}

#[test]
fn export_ignore_and_export_subst() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        repo.write(".gitattributes", "/tests export-ignore\nversion.txt export-subst\n");
        repo.write("tests/t", "t");
        repo.write("version.txt", "$Format:%H$");
        let commit = repo.commit("one");
        let got = tree(&bed.prepared(&repo.url(), &commit, &name(1)));
        assert_eq!(
            got.into_iter().collect::<Vec<_>>(),
            [
                (".gitattributes".into(), "/tests export-ignore\nversion.txt export-subst\n".to_owned()),
                ("REVISION".into(), format!("{commit}\n")),
                ("version.txt".into(), commit)
            ]
        );
    }
}

#[test]
fn a_tracked_revision_is_replaced_and_a_link_not_followed() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        repo.write("REVISION", "mine");
        let file = repo.commit("file");
        let dir = bed.prepared(&repo.url(), &file, &name(1));
        assert_eq!(fs::read_to_string(dir.join("REVISION")).unwrap(), format!("{file}\n"));

        let victim = bed.dir.path().join("victim");
        fs::write(&victim, "as it was").unwrap();
        fs::remove_file(repo.dir.join("REVISION")).unwrap();
        symlink(&victim, repo.dir.join("REVISION")).unwrap();
        let link = repo.commit("link");
        let dir = bed.prepared(&repo.url(), &link, &name(2));
        assert!(!fs::symlink_metadata(dir.join("REVISION")).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(dir.join("REVISION")).unwrap(), format!("{link}\n"));
        assert_eq!(fs::read_to_string(&victim).unwrap(), "as it was");

        fs::remove_file(repo.dir.join("REVISION")).unwrap();
        repo.write("REVISION/x", "x");
        let folder = repo.commit("folder");
        assert_eq!(
            bed.prepare(&repo.url(), &folder, &name(3)).failure(),
            (
                "the repository has a folder `REVISION`, where garment writes the commit id".into(),
                "rename it in the repository".into()
            )
        );
        assert_eq!(bed.listed().len(), 2);
        let state = fs::read_to_string(bed.app(".garment/releases").join(name(3))).unwrap();
        assert!(state.starts_with("state=failed\n"), "{state}");
    }
}
