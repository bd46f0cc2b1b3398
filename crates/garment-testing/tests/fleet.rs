//! The fleet itself: logins, isolation, counting.

// A test that runs itself again tells itself so by the environment.
#![allow(clippy::disallowed_methods)]

use std::thread;
use std::time::{Duration, Instant};

use garment_testing::{Fleet, Sandbox};

/// Set where a test runs itself again.
const AGAIN: &str = "GARMENT_TESTING_AGAIN";

#[test]
fn logs_in_to_each_host_in_its_own_home() {
    let fleet = Fleet::builder().hosts(["web1", "web2"]).start();
    for host in fleet.hosts() {
        let home = host.home().display();
        fleet
            .ssh(
                host.name(),
                "echo $HOME; pwd; echo ${SHELL##*/} ${SSH_ORIGINAL_COMMAND-unset}; echo oops >&2; exit 3",
            )
            .code(3)
            .stdout_is(&format!("{home}\n{home}\nbash unset\n"))
            .stderr_is("oops\n");
    }
}

#[test]
fn counts_connections() {
    let fleet = Fleet::builder().hosts(["web1", "web2"]).start();
    for _ in 0..3 {
        assert!(fleet.command("ssh").args(["web1", "true"]).status().unwrap().success());
    }
    assert_eq!((fleet.host("web1").connections(), fleet.host("web2").connections()), (3, 0));
    assert_eq!((fleet.host("web1").logins(), fleet.host("web2").logins()), (3, 0));
    assert_eq!(fleet.ssh_calls(), ["web1 true", "web1 true", "web1 true"]);
}

/// Two sessions over one connection, which is how the two counts differ.
#[test]
fn settings_for_ssh_win_and_sessions_are_counted() {
    let fleet = Fleet::builder().hosts(["web1"]).start();
    let host = fleet.host("web1");
    let begun = Instant::now();
    assert_eq!(host.first_connection_since(begun), None);
    let socket = fleet.root().join("shared");
    fleet.ssh_settings(&format!("Host web1\n  ControlMaster auto\n  ControlPath {}\n", socket.display()));
    let mut first = fleet.spawn_ssh("web1", "echo ready; sleep 60");
    first.wait_for_line(|line| line == "ready");
    fleet.ssh("web1", "true").code(0);
    assert_eq!((host.logins(), host.sessions()), (1, 2));
    assert!(host.first_connection_since(begun).is_some_and(|came| came < Instant::now()));
    assert_eq!(host.first_connection_since(Instant::now()), None);
    first.kill();
    fleet.ssh_settings("");
    fleet.ssh("web1", "true").code(0);
    assert_eq!((host.logins(), host.sessions()), (2, 3));
}

#[test]
fn takes_twenty_logins_at_once() {
    let fleet = Fleet::builder().webs(20).start();
    thread::scope(|scope| {
        for host in fleet.hosts() {
            scope.spawn(|| {
                let name = host.name();
                fleet.ssh(name, "basename \"${HOME%/home}\"").code(0).stdout_is(&format!("{name}\n"));
            });
        }
    });
    assert!(fleet.hosts().iter().all(|host| host.connections() == 1));
}

#[test]
fn is_apart_from_other_fleets() {
    let [one, two] = [(); 2].map(|()| Fleet::builder().webs(1).start());
    one.ssh("web1", "echo one >mark").code(0);
    two.ssh("web1", "echo two >mark").code(0);
    assert_eq!(
        (one.host("web1").read("mark"), two.host("web1").read("mark")),
        ("one\n".into(), "two\n".into())
    );
    let port = two.host("web1").port().to_string();
    let mut strange = one.command("ssh");
    strange.args(["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-p", &port, "127.0.0.1", "true"]);
    assert_eq!(
        strange.output().unwrap().status.code(),
        Some(255),
        "one fleet's key must not open another's hosts"
    );
}

