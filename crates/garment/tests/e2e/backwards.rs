//! The way back, when that goes wrong too; and what is said then.

use garment_testing::Fleet;

use crate::bed::{Gate, Shop, current, shop, until, wait_for, wrap};
use crate::found::states;

/// Two hosts with a release, and a commit that is not deployed.
fn two(test: impl FnOnce(&Fleet, &Shop<'_>, &str)) {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("");
    shop.project.run(["deploy", "production"]).code(0);
    let old = current(fleet.host("web1"));
    shop.push("two");
    test(&fleet, &shop, &old);
}

/// From here on a switch on the host touches `switching` and waits at the gate.
fn slow_switch(fleet: &Fleet, host: &str, gate: &Gate) {
    let waits = format!("case \" $* \" in *garment-new*) touch ~/switching; {} ;; esac", gate.wait_on(host));
    wrap(fleet, host, "mv", &waits);
}

#[test]
fn a_host_that_hangs_in_the_switch_is_not_known_whoever_stops_waiting() {
    two(|fleet, shop, old| {
        let gate = Gate::new(fleet);
        slow_switch(fleet, "web1", &gate);
        let running = shop.project.spawn(["deploy", "production"]);
        until("web1 switches", || fleet.host("web1").file("switching").exists());
        until("web2 has switched", || current(fleet.host("web2")) != old);
        fleet.host("web1").freeze();
        running.ctrl_c();
        running.ctrl_c();
        let outcome = running.finish();
        outcome.code(6).stdout_has("\nweb1  not known ").stdout_has("\nweb2  ");
        outcome.stdout_has("; on 1 it is not known.").stdout_lacks("on every host");
        assert_eq!(current(fleet.host("web2")), old);
        fleet.host("web1").thaw();
        gate.open("web1");
    });
}

#[test]
fn a_host_that_is_lost_on_the_way_back_is_not_known() {
    two(|fleet, shop, _| {
        // web2 never switches; web1 does, and waits on its way back.
        let fails = "case \" $* \" in *garment-new*) exit 1 ;; esac";
        for tool in ["mv", "perl", "python3"] {
            wrap(fleet, "web2", tool, if tool == "mv" { fails } else { "exit 1" });
        }
        let gate = Gate::new(fleet);
        let back = format!(
            "case \" $* \" in *garment-new*) mkdir ~/switched 2>/dev/null || {{ touch ~/back; {}; }} ;; esac",
            gate.wait_on("web1")
        );
        wrap(fleet, "web1", "mv", &back);
        shop.config("  reconnect_timeout: 1s\n");
        let running = shop.project.spawn(["deploy", "production"]);
        until("web1 goes back", || fleet.host("web1").file("back").exists());
        fleet.host("web1").refuse();
        fleet.host("web1").kill_sessions();
        let outcome = running.finish();
        outcome
            .code(6)
            .stdout_has("web1 could not go back: the connection was lost")
            .stdout_has("\nweb1  not known ");
        gate.open("web1");
        fleet.host("web1").serve();
    });
}

#[test]
fn a_host_that_is_lost_in_the_switch_writes_down_what_it_did() {
    two(|fleet, shop, old| {
        let gate = Gate::new(fleet);
        slow_switch(fleet, "web2", &gate);
        shop.config("  reconnect_timeout: 1s\n");
        let running = shop.project.spawn(["deploy", "production"]);
        until("web2 switches", || fleet.host("web2").file("switching").exists());
        fleet.host("web2").refuse();
        fleet.host("web2").kill_sessions();
        running.finish().code(6);
        fleet.host("web2").serve();
        gate.open("web2");
        until("web2 is done", || fleet.host("web2").processes().is_empty());
        let new = current(fleet.host("web2"));
        assert_ne!(new, old);
        let states = states(fleet.host("web2"));
        assert_eq!((states[&new].as_str(), states[old].as_str()), ("live", "replaced"));
    });
}

#[test]
fn a_failure_stays_a_failure_when_people_stop_what_is_left() {
    two(|fleet, shop, _| {
        shop.config(
            "  stages: {before: [{id: it, commands: ['[ {host} = web2 ] && exit 3; echo here; exec sleep 1234']}]}\n",
        );
        let mut running = shop.project.spawn(["deploy", "production"]);
        wait_for(&mut running, "web2", "before: it: failed: exit code 3");
        assert!(
            fleet.host("web1").processes().iter().any(|line| line.contains("1234") || line.contains("bash"))
        );
        running.ctrl_c();
        running
            .finish()
            .code(4)
            .stdout_has("deploy to production failed in before: it")
            .stdout_has("asked to stop");
    });
}

#[test]
fn a_link_to_a_release_that_somebody_removed() {
    two(|fleet, shop, old| {
        shop.project.run(["deploy", "production"]).code(0);
        let new = current(fleet.host("web1"));
        for host in fleet.hosts() {
            fs_err::remove_dir_all(host.file(format!("shop/releases/{new}"))).unwrap();
        }
        shop.project
            .run(["check", "production"])
            .stdout_has("web1: `current` leads to ")
            .stdout_has("no release here");
        shop.project.run(["rollback", "production"]).code(0);
        assert_eq!(current(fleet.host("web2")), old);
    });
}

#[test]
fn going_on_to_a_newer_release_by_name_is_no_verdict_on_the_older_one() {
    two(|fleet, shop, old| {
        shop.project.run(["deploy", "production"]).code(0);
        let new = current(fleet.host("web1"));
        shop.project.run(["rollback", "production"]).code(0);
        shop.project.run(["rollback", "production", &new]).code(0);
        let states = states(fleet.host("web1"));
        assert_eq!((states[&new].as_str(), states[old].as_str()), ("live", "replaced"));
        shop.project.run(["rollback", "production"]).code(0).stdout_has(&format!("release {old}\n"));
    });
}

#[test]
fn environments_may_share_the_copy_of_the_repository() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let base = format!(
        "  repo_url: {}\n  git_ref: master\n  source_dir: ~/copy\n  hosts: {{web1: }}\n",
        shop.repo.url()
    );
    let names = ["a", "b", "c"];
    let text = names.map(|name| format!("{name}:\n  deploy_dir: ~/{name}\n{base}"));
    shop.project.config(&text.concat());
    for round in ["first", "second"] {
        let all = names.map(|name| shop.project.spawn(["deploy", name]));
        for running in all {
            running.finish().code(0).stdout_has("is live on 1 host");
        }
        shop.push(round);
    }
}

#[test]
fn a_fetch_that_fails_says_what_git_said_and_no_more() {
    two(|fleet, shop, _| {
        let denied = "case \" $* \" in *' fetch '*) printf '%s\\n' 'git@example.org: Permission denied (publickey).' \
                      'fatal: Could not read from remote repository.' '' 'Please make sure.' >&2; exit 128 ;; esac";
        wrap(fleet, "web1", "git", denied);
        let outcome = shop.project.run(["deploy", "production"]);
        outcome
            .code(4)
            .stdout_has("Permission denied (publickey)")
            .stdout_has("work for ")
            .stdout_lacks("rm -f");
    });
}
