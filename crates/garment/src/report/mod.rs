//! Shows what happens. A reporter reads events and writes; it never decides what happens, and this is the only room that
//! prints. Whatever comes from a host, a file or git goes through [`clean`] before it is shown.

mod advice;
mod ago;
mod board;
pub mod clean;
pub mod color;
mod ending;
mod exit;
mod failures;
mod fates;
mod frame;
mod github;
mod invocation;
mod json;
mod live;
mod look;
mod moves;
mod output;
mod pacing;
mod plain;
pub mod preview;
pub mod question;
mod record;
pub mod say;
mod screen;
#[cfg(test)]
mod script;
mod sink;
mod span;
mod table;
mod terminal;
mod width;

use std::io::{self, Write};

use garment_core::event::Event;
use jiff::Timestamp;

pub use ago::ago;
use color::{Choice, Surroundings};
use ending::Ending;
use github::Github;
pub(crate) use invocation::invocation;
pub(crate) use invocation::word;
use json::Json;
use live::Live;
pub use look::{Look, Tone};
pub use output::Output;
use plain::Plain;
use record::Record;
pub use span::span;
pub use table::{Cell, Table};

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
    /// `--output`.
    pub output: Output,
    /// `-q`, `-v`.
    pub verbosity: Verbosity,
    /// `--color`.
    pub color: Choice,
    /// What the surroundings say.
    pub surroundings: Surroundings,
    /// `--config`, where it was given: the commands that are named at the end need it too.
    pub config: Option<String>,
}

/// A reporter that writes to standard output. Unless `--output` says which, it is one that is fit for what that is: live
/// on a terminal, unless `-q` asks for less.
pub fn to_stdout(options: &Options) -> Box<dyn Reporter> {
    let is_live = options.verbosity > Verbosity::Quiet && options.surroundings.can_rewrite();
    match options.output {
        Output::Auto if is_live => {
            Box::new(Live::new(io::stdout(), terminal::size, look(options), record(options, true)))
        }
        Output::Auto | Output::Plain => plain(io::stdout(), options),
        Output::Json => json(io::stdout(), options),
        Output::Github => Box::new(Github::new(io::stdout(), record(options, false), options.verbosity)),
    }
}

/// The reporter for programs, writing anywhere.
pub fn json<'a>(output: impl Write + 'a, options: &Options) -> Box<dyn Reporter + 'a> {
    Box::new(Json::new(output, options.config.clone()))
}

/// The plain reporter, writing anywhere.
pub fn plain<'a>(output: impl Write + 'a, options: &Options) -> Box<dyn Reporter + 'a> {
    Box::new(Plain::new(output, record(options, false)))
}

fn look(options: &Options) -> Look {
    Look::new(options.color, &options.surroundings)
}

fn record(options: &Options, beside_live: bool) -> Record {
    let look = look(options);
    Record::new(look, options.verbosity, beside_live, Ending::new(look, options.config.clone()))
}
