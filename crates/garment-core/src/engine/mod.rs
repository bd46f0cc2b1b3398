//! Runs plans: order, parallelism, failure, interruption. It says what happens as events and never decides how that
//! looks.

mod abandon;
mod ahead;
mod deliver;
mod deploy;
mod end;
mod fleet;
mod freeze;
mod history;
mod host_task;
mod inspect;
mod leg;
mod lines;
mod lock;
mod locked;
mod operation;
mod outcome;
mod pin;
mod preview;
mod progress;
mod resume;
mod rollback;
mod run;
mod teller;
mod unchanged;
mod verify;

pub use abandon::{AbandonRequest, Abandoned, GivenUp, abandon};
pub use deploy::{DeployRequest, deploy};
pub use freeze::{Frost, freeze, thaw};
pub use history::history;
pub use inspect::{Inspected, check, status, survey};
pub use lock::Wait;
pub use locked::Hindered;
pub use pin::{PinRequest, Pinned, pin};
pub use preview::{NoPreview, PreviewRequest, preview};
pub use resume::{ResumeRequest, resume};
pub use rollback::{RollbackRequest, rollback};
pub use teller::Teller;
pub use unchanged::Unchanged;
pub use verify::{Compared, Verified, verify};

use tokio::sync::watch;

use crate::origin::Origin;
use crate::transport::{Transport, Wish};

/// What the engine works with.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The way to hosts.
    pub transport: &'a dyn Transport,
    /// The way to the repository.
    pub origin: &'a dyn Origin,
    /// Takes events.
    pub teller: &'a Teller,
    /// What people want of the operation; see [`Interrupt`].
    pub interrupt: &'a Interrupt,
}

/// Tells an operation that people want it to stop: once in order, twice at once.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Sender<Wish>);

impl Default for Interrupt {
    fn default() -> Self {
        Self(watch::Sender::new(Wish::Go))
    }
}

impl Interrupt {
    /// The first call ends what runs in order (SIGTERM), the second at once (SIGKILL).
    pub fn raise(&self) {
        self.0.send_modify(|wish| {
            *wish = match wish {
                Wish::Go | Wish::Stop => Wish::Terminate,
                Wish::Terminate | Wish::Kill => Wish::Kill,
            }
        });
    }

    /// Whether it was raised.
    pub fn is_raised(&self) -> bool {
        *self.0.borrow() > Wish::Go
    }

    /// Whether it was raised by now: who has asked to stop, and was not heard yet for all that went on, is heard first.
    ///
    /// It goes by a runtime that looks for signals whenever a task yields, and by a caller that polls what raises the
    /// interrupt before it polls the operation.
    pub(super) async fn is_raised_by_now(&self) -> bool {
        tokio::task::yield_now().await;
        self.is_raised()
    }

    /// Waits until it was raised twice, or once more from now on; then so long.
    pub async fn is_urgent(&self, patience: std::time::Duration) {
        let mut wishes = self.subscribe();
        if *wishes.borrow_and_update() < Wish::Kill {
            // The sender is `self`, so there is no end of it to hear of.
            let _ = wishes.changed().await;
        }
        tokio::time::sleep(patience).await;
    }

    fn subscribe(&self) -> watch::Receiver<Wish> {
        self.0.subscribe()
    }

    /// Waits until it is raised.
    pub async fn raised(&self) {
        // The sender is `self`, so there is no end of it to hear of.
        let _ = self.subscribe().wait_for(|wish| *wish > Wish::Go).await;
    }
}
