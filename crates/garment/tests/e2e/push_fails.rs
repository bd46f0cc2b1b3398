//! `delivery: push` where something goes wrong: each time the old release goes on serving, and the next deploy works.

use garment_testing::{Fleet, Host, Outcome, Repo};

use crate::bed::{Gate, current, until, wrap};
use crate::push::{cut_off, noise, push};
use crate::{next, production, project, shop};

/// `dd`, by which each piece is written, waits at the gate; gives what takes that away.
pub(crate) fn held_up(fleet: &Fleet, host: &str) -> (Gate, impl Fn()) {
    let gate = Gate::new(fleet);
    wrap(fleet, host, "dd", &format!("echo piece >>~/receiving; {}", gate.wait_on(host)));
    let path = fleet.root().join("hosts").join(host).join("bin/dd");
    (gate, move || fs_err::remove_file(&path).unwrap())
}

/// A repository that takes several pieces to send.
pub(crate) fn large(repo: &Repo) {
    repo.write("picture", noise(600_000));
    repo.commit("a picture");
    repo.push();
}

pub(crate) fn nothing_is_left(host: &Host) {
    until("nothing runs there", || host.processes().is_empty() && host.open_sessions() == 0);
    assert!(!host.file("shop/.garment/delivery").exists(), "{}", host.name());
}

#[test]
fn interrupted_in_the_middle() {
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
    running.ctrl_c();
    gate.open("web2");
    let outcome = running.finish();
    outcome.code(130).stderr_is("").stdout_has("deploy to production stopped, as asked");
    outcome.stdout_lacks("left in the releases folder");
    for (host, before) in fleet.hosts().iter().zip(before) {
        assert_eq!(current(host), before);
        nothing_is_left(host);
    }
    let_go();
    project.run(["deploy", "production"]).code(0);
}

#[test]
fn the_connection_is_lost_in_the_middle() {
    let fleet = Fleet::builder().webs(2).start();
    cut_off(&fleet);
    let (repo, _) = shop(&fleet);
    large(&repo);
    let project = project(&fleet);
    project.config(&push(&repo, &["web1", "web2"], ""));
    let (gate, let_go) = held_up(&fleet, "web2");
    let mut running = project.spawn(["deploy", "production"]);
    until("a piece is on its way", || fleet.host("web2").file("receiving").exists());
    gate.open("web2");
    // It waits with the second one, and what waits there outlives its session.
    until("another is", || fleet.host("web2").read("receiving") == "piece\npiece\n");
    let_go();
    assert_eq!(fleet.host("web2").kill_sessions(), 1);
    running.wait_for_line(|line| line.starts_with("[web2] note: the connection was lost"));
    running.wait_for_line(|line| line.starts_with("[web2] note: connected again after "));
    running.finish().code(0).stderr_is("");
    gate.open("web2");
    for host in fleet.hosts() {
        assert_eq!(fs_err::read(host.file("shop/current/picture")).unwrap(), noise(600_000));
    }
}

#[test]
fn the_disk_is_full() {
    let fleet = Fleet::builder().webs(2).start();
    cut_off(&fleet);
    let host = fleet.host("web2");
    host.small_disk("shop", 12);
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&push(&repo, &["web1", "web2"], ""));
    project.run(["deploy", "production"]).code(0);
    let before = current(host);
    large(&repo);
    // It fills up meanwhile.
    let (gate, let_go) = held_up(&fleet, "web2");
    let running = project.spawn(["deploy", "production"]);
    until("a piece is on its way", || host.file("receiving").exists());
    host.fill_disk();
    gate.open("web2");
    let outcome = running.finish();
    let file = host.file("shop/.garment/delivery/source").display().to_string();
    outcome.code(4).stdout_has("\nweb2: deliver failed\n");
    outcome.stdout_has(&format!("can not write `{file}`: No space left on device"));
    outcome.stdout_has("see whether the disk is full (df -h, df -i), make room, and deploy again");
    assert_eq!(current(host), before);
    nothing_is_left(host);
    let_go();
    host.mend_disk();
    // It is known before that there is no room.
    repo.write("more", noise(6_000_000));
    repo.commit("more");
    repo.push();
    let outcome = project.run(["deploy", "production"]);
    outcome.code(4).stdout_has(" MiB free, and what is to be sent there needs 17").stdout_lacks("== deliver");
    assert_eq!(current(host), before);
    repo.git(["reset", "--quiet", "--hard", "HEAD~1"]);
    repo.push();
    project.run(["deploy", "production"]).code(0);
}

fn no_delivery(outcome: &Outcome, code: i32, what: &str, remedy: &str) {
    outcome.code(code).stdout_has(what).stdout_has(remedy).stdout_lacks("== deliver");
}

