//! Ctrl-C and SIGTERM, at every point where a deploy can be.

use std::time::Duration;

use garment_testing::{Fleet, Outcome, Running};

use crate::bed::{Gate, Shop, current, footprints, runs, shop, tame, until, wait_for, wrap};

/// What a task that is stopped leaves if it was not ended.
const PATIENT: &str = "echo here; (sleep 4321) & sleep 1234; touch ~/finished";

fn task(stage: &str, command: &str) -> String {
    format!(
        "  stages:\n    {stage}:\n      - id: long\n        commands: ['{}', 'touch ~/next']\n      - id: later\n        commands: ['touch ~/later']\n",
        command.replace('\'', "''")
    )
}

/// The final report.
fn report(fleet: &Fleet, outcome: &Outcome) -> String {
    let all = tame(fleet, &outcome.stdout);
    all.split_once("\n\n").map_or(all.clone(), |(_, report)| report.to_owned())
}

/// Nothing that was started on the hosts is left, nothing of what should not have happened has, and all works again.
fn and_all_is_well(shop: &Shop<'_>) {
    for host in shop.project.fleet().hosts() {
        until("nothing is left there", || host.processes().is_empty());
        for file in ["finished", "next", "later"] {
            assert!(!host.file(file).exists(), "{file} on {}", host.name());
        }
    }
    shop.config("");
    shop.project.run(["deploy", "production"]).code(0);
    let lives: Vec<_> = shop.project.fleet().hosts().iter().map(current).collect();
    assert!(!lives[0].is_empty() && lives.iter().all(|live| *live == lives[0]), "{lives:?}");
}

#[test]
fn during_the_login() {
    let fleet = Fleet::builder().webs(2).start();
    fleet.host("web2").silent();
    let mut shop = shop(&fleet);
    // It would be told otherwise that the host does not answer.
    shop.project = shop.project.timeout(Duration::from_secs(10));
    shop.config(&task("before", PATIENT));
    let before = footprints(&fleet);
    for verb in ["check", "list"] {
        let running = shop.project.spawn([verb, "production"]);
        until("web1 is logged in to", || fleet.host("web1").open_sessions() == 1);
        until("signals are waited for", || running.catches_interrupts());
        running.ctrl_c();
        running.finish().code(130).stdout_is("").stderr_is("");
        until("web1 is left", || fleet.host("web1").open_sessions() == 0);
    }
    let mut running = shop.project.spawn(["deploy", "production", "-v"]);
    wait_for(&mut running, "web1", "connected");
    running.ctrl_c();
    let outcome = running.finish();
    outcome.code(130).stderr_is("");
    insta::assert_snapshot!(report(&fleet, &outcome), @r"
    deploy to production stopped, as asked (TIME)
    Nothing was done on any host.

    what next:
      look   garment list production
      go on  the same command again  (it starts afresh)
    ");
    assert_eq!(footprints(&fleet), before);
    fleet.host("web2").serve();
    and_all_is_well(&shop);
}

#[test]
fn while_a_release_is_prepared() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config(&task("before", PATIENT));
    for host in ["web1", "web2"] {
        wrap(&fleet, host, "git", "case \" $* \" in *' clone '*) touch ~/cloning; exec sleep 1234 ;; esac");
    }
    let running = shop.project.spawn(["deploy", "production"]);
    until("both clone", || fleet.hosts().iter().all(|host| host.file("cloning").exists()));
    running.ctrl_c();
    let outcome = running.finish();
    outcome.code(130).stderr_is("");
    insta::assert_snapshot!(report(&fleet, &outcome), @r"
    deploy to production stopped, as asked (TIME)

    host  current  how far it came
    web1  none     stopped in prepare
    web2  none     stopped in prepare

    `current` did not move on any host.

    what next:
      look    garment list production
      go on   garment resume production
      afresh  the same command again  (it makes a new release)
    ");
    for host in ["web1", "web2"] {
        wrap(&fleet, host, "git", "");
    }
    and_all_is_well(&shop);
}

/// Starts a deploy and waits until the task runs everywhere.
fn started(shop: &Shop<'_>, stage: &str, command: &str) -> Running {
    shop.config(&task(stage, command));
    let mut running = shop.project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line.ends_with("] here"));
    running.wait_for_line(|line| line.ends_with("] here"));
    running
}

