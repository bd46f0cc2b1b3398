//! The test bed of garment: real `sshd` on loopback, real `git`, and ways to break them.
//!
//! ```no_run
//! use garment_testing::Fleet;
//!
//! let fleet = Fleet::builder().hosts(["web1", "web2"]).start();
//! let said = fleet.command("ssh").args(["web1", "echo $HOME"]).output().unwrap();
//! assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), fleet.host("web1").home().to_str().unwrap());
//! ```
//!
//! Nothing here uses a fixed port, the caller's home, keys, agent or git configuration, so tests run in parallel,
//! as root and as an ordinary user. Functions panic where they fail: they run in tests, and a panic is how a test
//! says what went wrong.

// Starting processes is what this crate is for, the environment says whether to keep what a test left behind, and a
// panic with a clear text is how a test bed fails.
#![allow(clippy::disallowed_methods)]

mod agent;
mod controller;
mod fault;
mod fleet;
mod host;
mod host_files;
mod keys;
mod known_hosts;
mod leftovers;
mod port;
mod process;
mod programs;
mod quote;
mod sshd;

pub use fleet::{Fleet, FleetBuilder};
pub use host::Host;
