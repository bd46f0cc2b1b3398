use garment_testing::{Fleet, Sandbox};

use crate::project;

/// A project whose `before` task waits for somebody to write to the host's `gate`.
fn gated(fleet: &Fleet) -> Sandbox<'_> {
    let repo = fleet.repo("shop");
    repo.write("index.html", "one\n");
    repo.commit("one");
    repo.push();
    let project = project(fleet);
    let base = format!(
        "  repo_url: {}\n  git_ref: master\n  deploy_dir: ~/shop\n  hosts: {{web1: , web2: }}\n",
        repo.url()
    );
    project.config(&format!(
        "plain:\n{base}gated:\n{base}  stages:\n    before:\n      - id: wait\n        commands:\n          - 'mkfifo ~/gate \
         && echo at the gate && cat ~/gate && rm ~/gate'\n"
    ));
    project
}

fn open_gates(fleet: &Fleet) {
    for host in fleet.hosts() {
        host.write("gate", "go\n");
    }
}

fn at_the_gates(running: &mut garment_testing::Running) {
    // In whatever order they come.
    let first = running.wait_for_line(|line| line.ends_with("] at the gate"));
    running.wait_for_line(|line| line.ends_with("] at the gate") && line != first);
}

#[test]
fn the_second_deployer_is_told_who_is_there() {
    let fleet = Fleet::builder().webs(2).start();
    let project = gated(&fleet);
    let mut first = project.spawn(["deploy", "gated"]);
    at_the_gates(&mut first);
    for arguments in
        [vec!["deploy", "plain"], vec!["rollback", "plain"], vec!["deploy", "--wait=0s", "plain"]]
    {
        let refused = project.run(&arguments);
        refused.code(7).stdout_has("refused: nothing was changed").stdout_has(" is at work there since ");
        refused.stdout_has(": deploy of master (").stdout_has("wait for it with `--wait`");
    }
    project.run(["check", "plain"]).code(4).stdout_has("web2: ").stdout_has(" is at work there since ");
    let mut waiting = project.spawn(["deploy", "plain", "--wait"]);
    waiting.wait_for_line(|line| {
        line.contains("[web1]") && line.contains("waiting: ") && line.contains(" is at work there")
    });
    open_gates(&fleet);
    first.finish().code(0);
    waiting.finish().code(0).stdout_has("is live on 2 hosts");
}

#[test]
fn a_killed_deployer_leaves_no_lock() {
    let fleet = Fleet::builder().webs(2).start();
    let project = gated(&fleet);
    let mut first = project.spawn(["deploy", "gated"]);
    at_the_gates(&mut first);
    first.kill();
    // What runs there may finish, and holds the lock as long as it does.
    project.run(["deploy", "plain"]).code(7);
    open_gates(&fleet);
    project.run(["deploy", "plain", "--wait"]).code(0);
}

#[test]
fn of_two_that_start_together_one_deploys_and_the_other_is_refused() {
    let fleet = Fleet::builder().webs(2).start();
    let project = gated(&fleet);
    project.run(["deploy", "plain"]).code(0);
    let both = [project.spawn(["deploy", "gated"]), project.spawn(["deploy", "gated"])];
    let mut refused = 0;
    let mut both = both.map(Some);
    // Whoever is refused ends by itself; the other stands at the gate until it is opened.
    while refused == 0 {
        for running in &mut both {
            if running.as_ref().is_some_and(garment_testing::Running::has_ended) {
                running.take().unwrap().finish().code(7);
                refused += 1;
            }
        }
        std::thread::yield_now();
    }
    assert_eq!(refused, 1);
    let mut winner = both.into_iter().flatten().next().unwrap();
    at_the_gates(&mut winner);
    open_gates(&fleet);
    winner.finish().code(0);
}

#[test]
fn a_freeze_is_for_everybody_and_only_its_maker_ends_it() {
    let fleet = Fleet::builder().webs(2).start();
    let project = gated(&fleet);
    let as_eve = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        command.env("USER", "eve");
        project.spawn_command(command).finish()
    };
    project.run(["lock", "plain", "-m", "the auditors' \"$(touch x)\" visit"]).code(0);
    let refused = project.run(["deploy", "plain"]);
    refused.code(7).stdout_has("frozen by ").stdout_has(": the auditors' \"$(touch x)\" visit");
    refused.stdout_has("`garment unlock plain`");
    project.run(["check", "plain"]).code(4).stdout_has("web1: frozen by ").stdout_has("web2: frozen by ");
    as_eve(&["unlock", "plain"]).code(7).stderr_has("nothing was changed").stderr_has("--force");
    as_eve(&["lock", "plain", "-m", "mine"]).code(7).stderr_has("is locked already");
    project.run(["deploy", "plain"]).code(7);
    as_eve(&["unlock", "plain", "--force"]).code(0);
    project.run(["unlock", "plain"]).code(2).stderr_has("plain is not locked");
    project.run(["deploy", "plain"]).code(0);
    project.run(["lock", "plain"]).code(2).stderr_has("--message");
    project.run(["lock", "plain", "-m", " "]).code(2).stderr_has("say why");
}

#[test]
fn two_hosts_that_are_one_folder() {
    let fleet = Fleet::builder().webs(1).start();
    let project = gated(&fleet);
    let repo = fleet.repo("other");
    repo.write("a", "a");
    repo.commit("a");
    repo.push();
    project.config(&format!(
        "twice:\n  repo_url: {}\n  git_ref: master\n  deploy_dir: ~/shop\n  hosts: {{web1: , {}: }}\n",
        repo.url(),
        fleet.host("web1").address()
    ));
    for arguments in [vec!["deploy", "twice"], vec!["deploy", "twice", "--wait"]] {
        let refused = project.run(&arguments);
        refused.code(4).stdout_has("another host of this environment is the same folder on the same machine");
    }
    assert_eq!(fleet.host("web1").read("shop/.garment/lock").lines().count(), 5);
    assert!(!fleet.host("web1").file("shop/releases").exists());
}

/// Somebody who means well and finds a file named `lock`.
#[test]
fn a_lock_file_that_is_removed_is_no_way_in() {
    let fleet = Fleet::builder().webs(2).start();
    let project = gated(&fleet);
    let mut first = project.spawn(["deploy", "gated"]);
    at_the_gates(&mut first);
    for host in fleet.hosts() {
        fs_err::remove_file(host.file("shop/.garment/lock")).unwrap();
    }
    project.run(["deploy", "plain"]).code(7);
    open_gates(&fleet);
    first.finish().code(0);
    project.run(["deploy", "plain"]).code(0);
}
