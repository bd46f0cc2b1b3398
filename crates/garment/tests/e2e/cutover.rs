//! One of two hosts does not switch.

use garment_testing::Fleet;

use crate::bed::{current, releases_in, shop, tame, wrap};

#[test]
fn a_switch_that_fails_on_one_host_is_told_and_can_be_taken_back() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("");
    shop.project.run(["deploy", "production"]).code(0);
    let old = current(fleet.host("web2"));
    shop.push("two");
    wrap(&fleet, "web2", "mv", "case \" $* \" in *garment-new*) echo 'mv: out of luck' >&2; exit 1 ;; esac");
    for tool in ["perl", "python3"] {
        wrap(&fleet, "web2", tool, "exit 1");
    }
    shop.config("  stages: {after: [{id: later, commands: ['touch ~/later']}]}\n");
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(6).stderr_is("");
    insta::assert_snapshot!(tame(&fleet, &outcome.stdout), @r"
    deploy to production: 2 hosts
    master is 55fdb37efcb4536f66a429b2d7013cac2a59d97f
    release RELEASE2
    == prepare (2 hosts)
    == prepare: done in TIME
    == make current (2 hosts)
    [web2] make current: failed: exit code 1
    [web1] current: RELEASE1 -> RELEASE2
    == make current: failed on 1 of 2 hosts after TIME

    deploy to production failed in make current, and the hosts may differ now (TIME)

    web2: make current failed
      make RELEASE2 current
      exit code 1
      can't make `FLEET/hosts/web2/home/shop/current` lead to the release: out of luck
      let USER write to `FLEET/hosts/web2/home/shop`; `current` is as it was
      its last lines of output:
      | mv: out of luck

    host  current                  how far it came
    web1  RELEASE2  did all up to make current
    web2  RELEASE1  failed in make current

    `current` leads to RELEASE2 on 1 of 2 hosts, and not on 1.

    what next:
      look     garment list production
      go on    the same command again  (once that is mended: one new release everywhere)
      go back  garment rollback production RELEASE1
    ");
    let new = current(fleet.host("web1"));
    assert_ne!(new, old);
    assert_eq!(current(fleet.host("web2")), old);
    let listed = shop.project.run(["list", "production"]);
    listed.code(0).stdout_has(&format!("Hosts differ in what is current:\n  web1  {new}\n  web2  {old}\n"));
    // The way back that the report names.
    shop.project.run(["rollback", "production"]).code(0);
    for host in fleet.hosts() {
        assert_eq!(current(host), old);
        assert_eq!(host.read("shop/current/index.html"), "one\n");
    }
    assert!(!shop.project.run(["list", "production"]).code(0).stdout.contains("differ"));
}

#[test]
fn a_folder_that_comes_up_in_the_place_of_current() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("");
    shop.project.run(["deploy", "production"]).code(0);
    let old = current(fleet.host("web1"));
    shop.push("two");
    let spoil = "rm ~/shop/current; mkdir ~/shop/current; echo precious >~/shop/current/data";
    shop.config(&format!(
        "  stages: {{before: [{{id: spoil, commands: ['[ {{host}} = web1 ] || {{{{ {spoil}; }}}}']}}]}}\n"
    ));
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(6).stderr_is("");
    let report = tame(&fleet, &outcome.stdout);
    let (_, report) = report.split_once("\n\n").unwrap();
    insta::assert_snapshot!(report, @r"
    deploy to production failed in make current, and the hosts may differ now (TIME)

    web2: make current failed
      make RELEASE2 current
      exit code 1
      `FLEET/hosts/web2/home/shop/current` is a real directory, not a symlink
      move it away: mv FLEET/hosts/web2/home/shop/current FLEET/hosts/web2/home/shop/current.before-garment

    host  current                  how far it came
    web1  RELEASE2  did all up to make current
    web2  not a symlink            failed in make current

    `current` leads to RELEASE2 on 1 of 2 hosts, and not on 1.

    what next:
      look     garment list production
      go on    the same command again  (once that is mended: one new release everywhere)
      go back  garment rollback production RELEASE1
    ");
    assert_eq!(fleet.host("web2").read("shop/current/data"), "precious\n");
    let outcome = shop.project.run(["list", "production"]);
    outcome.code(0).stdout_has("web2: `current` is not a symlink\n");
    // A rollback finds it as well, and touches neither host.
    let new = current(fleet.host("web1"));
    shop.project.run(["rollback", "production"]).code(4).stdout_has("move it away: mv ");
    assert_eq!(fleet.host("web2").read("shop/current/data"), "precious\n");
    assert_eq!(current(fleet.host("web1")), new);
    fs_err::rename(fleet.host("web2").file("shop/current"), fleet.host("web2").file("kept")).unwrap();
    let outcome = shop.project.run(["rollback", "production"]);
    outcome.code(0);
    assert_eq!(releases_in(outcome.stdout.lines().next_back().unwrap()), [old.as_str()], "{outcome}");
    for host in fleet.hosts() {
        assert_eq!(current(host), old);
    }
}
