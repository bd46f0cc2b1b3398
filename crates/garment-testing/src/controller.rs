use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::host_files::joined;
use crate::programs;

/// Who runs the tests, as passwd knows them. Hosts of the fleet accept logins of this user only.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    shell: PathBuf,
    is_root: bool,
}

pub(crate) fn user() -> &'static User {
    static USER: OnceLock<User> = OnceLock::new();
    USER.get_or_init(|| {
        let uid = rustix::process::getuid();
        let found = Command::new(programs::find("getent"))
            .args(["passwd", &uid.as_raw().to_string()])
            .output()
            .expect("run getent");
        let line = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, _, _, _, _, shell] = fields[..] else {
            panic!(
                "user id {} is not in passwd, and sshd logs in only users that are: run the tests as one",
                uid.as_raw()
            )
        };
        User { name: name.to_owned(), shell: PathBuf::from(shell), is_root: uid.is_root() }
    })
}

/// Panics where `sshd` would turn every login down, saying why.
pub(crate) fn check_logins_can_work() {
    let user = user();
    let shell = user.shell.to_string_lossy();
    assert!(
        shell.is_empty()
            || (user.shell.is_file() && !shell.ends_with("nologin") && !shell.ends_with("/false")),
        "the login shell of {} is {shell}, so sshd lets nobody in as {}: run the tests as a user with a real shell",
        user.name,
        user.name,
    );
    if user.is_root {
        // Debian's sshd insists on this folder, which the service's start script makes otherwise.
        fs_err::create_dir_all("/run/sshd").expect("make /run/sshd, which sshd needs when it runs as root");
    }
}

/// Whether the account is locked, as root's is where a machine was installed with sudo only. Without PAM `sshd` turns
/// down every login of a locked account.
///
/// Only root can read that, and only a `sshd` that runs as root looks.
pub(crate) fn is_locked() -> bool {
    let start = format!("{}:!", user().name);
    user().is_root
        && std::fs::read_to_string("/etc/shadow")
            .is_ok_and(|all| all.lines().any(|line| line.starts_with(&start)))
}

/// The environment of what runs on the controller: `bin` first on PATH, `root/controller` as its home.
pub(crate) fn environment(root: &Path, agent: Option<&Path>) -> BTreeMap<String, String> {
    let mut path = vec![root.join("bin")];
    path.extend(programs::path_folders());
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let mut environment = BTreeMap::from([
        ("PATH".to_owned(), joined(&path)),
        ("HOME".to_owned(), text(root.join("controller"))),
        ("TMPDIR".to_owned(), text(root.join("tmp"))),
        ("USER".to_owned(), user().name.clone()),
        ("LOGNAME".to_owned(), user().name.clone()),
        ("SHELL".to_owned(), "/bin/sh".to_owned()),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ("TZ".to_owned(), "UTC".to_owned()),
        ("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned()),
    ]);
    if let Some(socket) = agent {
        environment.insert("SSH_AUTH_SOCK".to_owned(), socket.to_string_lossy().into_owned());
    }
    environment
}
