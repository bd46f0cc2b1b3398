use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use garment_core::remote::{Differences, Kind, Verify, parse_verify, verify};

use crate::bed::{Bed, Ran, Repo, name, release, tree};

impl Bed {
    fn verify(&self, repo: &Repo, commit: &str) -> Ran {
        self.run(&verify(&Verify {
            paths: &self.paths,
            repo_url: &repo.url(),
            release: &release(&name(1)),
            commit,
        }))
    }

    /// What differs; nothing is changed by the look.
    #[track_caller]
    fn differences(&self, repo: &Repo, commit: &str) -> Differences {
        let before = tree(&self.home());
        let ran = self.verify(repo, commit).ok();
        assert_eq!(ran.stderr, "", "{:?}", self.shell);
        assert_eq!(tree(&self.home()), before);
        parse_verify(&ran.stdout).unwrap()
    }
}

/// Kinds and paths of what differs.
fn told(found: &Differences) -> Vec<String> {
    found.first.iter().map(|(kind, path)| format!("{kind:?} {path}")).collect()
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// A repository with everything that a release can hold, submodules too.
fn everything(bed: &Bed) -> (Repo, String) {
    let library = bed.repo("library");
    library.write("lib", "lib\n");
    let at = library.commit("1");
    let repo = bed.repo("origin");
    for path in
        ["a", "b", "deep/er/c", "deep/er/d", "it's \"$(x)\"\n \\n`y`", "-rf", "\u{1}odd", "run", "REVISION"]
    {
        repo.write(path, &format!("{path}\n"));
    }
    repo.write("empty", "");
    repo.write("subst", "$Format:%H$\n");
    repo.write("ignored", "");
    repo.write(".gitattributes", "ignored export-ignore\nsubst export-subst\n");
    mode(&repo.dir.join("run"), 0o755);
    symlink("deep/er", repo.dir.join("link")).unwrap();
    symlink("no where\n", repo.dir.join("dangling")).unwrap();
    repo.git(&["add", "-A"]);
    repo.add_submodule("vendor/lib", Some("../library"), &at);
    let commit = repo.commit_index("1");
    (repo, commit)
}

#[test]
fn as_it_was_made() {
    for mut bed in Bed::all() {
        bed.env = vec![("GIT_ALLOW_PROTOCOL".into(), "file".into())];
        let (repo, commit) = everything(&bed);
        let dir = bed.prepared(&repo.url(), &commit, &name(1));
        assert_eq!(fs::read_to_string(dir.join("vendor/lib/lib")).unwrap(), "lib\n");
        let same =
            |commit: &str| assert_eq!(told(&bed.differences(&repo, commit)), [""; 0], "{:?}", bed.shell);
        same(&commit);
        // As of an older install: no state, and perhaps no REVISION.
        fs::remove_file(bed.app(".garment/releases").join(name(1))).unwrap();
        same(&commit[..7]);
        fs::remove_file(dir.join("REVISION")).unwrap();
        assert_eq!(told(&bed.differences(&repo, &commit)), ["Missing REVISION"]);
    }
}

#[test]
fn each_way_to_differ() {
    for mut bed in Bed::all() {
        bed.env = vec![("GIT_ALLOW_PROTOCOL".into(), "file".into())];
        let (repo, commit) = everything(&bed);
        let dir = bed.prepared(&repo.url(), &commit, &name(1));
        fs::write(dir.join("a"), "A\n").unwrap();
        fs::write(dir.join("empty"), "x").unwrap();
        fs::write(dir.join("REVISION"), "4634f44\n").unwrap();
        fs::remove_file(dir.join("b")).unwrap();
        fs::create_dir_all(dir.join("b/below")).unwrap();
        fs::remove_dir_all(dir.join("deep/er")).unwrap();
        // Two reasons, told once.
        fs::write(dir.join("run"), "ruN\n").unwrap();
        mode(&dir.join("run"), 0o644);
        mode(&dir.join("-rf"), 0o755);
        fs::write(dir.join("it's \"$(x)\"\n \\n`y`"), "").unwrap();
        fs::remove_file(dir.join("\u{1}odd")).unwrap();
        for (link, to) in [("link", "deep"), ("dangling", "no where")] {
            fs::remove_file(dir.join(link)).unwrap();
            symlink(to, dir.join(link)).unwrap();
        }
        fs::write(dir.join("vendor/lib/lib"), "LIB\n").unwrap();
        fs::create_dir_all(dir.join("node_modules/x/y")).unwrap();
        fs::write(dir.join("ignored"), "").unwrap();
        fs::write(dir.join("vendor/new\nline\u{1}"), "").unwrap();
        symlink("/no/where", dir.join("vendor/hanging")).unwrap();
        fs::remove_file(dir.join("subst")).unwrap();
        assert_eq!(bed.run(&format!("mkfifo '{}/subst'", dir.display())).code, Some(0));
        // Reading a fifo would hang, here as well.
        let ran = bed.verify(&repo, &commit).ok();
        let found = parse_verify(&ran.stdout).unwrap();
        assert_eq!(ran.stderr, "", "{:?}", bed.shell);
        assert!(!bed.app(".garment/.verify").exists());
        let want = [
            "Changed -rf",
            "Changed REVISION",
            "Changed a",
            "Changed b",
            "Changed dangling",
            "Changed empty",
            "Changed it's \"$(x)\"\n \\n`y`",
            "Changed link",
            "Changed run",
            "Changed subst",
            "Changed vendor/lib/lib",
            "Extra ignored",
            "Extra node_modules",
            "Extra vendor/hanging",
            "Extra vendor/new\nline?",
            "Missing deep/er",
            "Missing ?odd",
        ];
        let (mut told, mut want) = (told(&found), want.map(String::from).to_vec());
        told.sort();
        want.sort();
        assert_eq!(told, want, "{:?}", bed.shell);
        assert_eq!((found.changed, found.missing, found.extra, found.count()), (11, 2, 4, 17));
        assert_eq!(found.commit.as_str(), commit);
    }
}

/// Many are compared in one go: bytes that move from one to the next are found all the same, and so is one bit.
#[test]
fn files_are_not_mixed_up() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        for (file, text) in [("a", "12"), ("b", "345"), ("c", "6"), ("d", "")] {
            repo.write(file, text);
        }
        let commit = repo.commit("1");
        let dir = bed.prepared(&repo.url(), &commit, &name(1));
        for (files, want) in [
            ([("a", "123"), ("b", "45")].as_slice(), ["Changed a", "Changed b"].as_slice()),
            (&[("a", "12"), ("b", "34"), ("c", "56")], &["Changed b", "Changed c"]),
            (&[("b", "345"), ("c", "6")], &[]),
            (&[("c", "7")], &["Changed c"]),
            (&[("c", ""), ("d", "6")], &["Changed c", "Changed d"]),
        ] {
            for (file, text) in files {
                fs::write(dir.join(file), text).unwrap();
            }
            assert_eq!(told(&bed.differences(&repo, &commit)), want, "{:?}", bed.shell);
        }
    }
}

