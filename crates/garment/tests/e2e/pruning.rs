//! Which releases are removed, and which never.

use garment_testing::{Fleet, Host, Sandbox};

use crate::found::{current, releases, states};
use crate::{next, production, project, shop};

/// Deploys the next version and gives the new release's name, or what it left where it failed.
fn deploy(project: &Sandbox<'_>, code: i32) -> String {
    project.run(["deploy", "production"]).code(code);
    releases(project.fleet().host("web1")).pop().unwrap()
}

fn each(fleet: &Fleet, expected: &[&String], live: &String) {
    let mut expected: Vec<&String> = expected.to_vec();
    expected.sort_unstable();
    for host in fleet.hosts() {
        assert_eq!(releases(host).iter().collect::<Vec<_>>(), expected, "on {}", host.name());
        assert_eq!(current(host).as_ref(), Some(live), "on {}", host.name());
        assert_eq!(states(host).keys().collect::<Vec<_>>(), expected, "on {}", host.name());
    }
}

fn fail_when_told(host: &Host, fail: bool) {
    if fail {
        host.write("fail", "");
    } else {
        fs_err::remove_file(host.file("fail")).unwrap();
    }
}

#[test]
fn twelve_deploys_failures_and_a_rollback_in_between() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let more =
        "  keep_releases: 3\n  stages:\n    before:\n      - {id: gate, commands: ['[ ! -e ~/fail ]']}\n";
    project.config(&production(&repo, &["web1", "web2"], more));
    let mut r = vec![String::new()];
    for version in 1..=5 {
        next(&repo, version);
        r.push(deploy(&project, 0));
    }
    each(&fleet, &[&r[3], &r[4], &r[5]], &r[5]);

    // Failed ones take no places, and nothing is removed until a newer release is live.
    let web2 = fleet.host("web2");
    fail_when_told(web2, true);
    let (f1, f2) = (deploy(&project, 4), deploy(&project, 4));
    fail_when_told(web2, false);
    each(&fleet, &[&r[3], &r[4], &r[5], &f1, &f2], &r[5]);

    // Back to 4: the good ones are 3 and 4 now, and of those that are not the newest is 5, 6 and 7 having failed.
    project.run(["rollback", "production"]).code(0);
    each(&fleet, &[&r[3], &r[4], &r[5], &f1, &f2], &r[4]);
    assert_eq!(states(web2)[&r[5]], "rolled-back");
    next(&repo, 6);
    r.push(deploy(&project, 0));
    each(&fleet, &[&r[3], &r[4], &f2, &r[6]], &r[6]);
    // What a rollback would go to is what was live before.
    project.run(["rollback", "production"]).code(0).stdout_has(&format!("{} is live on 2 hosts", r[4]));
    each(&fleet, &[&r[3], &r[4], &f2, &r[6]], &r[4]);

    // The one that was rolled back from is the newest that is not good: it stays beside three good ones.
    for good in [[3, 4, 7], [4, 7, 8], [7, 8, 9], [8, 9, 10], [9, 10, 11], [10, 11, 12]] {
        next(&repo, good[2]);
        r.push(deploy(&project, 0));
        each(&fleet, &[&r[good[0]], &r[good[1]], &r[good[2]], &r[6]], &r[good[2]]);
    }
    // Two rollbacks are possible with three good releases, and there is nothing behind them.
    project.run(["rollback", "production"]).code(0);
    project.run(["rollback", "production"]).code(0);
    each(&fleet, &[&r[6], &r[10], &r[11], &r[12]], &r[10]);
    project
        .run(["rollback", "production"])
        .code(2)
        .stdout_has(&format!("no good release older than `{}` is on every host", r[10]));
}

#[test]
fn the_rollback_target_stays_even_where_one_is_kept() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], "  keep_releases: 1\n"));
    let mut r = Vec::new();
    for version in 1..=3 {
        next(&repo, version);
        r.push(deploy(&project, 0));
    }
    each(&fleet, &[&r[1], &r[2]], &r[2]);
    project.run(["rollback", "production"]).code(0);
    assert_eq!(fleet.host("web2").read("shop/current/version"), "2\n");
}

#[test]
fn what_garment_did_not_make_stays() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let host = fleet.host("web1");
    let old =
        ["20120101T000000-1234567", "20120102T000000-1234567-evan@pungi.local", "20120103T000000-1234567"];
    for name in old {
        host.write(format!("shop/releases/{name}/file"), name);
    }
    for other in ["backup/x", "20120101/x", "20120101T000000-1234567.tar", ".hidden/x"] {
        host.write(format!("shop/releases/{other}"), "x");
    }
    let project = project(&fleet);
    project.config(&production(&repo, &["web1"], "  keep_releases: 2\n"));
    project.run(["deploy", "production"]).code(0);
    let name = current(host).unwrap();
    assert_eq!(
        releases(host),
        [".hidden", "20120101", "20120101T000000-1234567.tar", old[2], name.as_str(), "backup"]
    );
}
