//! `delivery: push`: hosts get the commit from this machine, and need no way to the origin.

use std::path::PathBuf;

use garment_testing::{Fleet, Host, Outcome, Repo};

use crate::bed::wrap;
use crate::found::releases;
use crate::{next, production, project, shop};

/// Hosts that can't get at any repository.
pub(crate) fn cut_off(fleet: &Fleet) {
    for host in fleet.hosts() {
        host.write(".gitconfig", "[url \"file:///not-here/\"]\n\tinsteadOf = file:///\n");
    }
}

pub(crate) fn push(repo: &Repo, hosts: &[&str], more: &str) -> String {
    production(repo, hosts, &format!("  delivery: push\n{more}"))
}

/// Bytes that nothing can make smaller.
pub(crate) fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(size).collect()
}

/// What each host was sent: `web1: send what it lacks (1.2 MB)`.
fn sent(outcome: &Outcome) -> Vec<String> {
    let line = |line: &str| {
        let (host, rest) = line.strip_prefix('[')?.split_once("] - ")?;
        rest.starts_with("send ").then(|| format!("{host}: {rest}"))
    };
    let mut sent: Vec<String> = outcome.stdout.lines().filter_map(line).collect();
    sent.sort();
    sent
}

/// The same of the repository itself, sizes in bytes as far as they are told.
fn hosts_and_sizes(outcome: &Outcome) -> (Vec<String>, Vec<u64>) {
    let read = |line: String| {
        let (host, size) = line.split_once(": send what it lacks (").unwrap();
        let (number, unit) = size.trim_end_matches(')').split_once(' ').unwrap();
        let factor = if unit == "kB" { 1000.0 } else { 1.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few kB")]
        let size = (number.parse::<f64>().unwrap() * factor) as u64;
        (host.to_owned(), size)
    };
    sent(outcome).into_iter().map(read).unzip()
}

fn git(fleet: &Fleet, host: &Host, arguments: &str) -> String {
    let done = fleet.ssh(host.name(), &format!("git -C ~/shop/source {arguments}"));
    done.code(0);
    done.stdout.trim_end().to_owned()
}

/// The controller's git writes down how it was called.
fn write_down_git(fleet: &Fleet) -> PathBuf {
    let real = fleet.command("git").get_args().nth(1).unwrap().to_owned();
    let log = fleet.root().join("git.log");
    let text = format!("#!/bin/sh\necho \"$*\" >>'{}'\nexec '{}' \"$@\"\n", log.display(), real.display());
    let write = ["-c", "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"", "dash", &text];
    let path = fleet.root().join("bin/git");
    assert!(fleet.command("dash").args(write).arg(path).status().unwrap().success());
    log
}

#[test]
fn hosts_that_can_t_reach_the_origin() {
    let fleet = Fleet::builder().webs(2).start();
    cut_off(&fleet);
    let (repo, first) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    project.run(["deploy", "production"]).code(4).stdout_has("git can't fetch from");
    project.run(["check", "production"]).code(4);
    project.config(&push(&repo, &["web1", "web2"], ""));
    project
        .run(["check", "production"])
        .code(0)
        .stdout_has("✓ delivery: push, so hosts get it from this machine\n");
    project.run(["show", "production"]).code(0).stdout_has("\n  delivery: push\n");
    project.run(["deploy", "production"]).code(0).stdout_has("== deliver (2 hosts)");
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/REVISION"), format!("{first}\n"));
        assert!(!host.file("shop/.garment/delivery").exists());
    }
    let second = next(&repo, 2);
    project.run(["deploy", "production"]).code(0);
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/REVISION"), format!("{second}\n"));
        assert_eq!(releases(host).len(), 2);
    }
    // Nothing is lacking: nothing is sent.
    project.run(["deploy", "production"]).code(0).stdout_lacks("deliver");
    project.run(["verify", "production"]).code(0);
    project.run(["rollback", "production"]).code(0);
}

