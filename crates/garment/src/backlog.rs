use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use garment_core::event::{Event, What};

/// As much output as may wait to be shown, in bytes.
const MOST: usize = 8 * 1024 * 1024;
/// How long the engine waits for room. It waits for hosts meanwhile, too, so not for long.
const PATIENCE: Duration = Duration::from_secs(2);
/// What an event takes beside its text.
const EACH: usize = 128;

/// Events on their way to the reporter. Hosts may print faster than anybody reads: output that finds no room is left out,
/// and that is said. Nothing else ever is.
pub(crate) fn backlog() -> (Told, Shown) {
    let (sender, receiver) = channel();
    let waiting = Arc::<Waiting>::default();
    let told = Told { sender, waiting: waiting.clone(), left_out: AtomicUsize::new(0) };
    (told, Shown { receiver, waiting })
}

/// The end that the engine has.
pub(crate) struct Told {
    sender: Sender<Event>,
    waiting: Arc<Waiting>,
    /// Lines since there was no room any more.
    left_out: AtomicUsize,
}

/// The end that the reporter has.
pub(crate) struct Shown {
    receiver: Receiver<Event>,
    waiting: Arc<Waiting>,
}

#[derive(Default)]
struct Waiting {
    bytes: Mutex<usize>,
    less: Condvar,
}

impl Told {
    /// Passes it on. A reporter that is gone is no reason to stop a deploy.
    pub(crate) fn tell(&self, event: Event) {
        let size = size(&event);
        let left_out = self.left_out.load(Ordering::Relaxed);
        let bytes = self.waiting.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes = if size == 0 || left_out > 0 {
            bytes
        } else {
            let full = |bytes: &mut usize| *bytes > MOST;
            let waited = self.waiting.less.wait_timeout_while(bytes, PATIENCE, full);
            waited.unwrap_or_else(PoisonError::into_inner).0
        };
        // Once there was no room, there has to be plenty before it goes on.
        let most = if left_out > 0 { MOST / 2 } else { MOST };
        if size > 0 && *bytes > most {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        *bytes += size;
        drop(bytes);
        if left_out > 0 {
            self.left_out.store(0, Ordering::Relaxed);
            let text = format!(
                "{left_out} lines of output are not shown here, since they were not read fast enough; the hosts keep \
                 them in `.garment/operations`"
            );
            let _ = self.sender.send(Event { at: event.at, what: What::Note { host: None, text } });
        }
        let _ = self.sender.send(event);
    }
}

impl Shown {
    /// The next event, if there is one in time.
    pub(crate) fn next(&self, timeout: Duration) -> Result<Event, RecvTimeoutError> {
        self.receiver.recv_timeout(timeout).map(|event| self.taken(event))
    }

    /// The next event, if it is there.
    pub(crate) fn waiting(&self) -> Option<Event> {
        self.receiver.try_recv().ok().map(|event| self.taken(event))
    }

    fn taken(&self, event: Event) -> Event {
        let size = size(&event);
        if size > 0 {
            let mut bytes = self.waiting.bytes.lock().unwrap_or_else(PoisonError::into_inner);
            *bytes = bytes.saturating_sub(size);
            self.waiting.less.notify_one();
        }
        event
    }
}

/// What it takes, if it may be left out.
fn size(event: &Event) -> usize {
    match &event.what {
        What::Output { line, .. } => line.len() + EACH,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use garment_core::event::{Phase, Stream, TaskRef};
    use jiff::Timestamp;

    use super::*;

    fn output() -> Event {
        let task = TaskRef { phase: Phase::Prepare, id: "prepare".into() };
        let line = vec![b'x'; 16 * 1024];
        Event {
            at: Timestamp::UNIX_EPOCH,
            what: What::Output { host: "web1".into(), task, stream: Stream::Stdout, line },
        }
    }

    #[test]
    fn what_nobody_reads_is_left_out_and_that_is_said() {
        let (told, shown) = backlog();
        for _ in 0..2000 {
            told.tell(output());
        }
        told.tell(Event { at: Timestamp::UNIX_EPOCH, what: What::Interrupted });
        drop(told);
        let (mut lines, mut notes, mut rest) = (0, Vec::new(), 0);
        while let Ok(event) = shown.next(Duration::ZERO) {
            match event.what {
                What::Output { .. } => lines += 1,
                What::Note { text, .. } => notes.push(text),
                _ => rest += 1,
            }
        }
        assert!(lines * 16 * 1024 <= MOST + 16 * 1024 && lines > 400, "{lines}");
        assert_eq!((notes.len(), rest), (1, 1));
        assert!(notes[0].starts_with(&format!("{} lines of output are not shown here", 2000 - lines)));
    }

    #[test]
    fn what_is_read_arrives_whole() {
        let (told, shown) = backlog();
        let reader = std::thread::spawn(move || {
            let mut lines = 0;
            while let Ok(event) = shown.next(Duration::from_secs(10)) {
                assert!(matches!(event.what, What::Output { .. }));
                lines += 1;
            }
            lines
        });
        for _ in 0..2000 {
            told.tell(output());
        }
        drop(told);
        assert_eq!(reader.join().unwrap(), 2000);
    }
}
