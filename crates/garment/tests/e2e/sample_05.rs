//! A file for Garment 0.5 as they are in the wild, with hosts, URL and folders put in and nothing else changed.

use garment_testing::{Fleet, Sandbox};

use crate::found::names;
use crate::project;

const SAMPLE: &str = include_str!("../../../garment-core/src/config/tests/sample.conf");

/// What stands for `python3`: makes a venv whose `activate` only a shell that knows `source` can read, and writes down
/// what `manage.py` was called with.
const PYTHON: &str = r#"#!/bin/sh
case $1 in
-m) mkdir -p "$3/bin" && cp "$0" "$3/bin/python3" && echo "export VIRTUAL_ENV=$3 PATH=$3/bin:\$PATH" >"$3/bin/activate" ;;
manage.py) printf '%s\n' "$0" "$*" "$PWD" "$PYTHONPATH" "$NOTE" "$VIRTUAL_ENV" >>"$HOME/migrations" ;;
esac
"#;

/// Two hosts of those names, their `python3`, and the repository on a third that only the operator's agent opens.
fn world() -> (Fleet, String) {
    let fleet = Fleet::builder().hosts(["one.example.org", "two.example.org", "example.org"]).start();
    let repo = fleet.repo("shop");
    repo.write("shop/manage.py", "");
    repo.commit("master");
    repo.git(["checkout", "--quiet", "-b", "develop"]);
    repo.write("shop/develop", "");
    let commit = repo.commit("develop");
    repo.push();
    fleet.ssh("example.org", &format!("git clone --quiet --mirror {} shop.git", repo.url())).code(0);
    fleet.host("example.org").agent_only();
    fleet.agent();
    for name in ["one.example.org", "two.example.org"] {
        let host = fleet.host(name);
        host.write("python3.txt", PYTHON);
        fleet.ssh(name, "mkdir bin && cp python3.txt bin/python3 && chmod +x bin/python3").code(0);
        host.bash_profile("PATH=$HOME/bin:$PATH");
        for file in ["a/stale.txt", "b c/stale.txt", "b c/fresh.txt"] {
            host.write(format!("shop/tmp/{file}"), "");
        }
    }
    (fleet, commit)
}

fn adapted(fleet: &Fleet) -> Sandbox<'_> {
    let home = format!("{}/hosts/{{host}}/home", fleet.root().display());
    let address = fleet.host("one.example.org").address();
    let (user, _) = address.split_once('@').unwrap();
    let origin = fleet.git_url("example.org", &fleet.host("example.org").file("shop.git"));
    let text = SAMPLE
        .replace("/home/", &format!("{home}/"))
        .replace("git@example.org:shop.git", &origin)
        .replace("shop@", &format!("{user}@"))
        .replace("preview@", &format!("{user}@"));
    let project = project(fleet);
    project.config(&text);
    project
}

/// The lines that tasks printed, without the commands.
fn printed(stdout: &str) -> Vec<&str> {
    let lines = stdout.lines().filter(|line| line.starts_with('['));
    let mut lines: Vec<&str> =
        lines.filter(|line| !line.contains("] $ ") && !line.contains("] current: ")).collect();
    // Hosts are side by side in a task.
    lines.sort_unstable();
    lines
}

#[test]
fn staging() {
    let (fleet, commit) = world();
    let project = adapted(&fleet);
    let user = fleet.host("one.example.org").address().split_once('@').unwrap().0.to_owned();
    let deployed = project.run(["deploy", "staging"]);
    deployed.code(0).stdout_has(&format!("\ndevelop is {commit}\n")).stdout_has(" is live on 2 hosts (");
    let one = fleet.host("one.example.org");
    let two = fleet.host("two.example.org");
    let [release] = &names(&one.file("shop/deploy/releases"))[..] else { panic!("one release") };
    assert_eq!(
        printed(&deployed.stdout),
        [
            format!("[{user}@one.example.org] restarted {release}"),
            format!("[{user}@two.example.org] restarted {release}"),
        ]
    );
    for host in [one, two] {
        assert_eq!(host.read("shop/deploy/current/REVISION"), format!("{commit}\n"));
        assert!(host.file("shop/deploy/current/shop/develop").exists());
        assert!(host.file("shop/venv/bin/activate").exists());
        assert_eq!(names(&host.file("shop/tmp/a")), Vec::<String>::new());
        assert_eq!(names(&host.file("shop/tmp/b c")), ["fresh.txt"]);
    }
    assert!(!one.file("migrations").exists());
    let home = two.home().display().to_string();
    let folder = format!("{home}/shop/deploy/releases/{release}/shop");
    assert_eq!(
        two.read("migrations"),
        format!(
            "{home}/shop/venv/bin/python3\nmanage.py migrate\n{folder}\n{folder}\nit's \"quoted\" $HOME\n{home}/shop/venv\n"
        )
    );
    let again = project.run(["deploy", "staging"]);
    again.code(0).stdout_has(&format!("[{user}@one.example.org] already there\n"));
    assert_eq!(two.read("migrations").lines().count(), 12);
    project.run(["rollback", "staging"]).code(0).stdout_has(&format!("restarted {release}\n"));
}

#[test]
fn preview() {
    let (fleet, commit) = world();
    let project = adapted(&fleet);
    let deployed = project.run(["deploy", "preview"]);
    deployed.code(0).stdout_has(" is live on 1 host (");
    let one = fleet.host("one.example.org");
    assert_eq!(one.read("preview/deploy/current/REVISION"), format!("{commit}\n"));
    assert!(one.file("preview/venv/bin/activate").exists());
    assert!(!one.file("shop/deploy").exists() && !one.file("shop/venv").exists());
    assert!(!fleet.host("two.example.org").file("preview").exists());
    let after: Vec<&str> = deployed
        .stdout
        .lines()
        .filter_map(|line| line.split_once("] "))
        .map(|(_, text)| text)
        .skip_while(|text| !text.starts_with("current: "))
        .skip(1)
        .collect();
    assert_eq!(
        after,
        [
            "$ echo preview restarted".to_owned(),
            "preview restarted".to_owned(),
            format!("$ echo preview {commit}"),
            format!("preview {commit}"),
        ]
    );
    deployed.stdout_has("before: migrate: skipped, no host has its roles");
}
