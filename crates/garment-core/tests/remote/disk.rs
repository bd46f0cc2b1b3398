use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::bed::{Bed, Ran};

/// A small file system in memory, mounted on a bed's `~/app`. Nobody else sees the mount, and it goes with the process
/// that holds its namespace open: a test that is killed leaves nothing behind.
pub(crate) struct Disk {
    holder: Child,
    /// What a command starts with that is to see it.
    enter: Vec<String>,
}

impl Disk {
    /// Panics, and says what to do, where this user may not mount anything, not even in a namespace of its own.
    pub(crate) fn mount(bed: &Bed, options: &str) -> Self {
        fs::create_dir_all(bed.app("")).unwrap();
        let (unshare, enter): (&[&str], &[&str]) = if rustix::process::geteuid().is_root() {
            (&["--mount"], &["--mount"])
        } else {
            (&["--user", "--map-root-user", "--mount"], &["--user", "--preserve-credentials", "--mount"])
        };
        let mut holder = Command::new("unshare")
            .args(unshare)
            .args([
                "sh",
                "-c",
                "mount -t tmpfs -o \"$1\" tmpfs \"$2\" && echo mounted && read -r _",
                "sh",
                options,
            ])
            .arg(bed.app(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`unshare` starts: install util-linux");
        let mut said = String::new();
        BufReader::new(holder.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(
            said, "mounted\n",
            "can't mount a small file system: run this test as root, or allow namespaces to users \
             (`sysctl kernel.unprivileged_userns_clone=1`)"
        );
        let mut words = vec!["nsenter".to_owned(), format!("--target={}", holder.id())];
        words.extend(enter.iter().map(|&word| word.to_owned()));
        words.push("--".into());
        Self { holder, enter: words }
    }

    /// Runs a script as the bed does, where the file system is.
    pub(crate) fn run(&self, bed: &Bed, text: &str) -> Ran {
        let plain = bed.command(text);
        let mut command = Command::new(&self.enter[0]);
        command.args(&self.enter[1..]).arg("env").arg("-i");
        command.arg("-C").arg(plain.get_current_dir().unwrap());
        for (key, value) in plain.get_envs() {
            command.arg(format!("{}={}", key.display(), value.unwrap().display()));
        }
        command.arg(plain.get_program()).args(plain.get_args()).stdin(Stdio::null());
        let out = command.output().unwrap();
        Ran {
            code: out.status.code(),
            stdout: out.stdout,
            stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
        }
    }

    /// Where a place below `~/app` is for those who are outside.
    pub(crate) fn app(&self, bed: &Bed, rest: &str) -> PathBuf {
        let inside = bed.app(rest);
        PathBuf::from(format!("/proc/{}/root", self.holder.id())).join(inside.strip_prefix("/").unwrap())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // It waits for this line, or for the end of its input.
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}
