//! Where everything happens: a fleet, how far away it is, and what is deployed to it.

use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use garment_testing::{Fleet, Host};

use crate::cell::hosts;
use crate::delay::DelayLine;
use crate::options::{Options, Repository};
use crate::problem::Problem;
use crate::workload::Workload;

/// A fleet with delay lines in front of its hosts, and a repository.
pub(crate) struct Bed {
    // In the order in which they must go.
    fleet: Fleet,
    lines: Vec<DelayLine>,
    pub(crate) workload: Workload,
    pub(crate) repository: Repository,
}

/// How hosts are reached.
#[derive(Debug, Clone, Default)]
pub(crate) struct Link {
    /// Milliseconds; 0 is straight to the host.
    pub(crate) round_trip: u64,
    /// Key exchange; OpenSSH's default without.
    pub(crate) kex: Option<String>,
    /// Connections are shared, and stay for a minute.
    pub(crate) persist: bool,
}

impl Bed {
    pub(crate) fn set_up(
        options: &Options,
        repository: Repository,
        progress: &mut dyn Write,
    ) -> Result<Self, Problem> {
        writeln!(
            progress,
            "setting up {} and the {} repository",
            hosts(options.most_hosts()),
            repository.name()
        )?;
        let fleet = Fleet::builder().webs(options.most_hosts()).start();
        let lines = fleet.hosts().iter().map(|host| DelayLine::to(host.port())).collect::<Result<_, _>>()?;
        let workload = Workload::make(&fleet, repository);
        fs_err::create_dir(fleet.root().join("controller/.ssh"))?;
        Ok(Self { fleet, lines, workload, repository })
    }

    /// The first `count` hosts.
    pub(crate) fn hosts(&self, count: usize) -> &[Host] {
        &self.fleet.hosts()[..count]
    }

    /// Where tools are started.
    pub(crate) fn project(&self) -> PathBuf {
        self.fleet.project()
    }

    /// Where the output of what runs goes.
    pub(crate) fn log(&self) -> PathBuf {
        self.fleet.root().join("tmp/output")
    }

    /// A program on the controller, started with nothing in between.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.fleet.env()).current_dir(self.project());
        command
    }

    /// Removes what was deployed to a folder of the first `count` hosts, and what this machine keeps.
    pub(crate) fn forget(&self, folder: &str, count: usize) -> Result<(), Problem> {
        let kept = self.fleet.root().join("controller/.cache/garment");
        for path in self.hosts(count).iter().map(|host| host.file(folder)).chain([kept]) {
            if path.exists() {
                fs_err::remove_dir_all(path)?;
            }
        }
        Ok(())
    }

    /// The controller's ssh.
    pub(crate) fn ssh(&self) -> Command {
        self.command(&self.fleet.root().join("bin/ssh"))
    }

    /// From here on hosts are reached like this.
    pub(crate) fn link(&self, link: &Link) -> Result<(), Problem> {
        let mut config = String::new();
        for (host, line) in self.fleet.hosts().iter().zip(&self.lines) {
            line.set(Duration::from_millis(link.round_trip));
            if link.round_trip > 0 {
                // It is still known by its own port. Writing to a String cannot fail.
                let _ = writeln!(
                    config,
                    "Host {}\n  Port {}\n  HostKeyAlias [127.0.0.1]:{}",
                    host.name(),
                    line.port(),
                    host.port()
                );
            }
        }
        // To add what is there already leaves the default as it is.
        let kex = link.kex.as_deref().unwrap_or("+curve25519-sha256");
        let _ = writeln!(config, "Host *\n  KexAlgorithms {kex}");
        if link.persist {
            let _ = writeln!(
                config,
                "  ControlMaster auto\n  ControlPersist 60\n  ControlPath \"{}/%C\"",
                self.fleet.root().join("tmp").display()
            );
        }
        self.fleet.ssh_settings(&config);
        // Tools that read it themselves look for it in the home folder.
        fs_err::copy(self.fleet.root().join("ssh_config"), self.fleet.root().join("controller/.ssh/config"))?;
        Ok(())
    }

    /// Ends the shared connections of the first `count` hosts.
    pub(crate) fn hang_up(&self, count: usize) {
        for host in self.hosts(count) {
            // Fails where there is none.
            let _ = self.ssh().args(["-O", "exit", host.name()]).output();
        }
    }

    /// How many logins and sessions the first `count` hosts have seen so far, all in all.
    pub(crate) fn counts(&self, count: usize) -> (usize, usize) {
        let hosts = self.hosts(count).iter();
        hosts.fold((0, 0), |(logins, sessions), host| (logins + host.logins(), sessions + host.sessions()))
    }

    /// When the first connection to any host after `moment` came.
    pub(crate) fn first_connection_since(&self, moment: Instant, link: &Link) -> Option<Instant> {
        if link.round_trip > 0 {
            return self.lines.iter().filter_map(|line| line.first_connection_since(moment)).min();
        }
        self.fleet.hosts().iter().filter_map(|host| host.first_connection_since(moment)).min()
    }
}
