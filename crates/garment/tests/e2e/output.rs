//! What is printed where nothing can be drawn over: pipes, files, CI.

use std::io::Read as _;
use std::process::Stdio;

use garment_testing::{Fleet, Outcome};

use crate::bed::{Shop, current, shop, tame};
use crate::screen::without_colors;

const TASKS: &str = r#"  stages:
    before:
      - id: assets
        commands: ['echo one', 'printf "\033[32mgreen\033[0m no newline"']
    after:
      - id: restart
        commands: ['echo restarted {host}']
"#;

const FAILS: &str = r#"  stages:
    before:
      - id: migrate
        commands: ['true', 'printf "\033[31mno such table\033[0m\n"; exit 7', 'echo never']
      - id: never
        commands: ['echo never']
"#;

fn deploy(shop: &Shop<'_>, options: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let mut command = shop.project.command(["deploy", "production"]);
    command.args(options).envs(variables.iter().copied());
    shop.project.spawn_command(command).finish()
}

#[test]
fn a_deploy_that_succeeds() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config(TASKS);
    let outcome = deploy(&shop, &[], &[]);
    outcome.code(0).stderr_is("");
    insta::assert_snapshot!(tame(&fleet, &outcome.stdout), @r#"
    deploy to production: 1 host
    master is e2e5436eee53c239c23e93e6fdeb89efd239c9d5
    release RELEASE1
    == prepare (web1)
    == prepare: done in TIME
    == before: assets (web1)
    [web1] $ echo one
    [web1] one
    [web1] $ printf "\033[32mgreen\033[0m no newline"
    [web1] green no newline
    == before: assets: done in TIME
    == make current (web1)
    [web1] current: nothing -> RELEASE1
    == make current: done in TIME
    == after: restart (web1)
    [web1] $ echo restarted web1
    [web1] restarted web1
    == after: restart: done in TIME
    == prune (web1)
    == prune: done in TIME
    deploy to production done: RELEASE1 is live on 1 host (TIME)
    "#);
    let outcome = deploy(&shop, &["-q"], &[]);
    outcome.code(0).stderr_is("");
    insta::assert_snapshot!(tame(&fleet, &outcome.stdout), @r"
    deploy to production done: RELEASE2 is live on 1 host (TIME)
    to go back: garment rollback production RELEASE1
    ");
    let outcome = deploy(&shop, &["-v"], &[]);
    outcome.code(0).stderr_is("");
    // The login and the question to the origin go side by side.
    let told =
        tame(&fleet, &outcome.stdout).replace("master is e2e5436eee53c239c23e93e6fdeb89efd239c9d5\n", "");
    insta::assert_snapshot!(told, @r#"
    deploy to production: 1 host
    [web1] connecting
    [web1] connected in TIME
    note: e2e5436 is live on every host already; it is deployed again
    release RELEASE2
    == prepare (web1)
    [web1] - make release RELEASE2
    [web1] prepare: done in TIME
    == prepare: done in TIME
    == before: assets (web1)
    [web1] $ echo one
    [web1] one
    [web1] $ printf "\033[32mgreen\033[0m no newline"
    [web1] green no newline
    [web1] before: assets: done in TIME
    == before: assets: done in TIME
    == make current (web1)
    [web1] - make RELEASE2 current
    [web1] current: RELEASE1 -> RELEASE2
    [web1] make current: done in TIME
    == make current: done in TIME
    == after: restart (web1)
    [web1] $ echo restarted web1
    [web1] restarted web1
    [web1] after: restart: done in TIME
    == after: restart: done in TIME
    == prune (web1)
    [web1] - remove old releases
    [web1] prune: done in TIME
    == prune: done in TIME
    deploy to production done: RELEASE2 is live on 1 host (TIME)
    to go back: garment rollback production RELEASE1
    "#);
}

#[test]
fn a_deploy_that_fails() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config_on(&["web1"], FAILS);
    let outcome = deploy(&shop, &[], &[]);
    outcome.code(4).stderr_is("");
    insta::assert_snapshot!(tame(&fleet, &outcome.stdout), @r#"
    deploy to production: 1 host
    master is e2e5436eee53c239c23e93e6fdeb89efd239c9d5
    release RELEASE1
    == prepare (web1)
    == prepare: done in TIME
    == before: migrate (web1)
    [web1] $ true
    [web1] $ printf "\033[31mno such table\033[0m\n"; exit 7
    [web1] no such table
    [web1] before: migrate: failed: exit code 7
    == before: migrate: failed on 1 of 1 host after TIME

    deploy to production failed in before: migrate (TIME)

    web1: before: migrate failed
      $ printf "\033[31mno such table\033[0m\n"; exit 7
      command 2 of 3: exit code 7
      its last lines of output:
      | no such table

    host  current  how far it came
    web1  none     failed in before: migrate

    `current` did not move on any host.
    RELEASE1 is left in the releases folder, to look at.

    what next:
      look    garment list production
      go on   garment resume production  (once that is mended)
      afresh  the same command again  (it makes a new release)
    "#);
    let quiet = deploy(&shop, &["--quiet"], &[]);
    quiet.code(4).stderr_is("");
    let (_, report) = outcome.stdout.split_once("\n\n").unwrap();
    let (told, quiet_report) = quiet.stdout.split_once("\n\n").unwrap();
    assert_eq!(told, "[web1] before: migrate: failed: exit code 7");
    assert_eq!(tame(&fleet, report), tame(&fleet, quiet_report));
}

#[test]
fn colors() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config(FAILS);
    let plain = tame(&fleet, &deploy(&shop, &[], &[]).stdout);
    for (options, variables, colored) in [
        (&["--color", "always"][..], &[][..], true),
        (&["--color=always"], &[("NO_COLOR", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "0")], false),
        (&[], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
        (&[], &[("NO_COLOR", ""), ("CLICOLOR_FORCE", "1")], true),
        (&["--color", "never"], &[("CLICOLOR_FORCE", "1")], false),
        (&["--color", "auto"], &[("TERM", "xterm-256color")], false),
    ] {
        let outcome = deploy(&shop, options, variables);
        outcome.code(4).stderr_is("").stdout_lacks("\r");
        assert_eq!(outcome.stdout.contains("\x1b[31m"), colored, "{options:?} {variables:?}\n{outcome}");
        if colored {
            assert_eq!(tame(&fleet, &without_colors(&outcome.stdout)), plain);
        } else {
            outcome.stdout_lacks("\x1b");
            assert_eq!(tame(&fleet, &outcome.stdout), plain);
        }
    }
}

#[test]
fn errors_have_colors_by_the_same_rules() {
    let fleet = Fleet::builder().start();
    let project = crate::project(&fleet);
    for (arguments, colored) in [
        (&["show", "production"][..], false),
        (&["show", "production", "--color", "always"], true),
        (&["show", "production", "--color", "never"], false),
    ] {
        let outcome = project.run(arguments);
        outcome.code(2).stdout_is("").stderr_has("there is no deploy.conf");
        assert_eq!(outcome.stderr.contains('\x1b'), colored, "{outcome}");
    }
}

/// `garment deploy | head -1`, and a reader that was never there.
#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config(TASKS);
    for (verb, code) in [("deploy", 0), ("check", 0), ("list", 0), ("show", 0)] {
        let mut garment = shop.project.command([verb, "production"]);
        garment.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut garment = garment.spawn().unwrap();
        drop(garment.stdout.take());
        let mut said = String::new();
        garment.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((garment.wait().unwrap().code(), said.as_str()), (Some(code), ""), "{verb}");
    }
    assert_eq!(fleet.host("web1").read("shop/current/index.html"), "one\n");
    let old = current(fleet.host("web1"));
    let line = format!("'{}' deploy production 2>&1 | head -1", env!("CARGO_BIN_EXE_garment"));
    let head = fleet.command("bash").args(["-o", "pipefail", "-c", &line]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&head.stdout), "deploy to production: 1 host\n");
    assert_eq!(head.status.code(), Some(0));
    assert_ne!(current(fleet.host("web1")), old);
}

/// Where nothing can be written at all: a full disk.
#[test]
fn a_report_that_nobody_can_write_down_stops_nothing() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config(TASKS);
    let mut garment = shop.project.command(["deploy", "production"]);
    garment.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap()).stderr(Stdio::piped());
    let output = garment.output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
    assert_eq!(fleet.host("web1").read("shop/current/index.html"), "one\n");
}