#[test]
fn copies_that_nothing_can_be_delivered_to() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    next(&repo, 2);
    let other = fleet.repo("other");
    other.commit("other");
    other.push();
    let project = project(&fleet);
    project.config(&push(&repo, &["web1", "web2"], ""));
    let host = fleet.host("web2");
    let source = host.file("shop/source").display().to_string();
    for (clone, what, remedy) in [
        (
            format!("--depth 1 {}", repo.url()),
            format!("`{source}` is a shallow clone, to which nothing can be delivered"),
            format!("rm -rf {source}; or set `delivery: pull`"),
        ),
        (
            format!("--filter=blob:none {}", repo.url()),
            format!("`{source}` is a partial clone, to which nothing can be delivered"),
            format!("rm -rf {source}; or set `delivery: pull`"),
        ),
        (
            other.url(),
            format!("`{source}` is a copy of `{}`, but `repo_url` is `{}`", other.url(), repo.url()),
            format!("git -C {source} remote set-url origin"),
        ),
    ] {
        fleet
            .ssh(
                "web2",
                &format!("rm -rf shop && mkdir shop && git clone --quiet --mirror {clone} shop/source"),
            )
            .code(0);
        no_delivery(&project.run(["deploy", "production"]), 4, &what, &remedy);
        project.run(["check", "production"]).code(4).stdout_has(&what).stdout_has(&remedy);
        assert_eq!(current(fleet.host("web1")), "");
    }
    fs_err::remove_dir_all(host.file("shop/source")).unwrap();
    project.run(["deploy", "production"]).code(0);
}

#[test]
fn an_origin_that_can_t_be_delivered_from() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    next(&repo, 2);
    let project = project(&fleet);
    let config = push(&repo, &["web1"], "");
    let shallow = fleet.root().join("shallow.git");
    repo.git(["clone", "--quiet", "--bare", "--depth", "1", &repo.url(), &shallow.to_string_lossy()]);
    project.config(&config.replace(&repo.url(), &format!("file://{}", shallow.display())));
    no_delivery(
        &project.run(["deploy", "production"]),
        2,
        "is a shallow clone, from which nothing can be delivered",
        "complete it with `git fetch --unshallow`, or set `delivery: pull`",
    );
    project.config(&config.replace("shop.git", "gone.git"));
    no_delivery(
        &project.run(["deploy", "production"]),
        3,
        "this machine can't read file://",
        "try `git ls-remote",
    );
    project.config(&config);
    // Nowhere to keep a mirror.
    let cache = fleet.root().join("controller/.cache");
    let kept = fleet.root().join("kept");
    fs_err::rename(&cache, &kept).unwrap();
    fs_err::write(&cache, "in the way").unwrap();
    let what =
        format!("this machine's mirror can't be written in `{}/garment/repositories`", cache.display());
    no_delivery(&project.run(["deploy", "production"]), 2, &what, "set `XDG_CACHE_HOME` to another place");
    project.run(["check", "production"]).code(2).stdout_has(&what);
    let mut elsewhere = project.command(["deploy", "production"]);
    elsewhere.env("XDG_CACHE_HOME", &kept);
    project.spawn_command(elsewhere).finish().code(0);
}

#[test]
fn what_a_killed_one_left_is_taken_for_nothing() {
    let fleet = Fleet::builder().webs(1).start();
    cut_off(&fleet);
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&push(&repo, &["web1"], ""));
    project.run(["deploy", "production"]).code(0);
    let host = fleet.host("web1");
    large(&repo);
    let (gate, let_go) = held_up(&fleet, "web1");
    let running = project.spawn(["deploy", "production"]);
    until("a piece is on its way", || host.file("receiving").exists());
    running.kill_group();
    let_go();
    gate.open("web1");
    running.finish();
    until("nothing runs there", || host.processes().is_empty() && host.open_sessions() == 0);
    // Bytes of something else, as many as there could be.
    host.write("shop/.garment/delivery/source", noise(700_000));
    // In the mirror, what git leaves if it is killed.
    let mirrors = fleet.root().join("controller/.cache/garment/repositories");
    for entry in fs_err::read_dir(&mirrors).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            fs_err::write(path.join("packed-refs.lock"), "").unwrap();
        }
    }
    project.run(["deploy", "production"]).code(0);
    assert_eq!(fs_err::read(host.file("shop/current/picture")).unwrap(), noise(600_000));
    nothing_is_left(host);
    // It is a cache: nobody misses it.
    fs_err::remove_dir_all(&mirrors).unwrap();
    next(&repo, 9);
    project.run(["deploy", "production"]).code(0);
}

#[test]
fn two_garments_share_a_mirror() {
    let fleet = Fleet::builder().webs(2).start();
    cut_off(&fleet);
    let (repo, _) = shop(&fleet);
    large(&repo);
    let project = project(&fleet);
    let one = push(&repo, &["web1"], "");
    let two = push(&repo, &["web2"], "").replace("production:", "staging:");
    project.config(&format!("{one}{two}"));
    for version in 2..4 {
        let commit = next(&repo, version);
        let running = ["production", "staging"].map(|environment| project.spawn(["deploy", environment]));
        for running in running {
            running.finish().code(0);
        }
        for host in fleet.hosts() {
            assert_eq!(host.read("shop/current/REVISION"), format!("{commit}\n"));
        }
    }
    // An environment that pulls has its own way.
    project.config(&production(&repo, &["web1"], ""));
    project.run(["deploy", "production"]).code(4);
}
