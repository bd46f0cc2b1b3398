//! The garment binary against real sshd on loopback and real git repositories, as people use it.
#![allow(clippy::unwrap_used)]

mod bed;
mod cutover;
mod documented;
mod first_deploy;
mod interruption;
mod locking;
mod logins;
mod lost;

use garment_testing::{Fleet, Sandbox};

/// A project folder on a controller of this fleet, and the garment under test.
fn project(fleet: &Fleet) -> Sandbox<'_> {
    Sandbox::new(fleet, env!("CARGO_BIN_EXE_garment"))
}
