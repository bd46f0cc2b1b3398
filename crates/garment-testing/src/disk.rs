use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{io, thread};

use crate::programs;

/// A small file system of its own (tmpfs), which can be filled and made read-only. Dropping it unmounts it.
#[derive(Debug)]
pub(crate) struct Disk {
    place: PathBuf,
    /// How many mounts are on top of each other there.
    layers: usize,
}

/// What fills it.
const FILLER: &str = ".filler";

impl Disk {
    /// Mounts one on the folder `place`.
    ///
    /// Panics, and says what to do, where nothing may be mounted.
    pub(crate) fn mount(place: PathBuf, megabytes: usize) -> Self {
        let mut options = format!("size={megabytes}m,mode=755");
        // Writing to a String cannot fail.
        let _ = write!(
            options,
            ",uid={},gid={}",
            rustix::process::getuid().as_raw(),
            rustix::process::getgid().as_raw()
        );
        let words = ["-t", "tmpfs", "-o", options.as_str(), "garment-testing"];
        if let Err(said) = run("mount", &words, &place) {
            panic!(
                "this test needs a small file system of its own, and can't mount one at {}: {said}\n\
                 Run it as root, or as a user who may use sudo without a password; in a container, with CAP_SYS_ADMIN",
                place.display()
            );
        }
        Self { place, layers: 1 }
    }

    /// Fills it: from here on, whoever writes to it is told that no space is left.
    pub(crate) fn fill(&self) {
        let path = self.place.join(FILLER);
        let mut filler =
            std::fs::OpenOptions::new().append(true).create(true).open(path).expect("open a filler");
        for size in [1 << 16, 1 << 12, 1] {
            let block = vec![b'x'; size];
            while filler.write(&block).is_ok() {}
        }
    }

    /// Ends what [`Disk::fill`] began.
    pub(crate) fn free(&self) {
        let _ = std::fs::remove_file(self.place.join(FILLER));
    }

    /// Whoever opens something for writing from here on is told that the file system is read-only.
    pub(crate) fn read_only(&mut self) {
        // It is refused as long as something is being written.
        let deadline = Instant::now() + Duration::from_millis(500);
        while Instant::now() < deadline {
            if run("mount", &["-o", "remount,ro"], &self.place).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        // Then a read-only view of it is laid over it. What is open stays writable, as Linux has it after an error, too.
        let place = self.place.to_string_lossy().into_owned();
        run("mount", &["--bind", &place], &self.place).expect("lay a view over a small file system");
        self.layers += 1;
        run("mount", &["-o", "remount,bind,ro"], &self.place).expect("make a view read-only");
    }

    /// Ends what [`Disk::read_only`] began.
    pub(crate) fn writable(&mut self) {
        while self.layers > 1 {
            run("umount", &["--lazy"], &self.place).expect("take a view away");
            self.layers -= 1;
        }
        run("mount", &["-o", "remount,rw"], &self.place).expect("make a file system writable again");
    }

    /// Why nothing can be written to it, or `None` where something can.
    pub(crate) fn refuses(&self) -> Option<io::ErrorKind> {
        let path = self.place.join(".probe");
        let written = std::fs::write(&path, [b'x'; 4096]);
        let _ = std::fs::remove_file(path);
        written.err().map(|error| error.kind())
    }

    /// Copies what is on it beside it, for people to look at.
    pub(crate) fn keep(&self) {
        let mut copy = self.place.clone().into_os_string();
        copy.push(".kept");
        let _ = Command::new(programs::find("cp")).arg("-a").arg(&self.place).arg(copy).status();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        for _ in 0..self.layers {
            // Lazily: something may still have a file open there.
            let _ = run("umount", &["--lazy"], &self.place);
        }
    }
}

/// As root, or by sudo.
fn run(program: &str, words: &[&str], place: &Path) -> Result<(), String> {
    let mut command = if rustix::process::getuid().is_root() {
        Command::new(programs::find(program))
    } else {
        let mut sudo = Command::new(programs::find("sudo"));
        sudo.arg("-n").arg(programs::find(program));
        sudo
    };
    let output = command.args(words).arg(place).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
