//! `garment deploy --plan FILE`: exactly what was planned, or nothing.

use garment_testing::Fleet;

use crate::bed::{Shop, current, footprints, shop};

const FILE: &str = "release 1.plan";

fn planned<'fleet>(fleet: &'fleet Fleet, more: &str) -> Shop<'fleet> {
    let shop = shop(fleet);
    shop.config(more);
    shop.project.run(["deploy", "production"]).code(0);
    shop.push("two");
    let saved = shop.project.run(["plan", "production", "--out", FILE]);
    saved
        .code(0)
        .stderr_is("")
        .stdout_has("\nto deploy exactly that: garment deploy --plan 'release 1.plan'\n");
    shop
}

/// A deploy of the plan is refused, nothing is changed, and it says why.
#[track_caller]
fn refused(shop: &Shop<'_>, why: &str) {
    let before = footprints(shop.project.fleet());
    let outcome = shop.project.run(["deploy", "--plan", FILE]);
    outcome.code(2).stdout_has("deploy to production refused: nothing was changed").stdout_has(why);
    outcome.stdout_has("look at it anew: `garment plan production`");
    assert_eq!(footprints(shop.project.fleet()), before);
}

#[test]
fn it_runs_and_only_once() {
    let fleet = Fleet::builder().webs(2).start();
    let shop =
        planned(&fleet, "  stages: {after: [{id: a b, commands: ['cat {release_dir}/index.html']}]}\n");
    let id = shop.repo.id("HEAD");
    let outcome = shop.project.run(["deploy", "production", "--plan", FILE]);
    outcome.code(0).stderr_is("").stdout_has("[web1] two\n").stdout_has("[web2] two\n");
    let live = current(fleet.host("web1"));
    assert!(live.ends_with(&id[..7]), "{live}");
    refused(&shop, "web2: `current` led to ");
    refused(&shop, &format!(", and leads to {live}\n"));
}

#[test]
fn where_this_machine_delivers() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = planned(&fleet, "  delivery: push\n");
    let before = footprints(&fleet);
    let again = shop.project.run(["plan", "production"]);
    again.code(0).stdout_has("\n  deliver, where something is lacking (2 hosts)\n  prepare (2 hosts)\n");
    assert_eq!(footprints(&fleet), before);
    shop.config("");
    refused(&shop, "`delivery` is another in deploy.conf");
    shop.config("  delivery: push\n");
    let outcome = shop.project.run(["deploy", "--plan", FILE]);
    outcome.code(0).stdout_has("== deliver (2 hosts)\n").stdout_has("is live on 2 hosts");
}

/// The selection and the ref are the plan's.
#[test]
fn it_is_what_was_asked_of_the_plan() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let one = shop.repo.id("HEAD");
    shop.push("two");
    shop.config("  stages: {before: [{id: a, commands: ['echo A']}, {id: b, commands: ['echo B']}]}\n");
    shop.project.run(["plan", "production", "--out", FILE, "--ref", &one, "--include", "b"]).code(0);
    // What is pushed makes no difference to a commit.
    shop.push("three");
    let outcome = shop.project.run(["deploy", "--plan", FILE]);
    outcome.code(0).stdout_has("[web1] B\n").stdout_lacks("[web1] A\n");
    assert!(current(fleet.host("web1")).ends_with(&one[..7]));
}

#[test]
fn the_commit_is_another() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = planned(&fleet, "");
    let two = shop.repo.id("HEAD");
    let three = shop.push("three");
    refused(&shop, &format!("`master` was {two}, and is {three}"));
}

#[test]
fn the_configuration_is_another() {
    let fleet = Fleet::builder().webs(2).start();
    let task = |command| format!("  stages: {{before: [{{id: a b, commands: ['{command}']}}]}}\n");
    let shop = planned(&fleet, &task("true"));
    shop.config(&task("true # or not"));
    refused(&shop, "before: a b would run something else, or elsewhere");
    shop.config("");
    refused(&shop, "before: a b is not there any more");
    shop.config(&(task("true") + "  keep_releases: 3\n"));
    refused(&shop, "`keep_releases` is another in deploy.conf");
    shop.config_on(&["web1"], &task("true"));
    refused(&shop, "web2 is not in deploy.conf any more");
    shop.config(&task("true").replace("id: a b", "id: a b, timeout: 3m"));
    refused(&shop, "before: a b would run something else, or elsewhere");
    shop.config(&task("true").replace("id: a b", "id: a b, shell_env: {X: secret}"));
    refused(&shop, "before: a b would run something else, or elsewhere");
    shop.config(&task("true"));
    shop.project.run(["deploy", "--plan", FILE]).code(0);
}

