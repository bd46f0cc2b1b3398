//! Mirrors grow with each fetch. From time to time git packs them anew, in the background, when the operation is over.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use super::command::bare;

/// Starts a git that packs the mirror anew if it finds that worth while. It outlives garment, and has the lock as its stdin.
pub(super) fn begin(dir: &Path) {
    let Some(lock) = open(dir).filter(|lock| lock.try_lock().is_ok()) else { return };
    let mut gc =
        bare(dir, ["-c", "gc.autoDetach=false", "-c", "core.hooksPath=/dev/null", "gc", "--auto", "--quiet"]);
    gc.kill_on_drop(false).stdin(lock).stdout(Stdio::null()).stderr(Stdio::null());
    // What is not done now is done after the next deploy.
    let _ = gc.spawn();
}

/// Keeps others from it as long as what it gives is kept; `None` while somebody is at it.
pub(super) fn hold_off(dir: &Path) -> Option<File> {
    open(dir).filter(|lock| lock.try_lock_shared().is_ok())
}

fn open(dir: &Path) -> Option<File> {
    File::options().create(true).truncate(false).write(true).open(dir.with_extension("upkeep")).ok()
}
