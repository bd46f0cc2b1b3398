//! Going back.

use garment_testing::{Fleet, Repo, Sandbox};

use crate::found::{current, releases, states};
use crate::{next, production, project, shop};

/// Deploys this many versions to `web1` and `web2`, and gives the releases' names.
fn deployed(project: &Sandbox<'_>, repo: &Repo, versions: usize) -> Vec<String> {
    for version in 1..=versions {
        next(repo, version);
        project.run(["deploy", "production"]).code(0);
    }
    releases(project.fleet().host("web1"))
}

fn all_at(fleet: &Fleet, name: &str) {
    for host in fleet.hosts() {
        assert_eq!(current(host).as_deref(), Some(name), "on {}", host.name());
    }
}

#[test]
fn by_default_by_name_and_there_again() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    let r = deployed(&project, &repo, 4);
    let back = |arguments: &[&str]| project.run([&["rollback", "production"], arguments].concat());
    let said = |states: &[&str]| {
        for host in fleet.hosts() {
            assert_eq!(crate::found::states(host).into_values().collect::<Vec<_>>(), states);
        }
    };
    back(&[]).code(0).stdout_has(&format!("rollback of production done: {} is live on 2 hosts (", r[2]));
    all_at(&fleet, &r[2]);
    said(&["replaced", "replaced", "live", "rolled-back"]);
    back(&[]).code(0);
    all_at(&fleet, &r[1]);
    said(&["replaced", "live", "rolled-back", "rolled-back"]);
    // Forward by name: that one is good again, and nothing is said against the one left.
    back(&[&r[3]]).code(0);
    all_at(&fleet, &r[3]);
    said(&["replaced", "replaced", "rolled-back", "live"]);
    // By default it goes past those that somebody gave up.
    back(&[]).code(0);
    all_at(&fleet, &r[1]);
    said(&["replaced", "live", "rolled-back", "rolled-back"]);
    back(&[]).code(0);
    all_at(&fleet, &r[0]);
    said(&["live", "rolled-back", "rolled-back", "rolled-back"]);
    back(&[]).code(2).stdout_has(&format!("no good release older than `{}` is on every host", r[0]));
    all_at(&fleet, &r[0]);
    assert_eq!(releases(fleet.host("web2")), r);
}

#[test]
fn what_is_refused_changes_nothing() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    let r = deployed(&project, &repo, 3);
    let refused = |name: &str, said: &str| {
        let refused = project.run(["rollback", "production", "--", name]);
        refused.code(2).stdout_has("rollback of production refused: nothing was changed").stdout_has(said);
        all_at(&fleet, &r[2]);
    };
    refused(&r[2], &format!("`{}` is the current release", r[2]));
    refused("20200101T000000-1234567", "there is no release `20200101T000000-1234567`");
    refused("yesterday", "`yesterday` is not a release's name");
    refused("../../etc", "`../../etc` is not a release's name");
    refused("", "`` is not a release's name");
    refused("-x", "`-x` is not a release's name");
    refused(&r[1][..15], "is not a release's name");
    fs_err::remove_dir_all(fleet.host("web2").file(format!("shop/releases/{}", r[1]))).unwrap();
    refused(&r[1], &format!("`{}` is not on web2", r[1]));
    assert_eq!(states(fleet.host("web1"))[&r[2]], "live");
    // The default is one that every host has.
    project.run(["rollback", "production"]).code(0);
    all_at(&fleet, &r[0]);
}