#[test]
fn each_host_gets_what_it_lacks_and_no_more() {
    let fleet = Fleet::builder().webs(4).start();
    let (repo, _) = shop(&fleet);
    repo.write("picture", noise(500_000));
    repo.commit("a picture");
    repo.annotated_tag("v1");
    repo.push();
    let all = ["web1", "web2", "web3", "web4"];
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    project.run(["deploy", "production"]).code(0);
    next(&repo, 2);
    project.config(&production(&repo, &["web2"], ""));
    project.run(["deploy", "production"]).code(0);
    repo.write("small", noise(3000));
    let last = repo.commit("a small file");
    repo.annotated_tag("v2");
    repo.push();
    cut_off(&fleet);
    let log = write_down_git(&fleet);
    project.config(&push(&repo, &all, ""));
    let deployed = project.run(["deploy", "-v", "production"]);
    deployed.code(0);
    // A file of 500 kB is sent where it lacks, and hosts that lack the same are sent the same.
    assert_eq!(hosts_and_sizes(&deployed).0, all);
    let sizes = hosts_and_sizes(&deployed).1;
    assert!(sizes[..2].iter().all(|size| (3_000..5_000).contains(size)), "{sizes:?}");
    assert!(sizes[2..].iter().all(|size| (500_000..510_000).contains(size)), "{sizes:?}");
    let packed = |log: &PathBuf| {
        let calls = fs_err::read_to_string(log).unwrap();
        calls.lines().filter(|call| call.contains("pack-objects")).count()
    };
    assert_eq!(packed(&log), 3, "one for all that lack the same");
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/REVISION"), format!("{last}\n"));
        assert_eq!(git(&fleet, host, "describe HEAD"), "v2");
        git(&fleet, host, "fsck --strict --connectivity-only");
    }
    // Now all are alike, and whatever they are sent is made once.
    fs_err::remove_file(&log).unwrap();
    next(&repo, 3);
    let deployed = project.run(["deploy", "-v", "production"]);
    deployed.code(0);
    let (hosts, sizes) = hosts_and_sizes(&deployed);
    assert_eq!(hosts, all);
    assert!(sizes.iter().all(|size| *size == sizes[0] && *size < 1000), "{sizes:?}");
    assert_eq!(packed(&log), 1);
}

#[test]
fn from_pull_to_push_and_back() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    repo.branch("side").push();
    // One of them is an older install's clone.
    fleet.ssh("web2", &format!("mkdir shop && git clone --quiet {} shop/source", repo.url())).code(0);
    let project = project(&fleet);
    let hosts = ["web1", "web2"];
    for (version, delivery) in [(2, "push"), (3, "pull"), (4, "push"), (5, "pull")] {
        let commit = next(&repo, version);
        repo.tag(&format!("v{version}"));
        // What is gone at the origin goes on hosts.
        repo.branch(&format!("of-{version}"));
        repo.git(["branch", "-D", &if version == 2 { "side".into() } else { format!("of-{}", version - 1) }]);
        repo.push();
        project.config(&production(&repo, &hosts, &format!("  delivery: {delivery}\n")));
        project.run(["deploy", "production"]).code(0);
        for host in fleet.hosts() {
            assert_eq!(host.read("shop/current/REVISION"), format!("{commit}\n"));
            assert_eq!(git(&fleet, host, &format!("rev-parse v{version}^{{commit}}")), commit);
        }
        let branches = git(&fleet, fleet.host("web1"), "for-each-ref --format='%(refname)' refs/heads");
        assert_eq!(branches, format!("refs/heads/master\nrefs/heads/of-{version}"));
        project.run(["check", "production"]).code(0);
    }
    assert_eq!(git(&fleet, fleet.host("web2"), "symbolic-ref HEAD"), "refs/heads/master");
    assert!(fleet.host("web2").file("shop/source/.git").is_dir());
}

