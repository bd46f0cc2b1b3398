//! What garment does, without a word to the outside: `deploy.conf` is compiled to a plan, the plan is run over one
//! shell per host, and everything that happens is told as events.
//!
//! This crate never prints, exits, or reads the environment or the home folder. See `ARCHITECTURE.md`.

pub mod config;
pub mod engine;
pub mod event;
pub mod model;
pub mod origin;
pub mod plan;
pub mod remote;
pub mod transport;
