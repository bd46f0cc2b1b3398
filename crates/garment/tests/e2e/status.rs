use std::os::unix::fs::symlink;

use garment_testing::{Fleet, Host, Outcome, Sandbox};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::found::{current, tree};
use crate::{production, project, shop};

/// A time zone with a name of its own, so that no time zone data is needed: half past full hours.
const ZONE: &str = "IST-5:30";
const COMMIT: &str = "4634f44a4634f44a4634f44a4634f44a4634f44a";
const ONE: &str = "20260101T000000-4634f44";
const TWO: &str = "20260102T000000-4634f44";
const THREE: &str = "20260103T000000-4634f44";

fn minutes_ago(minutes: i64) -> (i64, String) {
    let at = Timestamp::now() - SignedDuration::from_mins(minutes);
    let local = at.to_zoned(TimeZone::posix(ZONE).unwrap()).strftime("%Y-%m-%d %H:%M");
    (at.as_second(), local.to_string())
}

fn release(host: &Host, name: &str, state: &str) {
    host.write(format!("shop/releases/{name}/REVISION"), format!("{COMMIT}\n"));
    if !state.is_empty() {
        host.write(format!("shop/.garment/releases/{name}"), state);
    }
}

fn lead(host: &Host, name: &str) {
    let _ = fs_err::remove_file(host.file("shop/current"));
    symlink(host.file(format!("shop/releases/{name}")), host.file("shop/current")).unwrap();
}

/// Runs it, in [`ZONE`], and sees to it that it changes nothing.
fn status(project: &Sandbox<'_>) -> Outcome {
    let trees = || project.fleet().hosts().iter().map(|host| tree(host.home())).collect::<Vec<_>>();
    let before = trees();
    let mut status = project.command(["status", "production"]);
    status.env("TZ", ZONE);
    let outcome = project.spawn_command(status).finish();
    assert_eq!(trees(), before);
    outcome.stderr_is("");
    outcome
}

#[test]
fn to_the_letter() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    status(&project).code(0).stdout_is(
        "host  current           live since  commit\n\
         web1  nothing live yet\n\
         web2  nothing live yet\n\
         Nothing is live yet: garment deploy production\n",
    );
    let (web1, web2) = (fleet.host("web1"), fleet.host("web2"));
    let (since, local) = minutes_ago(130);
    for host in [web1, web2] {
        release(host, ONE, "");
        release(host, TWO, &format!("state=live\nlive_since={since}\ncommit={COMMIT}\n"));
        lead(host, TWO);
    }
    let table = format!(
        "host  current                  live since                  commit\n\
         web1  {TWO}  {local} (2 h ago)  {COMMIT}\n\
         web2  {TWO}  {local} (2 h ago)  {COMMIT}\n"
    );
    status(&project).code(0).stdout_is(&format!("{table}✓ All hosts agree, and nothing is in the way.\n"));

    // Begun after the current one and given up, on one host or all; what is older is of no interest.
    web1.write(format!("shop/.garment/releases/{ONE}"), "state=ready\n");
    web1.write(format!("shop/.garment/releases/{THREE}"), "state=building\nby=ann@desk\n");
    status(&project).code(0).stdout_is(&format!(
        "{table}{THREE} was begun by ann@desk and never finished (on web1)\n    \
         to start afresh: garment deploy production\n✓ All hosts agree, and nothing is in the way.\n"
    ));

    // Adopted ones, and hosts that differ.
    lead(web2, ONE);
    status(&project).code(6).stdout_is(&format!(
        "host  current                  live since                  commit\n\
         web1  {TWO}  {local} (2 h ago)  {COMMIT}\n\
         web2  {ONE}                              {COMMIT}\n\
         The hosts differ in what is current.\n    one release everywhere: garment deploy production\n\
         web2: `current` was moved by hand: garment last made {TWO} live\n    \
         to make that one current again: garment rollback production {TWO}\n\
         {THREE} was begun by ann@desk and never finished (on web1)\n    \
         to start afresh: garment deploy production\n"
    ));
    fs_err::remove_file(web1.file("shop/current")).unwrap();
    fs_err::create_dir(web1.file("shop/current")).unwrap();
    fs_err::remove_file(web2.file("shop/current")).unwrap();
    symlink("/some\twhere", web2.file("shop/current")).unwrap();
    let odd = status(&project);
    odd.code(6).stdout_has("web1  `current` is not a symlink\n");
    odd.stdout_has("web2  `current` leads to /some\\twhere\n");
}

#[test]
fn a_freeze_and_a_host_that_can_t_be_reached() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    project.run(["deploy", "production"]).code(0);
    project.run(["lock", "production", "-m", "the \"auditors\" are here"]).code(0);
    let frozen = status(&project);
    frozen.code(7).stdout_has("\nLocked by ").stdout_has(" (just now): the \"auditors\" are here\n");
    frozen.stdout_has("\n    once that is over: garment unlock production\n").stdout_lacks("(on ");
    // On one host only, somebody went in by hand.
    fs_err::remove_file(fleet.host("web1").file("shop/.garment/freeze")).unwrap();
    status(&project).code(7).stdout_has(": the \"auditors\" are here (on web2)\n");

    fleet.host("web2").refuse();
    let unreachable = status(&project);
    let release = current(fleet.host("web1")).unwrap();
    unreachable.code(3).stdout_has(&format!("\nweb1  {release}  ")).stdout_has("✗ web2: ");
    unreachable.stdout_lacks("in the way").stdout_lacks("Locked");
    let (_, remedy) = unreachable.stdout.split_once("✗ web2: ").unwrap();
    assert!(remedy.lines().nth(1).is_some_and(|line| line.starts_with("    ")), "{remedy}");
    project.run(["status", "produktion"]).code(2).stdout_is("").stderr_has("`production`");
}

