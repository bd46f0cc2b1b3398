//! Submodules arrive at the commits that the tree records.

use garment_testing::{Fleet, Repo};

use crate::found::tree;
use crate::{production, project};

fn deploy(fleet: &Fleet, repo: &Repo) {
    let project = project(fleet);
    project.config(&production(repo, &["web1", "web2"], ""));
    project.run(["deploy", "production"]).code(0);
}

/// A repository with one file, pushed.
fn library(fleet: &Fleet, name: &str) -> Repo {
    let repo = fleet.repo(name);
    repo.write("name", format!("{name}\n"));
    repo.commit("1");
    repo.push();
    repo
}

#[test]
fn nested_with_relative_urls_and_spaces() {
    let fleet = Fleet::builder().webs(2).start();
    library(&fleet, "inner most");
    let middle = library(&fleet, "middle");
    middle.add_submodule("third party/inner", "../inner most.git");
    middle.commit("nest");
    middle.push();
    let plain = library(&fleet, "plain");
    let repo = library(&fleet, "shop");
    repo.add_submodule("vendor libs/ünï middle", "../middle.git");
    repo.add_submodule("absolute", &plain.url());
    let commit = repo.commit("submodules");
    repo.push();
    // What the submodules get meanwhile is not what the tree records.
    middle.write("name", "newer\n").commit("newer");
    middle.push();
    plain.write("name", "newer\n").commit("newer");
    plain.push();
    deploy(&fleet, &repo);
    for host in fleet.hosts() {
        let read = |path: &str| host.read(format!("shop/current/{path}"));
        assert_eq!(read("REVISION"), format!("{commit}\n"));
        assert_eq!(read("name"), "shop\n");
        assert_eq!(read("absolute/name"), "plain\n");
        assert_eq!(read("vendor libs/ünï middle/name"), "middle\n");
        assert_eq!(read("vendor libs/ünï middle/third party/inner/name"), "inner most\n");
        let files = tree(&fs_err::canonicalize(host.file("shop/current")).unwrap());
        let git: Vec<_> =
            files.iter().filter(|line| line.contains("/.git\"") || line.starts_with("\".git\"")).collect();
        assert_eq!(git, Vec::<&String>::new(), "no part of a repository's own data is in a release");
    }
}

#[test]
fn moved_on_and_taken_out() {
    let fleet = Fleet::builder().webs(2).start();
    let plain = library(&fleet, "plain");
    let repo = library(&fleet, "shop");
    repo.add_submodule("plain", "../plain.git");
    repo.commit("with it");
    repo.push();
    deploy(&fleet, &repo);
    assert_eq!(fleet.host("web2").read("shop/current/plain/name"), "plain\n");

    let newer = {
        plain.write("name", "newer\n");
        plain.commit("newer")
    };
    plain.push();
    repo.git(["-C", "plain", "fetch", "--quiet"]);
    repo.git(["-C", "plain", "checkout", "--quiet", &newer]);
    repo.commit("move on");
    repo.push();
    deploy(&fleet, &repo);
    assert_eq!(fleet.host("web2").read("shop/current/plain/name"), "newer\n");

    repo.git(["rm", "--quiet", "plain"]);
    repo.commit("without");
    repo.push();
    deploy(&fleet, &repo);
    assert!(!fleet.host("web2").file("shop/current/plain").exists());
}

#[test]
fn what_stays_empty() {
    let fleet = Fleet::builder().webs(2).start();
    library(&fleet, "plain");
    let repo = library(&fleet, "shop");
    let first = repo.id("HEAD");
    repo.add_submodule("ignored/plain", "../plain.git");
    repo.write(".gitattributes", "ignored export-ignore\n");
    // A link to a commit that .gitmodules says nothing about: git itself leaves an empty folder.
    repo.git(["add", "."]);
    repo.git(["update-index", "--add", "--cacheinfo", &format!("160000,{first},unnamed")]);
    repo.git(["commit", "--quiet", "--message", "both"]);
    repo.push();
    deploy(&fleet, &repo);
    for host in fleet.hosts() {
        assert!(!host.file("shop/current/ignored").exists());
        assert_eq!(crate::found::names(&host.file("shop/current/unnamed")), Vec::<String>::new());
        assert_eq!(host.read("shop/current/name"), "shop\n");
    }
}

#[test]
fn a_submodule_that_lacks_its_commit_stops_the_deploy() {
    let fleet = Fleet::builder().webs(2).start();
    library(&fleet, "plain");
    let repo = library(&fleet, "shop");
    repo.add_submodule("lib/plain", "../plain.git");
    repo.commit("with it");
    repo.push();
    deploy(&fleet, &repo);
    let before = crate::found::releases(fleet.host("web1"));
    repo.write("lib/plain/name", "only here\n");
    repo.git(["-C", "lib/plain", "commit", "--quiet", "--all", "--message", "not pushed"]);
    let missing = repo.git(["-C", "lib/plain", "rev-parse", "HEAD"]);
    repo.commit("with more");
    repo.push();
    let project = project(&fleet);
    let stopped = project.run(["deploy", "production"]);
    stopped.code(4).stdout_has("prepare failed");
    stopped.stdout_has(&format!("the submodule `lib/plain` is at commit {missing}, which `file://"));
    stopped.stdout_has("push that commit of the submodule, then deploy again");
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/lib/plain/name"), "plain\n");
        let names = crate::found::releases(host);
        let complete: Vec<_> = names.into_iter().filter(|name| !name.starts_with('.')).collect();
        assert_eq!(complete, before);
    }
}
