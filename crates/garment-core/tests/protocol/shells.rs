use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

fn find(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("`{name}` is not on the PATH: apt-get install {name}"))
}

/// Runs all the tests of this program once more, where `sh` is another shell.
#[track_caller]
fn everything_with(sh: &Path, path_behind: &str) {
    let path = format!("{}:{path_behind}", sh.parent().unwrap().display());
    let ran = Command::new(std::env::current_exe().unwrap())
        // How much arrives is not the shell's.
        .args(["--skip", "shells::", "--skip", "hundred_megabytes", "--test-threads", "4"])
        .env("PATH", path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("every_status_is_told"), "{said}");
}

/// A folder in which `sh` is that.
fn folder(words: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let sh = dir.path().join("sh");
    std::fs::write(&sh, format!("#!{}\nexec {words} \"$@\"\n", find("dash").display())).unwrap();
    std::fs::set_permissions(&sh, PermissionsExt::from_mode(0o755)).unwrap();
    dir
}

fn path() -> String {
    std::env::var("PATH").unwrap()
}

#[test]
fn dash() {
    let dir = folder(&find("dash").display().to_string());
    everything_with(&dir.path().join("sh"), &path());
}

#[test]
fn bash() {
    let dir = folder(&find("bash").display().to_string());
    everything_with(&dir.path().join("sh"), &path());
}

#[test]
fn bash_posix() {
    let dir = folder(&format!("{} --posix", find("bash").display()));
    everything_with(&dir.path().join("sh"), &path());
}

/// With all of busybox's tools, and no others.
#[test]
fn busybox() {
    let dir = tempfile::tempdir().unwrap();
    let busybox = find("busybox");
    let made = Command::new(&busybox).args(["--install", "-s"]).arg(dir.path()).status().unwrap();
    assert!(made.success());
    everything_with(&dir.path().join("sh"), "/nonexistent");
}
