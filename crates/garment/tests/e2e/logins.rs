//! Hosts that can't be deployed to, for the reasons that happen.

use std::time::Duration;

use garment_testing::Fleet;

use crate::bed::{footprint, footprints, shop, tame, wait_for};

/// Each host is broken in a way of its own but the first.
fn broken_fleet() -> Fleet {
    let hosts = [
        "good", "changed", "unknown", "closed", "password", "silent", "gitless", "tarless", "below", "proc",
        "folder", "file",
    ];
    let fleet = Fleet::builder().hosts(hosts).start();
    fleet.host("changed").replace_host_key();
    fleet.host("unknown").forget_host_key();
    fleet.host("closed").refuse();
    fleet.host("password").password_only();
    fleet.host("silent").silent();
    break_inside(&fleet);
    fleet
}

/// Those that can be logged into and deployed to not.
fn break_inside(fleet: &Fleet) {
    fleet.host("gitless").path_without("git");
    fleet.host("tarless").path_without("tar");
    fleet.host("below").write("shop", "a file in its place\n");
    std::os::unix::fs::symlink("/proc/sys/kernel", fleet.host("proc").file("shop")).unwrap();
    fleet.host("folder").write("shop/current/index.html", "by hand\n");
    fleet.host("file").write("shop/current", "by hand\n");
}

