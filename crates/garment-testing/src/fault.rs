use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::Signal;

use crate::disk::Disk;
use crate::host::Host;
use crate::sshd::Answer;
use crate::{keys, leftovers};

/// Ways to break a host.
impl Host {
    /// Kills the `sshd` of every open connection and returns how many that were. What the sessions run lives on.
    pub fn kill_sessions(&self) -> usize {
        let killed = self.sshd.signal_sessions(Signal::KILL);
        assert!(self.sshd.wait_idle(Duration::from_secs(10)), "sshd of {} outlived a SIGKILL", self.name);
        killed
    }

    /// The host dies as by a power cut: every connection, and everything that runs. It refuses connections until
    /// [`Host::serve`].
    pub fn crash(&self) {
        self.refuse();
        self.kill_sessions();
        leftovers::kill_below(&self.files.folder);
    }

    /// Connections are refused from here on. Open ones stay.
    pub fn refuse(&self) {
        self.sshd.answer(Answer::Refuse);
    }

    /// Connections are accepted from here on and never answered. Open ones stay.
    pub fn silent(&self) {
        self.sshd.answer(Answer::Silence);
    }

    /// Ends what [`Host::refuse`], [`Host::silent`] and [`Host::crash`] began.
    pub fn serve(&self) {
        self.sshd.answer(Answer::Serve);
    }

    /// The next `count` connections are closed before they can log in, as `sshd` does while more logins are under way
    /// than its `MaxStartups` allows. They don't count in [`Host::connections`].
    pub fn drop_logins(&self, count: usize) {
        self.sshd.drop_next(count);
    }

    /// Open connections go silent as if every packet was lost: nothing arrives, nothing is answered, nothing is
    /// closed. What runs on the host runs on. Returns how many connections that were.
    pub fn freeze(&self) -> usize {
        self.sshd.signal_sessions(Signal::STOP)
    }

    /// Ends what [`Host::freeze`] began.
    pub fn thaw(&self) {
        self.sshd.signal_sessions(Signal::CONT);
    }

    /// Puts a small file system of its own on the folder `below_home`, for [`Host::fill_disk`] and
    /// [`Host::read_only_disk`]. Panics, and says what to do, where nothing may be mounted.
    pub fn small_disk(&self, below_home: &str, megabytes: usize) {
        let place = self.file(below_home);
        fs_err::create_dir_all(&place).expect("make a folder of a host");
        *self.disk() = Some(Disk::mount(place, megabytes));
    }

    /// No byte more fits on the host's small disk.
    pub fn fill_disk(&self) {
        self.with_disk(|disk| {
            disk.fill();
            assert_eq!(disk.refuses(), Some(ErrorKind::StorageFull), "the disk of {} is not full", self.name);
        });
    }

    /// The host's small disk can only be read from here on.
    pub fn read_only_disk(&self) {
        self.with_disk(|disk| {
            disk.read_only();
            let refuses = disk.refuses();
            assert_eq!(
                refuses,
                Some(ErrorKind::ReadOnlyFilesystem),
                "the disk of {} can be written",
                self.name
            );
        });
    }

    /// Ends what [`Host::fill_disk`] and [`Host::read_only_disk`] began.
    pub fn mend_disk(&self) {
        self.with_disk(|disk| {
            disk.writable();
            disk.free();
            assert_eq!(disk.refuses(), None, "the disk of {} can't be mended", self.name);
        });
    }

    fn with_disk(&self, use_it: impl FnOnce(&mut Disk)) {
        use_it(self.disk().as_mut().expect("the host was given a small disk"));
    }

    pub(crate) fn disk(&self) -> MutexGuard<'_, Option<Disk>> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Kills what runs on the host and is `meant` by its command line; how many that were.
    pub fn kill(&self, meant: impl Fn(&str) -> bool) -> usize {
        leftovers::kill_those_below(&self.files.folder, meant)
    }

    /// The host gets a new key, and the controller still knows the old one.
    pub fn replace_host_key(&self) {
        let next = self.files.etc().join("host_key_next");
        keys::generate([next.as_path()]);
        let with_pub = |path: &PathBuf| PathBuf::from(format!("{}.pub", path.display()));
        let current = self.files.host_key();
        fs_err::rename(with_pub(&next), with_pub(&current)).expect("replace a host key's public half");
        fs_err::rename(&next, &current).expect("replace a host key");
    }

    /// The controller, and the other hosts, no longer know the host's key.
    pub fn forget_host_key(&self) {
        self.known_hosts.set(self.port(), None);
    }

    /// The host lets nobody in by key any more; it asks for a password.
    pub fn password_only(&self) {
        self.change(|settings| settings.password_only = true);
    }

    /// The host lets in who has the key that [`Fleet::agent`](crate::Fleet::agent) holds, and nobody else.
    pub fn agent_only(&self) {
        let key = self.agent_key.clone();
        self.change(|settings| settings.authorized_keys = key + "\n");
    }

    /// `program` is not installed there any more: sessions get a PATH that holds everything but it.
    pub fn path_without(&self, program: &str) {
        let folder = self.files.folder.join(format!("path-without-{}", program.replace('/', "_")));
        self.change(|settings| {
            fs_err::create_dir_all(&folder).expect("make a folder for PATH");
            for known in &settings.path {
                // A folder of PATH that does not exist holds nothing.
                for entry in fs_err::read_dir(known).into_iter().flatten().flatten() {
                    if entry.file_name() != program {
                        // The folders that come first on PATH win.
                        let _ = symlink(entry.path(), folder.join(entry.file_name()));
                    }
                }
            }
            settings.path = vec![folder];
        });
    }
}
