//! A way to a shell on a host. Apart from `origin`, the only room that starts processes.
//!
//! One shell per host serves a whole operation. It is given batches of steps over its stdin (`session.sh` has the
//! protocol); what the steps print arrives as it is printed, stdout and stderr apart.

mod batch;
mod demux;
mod login;
mod openssh;
mod recording;
mod shell;
mod step;

pub use openssh::System;
pub use recording::{Recording, Reply};
pub use step::{Interpreter, Step};

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::event::{Exit, Problem, Stream};
use crate::model::Host;

/// A way to hosts.
pub trait Transport: Sync {
    /// Opens a shell on a host.
    ///
    /// # Errors
    /// Why there is none, and what to do about it.
    fn open<'a>(
        &'a self,
        host: &'a Host,
        options: Options,
    ) -> BoxFuture<'a, Result<Box<dyn Session>, Problem>>;
}

/// What an environment asks of its connections.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Forward the operator's ssh agent.
    pub forward_agent: bool,
}

/// A shell on a host.
pub trait Session: Send {
    /// Runs steps one after the other, each only if those before it succeeded, and tells what happens meanwhile.
    /// Returns once no step of the batch runs any more and none will start.
    ///
    /// # Errors
    /// The connection was lost: how the running step ends is not known.
    fn run<'a>(
        &'a mut self,
        steps: &'a [Step],
        wish: watch::Receiver<Wish>,
        tell: &'a mut (dyn FnMut(Signal<'_>) + Send),
    ) -> BoxFuture<'a, Result<(), Problem>>;

    /// Ends the shell. Nothing may be running.
    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// What is wanted of a batch that runs; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// All steps.
    Go,
    /// The step that runs is the last one.
    Stop,
    /// The step that runs is to end: SIGTERM to its process group.
    Terminate,
    /// At once: SIGKILL.
    Kill,
}

/// What a batch tells while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal<'a> {
    /// A step starts, by its index.
    Begin(usize),
    /// It printed something.
    Output(usize, Stream, &'a [u8]),
    /// It ended.
    End(usize, Exit),
}
