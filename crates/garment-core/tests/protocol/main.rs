//! The session protocol under hostile commands: whatever a command prints, closes, kills or overwrites, no step ends
//! but by its own end, and nothing stalls. Under dash, bash, `bash --posix` and busybox ash as the session's shell.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used)]

mod bed;
mod bytes;
mod descriptors;
mod kills;
mod parcels;
mod records;
mod shells;
mod words;