#[test]
fn releases_of_an_older_install() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, first) = shop(&fleet);
    let old = ["20131228T202753-4634f44-evan@pungi.local", "20140101T000000-abcdef0-evan@pungi.local"];
    for host in fleet.hosts() {
        for name in old {
            host.write(format!("shop/releases/{name}/version"), name);
        }
        std::os::unix::fs::symlink(host.file("shop/releases").join(old[1]), host.file("shop/current"))
            .unwrap();
    }
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    let listed = project.run(["list", "production"]);
    listed
        .code(0)
        .stdout_has(&format!("*  {}  2014-01-01 00:00 (", old[1]))
        .stdout_has(&format!("   {}  2013-12-28 20:27 (", old[0]));
    assert_eq!(listed.stdout.lines().filter(|line| line.contains(" years ago)  ")).count(), 2, "{listed}");
    assert_eq!(listed.stdout.lines().filter(|line| line.contains("  evan@pungi.local  adopted")).count(), 2);
    project.run(["rollback", "production"]).code(0);
    all_at(&fleet, old[0]);
    project.run(["deploy", "production"]).code(0);
    assert_eq!(fleet.host("web1").read("shop/current/REVISION"), format!("{first}\n"));
    project.run(["rollback", "production"]).code(0);
    all_at(&fleet, old[0]);
    assert_eq!(fleet.host("web2").read("shop/current/version"), old[0]);
    // The one rolled back from first is still there, by its full name.
    project.run(["rollback", "production", old[1]]).code(0);
    all_at(&fleet, old[1]);
    project.run(["rollback", "production", &old[0][..23]]).code(2).stdout_has("there is no release");
}

#[test]
fn its_stages_and_what_they_see() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let task = |id: &str| {
        format!(
            "      - {{id: {id}, roles: [db], commands: ['echo {id} {{release}} {{previous_release}} {{commit}} \
             $(cat {{release_dir}}/version) $(cat {{previous_release_dir}}/version) $(cat {{current_symlink}}/version)']}}\n"
        )
    };
    let config = production(&repo, &["web1"], "    web2: {roles: [db]}\n");
    project.config(&config);
    let r = deployed(&project, &repo, 2);
    let stages = format!(
        "  stages:\n    before:\n{}    rollback:\n{}    after:\n{}    cleanup:\n{}",
        task("before"),
        task("undo"),
        task("restart"),
        task("sweep")
    );
    project.config(&(config + &stages));
    let back = project.run(["rollback", "production"]);
    back.code(0);
    let host = fleet.host("web2");
    let commit = host.read(format!("shop/releases/{}/REVISION", r[0])).trim_end().to_owned();
    let mut lines: Vec<&str> =
        back.stdout.lines().filter(|line| line.starts_with('[') && !line.contains("] $ ")).collect();
    // Both hosts switch at once.
    lines[1..3].sort_unstable();
    assert_eq!(
        lines,
        [
            format!("[web2] undo {} {} {commit} 1 2 2", r[0], r[1]),
            format!("[web1] current: {} -> {}", r[1], r[0]),
            format!("[web2] current: {} -> {}", r[1], r[0]),
            format!("[web2] restart {} {} {commit} 1 2 1", r[0], r[1]),
        ]
    );
}

#[test]
fn a_failing_rollback_stage_leaves_all_as_it_was() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let more = "  stages:\n    rollback:\n      - {id: undo, commands: ['[ {host} = web1 ]']}\n";
    project.config(&production(&repo, &["web1", "web2"], more));
    let r = deployed(&project, &repo, 2);
    let stopped = project.run(["rollback", "production"]);
    stopped.code(4).stdout_has("rollback of production failed in rollback: undo (");
    stopped.stdout_has("\n`current` did not move on any host.\n");
    stopped.stdout_has(&format!("garment rollback production {}", r[0]));
    all_at(&fleet, &r[1]);
    for host in fleet.hosts() {
        assert_eq!(states(host).into_values().collect::<Vec<_>>(), ["replaced", "live"]);
    }
}

#[test]
fn a_host_without_current() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    project.run(["rollback", "production"]).code(2).stdout_has("nothing is live");
    let r = deployed(&project, &repo, 3);
    fs_err::remove_file(fleet.host("web2").file("shop/current")).unwrap();
    project
        .run(["list", "production"])
        .code(0)
        .stdout_has(&format!("Hosts differ in what is current:\n  web1  {}\n  web2  no release\n", r[2]));
    // To what is current on the other one is a way to mend it.
    project.run(["rollback", "production", &r[2]]).code(0);
    all_at(&fleet, &r[2]);
    fs_err::remove_file(fleet.host("web2").file("shop/current")).unwrap();
    project.run(["rollback", "production"]).code(0);
    all_at(&fleet, &r[1]);
}
