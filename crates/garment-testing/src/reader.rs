use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Between two rounds. Short enough to see every switch, and leaves the processor to those that are looked at.
const PAUSE: Duration = Duration::from_micros(500);

/// Looks at `current` on hosts all the time, as a web server does.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Something that a reader saw: on which host, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// The name it was given for the host.
    pub host: String,
    /// What `current` led to from then on, or what was wrong with it.
    pub saw: Result<PathBuf, String>,
}

#[derive(Debug)]
struct Shared {
    over: AtomicBool,
    rounds: AtomicU64,
    sights: Mutex<Vec<Sight>>,
}

impl Reader {
    /// Starts to look: `links` are hosts' names and the path of `current` there, which must lead somewhere already.
    /// `whole` is given what a link leads to and says what is wrong with it, if something is.
    pub fn start(
        links: Vec<(String, PathBuf)>,
        whole: impl Fn(&std::path::Path) -> Result<(), String> + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            over: AtomicBool::new(false),
            rounds: AtomicU64::new(0),
            sights: Mutex::new(Vec::new()),
        });
        let theirs = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            let mut last: Vec<Option<Result<PathBuf, String>>> = vec![None; links.len()];
            while !theirs.over.load(Ordering::Relaxed) {
                for ((host, link), last) in links.iter().zip(&mut last) {
                    let saw = fs_err::read_link(link)
                        .map_err(|error| error.to_string())
                        .and_then(|to| whole(link).map(|()| to));
                    if last.as_ref() != Some(&saw) {
                        let sight = Sight { host: host.clone(), saw: saw.clone() };
                        theirs.sights.lock().unwrap_or_else(PoisonError::into_inner).push(sight);
                        *last = Some(saw);
                    }
                }
                theirs.rounds.fetch_add(1, Ordering::Relaxed);
                thread::sleep(PAUSE);
            }
        });
        Self { shared, thread: Some(thread) }
    }

    /// What it has seen since the last call: every change, in order.
    pub fn sights(&self) -> Vec<Sight> {
        std::mem::take(&mut *self.shared.sights.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How often it has looked at all of them.
    pub fn rounds(&self) -> u64 {
        self.shared.rounds.load(Ordering::Relaxed)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
