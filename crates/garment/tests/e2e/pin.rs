use garment_testing::Fleet;

use crate::found::{current, names, releases, tree};
use crate::{next, production, project, shop};

#[test]
fn a_pinned_release_outlives_all_others() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], "  keep_releases: 1\n"));
    let web1 = fleet.host("web1");
    let deploy = |version| {
        next(&repo, version);
        project.run(["deploy", "production"]).code(0);
        current(web1).unwrap()
    };
    let first = deploy(2);
    project.run(["pin", "production", &first]).code(0).stderr_is("").stdout_is(&format!(
        "{first} is pinned: no deploy removes it until `garment unpin production {first}`\n"
    ));
    project.run(["pin", "production", &first]).code(0).stderr_is("").stdout_is(&format!(
        "{first} is pinned already: no deploy removes it until `garment unpin production {first}`\n"
    ));
    project.run(["list", "production"]).code(0).stdout_has("  live, pinned\n");
    let old = "20131228T202753-4634f44-evan@pungi.local";
    for host in fleet.hosts() {
        host.write(format!("shop/releases/{old}/index.html"), "old\n");
    }
    project.run(["pin", "production", old]).code(0);
    let second = deploy(3);
    let third = deploy(4);
    let fourth = deploy(5);
    for host in fleet.hosts() {
        // What a rollback would go to stays as well.
        assert_eq!(releases(host), [old, &first, &third, &fourth], "{second} went");
    }
    let listed = project.run(["list", "production"]);
    listed.stdout_has("  replaced, pinned\n").stdout_has("  adopted, pinned\n");
    project.run(["rollback", "production", &first]).code(0);
    project.run(["list", "production"]).code(0).stdout_has("  live, pinned\n");

    // Not on every host any more: it can be let go all the same.
    fs_err::remove_dir_all(fleet.host("web2").file(format!("shop/releases/{old}"))).unwrap();
    project.run(["list", "production"]).stdout_has("  adopted, pinned  web2\n");
    project
        .run(["unpin", "production", old])
        .code(0)
        .stdout_is(&format!("{old} is not pinned any more: a deploy removes it once it is old enough\n"));
    project.run(["unpin", "production", old]).code(0).stdout_is(&format!("{old} was not pinned\n"));
    project.run(["unpin", "production", &first]).code(0);
    let fifth = deploy(6);
    // The third is what a rollback would go to, the fourth was rolled back from.
    assert_eq!(releases(web1), [&*third, &fourth, &fifth]);
}

#[test]
fn what_is_refused_changes_nothing() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    project.run(["deploy", "production"]).code(0);
    let release = current(fleet.host("web1")).unwrap();
    let lone = "20260101T000000-4634f44";
    fleet.host("web2").write(format!("shop/releases/{lone}/x"), "");
    let states = || -> Vec<_> {
        fleet.hosts().iter().map(|host| tree(&host.file("shop/.garment/releases"))).collect()
    };
    let before = states();
    let list = "see what there is: `garment list production`";
    for verb in ["pin", "unpin"] {
        let unknown = "20260102T000000-4634f44";
        let missing = project.run([verb, "production", unknown]);
        missing
            .code(2)
            .stdout_is("")
            .stderr_is(&format!("error: there is no release `{unknown}`; nothing was changed\n  {list}\n"));
        let odd = project.run([verb, "production", "../cur\nrent"]);
        odd.code(2).stderr_is(&format!(
            "error: `../cur\\nrent` is not a release's name; nothing was changed\n  {list}\n"
        ));
        project.run([verb, "produktion", &release]).code(2).stderr_has("`production`");
        project.run([verb, "production"]).code(2).stderr_has("<RELEASE>");
    }
    project
        .run(["pin", "production", lone])
        .code(2)
        .stderr_is(&format!("error: `{lone}` is not on web1; nothing was changed\n  {list}\n"));
    project.run(["lock", "production", "-m", "no"]).code(0);
    let frozen = project.run(["pin", "production", &release]);
    frozen.code(7).stdout_is("").stderr_has("error: web1: frozen by ").stderr_has("nothing was changed");
    project.run(["unlock", "production"]).code(0);
    fleet.host("web2").refuse();
    let away = project.run(["pin", "production", &release]);
    away.code(3).stdout_is("").stderr_has("error: web2: ").stderr_has("nothing was changed");
    assert_eq!(states(), before);
    assert_eq!(
        names(&fleet.host("web1").file("shop/.garment")),
        ["beat", "lock", "operations", "releases", "session"]
    );
    fleet.host("web2").serve();
    project.run(["pin", "production", &release]).code(0);
}
