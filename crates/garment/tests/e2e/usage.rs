//! Command lines and files that are wrong.

use garment_testing::Fleet;

use crate::bed::{shop, tame};
use crate::project;

const SOUND: &str = "production:\n  repo_url: /srv/shop.git\n  git_ref: master\n  deploy_dir: /srv/shop\n  hosts:\n    local:\n  stages:\n    before:\n      - id: build\n        commands: ['true']\nstaging:\n  extends: production\n  hosts: {local: }\n";

const VERBS: [&str; 5] = ["deploy", "rollback", "list", "show", "check"];

#[test]
fn there_is_no_deploy_conf() {
    let fleet = Fleet::builder().start();
    let project = project(&fleet);
    for verb in VERBS {
        project.run([verb, "production"]).code(2).stdout_is("").stderr_is(
            "error: there is no deploy.conf in this folder or above it: write one with `garment init`, or name it with `--config FILE`\n",
        );
    }
    let outcome = project.run(["show", "production", "--config", "elsewhere/deploy.conf"]);
    outcome.code(2).stdout_is("");
    insta::assert_snapshot!(outcome.stderr, @r"error: can't read `elsewhere/deploy.conf`: failed to open file `elsewhere/deploy.conf`: No such file or directory (os error 2)");
}

#[test]
fn an_environment_that_is_not_there() {
    let fleet = Fleet::builder().start();
    let project = project(&fleet);
    project.config(SOUND);
    for verb in VERBS {
        project
            .run([verb, "prodution"])
            .code(2)
            .stdout_is("")
            .stderr_is("error: deploy.conf: no environment `prodution`; did you mean `production`?\n");
    }
    let outcome = project.run(["show", "qa"]);
    outcome.code(2).stdout_is("");
    insta::assert_snapshot!(outcome.stderr, @r"error: deploy.conf: no environment `qa`; there are `production`, `staging`");
    for name in ["", " ", "$(touch x)", "-production", "a\nb\x1b[2J"] {
        let outcome = project.run(["show", name]);
        outcome.code(2).stdout_is("").stderr_lacks("\x1b").stderr_has("error: deploy.conf: no environment `");
    }
}

#[test]
fn the_command_line_is_wrong() {
    let fleet = Fleet::builder().start();
    let project = project(&fleet);
    project.config(SOUND);
    for verb in VERBS {
        project.run([verb]).code(2).stdout_is("").stderr_has("<ENV>").stderr_has("--help");
        // For a rollback it might be a release.
        if verb != "rollback" {
            let outcome = project.run([verb, "production", "--no-such-thing"]);
            outcome.code(2).stdout_is("").stderr_has("--no-such-thing");
        }
        project.run([verb, "production", "-q", "-v"]).code(2).stdout_is("");
        project.run([verb, "production", "--color", "sometimes"]).code(2).stdout_is("").stderr_has("always");
    }
    let both = project.run(["deploy", "production", "--include", "build", "--exclude", "build"]);
    both.code(2).stdout_is("").stderr_has("'--include <IDS>' cannot be used with '--exclude <IDS>'");
    let typo = project.run(["deploy", "--quite", "production"]);
    typo.code(2).stdout_is("").stderr_has("'--quite' found").stderr_has("'--quiet'");
    project.run(["deploi", "production"]).code(2).stderr_has("deploy");
    project.run(["list", "production", "20260101T000000-1234567"]).code(2);
    let none: [&str; 0] = [];
    project.run(none).code(2).stdout_is("").stderr_has("Usage: garment");
}

#[test]
fn a_task_that_is_not_there() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("  stages: {before: [{id: build, commands: ['true']}]}\n");
    for option in ["--include", "--exclude"] {
        let outcome = shop.project.run(["deploy", "production", option, "bild"]);
        outcome.code(2).stderr_is("").stdout_has("did you mean `build`?");
    }
    assert_eq!(fleet.host("web1").connections(), 0);
    assert!(!fleet.host("web1").file("shop").exists());
}

