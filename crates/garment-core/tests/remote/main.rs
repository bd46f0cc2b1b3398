//! The scripts of `remote`, run for real: under dash, bash, `bash --posix` and busybox ash with busybox's own tools.
#![allow(missing_docs, clippy::disallowed_methods, clippy::unwrap_used)]

mod bed;
mod check;
mod command;
mod confirm;
mod cutover;
mod disk;
mod durable;
mod files;
mod operations;
mod pin;
mod prepare;
mod prune;
mod quote;
mod renewal;
mod source;
mod space;
mod spare;
mod spare_in_doubt;
mod standing;
mod still_locked;
mod submodules;
mod survey;
mod text;
mod verify;
