//! Faults at every boundary of an operation, chosen by event and not by the clock, each proven to have landed.
//!
//! Here is the short version, which is part of every run of the tests. `sh scripts/faults` runs the long one.
#![allow(clippy::unwrap_used)]

mod aftermath;
mod attempt;
mod bed;
mod case;
mod chance;
mod gaps;
mod inject;
mod kind;
mod long;
mod reaction;
mod run;
mod short;
mod tally;
mod truth;