#[test]
fn the_tasks_have_another_order() {
    let fleet = Fleet::builder().webs(1).start();
    let tasks = |one, two| {
        let task = |id: &str| format!("{{id: {id}, commands: [echo {id}]}}");
        format!("  stages: {{before: [{}, {}]}}\n", task(one), task(two))
    };
    let shop = planned(&fleet, &tasks("a", "b"));
    shop.config(&tasks("b", "a"));
    refused(&shop, "the tasks have another order");
    shop.config(&tasks("a", "b").replace("stages: {", "stages: {rollback: [{id: c, commands: ['true']}], "));
    // What a deploy does not run is none of the plan's.
    shop.project.run(["deploy", "--plan", FILE]).code(0);
}

#[test]
fn other_releases_would_be_removed() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("  keep_releases: 1\n");
    for text in ["two", "three", "four"] {
        shop.project.run(["deploy", "production"]).code(0);
        shop.push(text);
    }
    shop.project.run(["plan", "production", "--out", FILE]).code(0);
    let oldest = fs_err::read_dir(fleet.host("web1").file("shop/releases")).unwrap();
    let oldest = oldest.map(|entry| entry.unwrap().file_name().into_string().unwrap()).min().unwrap();
    shop.project.run(["pin", "production", &oldest]).code(0);
    refused(&shop, &format!("web1: the releases to be removed were {oldest}, and are none"));
}

#[test]
fn files_that_are_no_plans() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = planned(&fleet, "");
    let good = fs_err::read_to_string(fleet.project().join(FILE)).unwrap();
    let said = |text: &[u8]| {
        shop.project.write(FILE, text);
        let outcome = shop.project.run(["deploy", "--plan", FILE]);
        outcome.code(2).stdout_is("").stderr_lacks("\x1b");
        outcome.stderr
    };
    let no_plan = "error: `release 1.plan` is no plan of garment's: ";
    for text in [&b""[..], b"\0\xff\x1b[2J", b"[]", b"{}", b"{\"garment_plan", b"null", &[b'['; 10_000]] {
        assert!(said(text).starts_with(no_plan), "{:?}", said(text));
    }
    let other = good.replace("\"garment_plan\": 1,", "\"garment_plan\": 2, \"new\": [],");
    assert_eq!(
        said(other.as_bytes()),
        "error: `release 1.plan` is a plan of version 2, and this garment reads version 1\n  make it and run it with the same garment\n"
    );
    let damaged = "error: `release 1.plan` is a damaged plan: ";
    assert!(said(good.replace("\"commit\": \"", "\"commit\": \"x").as_bytes()).starts_with(damaged));
    assert!(said(&good.as_bytes()[..good.len() / 2]).starts_with(no_plan));
    assert!(said(good.replace("\"by\"", "\"x\\u001b[2J\": 1, \"by\"").as_bytes()).starts_with(damaged));
    let elsewhere = said(good.replace("\"production\"", "\"staging\\u001b[2J\"").as_bytes());
    assert!(elsewhere.starts_with("error: deploy.conf: no environment `staging"), "{elsewhere}");
    let connections = fleet.host("web1").connections();

    fs_err::remove_file(fleet.project().join(FILE)).unwrap();
    let missing = shop.project.run(["deploy", "--plan", FILE]);
    missing.code(2).stderr_is("error: can't read `release 1.plan`: No such file or directory (os error 2)\n");
    shop.project.write(FILE, &good);
    let wrong = shop.project.run(["deploy", "staging", "--plan", FILE]);
    wrong.code(2).stderr_is("error: the plan is for `production`, not for `staging`\n");
    let nowhere = shop.project.run(["plan", "production", "--out", "no/such/folder.plan"]);
    nowhere.code(2).stderr_has("error: can't write `no/such/folder.plan`: ");
    shop.project.run(["deploy", "--plan", FILE, "--ref", "master"]).code(2).stdout_is("");
    shop.project.run(["deploy"]).code(2).stderr_has("<ENV>");
    // Only the plan that could not be written asked anybody.
    assert_eq!(fleet.host("web1").connections(), connections + 1);
}
