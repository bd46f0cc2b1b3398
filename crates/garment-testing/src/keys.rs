use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::programs;

/// An ed25519 key pair on disk: `path` and `path.pub`.
#[derive(Clone, Debug)]
pub(crate) struct KeyPair {
    pub(crate) path: PathBuf,
}

impl KeyPair {
    /// The public half: `ssh-ed25519 AAAA…`, without a comment.
    pub(crate) fn public(&self) -> String {
        let mut path = self.path.clone().into_os_string();
        path.push(".pub");
        fs_err::read_to_string(path).expect("read a public key").trim().to_owned()
    }
}

/// Makes a key pair at each of `paths`, side by side. An existing one is replaced.
pub(crate) fn generate<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Vec<KeyPair> {
    let keygen = programs::find("ssh-keygen");
    let running: Vec<(PathBuf, Child)> =
        paths.into_iter().map(|path| (path.to_owned(), start(&keygen, path))).collect();
    running
        .into_iter()
        .map(|(path, child)| {
            let done = child.wait_with_output().expect("wait for ssh-keygen");
            assert!(done.status.success(), "ssh-keygen failed: {}", String::from_utf8_lossy(&done.stderr));
            KeyPair { path }
        })
        .collect()
}

fn start(keygen: &Path, path: &Path) -> Child {
    // ssh-keygen asks before it overwrites.
    let _ = fs_err::remove_file(path);
    Command::new(keygen)
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start ssh-keygen")
}
