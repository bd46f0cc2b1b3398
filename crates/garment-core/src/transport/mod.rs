//! A way to a shell on a host. Apart from `origin`, the only room that starts processes.
//!
//! One shell per host serves a whole operation. It is given batches of steps over its stdin (`session.sh` has the
//! protocol); what the steps print arrives as it is printed, stdout and stderr apart.

mod batch;
mod demux;
mod feed;
mod lasting;
mod login;
mod openssh;
mod pace;
mod recording;
mod shell;
mod stalls;
mod step;
#[cfg(test)]
mod tests;

pub use openssh::System;
pub use recording::{Recording, Reply};
pub use step::{Interpreter, Step};

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::event::{Exit, Problem, Stream};
use crate::model::{Bytes, Host};

/// A way to hosts.
pub trait Transport: Sync {
    /// Opens a shell on a host, as soon as it is this one's turn, and tells how that goes. What it is to do first travels
    /// with the login, which saves a round trip: unless there is nothing, the first thing that the session is asked to
    /// run has to be just that.
    ///
    /// # Errors
    /// Why there is none, and what to do about it.
    fn open<'a>(
        &'a self,
        host: &'a Host,
        options: Options,
        first: &'a [Step],
        tell: TellLogin<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn Session>, Problem>>;
}

/// Takes what a login tells.
pub type TellLogin<'a> = &'a mut (dyn FnMut(Login<'_>) + Send);

/// What a login tells while it is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login<'a> {
    /// It begins; before that it has waited for its turn.
    Begins,
    /// It has been dropped again and again, and is tried on.
    Dropped(&'a Problem),
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
    /// How the running step ends is not known.
    fn run<'a>(
        &'a mut self,
        steps: &'a [Step],
        wish: watch::Receiver<Wish>,
        tell: Tell<'a>,
    ) -> BoxFuture<'a, Result<(), Lost>>;

    /// From here on the host keeps a record of steps that have a name, and a lost connection is made again.
    fn record(&mut self, record: Record);

    /// Lets a host whose shell has nothing to do know that somebody is there.
    fn beat(&mut self) -> BoxFuture<'_, ()>;

    /// Ends the shell. Nothing may be running.
    fn close(self: Box<Self>, farewell: Farewell) -> BoxFuture<'static, ()>;
}

/// How a shell is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Farewell {
    /// There is nothing more to say.
    Plain,
    /// Once it has run this text, which is for the session's own shell, if it keeps a record.
    Saying(String),
    /// A step has said all there is to say (see [`leave`]): nobody waits for an answer.
    Said,
}

/// Text for the session's own shell that runs `last` and gives the lock away: for the last step of all.
pub fn leave(last: &str) -> String {
    format!("{{ {last}\n}} >/dev/null 2>&1\ng_leave")
}

/// Takes what a batch tells.
pub type Tell<'a> = &'a mut (dyn FnMut(Signal<'_>) + Send);

/// Text for the session's own shell, to keep records with.
#[derive(Debug, Clone)]
pub struct Record {
    /// Begins the records.
    pub begin: String,
    /// Takes them, and the lock, over from a session whose connection was lost.
    pub attach: String,
    /// For how long a lost connection is tried again.
    pub patience: Duration,
}

/// It is not known how a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Why, and what to do.
    pub problem: Problem,
    /// Whether there still is a shell to ask other things of.
    pub shell_lives: bool,
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
    /// So much of a parcel has arrived.
    Arrived(usize, Bytes),
    /// Its time is up: it was ended.
    TimedOut(usize),
    /// It ended.
    End(usize, Exit),
    /// The connection was lost, and is tried again. What runs there runs on.
    Disconnected(&'a Problem),
    /// There is a connection again; so long there was none. What steps without a name printed comes again.
    Reconnected(Duration),
    /// The host can't write records.
    Unrecorded,
    /// A step was asked to end, and not all that it printed was told.
    CutShort,
}