#[test]
fn somebody_is_at_work_and_is_killed() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let gate = "  stages:\n    before:\n      - id: wait\n        commands: ['mkfifo ~/gate && echo at the gate && cat ~/gate']\n";
    project.config(&production(&repo, &["web1", "web2"], gate));
    let mut first = project.spawn(["deploy", "production"]);
    let seen = first.wait_for_line(|line| line.ends_with("] at the gate"));
    first.wait_for_line(|line| line.ends_with("] at the gate") && line != seen);
    let busy = project.run(["status", "production"]);
    busy.code(7).stderr_is("").stdout_has(" is at work since ").stdout_has("(just now): deploy of master (");
    busy.stdout_lacks("(on ").stdout_lacks("never finished");
    first.kill();
    for host in fleet.hosts() {
        host.write("gate", "go\n");
    }
    let is_over = || project.run(["status", "production"]).stdout.contains(" and not finished\n");
    crate::bed::until("the lock is free", is_over);
    let over = project.run(["status", "production"]);
    over.code(0).stdout_has("\ndeploy of master (").stdout_has(") was begun by ").stdout_has(
        " and not finished\n    to go on: garment resume production\n    to give it up: garment abandon production\n",
    );
    // The release of that deploy is told once.
    over.stdout_lacks("at work").stdout_lacks("never finished");
}

/// What somebody did by hand is told in a line for each thing, with the hosts that it is true of.
#[test]
fn what_was_done_by_hand() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    let deployed = || {
        project.run(["deploy", "production"]).code(0);
        current(fleet.host("web1")).unwrap()
    };
    let (one, two) = (deployed(), deployed());
    let (web1, web2) = (fleet.host("web1"), fleet.host("web2"));
    status(&project).code(0).stdout_has("\n✓ All hosts agree, and nothing is in the way.\n");
    let drift = |code: i32| -> Vec<String> {
        let seen = status(&project);
        seen.code(code).stdout.lines().skip(3).map(str::to_owned).collect()
    };
    let again =
        |release: &str| format!("    to make that one current again: garment rollback production {release}");

    // The same on all hosts is no less true, and the hosts agree.
    lead(web1, &one);
    lead(web2, &one);
    let moved = format!("web1, web2: `current` was moved by hand: garment last made {two} live");
    assert_eq!(drift(0), [moved, again(&two)]);
    project.run(["rollback", "production", &two]).code(0);
    assert_eq!(drift(0), ["✓ All hosts agree, and nothing is in the way."]);

    // A switch whose end nobody wrote down looks like this as well.
    let state = |host: &Host, release: &str| host.file(format!("shop/.garment/releases/{release}"));
    for host in [web1, web2] {
        let text = fs_err::read_to_string(state(host, &one)).unwrap();
        fs_err::write(state(host, &one), text.replace("state=replaced", "state=live")).unwrap();
        let text = fs_err::read_to_string(state(host, &two)).unwrap();
        fs_err::write(state(host, &two), text.replace("state=live", "state=ready")).unwrap();
        let from = host.file(format!("shop/.garment/releases/.{two}.from"));
        let _ = fs_err::remove_file(&from);
        symlink(host.file(format!("shop/releases/{one}")), from).unwrap();
    }
    let cut_off = format!(
        "web1, web2: `current` was moved by hand, or a switch was cut off: {one} is on record as live"
    );
    assert_eq!(drift(0), [cut_off, again(&one)]);

    // The next switch sets the record straight, whoever was live on it.
    let three = deployed();
    for host in [web1, web2] {
        for old in [&one, &two] {
            let text = fs_err::read_to_string(state(host, old)).unwrap();
            assert!(text.contains("state=replaced\n"), "{text}");
        }
    }
    assert_eq!(drift(0), ["✓ All hosts agree, and nothing is in the way."]);

    // REVISION, and releases and links that are gone.
    let commit = fs_err::read_to_string(web1.file(format!("shop/releases/{three}/REVISION"))).unwrap();
    let commit = commit.trim();
    web1.write(format!("shop/releases/{three}/REVISION"), "main\tand more\n");
    fs_err::remove_file(web2.file(format!("shop/releases/{three}/REVISION"))).unwrap();
    let compare = "    to compare the files: garment verify production".to_owned();
    let says = [
        format!("web2: {three} was made of {commit}, and its `REVISION` is not there or empty"),
        compare.clone(),
        format!("web1: {three} was made of {commit}, and its `REVISION` says main\\tand more"),
        compare,
    ];
    assert_eq!(drift(0), says);
    fs_err::remove_dir_all(web1.file(format!("shop/releases/{three}"))).unwrap();
    fs_err::remove_file(web2.file("shop/current")).unwrap();
    assert_eq!(
        drift(6)[2..],
        [
            format!("web1: {three}, which garment made live, was removed"),
            format!("web2: `current` is gone: garment last made {three} live"),
            again(&three),
        ]
    );
}
