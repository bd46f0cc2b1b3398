use std::time::Duration;

use garment_core::event::Outcome;

use super::clean;
use super::look::{Look, Tone};
use super::moves::Moves;
use super::span::span;

/// The last thing that is said: how an operation ended, what state every host is in, and what to do next.
#[derive(Debug)]
pub(super) struct Ending {
    look: Look,
}

impl Ending {
    pub(super) fn new(look: Look) -> Self {
        Self { look }
    }

    pub(super) fn lines(&self, outcome: &Outcome, took: Duration, moves: &Moves) -> Vec<String> {
        let title =
            format!("{} {}: {:?}", outcome.operation, clean::text(&outcome.environment), outcome.verdict);
        let mut lines = vec![format!("{} after {}", self.look.paint(Tone::Strong, &title), span(took))];
        lines.extend(moves.before().map(|before| format!("before: {}", clean::text(before))));
        lines
    }
}
