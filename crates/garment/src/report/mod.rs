//! Shows what happens. A reporter reads events and writes; it never decides what happens, and this is the only room that
//! prints. Whatever comes from a host, a file or git goes through [`clean`] before it is shown.

pub mod clean;
pub mod color;
mod ending;
mod exit;
mod look;
mod moves;
mod plain;
mod record;
#[cfg(test)]
mod script;
mod sink;
mod span;

use std::io::{self, Write};

use garment_core::event::Event;
use jiff::Timestamp;

use color::{Choice, Surroundings};
use ending::Ending;
pub use look::{Look, Tone};
use plain::Plain;
use record::Record;
pub use span::span;

/// Shows events as they come.
pub trait Reporter {
    /// Shows one. With [`garment_core::event::What::Finished`] everything is shown and nothing moves any more.
    fn event(&mut self, event: &Event);

    /// Lets what moves move on: the running times, say. To be called about ten times a second; between events it is all
    /// there is, since no reporter has a thread of its own.
    fn tick(&mut self, now: Timestamp) {
        let _ = now;
    }
}

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// Failures and how it ended.
    Quiet,
    /// What the users' tasks do.
    #[default]
    Normal,
    /// What garment itself does on the hosts, too.
    Verbose,
}

/// What a reporter needs to know.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `-q`, `-v`.
    pub verbosity: Verbosity,
    /// `--color`.
    pub color: Choice,
    /// What the surroundings say.
    pub surroundings: Surroundings,
    /// `--config`, where it was given: the commands that are named at the end need it too.
    pub config: Option<String>,
}

/// A reporter that writes to standard output, fit for what that is.
pub fn to_stdout(options: &Options) -> Box<dyn Reporter> {
    to(io::stdout(), options)
}

/// The plain reporter, writing anywhere.
pub fn to<'a>(output: impl Write + 'a, options: &Options) -> Box<dyn Reporter + 'a> {
    let look = Look::new(options.color, &options.surroundings);
    Box::new(Plain::new(output, Record::new(look, options.verbosity, false, Ending::new(look))))
}
