use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where programs are looked for, after the caller's own PATH.
const SYSTEM: [&str; 6] = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

/// The folders of the PATH that hosts and the controller get: the system's, and the one `git` is in.
///
/// The caller's PATH is left out otherwise, so that no test depends on what a developer has installed.
pub(crate) fn path_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    if let Some(folder) = find("git").parent()
        && !folders.iter().any(|known| known == folder)
    {
        folders.insert(0, folder.to_owned());
    }
    folders
}

/// The absolute path of `program`. `sshd` insists on being called by it.
///
/// Panics with the name of the Debian package where the program is missing.
pub(crate) fn find(program: &str) -> PathBuf {
    let own = env::var_os("PATH").unwrap_or_default();
    let found =
        SYSTEM.iter().map(PathBuf::from).chain(env::split_paths(&own)).map(|folder| folder.join(program));
    found.into_iter().find(|path| is_executable(path)).unwrap_or_else(|| {
        let package = package_of(program);
        panic!(
            "this test needs `{program}`, which is not installed here\n\
             On Debian it is in the package {package}: run scripts/install-test-tools, or apt-get install {package}"
        )
    })
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

fn package_of(program: &str) -> &str {
    match program {
        "sshd" => "openssh-server",
        "ssh" | "ssh-keygen" | "ssh-agent" | "ssh-add" => "openssh-client",
        "getent" => "libc-bin",
        "env" | "cp" => "coreutils",
        "umount" => "mount",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "this test needs `no-such-program`, which is not installed here")]
    fn says_what_is_missing() {
        find("no-such-program");
    }

    #[test]
    fn finds_absolute_paths() {
        assert!(find("sshd").is_absolute());
        assert!(path_folders().iter().any(|folder| folder.join("git").exists()));
    }
}
