use jiff::Timestamp;

use crate::event::{Event, What};

/// Takes what the engine says and puts the time on it.
pub struct Teller(Box<dyn Fn(Event) + Send + Sync>);

impl Teller {
    /// `take` is called for each event, in order, and should not take long.
    pub fn new(take: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Box::new(take))
    }

    /// One that nobody listens to.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    pub(super) fn tell(&self, what: What) {
        (self.0)(Event { at: Timestamp::now(), what });
    }
}
