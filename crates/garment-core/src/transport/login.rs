//! What to tell people when a login fails. The one place that reads ssh's English.

use std::io;
use std::time::Duration;

use crate::event::Problem;
use crate::model::Destination;

/// ssh's words, what they mean and what to do. `{host}` is the destination, `{ssh}` a command to try by hand.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key is not the one on record: the host was set up anew, or somebody stands in between",
        "ask who runs the host whether its key was changed; if so, remove the old one with `ssh-keygen -R {known}` and log in once with `{ssh}`",
    ),
    (
        "Host key verification failed",
        "its host key is not known on this machine",
        "log in once with `{ssh}`, compare the fingerprint with the host's own and accept it",
    ),
    (
        "Permission denied",
        "it accepts none of this machine's keys",
        "see that `{ssh}` logs in without asking for a password: add your public key to its `authorized_keys`, or load the key into your agent with `ssh-add`",
    ),
    (
        "Too many authentication failures",
        "it refused after too many keys",
        "name one key for it in your ssh config (`IdentityFile` and `IdentitiesOnly yes`)",
    ),
    (
        "Could not resolve hostname",
        "its name is not known to DNS or your ssh config",
        "check the name in `hosts`, and try `{ssh}`",
    ),
    (
        "Connection refused",
        "nothing listens on its ssh port",
        "check the port (`host:port` in `hosts`, or `Port` in your ssh config) and whether sshd runs there",
    ),
    (
        "Connection timed out",
        "it does not answer",
        "check that it is up and that no firewall is in between; try `{ssh}`",
    ),
    ("No route to host", "there is no route to it", "check the network or VPN; try `{ssh}`"),
    ("Network is unreachable", "its network is unreachable", "check the network or VPN; try `{ssh}`"),
    (
        "Bad owner or permissions",
        "ssh refuses to read your ssh config",
        "set its permissions right: `chmod 600 ~/.ssh/config`",
    ),
    (
        "Bad configuration option",
        "ssh does not understand your ssh config",
        "try `{ssh}` and mend what it names",
    ),
    (
        "no matching",
        "it and this machine's ssh have no algorithm in common",
        "try `ssh -v`, and allow the algorithm for this host in your ssh config",
    ),
    (
        "kex_exchange_identification",
        DROPPED,
        "sshd may be limiting logins (`MaxStartups`) or blocking this address; try `{ssh}`",
    ),
    (
        "Connection closed by",
        "it closed the connection during the login",
        "try `{ssh}`, and look into sshd's log there",
    ),
    (
        "Connection reset by",
        "it dropped the connection during the login",
        "try `{ssh}`, and look into sshd's log there",
    ),
    (
        "currently not available",
        "its login shell lets nobody in",
        "give the user a real shell: `chsh -s /bin/sh USER`",
    ),
];

/// What sshd does by chance while many log in at once.
const DROPPED: &str = "it closed the connection before the login";

/// Whether to try again may help.
pub(super) fn may_pass(problem: &Problem) -> bool {
    problem.what == DROPPED
}

/// From what ssh (or the host's login shell) printed before it gave up.
pub(super) fn failed(destination: &Destination, stderr: &[u8], status: Option<i32>) -> Problem {
    let text = String::from_utf8_lossy(stderr);
    if let Some((_, what, remedy)) = KNOWN.iter().find(|(words, _, _)| text.contains(words)) {
        return Problem {
            what: (*what).into(),
            remedy: remedy
                .replace("{ssh}", &by_hand(destination))
                .replace("{known}", &in_known_hosts(destination)),
        };
    }
    let last = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    let what = match (last, status) {
        (Some(line), _) => format!("the login failed: {line}"),
        (None, Some(status)) => {
            format!("the login shell ended with status {status} before garment could start")
        }
        (None, None) => "the login shell was killed before garment could start".to_owned(),
    };
    Problem { what, remedy: format!("try `{} true`", by_hand(destination)) }
}

pub(super) fn timed_out(destination: &Destination, after: Duration) -> Problem {
    Problem {
        what: format!("no shell within {} seconds", after.as_secs()),
        remedy: format!(
            "try `{} true`: a slow jump host, or a profile script that waits for input?",
            by_hand(destination)
        ),
    }
}

pub(super) fn not_started(destination: &Destination, error: &io::Error) -> Problem {
    match (destination, error.kind()) {
        (Destination::Ssh { .. }, io::ErrorKind::NotFound) => Problem {
            what: "there is no `ssh` on this machine".into(),
            remedy: "install OpenSSH's client (Debian: `apt-get install openssh-client`)".into(),
        },
        _ => Problem {
            what: format!("can't start a process for it: {error}"),
            remedy: "see whether a limit is reached: `ulimit -u`, `ulimit -n`".into(),
        },
    }
}

/// The name under which `known_hosts` has it, if no `HostName` or `HostKeyAlias` of the user's says otherwise.
fn in_known_hosts(destination: &Destination) -> String {
    match destination {
        Destination::Ssh { host, port: Some(port), .. } if *port != 22 => format!("'[{host}]:{port}'"),
        _ => destination.host().to_owned(),
    }
}

/// The command that does by hand what garment does.
fn by_hand(destination: &Destination) -> String {
    match destination {
        Destination::Local { .. } => "sh".into(),
        Destination::Ssh { user, host, port } => {
            let port = port.map(|port| format!("-p {port} ")).unwrap_or_default();
            let user = user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
            format!("ssh {port}{user}{host}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(stderr: &str) -> String {
        failed(&Destination::parse("shop@one:2222").unwrap(), stderr.as_bytes(), Some(255)).what
    }

    /// Real messages of OpenSSH 9.2.
    #[test]
    fn ssh_s_words_are_understood() {
        let changed = "@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@@\nHost key for [127.0.0.1]:2222 has changed and you have requested strict checking.\nHost key verification failed.\n";
        assert!(what(changed).starts_with("its host key is not the one on record"));
        let unknown = "No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.\r\nHost key verification failed.\r\n";
        assert_eq!(what(unknown), "its host key is not known on this machine");
        assert_eq!(
            what("root@127.0.0.1: Permission denied (publickey,password).\r\n"),
            "it accepts none of this machine's keys"
        );
        assert_eq!(
            what("ssh: connect to host 127.0.0.1 port 1: Connection refused\r\n"),
            "nothing listens on its ssh port"
        );
        assert_eq!(what("This account is currently not available.\n"), "its login shell lets nobody in");
        assert_eq!(what("a banner\nsomething new in ssh\n\n"), "the login failed: something new in ssh");
        assert_eq!(what(""), "the login shell ended with status 255 before garment could start");
    }

    #[test]
    fn only_a_dropped_login_is_worth_another_try() {
        let host = Destination::parse("one").unwrap();
        let failed = |stderr: &str| may_pass(&failed(&host, stderr.as_bytes(), Some(255)));
        assert!(failed("kex_exchange_identification: Connection closed by remote host\r\n"));
        assert!(!failed("Host key verification failed.\r\n"));
        assert!(!failed("Connection closed by 127.0.0.1 port 22\r\n"));
    }

    #[test]
    fn the_remedy_can_be_pasted() {
        let problem = failed(&Destination::parse("shop@one:2222").unwrap(), b"Permission denied", Some(255));
        assert!(problem.remedy.contains("`ssh -p 2222 shop@one`"), "{}", problem.remedy);
    }
}
