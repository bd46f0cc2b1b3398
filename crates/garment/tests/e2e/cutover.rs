//! One of two hosts does not switch.

use garment_testing::Fleet;

use crate::bed::{Shop, current, shop, tame, wrap};

/// From here on no tool on the host puts a symlink in the place of another while the shell text `now` succeeds.
fn no_switch(fleet: &Fleet, host: &str, now: &str) {
    let mv =
        format!("case \" $* \" in *garment-new*) {now} && {{ echo 'mv: out of luck' >&2; exit 1; }} ;; esac");
    wrap(fleet, host, "mv", &mv);
    for tool in ["perl", "python3"] {
        wrap(fleet, host, tool, "exit 1");
    }
}

/// Two hosts with a release, and a commit that is not deployed.
fn fleet_and_shop(test: impl FnOnce(&Fleet, &Shop<'_>, &str)) {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("");
    shop.project.run(["deploy", "production"]).code(0);
    let old = current(fleet.host("web1"));
    shop.push("two");
    test(&fleet, &shop, &old);
}

#[test]
fn a_switch_that_fails_on_one_host_is_taken_back_on_the_other() {
    fleet_and_shop(|fleet, shop, old| {
        no_switch(fleet, "web2", "true");
        shop.config("  stages: {after: [{id: later, commands: ['touch ~/later']}]}\n");
        let outcome = shop.project.run(["deploy", "production"]);
        outcome.code(4).stderr_is("");
        let report = tame(fleet, &outcome.stdout);
        insta::assert_snapshot!(report.split_once("\n\n").unwrap().1, @r"
        deploy to production failed in make current (TIME)

        web2: make current failed
          make RELEASE2 current
          exit code 1
          can't make `FLEET/hosts/web2/home/shop/current` lead to the release: out of luck
          let USER write to `FLEET/hosts/web2/home/shop`; `current` is as it was
          its last lines of output:
          | mv: out of luck

        host  current                  how far it came
        web1  RELEASE1  switched, then went back
        web2  RELEASE1  failed in make current

        `current` is where it was before on every host: those that had switched went back.
        RELEASE2 is left in the releases folder, to look at.

        what next:
          look    garment list production
          go on   garment resume production  (once that is mended)
          afresh  the same command again  (it makes a new release)
        ");
        for host in fleet.hosts() {
            assert_eq!(current(host), old);
            assert!(!host.file("later").exists());
        }
        shop.project.run(["list", "production"]).code(0).stdout_lacks("differ");
        no_switch(fleet, "web2", "false");
        shop.project.run(["deploy", "production"]).code(0);
        for host in fleet.hosts() {
            assert_eq!(host.read("shop/current/index.html"), "two\n");
            assert!(host.file("later").exists());
        }
    });
}

#[test]
fn hosts_that_differ_are_told_apart_and_brought_together() {
    fleet_and_shop(|fleet, shop, old| {
        no_switch(fleet, "web2", "true");
        // There the switch works once, and the way back does not.
        no_switch(fleet, "web1", "! mkdir ~/switched 2>/dev/null");
        let outcome = shop.project.run(["deploy", "production"]);
        outcome.code(6).stderr_is("");
        let report = tame(fleet, &outcome.stdout);
        insta::assert_snapshot!(report.split_once("\n\n").unwrap().1, @r"
        deploy to production failed in make current, and the hosts may differ now (TIME)

        web1 could not go back: can't make `FLEET/hosts/web1/home/shop/current` lead where it led before: out of luck
          do it by hand: it was a symlink to FLEET/hosts/web1/home/shop/releases/RELEASE1

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
          go on    garment resume production  (once that is mended)
          go back  garment rollback production RELEASE1
          afresh   the same command again  (it makes a new release)
        ");
        let new = current(fleet.host("web1"));
        assert_ne!(new, old);
        assert_eq!(current(fleet.host("web2")), old);
        shop.project
            .run(["list", "production"])
            .code(0)
            .stdout_has(&format!("Hosts differ in what is current:\n  web1  {new}\n  web2  {old}\n"));
        // The way back that the report names.
        no_switch(fleet, "web1", "false");
        no_switch(fleet, "web2", "false");
        shop.project.run(["rollback", "production"]).code(0);
        for host in fleet.hosts() {
            assert_eq!(current(host), old);
            assert_eq!(host.read("shop/current/index.html"), "one\n");
        }
        shop.project.run(["list", "production"]).code(0).stdout_lacks("differ");
    });
}

#[test]
fn a_folder_that_comes_up_in_the_place_of_current() {
    fleet_and_shop(|fleet, shop, old| {
        let spoil = "rm ~/shop/current; mkdir ~/shop/current; echo precious >~/shop/current/data";
        shop.config(&format!(
            "  stages: {{before: [{{id: spoil, commands: ['[ {{host}} = web1 ] || {{{{ {spoil}; }}}}']}}]}}\n"
        ));
        let outcome = shop.project.run(["deploy", "production"]);
        outcome.code(4).stderr_is("");
        let report = tame(fleet, &outcome.stdout);
        insta::assert_snapshot!(report.split_once("\n\n").unwrap().1, @r"
        deploy to production failed in ready to switch (TIME)

        web2: ready to switch failed
          see whether it can switch
          exit code 1
          `FLEET/hosts/web2/home/shop/current` is a real directory, not a symlink
          move it away: mv FLEET/hosts/web2/home/shop/current FLEET/hosts/web2/home/shop/current.before-garment

        host  current                  how far it came
        web1  RELEASE1  did all up to ready to switch
        web2  not a symlink            failed in ready to switch

        `current` did not move on any host.
        RELEASE2 is left in the releases folder, to look at.

        what next:
          look    garment list production
          go on   garment resume production  (once that is mended)
          afresh  the same command again  (it makes a new release)
        ");
        let outcome = shop.project.run(["list", "production"]);
        outcome.code(0).stdout_has("web2: `current` is not a symlink\n");
        shop.config("");
        // Whatever is asked next finds it as well.
        for verb in ["rollback", "deploy"] {
            shop.project.run([verb, "production"]).code(4).stdout_has("move it away: mv ");
        }
        assert_eq!(fleet.host("web2").read("shop/current/data"), "precious\n");
        assert_eq!(current(fleet.host("web1")), old);
        fs_err::rename(fleet.host("web2").file("shop/current"), fleet.host("web2").file("kept")).unwrap();
        shop.project.run(["deploy", "production"]).code(0);
        for host in fleet.hosts() {
            assert_eq!(host.read("shop/current/index.html"), "two\n");
        }
        assert_eq!(fleet.host("web2").read("kept/data"), "precious\n");
    });
}
