use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::host_files::{HostFiles, Settings};
use crate::keys;
use crate::known_hosts::KnownHosts;
use crate::port::Port;
use crate::process::{Process, with_default_signals};
use crate::programs;

/// How long `sshd` may take to listen.
const START: Duration = Duration::from_secs(20);

/// A jump host that all logins of a [`Fleet`](crate::Fleet) go through: one real `sshd` that listens by itself, with its
/// own say over how many logins may be under way. It ends when this is dropped.
#[derive(Debug)]
pub struct Bastion {
    files: HostFiles,
    sshd: Process,
    /// Held, so that nobody else gets it meanwhile.
    port: Port,
}

impl Bastion {
    pub(crate) fn start(
        root: &Path,
        known_hosts: &Arc<KnownHosts>,
        authorized_key: &str,
        max_startups: &str,
    ) -> Self {
        let files = HostFiles::create(root.join("bastion"));
        let key = &keys::generate([files.host_key().as_path()])[0];
        files.write(&Settings {
            login_shell: programs::find("false"),
            path: programs::path_folders(),
            variables: std::collections::BTreeMap::new(),
            authorized_keys: format!("{authorized_key}\n"),
            password_only: false,
            banner: String::new(),
        });
        // It does not listen, so `sshd` may.
        let port = Port::take();
        known_hosts.set(port.number(), Some(key.public()));
        let mut config = OpenOptions::new().append(true).open(files.sshd_config()).expect("open a config");
        let listen = format!("ListenAddress 127.0.0.1:{}\nMaxStartups {max_startups}\n", port.number());
        config.write_all(listen.as_bytes()).expect("write a config");
        let log = OpenOptions::new().append(true).open(files.log()).expect("open the bastion's log");
        let mut sshd = with_default_signals(&programs::find("sshd"));
        sshd.args(["-D", "-e", "-f"])
            .arg(files.sshd_config())
            .env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let sshd = Process::start(&mut sshd, |_| ()).0;
        let deadline = Instant::now() + START;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port.number())).is_err() {
            assert!(sshd.ended().is_none() && Instant::now() < deadline, "the bastion does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self { files, sshd, port }
    }

    /// What leads every host of an ssh configuration through it.
    pub(crate) fn ssh_config(&self) -> String {
        let mut config = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(config, "Host bastion\n  HostName 127.0.0.1\n  Port {}", self.port.number());
        let _ = writeln!(config, "Host * !bastion\n  ProxyJump bastion");
        config
    }

    /// How many logins it has dropped as too many at once, by its log.
    pub fn dropped(&self) -> usize {
        self.log().lines().filter(|line| line.starts_with("drop connection #")).count()
    }

    /// What its `sshd` has logged since the start.
    pub fn log(&self) -> String {
        let log = fs_err::read(self.files.log()).expect("read the bastion's log");
        String::from_utf8_lossy(&log).replace('\r', "")
    }
}

impl Drop for Bastion {
    fn drop(&mut self) {
        self.sshd.signal_group(Signal::TERM);
        self.sshd.wait_until(Instant::now() + Duration::from_secs(2));
    }
}
