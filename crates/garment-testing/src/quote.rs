/// `text` as one word of POSIX shell.
pub(crate) fn sh(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `text` as one word of `sshd_config` and `ssh_config`.
pub(crate) fn ssh_config(text: &str) -> String {
    assert!(!text.contains(['"', '\n', '%']), "OpenSSH's configuration cannot hold the path {text:?}");
    format!("\"{text}\"")
}
