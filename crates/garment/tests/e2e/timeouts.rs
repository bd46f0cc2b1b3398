//! `timeout`: on the host, with or without a connection.

use garment_testing::Fleet;

use crate::bed::{current, runs, shop, tame, until};

#[test]
fn the_whole_group_is_ended() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let host = fleet.host("web1");
    shop.config(
        "  timeout: 1s\n  stages:\n    before:\n      - id: long\n        commands: ['true', 'echo here; (sleep 4321) & sleep 1234', 'touch ~/next']\n",
    );
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(4).stderr_is("");
    insta::assert_snapshot!(tame(&fleet, outcome.stdout.split_once("\n\n").unwrap().1), @r"
    deploy to production failed in before: long (TIME)

    web1: before: long failed
      $ echo here; (sleep 4321) & sleep 1234
      command 2 of 3: exit code 143 (128 + 15: killed by SIGTERM)
      it was ended: the task's timeout of TIME was over
      see why it takes so long, or give the task a longer `timeout`
      its last lines of output:
      | here

    host  current  how far it came
    web1  none     failed in before: long

    `current` did not move on any host.
    RELEASE1 is left in the releases folder, to look at.

    what next:
      look    garment list production
      go on   garment resume production  (once that is mended)
      afresh  the same command again  (it makes a new release)
    ");
    until("all of it is ended", || !runs(host, "sleep"));
    assert!(!host.file("next").exists());
    assert_eq!(current(host), "");
    // A task may have longer, or as long as it likes.
    for more in ["", "        timeout: 10m\n", "        timeout: none\n"] {
        shop.config(&format!(
            "  timeout: 1s\n  stages:\n    before:\n      - id: short\n        commands: ['sleep 1.5; touch ~/next']\n{more}"
        ));
        let code = if more.is_empty() { 4 } else { 0 };
        shop.project.run(["deploy", "production"]).code(code).stderr_is("");
        assert_eq!(host.file("next").exists(), code == 0);
    }
}

/// Whatever a command makes of SIGTERM: its time was up.
#[test]
fn who_ends_well_or_not_at_all_fails_all_the_same() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let polite = "trap \"exit 0\" TERM; while :; do sleep 0.1; done";
    let deaf = "trap \"\" TERM; while :; do sleep 0.1; done";
    shop.config(&format!(
        "  timeout: 1s\n  stages:\n    before:\n      - id: long\n        commands: ['if [ {{host}} = web1 ]; then {polite}; else {deaf}; fi', 'touch ~/next']\n"
    ));
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(4).stderr_is("");
    let said = &outcome.stdout;
    assert!(said.contains("web1: before: long failed\n"), "{outcome}");
    assert!(
        said.contains("exit code 124\n  it was ended: the task's timeout of 1 s was over\n"),
        "{outcome}"
    );
    assert!(
        said.contains(
            "exit code 137 (128 + 9: killed by SIGKILL)\n  it was ended: the task's timeout of 1 s was over\n"
        ),
        "{outcome}"
    );
    for host in fleet.hosts() {
        assert!(!host.file("next").exists());
        until("nothing is left", || host.processes().is_empty());
    }
}

/// The clock runs on the host.
#[test]
fn without_a_connection() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let host = fleet.host("web1");
    shop.config("  timeout: 2s\n  stages: {before: [{id: long, commands: ['echo here; sleep 1234']}]}\n");
    let mut running = shop.project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line == "[web1] here");
    host.refuse();
    host.kill_sessions();
    until("its time is up", || !runs(host, "sleep 1234"));
    host.serve();
    running.finish().code(4).stdout_has("it was ended: the task's timeout of 2 s was over").stderr_is("");
}
