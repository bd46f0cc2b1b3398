use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use crate::agent::Agent;
use crate::bastion::Bastion;
use crate::disk::Disk;
use crate::fleet_builder::FleetBuilder;
use crate::host::Host;
use crate::host_files::replace;
use crate::keys::KeyPair;
use crate::outcome::Outcome;
use crate::port::Port;
use crate::process::with_default_signals;
use crate::repo::Repo;
use crate::running::Running;
use crate::{controller, leftovers, programs, quote};

/// Hosts with real `sshd` on 127.0.0.1, and a controller that can reach them.
///
/// Dropping it ends everything that runs on it and removes its folder; with `GARMENT_TEST_KEEP` in the environment
/// the folder stays and its path is printed.
#[derive(Debug)]
pub struct Fleet {
    // In the order in which they must go.
    pub(crate) hosts: Vec<Host>,
    pub(crate) agent: Mutex<Option<Agent>>,
    pub(crate) agent_key: KeyPair,
    pub(crate) refusing: Port,
    pub(crate) root: PathBuf,
    pub(crate) folder: Option<TempDir>,
    pub(crate) kept: bool,
}

impl Fleet {
    /// A fleet to describe; see [`FleetBuilder`].
    pub fn builder() -> FleetBuilder {
        FleetBuilder::default()
    }

    /// The folder that holds everything: `project` (where [`Fleet::command`] starts), `controller` (its home), `tmp`,
    /// `hosts/NAME/home`, `ssh_config`, `known_hosts`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder on the controller where a project's `deploy.conf` goes.
    pub fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    /// The host of that name. Panics where there is none.
    pub fn host(&self, name: &str) -> &Host {
        self.hosts
            .iter()
            .find(|host| host.name == name)
            .unwrap_or_else(|| panic!("the fleet has no host `{name}`"))
    }

    /// Every host, in the order given.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// A port of 127.0.0.1 that is the fleet's, and refuses connections.
    pub fn refusing_port(&self) -> u16 {
        self.refusing.number()
    }

    /// The whole environment of a program on the controller. The fleet's `ssh` comes first on its PATH.
    pub fn env(&self) -> BTreeMap<String, String> {
        let agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        controller::environment(&self.root, agent.as_ref().map(|agent| agent.socket.as_path()))
    }

