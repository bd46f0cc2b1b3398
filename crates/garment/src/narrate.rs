use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use garment_core::engine::Teller;
use garment_core::event::Event;
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::backlog::backlog;
use crate::report::{self, Reporter};

/// How long to wait for more after something was shown: with many hosts, waking up for each event costs more than showing
/// it.
const BREATH: Duration = Duration::from_millis(1);
/// How often a live view moves.
const TICK: Duration = Duration::from_millis(100);

/// Shows events on a thread of its own, so that a slow terminal holds no host up.
pub(crate) struct Narrator {
    over: oneshot::Receiver<()>,
}

impl Narrator {
    /// Starts the thread; what the teller is told is shown. `boundary` is called with each event before that, in the
    /// engine's own thread.
    pub(crate) fn start(
        options: report::Options,
        boundary: impl Fn(&Event) + Send + Sync + 'static,
    ) -> (Self, Teller) {
        let (told, shown) = backlog();
        let (is_over, over) = oneshot::channel();
        std::thread::spawn(move || {
            let mut reporter: Box<dyn Reporter> = report::to_stdout(&options);
            let mut tick = Instant::now() + TICK;
            loop {
                match shown.next(tick.saturating_duration_since(Instant::now())) {
                    Ok(event) => {
                        reporter.event(&event);
                        while Instant::now() < tick
                            && let Some(event) = shown.waiting()
                        {
                            reporter.event(&event);
                        }
                        std::thread::sleep(BREATH);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                // Many hosts leave no pause between their events.
                if Instant::now() >= tick {
                    reporter.tick(Timestamp::now());
                    tick = Instant::now() + TICK;
                }
            }
            // The terminal is left as it was before anybody is told.
            drop(reporter);
            let _ = is_over.send(());
        });
        let teller = Teller::new(move |event| {
            boundary(&event);
            told.tell(event);
        });
        (Self { over }, teller)
    }

    /// Waits until everything was shown; without end, if nobody reads it. The teller must be gone.
    pub(crate) async fn finish(self) {
        // An error is a reporter that panicked: there is nothing more to wait for.
        let _ = self.over.await;
    }
}
