//! What is left on a terminal when garment is gone.

use garment_testing::{Fleet, Running};

use crate::bed::{Gate, shop, tame, until};
use crate::screen::shown;

const TASKS: &str = "  stages:\n    before:\n      - id: assets\n        commands: ['echo one; printf \"10%%\\\\r100%%\\\\n\"']\n    after:\n      - id: restart\n        commands: ['[ ! -e ~/broken ] || {{ echo out of luck; exit 3; }}']\n";

fn screen(fleet: &Fleet, running: Running, code: i32, columns: usize) -> String {
    let outcome = running.finish();
    outcome.code(code);
    let rows = shown(&outcome.stdout, columns);
    assert!(rows.iter().all(|row| row.chars().count() <= columns), "{rows:#?}");
    tame(fleet, &rows.join("\n"))
}

#[test]
fn a_deploy_that_succeeds() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config(TASKS);
    let running = shop.project.spawn_on_terminal(80, ["deploy", "production"]);
    insta::assert_snapshot!(screen(&fleet, running, 0, 80), @r"
    deploy to production: 2 hosts
    master is e2e5436eee53c239c23e93e6fdeb89efd239c9d5
    release RELEASE1
    ✓ prepare  2 hosts  TIME
    ✓ before: assets  2 hosts  TIME
    ✓ ready to switch  2 hosts  TIME
    ✓ make current  2 hosts  TIME
      current: nothing -> RELEASE1  2 hosts
    ✓ after: restart  2 hosts  TIME
    ✓ prune  2 hosts  TIME
    deploy to production done: RELEASE1 is live on 2 hosts (TIME)
    ");
    let running = shop.project.spawn_on_terminal(80, ["deploy", "production", "--quiet", "--force"]);
    insta::assert_snapshot!(screen(&fleet, running, 0, 80), @r"
    deploy to production done: RELEASE2 is live on 2 hosts (TIME)
    to go back: garment rollback production RELEASE1
    ");
}

#[test]
fn a_deploy_that_fails() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    fleet.host("web2").write("broken", "");
    shop.config(TASKS);
    let running = shop.project.spawn_on_terminal(80, ["deploy", "production"]);
    insta::assert_snapshot!(screen(&fleet, running, 5, 80), @r"
    deploy to production: 2 hosts
    master is e2e5436eee53c239c23e93e6fdeb89efd239c9d5
    release RELEASE1
    ✓ prepare  2 hosts  TIME
    ✓ before: assets  2 hosts  TIME
    ✓ ready to switch  2 hosts  TIME
    ✓ make current  2 hosts  TIME
      current: nothing -> RELEASE1  2 hosts
    [web2] after: restart: failed: exit code 3
    ✗ after: restart  failed on 1 of 2 hosts  TIME

    deploy to production: live, but it failed in after: restart (TIME)

    web2: after: restart failed
      $ [ ! -e ~/broken ] || { echo out of luck; exit 3; }
      exit code 3
      its last lines of output:
      | out of luck

    host  current                  how far it came
    web1  RELEASE1  did all up to after: restart
    web2  RELEASE1  failed in after: restart

    `current` leads to RELEASE1 on every host.

    what next:
      look    garment list production
      go on   garment resume production  (once that is mended)
      afresh  the same command again  (it makes a new release)
    ");
}

/// What stays is the same, however narrow: a line that stays is broken by the terminal.
#[test]
fn a_narrow_terminal() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config(TASKS);
    shop.project.run(["deploy", "production"]).code(0);
    fleet.host("web2").write("broken", "");
    let wide =
        screen(&fleet, shop.project.spawn_on_terminal(500, ["deploy", "production", "--force"]), 5, 500);
    let outcome = shop.project.spawn_on_terminal(20, ["deploy", "production"]).finish();
    outcome.code(5);
    // Put together again: names of releases were broken, too.
    let rows = shown(&outcome.stdout, 20);
    let mut lines: Vec<String> = Vec::new();
    let mut full = false;
    for row in rows {
        match lines.last_mut() {
            Some(line) if full => line.push_str(&row),
            _ => lines.push(row.clone()),
        }
        full = row.chars().count() == 20;
    }
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let narrow = tame(&fleet, &lines.join("\n"));
    assert_eq!(squeezed(&narrow), squeezed(&wide));
}

#[test]
fn ctrl_c() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&format!(
        "  stages:\n    before:\n      - id: long\n        commands: ['touch ~/here; {}']\n",
        gate.wait()
    ));
    for columns in [80, 20] {
        let running = shop.project.spawn_on_terminal(columns, ["deploy", "production"]);
        until("it waits", || fleet.hosts().iter().all(|host| host.file("here").exists()));
        running.ctrl_c();
        let shown = screen(&fleet, running, 130, columns.into());
        if columns == 80 {
            insta::assert_snapshot!(shown, @r"
            deploy to production: 1 host
            master is e2e5436eee53c239c23e93e6fdeb89efd239c9d5
            release RELEASE1
            ✓ prepare  web1  TIME
            stopping: what runs is being ended, nothing new starts
            ✗ before: long  stopped  TIME

            deploy to production stopped, as asked (TIME)

            host  current  how far it came
            web1  none     stopped in before: long

            `current` did not move on any host.

            what next:
              look    garment list production
              go on   garment resume production
              afresh  the same command again  (it makes a new release)
            ");
        }
        for host in fleet.hosts() {
            fs_err::remove_file(host.file("here")).unwrap();
        }
    }
}

/// Cut off in the middle of a drawing, the terminal is as it was: no mode is set that somebody would have to take back.
#[test]
fn a_sudden_end_leaves_the_terminal_usable() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&format!(
        "  stages:\n    before:\n      - id: long\n        commands: ['touch ~/here; {}']\n",
        gate.wait()
    ));
    let running = shop.project.spawn_on_terminal(80, ["deploy", "production"]);
    until("it waits", || fleet.host("web1").file("here").exists());
    running.kill();
    let written = running.finish().stdout;
    gate.open("web1");
    assert!(!written.contains("\x1b[?"), "{written:?}");
}

#[test]
fn verbs_that_only_look_draw_nothing() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config(TASKS);
    let running = shop.project.spawn_on_terminal(80, ["check", "production"]);
    insta::assert_snapshot!(screen(&fleet, running, 0, 80), @r"
    ✓ configuration of production
    ✓ master is e2e5436eee53c239c23e93e6fdeb89efd239c9d5
    ✓ web1: nothing live yet
    ✓ web2: nothing live yet
    Nothing stands in the way of a deploy.
    ");
    let running = shop.project.spawn_on_terminal(80, ["list", "production"]);
    insta::assert_snapshot!(screen(&fleet, running, 0, 80), @r"No releases of production yet: make one with `garment deploy`.");
}
