//! Which commit a ref is, and that a ref that is none leaves no trace.

use garment_testing::{Fleet, Repo, Sandbox};

use crate::found::{current, releases, tree};
use crate::{next, production, project, shop};

/// A repository in which `master` is not the only thing with that word in its name.
fn with_decoys(fleet: &Fleet) -> (Repo, String) {
    let (repo, commit) = shop(fleet);
    repo.git(["checkout", "--quiet", "-b", "feature/master"]);
    repo.write("version", "feature\n").commit("feature");
    repo.branch("a/master").tag("master-1").tag("v/master");
    repo.checkout("master").push();
    (repo, commit)
}

/// Deploys `git_ref` and says which commit arrived; the release is named after it, and `REVISION` holds it.
fn deployed(project: &Sandbox<'_>, git_ref: &str) -> String {
    project.run(["deploy", "production", "--ref", git_ref]).code(0);
    let host = project.fleet().host("web1");
    let revision = host.read("shop/current/REVISION").trim_end().to_owned();
    let name = current(host).unwrap();
    assert_eq!(name.split_once('-').unwrap().1, &revision[..7]);
    revision
}

/// The files of every host: a deploy that is refused must not change them.
fn traces(fleet: &Fleet) -> Vec<Vec<String>> {
    fleet.hosts().iter().map(|host| tree(host.home())).collect()
}

#[test]
fn master_is_not_a_branch_that_ends_in_master() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, master) = with_decoys(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1"], ""));
    project.run(["deploy", "production"]).code(0).stdout_has(&format!("\nmaster is {master}\n"));
    assert_eq!(fleet.host("web1").read("shop/current/REVISION"), format!("{master}\n"));
    assert_eq!(fleet.host("web1").read("shop/current/version"), "1\n");
    assert_eq!(deployed(&project, "feature/master"), repo.id("feature/master"));
    assert_eq!(fleet.host("web1").read("shop/current/version"), "feature\n");
}

#[test]
fn tags_full_names_and_commit_ids() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, first) = shop(&fleet);
    let second = next(&repo, 2);
    let tag_object = repo.annotated_tag("v2");
    assert_ne!(tag_object, second);
    let third = next(&repo, 3);
    repo.tag("light").push();
    let project = project(&fleet);
    project.config(&production(&repo, &["web1"], ""));
    for (git_ref, commit) in [
        ("v2", &second),
        ("light", &third),
        ("refs/tags/v2", &second),
        ("refs/heads/master", &third),
        // A tip, and a commit that no ref points at.
        (third.as_str(), &third),
        (first.as_str(), &first),
    ] {
        assert_eq!(deployed(&project, git_ref), *commit, "{git_ref}");
    }
    // The host's copy is kept: the last release knows its version, too.
    assert_eq!(fleet.host("web1").read("shop/current/version"), "1\n");
}

#[test]
fn a_branch_and_a_tag_of_one_name() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, first) = shop(&fleet);
    repo.tag("both").tag("same").branch("same");
    next(&repo, 2);
    repo.branch("both").push();
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    let before = traces(&fleet);
    let refused = project.run(["deploy", "production", "--ref", "both"]);
    refused.code(2).stdout_has(&format!(
        "\n`both` is ambiguous: `refs/heads/both` and `refs/tags/both` are different commits at {}\n  \
         write the full name, `refs/heads/both` or `refs/tags/both`\n",
        repo.url()
    ));
    assert_eq!(traces(&fleet), before);
    // Both names mean the same commit, so there is nothing to ask.
    assert_eq!(deployed(&project, "same"), first);
    assert_eq!(deployed(&project, "refs/tags/both"), first);
}

#[test]
fn a_ref_that_is_none_leaves_no_trace() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, first) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    let before = traces(&fleet);
    let unknown_id = "0123456789abcdef0123456789abcdef01234567";
    for (git_ref, said) in [
        ("mastre", "there is no branch or tag `mastre` at "),
        ("mastre", "did you mean `master`?"),
        ("aster", "there is no branch or tag `aster` at "),
        ("", "there is no branch or tag `` at "),
        ("mast*", "there is no branch or tag `mast*` at "),
        ("refs/heads/maste", "there is no branch or tag `refs/heads/maste` at "),
        (&first[..7], "a commit needs all its digits"),
        (&first[..39], "a commit needs all its digits"),
    ] {
        project.run(["deploy", "production", "--ref", git_ref]).code(2).stdout_has(said);
        assert_eq!(traces(&fleet), before, "{git_ref}");
    }
    project.run(["deploy", "production", "--ref", unknown_id]).code(2).stdout_has(unknown_id);
    assert_eq!(traces(&fleet), before);
    // The same in the file.
    project.config(&production(&repo, &["web1", "web2"], "").replace("master", "nothing"));
    project.run(["deploy", "production"]).code(2).stdout_has("there is no branch or tag `nothing` at ");
    assert_eq!(traces(&fleet), before);
}

#[test]
fn a_branch_that_moves_meanwhile() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, first) = shop(&fleet);
    let second = next(&repo, 2);
    // The origin is at the first commit until the deploy itself moves it on: `web1`'s first git does, so after the ref
    // was looked up and before anything is fetched.
    let origin = repo.origin().display().to_string();
    repo.git(["push", "--quiet", "--force", "origin", &format!("{first}:refs/heads/master")]);
    repo.git(["push", "--quiet", "origin", &format!("{second}:refs/heads/next")]);
    let web1 = fleet.host("web1");
    let path = fleet.ssh("web1", "command -v git").stdout.trim_end().to_owned();
    web1.write(
        "git.txt",
        format!("#!/bin/sh\n{path} -C {origin} update-ref refs/heads/master {second}\nexec {path} \"$@\"\n"),
    );
    fleet.ssh("web1", "cp git.txt ../bin/git && chmod +x ../bin/git").code(0);
    let project = project(&fleet);
    let task = "  stages:\n    before:\n      - {id: push, commands: ['git ls-remote {repo_url} refs/heads/{git_ref}']}\n";
    project.config(&production(&repo, &["web1", "web2"], task));
    let deployed = project.run(["deploy", "production"]);
    deployed.code(0).stdout_has(&format!("\nmaster is {first}\n"));
    // By then it had moved.
    deployed.stdout_has(&format!("\n[web1] {second} "));
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/REVISION"), format!("{first}\n"));
        assert_eq!(host.read("shop/current/version"), "1\n");
        assert_eq!(releases(host).len(), 1);
    }
    project.run(["deploy", "production"]).code(0);
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/REVISION"), format!("{second}\n"));
    }
}
