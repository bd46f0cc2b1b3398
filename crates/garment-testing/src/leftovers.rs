use std::path::Path;

use rustix::process::{Pid, Signal};

use crate::stranger;

/// Processes of this machine whose environment names `path`: what runs on a host of the fleet, or for its
/// controller, however far it has moved from the process that started it.
pub(crate) fn running_below(path: &Path) -> Vec<(Pid, String)> {
    let needle = path.as_os_str().as_encoded_bytes();
    let own = rustix::process::getpid();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw))
        .filter(|pid| *pid != own)
        .filter(|pid| {
            // Unreadable: it has ended, or it is another user's.
            let environment =
                std::fs::read(format!("/proc/{}/environ", pid.as_raw_pid())).unwrap_or_default();
            mentions(&environment, needle)
        })
        .filter_map(|pid| {
            let words = std::fs::read(format!("/proc/{}/cmdline", pid.as_raw_pid())).ok()?;
            let line = String::from_utf8_lossy(&words).trim_end_matches('\0').replace('\0', " ");
            // A zombie has no command line, and nothing left to kill.
            (!line.is_empty()).then_some((pid, line))
        })
        .collect()
}

/// Kills what [`running_below`] finds, until it finds nothing.
pub(crate) fn kill_below(path: &Path) {
    let needle = path.as_os_str().as_encoded_bytes();
    // What is found may have started more meanwhile; a process that can't be killed must not hang the test.
    for _ in 0..20 {
        let found = running_below(path);
        if found.is_empty() {
            return;
        }
        for (pid, _) in found {
            stranger::end(pid, Signal::KILL, || environment_mentions(pid, needle));
        }
    }
}

/// Kills once what [`running_below`] finds and is `meant` by its command line. How many that were.
pub(crate) fn kill_those_below(path: &Path, meant: impl Fn(&str) -> bool) -> usize {
    let needle = path.as_os_str().as_encoded_bytes();
    let found = running_below(path).into_iter().filter(|(_, line)| meant(line));
    found.map(|(pid, _)| stranger::end(pid, Signal::KILL, || environment_mentions(pid, needle))).count()
}

fn environment_mentions(pid: Pid, needle: &[u8]) -> bool {
    // Unreadable: it has ended, or it is another user's.
    let environment = std::fs::read(format!("/proc/{}/environ", pid.as_raw_pid())).unwrap_or_default();
    mentions(&environment, needle)
}

/// Whether `needle`, a path, stands in `environment` as a whole path or the start of one.
fn mentions(environment: &[u8], needle: &[u8]) -> bool {
    environment.windows(needle.len() + 1).any(|window| {
        let (head, next) = window.split_at(needle.len());
        head == needle && matches!(next, [0 | b'/' | b':'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_whole_path_components() {
        assert!(mentions(b"A=1\0HOME=/tmp/f/web1\0", b"/tmp/f/web1"));
        assert!(mentions(b"HOME=/tmp/f/web1/home\0", b"/tmp/f/web1"));
        assert!(!mentions(b"HOME=/tmp/f/web12\0", b"/tmp/f/web1"));
    }
}
