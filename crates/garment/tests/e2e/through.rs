//! The last task: hosts that are through with it have left, and others are not.

use garment_testing::{Fleet, Host};

use crate::bed::{Gate, shop, until};

/// A last task that is over at once on web1, and on web2 when its gate opens; it fails there if `~/bad` is there.
fn last(gate: &Gate) -> String {
    format!(
        "  stages:\n    cleanup:\n      - id: tidy\n        commands: ['echo tidied >>~/tidied; if [ {{host}} = web2 ]; then {}; [ ! -e ~/bad ]; fi']\n",
        gate.wait_on("web2")
    )
}

/// How the host says its operation ended, empty if it does not.
fn end(host: &Host) -> String {
    let Ok(operations) = std::fs::read_dir(host.file("shop/.garment/operations")) else {
        return String::new();
    };
    let ends = operations.map(|entry| entry.unwrap().path().join("end"));
    ends.filter_map(|end| std::fs::read_to_string(end).ok()).collect()
}

#[test]
fn they_are_told_when_it_fails_elsewhere() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let (web1, web2) = (fleet.host("web1"), fleet.host("web2"));
    let gate = Gate::new(&fleet);
    shop.config(&last(&gate));
    web2.write("bad", "");
    let running = shop.project.spawn(["deploy", "production"]);
    until("web1 is through", || end(web1).contains("outcome=done\nattempt=1\nonly=here\n"));
    gate.open("web2");
    running.finish().code(5);
    for host in [web1, web2] {
        let end = end(host);
        assert!(end.starts_with("outcome=live-but-failed\nattempt=1\nended="), "{end}");
    }
    std::fs::remove_file(web2.file("bad")).unwrap();
    gate.open("web2");
    shop.project.run(["resume", "production"]).code(0);
    assert_eq!((web1.read("tidied"), web2.read("tidied")), ("tidied\n".into(), "tidied\ntidied\n".into()));
    shop.project.run(["history", "production"]).code(0).stdout_has("done, resumed once");
}

#[test]
fn nothing_is_done_as_long_as_not_all_are() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let (web1, web2) = (fleet.host("web1"), fleet.host("web2"));
    let gate = Gate::new(&fleet);
    shop.config(&last(&gate));
    let running = shop.project.spawn(["deploy", "production"]);
    until("web1 is through", || end(web1).contains("only=here"));
    until("web2 is not", || web2.file("tidied").exists());
    running.kill();
    running.finish();
    shop.project.run(["history", "production"]).code(0).stdout_has("not finished");
    // What runs there holds the lock.
    shop.project.run(["deploy", "production"]).code(7);
    gate.open("web2");
    shop.project.run(["resume", "production", "--wait=20s"]).code(0);
    assert_eq!((web1.read("tidied"), web2.read("tidied")), ("tidied\n".into(), "tidied\n".into()));
    shop.project.run(["history", "production"]).code(0).stdout_has("done, resumed once");
}
