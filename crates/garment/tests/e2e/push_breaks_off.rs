//! `delivery: push` where the host is gone, or does not move any more, in the middle of a transfer.

use std::time::{Duration, Instant};

use garment_testing::{Fleet, Host};

use crate::bed::{current, until};
use crate::found::releases;
use crate::push::{cut_off, noise, push};
use crate::push_fails::{held_up, large, nothing_is_left};
use crate::{project, shop};

fn unchanged(host: &Host, before: &str) {
    assert_eq!(current(host), before, "{}", host.name());
    assert_eq!(releases(host).len(), 1, "{}", host.name());
}

#[test]
fn a_host_that_is_gone_for_good() {
    let fleet = Fleet::builder().webs(2).start();
    cut_off(&fleet);
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&push(&repo, &["web1", "web2"], "  reconnect_timeout: 1s\n"));
    project.run(["deploy", "production"]).code(0);
    let before: Vec<String> = fleet.hosts().iter().map(current).collect();
    large(&repo);
    let (_gate, let_go) = held_up(&fleet, "web2");
    let mut running = project.spawn(["deploy", "production"]);
    until("a piece is on its way", || fleet.host("web2").file("receiving").exists());
    fleet.host("web2").crash();
    running.wait_for_line(|line| line.starts_with("[web2] note: the connection was lost"));
    let outcome = running.finish();
    outcome.code(4).stdout_has("web2: deliver").stdout_has("the connection was lost");
    for (host, before) in fleet.hosts().iter().zip(&before) {
        unchanged(host, before);
    }
    nothing_is_left(fleet.host("web1"));
    let_go();
    fleet.host("web2").serve();
    project.run(["deploy", "production"]).code(0);
    for host in fleet.hosts() {
        assert_eq!(fs_err::read(host.file("shop/current/picture")).unwrap(), noise(600_000));
        nothing_is_left(host);
    }
}

#[test]
fn interrupted_where_a_disk_does_not_answer() {
    let fleet = Fleet::builder().webs(2).start();
    cut_off(&fleet);
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&push(&repo, &["web1", "web2"], ""));
    project.run(["deploy", "production"]).code(0);
    let before: Vec<String> = fleet.hosts().iter().map(current).collect();
    large(&repo);
    let (gate, let_go) = held_up(&fleet, "web2");
    let running = project.spawn(["deploy", "production"]);
    until("a piece is on its way", || fleet.host("web2").file("receiving").exists());
    let asked = Instant::now();
    running.ctrl_c();
    // Nothing is written there any more, whoever waits for it.
    let outcome = running.finish();
    assert!(asked.elapsed() < Duration::from_secs(30), "{:?}", asked.elapsed());
    outcome.code(130).stdout_has("web2: deliver");
    for (host, before) in fleet.hosts().iter().zip(&before) {
        unchanged(host, before);
    }
    nothing_is_left(fleet.host("web1"));
    let_go();
    gate.open("web2");
    until("nothing runs there", || fleet.host("web2").processes().is_empty());
    project.run(["deploy", "production"]).code(0);
    for host in fleet.hosts() {
        assert_eq!(fs_err::read(host.file("shop/current/picture")).unwrap(), noise(600_000));
        nothing_is_left(host);
    }
}

#[test]
fn interrupted_where_the_line_went_silent() {
    let fleet = Fleet::builder().webs(2).start();
    cut_off(&fleet);
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&push(&repo, &["web1", "web2"], ""));
    project.run(["deploy", "production"]).code(0);
    let before: Vec<String> = fleet.hosts().iter().map(current).collect();
    large(&repo);
    let (gate, let_go) = held_up(&fleet, "web2");
    let running = project.spawn(["deploy", "production"]);
    until("a piece is on its way", || fleet.host("web2").file("receiving").exists());
    assert_eq!(fleet.host("web2").freeze(), 1);
    gate.open("web2");
    let_go();
    let asked = Instant::now();
    running.ctrl_c();
    let outcome = running.finish();
    assert!(asked.elapsed() < Duration::from_secs(30), "{:?}", asked.elapsed());
    outcome.code(130);
    fleet.host("web2").thaw();
    for (host, before) in fleet.hosts().iter().zip(&before) {
        unchanged(host, before);
        until("nothing runs there", || host.processes().is_empty() && host.open_sessions() == 0);
    }
    project.run(["deploy", "production"]).code(0);
    for host in fleet.hosts() {
        nothing_is_left(host);
    }
}
