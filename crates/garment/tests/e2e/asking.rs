//! Questions before a deploy, and who can't be asked.

use garment_testing::{Fleet, Running};

use crate::bed::{Shop, current, footprints, shop, until};
use crate::screen::shown;

const CONFIRM: &str = "  confirm: true\n";
const TASK: &str = "  stages: {before: [{id: a b, commands: ['true']}]}\n";

fn asked(shop: &Shop<'_>, options: &[&str]) -> Running {
    let words = ["deploy", "production"].iter().chain(options);
    let mut running = shop.project.spawn_on_terminal(100, words);
    running.wait_for_text("? [y/N] ");
    running
}

/// What is on the screen at the end.
#[track_caller]
fn ended(running: Running, code: i32) -> Vec<String> {
    let outcome = running.finish();
    outcome.code(code);
    assert!(!outcome.stdout.contains("\x1b[?25l") || outcome.stdout.contains("\x1b[?25h"), "no cursor");
    shown(&outcome.stdout, 100)
}

#[test]
fn yes_and_no() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config(&format!("{CONFIRM}{TASK}"));
    let commit = shop.repo.id("HEAD");
    let before = footprints(&fleet);
    for answer in ["n\n", "\n", "NO\n", "\x04"] {
        let running = asked(&shop, &[]);
        running.types(answer);
        let rows = ended(running, 130);
        assert_eq!(rows.last().unwrap(), "Nothing was changed.", "{rows:#?}");
        assert_eq!(footprints(&fleet), before);
    }
    let mut running = asked(&shop, &[]);
    running.types("perhaps \u{fc}\n");
    running.wait_for_text("Answer with y or n.");
    running.wait_for_text("? [y/N] ");
    running.types("Y\n");
    let rows = ended(running, 0).join("\n").replace(&commit[..7], "COMMIT");
    let (plan, rest) = rows.split_once("perhaps").unwrap();
    insta::assert_snapshot!(plan, @r"
    plan for production: deploy of master (COMMIT) to 2 hosts
    current: nothing -> YYYYMMDDTHHMMSS-COMMIT (2 hosts)
    runs before: a b (2 hosts)
    Deploy COMMIT to production (2 hosts)? [y/N]
    ");
    assert!(rest.contains("deploy to production done: "), "{rest}");
    assert!(current(fleet.host("web2")).ends_with(&commit[..7]));
}

#[test]
fn without_a_terminal() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config(CONFIRM);
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(2).stdout_is("").stderr_is(
        "error: `production` has `confirm: true`, and nobody can be asked without a terminal\n  answer with `--yes`\n",
    );
    assert_eq!(fleet.host("web1").connections(), 0);
    shop.project.run(["deploy", "production", "--dry-run"]).code(0).stderr_is("");
    shop.project.run(["deploy", "production", "--yes"]).code(0).stderr_is("");
    assert_eq!(fleet.host("web1").connections(), 2);
    // On a terminal as well: nothing is asked.
    shop.project.spawn_on_terminal(80, ["deploy", "production", "--yes"]).finish().code(0);
    // Nobody sits at the terminal of a CI.
    let mut command = shop.project.command(["deploy", "production"]);
    command.env("CI", "true");
    shop.project.spawn_command_on_terminal(80, command).finish().code(2).stdout_has("answer with `--yes`");
    // A plan was looked at, and is asked about all the same.
    shop.push("two");
    shop.project.run(["plan", "production", "--out", "it.plan"]).code(0);
    shop.project.run(["deploy", "--plan", "it.plan"]).code(2);
    shop.project.run(["deploy", "--plan", "it.plan", "--yes"]).code(0);
}

#[test]
fn ctrl_c_at_the_question() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config(CONFIRM);
    let before = footprints(&fleet);
    for signal in [Running::ctrl_c, Running::terminate] {
        let running = asked(&shop, &[]);
        assert!(signal(&running));
        let rows = ended(running, 130);
        assert!(rows.last().unwrap().ends_with("? [y/N]"), "{rows:#?}");
        assert_eq!(footprints(&fleet), before);
    }
}

/// While people think, nobody else is kept waiting; and what they agreed to is what runs.
#[test]
fn what_changes_while_people_think() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config(CONFIRM);
    let two = shop.push("two");
    let running = asked(&shop, &[]);
    until("nothing runs on the host", || fleet.host("web1").processes().is_empty());
    shop.project.run(["deploy", "production", "--yes"]).code(0);
    let live = current(fleet.host("web1"));
    running.types("y\n");
    let rows = ended(running, 2).join("\n");
    assert!(rows.contains(&format!("web1: `current` led to nothing, and leads to {live}")), "{rows}");
    assert_eq!(current(fleet.host("web1")), live);

    shop.push("three");
    let running = asked(&shop, &[]);
    shop.push("four");
    running.types("y\n");
    let rows = ended(running, 2).join("\n");
    assert!(rows.contains("`master` was "), "{rows}");
    assert!(current(fleet.host("web1")).ends_with(&two[..7]));
}

#[test]
fn nothing_to_deploy() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("");
    // Nothing is live: nothing is asked.
    shop.project.spawn_on_terminal(80, ["deploy", "production"]).finish().code(0);
    let live = current(fleet.host("web1"));
    let short = &live[16..];
    let before = footprints(&fleet);

    let running = asked(&shop, &[]);
    running.types("n\n");
    let rows = ended(running, 0).join("\n");
    assert!(
        rows.contains(&format!("nothing to deploy to production: {live} is live on 2 hosts (")),
        "{rows}"
    );
    assert!(
        rows.contains(&format!("\nDeploy {short} to production again? [y/N] n\nNothing was changed.")),
        "{rows}"
    );
    let skipped = shop.project.run(["deploy", "production", "--skip-unchanged"]);
    skipped
        .code(0)
        .stderr_is("")
        .stdout_has(&format!("nothing to deploy to production: {live} is live on 2 hosts ("));
    assert_eq!(footprints(&fleet), before);

    // Without a terminal it is done as asked, and said.
    let again = shop.project.run(["deploy", "production"]);
    again.code(0).stdout_has(&format!("{short} is live on every host already; it is deployed again\n"));
    assert_ne!(current(fleet.host("web1")), live);
    let live = current(fleet.host("web1"));
    shop.project.spawn_on_terminal(80, ["deploy", "production", "--force"]).finish().code(0);
    assert_ne!(current(fleet.host("web1")), live);
    let live = current(fleet.host("web1"));
    let running = asked(&shop, &[]);
    running.types("y\n");
    ended(running, 0);
    assert_ne!(current(fleet.host("web1")), live);
}

/// What failed after the switch is not well: it is deployed without a question.
#[test]
fn live_and_not_well() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    fleet.host("web2").write("broken", "");
    shop.config("  stages: {after: [{id: restart, commands: ['test ! -e ~/broken']}]}\n");
    shop.project.run(["deploy", "production"]).code(5);
    shop.project.run(["deploy", "production", "--skip-unchanged"]).code(5);
    fs_err::remove_file(fleet.host("web2").file("broken")).unwrap();
    shop.project.run(["deploy", "production", "--skip-unchanged"]).code(0).stdout_has("make current");
    shop.project.run(["deploy", "production", "--skip-unchanged"]).code(0).stdout_lacks("make current");
    // One host has another commit.
    shop.push("two");
    shop.config_on(&["web1"], "");
    shop.project.run(["deploy", "production"]).code(0);
    shop.config("");
    shop.project.run(["deploy", "production", "--skip-unchanged"]).code(0).stdout_has("make current");
}
