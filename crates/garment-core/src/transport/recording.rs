use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::{
    Farewell, Login, Lost, Options, Record, Session, Signal, Step, Tell, TellLogin, Transport, Wish,
};
use crate::event::{Exit, Problem, Stream};
use crate::model::Host;

/// A transport for tests: runs nothing, keeps what it was asked to run, and answers as it is told.
#[derive(Clone)]
pub struct Recording {
    answer: Arc<Answer>,
    /// `None` where it is not kept.
    asked: Option<Asked>,
}

type Asked = Arc<Mutex<Vec<(String, Step)>>>;
type Answer = dyn Fn(&str, &Step) -> Reply + Send + Sync;

/// What a recorded step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Prints this to stdout and exits with this status.
    Exit(Vec<u8>, u8),
    /// The connection goes away.
    Lost,
}

impl Recording {
    /// `answer` is given the host's name and the step.
    pub fn new(answer: impl Fn(&str, &Step) -> Reply + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(answer), asked: Some(Asked::default()) }
    }

    /// One that keeps nothing, for fleets whose steps would fill the memory.
    pub fn forgetful(answer: impl Fn(&str, &Step) -> Reply + Send + Sync + 'static) -> Self {
        Self { answer: Arc::new(answer), asked: None }
    }

    fn keep(&self, host: &str, step: &Step) {
        if let Some(asked) = &self.asked {
            let mut asked = asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            asked.push((host.to_owned(), step.clone()));
        }
    }

    /// Every step so far, with its host, in the order in which they began.
    pub fn asked(&self) -> Vec<(String, Step)> {
        let asked = self.asked.iter();
        asked
            .flat_map(|asked| asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone())
            .collect()
    }
}

impl Transport for Recording {
    fn open<'a>(
        &'a self,
        host: &'a Host,
        _: Options,
        _: &'a [Step],
        tell: TellLogin<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn Session>, Problem>> {
        tell(Login::Begins);
        let session = Recorded { host: host.destination.to_string(), recording: self.clone() };
        Box::pin(async move { Ok(Box::new(session) as Box<dyn Session>) })
    }
}

struct Recorded {
    host: String,
    recording: Recording,
}

impl Session for Recorded {
    fn run<'a>(
        &'a mut self,
        steps: &'a [Step],
        wish: watch::Receiver<Wish>,
        tell: Tell<'a>,
    ) -> BoxFuture<'a, Result<(), Lost>> {
        Box::pin(async move {
            for (index, step) in steps.iter().enumerate() {
                if *wish.borrow() > Wish::Go {
                    break;
                }
                self.recording.keep(&self.host, step);
                tell(Signal::Begin(index));
                // Let the other hosts have their turn, as a network would.
                tokio::task::yield_now().await;
                match (self.recording.answer)(&self.host, step) {
                    Reply::Lost => {
                        let problem =
                            Problem { what: "the connection was lost".into(), remedy: String::new() };
                        return Err(Lost { problem, shell_lives: false });
                    }
                    Reply::Exit(out, status) => {
                        if !out.is_empty() {
                            tell(Signal::Output(index, Stream::Stdout, &out));
                        }
                        tell(Signal::End(index, Exit(status)));
                        if status != 0 {
                            break;
                        }
                        // What another host's failure asks for arrives before the next step.
                        tokio::task::yield_now().await;
                    }
                }
            }
            Ok(())
        })
    }

    fn record(&mut self, _: Record) {}

    fn beat(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn close(self: Box<Self>, farewell: Farewell) -> BoxFuture<'static, ()> {
        if let Farewell::Saying(last) = farewell {
            self.recording.keep(&self.host, &Step::here("leave", last));
        }
        Box::pin(async {})
    }
}