#[test]
fn a_ref_or_a_release_that_is_not_there_leaves_no_trace() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("");
    for git_ref in ["mastr", "0123456789012345678901234567890123456789"] {
        let outcome = shop.project.run(["deploy", "production", "--ref", git_ref]);
        outcome.code(2).stderr_is("").stdout_has(&format!("`{git_ref}`"));
    }
    let outcome = shop.project.run(["rollback", "production", "20260101T000000-1234567"]);
    outcome.code(2).stderr_is("");
    insta::assert_snapshot!(tame(&fleet, &outcome.stdout), @r"
    rollback of production: 1 host

    rollback of production refused: nothing was changed (TIME)

    there is no release `RELEASE1`
      see what there is: `garment list production`
    ");
    let outcome = shop.project.run(["rollback", "production"]);
    outcome.code(2).stderr_is("");
    insta::assert_snapshot!(tame(&fleet, &outcome.stdout), @r"
    rollback of production: 1 host

    rollback of production refused: nothing was changed (TIME)

    nothing is live, so there is nothing to go back from
      see what there is: `garment list production`
    ");
    // Whether the release is there was asked under the lock.
    assert!(!fleet.host("web1").file("shop/releases").exists());
}

#[test]
fn a_file_that_can_t_be_read() {
    let fleet = Fleet::builder().start();
    let project = project(&fleet);
    project.write("binary.conf", b"production:\n  repo_url: \xff\xfe\n");
    project.write("zero.conf", b"production:\0\n");
    project.write("empty.conf", "");
    project.write("folder/deploy.conf", "");
    let mut said = Vec::new();
    for file in ["binary.conf", "zero.conf", "empty.conf", "folder", "missing.conf"] {
        let outcome = project.run(["show", "production", "--config", file]);
        outcome.code(2).stdout_is("");
        said.push(outcome.stderr);
    }
    insta::assert_snapshot!(said.concat(), @r"
    error: binary.conf: not UTF-8 text, from byte 24 on
    error: `\u{0}` can't be here
     --> zero.conf:1:12
      |
    1 | production:␀
      |            ^
      |
      = help: put the text in quotes, or leave the character out
    error: the file is empty
     --> empty.conf:1:1
      |
    1 |
      | ^
      |
      = help: a file begins like this:
                  production:
                    repo_url: git@example.org:shop.git
                    git_ref: main
                    deploy_dir: /srv/shop
                    hosts:
                      deploy@one.example.org:
    error: can't read `folder`: failed to read from file `folder`: Is a directory (os error 21)
    error: can't read `missing.conf`: failed to open file `missing.conf`: No such file or directory (os error 2)
    ");
}

#[test]
fn mistakes_in_the_file_are_shown_where_they_are() {
    let fleet = Fleet::builder().start();
    let project = project(&fleet);
    project.config("production:\n  repo_url: /srv/shop.git\n  git_ref: master\n  deploy_dri: /srv/shop\n  keep_releases: many\n  hosts:\n    local:\n");
    for verb in VERBS {
        let outcome = project.run([verb, "production"]);
        outcome.code(2).stdout_is("").stderr_has("deploy.conf:4:3").stderr_has("deploy.conf:5:18");
    }
    insta::assert_snapshot!(project.run(["show", "production"]).stderr, @r"
    error: unknown setting `deploy_dri`
     --> deploy.conf:4:3
      |
    4 |   deploy_dri: /srv/shop
      |   ^^^^^^^^^^
      |
      = help: did you mean `deploy_dir`?

    error: `keep_releases` must be a whole number from 1 on, not `many`
     --> deploy.conf:5:18
      |
    5 |   keep_releases: many
      |                  ^^^^
      |
      = help: write `keep_releases: 10`
    ");
}

#[test]
fn help_has_an_example_for_each_verb() {
    let fleet = Fleet::builder().start();
    let project = project(&fleet);
    for verb in VERBS {
        let outcome = project.run([verb, "--help"]);
        outcome.code(0).stderr_is("").stdout_has(&format!("Example:\n  garment {verb} production"));
        outcome.stdout_has("--config <FILE>").stdout_has("--color <WHEN>").stdout_lacks("\x1b");
        assert!(outcome.stdout.lines().all(|line| line.chars().count() <= 100), "{outcome}");
    }
    let outcome = project.run(["--help"]);
    outcome.code(0).stderr_is("").stdout_has("Exit codes:\n    0  everything was done\n");
    for verb in VERBS {
        outcome.stdout_has(&format!("\n  {verb} "));
    }
    project.run(["--version"]).code(0).stdout_is(&format!("garment {}\n", env!("CARGO_PKG_VERSION")));
}