    /// A command on the controller, with [`Fleet::env`] as its environment, in [`Fleet::project`].
    ///
    /// A bare name is looked up in the fleet's PATH, not in the caller's. Signals are at their defaults, whatever the
    /// test run ignores.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let program = program.as_ref();
        let own = self.root.join("bin").join(program);
        let path = match program.to_str() {
            Some(name) if !name.contains('/') && own.is_file() => own,
            Some(name) if !name.contains('/') => programs::find(name),
            _ => program.to_owned(),
        };
        let mut command = with_default_signals(&path);
        command.env_clear().envs(self.env()).current_dir(self.project());
        command
    }

    /// Runs `command` on `host` over the controller's ssh, for at most 30 seconds.
    #[track_caller]
    pub fn ssh(&self, host: &str, command: &str) -> Outcome {
        self.spawn_ssh(host, command).finish()
    }

    /// Starts `command` on `host` over the controller's ssh.
    #[track_caller]
    pub fn spawn_ssh(&self, host: &str, command: &str) -> Running {
        let mut ssh = self.command("ssh");
        ssh.args(["-T", "-o", "BatchMode=yes", host, command]);
        Running::start(ssh, Duration::from_secs(30))
    }

    /// The command lines of what runs on the hosts and for the controller now, `sshd` not.
    pub fn processes(&self) -> Vec<String> {
        leftovers::running_below(&self.root).into_iter().map(|(_, line)| line).collect()
    }

    /// The fleet's folder stays when it is dropped, as with `GARMENT_TEST_KEEP`.
    pub fn keep(&mut self) {
        self.kept = true;
    }

    /// Makes a repository below [`Fleet::root`]. Repositories of one fleet are neighbours: the submodule URL
    /// `../NAME.git` reaches from one to another.
    pub fn repo(&self, name: &str) -> Repo {
        Repo::new(self.root.join("repos").join(name))
    }

    /// Starts an `ssh-agent` on the controller (once) that holds a key which only hosts with
    /// [`Host::agent_only`] accept. From here on [`Fleet::env`] has its `SSH_AUTH_SOCK`.
    pub fn agent(&self) {
        let mut agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        if agent.is_none() {
            *agent = Some(Agent::start(self.root.join("agent.sock"), &self.agent_key.path));
        }
    }

    /// Starts a jump host, and from here on every ssh of the controller's goes through it. `max_startups` is for its
    /// `MaxStartups`.
    pub fn bastion(&self, max_startups: &str) -> Bastion {
        let known_hosts = &self.hosts.first().expect("a fleet with hosts").known_hosts;
        let login = fs_err::read_to_string(self.root.join("keys/login.pub")).expect("read a public key");
        let bastion = Bastion::start(&self.root, known_hosts, login.trim(), max_startups);
        let path = self.root.join("ssh_config");
        let config = fs_err::read_to_string(&path).expect("read ssh_config");
        replace(&path, &(config + &bastion.ssh_config()), 0o644);
        bastion
    }

    /// The URL of the repository at the absolute `path` of a host, over ssh, for the controller and for hosts.
    pub fn git_url(&self, host: &str, path: &Path) -> String {
        assert!(
            path.is_absolute(),
            "a repository on a host is given by its absolute path, not {}",
            path.display()
        );
        format!("ssh://{}{}", self.host(host).name, path.display())
    }

    /// The arguments of each `ssh` that the controller has started, in the order of their starts.
    pub fn ssh_calls(&self) -> Vec<String> {
        let log = fs_err::read_to_string(self.root.join("ssh.log")).expect("read ssh.log");
        log.lines().map(str::to_owned).collect()
    }

    /// The controller's ssh reads `lines` of `ssh_config` before the fleet's own, so that they win. They take the place
    /// of those of an earlier call.
    pub fn ssh_settings(&self, lines: &str) {
        let text = |path: PathBuf| quote::ssh_config(&path.to_string_lossy());
        // Where there is an agent, its key is offered too: a host accepts one of the two.
        let login = format!("IdentityFile {}", text(self.root.join("keys/login")));
        let config = self.ssh_config(&text(self.root.join("known_hosts")), &login);
        replace(&self.root.join("ssh_config"), &format!("{lines}{config}"), 0o644);
    }

    pub(crate) fn write_ssh_configs(&self) {
        let known_hosts = quote::ssh_config(&self.root.join("known_hosts").to_string_lossy());
        // Hosts hold no key: what they reach, they reach by a forwarded agent.
        let host = self.ssh_config(&known_hosts, "IdentityFile none");
        fs_err::write(self.root.join("ssh.log"), "").expect("make ssh.log");
        self.ssh_settings("");
        let wrapper = self.root.join("bin/ssh");
        wrap_ssh(&wrapper);
        for each in &self.hosts {
            replace(&each.files.folder.join("ssh_config"), &host, 0o644);
            symlink(&wrapper, each.files.bin().join("ssh")).expect("link a host's ssh");
        }
    }

    fn ssh_config(&self, known_hosts: &str, identity: &str) -> String {
        let mut config = String::new();
        for host in &self.hosts {
            // Writing to a String cannot fail.
            let _ = writeln!(config, "Host {}\n  HostName 127.0.0.1\n  Port {}", host.name, host.port());
        }
        let _ = write!(
            config,
            "Host *\n  User {}\n  {identity}\n  UserKnownHostsFile {known_hosts}\n",
            quote::ssh_config(&controller::user().name)
        );
        // The default key exchange takes ten times the CPU.
        config.push_str(
            "  GlobalKnownHostsFile /dev/null\n  UpdateHostKeys no\n  KexAlgorithms curve25519-sha256\n  ControlMaster no\n",
        );
        config
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        leftovers::kill_below(&self.root);
        let kept = self.kept || env::var_os("GARMENT_TEST_KEEP").is_some();
        if kept {
            self.hosts.iter().for_each(|host| host.disk().iter().for_each(Disk::keep));
        }
        self.hosts.clear();
        // What a login that was under way just then has started.
        leftovers::kill_below(&self.root);
        *self.agent.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if kept && let Some(folder) = self.folder.take() {
            let _ = folder.keep();
            #[expect(clippy::print_stderr, reason = "the developer asked for it")]
            {
                eprintln!("kept {}", self.root.display());
            }
        }
    }
}

/// Puts an `ssh` at `wrapper` that reads the `ssh_config` next to the folder it is called in. OpenSSH finds its
/// configuration by passwd, not by HOME, so this is the way to keep the developer's out.
fn wrap_ssh(wrapper: &Path) {
    let text = format!(
        "#!/bin/sh\n\
         here=${{0%/*}}/..\n\
         if [ -f \"$here/ssh.log\" ]; then printf '%s\\n' \"$*\" >>\"$here/ssh.log\"; fi\n\
         exec {} -F \"$here/ssh_config\" \"$@\"\n",
        quote::sh(&programs::find("ssh").to_string_lossy())
    );
    // Written by a child, because a process that this one forks meanwhile in another thread would hold the file open
    // for writing until its exec, and to run it would fail with `text file busy`.
    let done = Command::new(programs::find("dash"))
        .args(["-c", "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"", "dash", &text])
        .arg(wrapper)
        .status()
        .expect("start dash");
    assert!(done.success(), "cannot write {}", wrapper.display());
}
