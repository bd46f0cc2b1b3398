//! The copy of the repository that each host keeps.

use std::os::unix::fs::MetadataExt as _;

use garment_testing::{Fleet, Host};

use crate::found::{releases, tree};
use crate::{next, production, project, shop};

fn git(fleet: &Fleet, host: &Host, arguments: &str) -> String {
    let command = format!("git -C ~/shop/source {arguments}");
    let done = fleet.ssh(host.name(), &command);
    done.code(0);
    done.stdout.trim_end().to_owned()
}

#[test]
fn a_clone_of_an_older_install_is_used_as_it_is() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let host = fleet.host("web1");
    fleet.ssh("web1", &format!("mkdir shop && git clone --quiet {} shop/source", repo.url())).code(0);
    host.write("shop/source/untracked", "mine\n");
    host.write("shop/source/version", "changed by hand\n");
    let inode = || host.file("shop/source/.git").metadata().unwrap().ino();
    let before = inode();
    let second = next(&repo, 2);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1"], ""));
    project.run(["deploy", "production"]).code(0);
    assert_eq!(host.read("shop/current/REVISION"), format!("{second}\n"));
    assert_eq!(host.read("shop/current/version"), "2\n");
    assert!(!host.file("shop/current/untracked").exists());
    // Its work tree and branch are its owner's.
    assert_eq!(host.read("shop/source/untracked"), "mine\n");
    assert_eq!(host.read("shop/source/version"), "changed by hand\n");
    assert_eq!(inode(), before);
    assert_eq!(git(&fleet, host, "symbolic-ref HEAD"), "refs/heads/master");
    next(&repo, 3);
    project.run(["deploy", "production"]).code(0);
    assert_eq!(host.read("shop/current/version"), "3\n");
    project.run(["check", "production"]).code(0);
}

#[test]
fn a_copy_of_something_else_stops_with_a_way_on() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let other = fleet.repo("other");
    other.commit("other");
    other.push();
    let host = fleet.host("web2");
    fleet.ssh("web2", &format!("mkdir shop && git clone --quiet {} shop/source", other.url())).code(0);
    let before = tree(&host.file("shop/source"));
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    let stopped = project.run(["deploy", "production"]);
    let source = host.file("shop/source").display().to_string();
    stopped.code(4).stdout_has("\nweb2: prepare failed\n").stdout_has(&other.url()).stdout_has(&repo.url());
    stopped.stdout_has(&source).stdout_has("git -C ").stdout_has(" remote set-url origin ");
    assert_eq!(tree(&host.file("shop/source")), before);
    assert!(releases(host).is_empty());
    // What it says to do helps.
    let remedy = stopped.stdout.lines().find_map(|line| {
        let start = line.find("git -C ")?;
        Some(line[start..].split(['`', ';']).next().unwrap().to_owned())
    });
    fleet.ssh("web2", &remedy.unwrap()).code(0);
    project.run(["deploy", "production"]).code(0);
    assert_eq!(host.read("shop/current/version"), "1\n");
}

#[test]
fn it_follows_the_origin() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, first) = shop(&fleet);
    repo.branch("gone").push();
    let project = project(&fleet);
    project.config(&production(&repo, &["web1"], ""));
    project.run(["deploy", "production"]).code(0);
    // History is rewritten, a branch goes, and another takes its name as a folder.
    repo.git(["commit", "--quiet", "--amend", "--message", "rewritten"]);
    let rewritten = repo.id("HEAD");
    assert_ne!(rewritten, first);
    repo.git(["branch", "-D", "gone"]);
    repo.branch("gone/on").push();
    project.run(["deploy", "production"]).code(0);
    let host = fleet.host("web1");
    assert_eq!(host.read("shop/current/REVISION"), format!("{rewritten}\n"));
    assert_eq!(
        git(&fleet, host, "for-each-ref --format='%(refname) %(objectname)'"),
        format!("refs/heads/gone/on {rewritten}\nrefs/heads/master {rewritten}")
    );
}

#[test]
fn an_origin_that_only_a_forwarded_agent_opens() {
    let fleet = Fleet::builder().hosts(["web1", "web2", "git"]).start();
    let (repo, commit) = shop(&fleet);
    let origin = fleet.host("git").file("shop.git");
    fleet.ssh("git", &format!("git clone --quiet --mirror {} shop.git", repo.url())).code(0);
    fleet.host("git").agent_only();
    fleet.agent();
    let project = project(&fleet);
    let config =
        production(&repo, &["web1", "web2"], "").replace(&repo.url(), &fleet.git_url("git", &origin));
    project.config(&config);
    let stopped = project.run(["deploy", "production"]);
    stopped.code(4).stdout_has("\n2 hosts: prepare failed\n  web1, web2\n").stdout_has("Permission denied");
    stopped.stdout_has("forward_agent: true");
    project.config(&(config + "  forward_agent: true\n"));
    project.run(["deploy", "production"]).code(0);
    for name in ["web1", "web2"] {
        assert_eq!(fleet.host(name).read("shop/current/REVISION"), format!("{commit}\n"));
    }
}