#[test]
fn is_reached_by_address_and_port_too() {
    let fleet = Fleet::builder().webs(1).start();
    let url = format!("ssh://{}", fleet.host("web1").address());
    let output = fleet.command("ssh").args([&url, "echo here"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "here\n");
}

#[test]
fn keeps_its_path_in_login_shells() {
    let fleet = Fleet::builder().webs(1).start();
    let host = fleet.host("web1");
    let ours = host.home().with_file_name("bin/ssh").display().to_string() + "\n";
    fleet.ssh("web1", "command -v ssh").stdout_is(&ours);
    fleet.ssh("web1", "bash -l -c 'command -v ssh'").stdout_is(&ours);
    host.bash_profile("export FROM_PROFILE=yes");
    fleet.ssh("web1", "bash -l -c 'command -v ssh; echo $FROM_PROFILE'").stdout_is(&format!("{ours}yes\n"));
    host.variable("FROM_SSHD", "it's \"$HOME\"");
    fleet.ssh("web1", "echo \"$FROM_SSHD\"").stdout_is("it's \"$HOME\"\n");
    host.login_shell("/bin/dash");
    fleet.ssh("web1", "readlink /proc/$$/exe").stdout_has("/dash\n");
}

#[test]
fn leaves_nothing_behind() {
    let fleet = Fleet::builder().webs(1).start();
    let root = fleet.root().to_owned();
    let mut session =
        fleet.spawn_ssh("web1", "setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $!; sleep 1000");
    let sleeper = session.wait_for_line(|_| true);
    fleet.agent();
    drop(fleet);
    assert!(!root.exists());
    assert!(
        !std::path::Path::new(&format!("/proc/{sleeper}/exe")).exists(),
        "what a session left running must be gone"
    );
    let named = root.display().to_string();
    let left: Vec<String> = command_lines().into_iter().filter(|line| line.contains(&named)).collect();
    assert_eq!(left, [""; 0]);
    session.finish();
}

/// The command lines of what runs on this machine.
fn command_lines() -> Vec<String> {
    let processes = std::fs::read_dir("/proc").expect("read /proc").flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect()
}

#[test]
fn kills_what_takes_too_long() {
    let fleet = Fleet::builder().start();
    let sandbox = Sandbox::new(&fleet, "/bin/sh").timeout(Duration::from_millis(300));
    let late = thread::scope(|scope| scope.spawn(|| sandbox.run(["-c", "echo begun; sleep 1000"])).join());
    let said = late.unwrap_err().downcast::<String>().unwrap();
    assert!(said.starts_with("still running after 300ms, so it was killed"), "{said}");
    assert!(said.contains("--- stdout\nbegun\n"), "{said}");
}

#[test]
fn reads_lines_live_and_sends_signals() {
    let fleet = Fleet::builder().start();
    let sandbox = Sandbox::new(&fleet, "/bin/sh");
    let script = "trap 'echo caught; exit 9' INT; echo a; echo b; echo c >&2; while :; do sleep 0.01; done";
    let mut running = sandbox.spawn(["-c", script]);
    assert_eq!(running.wait_for_line(|line| line == "b"), "b");
    assert_eq!(running.wait_for_stderr_line(|_| true), "c");
    assert!(running.interrupt());
    running.finish().code(9).stdout_is("a\nb\ncaught\n").stderr_is("c\n");
}

#[test]
fn runs_programs_on_a_terminal() {
    let fleet = Fleet::builder().start();
    let script = "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && stty size && echo \"$TERM\" && printf 'a\\r\\033[2Kb\\n'; exit 4";
    let mut running = Sandbox::new(&fleet, "sh").spawn_on_terminal(72, ["-c", script]);
    assert_eq!(running.wait_for_line(|_| true), "24 72");
    running.finish().code(4).stdout_is("24 72\nxterm-256color\na\r\u{1b}[2Kb\n");
}

#[test]
fn keeps_its_folder_if_asked() {
    let fleet = Fleet::builder().start();
    if std::env::var_os(AGAIN).is_some() {
        return;
    }
    let mut again = fleet.command(std::env::current_exe().unwrap());
    again.args(["--nocapture", "--exact", "keeps_its_folder_if_asked"]);
    again.env("GARMENT_TEST_KEEP", "1").env(AGAIN, "1");
    let outcome = Sandbox::new(&fleet, "sh").spawn_command(again).finish();
    let kept =
        outcome.code(0).stderr.lines().find_map(|line| line.split_once("kept ")).map(|(_, path)| path.trim());
    let kept = std::path::Path::new(kept.unwrap());
    assert!(kept.join("controller").is_dir(), "{outcome}");
    assert!(kept.starts_with(fleet.root()), "it goes with this test's own folder: {outcome}");
}

/// Runs itself again in a shell that ignores SIGINT, as `cargo test &` in a script does.
#[test]
fn resets_signals_that_the_test_run_ignores() {
    let fleet = Fleet::builder().webs(1).start();
    // The last four hexadecimal digits are the signals 1 to 16.
    let ignored = "sed -n 's/^SigIgn:.*\\(....\\)$/\\1/p' /proc/self/status";
    if std::env::var_os(AGAIN).is_some() {
        fleet.ssh("web1", ignored).code(0).stdout_is("0000\n");
        Sandbox::new(&fleet, "/bin/sh").run(["-c", ignored]).stdout_is("0000\n");
        return;
    }
    let again = "trap '' INT HUP; exec \"$0\" --exact resets_signals_that_the_test_run_ignores";
    let binary = std::env::current_exe().unwrap();
    let mut again_ignoring = fleet.command("sh");
    again_ignoring.args(["-c", again]).arg(binary).env(AGAIN, "1");
    Sandbox::new(&fleet, "sh").spawn_command(again_ignoring).finish().code(0).stdout_has("1 passed");
}

#[test]
fn gives_programs_an_environment_of_their_own() {
    let fleet = Fleet::builder().start();
    let output = fleet.command("env").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let mut names: Vec<&str> = printed.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    names.sort_unstable();
    let ours = ["GIT_CONFIG_NOSYSTEM", "HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER"];
    assert_eq!(names, ours);
}
