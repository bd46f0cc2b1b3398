//! The test bed of garment: real `sshd` on loopback, real `git`, and ways to break them.
//!
//! ```no_run
//! use garment_testing::Fleet;
//!
//! let fleet = Fleet::builder().hosts(["web1", "web2"]).start();
//! fleet.ssh("web1", "echo \"$PWD\"").code(0).stdout_has("/web1/home");
//! ```
//!
//! Nothing here uses a fixed port, the caller's home, keys, agent or git configuration, so tests run in parallel,
//! as root and as an ordinary user. Functions panic where they fail: they run in tests, and a panic is how a test
//! says what went wrong.

// Starting processes is what this crate is for, the environment says whether to keep what a test left behind, and a
// panic with a clear text is how a test bed fails.
#![allow(clippy::disallowed_methods)]

mod agent;
mod bastion;
mod controller;
mod disk;
mod fault;
mod fleet;
mod fleet_builder;
mod host;
mod host_files;
mod keys;
mod known_hosts;
mod leftovers;
mod outcome;
mod port;
mod process;
mod programs;
mod quote;
mod reader;
mod repo;
mod running;
mod sandbox;
mod sshd;
mod stranger;
mod terminal;

pub use bastion::Bastion;
pub use fleet::Fleet;
pub use fleet_builder::FleetBuilder;
pub use host::Host;
pub use outcome::Outcome;
pub use reader::{Reader, Sight};
pub use repo::Repo;
pub use running::Running;
pub use sandbox::Sandbox;
