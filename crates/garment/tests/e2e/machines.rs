//! Many hosts, this machine among them, and what people see meanwhile.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use garment_testing::{Fleet, Outcome};

use crate::found::{current, names};
use crate::{next, production, project, shop};

#[test]
fn twenty_hosts_are_twenty_connections_with_one_session_each() {
    let fleet = Fleet::builder().webs(20).start();
    let (repo, commit) = shop(&fleet);
    let project = project(&fleet);
    let hosts: Vec<&str> = fleet.hosts().iter().map(garment_testing::Host::name).collect();
    let stages = "  stages:\n    before:\n      - {id: a, commands: ['echo a', 'echo b']}\n    after:\n      - {id: b, commands: [true]}\n";
    project.config(&production(&repo, &hosts, stages));
    let count = |expected: usize| {
        for host in fleet.hosts() {
            let log = host.log();
            let sessions = log.lines().filter(|line| line.starts_with("Starting session: ")).count();
            assert_eq!((host.connections(), host.logins(), sessions), (expected, expected, expected));
        }
        assert_eq!(fleet.ssh_calls().len(), 20 * expected);
    };
    project.run(["deploy", "production"]).code(0).stdout_has(" is live on 20 hosts (");
    count(1);
    let live: BTreeSet<_> = fleet.hosts().iter().map(|host| current(host).unwrap()).collect();
    assert_eq!(live.len(), 1);
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/REVISION"), format!("{commit}\n"));
        assert_eq!(host.open_sessions(), 0);
    }
    project.run(["list", "production"]).code(0);
    count(2);
}

#[test]
fn this_machine_under_several_names_beside_others() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, commit) = shop(&fleet);
    let project = project(&fleet);
    let hosts = "    local:\n    local:db-1: {roles: [db]}\n    'local:b':\n";
    let stages = format!(
        "{hosts}  stages:\n    before:\n      - {{id: tell, commands: ['echo I am {{host}} in $PWD']}}\n      - {{id: db, roles: [db], commands: ['touch {{deploy_dir}}/db']}}\n"
    );
    let places = fleet.root().join("places");
    let config =
        production(&repo, &["web1"], &stages).replace("~/shop", &format!("'{}/{{host}}'", places.display()));
    project.config(&config);
    let deployed = project.run(["deploy", "production"]);
    deployed.code(0).stdout_has(" is live on 4 hosts (");
    // A command starts at home, on whatever host.
    let controller = fleet.root().join("controller").display().to_string();
    deployed
        .stdout_has(&format!("\n[local] I am local in {controller}\n"))
        .stdout_has(&format!("\n[local:db-1] I am db-1 in {controller}\n"))
        .stdout_has(&format!("\n[local:b] I am b in {controller}\n"))
        .stdout_has(&format!("\n[web1] I am web1 in {}\n", fleet.host("web1").home().display()));
    assert_eq!(names(&places), ["b", "db-1", "local", "web1"]);
    for name in names(&places) {
        let place = places.join(&name);
        assert_eq!(fs_err::read_to_string(place.join("current/REVISION")).unwrap(), format!("{commit}\n"));
        assert_eq!(place.join("db").exists(), name == "db-1");
    }
    assert_eq!(fleet.host("web1").connections(), 1);
    project.run(["check", "production"]).code(0);
    next(&repo, 2);
    project.run(["deploy", "production"]).code(0);
    project.run(["rollback", "production"]).code(0);
    assert_eq!(fs_err::read_to_string(places.join("db-1/current/version")).unwrap(), "1\n");
    assert!(fleet.ssh_calls().iter().all(|call| !call.contains("local")));
}

/// Runs a verb of the project with the limit of open files that `ulimit` sets.
fn limited(fleet: &Fleet, ulimit: &str, verb: &str) -> Outcome {
    let mut shell = fleet.command("sh");
    shell.args(["-c", &format!("ulimit {ulimit} && exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_garment")]);
    shell.args([verb, "production"]);
    project(fleet).timeout(Duration::from_secs(200)).spawn_command(shell).finish()
}

#[test]
fn many_hosts_need_many_open_files() {
    let fleet = Fleet::builder().start();
    let (repo, commit) = shop(&fleet);
    let hosts: Vec<String> = (1..=40).map(|number| format!("'local:node{number}'")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let places = fleet.root().join("places");
    let stages = "  stages:\n    before:\n      - {id: files, commands: ['ulimit -n']}\n";
    let config =
        production(&repo, &hosts, stages).replace("~/shop", &format!("'{}/{{host}}'", places.display()));
    project(&fleet).config(&config);
    for verb in ["deploy", "check"] {
        limited(&fleet, "-n 303", verb).code(2).stdout_is("").stderr_is(
            "error: 40 hosts need 304 open files, and only 303 are allowed here; nothing was done\n  raise the limit: \
             `ulimit -n 304`; where that is refused, `nofile` in /etc/security/limits.conf\n",
        );
    }
    assert!(!places.exists());
    // As much as is needed is taken, and no more.
    let deployed = limited(&fleet, "-S -n 100", "deploy");
    deployed.code(0).stderr_is("").stdout_has(" is live on 40 hosts (").stdout_has("\n[local:node7] 304\n");
    assert_eq!(names(&places).len(), 40);
    for name in names(&places) {
        let revision = fs_err::read_to_string(places.join(name).join("current/REVISION")).unwrap();
        assert_eq!(revision, format!("{commit}\n"));
    }
    // With exactly that it goes, too.
    limited(&fleet, "-n 304", "list").code(0).stderr_is("");
}

#[test]
fn a_reader_sees_the_old_release_or_the_new_one() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let host = fleet.host("web1");
    project.config(&production(&repo, &["web1"], ""));
    project.run(["deploy", "production"]).code(0);
    let (version, link) = (host.file("shop/current/version"), host.file("shop/current"));
    let over = AtomicBool::new(false);
    let (seen, reads) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut seen, mut reads) = (Vec::<String>::new(), 0_u32);
            while !over.load(Ordering::Relaxed) {
                reads += 1;
                assert!(link.symlink_metadata().unwrap().is_symlink());
                let now = fs_err::read_to_string(&version).unwrap();
                if seen.last() != Some(&now) {
                    seen.push(now);
                }
            }
            (seen, reads)
        });
        // Whatever happens here, the reader must end, or the test would not.
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for version in 2..=4 {
                next(&repo, version);
                project.run(["deploy", "production"]).code(0);
            }
            project.run(["rollback", "production"]).code(0);
        }));
        over.store(true, Ordering::Relaxed);
        done.unwrap();
        reader.join().unwrap()
    });
    assert!(reads > 100, "{reads} reads prove nothing");
    let mut expected = vec!["1\n", "2\n", "3\n", "4\n", "3\n"];
    // The last switch may be over before the reader looks once more.
    expected.truncate(seen.len().max(4));
    assert_eq!(seen, expected);
}
