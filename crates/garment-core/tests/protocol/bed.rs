use std::time::Duration;

use garment_core::event::Stream;
use garment_core::model::{Destination, Host, OperationId};
use garment_core::remote::{Holder, Paths, Where, attach, begin, lock};
use garment_core::transport::{
    Farewell, Lost, Options, Record, Session, Signal, Step, System, Transport, Wish,
};
use tempfile::TempDir;
use tokio::sync::watch;

/// Far longer than anything here takes: what is over by then hangs.
const NEVER: Duration = Duration::from_secs(300);

/// The ways in which a step runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Unrecorded,
    /// With a lock, and records on the host.
    Recorded,
}

/// A session on this machine.
pub(crate) struct Bed {
    pub(crate) way: Way,
    pub(crate) dir: TempDir,
    session: Box<dyn Session>,
    batches: usize,
}

/// What was told of a step.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) out: Vec<u8>,
    pub(crate) err: Vec<u8>,
    pub(crate) timed_out: bool,
    pub(crate) status: Option<u8>,
}

impl Bed {
    pub(crate) async fn new(way: Way) -> Self {
        let dir = tempfile::Builder::new().prefix("garment protocol ").tempdir().unwrap();
        let host = Host { destination: Destination::parse("local").unwrap(), roles: [].into() };
        let mut session = System::default().open(&host, Options::default(), &[], &mut |_| {}).await.unwrap();
        if way == Way::Recorded {
            let at = |name: &str| dir.path().join(name).display().to_string();
            let paths = Paths {
                deploy_dir: dir.path().display().to_string(),
                source_dir: at("source"),
                releases_dir: at("releases"),
                current_symlink: at("current"),
            };
            let holder = Holder { token: "7".into(), by: "evan@pungi".into(), ..Holder::default() };
            let operation = OperationId::parse("20260101T000000-deploy-00ff").unwrap();
            let (_go, wish) = watch::channel(Wish::Go);
            session
                .run(&[Step::here("lock", lock(&paths, &holder, Where::Anywhere))], wish, &mut |_| {})
                .await
                .unwrap();
            session.record(Record {
                begin: begin(&operation, 1, &[("operation", operation.to_string())], "deploy"),
                attach: attach(&paths, &holder, &operation, 1),
                patience: Duration::from_secs(30),
            });
        }
        Self { way, dir, session, batches: 0 }
    }

    pub(crate) async fn both() -> [Self; 2] {
        [Self::new(Way::Unrecorded).await, Self::new(Way::Recorded).await]
    }

    /// Steps for this way, of names that no batch had before.
    pub(crate) fn steps(&mut self, texts: &[&str]) -> Vec<Step> {
        self.batches += 1;
        let named = |(index, text): (usize, &&str)| {
            let step = Step { is_script: false, ..Step::script(text, (*text).to_owned()) };
            match self.way {
                Way::Unrecorded => step,
                Way::Recorded => step.named(&format!("{}.{index}", self.batches)),
            }
        };
        texts.iter().enumerate().map(named).collect()
    }

    /// Runs them, and gives what was told of each that began.
    pub(crate) async fn run(&mut self, texts: &[&str]) -> (Vec<Told>, Result<(), Lost>) {
        let steps = self.steps(texts);
        self.run_steps(&steps, |_, _| {}).await
    }

    /// `also` may change what is wished.
    pub(crate) async fn run_steps(
        &mut self,
        steps: &[Step],
        mut also: impl FnMut(&Signal<'_>, &watch::Sender<Wish>) + Send,
    ) -> (Vec<Told>, Result<(), Lost>) {
        let (go, wish) = watch::channel(Wish::Go);
        let mut all: Vec<Told> = Vec::new();
        let mut tell = |signal: Signal<'_>| {
            also(&signal, &go);
            match signal {
                Signal::Begin(id) => {
                    assert_eq!(id, all.len(), "steps begin one after the other");
                    assert!(all.last().is_none_or(|told| told.status.is_some()));
                    all.push(Told::default());
                }
                Signal::Output(id, stream, bytes) => {
                    // Before the first step begins it is a daemon's of a former batch.
                    let Some(told) = all.get_mut(id) else { return };
                    if stream == Stream::Stdout { &mut told.out } else { &mut told.err }.extend(bytes);
                }
                Signal::TimedOut(id) => all[id].timed_out = true,
                Signal::End(id, exit) => {
                    assert_eq!(id + 1, all.len(), "the step that ends is the one that runs");
                    assert_eq!(all[id].status.replace(exit.0), None, "it ends once");
                }
                Signal::Disconnected(_) | Signal::Reconnected(_) | Signal::Arrived(..) => {}
                Signal::Unrecorded | Signal::CutShort => panic!("nothing can be recorded"),
            }
        };
        let run = self.session.run(steps, wish, &mut tell);
        let ran = tokio::time::timeout(NEVER, run).await.expect("it hangs");
        (all, ran)
    }

    /// Runs them; nothing that is told is kept.
    pub(crate) async fn hear(
        &mut self,
        steps: &[Step],
        tell: &mut (dyn FnMut(Signal<'_>) + Send),
    ) -> Result<(), Lost> {
        let (_go, wish) = watch::channel(Wish::Go);
        tokio::time::timeout(NEVER, self.session.run(steps, wish, tell)).await.expect("it hangs")
    }

    /// One step, which has to be followed to its end.
    pub(crate) async fn one(&mut self, text: &str) -> Told {
        let (mut told, ran) = self.run(&[text]).await;
        assert_eq!((told.len(), ran), (1, Ok(())), "{text}");
        told.remove(0)
    }

    /// Ends the session, after a look at whether it still works.
    pub(crate) async fn close(mut self) {
        let (told, ran) = self.run(&["echo still; echo here >&2; exit 0", "exit 17", "echo never"]).await;
        let first = Told { out: b"still\n".into(), err: b"here\n".into(), status: Some(0), timed_out: false };
        assert_eq!((told, ran), (vec![first, Told { status: Some(17), ..Told::default() }], Ok(())));
        self.close_now().await;
    }

    pub(crate) async fn close_now(self) {
        tokio::time::timeout(NEVER, self.session.close(Farewell::Plain)).await.expect("it hangs");
    }

    /// Writes a file and gives its name, quoted for a shell.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        garment_core::remote::quote(path.to_str().unwrap())
    }
}

impl Told {
    pub(crate) fn ended(out: &str, err: &str, status: u8) -> Self {
        Self { out: out.into(), err: err.into(), status: Some(status), timed_out: false }
    }
}
