//! A switch that has to be confirmed, and everything that can come between.

use garment_testing::{Fleet, Host, Outcome, Running};

use crate::bed::{Gate, Shop, current, runs, shop, tame, until, wrap};

/// Two hosts on `old`, and a commit that is not deployed.
fn fleet_and_shop(test: impl FnOnce(&Fleet, &Shop<'_>, &str)) {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("");
    shop.project.run(["deploy", "production"]).code(0);
    let old = current(fleet.host("web1"));
    shop.push("two");
    test(&fleet, &shop, &old);
}

/// Starts a deploy that web2 holds up when it has just switched, before it can say so, and waits for that.
fn held_up(fleet: &Fleet, shop: &Shop<'_>, gate: &Gate, within: &str) -> Running {
    shop.config(&format!(
        "  cutover_confirm: {within}\n  reconnect_timeout: 1s\n  stages:\n    before: [{{id: arm, commands: ['touch ~/armed']}}]\n    after: \
         [{{id: later, commands: ['touch ~/later']}}]\n"
    ));
    let old = current(fleet.host("web1"));
    let hold = format!("rm ~/armed && touch ~/switched && {}", gate.wait_on("web2"));
    wrap(
        fleet,
        "web2",
        "mv",
        &format!("case \" $* \" in */.garment/releases/.*) [ ! -e ~/armed ] || {{ {hold}; }} ;; esac"),
    );
    let running = shop.project.spawn(["deploy", "production"]);
    until("web2 has switched", || fleet.host("web2").file("switched").exists());
    until("web1 has switched", || current(fleet.host("web1")) != old);
    assert_ne!(current(fleet.host("web2")), old);
    running
}

fn report(fleet: &Fleet, outcome: &Outcome) -> String {
    tame(fleet, outcome.stdout.split_once("\n\n").unwrap().1)
}

/// The connection to web2 is lost, and can't be made again until it serves.
fn lose(fleet: &Fleet) {
    fleet.host("web2").refuse();
    assert_eq!(fleet.host("web2").kill_sessions(), 1);
}

/// Both are on that release, nothing runs or waits there, and nothing came after the switch; then all works again.
fn and_all_is_well(fleet: &Fleet, shop: &Shop<'_>, on: &str) {
    for host in fleet.hosts() {
        until("all processes are gone", || host.processes().is_empty());
        assert_eq!(current(host), on, "{}", host.name());
        assert_eq!(waiting(host), 0);
        assert!(!host.file("later").exists());
    }
    shop.project.run(["list", "production"]).code(0).stdout_lacks("differ");
    shop.project
        .run(["status", "production"])
        .code(0)
        .stdout_has("All hosts agree, and nothing is in the way.");
    wrap_nothing(fleet);
    shop.config("  cutover_confirm: 100s\n");
    shop.project.run(["deploy", "production"]).code(0);
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/index.html"), "two\n");
        until("all processes are gone", || host.processes().is_empty());
        assert_eq!(waiting(host), 0);
    }
}

/// How many switches wait for a confirmation on a host, or are on their way back.
fn waiting(host: &Host) -> usize {
    std::fs::read_dir(host.file("shop/.garment/unconfirmed")).map_or(0, Iterator::count)
}

#[test]
fn with_it_and_without() {
    fleet_and_shop(|fleet, shop, old| {
        // The first deploy was without.
        for host in fleet.hosts() {
            assert!(!host.file("shop/.garment/unconfirmed").exists());
        }
        shop.config("  cutover_confirm: 100s\n");
        let outcome = shop.project.run(["deploy", "production"]);
        outcome
            .code(0)
            .stderr_is("")
            .stdout_has("== make current: done")
            .stdout_has("\n== confirm (2 hosts)\n");
        for host in fleet.hosts() {
            assert_eq!(host.read("shop/current/index.html"), "two\n");
            assert_eq!(waiting(host), 0);
            until("nothing waits any more", || host.processes().is_empty());
        }
        shop.project.run(["rollback", "production"]).code(0).stdout_has("\n== confirm (2 hosts)\n");
        and_all_is_well(fleet, shop, old);
        shop.config("");
        shop.project.run(["rollback", "production"]).code(0).stdout_lacks("confirm");
    });
}