#[test]
fn check_says_everything_at_once() {
    let fleet = broken_fleet();
    let shop = shop(&fleet);
    shop.config("");
    let before = footprints(&fleet);
    // Side by side, since each waits for the silent one.
    let running = ["check", "list"].map(|verb| shop.project.spawn([verb, "production"]));
    let [check, list] = running.map(garment_testing::Running::finish);
    for outcome in [&check, &list] {
        outcome.code(3).stderr_is("");
    }
    insta::assert_snapshot!(tame(&fleet, &check.stdout), @r"
    ✓ configuration of production
    ✓ master is e2e5436eee53c239c23e93e6fdeb89efd239c9d5
    ✓ good: nothing live yet
    ✗ changed: its host key is not the one on record: the host was set up anew, or somebody stands in between
        ask who runs the host whether its key was changed; if so, remove the old one with `ssh-keygen -R changed` and log in once with `ssh changed`
    ✗ unknown: its host key is not known on this machine
        log in once with `ssh unknown`, compare the fingerprint with the host's own and accept it
    ✗ closed: nothing listens on its ssh port
        check the port (`host:port` in `hosts`, or `Port` in your ssh config) and whether sshd runs there
    ✗ password: it accepts none of this machine's keys
        see that `ssh password` logs in without asking for a password: add your public key to its `authorized_keys`, or load the key into your agent with `ssh-add`
    ✗ silent: it does not answer
        check that it is up and that no firewall is in between; try `ssh silent`
    ✗ gitless: `git` is not on the PATH of root
        install it on this host, for instance with `apt-get install git`
    ✗ tarless: `tar` is not on the PATH of root
        install it on this host, for instance with `apt-get install tar`
    ✗ below: `FLEET/hosts/below/home/shop` is not a folder, so `deploy_dir` can't be `FLEET/hosts/below/home/shop`
        move it away, or set `deploy_dir` to another place
    ✗ proc: USER may not write to `FLEET/hosts/proc/home/shop`, which `deploy_dir` needs
        let USER write there, or set `deploy_dir` to another place
    ✗ folder: `FLEET/hosts/folder/home/shop/current` is a real directory, not a symlink
        move it away: mv FLEET/hosts/folder/home/shop/current FLEET/hosts/folder/home/shop/current.before-garment
    ✗ file: `FLEET/hosts/file/home/shop/current` is a real file, not a symlink
        move it away: mv FLEET/hosts/file/home/shop/current FLEET/hosts/file/home/shop/current.before-garment
    11 problems. Nothing was changed.
    ");
    insta::assert_snapshot!(tame(&fleet, &list.stdout), @r"
    No releases of production yet: make one with `garment deploy`.
    folder: `current` is not a symlink
    file: `current` is not a symlink
    Hosts differ in what is current:
      good  no release
      gitless  no release
      tarless  no release
      below  no release
      proc  no release
      folder  no release
      file  no release
    ✗ changed: its host key is not the one on record: the host was set up anew, or somebody stands in between
        ask who runs the host whether its key was changed; if so, remove the old one with `ssh-keygen -R changed` and log in once with `ssh changed`
    ✗ unknown: its host key is not known on this machine
        log in once with `ssh unknown`, compare the fingerprint with the host's own and accept it
    ✗ closed: nothing listens on its ssh port
        check the port (`host:port` in `hosts`, or `Port` in your ssh config) and whether sshd runs there
    ✗ password: it accepts none of this machine's keys
        see that `ssh password` logs in without asking for a password: add your public key to its `authorized_keys`, or load the key into your agent with `ssh-add`
    ✗ silent: it does not answer
        check that it is up and that no firewall is in between; try `ssh silent`
    ");
    assert_eq!(footprints(&fleet), before);
    // On a terminal of its own, ssh would ask for the password.
    let calls = fleet.ssh_calls();
    assert!(calls.len() >= 24 && calls.iter().all(|call| call.contains("-o BatchMode=yes")), "{calls:?}");
}

#[test]
fn a_deploy_names_all_hosts_that_it_can_t_reach() {
    let fleet = broken_fleet();
    let shop = shop(&fleet);
    shop.config("");
    let before = footprints(&fleet);
    let deploy = shop.project.run(["deploy", "production"]);
    deploy.code(3).stderr_is("");
    insta::assert_snapshot!(sorted_until_blank(&tame(&fleet, &deploy.stdout)), @r"
    [changed]   ask who runs the host whether its key was changed; if so, remove the old one with `ssh-keygen -R changed` and log in once with `ssh changed`
    [changed] not reachable: its host key is not the one on record: the host was set up anew, or somebody stands in between
    [closed]   check the port (`host:port` in `hosts`, or `Port` in your ssh config) and whether sshd runs there
    [closed] not reachable: nothing listens on its ssh port
    [password]   see that `ssh password` logs in without asking for a password: add your public key to its `authorized_keys`, or load the key into your agent with `ssh-add`
    [password] not reachable: it accepts none of this machine's keys
    [silent]   check that it is up and that no firewall is in between; try `ssh silent`
    [silent] not reachable: it does not answer
    [unknown]   log in once with `ssh unknown`, compare the fingerprint with the host's own and accept it
    [unknown] not reachable: its host key is not known on this machine
    deploy to production: 12 hosts
    master is e2e5436eee53c239c23e93e6fdeb89efd239c9d5

    deploy to production failed: 5 of 12 hosts could not be reached, nothing was changed (TIME)

    changed: not reachable
      its host key is not the one on record: the host was set up anew, or somebody stands in between
      ask who runs the host whether its key was changed; if so, remove the old one with `ssh-keygen -R changed` and log in once with `ssh changed`

    unknown: not reachable
      its host key is not known on this machine
      log in once with `ssh unknown`, compare the fingerprint with the host's own and accept it

    closed: not reachable
      nothing listens on its ssh port
      check the port (`host:port` in `hosts`, or `Port` in your ssh config) and whether sshd runs there

    password: not reachable
      it accepts none of this machine's keys
      see that `ssh password` logs in without asking for a password: add your public key to its `authorized_keys`, or load the key into your agent with `ssh-add`

    silent: not reachable
      it does not answer
      check that it is up and that no firewall is in between; try `ssh silent`

    host      current        how far it came
    good      none           nothing was done there
    changed   not known      not reachable
    unknown   not known      not reachable
    closed    not known      not reachable
    password  not known      not reachable
    silent    not known      not reachable
    gitless   none           nothing was done there
    tarless   none           nothing was done there
    below     none           nothing was done there
    proc      none           nothing was done there
    folder    not a symlink  nothing was done there
    file      not a symlink  nothing was done there

    `current` did not move on any host.

    what next:
      look   garment check production
      go on  the same command again  (once that is mended)
    ");
    assert_eq!(footprints(&fleet), before);
}

/// What arrives from hosts side by side has no order; the final report, behind the first blank line, has.
fn sorted_until_blank(text: &str) -> String {
    let (told, report) = text.split_once("\n\n").unwrap();
    let mut told: Vec<&str> = told.lines().collect();
    told.sort_unstable();
    format!("{}\n\n{report}", told.join("\n"))
}

#[test]
fn what_stops_a_deploy_on_one_host_stops_it_on_all() {
    let hosts = ["good", "gitless", "tarless", "below", "proc", "folder", "file"];
    let fleet = Fleet::builder().hosts(hosts).start();
    break_inside(&fleet);
    let shop = shop(&fleet);
    shop.config("");
    let before = footprints(&fleet);
    let outcome = shop.project.run(["check", "production"]);
    outcome.code(4).stderr_is("").stdout_has("✓ good: nothing live yet\n");
    assert_eq!(footprints(&fleet), before);
    let reports = hosts[1..].iter().map(|host| {
        shop.config_on(&["good", host], "");
        let outcome = shop.project.run(["deploy", "production"]);
        outcome.code(4).stderr_is("");
        let (home, index) = (fleet.host(host).home(), hosts.iter().position(|name| name == host).unwrap());
        // What was tried is on record.
        let beside = |mut found: std::collections::BTreeMap<String, String>| {
            found.retain(|path, _| path != "shop" && !path.starts_with("shop/.garment"));
            found
        };
        assert_eq!(beside(footprint(home)), beside(before[index].clone()), "{host}");
        let report = tame(&fleet, &outcome.stdout);
        let about = report.split("\n\n").find(|paragraph| paragraph.starts_with(&format!("{host}:")));
        assert!(report.contains("\ngood  "), "{outcome}");
        // Whether /proc has no place for a folder or no right for it depends on who asks.
        about.unwrap_or("").replace("No such file or directory", "Permission denied")
    });
    insta::assert_snapshot!(reports.collect::<Vec<_>>().join("\n"), @r"
    gitless: prepare failed
      make release RELEASE1
      exit code 1
      `git` is not on the PATH of root
      install it on this host, for instance with `apt-get install git`
    tarless: prepare failed
      make release RELEASE1
      exit code 1
      `tar` is not on the PATH of root
      install it on this host, for instance with `apt-get install tar`
    below: refused
      `FLEET/hosts/below/home/shop` is not a folder, so the lock `FLEET/hosts/below/home/shop/.garment/lock` can't be written
      move it away, or set `deploy_dir` to another place
    proc: refused
      can't write the lock `FLEET/hosts/proc/home/shop/.garment/lock`: Permission denied
      let USER write to `FLEET/hosts/proc/home/shop`, and see whether the disk is full
    folder: refused
      `FLEET/hosts/folder/home/shop/current` is a real file or directory, not a symlink
      move it away: mv 'FLEET/hosts/folder/home/shop/current' 'FLEET/hosts/folder/home/shop/current.before-garment'
    file: refused
      `FLEET/hosts/file/home/shop/current` is a real file or directory, not a symlink
      move it away: mv 'FLEET/hosts/file/home/shop/current' 'FLEET/hosts/file/home/shop/current.before-garment'
    ");
    assert!(!fleet.host("good").file("shop/current").exists());
}

#[test]
fn a_port_where_nobody_listens() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let wrong = format!("127.0.0.1:{}", fleet.refusing_port());
    shop.config_on(&["web1", &wrong], "");
    let outcome = shop.project.run(["check", "production"]);
    outcome.code(3).stderr_is("");
    let said = tame(&fleet, &outcome.stdout);
    assert!(said.contains(
        "\n✗ 127.0.0.1:PORT: nothing listens on its ssh port\n    check the port (`host:port` in `hosts`"
    ));
    assert!(said.contains("\n✓ web1: nothing live yet\n"));
}

/// As while many log in at once.
#[test]
fn a_login_that_is_dropped_is_tried_until_its_time_is_up() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("");
    fleet.host("web1").drop_logins(6);
    shop.project.run(["deploy", "production"]).code(0).stderr_is("");
    // One that never gets better is not tried for ever.
    fleet.host("web2").drop_logins(1000);
    let mut deploy = shop.project.command(["deploy", "production"]);
    deploy.env("GARMENT_TEST_LOGIN_TIMEOUT", "3");
    let outcome = shop.project.spawn_command(deploy).finish();
    outcome.code(3).stderr_is("").stdout_has("1 of 2 hosts could not be reached");
    outcome.stdout_has("\nweb2: not reachable\n  it closed the connection before the login\n");
    // Whoever is not told would wait in the dark.
    let mut running = shop.project.spawn(["deploy", "production", "-v"]);
    wait_for(&mut running, "web2", "note: it closed the connection before the login; trying again");
    // Nobody who wants to stop waits for the next try.
    running.ctrl_c();
    running.finish().code(130).stderr_is("").stdout_lacks("not reachable");
    fleet.host("web2").drop_logins(0);
    shop.project.run(["deploy", "production"]).code(0);
}

/// With its `sshd` as busy as a whole company's.
#[test]
fn a_jump_host_that_drops_logins_fails_no_deploy() {
    let fleet = Fleet::builder().webs(20).start();
    let mut shop = shop(&fleet);
    shop.project = shop.project.timeout(Duration::from_secs(200));
    shop.config("");
    let bastion = fleet.bastion("1:90:3");
    for _ in 0..2 {
        let mut deploy = shop.project.command(["deploy", "production"]);
        // Plenty, for a machine that does more than this test.
        deploy.env("GARMENT_TEST_LOGIN_TIMEOUT", "150");
        let outcome = shop.project.spawn_command(deploy).finish();
        outcome.code(0).stderr_is("").stdout_has(" is live on 20 hosts (").stdout_lacks("not reachable");
    }
    assert!(bastion.dropped() > 0, "it was never asked too much: {}", bastion.log());
    assert_eq!(fleet.hosts().iter().map(garment_testing::Host::logins).sum::<usize>(), 40);
}
