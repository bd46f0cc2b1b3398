//! Each fault does what it says.

use garment_testing::{Fleet, Host};

fn fleet() -> Fleet {
    Fleet::builder().hosts(["web1", "web2"]).start()
}

/// A session that is up, as its first line shows, and the id of the process that runs in it.
fn session(fleet: &Fleet, command: &str) -> (garment_testing::Running, String) {
    let mut running = fleet.spawn_ssh("web1", &format!("echo $$; {command}"));
    let pid = running.wait_for_line(|_| true);
    (running, pid)
}

fn runs(host: &Host, word: &str) -> bool {
    host.processes().iter().any(|line| line.contains(word))
}

#[test]
fn refuse_and_serve() {
    let fleet = fleet();
    let host = fleet.host("web1");
    let (mut open, _) = session(&fleet, "until [ -e go ]; do sleep 0.01; done; echo went");
    host.refuse();
    fleet.ssh("web1", "true").code(255).stderr_has("Connection refused");
    fleet.ssh("web2", "echo here").code(0).stdout_is("here\n");
    host.write("go", "");
    open.wait_for_line(|line| line == "went");
    open.finish().code(0);
    host.serve();
    fleet.ssh("web1", "echo back").code(0).stdout_is("back\n");
    assert_eq!(host.connections(), 2);
}

#[test]
fn refusing_port() {
    let fleet = Fleet::builder().start();
    let port = fleet.refusing_port().to_string();
    let output = fleet.command("ssh").args(["-p", &port, "127.0.0.1", "true"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("Connection refused"), "{output:?}");
}

#[test]
fn silent() {
    let fleet = fleet();
    fleet.host("web1").silent();
    let mut ssh = fleet.command("ssh");
    ssh.args(["-o", "BatchMode=yes", "-o", "ConnectTimeout=1", "web1", "true"]);
    let output = ssh.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Connection timed out during banner exchange"), "{said}");
    fleet.host("web1").serve();
    fleet.ssh("web1", "echo back").code(0).stdout_is("back\n");
}

#[test]
fn drop_logins() {
    let fleet = fleet();
    fleet.host("web1").drop_logins(2);
    for _ in 0..2 {
        fleet.ssh("web1", "true").code(255).stderr_has("kex_exchange_identification: ");
    }
    fleet.ssh("web1", "echo in").code(0).stdout_is("in\n");
    assert_eq!(fleet.host("web1").connections(), 1);
}

#[test]
fn kill_sessions() {
    let fleet = fleet();
    let host = fleet.host("web1");
    let (open, pid) = session(&fleet, "exec sleep 1001");
    assert_eq!((host.open_sessions(), host.kill_sessions(), host.open_sessions()), (1, 1, 0));
    let outcome = open.finish();
    outcome.code(255);
    assert!(runs(host, "sleep 1001"), "a session's command outlives its connection: {pid}");
    fleet.ssh("web1", "echo back").code(0).stdout_is("back\n");
}

#[test]
fn crash() {
    let fleet = fleet();
    let host = fleet.host("web1");
    let (open, _) = session(&fleet, "setsid sleep 1002 & exec sleep 1003");
    let (other, _) = {
        let mut running = fleet.spawn_ssh("web2", "echo up; read -r line <go; echo \"$line\"");
        let line = running.wait_for_line(|_| true);
        (running, line)
    };
    host.crash();
    open.finish().code(255);
    assert_eq!(host.processes(), [""; 0]);
    fleet.ssh("web1", "true").code(255).stderr_has("Connection refused");
    other.finish().stdout_has("up\n");
    host.serve();
    fleet.ssh("web1", "echo back").code(0).stdout_is("back\n");
}

#[test]
fn freeze_and_thaw() {
    let fleet = fleet();
    let host = fleet.host("web1");
    let command = "until [ -e go ]; do sleep 0.01; done; touch went; echo went; cat";
    let alive = ["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1"];
    let mut impatient = fleet.command("ssh");
    impatient.args(["-T", "-o", "BatchMode=yes"]).args(alive).args(["web1", "echo up; exec sleep 1004"]);
    let (mut patient, _) = session(&fleet, command);
    let mut impatient = garment_testing::Sandbox::new(&fleet, "ssh").spawn_command(impatient);
    impatient.wait_for_line(|line| line == "up");
    assert_eq!(host.freeze(), 2);
    impatient.finish().code(255).stderr_has("Timeout, server 127.0.0.1 not responding");
    assert!(!patient.has_ended());
    host.write("go", "");
    host.thaw();
    assert_eq!(patient.wait_for_line(|_| true), "went");
}

#[test]
fn replace_host_key() {
    let fleet = fleet();
    fleet.ssh("web1", "true").code(0);
    fleet.host("web1").replace_host_key();
    let known = format!("Offending ED25519 key in {}:", fleet.root().join("known_hosts").display());
    fleet
        .ssh("web1", "true")
        .code(255)
        .stderr_has("REMOTE HOST IDENTIFICATION HAS CHANGED")
        .stderr_has(&known);
    fleet.ssh("web2", "true").code(0);
}

#[test]
fn forget_host_key() {
    let fleet = fleet();
    fleet.host("web1").forget_host_key();
    fleet.ssh("web1", "true").code(255).stderr_has("Host key verification failed.").stderr_lacks("CHANGED");
    fleet.ssh("web2", "true").code(0);
}

#[test]
fn password_only() {
    let fleet = fleet();
    fleet.host("web1").password_only();
    fleet.ssh("web1", "true").code(255).stderr_has("Permission denied (password)");
    fleet.ssh("web2", "true").code(0);
}

#[test]
fn path_without() {
    let fleet = fleet();
    fleet.host("web1").path_without("git");
    let command = "command -v git || echo none; command -v tar >/dev/null && echo tar; command -v ssh >/dev/null && ssh -V 2>&1 | head -c 7";
    for shell in ["sh -c", "bash -l -c"] {
        let command = format!("{shell} '{command}'");
        fleet.ssh("web1", &command).code(0).stdout_is("none\ntar\nOpenSSH");
    }
    fleet.host("web1").path_without("tar");
    fleet
        .ssh("web1", "command -v git || command -v tar || command -v gzip >/dev/null && echo gzip")
        .stdout_is("gzip\n");
    fleet.ssh("web2", "git --version").code(0);
}
