//! Connections that break, and a garment that dies.

use garment_testing::{Fleet, Outcome};

use crate::bed::{Gate, Shop, current, shop, tame, until, wait_for, wrap};

/// The final report. What ssh says of a broken connection stands in one place or another, since it comes by the same way
/// as what commands print.
fn report(fleet: &Fleet, outcome: &Outcome) -> String {
    const SAID: &str = "Connection to 127.0.0.1 closed by remote host.";
    assert!(outcome.stdout.contains(SAID), "{outcome}");
    let all = tame(fleet, &outcome.stdout);
    let (_, report) = all.split_once("\n\n").unwrap();
    let alone = format!("  its last lines of output:\n  | {SAID}\n");
    report.replace(&alone, "").replace(&format!("  | {SAID}\n"), "").replace(&format!(": {SAID}"), "")
}

/// Nothing runs on the host any more, and what was not to start has not; then all works again.
fn and_all_is_well(shop: &Shop<'_>) {
    for host in shop.project.fleet().hosts() {
        until("all processes are gone", || host.processes().is_empty() && host.open_sessions() == 0);
        assert!(!host.file("next").exists(), "{}", host.name());
        assert!(!host.file("later").exists(), "{}", host.name());
    }
    shop.config("");
    shop.push("newer");
    shop.project.run(["deploy", "production"]).code(0);
    for host in shop.project.fleet().hosts() {
        assert_eq!(host.read("shop/current/index.html"), "newer\n");
    }
}

fn task(stage: &str, gate: &Gate) -> String {
    let wait = gate.wait();
    format!(
        "  stages:\n    {stage}:\n      - id: long\n        commands: ['echo here; {wait}; touch ~/finished', 'touch ~/next']\n      - id: later\n        commands: ['touch ~/later']\n"
    )
}

fn lost_in_a_task(stage: &str) -> (Fleet, Outcome) {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&task(stage, &gate));
    let mut running = shop.project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line.ends_with("] here"));
    running.wait_for_line(|line| line.ends_with("] here"));
    assert_eq!(fleet.host("web2").kill_sessions(), 1);
    // What ran there goes on, and so does the other host's command, as far as it goes.
    running.wait_for_line(|line| line.starts_with("[web2] ") && line.contains("connection lost"));
    gate.open("web1");
    gate.open("web2");
    let outcome = running.finish();
    for host in fleet.hosts() {
        until("the command that ran finishes", || host.file("finished").exists());
    }
    and_all_is_well(&shop);
    drop(shop);
    (fleet, outcome)
}

