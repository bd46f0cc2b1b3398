//! `garment resume`, `abandon` and `history`: going on from what the hosts recorded.

use garment_testing::{Fleet, Host};

use crate::bed::{Gate, Shop, current, footprints, runs, shop, until, wait_for};

/// What the tasks note in each host's home, without the commands' order on other hosts.
fn notes(host: &Host) -> Vec<String> {
    host.read("notes").lines().map(ToOwned::to_owned).collect()
}

/// A task whose commands each leave a line in `~/notes`; `more` is its last command.
fn task(id: &str, more: &str) -> String {
    format!("      - id: {id}\n        commands: ['echo {id} {{previous_release}} >>~/notes', '{more}']\n")
}

/// `before: build` and `migrate`, `after: restart`; each fails on a host that has a file of that name, once it is finished
/// on the other one.
fn tasks(fleet: &Fleet) -> String {
    let homes = fleet.host("web1").home().display().to_string().replace("web1", "$other");
    let fails = |id: &str| {
        format!(
            "[ ! -e ~/{id} ] || {{{{ case {{host}} in web1) other=web2 ;; *) other=web1 ;; esac; until cat \"$(ls -d \
             \"{homes}/shop/.garment/operations/\"* | tail -n 1)\"/*/*-{id}.1.status; do sleep 0.1; done; false; }}}}"
        )
    };
    stages(fails)
}

/// The same, for one host.
fn tasks_of_one() -> String {
    stages(|id| format!("[ ! -e ~/{id} ]"))
}

fn stages(fails: impl Fn(&str) -> String) -> String {
    let task = |id| task(id, &fails(id));
    format!("  stages:\n    before:\n{}{}    after:\n{}", task("build"), task("migrate"), task("restart"))
}

#[test]
fn what_failed_goes_on_where_it_stopped() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config(&tasks(&fleet));
    let project = &shop.project;
    project.run(["deploy", "production"]).code(0);
    let old = current(fleet.host("web1"));
    shop.push("two");
    fleet.host("web2").write("migrate", "");
    for host in fleet.hosts() {
        fs_err::remove_file(host.file("notes")).unwrap();
    }
    project.run(["deploy", "production"]).code(4).stdout_has("go on   garment resume production");
    // What is pushed meanwhile has no part in it.
    shop.push("three");
    let again = project.run(["resume", "production"]);
    again.code(4).stdout_has("resume of production failed in before: migrate").stdout_has(
        "  finished before: build (2 hosts)\n  finished before: migrate (web1)\n  left     before: migrate (web2)\n  \
         left     after: restart (2 hosts)\n",
    );
    again
        .stdout_has("going on with the deploy of master (")
        .stdout_has("give up  garment abandon production");
    fs_err::remove_file(fleet.host("web2").file("migrate")).unwrap();
    let done = project.run(["resume", "production"]);
    done.code(0)
        .stdout_has("resume of production done: ")
        .stdout_has(&format!("garment rollback production {old}"));
    let of = |ids: &[&str]| ids.iter().map(|id| format!("{id} {old}")).collect::<Vec<_>>();
    assert_eq!(notes(fleet.host("web1")), of(&["build", "migrate", "restart"]));
    assert_eq!(notes(fleet.host("web2")), of(&["build", "migrate", "migrate", "migrate", "restart"]));
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/index.html"), "two\n");
    }
    let none = project.run(["resume", "production"]);
    none.code(2).stdout_has("there is nothing to resume: the last operation, `").stdout_has(", is done (");
    assert_eq!(notes(fleet.host("web1")).len(), 3);
}