/// Where `current` may go back yet, nobody can tell what a deploy would start from.
#[test]
fn a_plan_can_t_be_saved_meanwhile() {
    fleet_and_shop(|fleet, shop, _| {
        let gate = Gate::new(fleet);
        let running = held_up(fleet, shop, &gate, "100s");
        let planned = shop.project.run(["plan", "production", "--out", "it.plan"]);
        let release = current(fleet.host("web1"));
        planned.code(4).stdout_has(&format!("web1: its switch to {release} is not confirmed"));
        assert!(!fleet.project().join("it.plan").exists());
        gate.open("web2");
        running.finish().code(0);
    });
}

#[test]
fn garment_is_killed_before_it_confirms() {
    fleet_and_shop(|fleet, shop, old| {
        let gate = Gate::new(fleet);
        let running = held_up(fleet, shop, &gate, "2s");
        running.kill();
        gate.open("web2");
        for host in fleet.hosts() {
            until("it goes back", || current(host) == old);
        }
        let failed = |outcome: &Outcome| outcome.stdout.lines().any(|line| line.ends_with("  failed"));
        until("nothing waits any more", || fleet.hosts().iter().all(|host| waiting(host) == 0));
        assert!(failed(&shop.project.run(["list", "production"])));
        and_all_is_well(fleet, shop, old);
    });
}

/// Somebody comes before the time is over: the lock is free, and what nobody can confirm any more is taken back first.
#[test]
fn the_next_one_does_not_wait_for_it() {
    fleet_and_shop(|fleet, shop, old| {
        let gate = Gate::new(fleet);
        let running = held_up(fleet, shop, &gate, "1000s");
        let new = current(fleet.host("web1"));
        running.kill();
        gate.open("web2");
        for host in fleet.hosts() {
            until("the session is over", || host.open_sessions() == 0 && !runs(host, "g_mark"));
            assert_eq!((current(host), waiting(host)), (new.clone(), 1));
        }
        shop.project
            .run(["status", "production"])
            .code(7)
            .stdout_has(&format!("The switch to {new} is not confirmed, and is about to be taken back\n"));
        shop.config("");
        let outcome = shop.project.run(["rollback", "production", old]);
        outcome.code(2).stdout_has(&format!("`{old}` is the current release"));
        for host in ["web1", "web2"] {
            outcome.stdout_has(&format!(
                "[{host}] note: the switch to {new} was never confirmed, and is taken back\n"
            ));
        }
        and_all_is_well(fleet, shop, old);
    });
}

