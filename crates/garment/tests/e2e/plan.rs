//! What `garment plan` says, and that it changes nothing.

use std::process::Stdio;

use garment_testing::Fleet;

use crate::bed::{Gate, footprint, footprints, shop, tame, until, wrap};

const TASKS: &str = r"  variables:
    - greeting: hello from {host}
  stages:
    before:
      - id: migrate the db
        roles: [db]
        cd: '{release_dir}'
        commands: ['./migrate {release}', 'true']
    after:
      - id: restart
        commands: ['echo {greeting}']
";

/// A plan with names in place of commits' ids.
pub(crate) fn plan(fleet: &Fleet, text: &str, ids: &[(&str, &str)]) -> String {
    ids.iter().fold(tame(fleet, text), |text, (id, name)| {
        text.replace(*id, &format!("<{name}>")).replace(&id[..7], name)
    })
}

#[test]
fn a_first_deploy_and_the_one_after() {
    let fleet = Fleet::builder().hosts(["web1", "db1"]).start();
    let shop = shop(&fleet);
    shop.project.config(&format!(
        "production:\n  repo_url: {}\n  git_ref: master\n  deploy_dir: ~/shop\n  keep_releases: 1\n  hosts:\n    web1:\n    db1: {{roles: [db]}}\n{TASKS}",
        shop.repo.url()
    ));
    let one = shop.repo.id("HEAD");
    let before = footprints(&fleet);
    let planned = shop.project.run(["plan", "production"]);
    planned.code(0).stderr_is("");
    insta::assert_snapshot!(plan(&fleet, &planned.stdout, &[(&one, "ONE")]), @r"
    plan for production: deploy of master (ONE) to 2 hosts
    commit <ONE>
    release YYYYMMDDTHHMMSS-ONE (it gets its time when it is made)

    current
      web1  nothing -> YYYYMMDDTHHMMSS-ONE
      db1   nothing -> YYYYMMDDTHHMMSS-ONE

    what runs, in this order
      prepare (2 hosts)
      before: migrate the db (db1)
        $ ./migrate YYYYMMDDTHHMMSS-ONE
        $ true
      ready to switch (2 hosts)
      make current (2 hosts)
      after: restart (2 hosts)
        on web1:
          $ echo hello from web1
        on db1:
          $ echo hello from db1
      prune (2 hosts)
        removes nothing

    Nothing stands in the way of a deploy. Nothing was changed.
    ");
    // Nobody was there, and nothing was made: not even a lock.
    assert_eq!(footprints(&fleet), before);
    assert!(!fleet.host("web1").file("shop").exists());
    assert_eq!(shop.project.run(["deploy", "production", "--dry-run"]).stdout, planned.stdout);

    shop.project.run(["deploy", "production"]).code(4);
    shop.repo.write("migrate", "#!/bin/sh\ntrue\n").executable("migrate");
    let two = shop.push("two");
    shop.project.run(["deploy", "production"]).code(0);
    shop.repo.remove("migrate").write("sub dir/a\tb", "x\ny\n").write("logo.png", b"\0\xff\0");
    shop.push("three");
    shop.repo.git([
        "commit",
        "-q",
        "--amend",
        "--author=J\u{fc}rgen \x1b[31mred <j@example.org>",
        "-m",
        "three\n\nmore",
    ]);
    shop.repo.push();
    let three = shop.repo.id("HEAD");
    let planned = shop.project.run(["plan", "production", "--exclude", "restart"]);
    planned.code(0).stderr_is("").stdout_lacks("\x1b");
    let ids = [(&*one, "ONE"), (&*two, "TWO"), (&*three, "THREE")];
    insta::assert_snapshot!(plan(&fleet, &planned.stdout, &ids), @r"
    plan for production: deploy of master (THREE) to 2 hosts
    commit <THREE>
    release YYYYMMDDTHHMMSS-THREE (it gets its time when it is made)

    current
      web1  RELEASE1 -> YYYYMMDDTHHMMSS-THREE
      db1   RELEASE1 -> YYYYMMDDTHHMMSS-THREE

    1 commit since TWO (live on 2 hosts)
      + THREE  Jürgen \u{1b}[31mred  three
    4 files changed, 3 lines added, 3 removed
      +1 -1   index.html
      binary  logo.png
      +0 -2   migrate
      +2 -0   sub dir/a\tb

    what runs, in this order
      prepare (2 hosts)
      before: migrate the db (db1)
        $ ./migrate YYYYMMDDTHHMMSS-THREE
        $ true
      ready to switch (2 hosts)
      make current (2 hosts)
      prune (2 hosts)
        removes nothing

    Nothing stands in the way of a deploy. Nothing was changed.
    ");
}

/// What a plan says of commits, up to the counts of files.
fn news(fleet: &Fleet, text: &str, ids: &[(&str, &str)]) -> String {
    let text = plan(fleet, text, ids);
    let from = text.find("\n\ncurrent\n").unwrap();
    let to = text.find("\n\nwhat runs").unwrap();
    text[from + 2..to].to_owned()
}

#[test]
fn hosts_that_differ_and_a_history_that_was_rewritten() {
    let fleet = Fleet::builder().webs(3).start();
    let shop = shop(&fleet);
    shop.config("");
    let one = shop.repo.id("HEAD");
    shop.project.run(["deploy", "production"]).code(0);
    let two = shop.push("two");
    shop.config_on(&["web1", "web2"], "");
    shop.project.run(["deploy", "production"]).code(0);
    shop.config("");
    fs_err::remove_file(fleet.host("web3").file("shop/current")).unwrap();
    fleet.host("web3").write("elsewhere/x", "");
    fleet.ssh("web3", "ln -s ../elsewhere shop/current").code(0);
    let three = shop.push("three");
    let ids = [(&*one, "ONE"), (&*two, "TWO"), (&*three, "THREE")];
    let planned = shop.project.run(["plan", "production"]);
    planned.code(0).stderr_is("");
    insta::assert_snapshot!(news(&fleet, &planned.stdout, &ids), @r"
    current
      web1  RELEASE1 -> YYYYMMDDTHHMMSS-THREE
      web2  RELEASE1 -> YYYYMMDDTHHMMSS-THREE
      web3  ../elsewhere -> YYYYMMDDTHHMMSS-THREE

    1 commit since TWO (live on web1, web2)
      + THREE  Ada  three
    1 file changed, 1 line added, 1 removed
      +1 -1  index.html

    commits since what is live on web3: unknown: which commit it is was not written down
    ");

    // To an older one.
    let planned = shop.project.run(["plan", "production", "--ref", &one]);
    planned.code(0).stderr_is("");
    insta::assert_snapshot!(news(&fleet, &planned.stdout, &ids), @r"
    current
      web1  RELEASE1 -> YYYYMMDDTHHMMSS-ONE
      web2  RELEASE1 -> YYYYMMDDTHHMMSS-ONE
      web3  ../elsewhere -> YYYYMMDDTHHMMSS-ONE

    goes back 1 commit from TWO (live on web1, web2)
      - TWO  Ada  two
    1 file changed, 1 line added, 1 removed
      +1 -1  index.html

    commits since what is live on web3: unknown: which commit it is was not written down
    ");

    // What is live is on no branch any more; this machine has seen it.
    shop.repo.git(["reset", "-q", "--hard", &one]);
    let four = shop.push("four");
    let ids = [(&*one, "ONE"), (&*two, "TWO"), (&*three, "THREE"), (&*four, "FOUR")];
    let planned = shop.project.run(["plan", "production"]);
    planned.code(0).stderr_is("");
    insta::assert_snapshot!(news(&fleet, &planned.stdout, &ids), @r"
    current
      web1  RELEASE1 -> YYYYMMDDTHHMMSS-FOUR
      web2  RELEASE1 -> YYYYMMDDTHHMMSS-FOUR
      web3  ../elsewhere -> YYYYMMDDTHHMMSS-FOUR

    history was rewritten since TWO (live on web1, web2), or it is another branch:
    1 commit more, 1 commit less
      + FOUR  Ada  four
      - TWO  Ada  two
    1 file changed, 1 line added, 1 removed
      +1 -1  index.html

    commits since what is live on web3: unknown: which commit it is was not written down
    ");

    // Another machine never has, and the origin has forgotten it.
    fs_err::remove_dir_all(fleet.root().join("controller/.cache/garment")).unwrap();
    shop.repo.git(["-C", &shop.repo.origin().to_string_lossy(), "reflog", "expire", "--expire=now", "--all"]);
    shop.repo.git(["-C", &shop.repo.origin().to_string_lossy(), "gc", "-q", "--prune=now"]);
    let planned = shop.project.run(["plan", "production"]);
    planned.code(0).stderr_is("");
    insta::assert_snapshot!(news(&fleet, &planned.stdout, &ids), @r"
    current
      web1  RELEASE1 -> YYYYMMDDTHHMMSS-FOUR
      web2  RELEASE1 -> YYYYMMDDTHHMMSS-FOUR
      web3  ../elsewhere -> YYYYMMDDTHHMMSS-FOUR

    commits since what is live on web1, web2: unknown: the repository has no commit <TWO> any more

    commits since what is live on web3: unknown: which commit it is was not written down
    ");
}

/// Not every origin gives commits by their ids.
#[test]
fn an_origin_that_gives_branches_only() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("");
    shop.project.run(["deploy", "production"]).code(0);
    let two = shop.push("two");
    shop.push("three");
    fs_err::write(fleet.root().join("controller/.gitconfig"), "[protocol]\n\tversion = 0\n").unwrap();
    let planned = shop.project.run(["plan", "production", "--ref", &two]);
    planned.code(0).stdout_has("1 commit since ").stdout_has(&format!("\n  + {}  Ada  two\n", &two[..7]));
}

/// All but the commits is known without a place to keep a mirror.
#[test]
fn a_machine_that_keeps_nothing() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("");
    shop.project.run(["deploy", "production"]).code(0);
    shop.push("two");
    let mut command = shop.project.command(["plan", "production"]);
    command.env_remove("HOME").env("XDG_CACHE_HOME", "");
    let planned = shop.project.spawn_command(command).finish();
    planned.code(0).stderr_is("").stdout_has("Nothing stands in the way of a deploy.");
    planned.stdout_has(
        "\ncommits since what is live on web1: unknown: there is no folder for caches on this machine, where mirrors of repositories are kept\n",
    );
}

#[test]
fn what_goes_and_what_is_live_already() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("  keep_releases: 1\n");
    shop.project.run(["deploy", "production"]).code(0);
    for text in ["two", "three"] {
        shop.push(text);
        shop.project.run(["deploy", "production"]).code(0);
    }
    let live = shop.repo.id("HEAD");
    let planned = shop.project.run(["plan", "production"]);
    planned.code(0).stderr_is("");
    insta::assert_snapshot!(plan(&fleet, &planned.stdout, &[(&live, "LIVE")]), @r"
    plan for production: deploy of master (LIVE) to 2 hosts
    nothing to deploy to production: master (LIVE) is live on 2 hosts
    commit <LIVE>
    release YYYYMMDDTHHMMSS-LIVE (it gets its time when it is made)

    current
      web1  RELEASE2 -> YYYYMMDDTHHMMSS-LIVE
      web2  RELEASE2 -> YYYYMMDDTHHMMSS-LIVE

    what runs, in this order
      prepare (2 hosts)
      ready to switch (2 hosts)
      make current (2 hosts)
      prune (2 hosts)
        removes RELEASE1 on 2 hosts

    Nothing stands in the way of a deploy. Nothing was changed.
    ");
}

#[test]
fn what_is_in_the_way() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&format!("  stages: {{before: [{{id: wait, commands: ['echo here; {}']}}]}}\n", gate.wait()));
    let mut running = shop.project.spawn(["deploy", "production"]);
    for _ in 0..2 {
        running.wait_for_line(|line| line.ends_with("] here"));
    }
    // Somebody at work is told, and not disturbed.
    let planned = shop.project.run(["plan", "production"]);
    planned.code(0).stderr_is("");
    planned.stdout_has("\n! web1: ").stdout_has(" is at work there since ");
    planned.stdout_has("\n    wait for it with `--wait`\n! web2: ");
    planned.stdout_has("\nA deploy would be refused as long as that is so. Nothing was changed.\n");
    gate.open("web1");
    gate.open("web2");
    running.finish().code(0);

    // What would stop a deploy is no plan to be saved.
    fleet.ssh("web2", "git -C shop/source config remote.origin.url /elsewhere.git").code(0);
    shop.push("two");
    let planned = shop.project.run(["plan", "production", "--out", "it.plan"]);
    planned
        .code(4)
        .stdout_has("\n✗ web2: ")
        .stdout_has("\n1 problem would stop a deploy. Nothing was changed.\n");
    planned.stderr_is("error: `it.plan` was not written: a deploy would be stopped\n");
    assert!(!fleet.project().join("it.plan").exists());
}

#[test]
fn there_is_no_plan() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("");
    let wrong = shop.project.run(["plan", "production", "--ref", "mastr"]);
    wrong.code(2).stdout_is("").stderr_has("`mastr`");
    shop.project.run(["plan", "production", "--include", "x"]).code(2).stdout_is("").stderr_has("id `x`");
    fleet.host("web2").write("shop/current/x", "");
    let unfit = shop.project.run(["plan", "production"]);
    unfit.code(4).stdout_is("").stderr_has("error: web2: `").stderr_has("not a symlink");
    unfit.stderr_has("error: nothing was changed\n");
    shop.config_on(&["web1", &format!("127.0.0.1:{}", fleet.refusing_port())], "");
    let gone = shop.project.run(["plan", "production", "--out", "it.plan"]);
    gone.code(3).stdout_is("").stderr_has("error: 127.0.0.1:");
    assert!(!fleet.project().join("it.plan").exists());
    shop.project.config(&format!(
        "production:\n  repo_url: {}\n  git_ref: master\n  deploy_dir: ~/shop\n  hosts: {{web1: }}\n",
        "file:///not/there.git"
    ));
    shop.project
        .run(["plan", "production"])
        .code(3)
        .stdout_is("")
        .stderr_has("can't read file:///not/there.git");
}

#[test]
fn ctrl_c_while_it_looks() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("");
    let gate = Gate::new(&fleet);
    wrap(&fleet, "web1", "git", &format!("touch ~/here; {}", gate.wait_on("web1")));
    let running = shop.project.spawn_on_terminal(80, ["plan", "production", "--out", "it.plan"]);
    until("the host looks", || fleet.host("web1").file("here").exists());
    assert!(running.ctrl_c());
    running.finish().code(130).stdout_is("");
    assert!(!fleet.project().join("it.plan").exists());
    gate.open("web1");
}

/// Whoever reads it may go away, and the terminal may be narrow.
#[test]
fn where_it_is_shown() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.repo.write("l\u{e4}nge/\u{6f22}\u{5b57}.txt", "x").commit("\u{6f22}\u{5b57}");
    shop.config(
        "  stages: {before: [{id: '\u{6f22}\u{5b57} \"a\\tb', commands: [\"printf '\\\\x1b[31m'\\n\\techo two\"]}]}\n",
    );
    fleet.host("web1").bash_profile("printf '\\377\\0 hello\\n'; printf 'more\\n' >&2\n");
    shop.push("two");
    let told = shop.project.run(["plan", "production"]);
    told.code(0).stderr_is("");
    told.stdout_has("\n    $ printf '\\x1b[31m'\n      \\techo two\n");
    let narrow = shop.project.spawn_on_terminal(20, ["plan", "production", "--color", "never"]).finish();
    assert_eq!(narrow.code(0).stdout, told.stdout);

    let mut command = shop.project.command(["plan", "production"]);
    command.stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

/// Neither a file nor a name on this machine holds what nobody is to see.
#[test]
fn secrets_stay_where_they_are() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.project.config(&format!(
        "production:\n  repo_url: {}\n  git_ref: master\n  deploy_dir: ~/shop\n  hosts: {{web1: }}\n  stages: {{after: [{{id: a, shell_env: {{TOKEN: s3cret}}, commands: ['true']}}]}}\n",
        shop.repo.url().replace("file://", "file://me:s3cret@localhost")
    ));
    shop.project.run(["deploy", "production"]).code(0);
    shop.push("two");
    let planned = shop.project.run(["plan", "production", "--out", "it.plan"]);
    planned.code(0).stdout_lacks("s3cret").stdout_has("1 commit since ");
    assert!(!fs_err::read_to_string(fleet.project().join("it.plan")).unwrap().contains("s3cret"));
    let kept = footprint(&fleet.root().join("controller/.cache/garment"));
    assert!(!kept.iter().any(|(path, text)| path.contains("s3cret") || text.contains("s3cret")), "{kept:#?}");
    assert!(!kept.is_empty());
}
