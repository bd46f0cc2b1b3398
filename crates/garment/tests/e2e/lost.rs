//! Connections that break, and a garment that dies.

use garment_testing::{Fleet, Outcome};

use crate::bed::{Gate, Shop, current, shop, tame, until, wrap};

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

/// What a host's commands printed, in order.
fn printed(outcome: &Outcome, host: &str) -> Vec<String> {
    let tag = format!("[{host}] ");
    let lines = outcome.stdout.lines().filter_map(|line| line.strip_prefix(&tag));
    lines.filter(|line| !line.starts_with("$ ") && !line.starts_with("note: ")).map(str::to_owned).collect()
}

fn lost_in_a_task(stage: &str) {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    let task =
        task(stage, &gate).replace("touch ~/finished", "echo ran >>~/finished; echo over; echo words >&2");
    shop.config(&task);
    let mut running = shop.project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line.ends_with("] here"));
    running.wait_for_line(|line| line.ends_with("] here"));
    for _ in 0..3 {
        assert_eq!(fleet.host("web2").kill_sessions(), 1);
        running.wait_for_line(|line| line.starts_with("[web2] note: the connection was lost"));
        running.wait_for_line(|line| line.starts_with("[web2] note: connected again after "));
    }
    gate.open("web1");
    gate.open("web2");
    let outcome = running.finish();
    outcome.code(0).stderr_is("");
    for host in fleet.hosts() {
        assert_eq!(host.read("finished"), "ran\n");
        assert!(host.file("next").exists() && host.file("later").exists());
        let mut said = printed(&outcome, host.name());
        said.retain(|line| !line.starts_with("current: "));
        assert_eq!(said[0], "here");
        said[1..].sort();
        assert_eq!(said[1..], ["over", "words"], "{outcome}");
        until("nothing runs there", || host.processes().is_empty() && host.open_sessions() == 0);
    }
}

#[test]
fn in_a_before_task() {
    lost_in_a_task("before");
}

#[test]
fn in_an_after_task() {
    lost_in_a_task("after");
}

/// However often the connection is lost, and wherever: each byte is told once.
#[test]
fn no_output_is_lost_or_told_twice() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let host = fleet.host("web1");
    // Each command prints on both outputs, now and then waits for a file that the test makes, and runs once.
    let command = "for i in 1 2 3; do for j in 1 2 3 4 5; do echo \"out NAME $i.$j\"; echo \"err NAME $i.$j\" >&2; done; \
                   touch ~/NAME.$i; until [ -e ~/go.NAME.$i ]; do sleep 0.02; done; done; printf 'no end NAME'";
    let commands: Vec<_> = ["a", "b"].iter().map(|name| command.replace("NAME", name)).collect();
    let list = commands
        .iter()
        .fold(String::new(), |list, command| format!("{list}          - |-\n            {command}\n"));
    shop.config(&format!("  stages:\n    before:\n      - id: it\n        commands:\n{list}"));
    let running = shop.project.spawn(["deploy", "production"]);
    for name in ["a", "b"] {
        for i in 1..=3 {
            until("it waits", || host.file(format!("{name}.{i}")).exists());
            assert_eq!(host.kill_sessions(), 1);
            if i == 2 {
                // It goes on, and over, while nobody listens.
                host.refuse();
                host.write(format!("go.{name}.{i}"), "");
                until("it waits again", || host.file(format!("{name}.3")).exists());
                host.serve();
                until("it is connected again", || host.open_sessions() == 1);
            } else {
                until("it is connected again", || host.open_sessions() == 1);
                host.write(format!("go.{name}.{i}"), "");
            }
        }
    }
    let outcome = running.finish();
    outcome.code(0).stderr_is("");
    for stream in ["out", "err"] {
        let all = ["a", "b"].iter().flat_map(|name| {
            (1..=3).flat_map(move |i| (1..=5).map(move |j| format!("{stream} {name} {i}.{j}")))
        });
        let mut said = printed(&outcome, "web1");
        said.retain(|line| line.starts_with(stream));
        assert_eq!(said, all.collect::<Vec<_>>(), "{outcome}");
    }
    for name in ["a", "b"] {
        let count =
            printed(&outcome, "web1").iter().filter(|line| **line == format!("no end {name}")).count();
        assert_eq!(count, 1, "{outcome}");
    }
}

/// The command is through before there is a connection again; nobody waits for it in vain.
#[test]
fn it_ends_while_nobody_is_connected() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&task("before", &gate).replace("touch ~/finished", "echo over; touch ~/finished; exit 7"));
    let mut running = shop.project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line.ends_with("] here"));
    running.wait_for_line(|line| line.ends_with("] here"));
    let host = fleet.host("web2");
    host.refuse();
    host.kill_sessions();
    gate.open("web2");
    until("the command is over", || host.file("finished").exists());
    host.serve();
    running.wait_for_line(|line| line == "[web2] over");
    gate.open("web1");
    running.finish().code(4).stdout_has("exit code 7").stderr_is("");
    and_all_is_well(&shop);
}

