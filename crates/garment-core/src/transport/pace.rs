use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// So many logins for each processor are under way whatever the machine has to do.
const ALWAYS: usize = 4;
/// How often to look whether the machine has nothing to do.
const LOOK: Duration = Duration::from_millis(4);
/// On a busy machine the next login begins at the latest so long after the one before.
const LATEST: Duration = Duration::from_millis(50);

/// When logins begin: as many at once as this machine has the time for.
///
/// A login that waits for the network takes no place: as long as a processor is free, the next one begins. See
/// `docs/decisions/0015-logins-are-paced.md`.
#[derive(Debug)]
pub(super) struct Pace {
    processors: usize,
    /// Whoever has it is the next. Its queue is first come, first served.
    next: tokio::sync::Mutex<()>,
    logins: Mutex<Logins>,
    one_less: Notify,
}

#[derive(Debug, Default)]
struct Logins {
    under_way: usize,
    last_began: Option<Instant>,
}

/// A login that is under way, until it is dropped.
pub(super) struct Turn<'a>(&'a Pace);

impl Default for Pace {
    fn default() -> Self {
        Self {
            processors: processors(),
            next: tokio::sync::Mutex::default(),
            logins: Mutex::default(),
            one_less: Notify::new(),
        }
    }
}

impl Pace {
    /// Waits until the next login may begin.
    pub(super) async fn turn(&self) -> Turn<'_> {
        let _next = self.next.lock().await;
        loop {
            let one_less = self.one_less.notified();
            if self.may_begin(Instant::now(), is_free) {
                return Turn(self);
            }
            let _ = tokio::time::timeout(LOOK, one_less).await;
        }
    }

    fn may_begin(&self, now: Instant, is_free: impl Fn(usize) -> bool) -> bool {
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        let may = logins.under_way < ALWAYS * self.processors
            || logins.last_began.is_none_or(|last| now >= last + LATEST)
            || is_free(self.processors);
        if may {
            logins.under_way += 1;
            logins.last_began = Some(now);
        }
        may
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut logins = self.0.logins.lock().unwrap_or_else(PoisonError::into_inner);
        logins.under_way -= 1;
        self.0.one_less.notify_one();
    }
}

/// Whether no more runs on this machine than it has processors, this program included. Where there is no telling, it is.
fn is_free(processors: usize) -> bool {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    running(&load).is_none_or(|running| running <= processors)
}

/// How many threads run or could, of the text of `/proc/loadavg`.
fn running(load: &str) -> Option<usize> {
    load.split(' ').nth(3)?.split_once('/')?.0.parse().ok()
}

/// All of the machine's, as `/proc/loadavg` counts for all of it: this program may be allowed fewer.
fn processors() -> usize {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let count = stat.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu ")).count();
    if count > 0 { count } else { std::thread::available_parallelism().map_or(1, usize::from) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_machine_begins_few_at_once_and_the_rest_by_and_by() {
        let pace = Pace { processors: 2, ..Pace::default() };
        let now = Instant::now();
        let begun = |now, free: bool| (0..100).filter(|_| pace.may_begin(now, |_| free)).count();
        assert_eq!(begun(now, false), 8);
        drop(Turn(&pace));
        drop(Turn(&pace));
        assert_eq!(begun(now, false), 2);
        assert_eq!(begun(now + LATEST, false), 1);
        assert_eq!(begun(now + LATEST, true), 100);
    }

    #[tokio::test]
    async fn whoever_waits_begins_when_a_login_is_over() {
        let pace = Pace { processors: 0, ..Pace::default() };
        // Nothing is free, and the last one began just now: only its end lets the next one begin in time.
        let far = Instant::now() + Duration::from_secs(3600);
        assert!(pace.may_begin(far, |_| false));
        let first = Turn(&pace);
        assert!(tokio::time::timeout(10 * LOOK, pace.turn()).await.is_err());
        pace.logins.lock().unwrap().last_began = None;
        drop(first);
        drop(pace.turn().await);
        assert_eq!(pace.logins.lock().unwrap().under_way, 0);
    }

    #[test]
    fn what_runs_is_read_from_the_load() {
        assert_eq!(running("0.20 0.18 0.12 1/80 11206\n"), Some(1));
        assert_eq!(running(""), None);
        assert!(processors() > 0);
    }
}
