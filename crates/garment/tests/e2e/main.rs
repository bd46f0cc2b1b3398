//! The garment binary against real sshd on loopback and real git repositories, as people use it.
#![allow(clippy::unwrap_used)]

mod bed;
mod commands;
mod cutover;
mod first_deploy;
mod hostile;
mod injection;
mod interruption;
mod logins;
mod lost;
mod output;
mod profiles;
mod screen;
mod terminal;
mod usage;

use garment_testing::{Fleet, Sandbox};

/// A project folder on a controller of this fleet, and the garment under test.
fn project(fleet: &Fleet) -> Sandbox<'_> {
    Sandbox::new(fleet, env!("CARGO_BIN_EXE_garment"))
}