#[test]
fn a_host_is_lost_before_it_can_say_that_it_switched() {
    fleet_and_shop(|fleet, shop, old| {
        let gate = Gate::new(fleet);
        let running = held_up(fleet, shop, &gate, "2s");
        lose(fleet);
        let outcome = running.finish();
        fleet.host("web2").serve();
        outcome.code(6).stderr_is("");
        insta::assert_snapshot!(report(fleet, &outcome), @r"
        deploy to production failed in make current, and the hosts may differ now (TIME)

        web2 goes back by itself after 2s, if it has switched
          look once that is over: `garment status production`

        web2: make current: how it went is not known
          make RELEASE2 current
          the connection was lost and could not be made again within 1 s: nothing listens on its ssh port
          what was running there runs on, and nothing further starts; look before you go on

        host  current                  how far it came
        web1  RELEASE1  switched, then went back
        web2  not known                not known how make current went

        `current` does not lead to RELEASE2 on 1 of 2 hosts; on 1 it is not known.

        what next:
          look     garment list production
          go on    garment resume production  (once that is mended)
          go back  garment rollback production RELEASE1
          afresh   the same command again  (it makes a new release)
        ");
        assert_eq!(current(fleet.host("web1")), old);
        gate.open("web2");
        until("web2 goes back", || current(fleet.host("web2")) == old);
        and_all_is_well(fleet, shop, old);
    });
}

#[test]
fn the_confirmation_comes_too_late() {
    fleet_and_shop(|fleet, shop, old| {
        let gate = Gate::new(fleet);
        let running = held_up(fleet, shop, &gate, "1s");
        until("web1 goes back", || current(fleet.host("web1")) == old);
        gate.open("web2");
        let outcome = running.finish();
        outcome.code(4).stderr_is("");
        insta::assert_snapshot!(report(fleet, &outcome), @r"
        deploy to production failed in confirm (TIME)

        2 hosts: confirm failed
          web1, web2
          tell it that all have switched
          exit code 1
          it went back by itself: the confirmation did not come within 1s
          see what kept it or another host so long, or give `cutover_confirm` more time

        host  current                  how far it came
        web1  RELEASE1  failed in confirm
        web2  RELEASE1  failed in confirm

        `current` is where it was before on every host: those that had switched went back.
        RELEASE2 is left in the releases folder, to look at.

        what next:
          look    garment list production
          go on   garment resume production  (once that is mended)
          afresh  the same command again  (it makes a new release)
        ");
        and_all_is_well(fleet, shop, old);
    });
}

/// From here on, web2 does what `then` says around the moment in which it decides for the confirmation.
fn deciding(fleet: &Fleet, shop: &Shop<'_>, within: &str, then: &str) {
    shop.config(&format!("  cutover_confirm: {within}\n  reconnect_timeout: 1s\n"));
    wrap(fleet, "web2", "mv", &format!("case \" $* \" in *.confirmed*) {then} ;; esac"));
}

#[test]
fn a_host_is_lost_that_has_not_heard_the_confirmation() {
    fleet_and_shop(|fleet, shop, old| {
        let gate = Gate::new(fleet);
        deciding(fleet, shop, "2s", &format!("touch ~/deciding; {}", gate.wait_on("web2")));
        let running = shop.project.spawn(["deploy", "production"]);
        until("web2 is asked", || fleet.host("web2").file("deciding").exists());
        lose(fleet);
        let outcome = running.finish();
        fleet.host("web2").serve();
        outcome.code(6).stderr_is("");
        insta::assert_snapshot!(report(fleet, &outcome), @r"
        deploy to production failed in confirm, and the hosts may differ now (TIME)

        web2 has either heard the confirmation and stays at RELEASE2, or goes back by itself 2s after its switch
          look once that is over: `garment status production`

        web2: confirm: how it went is not known
          tell it that all have switched
          the connection was lost and could not be made again within 1 s: nothing listens on its ssh port
          what was running there runs on, and nothing further starts; look before you go on

        host  current                  how far it came
        web1  RELEASE1  switched, then went back
        web2  not known                not known how confirm went

        `current` does not lead to RELEASE2 on 1 of 2 hosts; on 1 it is not known.

        what next:
          look     garment list production
          go on    garment resume production  (once that is mended)
          go back  garment rollback production RELEASE1
          afresh   the same command again  (it makes a new release)
        ");
        assert_eq!(current(fleet.host("web1")), old);
        until("web2 goes back", || current(fleet.host("web2")) == old);
        gate.open("web2");
        and_all_is_well(fleet, shop, old);
    });
}

/// The one case that no protocol can exclude: what is not known is told as that.
#[test]
fn a_host_is_lost_that_has_heard_it_and_can_t_say_so() {
    fleet_and_shop(|fleet, shop, old| {
        let gate = Gate::new(fleet);
        let real = fleet.command("mv").get_args().nth(1).unwrap().to_str().unwrap().to_owned();
        let then = format!("'{real}' \"$@\"; touch ~/deciding; {}; exit", gate.wait_on("web2"));
        deciding(fleet, shop, "2s", &then);
        let running = shop.project.spawn(["deploy", "production"]);
        until("web2 has decided", || fleet.host("web2").file("deciding").exists());
        lose(fleet);
        let outcome = running.finish();
        fleet.host("web2").serve();
        outcome.code(6).stderr_is("");
        outcome.stdout_has("\nweb2 has either heard the confirmation and stays at ");
        let new = current(fleet.host("web2"));
        assert_eq!(current(fleet.host("web1")), old);
        assert_ne!(new, old);
        gate.open("web2");
        until("all processes are gone", || fleet.host("web2").processes().is_empty());
        // It stays, and that is seen.
        shop.project
            .run(["list", "production"])
            .code(0)
            .stdout_has(&format!("Hosts differ in what is current:\n  web1  {old}\n  web2  {new}\n"));
        shop.project.run(["status", "production"]).code(6);
        wrap_nothing(fleet);
        shop.project.run(["rollback", "production"]).code(0);
        and_all_is_well(fleet, shop, old);
    });
}

fn wrap_nothing(fleet: &Fleet) {
    wrap(fleet, "web2", "mv", "");
}

/// No answer and no end of the connection: nobody waits for longer than the host itself does.
#[test]
fn a_host_that_falls_silent() {
    fleet_and_shop(|fleet, shop, old| {
        let gate = Gate::new(fleet);
        let running = held_up(fleet, shop, &gate, "1s");
        assert!(fleet.host("web2").freeze() > 0);
        gate.open("web2");
        for host in fleet.hosts() {
            until("it goes back", || current(host) == old);
        }
        let outcome = running.finish();
        outcome.code(6).stdout_has("\nweb2 goes back by itself after 1s, if it has switched\n");
        assert_eq!(current(fleet.host("web1")), old);
        fleet.host("web2").kill_sessions();
        and_all_is_well(fleet, shop, old);
    });
}

/// A connection that is made again in time: it was lost when web2 had heard the confirmation and could not say so.
#[test]
fn a_connection_that_comes_back() {
    fleet_and_shop(|fleet, shop, old| {
        let gate = Gate::new(fleet);
        let real = fleet.command("mv").get_args().nth(1).unwrap().to_str().unwrap().to_owned();
        let then = format!("'{real}' \"$@\"; touch ~/deciding; {}; exit", gate.wait_on("web2"));
        deciding(fleet, shop, "100s", &then);
        shop.config("  cutover_confirm: 100s\n");
        let mut running = shop.project.spawn(["deploy", "production"]);
        until("web2 has decided", || fleet.host("web2").file("deciding").exists());
        assert_eq!(fleet.host("web2").kill_sessions(), 1);
        running.wait_for_line(|line| line.starts_with("[web2] note: connected again after "));
        gate.open("web2");
        running.finish().code(0).stderr_is("");
        for host in fleet.hosts() {
            assert_ne!(current(host), old);
            assert_eq!(waiting(host), 0);
            until("nothing waits any more", || host.processes().is_empty());
        }
    });
}

/// Whoever stops it while hosts switch gets what all of them did, and it lasts.
#[test]
fn people_stop_it_before_it_is_confirmed() {
    fleet_and_shop(|fleet, shop, old| {
        let gate = Gate::new(fleet);
        let mut running = held_up(fleet, shop, &gate, "100s");
        running.ctrl_c();
        running.wait_for_line(|line| line == "stopping: what runs is being ended, nothing new starts");
        gate.open("web2");
        let outcome = running.finish();
        outcome.code(130).stderr_is("").stdout_has("\n== confirm (2 hosts)\n").stdout_lacks("after: later");
        for host in fleet.hosts() {
            until("nothing waits any more", || host.processes().is_empty());
            assert_ne!(current(host), old);
            assert_eq!(waiting(host), 0);
            assert!(!host.file("later").exists());
        }
    });
}