/// It does not come back in time.
#[test]
fn for_good() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&format!("  reconnect_timeout: 1s\n{}", task("before", &gate)));
    let mut running = shop.project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line.ends_with("] here"));
    running.wait_for_line(|line| line.ends_with("] here"));
    fleet.host("web2").refuse();
    assert_eq!(fleet.host("web2").kill_sessions(), 1);
    running.wait_for_line(|line| line.starts_with("[web2] before: long: how it went is not known"));
    gate.open("web1");
    gate.open("web2");
    let outcome = running.finish();
    outcome.code(4).stderr_is("");
    insta::assert_snapshot!(tame(&fleet, outcome.stdout.split_once("\n\n").unwrap().1), @r"
    deploy to production failed in before: long (TIME)

    web2: before: long: how it went is not known
      $ echo here; read -r opened <FLEET/gate-web2; touch ~/finished
      the connection was lost and could not be made again within 1 s: nothing listens on its ssh port
      what was running there runs on, and nothing further starts; look before you go on
      its last lines of output:
      | here

    host  current  how far it came
    web1  none     stopped in before: long
    web2  none     not known how before: long went

    `current` did not move on any host.
    RELEASE1 is left in the releases folder, to look at.

    what next:
      look    garment list production
      go on   garment resume production  (once that is mended)
      afresh  the same command again  (it makes a new release)
    ");
    fleet.host("web2").serve();
    and_all_is_well(&shop);
}

#[test]
fn while_a_release_is_prepared() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config("");
    let waits = format!("case \" $* \" in *' clone '*) touch ~/cloning; {} ;; esac", gate.wait_on("web2"));
    wrap(&fleet, "web2", "git", &waits);
    let running = shop.project.spawn(["deploy", "production"]);
    until("web2 clones", || fleet.host("web2").file("cloning").exists());
    fleet.host("web2").kill_sessions();
    gate.open("web2");
    running.finish().code(0).stderr_is("").stdout_has("[web2] note: connected again after ");
    assert_eq!(current(fleet.host("web1")), current(fleet.host("web2")));
    wrap(&fleet, "web2", "git", "");
    and_all_is_well(&shop);
}

#[test]
fn during_the_cutover() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    let waits =
        format!("case \" $* \" in *garment-new*) touch ~/switching; {} ;; esac", gate.wait_on("web2"));
    let config = |timeout: u32| {
        shop.config(&format!(
            "  reconnect_timeout: {timeout}s\n  stages: {{after: [{{id: later, commands: ['touch ~/later']}}]}}\n"
        ));
    };
    shop.config("");
    shop.project.run(["deploy", "production"]).code(0);
    let old = current(fleet.host("web1"));
    shop.push("two");
    config(1);
    wrap(&fleet, "web2", "mv", &waits);
    let running = shop.project.spawn(["deploy", "production"]);
    until("web2 switches", || fleet.host("web2").file("switching").exists());
    fleet.host("web2").refuse();
    fleet.host("web2").kill_sessions();
    let outcome = running.finish();
    outcome.code(6).stderr_is("");
    insta::assert_snapshot!(tame(&fleet, outcome.stdout.split_once("\n\n").unwrap().1), @r"
    deploy to production failed in make current, and the hosts may differ now (TIME)

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
    // What ran there was in the middle of it, and goes on to its end.
    assert_eq!(current(fleet.host("web2")), old);
    fleet.host("web2").serve();
    gate.open("web2");
    until("web2 is done", || current(fleet.host("web2")) != old);
    until("nothing runs there", || fleet.host("web2").processes().is_empty());
    assert_eq!(current(fleet.host("web1")), old);
    // The same with a connection that comes back.
    shop.push("three");
    config(60);
    fs_err::remove_file(fleet.host("web2").file("switching")).unwrap();
    let running = shop.project.spawn(["deploy", "production"]);
    until("web2 switches", || fleet.host("web2").file("switching").exists());
    fleet.host("web2").kill_sessions();
    gate.open("web2");
    running.finish().code(0).stderr_is("");
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/index.html"), "three\n");
        fs_err::remove_file(host.file("later")).unwrap();
    }
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
    shop.config(&format!("  reconnect_timeout: 1s\n{}", task("before", &gate)));
    let mut running = shop.project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line.ends_with("] here"));
    running.wait_for_line(|line| line.ends_with("] here"));
    fleet.host("web2").crash();
    running.wait_for_line(|line| line.starts_with("[web2] before: long: how it went is not known"));
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
    shop.config("  reconnect_timeout: 1s\n");
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