#[test]
fn during_a_before_task() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let running = started(&shop, "before", PATIENT);
    running.ctrl_c();
    let outcome = running.finish();
    outcome.code(130).stderr_is("");
    insta::assert_snapshot!(report(&fleet, &outcome), @r"
    deploy to production stopped, as asked (TIME)

    host  current  how far it came
    web1  none     stopped in before: long
    web2  none     stopped in before: long

    `current` did not move on any host.

    what next:
      look    garment list production
      go on   garment resume production
      afresh  the same command again  (it makes a new release)
    ");
    for host in fleet.hosts() {
        assert_eq!(current(host), "");
    }
    and_all_is_well(&shop);
}

#[test]
fn sigterm_is_the_same() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("");
    shop.project.run(["deploy", "production"]).code(0);
    let old = current(fleet.host("web1"));
    shop.push("two");
    // It is asked to end, and has the time to.
    let running = started(&shop, "before", "trap 'echo asked; exit 1' TERM; echo here; sleep 1234 & wait");
    running.terminate();
    let outcome = running.finish();
    outcome.code(130).stderr_is("").stdout_has("deploy to production stopped, as asked (");
    outcome.stdout_has("[web1] asked\n").stdout_has("[web2] asked\n");
    for host in fleet.hosts() {
        assert_eq!(current(host), old);
    }
    and_all_is_well(&shop);
}

#[test]
fn during_an_after_task() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let running = started(&shop, "after", PATIENT);
    running.ctrl_c();
    let outcome = running.finish();
    outcome.code(130).stderr_is("");
    insta::assert_snapshot!(report(&fleet, &outcome), @r"
    deploy to production stopped, as asked (TIME)

    host  current                  how far it came
    web1  RELEASE1  stopped in after: long
    web2  RELEASE1  stopped in after: long

    `current` leads to RELEASE1 on every host.

    what next:
      look    garment list production
      go on   garment resume production
      afresh  the same command again  (it makes a new release)
    ");
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/index.html"), "one\n");
    }
    and_all_is_well(&shop);
}

#[test]
fn between_two_tasks() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    // Who is asked to end, and ends well, is through with the task.
    let gate = Gate::new(&fleet);
    let polite = format!("trap 'exit 0' TERM; echo here; {}", gate.wait());
    shop.config(&format!(
        "  stages:\n    before:\n      - id: long\n        commands: [\"{polite}\"]\n      - id: later\n        commands: ['touch ~/later']\n"
    ));
    let mut running = shop.project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line.ends_with("] here"));
    running.wait_for_line(|line| line.ends_with("] here"));
    running.ctrl_c();
    let outcome = running.finish();
    outcome.code(130).stderr_is("");
    insta::assert_snapshot!(report(&fleet, &outcome), @r"
    deploy to production stopped, as asked (TIME)

    host  current  how far it came
    web1  none     did all up to before: long
    web2  none     did all up to before: long

    `current` did not move on any host.

    what next:
      look    garment list production
      go on   garment resume production
      afresh  the same command again  (it makes a new release)
    ");
    and_all_is_well(&shop);
}

#[test]
fn a_second_ctrl_c_ends_what_does_not_want_to() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let mut running =
        started(&shop, "before", "trap '' TERM; echo here; while :; do sleep 1234; echo a\"\"wake; done");
    running.ctrl_c();
    running.wait_for_line(|line| line == "stopping: what runs is being ended, nothing new starts");
    running.ctrl_c();
    let outcome = running.finish();
    outcome.code(130).stderr_is("").stdout_lacks("awake");
    insta::assert_snapshot!(report(&fleet, &outcome), @r"
    deploy to production stopped, as asked (TIME)

    host  current  how far it came
    web1  none     stopped in before: long
    web2  none     stopped in before: long

    `current` did not move on any host.

    what next:
      look    garment list production
      go on   garment resume production
      afresh  the same command again  (it makes a new release)
    ");
    and_all_is_well(&shop);
}

#[test]
fn what_does_not_want_to_end_is_made_to() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config(&task("before", "trap '' TERM; echo here; while :; do sleep 1234; done"));
    let mut running = shop.project.spawn(["deploy", "production"]);
    wait_for(&mut running, "web1", "here");
    running.ctrl_c();
    running.finish().code(130).stderr_is("").stdout_has("\nweb1  none     stopped in before: long\n");
    and_all_is_well(&shop);
}

