//! The scripts of `remote`, run for real: under dash, bash, `bash --posix` and busybox ash with busybox's own tools.
#![allow(dead_code, missing_docs, clippy::disallowed_methods)]

mod bed;
mod cutover;
mod prepare;
mod survey;
