use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::fleet::Fleet;
use crate::outcome::Outcome;
use crate::running::Running;

/// The `garment` binary on a fleet's controller, in a project with a `deploy.conf`.
#[derive(Debug)]
pub struct Sandbox<'fleet> {
    fleet: &'fleet Fleet,
    binary: PathBuf,
    timeout: Duration,
}

impl<'fleet> Sandbox<'fleet> {
    /// `binary` is the program to run; the binary crate's tests have it as `env!("CARGO_BIN_EXE_garment")`.
    pub fn new(fleet: &'fleet Fleet, binary: impl Into<PathBuf>) -> Self {
        Self { fleet, binary: binary.into(), timeout: Duration::from_secs(60) }
    }

    /// How long a run may take before it is killed and the test fails: 60 seconds if not told.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The fleet it runs on.
    pub fn fleet(&self) -> &'fleet Fleet {
        self.fleet
    }

    /// Writes the project's `deploy.conf`.
    pub fn config(&self, text: &str) -> &Self {
        self.write("deploy.conf", text)
    }

    /// Writes a file of the project.
    pub fn write(&self, path: &str, contents: impl AsRef<[u8]>) -> &Self {
        let path = self.fleet.project().join(path);
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder).expect("make a folder of the project");
        }
        fs_err::write(path, contents).expect("write a file of the project");
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Outcome {
        self.spawn(arguments).finish()
    }

    /// Starts it.
    #[track_caller]
    pub fn spawn<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Running {
        self.spawn_command(self.command(arguments))
    }

    /// Starts it on a terminal of `columns` by 24. All that it prints counts as stdout, byte for byte. It is not the
    /// controlling terminal: [`Running::ctrl_c`] does what Ctrl-C would, and [`Running::types`] types all else.
    #[track_caller]
    pub fn spawn_on_terminal<S: AsRef<OsStr>>(
        &self,
        columns: u16,
        arguments: impl IntoIterator<Item = S>,
    ) -> Running {
        self.spawn_command_on_terminal(columns, self.command(arguments))
    }

    /// Starts what [`Sandbox::command`] gave as [`Sandbox::spawn_on_terminal`] does.
    #[track_caller]
    pub fn spawn_command_on_terminal(&self, columns: u16, command: Command) -> Running {
        Running::start_on_terminal(command, columns, self.timeout)
    }

    /// The command that [`Sandbox::run`] runs, to change its environment or folder.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.fleet.command(&self.binary);
        command.args(arguments);
        command
    }

    /// Starts what [`Sandbox::command`] gave.
    #[track_caller]
    pub fn spawn_command(&self, command: Command) -> Running {
        Running::start(command, self.timeout)
    }
}
