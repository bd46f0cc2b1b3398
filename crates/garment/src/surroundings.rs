//! What the environment of the process says. The only file that reads it.
#![expect(clippy::disallowed_methods, reason = "this is the place")]

use std::io::IsTerminal as _;

use crate::report::color;

/// What garment takes from its environment.
pub(crate) struct Surroundings {
    pub(crate) stdout: color::Surroundings,
    pub(crate) stderr_is_terminal: bool,
    /// `GIT_SSH_COMMAND`.
    pub(crate) git_ssh_command: Option<String>,
    /// Who runs garment and where, as `user@machine`.
    pub(crate) operator: String,
}

pub(crate) fn read() -> Surroundings {
    let text = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let filled = |name: &str| text(name).filter(|value| !value.is_empty());
    let user = filled("USER").or_else(|| filled("LOGNAME")).unwrap_or_else(|| "unknown".into());
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Surroundings {
        stdout: color::Surroundings {
            is_terminal: std::io::stdout().is_terminal(),
            term: text("TERM"),
            no_color: text("NO_COLOR"),
            clicolor: text("CLICOLOR"),
            clicolor_force: text("CLICOLOR_FORCE"),
            locale: filled("LC_ALL").or_else(|| filled("LC_CTYPE")).or_else(|| filled("LANG")),
        },
        stderr_is_terminal: std::io::stderr().is_terminal(),
        git_ssh_command: filled("GIT_SSH_COMMAND"),
        operator: format!("{user}@{machine}"),
    }
}
