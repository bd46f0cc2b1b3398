//! The documentation says what the program does, and goes on doing so.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod json;
mod map;
mod pages;

use std::path::{Path, PathBuf};

/// The repository's.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A page without its blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}