#[test]
fn commits_that_no_branch_leads_to() {
    let fleet = Fleet::builder().webs(1).start();
    cut_off(&fleet);
    let (repo, first) = shop(&fleet);
    let project = project(&fleet);
    project.config(&push(&repo, &["web1"], ""));
    project.run(["deploy", "production"]).code(0);
    // Hidden, as GitHub keeps pull requests; and what was thrown away by force.
    let hidden = next(&repo, 2);
    repo.git(["push", "--quiet", "origin", "HEAD:refs/pull/7/head"]);
    repo.git(["reset", "--quiet", "--hard", &first]);
    let third = next(&repo, 3);
    project.run(["deploy", "production", "--ref", "refs/pull/7/head"]).code(0);
    assert_eq!(fleet.host("web1").read("shop/current/REVISION"), format!("{hidden}\n"));
    project.run(["deploy", "production"]).code(0);
    assert_eq!(fleet.host("web1").read("shop/current/REVISION"), format!("{third}\n"));
    let gone = next(&repo, 4);
    repo.git(["reset", "--quiet", "--hard", &third]);
    repo.push();
    project.run(["deploy", "production", "--ref", &gone]).code(0);
    assert_eq!(fleet.host("web1").read("shop/current/REVISION"), format!("{gone}\n"));
    let unknown = "1".repeat(40);
    project.run(["deploy", "production", "--ref", &unknown]).code(2).stdout_has("there is no commit");
}

#[test]
fn submodules_of_submodules() {
    let fleet = Fleet::builder().webs(2).start();
    let library = |name: &str| {
        let repo = fleet.repo(name);
        repo.write("name", format!("{name}\n"));
        repo.commit("1");
        repo.push();
        repo
    };
    library("inner most");
    let middle = library("middle");
    middle.add_submodule("third party/inner", "../inner most.git");
    middle.commit("nest");
    middle.push();
    let plain = library("plain");
    let repo = library("shop");
    repo.add_submodule("vendor libs/middle", "../middle.git");
    repo.add_submodule("absolute", &plain.url());
    repo.add_submodule("again", "../plain.git");
    repo.commit("submodules");
    repo.push();
    let project = project(&fleet);
    // One host has it all already, but for what is new.
    project.config(&production(&repo, &["web1"], ""));
    project.run(["deploy", "production"]).code(0);
    plain.write("name", "newer\n");
    let newer = plain.commit("newer");
    plain.push();
    repo.git(["-C", "absolute", "fetch", "--quiet"]);
    repo.git(["-C", "absolute", "checkout", "--quiet", &newer]);
    repo.commit("move on");
    repo.push();
    cut_off(&fleet);
    project.config(&push(&repo, &["web1", "web2"], ""));
    let deployed = project.run(["deploy", "-v", "production"]);
    deployed.code(0);
    let of = |host: &str| {
        let lines = sent(&deployed).into_iter().filter(|line| line.starts_with(host));
        lines.map(|line| line.rsplit_once(" (").unwrap().0.to_owned()).collect::<Vec<_>>()
    };
    let url = |name: &str| format!("file://{}", fleet.root().join("repos").join(name).display());
    assert_eq!(
        of("web1"),
        ["web1: send what it lacks".to_owned(), format!("web1: send what it lacks of {}", url("plain.git"))]
    );
    assert_eq!(of("web2").len(), 4, "{:?}", of("web2"));
    for host in fleet.hosts() {
        let read = |path: &str| host.read(format!("shop/current/{path}"));
        assert_eq!(read("absolute/name"), "newer\n");
        assert_eq!(read("again/name"), "plain\n");
        assert_eq!(read("vendor libs/middle/name"), "middle\n");
        assert_eq!(read("vendor libs/middle/third party/inner/name"), "inner most\n");
        assert!(!host.file("shop/.garment/delivery").exists());
    }
    project.run(["verify", "production"]).code(0);
}

#[test]
fn a_resumed_deploy_sends_what_is_still_lacking() {
    let fleet = Fleet::builder().webs(2).start();
    cut_off(&fleet);
    let (repo, first) = shop(&fleet);
    let project = project(&fleet);
    let stages = "  stages:\n    before:\n      - {id: build, commands: ['test -e ~/ready']}\n";
    project.config(&push(&repo, &["web1", "web2"], stages));
    // One gets as far as making the release.
    wrap(&fleet, "web2", "tar", "[ -e ~/ready ] || exit 3");
    project.run(["deploy", "production"]).code(4);
    next(&repo, 2);
    for host in fleet.hosts() {
        host.write("ready", "");
        assert!(!host.file("shop/.garment/delivery").exists());
    }
    fs_err::remove_dir_all(fleet.host("web2").file("shop/source")).unwrap();
    project.run(["resume", "production"]).code(0).stdout_has("== deliver (web2)");
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/REVISION"), format!("{first}\n"));
    }
}
