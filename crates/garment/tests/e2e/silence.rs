//! Connections that die without a word: nothing arrives any more, and nothing says so.

use garment_testing::{Fleet, Running};

use crate::bed::{Gate, Shop, current, shop, until};

/// Starts a garment that notices silence within some seconds.
fn watchful(shop: &Shop<'_>, arguments: &[&str]) -> Running {
    let mut command = shop.project.command(arguments);
    command.env("GARMENT_TEST_KEEPALIVE", "1");
    shop.project.spawn_command(command)
}

fn task(gate: &Gate) -> String {
    format!(
        "  stages:\n    before:\n      - id: long\n        commands: ['echo here; {}; echo ran >>~/finished', 'echo next >>~/next']\n",
        gate.wait()
    )
}

#[test]
fn it_is_noticed_and_the_command_followed() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&task(&gate));
    let mut running = watchful(&shop, &["deploy", "production"]);
    running.wait_for_line(|line| line.ends_with("] here"));
    running.wait_for_line(|line| line.ends_with("] here"));
    let host = fleet.host("web2");
    assert_eq!(host.freeze(), 1);
    running.wait_for_line(|line| line.starts_with("[web2] note: connected again after "));
    gate.open("web1");
    gate.open("web2");
    running.finish().code(0).stderr_is("");
    for host in fleet.hosts() {
        assert_eq!(host.read("finished"), "ran\n");
        assert_eq!(host.read("next"), "next\n");
    }
    assert_eq!(current(fleet.host("web1")), current(host));
    // What the dead connection still had in store does no harm.
    host.thaw();
    until("nothing is left there", || host.processes().is_empty() && host.open_sessions() == 0);
    assert_eq!(host.read("next"), "next\n");
}

/// A host that is through with a task while others are not: else its lock could be had after a while.
#[test]
fn a_host_that_waits_for_others_hears_that_somebody_is_there() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&task(&gate));
    let running = watchful(&shop, &["deploy", "production"]);
    let web1 = fleet.host("web1");
    gate.open("web1");
    until("web1 is through", || web1.file("next").exists());
    let beat = || web1.read("shop/.garment/beat").trim().parse::<u64>().unwrap_or_default();
    let first = beat();
    until("web1 hears something", || beat() >= first + 3);
    gate.open("web2");
    running.finish().code(0).stderr_is("");
}

/// Nobody is there any more, though the host's sshd does not know it: nothing further starts, and the lock can be had.
#[test]
fn the_lock_of_a_dead_controller_can_be_had() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&task(&gate));
    let mut running = watchful(&shop, &["deploy", "production"]);
    running.wait_for_line(|line| line.ends_with("] here"));
    running.wait_for_line(|line| line.ends_with("] here"));
    for host in fleet.hosts() {
        assert_eq!(host.freeze(), 1);
    }
    running.kill();
    until("it is gone", || running.has_ended());
    // While its command runs nobody else gets in.
    let held = shop.project.run(["deploy", "production"]);
    held.code(7).stdout_has("is at work there");
    for host in fleet.hosts() {
        until("nobody was heard of for some seconds", || {
            let last: i64 = host.read("shop/.garment/beat").trim().parse().unwrap_or(i64::MAX);
            jiff::Timestamp::now().as_second() - last > 4
        });
        gate.open(host.name());
        until("the command is over", || host.file("finished").exists());
    }
    shop.config("");
    watchful(&shop, &["deploy", "production", "--wait=60s"]).finish().code(0).stderr_is("");
    for host in fleet.hosts() {
        assert!(!host.file("next").exists(), "a command was started though nobody was there");
        host.thaw();
        until("nothing is left there", || host.processes().is_empty() && host.open_sessions() == 0);
        assert!(!host.file("next").exists());
    }
}
