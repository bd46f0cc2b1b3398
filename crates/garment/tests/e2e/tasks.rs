//! The order of tasks over hosts and roles, and which of them run.

use garment_testing::{Fleet, Repo, Sandbox};

use crate::found::{current, releases};
use crate::{production, project, shop};

/// Two hosts, `web2` with the role `db`, and these stages.
pub(crate) fn staged<'a>(fleet: &'a Fleet, repo: &Repo, stages: &str) -> Sandbox<'a> {
    let project = project(fleet);
    let config = production(repo, &["web1"], "    web2: {roles: [app, db]}\n  stages:\n") + stages;
    project.config(&config);
    project
}

/// A file on the machine that all hosts share, to which tasks append a line each.
pub(crate) fn diary(fleet: &Fleet) -> String {
    let path = fleet.root().join("diary");
    fs_err::write(&path, "").unwrap();
    path.display().to_string()
}

pub(crate) fn read(diary: &str) -> Vec<String> {
    fs_err::read_to_string(diary).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_role_s_task_is_over_before_the_next_starts_anywhere() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let diary = diary(&fleet);
    let project = staged(
        &fleet,
        &repo,
        &format!(
            "    before:
      - id: gate
        commands: ['mkfifo gate']
      - id: migrate
        roles: [db]
        commands:
          - 'echo migrate {{host}} >>{diary}; echo waiting; read word <gate'
          - 'echo migrated {{host}} >>{diary}'
      - id: warm
        roles: [app, all]
        commands: ['echo warm {{host}} >>{diary}']
    after:
      - id: app
        roles: [app]
        commands: ['echo app {{host}} >>{diary}']
"
        ),
    );
    let mut running = project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line == "[web2] waiting");
    // A whole login's time for web1 to do what it must not.
    fleet.ssh("web1", "true").code(0);
    assert_eq!(read(&diary), ["migrate web2"]);
    assert_eq!(current(fleet.host("web1")), None);
    fleet.ssh("web2", "echo go >gate").code(0);
    running.finish().code(0);
    let mut lines = read(&diary);
    lines[2..4].sort_unstable();
    assert_eq!(lines, ["migrate web2", "migrated web2", "warm web1", "warm web2", "app web2"]);
}

#[test]
fn nobody_moves_before_everybody_is_through_before() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = staged(
        &fleet,
        &repo,
        "    before:
      - id: gate
        commands: ['mkfifo gate']
      - id: build
        commands: ['test {host} = web1 || {{ echo waiting; read word <gate; }}']
",
    );
    let mut running = project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line == "[web2] waiting");
    fleet.ssh("web1", "true").code(0);
    for host in fleet.hosts() {
        assert_eq!(current(host), None);
        // Complete all the same, on both: prepare comes before any task.
        let [name] = &releases(host)[..] else { panic!("one release on {}", host.name()) };
        assert_eq!(host.read(format!("shop/releases/{name}/version")), "1\n");
    }
    fleet.ssh("web2", "echo go >gate").code(0);
    running.finish().code(0);
    assert_eq!(current(fleet.host("web1")), current(fleet.host("web2")));
    assert!(current(fleet.host("web1")).is_some());
}

#[test]
fn include_and_exclude() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let diary = diary(&fleet);
    let task = |id: &str| format!("      - {{id: {id}, roles: [db], commands: ['echo {id} >>{diary}']}}\n");
    let stages = format!(
        "    before:\n{}{}    after:\n{}    cleanup:\n{}    rollback:\n{}",
        task("build"),
        task("migrate"),
        task("restart"),
        task("sweep"),
        task("undo")
    );
    let project = staged(&fleet, &repo, &stages);
    let ran = |arguments: &[&str]| {
        fs_err::write(&diary, "").unwrap();
        project.run([&["deploy", "production"], arguments].concat()).code(0);
        read(&diary)
    };
    assert_eq!(ran(&[]), ["build", "migrate", "restart", "sweep"]);
    assert_eq!(ran(&["--include", "migrate"]), ["migrate"]);
    assert_eq!(ran(&["--include", "sweep,build"]), ["build", "sweep"]);
    assert_eq!(ran(&["--include", "sweep", "--include", "build"]), ["build", "sweep"]);
    assert_eq!(ran(&["--exclude=migrate,restart"]), ["build", "sweep"]);
    let before = releases(fleet.host("web1"));
    let refused = |arguments: &[&str]| project.run([&["deploy", "production"], arguments].concat());
    let said = refused(&["--exclude", "build,migrat"]);
    said.code(2).stdout_has("no task of `production` has the id `migrat`\n  did you mean `migrate`?\n");
    // It runs in rollbacks only.
    refused(&["--include", "undo"])
        .code(2)
        .stdout_has("a deploy's tasks are `build`, `migrate`, `restart`, `sweep`");
    refused(&["--include", "build", "--exclude", "sweep"]).code(2).stderr_has("cannot be used with");
    refused(&["--include", ""]).code(2);
    assert_eq!(releases(fleet.host("web1")), before);
}
