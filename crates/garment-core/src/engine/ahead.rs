use tokio::sync::watch;

use super::host_task::{HostTask, HostTaskEnd, State};
use crate::event::{Exit, Stream};
use crate::transport::{Lost, Session, Signal, Step, Wish};

/// What a host did of the next task along with the one in front of it, and nobody was told yet.
///
/// Whether it can switch, which changes nothing, a host is asked in the same breath as it does the task before: so that
/// takes no round trip of its own. It is told when its time comes, which is when that task is done on all hosts, or
/// never.
pub(super) struct Ahead {
    heard: Vec<Heard>,
    ran: Result<(), Lost>,
}

/// A signal that is kept.
enum Heard {
    Begin(usize),
    Output(usize, Stream, Vec<u8>),
    End(usize, Exit),
}

/// Runs steps, of which those from the place `from` on are ahead of their time. What is told of those before it goes to
/// `take`. Gives how the batch went, as far as those before are concerned, and what was ahead, if it came to its end.
pub(super) async fn run(
    session: &mut dyn Session,
    steps: &[Step],
    from: usize,
    wish: watch::Receiver<Wish>,
    take: &mut (dyn FnMut(Signal<'_>) + Send),
) -> (Result<(), Lost>, Option<Ahead>) {
    let mut heard = Vec::new();
    let mut keep = |signal: Signal<'_>| match signal {
        Signal::Begin(index) if index >= from => heard.push(Heard::Begin(index - from)),
        Signal::Output(index, stream, bytes) if index >= from => {
            heard.push(Heard::Output(index - from, stream, bytes.to_vec()));
        }
        Signal::End(index, exit) if index >= from => heard.push(Heard::End(index - from, exit)),
        signal => take(signal),
    };
    let ran = session.run(steps, wish, &mut keep).await;
    match (heard.last(), ran) {
        (None, ran) => (ran, None),
        // Nobody knows how it ended, and that is a matter of its own.
        (Some(_), Err(lost)) => (Ok(()), Some(Ahead { heard, ran: Err(lost) })),
        (Some(Heard::End(..)), Ok(())) => (Ok(()), Some(Ahead { heard, ran: Ok(()) })),
        (Some(_), Ok(())) => (Ok(()), None),
    }
}

impl Ahead {
    /// Whether all of it was done.
    pub(super) fn is_done(&self) -> bool {
        self.ran.is_ok() && matches!(self.heard.last(), Some(Heard::End(_, exit)) if exit.ok())
    }

    /// Tells it, as if it happened now.
    pub(super) fn tell(self, task: &HostTask<'_>) -> HostTaskEnd {
        let mut state = State::default();
        for heard in &self.heard {
            task.take(
                &mut state,
                match heard {
                    Heard::Begin(index) => Signal::Begin(*index),
                    Heard::Output(index, stream, bytes) => Signal::Output(*index, *stream, bytes),
                    Heard::End(index, exit) => Signal::End(*index, *exit),
                },
            );
        }
        task.end(self.ran, state, false)
    }
}
