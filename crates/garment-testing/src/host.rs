use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::disk::Disk;
use crate::host_files::{HostFiles, Settings};
use crate::known_hosts::KnownHosts;
use crate::sshd::Sshd;
use crate::{controller, leftovers};

/// A host of a [`Fleet`](crate::Fleet): a real `sshd` with a host key and a home folder of its own.
pub struct Host {
    pub(crate) name: String,
    pub(crate) files: HostFiles,
    pub(crate) settings: Mutex<Settings>,
    pub(crate) known_hosts: Arc<KnownHosts>,
    pub(crate) sshd: Sshd,
    pub(crate) home: PathBuf,
    pub(crate) agent_key: String,
    pub(crate) disk: Mutex<Option<Disk>>,
}

impl Host {
    /// Its name, which the fleet's ssh configuration knows as an alias.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port of 127.0.0.1 that it listens on.
    pub fn port(&self) -> u16 {
        self.sshd.port()
    }

    /// How it is reached without the alias: `USER@127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("{}@127.0.0.1:{}", controller::user().name, self.port())
    }

    /// The home folder of who logs in, in which their shell starts.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The path of `below_home`.
    pub fn file(&self, below_home: impl AsRef<Path>) -> PathBuf {
        self.home.join(below_home)
    }

    /// The text of the file `below_home`. Panics where there is none.
    pub fn read(&self, below_home: impl AsRef<Path>) -> String {
        fs_err::read_to_string(self.file(below_home)).expect("read a file of a host")
    }

    /// Writes a file of the home folder, with the folders above it.
    pub fn write(&self, below_home: impl AsRef<Path>, contents: impl AsRef<[u8]>) {
        let path = self.file(below_home);
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder).expect("make a folder of a host");
        }
        fs_err::write(path, contents).expect("write a file of a host");
    }

    /// What the host's `sshd` has logged since the start (`LogLevel VERBOSE`).
    pub fn log(&self) -> String {
        let log = fs_err::read(self.files.log()).expect("read a host's log");
        String::from_utf8_lossy(&log).replace('\r', "")
    }

    /// How many connections its `sshd` has seen, by its log.
    pub fn connections(&self) -> usize {
        self.log().lines().filter(|line| line.starts_with("Connection from ")).count()
    }

    /// How many logins its `sshd` has let in, by its log.
    pub fn logins(&self) -> usize {
        self.log().lines().filter(|line| line.starts_with("Accepted publickey for ")).count()
    }

    /// How many sessions its `sshd` has started, by its log: a connection may have several.
    pub fn sessions(&self) -> usize {
        self.log().lines().filter(|line| line.starts_with("Starting session: ")).count()
    }

    /// When the first connection after `moment` came.
    pub fn first_connection_since(&self, moment: Instant) -> Option<Instant> {
        self.sshd.first_since(moment)
    }

    /// How many connections are open now.
    pub fn open_sessions(&self) -> usize {
        self.sshd.open_sessions()
    }

    /// The command lines of what runs on the host now, sessions' shells included, `sshd` not.
    pub fn processes(&self) -> Vec<String> {
        leftovers::running_below(&self.files.folder).into_iter().map(|(_, line)| line).collect()
    }

    /// Logins get the shell at `shell` from here on (`bash` at the start).
    pub fn login_shell(&self, shell: impl Into<PathBuf>) {
        let shell = shell.into();
        assert!(shell.is_file(), "a login shell is given by its path; there is no file {}", shell.display());
        self.change(|settings| settings.login_shell = shell);
    }

    /// Sessions get the variable `name` from here on. This is the environment that `sshd` hands out: `bash -l` may
    /// change it by its start-up files.
    pub fn variable(&self, name: &str, value: &str) {
        self.change(|settings| {
            settings.variables.insert(name.to_owned(), value.to_owned());
        });
    }

    /// The host says this before each login from here on, as `Banner` in `sshd_config` has it.
    pub fn banner(&self, text: &str) {
        self.change(|settings| text.clone_into(&mut settings.banner));
    }

    /// Appends to `.bash_profile`, which `bash -l` reads instead of `.profile`.
    pub fn bash_profile(&self, text: &str) {
        let path = self.file(".bash_profile");
        let before = fs_err::read_to_string(&path).unwrap_or_else(|_| ". ~/.profile\n".to_owned());
        fs_err::write(path, before + text + "\n").expect("write .bash_profile");
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut settings);
        self.files.write(&settings);
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Host")
            .field("name", &self.name)
            .field("port", &self.port())
            .finish_non_exhaustive()
    }
}