/// garment is killed, and somebody else goes on from another machine.
#[test]
fn what_was_killed_is_gone_on_with_by_somebody_else() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    let three = |command: &str| {
        format!(
            "  stages:\n    before:\n{}{}{}",
            task("one", "true"),
            task("two", command),
            task("three", "true")
        )
    };
    shop.config(&three(&format!("echo here; {}", gate.wait())));
    let mut running = shop.project.spawn(["deploy", "production"]);
    wait_for(&mut running, "web1", "here");
    let status = shop.project.run(["status", "production"]);
    status.stdout_lacks("garment resume");
    gate.open("web2");
    // On `web2` it is finished.
    let record = |host: &Host, name: &str| {
        let mut found = fs_err::read_dir(host.file("shop/.garment/operations")).unwrap();
        let folder = found.next().unwrap().unwrap().path();
        fs_err::read_to_string(folder.join(name)).unwrap_or_default()
    };
    until("web2 is through", || record(fleet.host("web2"), "1/before-two.1.status").starts_with("0 "));
    running.kill_group();
    drop(running);
    // What still runs keeps the lock.
    shop.project.run(["resume", "production"]).code(7);
    shop.project.run(["abandon", "production"]).code(7);
    gate.open("web1");
    until("the command on web1 is over", || !runs(fleet.host("web1"), "gate-web1"));
    let status = shop.project.run(["status", "production"]);
    status.code(0).stdout_has(" and not finished\n    to go on: garment resume production\n    to give it up: garment abandon production\n");
    status.stdout_lacks("never finished");

    let shop = Shop { project: crate::project(&fleet), repo: shop.repo };
    shop.config(&three(&format!("echo here; {}", gate.wait())));
    let other = &shop.project;
    other.run(["resume", "production", "--wait=20s"]).code(0).stdout_has(": not finished\n");
    let names = |host| notes(host).iter().map(|note| note.trim().to_owned()).collect::<Vec<_>>();
    // The command that outlived its garment had succeeded.
    assert_eq!(names(fleet.host("web1")), ["one", "two", "three"]);
    assert_eq!(names(fleet.host("web2")), ["one", "two", "three"]);
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/index.html"), "one\n");
    }
    let history = other.run(["history", "production"]);
    history.code(0).stdout_has("done, resumed once");
}

#[test]
fn a_changed_plan_is_refused_and_nothing_is_changed() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config(&tasks(&fleet));
    fleet.host("web2").write("migrate", "");
    shop.project.run(["deploy", "production"]).code(4);
    shop.config(&tasks(&fleet).replace("[ ! -e ~/migrate ]", "[ ! -e ~/migrate  ]"));
    let before = footprints(&fleet);
    let refused = shop.project.run(["resume", "production"]);
    refused.code(2).stdout_has("resume of production refused: nothing was changed").stdout_has(
        ":\nbefore: migrate has changed on web2\n  see what changed in deploy.conf. To go on as it says now: `garment \
         resume --changed-plan production`; to give it up: `garment abandon production`\n",
    );
    assert_eq!(footprints(&fleet), before);
    fs_err::remove_file(fleet.host("web2").file("migrate")).unwrap();
    fleet.host("web1").write("restart", "");
    shop.project.run(["resume", "production", "--changed-plan"]).code(5);
    // The plan that was agreed to is the plan now.
    fs_err::remove_file(fleet.host("web1").file("restart")).unwrap();
    let again = shop.project.run(["resume", "production"]);
    again.code(0).stdout_has("  finished before: migrate (2 hosts)\n  finished after: restart (web2)\n");
}

#[test]
fn given_up() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let project = &shop.project;
    shop.config(&tasks(&fleet));
    project
        .run(["abandon", "production"])
        .code(2)
        .stderr_has("so there is nothing to abandon; nothing was changed");
    project.run(["deploy", "production"]).code(0);
    let old = current(fleet.host("web1"));
    fleet.host("web2").write("migrate", "");
    project.run(["deploy", "production"]).code(4);
    let given_up = project.run(["abandon", "production"]);
    given_up.code(0).stdout_has("is abandoned: everything stays as it is\nhost  current\n");
    given_up.stdout_has(&format!("web1  {old}\nweb2  {old}\n"));
    for host in fleet.hosts() {
        assert_eq!(current(host), old);
    }
    project.run(["resume", "production"]).code(2).stdout_has(", was abandoned (");
    project.run(["abandon", "production"]).code(2);
    project.run(["status", "production"]).code(0).stdout_lacks("garment resume");
    project.run(["list", "production"]).code(0).stdout_has("failed");
    project.run(["history", "production"]).code(0).stdout_has("abandoned by ").stdout_has("  done  ");
}

