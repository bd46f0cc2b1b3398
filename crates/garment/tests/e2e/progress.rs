//! What takes long says how far it is; what is over soon says nothing.

use garment_testing::Fleet;

use crate::bed::{Gate, current, until, wrap};
use crate::push::{cut_off, noise, push};
use crate::{next, production, project, shop};

/// git on that host: where its arguments match, it says how far it is, which some older ones don't, and waits at the gate.
fn slow_git(fleet: &Fleet, gate: &Gate, host: &str, arguments: &str, says: &str) {
    let wait = gate.wait_on(host);
    wrap(fleet, host, "git", &format!("case \" $* \" in {arguments}) printf '{says}' >&2; {wait} ;; esac"));
}

const HALF: &str =
    "remote: Counting objects: 100%% (9/9), done.\\nReceiving objects:  45%% (4/9)\\rReceiving obj";

fn nothing_is_left(fleet: &Fleet) {
    for host in fleet.hosts() {
        until("nothing runs there", || host.processes().is_empty());
        assert!(!host.file("shop/.garment/git-says").exists());
    }
}

#[test]
fn a_clone_that_takes_long() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let gate = Gate::new(&fleet);
    slow_git(&fleet, &gate, "web2", "*' clone '*", HALF);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    let mut running = project.spawn_on_terminal(100, ["deploy", "production"]);
    // Until it is on the screen.
    running.wait_for_line(|line| line.contains("Receiving objects:  45% (4/9)"));
    gate.open("web2");
    running.finish().code(0);
    nothing_is_left(&fleet);
}

#[test]
fn a_later_fetch_that_takes_long() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    project.run(["deploy", "production"]).code(0);
    next(&repo, 2);
    let gate = Gate::new(&fleet);
    slow_git(&fleet, &gate, "web2", "*' fetch '*", HALF);
    let mut running = project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line.starts_with("[web2] "));
    gate.open("web2");
    let outcome = running.finish();
    outcome.code(0);
    let told: Vec<&str> = outcome.stdout.lines().filter(|line| line.starts_with('[')).collect();
    let told: Vec<&str> = told.into_iter().filter(|line| !line.contains(" current: ")).collect();
    assert_eq!(told, ["[web2] Receiving objects:  45% (4/9)"]);
    nothing_is_left(&fleet);
}

#[test]
fn a_fetch_that_is_ended_leaves_nothing() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1"], ""));
    project.run(["deploy", "production"]).code(0);
    let before = current(fleet.host("web1"));
    next(&repo, 2);
    let gate = Gate::new(&fleet);
    slow_git(&fleet, &gate, "web1", "*' fetch '*", HALF);
    let running = project.spawn(["deploy", "production"]);
    until("git runs", || fleet.host("web1").file("shop/.garment/git-says").exists());
    running.ctrl_c();
    running.finish().code(130);
    assert_eq!(current(fleet.host("web1")), before);
    nothing_is_left(&fleet);
}

#[test]
fn a_submodule_that_takes_long_is_named() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let library = fleet.repo("library");
    library.write("name", "library\n").commit("1");
    library.push();
    repo.add_submodule("vendor/library", "../library.git").commit("a submodule");
    repo.push();
    let gate = Gate::new(&fleet);
    slow_git(&fleet, &gate, "web1", "*' clone '*library*", HALF);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1"], ""));
    let mut running = project.spawn_on_terminal(140, ["deploy", "production"]);
    running.wait_for_line(|line| line.contains("vendor/library: Receiving objects:  45% (4/9)"));
    gate.open("web1");
    running.finish().code(0);
    nothing_is_left(&fleet);
}

#[test]
fn an_unpacking_that_takes_long() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    for file in 0..1000 {
        repo.write(format!("files/{file}"), "small\n");
    }
    repo.commit("many files");
    repo.push();
    let gate = Gate::new(&fleet);
    let project = project(&fleet);
    for (host, delivery) in [("web1", "pull"), ("web2", "push")] {
        wrap(&fleet, host, "tar", &gate.wait_on(host));
        project.config(&production(&repo, &[host], &format!("  delivery: {delivery}\n")));
        let mut running = project.spawn_on_terminal(100, ["deploy", "production"]);
        running.wait_for_line(|line| line.contains("unpacked 0 of 3 MB"));
        gate.open(host);
        running.finish().code(0);
    }
    nothing_is_left(&fleet);
}

#[test]
fn what_was_delivered_takes_long_to_take_in() {
    let fleet = Fleet::builder().webs(2).start();
    cut_off(&fleet);
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&push(&repo, &["web1"], ""));
    project.run(["deploy", "production"]).code(0);
    repo.write("picture", noise(13_000_000));
    repo.commit("a picture");
    repo.push();
    let gate = Gate::new(&fleet);
    // One that has a copy, with a git that says nothing; and one that has none.
    for (host, says, told) in
        [("web1", "", "taking in what was delivered"), ("web2", HALF, "Receiving objects:  45% (4/9)")]
    {
        slow_git(&fleet, &gate, host, "*' fetch '*", says);
        project.config(&push(&repo, &[host], ""));
        let mut running = project.spawn_on_terminal(100, ["deploy", "production"]);
        running.wait_for_line(|line| line.contains(told));
        gate.open(host);
        running.finish().code(0);
    }
    nothing_is_left(&fleet);
}

#[test]
fn a_clone_that_fails_says_why_and_no_more() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let odd = "case \" $* \" in *' clone '*) printf 'Cloning into x...\\nReceiving objects:  45%% (4/9)\\rReceiving objects: 100%% (9/9), done.\\nfatal: the sky fell\\n' >&2; exit 128 ;; esac";
    wrap(&fleet, "web1", "git", odd);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1"], ""));
    let failed = project.run(["deploy", "-v", "production"]);
    failed.code(4).stdout_has(": the sky fell\n").stdout_has("[web1] fatal: the sky fell\n");
    failed.stdout_lacks("Receiving").stdout_lacks("Cloning");
}

#[test]
fn a_transfer_that_takes_long() {
    let fleet = Fleet::builder().webs(1).start();
    cut_off(&fleet);
    let (repo, _) = shop(&fleet);
    repo.write("picture", noise(3_000_000));
    repo.commit("a picture");
    repo.push();
    let project = project(&fleet);
    project.config(&push(&repo, &["web1"], ""));
    // Each piece takes its time.
    wrap(&fleet, "web1", "dd", "sleep 0.6");
    let mut running = project.spawn_on_terminal(100, ["deploy", "production"]);
    running.wait_for_line(|line| line.contains("kB of 3.0 MB"));
    fs_err::remove_file(fleet.root().join("hosts/web1/bin/dd")).unwrap();
    running.finish().code(0);
}
