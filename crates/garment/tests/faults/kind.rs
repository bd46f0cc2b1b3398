use std::fmt;

/// What is done to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Only the stop at the boundary: the suite itself changes nothing.
    Nothing,
    ControllerKilled,
    Terminated,
    TerminatedTwice,
    SshKilled,
    SshdKilled,
    /// Every packet is lost, for a moment or until the controller has given up.
    Silence,
    /// What goes over the connection is lost, others can be made, and the host never hears of this one's end.
    SilenceForGood,
    DiskFull,
    DiskReadOnly,
    CommandFails,
    CommandHangs,
    CommandIgnoresTerm,
    CommandKillsItsShell,
    CommandKillsTheSession,
    SecondDeployer,
    HostCrashed,
    /// Every host and the controller.
    Blackout,
}

impl Kind {
    pub(crate) const ALL: [Self; 18] = [
        Self::Nothing,
        Self::ControllerKilled,
        Self::Terminated,
        Self::TerminatedTwice,
        Self::SshKilled,
        Self::SshdKilled,
        Self::Silence,
        Self::SilenceForGood,
        Self::DiskFull,
        Self::DiskReadOnly,
        Self::CommandFails,
        Self::CommandHangs,
        Self::CommandIgnoresTerm,
        Self::CommandKillsItsShell,
        Self::CommandKillsTheSession,
        Self::SecondDeployer,
        Self::HostCrashed,
        Self::Blackout,
    ];

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::ControllerKilled => "controller-killed",
            Self::Terminated => "terminated",
            Self::TerminatedTwice => "terminated-twice",
            Self::SshKilled => "ssh-killed",
            Self::SshdKilled => "sshd-killed",
            Self::Silence => "silence",
            Self::SilenceForGood => "silence-for-good",
            Self::DiskFull => "disk-full",
            Self::DiskReadOnly => "disk-read-only",
            Self::CommandFails => "command-fails",
            Self::CommandHangs => "command-hangs",
            Self::CommandIgnoresTerm => "command-ignores-term",
            Self::CommandKillsItsShell => "command-kills-its-shell",
            Self::CommandKillsTheSession => "command-kills-the-session",
            Self::SecondDeployer => "second-deployer",
            Self::HostCrashed => "host-crashed",
            Self::Blackout => "blackout",
        }
    }

    /// Whether a command may end and nobody is left, or able, to write that down.
    pub(crate) fn keeps_from_recording(self) -> bool {
        matches!(
            self,
            Self::CommandKillsTheSession
                | Self::HostCrashed
                | Self::Blackout
                | Self::DiskFull
                | Self::DiskReadOnly
        )
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether nobody is told that a connection is dead.
    pub(crate) fn is_silent(self) -> bool {
        matches!(self, Self::Silence | Self::SilenceForGood)
    }

    /// What `act.sh` finds in `~/armed`.
    pub(crate) fn deed(self) -> Option<&'static str> {
        match self {
            Self::CommandFails => Some("fail"),
            Self::CommandHangs => Some("hang"),
            Self::CommandIgnoresTerm => Some("ignore-term"),
            Self::CommandKillsItsShell => Some("kill-shell"),
            Self::CommandKillsTheSession => Some("kill-session"),
            _ => None,
        }
    }

    /// Whether it can happen at the boundary `at` of an operation with these.
    pub(crate) fn can_land(self, at: usize, boundaries: &[String]) -> bool {
        let place = |name: &str| boundaries.iter().position(|boundary| boundary.starts_with(name));
        match self {
            Self::SshKilled | Self::SshdKilled | Self::Silence | Self::SilenceForGood => {
                // From when the first connection was begun until all are closed.
                place("Connecting").is_some_and(|first| at > first) && boundaries[at] != "Finished"
            }
            _ if self.deed().is_some() => {
                // As long as a task is to come.
                let tasks = ["before/", "after/", "rollback/", "cleanup/"]
                    .map(|stage| format!("TaskStarted {stage}"));
                let last = boundaries
                    .iter()
                    .rposition(|boundary| tasks.iter().any(|task| boundary.starts_with(task)));
                last.is_some_and(|last| at <= last)
            }
            _ => true,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
