//! The fleet itself: logins, isolation, counting.
use std::process::Output;
use std::thread;
use std::time::Instant;

use garment_testing::Fleet;

fn ssh(fleet: &Fleet, args: &[&str]) -> Output {
    fleet.command("ssh").args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn logs_in_to_each_host_in_its_own_home() {
    let fleet = Fleet::builder().hosts(["web1", "web2"]).start();
    for name in ["web1", "web2"] {
        let output = ssh(
            &fleet,
            &[
                name,
                "echo $HOME; pwd; echo \"${SHELL##*/}:${SSH_ORIGINAL_COMMAND-unset}\"; echo oops >&2; exit 3",
            ],
        );
        let home = fleet.host(name).home().display();
        assert_eq!(text(&output.stderr), "oops\n");
        assert_eq!(text(&output.stdout), format!("{home}\n{home}\nbash:unset\n"));
        assert_eq!(output.status.code(), Some(3));
    }
}

#[test]
fn counts_connections() {
    let fleet = Fleet::builder().hosts(["web1", "web2"]).start();
    for _ in 0..3 {
        assert!(ssh(&fleet, &["web1", "true"]).status.success());
    }
    assert_eq!((fleet.host("web1").connections(), fleet.host("web2").connections()), (3, 0));
    assert_eq!((fleet.host("web1").logins(), fleet.host("web2").logins()), (3, 0));
    assert_eq!(fleet.ssh_calls(), ["web1 true", "web1 true", "web1 true"]);
}

#[test]
fn takes_twenty_logins_at_once() {
    let begun = Instant::now();
    let fleet = Fleet::builder().webs(20).start();
    eprintln!("20 hosts in {:?}", begun.elapsed());
    thread::scope(|scope| {
        for host in fleet.hosts() {
            scope.spawn(|| {
                let output = ssh(&fleet, &[host.name(), "basename \"${HOME%/home}\""]);
                assert_eq!(text(&output.stdout).trim(), host.name(), "{}", text(&output.stderr));
            });
        }
    });
    eprintln!("20 logins in {:?}", begun.elapsed());
    assert!(fleet.hosts().iter().all(|host| host.connections() == 1));
}
