use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Pid, Signal};

use crate::{programs, stranger};

/// A real `ssh-agent` that holds one key.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) socket: PathBuf,
    pid: Pid,
}

impl Agent {
    pub(crate) fn start(socket: PathBuf, key: &Path) -> Self {
        // It goes into the background once it listens, so there is nothing to wait for.
        let started = Command::new(programs::find("ssh-agent"))
            .arg("-s")
            .arg("-a")
            .arg(&socket)
            .env_clear()
            .output()
            .expect("start ssh-agent");
        let said = String::from_utf8_lossy(&started.stdout);
        let pid = said
            .split_once("SSH_AGENT_PID=")
            .and_then(|(_, rest)| rest.split(';').next()?.parse().ok())
            .and_then(Pid::from_raw)
            .unwrap_or_else(|| {
                panic!("ssh-agent did not start: {}", String::from_utf8_lossy(&started.stderr))
            });
        let agent = Self { socket, pid };
        let added = Command::new(programs::find("ssh-add"))
            .arg(key)
            .env_clear()
            .env("SSH_AUTH_SOCK", &agent.socket)
            .output()
            .expect("start ssh-add");
        assert!(added.status.success(), "ssh-add failed: {}", String::from_utf8_lossy(&added.stderr));
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let socket = self.socket.as_os_str().as_encoded_bytes();
        stranger::end(self.pid, Signal::TERM, || {
            let line = std::fs::read(format!("/proc/{}/cmdline", self.pid.as_raw_pid())).unwrap_or_default();
            line.windows(socket.len()).any(|window| window == socket)
        });
    }
}