#[test]
fn a_rollback_goes_on() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let project = &shop.project;
    shop.config(&tasks(&fleet));
    project.run(["deploy", "production"]).code(0);
    let old = current(fleet.host("web1"));
    shop.push("two");
    project.run(["deploy", "production"]).code(0);
    fleet.host("web2").write("restart", "");
    project.run(["rollback", "production"]).code(5).stdout_has("go on  garment resume production");
    for host in fleet.hosts() {
        assert_eq!(current(host), old);
        fs_err::remove_file(host.file("notes")).unwrap();
    }
    fs_err::remove_file(fleet.host("web2").file("restart")).unwrap();
    let done = project.run(["resume", "production"]);
    done.code(0).stdout_has("going on with the rollback by ").stdout_has(": failed after the switch\n");
    assert!(!fleet.host("web1").file("notes").exists());
    assert_eq!(notes(fleet.host("web2")).len(), 1);
    let history = project.run(["history", "production", "--limit", "1"]);
    history.code(0).stdout_has("rollback").stdout_lacks("deploy");
}

#[test]
fn trouble() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let project = &shop.project;
    shop.config(&tasks(&fleet));
    for verb in ["resume", "abandon", "history"] {
        project.run([verb, "staging"]).code(2).stderr_has("no environment");
    }
    project.run(["resume", "production"]).code(2).stdout_has("no host has a record of an operation");
    project.run(["history", "production"]).code(0).stdout_is("No operation of production is recorded yet.\n");
    fleet.host("web2").write("migrate", "");
    project.run(["deploy", "production"]).code(4);
    project.run(["lock", "production", "-m", "audit"]).code(0);
    for verb in ["resume", "abandon"] {
        project.run([verb, "production"]).code(7);
    }
    project.run(["unlock", "production"]).code(0);
    fleet.host("web2").refuse();
    let before = footprints(&fleet);
    for verb in ["resume", "abandon", "history"] {
        project.run([verb, "production"]).code(3);
    }
    assert_eq!(footprints(&fleet), before);
    fleet.host("web2").serve();
    // One host's record says something else, and something that would move a cursor.
    let mut operations = fs_err::read_dir(fleet.host("web2").file("shop/.garment/operations")).unwrap();
    let info = operations.next().unwrap().unwrap().path().join("info");
    let text = fs_err::read_to_string(&info).unwrap();
    fs_err::write(&info, text.replace("ref=master", "ref=\u{1b}[2Jmaster")).unwrap();
    let before = footprints(&fleet);
    project.run(["resume", "production"]).code(2).stdout_has(" on web2 is damaged\n").stdout_lacks("\u{1b}");
    project.run(["history", "production"]).code(0).stdout_lacks("\u{1b}");
    assert_eq!(footprints(&fleet), before);
    fs_err::write(&info, &text[..text.len() / 2]).unwrap();
    project.run(["resume", "production"]).code(2).stdout_has(" on web2 is damaged\n");
    project.run(["history", "production"]).code(0).stdout_has("damaged record on web2");
    fs_err::write(&info, text).unwrap();
    // Begun on another host alone.
    shop.config_on(&["web1"], &tasks_of_one());
    fleet.host("web1").write("build", "");
    project.run(["deploy", "production"]).code(4);
    shop.config(&tasks(&fleet));
    project.run(["resume", "production"]).code(2).stdout_has("there are two operations to resume: `");
    project.run(["abandon", "production"]).code(0);
    project.run(["resume", "production"]).code(2).stdout_has("there is nothing to resume");
}
