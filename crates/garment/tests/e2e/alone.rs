//! A lone host, which gets the tasks up to the switch in one go, and those after it; and what travels with the login.

use garment_testing::Fleet;

use crate::bed::{Gate, current, footprints, shop, tame, until, wrap};

/// Three tasks before the switch and one after; the second one is `command`.
fn tasks(command: &str) -> String {
    let task = |id: &str, command: &str| {
        format!(
            "      - id: {id}\n        commands: ['{}', 'echo {id} >>~/done']\n",
            command.replace('\'', "''")
        )
    };
    format!(
        "  stages:\n    before:\n{}{}{}    after:\n{}",
        task("one", "true"),
        task("two", command),
        task("three", "true"),
        task("four", "true")
    )
}

/// With the last tasks the host is told how it ends, if they end well. Nobody has to come back for it.
#[test]
fn a_host_that_is_done_knows_it_and_has_given_the_lock_away() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config(&tasks("true"));
    let mut command = shop.project.command(["deploy", "production"]);
    command.env("GARMENT_TEST_STOP_AT", "TaskFinished after/four");
    let running = shop.project.spawn_command(command);
    assert!(running.has_stopped());
    let operations = fleet.host("web1").file("shop/.garment/operations");
    until("the end is written down", || {
        std::fs::read_dir(&operations).unwrap().any(|entry| entry.unwrap().path().join("end").exists())
    });
    // The lock is free, though the connection is there.
    until("another operation may begin", || shop.project.run(["deploy", "production"]).status.success());
    running.kill();
    running.finish();
    let history = shop.project.run(["history", "production"]);
    history.code(0).stdout_has("done");
}

#[test]
fn ctrl_c_in_the_second_task() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let host = fleet.host("web1");
    shop.config(&tasks("echo here; (sleep 4321) & sleep 1234"));
    let mut running = shop.project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line == "[web1] here");
    running.ctrl_c();
    let outcome = running.finish();
    outcome.code(130).stderr_is("");
    insta::assert_snapshot!(tame(&fleet, &outcome.stdout), @r"
    deploy to production: 1 host
    master is e2e5436eee53c239c23e93e6fdeb89efd239c9d5
    release RELEASE1
    == prepare (web1)
    == prepare: done in TIME
    == before: one (web1)
    [web1] $ true
    [web1] $ echo one >>~/done
    == before: one: done in TIME
    == before: two (web1)
    [web1] $ echo here; (sleep 4321) & sleep 1234
    [web1] here
    stopping: what runs is being ended, nothing new starts
    == before: two: stopped after TIME

    deploy to production stopped, as asked (TIME)

    host  current  how far it came
    web1  none     stopped in before: two

    `current` did not move on any host.

    what next:
      look    garment list production
      go on   garment resume production
      afresh  the same command again  (it makes a new release)
    ");
    until("nothing is left there", || host.processes().is_empty());
    assert_eq!(host.read("done"), "one\n");
    shop.config(&tasks("true"));
    shop.project.run(["resume", "production", "--changed-plan"]).code(0);
    assert_eq!(host.read("done"), "one\ntwo\nthree\nfour\n");
}

/// No task begins any more once people want it to stop, though the host knows of it already.
#[test]
fn ctrl_c_in_the_last_command_of_a_task() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let host = fleet.host("web1");
    // It ends well, though it is told to end.
    let command = "trap 'exit 0' TERM; echo here; while :; do sleep 0.05; done";
    shop.config(&format!(
        "  stages:\n    before:\n      - id: one\n        commands: [\"{command}\"]\n      - id: two\n        commands: ['touch ~/two']\n"
    ));
    let mut running = shop.project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line == "[web1] here");
    running.ctrl_c();
    let outcome = running.finish();
    outcome.code(130).stderr_is("");
    insta::assert_snapshot!(tame(&fleet, outcome.stdout.split_once("\n\n").unwrap().1), @r"
    deploy to production stopped, as asked (TIME)

    host  current  how far it came
    web1  none     did all up to before: one

    `current` did not move on any host.

    what next:
      look    garment list production
      go on   garment resume production
      afresh  the same command again  (it makes a new release)
    ");
    assert!(!host.file("two").exists());
    assert_eq!(current(host), "");
}

