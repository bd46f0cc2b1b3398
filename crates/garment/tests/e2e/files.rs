//! What arrives of a commit: exactly what `git archive COMMIT | tar x` gives, and a REVISION.

use std::path::PathBuf;

use garment_testing::{Fleet, Repo};

use crate::found::tree;
use crate::{production, project};

/// What the host itself makes of `git archive COMMIT | tar x`, by the same git, tar and umask. Root's tar ignores the
/// umask unless it is told not to; a release is the same whoever deploys.
fn archived(fleet: &Fleet, repo: &Repo, commit: &str) -> Vec<String> {
    let into = fleet.host("web1").file("archived");
    let command = format!(
        "mkdir {0} && git --git-dir={1} archive {commit} | tar -x --no-same-permissions -f - -C {0}",
        into.display(),
        repo.origin().display()
    );
    fleet.ssh("web1", &command).code(0).stderr_is("");
    tree(&into)
}

/// The release's files but REVISION, which must hold the commit.
fn arrived(fleet: &Fleet, commit: &str) -> Vec<String> {
    let host = fleet.host("web1");
    assert_eq!(host.read("shop/current/REVISION"), format!("{commit}\n"));
    assert!(!host.file("shop/current/REVISION").symlink_metadata().unwrap().is_symlink());
    let mut files = tree(&fs_err::canonicalize(host.file("shop/current")).unwrap());
    files.retain(|line| !line.starts_with("\"REVISION\" "));
    files
}

fn deploy(fleet: &Fleet, repo: &Repo) {
    let project = project(fleet);
    project.config(&production(repo, &["web1"], ""));
    project.run(["deploy", "production"]).code(0);
}

#[test]
fn every_name_mode_and_link() {
    let fleet = Fleet::builder().webs(1).start();
    let repo = fleet.repo("shop");
    for name in [
        "two words/three more words",
        "new\nline/\n",
        "-rf/-x",
        "--help",
        "-",
        "ünï/日本語 💾",
        "quo'te\"s/`x`$(x)\\",
        " leading and trailing ",
        ".hidden/.file",
        "tab\tand\rreturn",
        "*?[a]",
        "{a,b};&|<>#!",
    ] {
        repo.write(name, format!("in {name}\n"));
    }
    repo.write("a/very/deep/".to_owned() + &"folder/".repeat(30) + "file", "deep\n");
    repo.write("x".repeat(200) + "/" + &"y".repeat(200), "a name beyond what old tar formats hold\n");
    repo.write("empty", "").write("no newline", "end").write("binary", [0, 1, 2, 255, b'\n', 0]);
    repo.write("run me", "#!/bin/sh\n").executable("run me");
    repo.symlink("two words/three more words", "link");
    repo.symlink("nowhere\nat all", "dangling").symlink("/etc/hostname", "absolute").symlink("..", "a/up");
    let commit = repo.commit("names");
    repo.push();
    deploy(&fleet, &repo);
    let expected = archived(&fleet, &repo, &commit);
    assert_eq!(arrived(&fleet, &commit), expected);
    let starts = |start: &str| expected.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!(starts(r#""new\nline/\n" "#), 1);
    assert_eq!(starts(r#""run me" 100755 "#), 1);
    assert_eq!(starts(r#""dangling" 120777 -> "nowhere\nat all""#), 1);
}

#[test]
fn what_the_repository_exports() {
    let fleet = Fleet::builder().webs(1).start();
    let repo = fleet.repo("shop");
    repo.write(
        ".gitattributes",
        "tests export-ignore\n/secret.txt export-ignore\nversion.txt export-subst\n",
    );
    repo.write("tests/one", "1").write("secret.txt", "s").write("deep/secret.txt", "kept\n");
    repo.write("version.txt", "$Format:%H %an$\n").write("other.txt", "$Format:%H$\n");
    let commit = repo.commit("export");
    repo.push();
    deploy(&fleet, &repo);
    let files = arrived(&fleet, &commit);
    assert_eq!(files, archived(&fleet, &repo, &commit));
    assert_eq!(
        crate::found::names(&fs_err::canonicalize(fleet.host("web1").file("shop/current")).unwrap()),
        [".gitattributes", "REVISION", "deep", "other.txt", "version.txt"]
    );
    assert_eq!(fleet.host("web1").read("shop/current/version.txt"), format!("{commit} Ada\n"));
    assert_eq!(fleet.host("web1").read("shop/current/other.txt"), "$Format:%H$\n");
    assert_eq!(fleet.host("web1").read("shop/current/deep/secret.txt"), "kept\n");
}

#[test]
fn a_revision_of_the_repository_s_own() {
    let fleet = Fleet::builder().webs(1).start();
    let repo = fleet.repo("shop");
    repo.write("REVISION", "mine\n").write("file", "f\n");
    let commit = repo.commit("a file");
    repo.push();
    deploy(&fleet, &repo);
    assert_eq!(arrived(&fleet, &commit).len(), 1);
    // A link to elsewhere is replaced; what it leads to is left alone.
    let bystander = fleet.host("web1").file("bystander");
    fleet.host("web1").write("bystander", "mine\n");
    repo.remove("REVISION").symlink(&bystander, "REVISION");
    let commit = repo.commit("a link");
    repo.push();
    deploy(&fleet, &repo);
    assert_eq!(arrived(&fleet, &commit).len(), 1);
    assert_eq!(fleet.host("web1").read("bystander"), "mine\n");
}

#[test]
fn an_empty_commit_is_a_release_too() {
    let fleet = Fleet::builder().webs(1).start();
    let repo = fleet.repo("shop");
    let commit = repo.commit("nothing");
    repo.push();
    deploy(&fleet, &repo);
    assert_eq!(arrived(&fleet, &commit), Vec::<String>::new());
}

#[test]
fn a_commit_that_takes_everything_away_leaves_nothing_of_the_last_one() {
    let fleet = Fleet::builder().webs(1).start();
    let repo = fleet.repo("shop");
    repo.write("old/file", "old\n").write("kept", "1\n");
    repo.commit("old");
    repo.push();
    deploy(&fleet, &repo);
    let first: PathBuf = fs_err::canonicalize(fleet.host("web1").file("shop/current")).unwrap();
    let before = tree(&first);
    repo.remove("old").write("old", "a file now\n");
    let commit = repo.commit("new");
    repo.push();
    deploy(&fleet, &repo);
    assert_eq!(arrived(&fleet, &commit), archived(&fleet, &repo, &commit));
    assert_eq!(tree(&first), before);
}
