use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::{controller, quote};

/// What a host's `sshd` and the sessions in it are configured from. Each connection reads it anew.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) login_shell: PathBuf,
    pub(crate) path: Vec<PathBuf>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) authorized_keys: String,
    pub(crate) password_only: bool,
    /// What it says before the login.
    pub(crate) banner: String,
}

/// Where the files of one host lie.
#[derive(Clone, Debug)]
pub(crate) struct HostFiles {
    pub(crate) folder: PathBuf,
}

impl HostFiles {
    pub(crate) fn create(folder: PathBuf) -> Self {
        let files = Self { folder };
        for folder in [files.home().join(".ssh"), files.etc(), files.bin()] {
            fs_err::create_dir_all(folder).expect("make a host's folders");
        }
        fs_err::write(files.log(), "").expect("make a host's log");
        // Submodules over `file://`, which tests use, are refused by git's defaults.
        fs_err::write(files.home().join(".gitconfig"), "[protocol \"file\"]\n\tallow = always\n")
            .expect("write a host's .gitconfig");
        files
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    pub(crate) fn etc(&self) -> PathBuf {
        self.folder.join("etc")
    }

    pub(crate) fn bin(&self) -> PathBuf {
        self.folder.join("bin")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("sshd.log")
    }

    pub(crate) fn host_key(&self) -> PathBuf {
        self.etc().join("host_key")
    }

    pub(crate) fn sshd_config(&self) -> PathBuf {
        self.etc().join("sshd_config")
    }

    /// Writes everything that `settings` decides. Sessions that are open keep what they started with.
    pub(crate) fn write(&self, settings: &Settings) {
        let session = self.etc().join("session");
        replace(&session, &session_script(self, settings), 0o644);
        replace(&self.etc().join("authorized_keys"), &settings.authorized_keys, 0o600);
        replace(&self.etc().join("banner"), &settings.banner, 0o644);
        replace(&self.sshd_config(), &sshd_config(self, settings, &session), 0o600);
        let path = joined(&settings.path);
        // `bash -l` reads /etc/profile, where Debian sets PATH; the host's own PATH has to be set again after it.
        replace(&self.home().join(".profile"), &format!("PATH={}\nexport PATH\n", quote::sh(&path)), 0o644);
    }
}

fn sshd_config(files: &HostFiles, settings: &Settings, session: &Path) -> String {
    let text = |path: &Path| quote::ssh_config(&path.to_string_lossy());
    let yes = |flag: bool| if flag { "yes" } else { "no" };
    let mut config = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(config, "HostKey {}", text(&files.host_key()));
    let _ = writeln!(config, "AuthorizedKeysFile {}", text(&files.etc().join("authorized_keys")));
    let _ = writeln!(config, "PubkeyAuthentication {}", yes(!settings.password_only));
    let _ = writeln!(config, "PasswordAuthentication {}", yes(settings.password_only));
    let _ = writeln!(config, "UsePAM {}", yes(controller::is_locked()));
    if !settings.banner.is_empty() {
        let _ = writeln!(config, "Banner {}", text(&files.etc().join("banner")));
    }
    config.push_str(
        "KbdInteractiveAuthentication no\n\
         HostbasedAuthentication no\n\
         PermitRootLogin prohibit-password\n\
         StrictModes no\n\
         PermitUserRC no\n\
         PermitUserEnvironment no\n\
         AllowAgentForwarding yes\n\
         PrintMotd no\n\
         PrintLastLog no\n\
         PidFile none\n\
         UseDNS no\n\
         LogLevel VERBOSE\n\
         Subsystem sftp internal-sftp\n",
    );
    // The shell that sshd starts only gets to run the session script. With a home of its own that has no start-up
    // files it does so without reading the developer's.
    let _ =
        writeln!(config, "SetEnv {}", quote::ssh_config(&format!("HOME={}", files.etc().to_string_lossy())));
    let _ = writeln!(config, "ForceCommand exec /bin/sh {}", quote::sh(&session.to_string_lossy()));
    config
}

/// What `sshd` cannot be told: the home folder (it always changes to the one in passwd) and the login shell.
fn session_script(files: &HostFiles, settings: &Settings) -> String {
    let home = files.home();
    let mut script = String::from(
        "# Written by garment-testing: one login on a host of the fleet.\n\
         command=$SSH_ORIGINAL_COMMAND\n\
         unset SSH_ORIGINAL_COMMAND\n",
    );
    let mut export = |name: &str, value: &str| {
        let _ = writeln!(script, "export {name}={}", quote::sh(value));
    };
    export("HOME", &home.to_string_lossy());
    export("SHELL", &settings.login_shell.to_string_lossy());
    export("PATH", &joined(&settings.path));
    export("GIT_CONFIG_NOSYSTEM", "1");
    export("USER", &controller::user().name);
    for (name, value) in &settings.variables {
        export(name, value);
    }
    script.push_str(
        "cd || exit\n\
         unset OLDPWD\n\
         if [ -n \"$command\" ]; then exec \"$SHELL\" -c \"$command\"; fi\n\
         exec \"$SHELL\" -l\n",
    );
    script
}

pub(crate) fn joined(path: &[PathBuf]) -> String {
    let folders: Vec<_> = path.iter().map(|folder| folder.to_string_lossy()).collect();
    folders.join(":")
}

/// Puts a whole file in the place of the old one, so that a login that happens now reads one or the other.
pub(crate) fn replace(path: &Path, text: &str, mode: u32) {
    let next = path.with_extension("next");
    fs_err::write(&next, text).expect("write a file of the fleet");
    fs_err::set_permissions(&next, std::fs::Permissions::from_mode(mode)).expect("set a file's mode");
    fs_err::rename(&next, path).expect("put a file of the fleet in its place");
}