#[test]
fn a_host_that_answers_no_more_is_not_waited_for() {
    let fleet = Fleet::builder().webs(2).start();
    let mut shop = shop(&fleet);
    shop.project = shop.project.timeout(Duration::from_secs(30));
    let mut running = started(&shop, "before", PATIENT);
    fleet.host("web2").freeze();
    running.ctrl_c();
    running.wait_for_line(|line| line == "stopping: what runs is being ended, nothing new starts");
    running.ctrl_c();
    let outcome = running.finish();
    outcome.code(130).stderr_is("");
    insta::assert_snapshot!(report(&fleet, &outcome), @r"
    deploy to production stopped, as asked (TIME)

    web2: before: long: how it went is not known
      $ echo here; (sleep 4321) & sleep 1234; touch ~/finished
      it has not said in time how it ended
      what was running there may still be running: look before you try again

    host  current  how far it came
    web1  none     stopped in before: long
    web2  none     not known how before: long went

    `current` did not move on any host.

    what next:
      look    garment list production
      go on   garment resume production
      afresh  the same command again  (it makes a new release)
    ");
    assert!(!runs(fleet.host("web1"), "sleep"));
}

/// Whether hosts can switch they were asked along with the task before. Who asks to stop then is heard all the same.
#[test]
fn at_the_last_moment_before_the_switch() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config(&task("before", "echo here"));
    let mut command = shop.project.command(["deploy", "production"]);
    command.env("GARMENT_TEST_STOP_AT", "TaskFinished before/later");
    let running = shop.project.spawn_command(command);
    assert!(running.has_stopped());
    running.terminate();
    running.go_on();
    let outcome = running.finish();
    outcome.code(130).stderr_is("");
    insta::assert_snapshot!(report(&fleet, &outcome), @r"
    deploy to production stopped, as asked (TIME)

    host  current  how far it came
    web1  none     did all up to before: later
    web2  none     did all up to before: later

    `current` did not move on any host.

    what next:
      look    garment list production
      go on   garment resume production
      afresh  the same command again  (it makes a new release)
    ");
}

/// The switch is not cut short: hosts that have begun it go through with it, and nothing comes after it.
#[test]
fn during_the_cutover() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&task("after", PATIENT));
    let waits =
        format!("case \" $* \" in *garment-new*) touch ~/switching; {} ;; esac", gate.wait_on("web2"));
    wrap(&fleet, "web2", "mv", &waits);
    let mut running = shop.project.spawn(["deploy", "production"]);
    until("web2 switches", || fleet.host("web2").file("switching").exists());
    running.ctrl_c();
    running.wait_for_line(|line| line == "stopping: what runs is being ended, nothing new starts");
    gate.open("web2");
    let outcome = running.finish();
    outcome.code(130).stderr_is("");
    insta::assert_snapshot!(report(&fleet, &outcome), @r"
    deploy to production stopped, as asked (TIME)

    host  current                  how far it came
    web1  RELEASE1  did all up to make current
    web2  RELEASE1  did all up to make current

    `current` leads to RELEASE1 on every host.

    what next:
      look    garment list production
      go on   garment resume production
      afresh  the same command again  (it makes a new release)
    ");
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/index.html"), "one\n");
    }
    wrap(&fleet, "web2", "mv", "");
    and_all_is_well(&shop);
}

/// How a command ended comes behind all that it printed. Nobody waits for all of that once it was asked to end.
#[test]
fn what_has_printed_more_than_anybody_reads() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config(&task(
        "before",
        "touch ~/here; until test -e ~/go; do sleep 0.1; done; yes $(printf %999d 7) | head -c 30000000; \
         touch ~/printed; sleep 1234; touch ~/finished",
    ));
    let running = shop.project.spawn(["deploy", "production"]);
    for host in fleet.hosts() {
        until("it has begun", || host.file("here").exists());
    }
    // Nothing of it is read before the interrupt, however fast this machine is.
    assert!(running.hold());
    for host in fleet.hosts() {
        host.write("go", "");
    }
    for host in fleet.hosts() {
        until("all is printed", || host.file("printed").exists());
    }
    running.ctrl_c();
    assert!(running.go_on());
    let outcome = running.finish();
    outcome.code(130).stderr_is("");
    for host in ["web1", "web2"] {
        outcome.stdout_has(&format!("\n{host}  none     stopped in before: long\n"));
        outcome.stdout_has(&format!("[{host}] note: it printed more than is shown: the host keeps it in"));
    }
    let history = shop.project.run(["history", "production"]);
    history.code(0).stdout_has("  stopped");
    and_all_is_well(&shop);
}
