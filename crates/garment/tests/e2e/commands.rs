//! People's commands, and the ways in which they misbehave.

use std::time::Duration;

use garment_testing::Fleet;

use crate::bed::{Gate, current, runs, shop, until};

/// A `before` task with these commands, in double quotes of YAML.
fn task(commands: &[&str]) -> String {
    let commands: Vec<_> = commands.iter().map(|command| format!("{command:?}")).collect();
    let commands = commands.join(", ");
    format!("  stages:\n    before:\n      - id: odd\n        commands: [{commands}]\n")
}

/// What the command printed on a host, by the plain record.
fn said<'a>(stdout: &'a str, host: &str) -> Vec<&'a str> {
    let tag = format!("[{host}] ");
    let lines = stdout.lines().filter_map(|line| line.strip_prefix(&tag));
    lines.filter(|line| !line.starts_with(['$', '>']) && !line.starts_with("current: ")).collect()
}

#[test]
fn nobody_answers_what_a_command_asks() {
    let fleet = Fleet::builder().hosts(["web1", "asking"]).start();
    fleet.host("asking").password_only();
    let shop = shop(&fleet);
    shop.config_on(
        &["web1", "local"],
        &task(&[
            "cat; echo cat $?",
            "read -r line; echo read $?",
            "{{ true </dev/tty; }} 2>/dev/null; echo tty $?",
            "printf 'protocol=https\\nhost=example.org\\n\\n' | git credential fill 2>/dev/null; echo git $?",
            "[ {host} = local ] || ssh asking true 2>/dev/null; echo ssh $?",
        ]),
    );
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(0).stderr_is("");
    for (host, ssh) in [("web1", "ssh 255"), ("local", "ssh 0")] {
        assert_eq!(said(&outcome.stdout, host), ["cat 0", "read 1", "tty 1", "git 128", ssh], "{outcome}");
    }
}

#[test]
fn commands_start_with_no_signal_ignored() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config_on(
        &["web1", "local"],
        &task(&["grep SigIgn /proc/self/status", "sh -c 'kill -INT $$; echo survived'; echo int $?"]),
    );
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(0).stderr_is("");
    for host in ["web1", "local"] {
        let said = said(&outcome.stdout, host);
        let ignored = u64::from_str_radix(said[0].strip_prefix("SigIgn: ").unwrap(), 16).unwrap();
        // Those above 31 are the C library's own affair.
        assert_eq!((ignored & 0x7fff_ffff, said[1]), (0, "int 130"), "{outcome}");
    }
}

#[test]
fn output_of_any_kind() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config(&task(&[
        "head -c 5000000 /dev/zero | tr '\\0' x",
        "printf unfinished",
        "head -c 100000 /dev/urandom; head -c 100000 /dev/urandom >&2; echo",
        "printf '\\033[2J\\033]0;title\\007\\0nul\\b\\b\\b\\r\\303\\244\\n'",
        "i=0; while [ $i -lt 2000 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done",
    ]));
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(0).stderr_is("");
    let said = said(&outcome.stdout, "web1");
    // Among the random bytes there may be a line with a single `x`.
    let xs: usize = said
        .iter()
        .filter(|line| line.len() > 9 && line.bytes().all(|b| b == b'x'))
        .map(|line| line.len())
        .sum();
    let odd: Vec<&str> = said
        .iter()
        .copied()
        .filter(|line| line.contains("xxxxx"))
        .map(|l| l.trim_start_matches('x'))
        .filter(|l| !l.is_empty())
        .collect();
    assert_eq!((xs, odd), (5_000_000, vec![]));
    assert!(said.contains(&"unfinished"));
    assert!(said.contains(&"ä"));
    let control = outcome.stdout.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(control, None);
    for stream in ["out", "err"] {
        let wanted: Vec<String> = (0..2000).map(|i| format!("{stream} {i}")).collect();
        let start = format!("{stream} ");
        let came: Vec<&str> = said.iter().copied().filter(|line| line.starts_with(&start)).collect();
        assert_eq!(came, wanted);
    }
}

#[test]
fn a_daemon_that_is_left_behind_holds_nothing_up() {
    let fleet = Fleet::builder().webs(2).start();
    let mut shop = shop(&fleet);
    shop.project = shop.project.timeout(Duration::from_secs(20));
    shop.config(&task(&["sleep 4321 & echo started", "true"]));
    shop.project.run(["deploy", "production"]).code(0).stderr_is("");
    for host in fleet.hosts() {
        assert!(runs(host, "sleep 4321"), "{}", host.name());
        assert_eq!(host.read("shop/current/index.html"), "one\n");
    }
}

#[test]
fn a_command_that_kills_the_shell_it_runs_under() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config(&task(&["[ {host} = web1 ] || kill -9 $PPID; echo still here", "touch ~/next"]));
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(4).stderr_is("");
    outcome.stdout_has("web2: before: odd: how it went is not known\n  $ [ web2 = web1 ]");
    outcome.stdout_has("\nweb2  none     not known how before: odd went\n");
    assert!(!fleet.host("web2").file("next").exists());
    for host in fleet.hosts() {
        assert_eq!(current(host), "");
    }
    shop.config("");
    shop.project.run(["deploy", "production"]).code(0);
}

#[test]
fn commands_that_end_in_odd_ways() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    for (command, how) in [
        ("exec >&- 2>&-; exit 3", "exit code 3"),
        ("kill -9 $$", "exit code 137 (128 + 9: killed by SIGKILL"),
        ("kill -9 0", "exit code 137 (128 + 9: killed by SIGKILL"),
        ("kill -SEGV $$", "exit code 139 (128 + 11: "),
        ("exit 255", "exit code 255"),
        ("exec /nowhere", "exit code 12"),
        ("echo 'unfinished", "exit code 2"),
        ("set -e; false; echo never", "exit code 1"),
        ("exec 3<&- 4<&-; exit 6", "exit code 6"),
    ] {
        shop.config(&task(&[command, "touch ~/next"]));
        let outcome = shop.project.run(["deploy", "production"]);
        outcome.code(4).stderr_is("").stdout_has(&format!("\n  command 1 of 2: {how}"));
        assert!(!fleet.host("web1").file("next").exists(), "{command}");
    }
    shop.config(&task(&["exec >&- 2>&-", "echo heard"]));
    shop.project.run(["deploy", "production"]).code(0).stdout_has("\n[web1] heard\n");
}

/// What a command prints goes to a file first: it never waits for a slow reader.
#[test]
fn nobody_reads_what_it_prints() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    let fill = format!("touch ~/ready; {}; head -c 20000000 /dev/zero; echo; touch ~/full", gate.wait());
    shop.config(&task(&[&fill, "true"]));
    let running = shop.project.spawn(["deploy", "production"]);
    let host = fleet.host("web1");
    until("the command waits", || host.file("ready").exists());
    host.freeze();
    gate.open("web1");
    until("the command has ended", || host.file("full").exists());
    host.thaw();
    running.finish().code(0).stderr_is("");
    assert_eq!(host.read("shop/current/index.html"), "one\n");
}