#[test]
fn a_task_that_fails() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let host = fleet.host("web1");
    shop.config(&tasks("echo no; exit 3"));
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(4).stderr_is("");
    insta::assert_snapshot!(tame(&fleet, &outcome.stdout), @r"
    deploy to production: 1 host
    master is e2e5436eee53c239c23e93e6fdeb89efd239c9d5
    release RELEASE1
    == prepare (web1)
    == prepare: done in TIME
    == before: one (web1)
    [web1] $ true
    [web1] $ echo one >>~/done
    == before: one: done in TIME
    == before: two (web1)
    [web1] $ echo no; exit 3
    [web1] no
    [web1] before: two: failed: exit code 3
    == before: two: failed on 1 of 1 host after TIME

    deploy to production failed in before: two (TIME)

    web1: before: two failed
      $ echo no; exit 3
      command 1 of 2: exit code 3
      its last lines of output:
      | no

    host  current  how far it came
    web1  none     failed in before: two

    `current` did not move on any host.
    RELEASE1 is left in the releases folder, to look at.

    what next:
      look    garment list production
      go on   garment resume production  (once that is mended)
      afresh  the same command again  (it makes a new release)
    ");
    assert_eq!(host.read("done"), "one\n");
}

/// The time that a task has begins with that task.
#[test]
fn each_task_has_its_own_time() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let task = |id: &str, more: &str, command: &str| {
        format!("      - id: {id}\n{more}        commands: ['{command}']\n")
    };
    let limit = "        timeout: 3s\n";
    let list = task("long", "", "sleep 3.5") + &task("short", limit, "true; sleep 1; touch ~/short");
    shop.config(&format!("  stages:\n    before:\n{list}"));
    shop.project.run(["deploy", "production"]).code(0);
    assert!(fleet.host("web1").file("short").exists());
    let list = task("long", "", "sleep 1") + &task("short", limit, "sleep 1234");
    shop.config(&format!("  stages:\n    before:\n{list}"));
    shop.project
        .run(["deploy", "production"])
        .code(4)
        .stdout_has("it was ended: the task's timeout of 3 s was over\n");
}

/// The connection is lost in one task and comes back in the next.
#[test]
fn a_lost_connection() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let host = fleet.host("web1");
    let gate = Gate::new(&fleet);
    shop.config(&tasks(&format!("echo here; touch ~/waits; {}", gate.wait())));
    let mut running = shop.project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line == "[web1] here");
    assert_eq!(host.kill_sessions(), 1);
    gate.open("web1");
    let outcome = running.finish();
    outcome.code(0).stderr_is("");
    insta::assert_snapshot!(tame(&fleet, &outcome.stdout), @r"
    deploy to production: 1 host
    master is e2e5436eee53c239c23e93e6fdeb89efd239c9d5
    release RELEASE1
    == prepare (web1)
    == prepare: done in TIME
    == before: one (web1)
    [web1] $ true
    [web1] $ echo one >>~/done
    == before: one: done in TIME
    == before: two (web1)
    [web1] $ echo here; touch ~/waits; read -r opened <FLEET/gate-web1
    [web1] here
    [web1] note: the connection was lost: Connection to 127.0.0.1 closed by remote host.; trying to connect again
    [web1] note: connected again after TIME
    [web1] $ echo two >>~/done
    == before: two: done in TIME
    == before: three (web1)
    [web1] $ true
    [web1] $ echo three >>~/done
    == before: three: done in TIME
    == make current (web1)
    [web1] current: nothing -> RELEASE1
    == make current: done in TIME
    == after: four (web1)
    [web1] $ true
    [web1] $ echo four >>~/done
    == after: four: done in TIME
    == prune (web1)
    == prune: done in TIME
    deploy to production done: RELEASE1 is live on 1 host (TIME)
    ");
    assert_eq!(host.read("done"), "one\ntwo\nthree\nfour\n");
}

#[test]
fn it_can_not_switch() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let host = fleet.host("web1");
    shop.config(&tasks("true"));
    shop.project.run(["deploy", "production"]).code(0);
    let before = current(host);
    let odd = "case \" $* \" in *.garment-new*) echo 'ln: x: no such luck' >&2; exit 1 ;; esac";
    wrap(&fleet, "web1", "ln", odd);
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(4).stdout_has(": no such luck\n").stdout_has("`current` did not move on any host.\n");
    assert_eq!(current(host), before);
}

/// What travels with the login makes nothing on a host where garment has not been, as long as not all are there.
#[test]
fn where_another_host_can_not_be_reached() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("");
    fleet.host("web2").refuse();
    let before = footprints(&fleet);
    shop.project.run(["deploy", "production"]).code(3);
    assert_eq!(footprints(&fleet), before);
    assert!(!fleet.host("web1").file("shop").exists());
    fleet.host("web2").serve();
    shop.project.run(["deploy", "production"]).code(0);
    // Where it has been the lock is taken at once, and free again.
    fleet.host("web2").refuse();
    shop.project.run(["deploy", "production"]).code(3);
    fleet.host("web2").serve();
    shop.project.run(["deploy", "production"]).code(0);
}
