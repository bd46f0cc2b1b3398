//! What the environment of the process says. The only file that reads it.
#![expect(clippy::disallowed_methods, reason = "this is the place")]

use std::io::IsTerminal as _;
use std::path::PathBuf;

use rustix::process::getuid;

use crate::report::color;

/// What garment takes from its environment.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    pub(crate) stdout: color::Surroundings,
    pub(crate) stderr_is_terminal: bool,
    /// Whether somebody can answer a question: what is typed comes from a terminal, and this is no job of a CI, whose
    /// terminals nobody sits at (`CI`).
    pub(crate) is_attended: bool,
    /// `GIT_SSH_COMMAND`.
    pub(crate) git_ssh_command: Option<String>,
    /// Where garment may keep what is quicker at hand: `garment` in `XDG_CACHE_HOME`, or in `~/.cache`.
    pub(crate) cache: Option<PathBuf>,
    /// Who runs garment and where, as `user@machine`.
    pub(crate) operator: String,
    /// The folder of this program, where a shell would not find it as `garment`.
    pub(crate) not_on_path: Option<String>,
    /// Not in a release build.
    #[cfg(debug_assertions)]
    pub(crate) test: Test,
}

/// What the tests that break things ask of the program under test.
#[cfg(debug_assertions)]
#[derive(Debug, Clone)]
pub(crate) struct Test {
    /// `GARMENT_TEST_STOP_AT`: the program stops itself (SIGSTOP) at this event, given by its number from 1 or by the
    /// name that `GARMENT_TEST_EVENTS` has for it. What commands print counts as no event.
    pub(crate) stop_at: Option<String>,
    /// `GARMENT_TEST_EVENTS`: a file that gets a line for each event.
    pub(crate) events: Option<PathBuf>,
    /// `GARMENT_TEST_KEEPALIVE`: see [`garment_core::transport::System`].
    pub(crate) keepalive: Option<std::time::Duration>,
    /// `GARMENT_TEST_LOGIN_TIMEOUT`: the same.
    pub(crate) login_timeout: Option<std::time::Duration>,
}

pub(crate) fn read() -> Surroundings {
    let text = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    let filled = |name: &str| text(name).filter(|value| !value.is_empty());
    #[cfg(debug_assertions)]
    let seconds = |name: &str| {
        filled(name).and_then(|seconds| seconds.parse().ok()).map(std::time::Duration::from_secs)
    };
    let user = filled("USER").or_else(|| filled("LOGNAME")).unwrap_or_else(|| {
        let uid = getuid().as_raw();
        let passwd = fs_err::read("/etc/passwd").unwrap_or_default();
        name_of(uid, &String::from_utf8_lossy(&passwd)).unwrap_or_else(|| format!("uid{uid}"))
    });
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
        is_attended: std::io::stdin().is_terminal() && filled("CI").is_none_or(|ci| ci == "false"),
        git_ssh_command: filled("GIT_SSH_COMMAND"),
        cache: cache(filled("XDG_CACHE_HOME"), filled("HOME")),
        operator: format!("{user}@{machine}"),
        not_on_path: not_on_path(),
        #[cfg(debug_assertions)]
        test: Test {
            stop_at: filled("GARMENT_TEST_STOP_AT"),
            events: filled("GARMENT_TEST_EVENTS").map(PathBuf::from),
            keepalive: seconds("GARMENT_TEST_KEEPALIVE"),
            login_timeout: seconds("GARMENT_TEST_LOGIN_TIMEOUT"),
        },
    }
}

/// A path that is not absolute counts for nothing, as the XDG Base Directory Specification says.
fn cache(xdg: Option<String>, home: Option<String>) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let xdg = xdg.map(PathBuf::from).filter(absolute);
    let folder = xdg.or_else(|| home.map(PathBuf::from).filter(absolute).map(|home| home.join(".cache")));
    folder.map(|folder| folder.join("garment"))
}

/// The user's name in the text of a passwd file.
fn name_of(uid: u32, passwd: &str) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

fn not_on_path() -> Option<String> {
    let me = std::env::current_exe().ok()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found: Option<PathBuf> =
        std::env::split_paths(&path).map(|folder| folder.join("garment")).find(|path| path.is_file());
    let same = found.and_then(|found| found.canonicalize().ok()) == me.canonicalize().ok();
    let folder = me.parent().and_then(|folder| folder.to_str()).filter(|_| !same);
    folder.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_where_others_have_theirs() {
        let found = |xdg: &str, home: &str| {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            cache(given(xdg), given(home)).map(|path| path.display().to_string()).unwrap_or_default()
        };
        assert_eq!(found("/var/c", "/home/ada"), "/var/c/garment");
        assert_eq!(found("", "/home/ada"), "/home/ada/.cache/garment");
        assert_eq!(found("c", "/home/ada"), "/home/ada/.cache/garment");
        assert_eq!(found("", "home"), "");
    }

    #[test]
    fn people_have_names_in_passwd() {
        let passwd =
            "root:x:0:0:root:/root:/bin/sh\n\n+nis\n:x:7:7::/:\nada:x:1000:1000::/home/ada:/bin/sh\n";
        assert_eq!(name_of(0, passwd).as_deref(), Some("root"));
        assert_eq!(name_of(1000, passwd).as_deref(), Some("ada"));
        assert_eq!(name_of(100, passwd), None);
        assert_eq!(name_of(7, passwd), None);
    }
}