#[test]
fn many_differences_are_counted_and_some_are_told() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        for n in 0..150 {
            repo.write(&format!("f{n:03}"), "x");
        }
        let commit = repo.commit("1");
        let dir = bed.prepared(&repo.url(), &commit, &name(1));
        for n in 0..150 {
            fs::remove_file(dir.join(format!("f{n:03}"))).unwrap();
        }
        fs::write(dir.join("z"), "").unwrap();
        let found = bed.differences(&repo, &commit);
        assert_eq!((found.missing, found.extra, found.first.len()), (150, 1, 100));
        assert_eq!(found.first[0], (Kind::Extra, "z".to_owned()));
        assert_eq!(found.first[99], (Kind::Missing, "f098".to_owned()));
    }
}

#[test]
fn what_can_t_be_compared_leaves_nothing_behind() {
    for mut bed in Bed::all() {
        let repo = bed.repo("origin");
        repo.write("a", "a\n");
        let commit = repo.commit("1");
        let source = bed.app("source").display().to_string();
        let (what, _) = bed.verify(&repo, &commit).failure();
        assert_eq!(what, format!("the copy of the repository, `{source}`, is not there"));
        assert!(!bed.app("").exists());
        bed.prepared(&repo.url(), &commit, &name(1));
        // One that was killed left this behind.
        fs::create_dir_all(bed.app(".garment/.verify/tree/x")).unwrap();
        let gone = "4634f44a".repeat(5);
        let (what, remedy) = bed.verify(&repo, &gone).failure();
        assert_eq!(what, format!("`{source}` has no commit {gone} any more"));
        assert_eq!(remedy, "deploy again: there is nothing to compare the release with");
        let ran = bed.verify(&repo, &commit).ok();
        assert_eq!(parse_verify(&ran.stdout).unwrap().count(), 0);
        assert!(!bed.app(".garment/.verify").exists());
        // A disk that fills up, say.
        let bin = bed.dir.path().join("bin");
        fs::create_dir(&bin).unwrap();
        fs::write(
            bin.join("tar"),
            "#!/bin/sh\ncat >/dev/null\necho 'tar: No space left on device' >&2\nexit 2\n",
        )
        .unwrap();
        mode(&bin.join("tar"), 0o755);
        let path = std::mem::take(&mut bed.path);
        bed.path = format!("{}:{path}", bin.display());
        let (what, _) = bed.verify(&repo, &commit).failure();
        assert!(what.ends_with(": No space left on device"), "{what}");
        assert!(!bed.app(".garment/.verify").exists());
        // And one that is stopped.
        fs::write(bin.join("tar"), "#!/bin/sh\ncat >/dev/null\nkill -TERM \"$VERIFY\"\n").unwrap();
        let text = verify(&Verify {
            paths: &bed.paths,
            repo_url: &repo.url(),
            release: &release(&name(1)),
            commit: &commit,
        });
        let ran = bed.run(&format!("VERIFY=$$\nexport VERIFY\n{text}"));
        assert_eq!(ran.code, Some(143), "{:?}", bed.shell);
        assert!(!bed.app(".garment/.verify").exists());
    }
}