#[test]
fn in_a_before_task() {
    let (fleet, outcome) = lost_in_a_task("before");
    outcome.code(4).stderr_is("");
    insta::assert_snapshot!(report(&fleet, &outcome), @r"
    deploy to production failed in before: long (TIME)

    web2: before: long: connection lost, how it went is not known
      $ echo here; read -r opened <FLEET/gate-web2; touch ~/finished
      the connection was lost
      what was running there may still be running: look before you try again
      its last lines of output:
      | here

    host  current  how far it came
    web1  none     stopped in before: long
    web2  none     connection lost in before: long: not known

    `current` did not move on any host.
    RELEASE1 is left in the releases folder, to look at.

    what next:
      look    garment list production
      go on   garment resume production  (once that is mended)
      afresh  the same command again  (it makes a new release)
    ");
}

#[test]
fn in_an_after_task() {
    let (fleet, outcome) = lost_in_a_task("after");
    outcome.code(5).stderr_is("");
    insta::assert_snapshot!(report(&fleet, &outcome), @r"
    deploy to production: live, but it failed in after: long (TIME)

    web2: after: long: connection lost, how it went is not known
      $ echo here; read -r opened <FLEET/gate-web2; touch ~/finished
      the connection was lost
      what was running there may still be running: look before you try again
      its last lines of output:
      | here

    host  current                  how far it came
    web1  RELEASE1  stopped in after: long
    web2  RELEASE1  connection lost in after: long: not known

    `current` leads to RELEASE1 on every host.

    what next:
      look    garment list production
      go on   garment resume production  (once that is mended)
      afresh  the same command again  (it makes a new release)
    ");
}

#[test]
fn while_a_release_is_prepared() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&task("before", &gate));
    let waits = format!("case \" $* \" in *' clone '*) touch ~/cloning; {} ;; esac", gate.wait_on("web2"));
    wrap(&fleet, "web2", "git", &waits);
    let running = shop.project.spawn(["deploy", "production"]);
    until("web2 clones", || fleet.host("web2").file("cloning").exists());
    fleet.host("web2").kill_sessions();
    gate.open("web2");
    let outcome = running.finish();
    outcome.code(4).stderr_is("");
    insta::assert_snapshot!(report(&fleet, &outcome), @r"
    deploy to production failed in prepare (TIME)

    web2: prepare: connection lost, how it went is not known
      make release RELEASE1
      the connection was lost
      what was running there may still be running: look before you try again

    host  current  how far it came
    web1  none     did all up to prepare
    web2  none     connection lost in prepare: not known

    `current` did not move on any host.

    what next:
      look    garment list production
      go on   garment resume production  (once that is mended)
      afresh  the same command again  (it makes a new release)
    ");
    until("web2 is done", || fleet.host("web2").processes().is_empty());
    wrap(&fleet, "web2", "git", "");
    and_all_is_well(&shop);
}

#[test]
fn during_the_cutover() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("");
    shop.project.run(["deploy", "production"]).code(0);
    let old = current(fleet.host("web1"));
    shop.push("two");
    let gate = Gate::new(&fleet);
    shop.config("  stages: {after: [{id: later, commands: ['touch ~/later']}]}\n");
    let waits =
        format!("case \" $* \" in *garment-new*) touch ~/switching; {} ;; esac", gate.wait_on("web2"));
    wrap(&fleet, "web2", "mv", &waits);
    let running = shop.project.spawn(["deploy", "production"]);
    until("web2 switches", || fleet.host("web2").file("switching").exists());
    fleet.host("web2").kill_sessions();
    let outcome = running.finish();
    outcome.code(6).stderr_is("");
    insta::assert_snapshot!(report(&fleet, &outcome), @r"
    deploy to production failed in make current, and the hosts may differ now (TIME)

    web2: make current: connection lost, how it went is not known
      make RELEASE2 current
      the connection was lost
      what was running there may still be running: look before you try again

    host  current                  how far it came
    web1  RELEASE1  switched, then went back
    web2  not known                connection lost in make current: not known

    `current` does not lead to RELEASE2 on 1 of 2 hosts; on 1 it is not known.

    what next:
      look     garment list production
      go on    garment resume production  (once that is mended)
      go back  garment rollback production RELEASE1
      afresh   the same command again  (it makes a new release)
    ");
    // What ran there was in the middle of it, and goes on to its end.
    assert_eq!(current(fleet.host("web2")), old);
    gate.open("web2");
    until("web2 is done", || current(fleet.host("web2")) == current(fleet.host("web1")));
    wrap(&fleet, "web2", "mv", "");
    and_all_is_well(&shop);
}

#[test]
fn garment_is_killed() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&task("before", &gate));
    let mut running = shop.project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line.ends_with("] here"));
    running.wait_for_line(|line| line.ends_with("] here"));
    running.kill();
    until("it is gone", || running.has_ended());
    for host in fleet.hosts() {
        assert!(!host.processes().is_empty());
        gate.open(host.name());
    }
    for host in fleet.hosts() {
        until("the command that ran finishes", || host.file("finished").exists());
    }
    and_all_is_well(&shop);
}

/// The host is switched off in the middle of a task, and comes back.
#[test]
fn a_power_cut() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&task("before", &gate));
    let mut running = shop.project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line.ends_with("] here"));
    running.wait_for_line(|line| line.ends_with("] here"));
    fleet.host("web2").crash();
    wait_for(&mut running, "web2", "before: long: connection lost");
    gate.open("web1");
    running.finish().code(4).stderr_is("");
    shop.project.run(["deploy", "production"]).code(3).stdout_has("web2: not reachable\n");
    fleet.host("web2").serve();
    and_all_is_well(&shop);
}

/// A power cut while a release is put together: what is half done is out of the way of the next deploy, and goes.
#[test]
fn a_power_cut_while_a_release_is_prepared() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let host = fleet.host("web1");
    shop.config("");
    let half = ["clone", "archive"];
    for step in half {
        wrap(
            &fleet,
            "web1",
            "git",
            &format!("case \" $* \" in *' {step} '*) touch ~/at-it; exec sleep 1234 ;; esac"),
        );
        let running = shop.project.spawn(["deploy", "production"]);
        until("the host is at it", || host.file("at-it").exists());
        host.crash();
        running.finish().code(4).stderr_is("");
        fs_err::remove_file(host.file("at-it")).unwrap();
        wrap(&fleet, "web1", "git", "");
        host.serve();
        shop.project.run(["list", "production"]).code(0).stderr_is("");
        shop.project.run(["deploy", "production"]).code(0).stderr_is("");
        let left: Vec<String> = crate::bed::footprint(&host.file("shop"))
            .into_keys()
            .filter(|path| !path.starts_with("source/"))
            .collect();
        assert!(left.iter().all(|path| !path.contains(".building") && !path.contains(".new")), "{left:#?}");
    }
}
