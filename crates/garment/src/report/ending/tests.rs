use garment_core::event::{Failure, HostOutcome};

use super::*;
use crate::report::script::{
    NEW, OLD, after, before, cutover, failure, host, outcome, prepare, problem, release, secs, step,
};

fn told(outcome: &Outcome) -> String {
    told_after(outcome, &Moves::default())
}

fn told_after(outcome: &Outcome, moves: &Moves) -> String {
    Ending::new(Look::PLAIN, None).lines(outcome, secs(12), moves).join("\n")
}

fn moved(hosts: &[&str], from: Option<&str>) -> Moves {
    let mut moves = Moves::default();
    for host in hosts {
        moves.add(&(*host).into(), from, &release(NEW));
    }
    moves
}

fn many(range: std::ops::Range<usize>, current: &str, progress: &Progress) -> Vec<HostOutcome> {
    range.map(|i| host(&format!("web{i}"), current, progress.clone())).collect()
}

#[test]
fn done() {
    let hosts = many(1..3, NEW, &Progress::Complete);
    insta::assert_snapshot!(told_after(&outcome(Verdict::Done, hosts), &moved(&["web1", "web2"], Some(OLD))), @r"
    deploy to production done: 20261124T101112-4634f44 is live on 2 hosts (12 s)
    to go back: garment rollback production 20261123T090000-1111111
    ");
}

#[test]
fn done_for_the_first_time() {
    let hosts = many(1..2, NEW, &Progress::Complete);
    insta::assert_snapshot!(told_after(&outcome(Verdict::Done, hosts), &moved(&["web1"], None)), @"deploy to production done: 20261124T101112-4634f44 is live on 1 host (12 s)");
}

#[test]
fn rolled_back() {
    let hosts = many(1..101, NEW, &Progress::Complete);
    let outcome = Outcome { operation: Operation::Rollback, ..outcome(Verdict::Done, hosts) };
    insta::assert_snapshot!(told_after(&outcome, &moved(&["web1"], Some(OLD))), @"rollback of production done: 20261124T101112-4634f44 is live on 100 hosts (12 s)");
}

#[test]
fn refused() {
    let outcome = Outcome {
        problems: vec![problem("`develp` is not in the origin", "write `develop`?\nsee git ls-remote")],
        release: None,
        ..outcome(Verdict::Refused, many(1..4, "?", &Progress::Untouched))
    };
    insta::assert_snapshot!(told(&outcome), @r"

    deploy to production refused: nothing was changed (12 s)

    `develp` is not in the origin
      write `develop`?
      see git ls-remote
    ");
}

#[test]
fn unreachable() {
    let gone = Progress::Unreachable(problem("connection refused", "start sshd there"));
    let mut hosts = many(1..3, OLD, &Progress::Untouched);
    hosts.extend(many(3..5, "?", &gone));
    insta::assert_snapshot!(told(&Outcome { release: None, ..outcome(Verdict::Unreachable, hosts) }), @r"

    deploy to production failed: 2 of 4 hosts could not be reached, nothing was changed (12 s)

    2 hosts: not reachable
      web3, web4
      connection refused
      start sshd there

    host  current                  how far it came
    web1  20261123T090000-1111111  nothing was done there
    web2  20261123T090000-1111111  nothing was done there
    web3  not known                not reachable
    web4  not known                not reachable

    `current` did not move on any host.

    what next:
      look   garment check production
      go on  the same command again  (once that is mended)
    ");
}

#[test]
fn stopped_by_one_host() {
    let failed = failure(
        "two",
        before("migrate"),
        "python3 manage.py migrate",
        1,
        &["Applying...", "\x1b[31mno such table\x1b[2J"],
    );
    let hosts = vec![
        host("shop@one.example.org", OLD, Progress::StoppedIn(before("migrate"))),
        host("shop@two.example.org", OLD, Progress::Failed(failed)),
        host("shop@three.example.org", "-", Progress::Through(before("venv"))),
    ];
    insta::assert_snapshot!(told(&outcome(Verdict::Stopped, hosts)), @r"

    deploy to production failed in before: migrate (12 s)

    shop@two.example.org: before: migrate failed
      $ python3 manage.py migrate
      exit code 1
      its last lines of output:
      | Applying...
      | no such table

    host                    current                  how far it came
    shop@one.example.org    20261123T090000-1111111  stopped in before: migrate
    shop@two.example.org    20261123T090000-1111111  failed in before: migrate
    shop@three.example.org  none                     did all up to before: venv

    `current` did not move on any host.
    20261124T101112-4634f44 is left in the releases folder, to look at.

    what next:
      look    garment list production
      go on   garment resume production  (once that is mended)
      afresh  the same command again  (it makes a new release)
    ");
}

#[test]
fn stopped_by_many_in_different_ways() {
    let mut hosts = Vec::new();
    for i in 1..8 {
        let name = format!("web{i}");
        let failed = failure(&name, before("migrate"), "make\n  install", i, &[&name]);
        hosts.push(host(
            &name,
            OLD,
            Progress::Failed(Failure { step: step_of(1, 3, "make\n  install"), ..failed }),
        ));
    }
    insta::assert_snapshot!(told(&outcome(Verdict::Stopped, hosts)), @r"

    deploy to production failed in before: migrate (12 s)

    web1: before: migrate failed
      $ make
      >   install
      command 2 of 3: exit code 1
      its last lines of output:
      | web1

    web2: before: migrate failed
      $ make
      >   install
      command 2 of 3: exit code 2
      its last lines of output:
      | web2

    web3: before: migrate failed
      $ make
      >   install
      command 2 of 3: exit code 3
      its last lines of output:
      | web3

    web4: before: migrate failed
      $ make
      >   install
      command 2 of 3: exit code 4
      its last lines of output:
      | web4

    web5: before: migrate failed
      $ make
      >   install
      command 2 of 3: exit code 5
      its last lines of output:
      | web5

    web6: before: migrate failed: exit code 6
    web7: before: migrate failed: exit code 7

    host  current                  how far it came
    web1  20261123T090000-1111111  failed in before: migrate
    web2  20261123T090000-1111111  failed in before: migrate
    web3  20261123T090000-1111111  failed in before: migrate
    web4  20261123T090000-1111111  failed in before: migrate
    web5  20261123T090000-1111111  failed in before: migrate
    web6  20261123T090000-1111111  failed in before: migrate
    web7  20261123T090000-1111111  failed in before: migrate

    `current` did not move on any host.
    20261124T101112-4634f44 is left in the releases folder, to look at.

    what next:
      look    garment list production
      go on   garment resume production  (once that is mended)
      afresh  the same command again  (it makes a new release)
    ");
}

fn step_of(index: usize, of: usize, text: &str) -> garment_core::event::StepRef {
    garment_core::event::StepRef { index, of, ..step(text) }
}

#[test]
fn a_hundred_hosts_that_fail_alike() {
    let full = |name: &str| {
        let failed = failure(
            name,
            prepare(),
            "fetch the repository",
            128,
            &["fatal: write error: No space left on device"],
        );
        Progress::Failed(Failure {
            problem: Some(problem("the disk is full", "make room in /srv")),
            ..failed
        })
    };
    let mut hosts = many(1..60, OLD, &Progress::StoppedIn(prepare()));
    for i in 60..99 {
        let name = format!("web{i}");
        hosts.push(host(&name, OLD, full(&name)));
    }
    hosts.extend(many(99..101, OLD, &Progress::Through(prepare())));
    insta::assert_snapshot!(told(&outcome(Verdict::Stopped, hosts)), @r"

    deploy to production failed in prepare (12 s)

    39 hosts: prepare failed
      web60, web61, web62, web63, web64, web65, web66, web67, web68, web69, web70, web71, web72, web73,
      web74, web75, web76, web77, web78, web79, web80, web81, web82, web83, web84, web85, web86, web87,
      web88, web89, web90, web91, web92, web93, web94, web95, web96, web97, web98
      fetch the repository
      exit code 128
      the disk is full
      make room in /srv
      its last lines of output:
      | fatal: write error: No space left on device

    host      current                  how far it came
    web99     20261123T090000-1111111  did all up to prepare
    web100    20261123T090000-1111111  did all up to prepare
    39 hosts  20261123T090000-1111111  failed in prepare
    59 hosts  20261123T090000-1111111  stopped in prepare

    `current` did not move on any host.

    what next:
      look    garment list production
      go on   garment resume production  (once that is mended)
      afresh  the same command again  (it makes a new release)
    ");
}

#[test]
fn live_but_failed() {
    let failed = failure("web2", after("restart"), "systemctl restart shop", 143, &[]);
    let hosts = vec![
        host("web1", NEW, Progress::Through(after("restart"))),
        host("web2", NEW, Progress::Failed(failed)),
    ];
    let outcome = outcome(Verdict::LiveButFailed, hosts);
    insta::assert_snapshot!(told_after(&outcome, &moved(&["web1", "web2"], Some(OLD))), @r"

    deploy to production: live, but it failed in after: restart (12 s)

    web2: after: restart failed
      $ systemctl restart shop
      exit code 143 (128 + 15: killed by SIGTERM)
      it printed nothing

    host  current                  how far it came
    web1  20261124T101112-4634f44  did all up to after: restart
    web2  20261124T101112-4634f44  failed in after: restart

    `current` leads to 20261124T101112-4634f44 on every host.

    what next:
      look     garment list production
      go on    garment resume production  (once that is mended)
      go back  garment rollback production 20261123T090000-1111111
      afresh   the same command again  (it makes a new release)
    ");
    let rollback = Outcome { operation: Operation::Rollback, ..outcome };
    insta::assert_snapshot!(told(&rollback).lines().skip_while(|line| !line.starts_with("what")).collect::<Vec<_>>().join("\n"), @r"
    what next:
      look   garment list production
      go on  garment resume production  (once that is mended)
    ");
}

#[test]
fn mixed() {
    let lost = Failure {
        exit: None,
        problem: Some(problem("ssh ended: connection reset by peer", "")),
        ..failure("web2", cutover(), "switch `current`", 0, &[])
    };
    let hosts = vec![
        host("web1", NEW, Progress::Through(cutover())),
        host("web2", "?", Progress::Lost(lost)),
        host("web3", OLD, Progress::StoppedIn(cutover())),
        host("web4", "dir", Progress::StoppedIn(cutover())),
    ];
    let outcome = Outcome { interrupted: true, ..outcome(Verdict::Mixed, hosts) };
    insta::assert_snapshot!(told_after(&outcome, &moved(&["web1"], Some(OLD))), @r"

    deploy to production failed in cutover, and the hosts may differ now (12 s)
    It was asked to stop while it ran.

    web2: cutover: how it went is not known
      switch `current`
      ssh ended: connection reset by peer

    host  current                  how far it came
    web1  20261124T101112-4634f44  did all up to cutover
    web2  not known                not known how cutover went
    web3  20261123T090000-1111111  stopped in cutover
    web4  not a symlink            stopped in cutover

    `current` leads to 20261124T101112-4634f44 on 1 of 4 hosts, and not on 2; on 1 it is not known.

    what next:
      look     garment list production
      go on    garment resume production  (once that is mended)
      go back  garment rollback production 20261123T090000-1111111
      afresh   the same command again  (it makes a new release)
    ");
}

#[test]
fn interrupted() {
    let hosts = many(1..3, OLD, &Progress::StoppedIn(before("assets")));
    let outcome = Outcome {
        interrupted: true,
        environment: "my \x1b]0;shop".into(),
        ..outcome(Verdict::Interrupted, hosts)
    };
    insta::assert_snapshot!(told(&outcome), @r"

    deploy to my \u{1b}]0;shop stopped, as asked (12 s)

    host  current                  how far it came
    web1  20261123T090000-1111111  stopped in before: assets
    web2  20261123T090000-1111111  stopped in before: assets

    `current` did not move on any host.

    what next:
      look    garment list 'my \u{1b}]0;shop'
      go on   garment resume 'my \u{1b}]0;shop'
      afresh  the same command again  (it makes a new release)
    ");
}

#[test]
fn interrupted_before_anything_was_done() {
    let hosts = many(1..3, "?", &Progress::Untouched);
    let outcome = Outcome { interrupted: true, release: None, ..outcome(Verdict::Interrupted, hosts) };
    insta::assert_snapshot!(told(&outcome), @r"

    deploy to production stopped, as asked (12 s)
    Nothing was done on any host.

    what next:
      look   garment list production
      go on  the same command again  (it starts afresh)
    ");
}

#[test]
fn a_rollback_that_lost_its_hosts() {
    let hosts = many(1..3, "?", &Progress::StoppedIn(cutover()));
    let outcome = Outcome { operation: Operation::Rollback, ..outcome(Verdict::Mixed, hosts) };
    insta::assert_snapshot!(told(&outcome), @r"

    rollback of production failed, and the hosts may differ now (12 s)

    host  current    how far it came
    web1  not known  stopped in cutover
    web2  not known  stopped in cutover

    What `current` leads to is not known on any host.

    what next:
      look    garment list production
      go on   garment resume production  (once that is mended)
      afresh  garment rollback production 20261124T101112-4634f44
    ");
}

#[test]
fn resumed() {
    let hosts = many(1..3, NEW, &Progress::Complete);
    let resumed = |verdict, hosts| Outcome {
        operation: Operation::Resume,
        resumed: Some(Operation::Deploy),
        ..outcome(verdict, hosts)
    };
    let moves = moved(&["web2", "web1"], Some(OLD));
    insta::assert_snapshot!(told_after(&resumed(Verdict::Done, hosts), &moves), @r"
    resume of production done: 20261124T101112-4634f44 is live on 2 hosts (12 s)
    to go back: garment rollback production 20261123T090000-1111111
    ");
    // One that had switched before says nothing of what was current.
    let mut moves = moved(&["web1"], Some(NEW));
    moves.add(&"web2".into(), Some(OLD), &release(NEW));
    assert_eq!(moves.before(), Some(OLD));
    assert_eq!(moves.lines().next().unwrap(), "20261124T101112-4634f44 already  web1");
    let hosts = vec![host("web1", OLD, Progress::Failed(failure("web1", before("migrate"), "x", 1, &[])))];
    let failed = resumed(Verdict::Stopped, hosts);
    insta::assert_snapshot!(told(&failed), @r"

    resume of production failed in before: migrate (12 s)

    web1: before: migrate failed
      $ x
      exit code 1
      it printed nothing

    host  current                  how far it came
    web1  20261123T090000-1111111  failed in before: migrate

    `current` did not move on any host.
    20261124T101112-4634f44 is left in the releases folder, to look at.

    what next:
      look     garment list production
      go on    garment resume production  (once that is mended)
      give up  garment abandon production
    ");
    let refused = Outcome {
        resumed: None,
        release: None,
        problems: vec![problem("there is nothing to resume", "deploy")],
        ..resumed(Verdict::Refused, many(1..2, OLD, &Progress::Untouched))
    };
    insta::assert_snapshot!(told(&refused), @r"

    resume of production refused: nothing was changed (12 s)

    there is nothing to resume
      deploy
    ");
}

#[test]
fn commands_name_the_file_that_was_given() {
    let outcome = outcome(Verdict::Stopped, many(1..2, OLD, &Progress::StoppedIn(prepare())));
    let lines =
        Ending::new(Look::PLAIN, Some("ops/deploy.conf".into())).lines(&outcome, secs(1), &Moves::default());
    assert!(
        lines.contains(&"  look    garment list --config ops/deploy.conf production".to_owned()),
        "{lines:?}"
    );
}
