//! Stops the program at an event, so that a test can break something at exactly that point. In debug builds only.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use garment_core::event::{Event, Phase, TaskRef, What};
use rustix::process::{Signal, getpid, kill_process};

use crate::surroundings::Test;

/// What is to be called with each event, in the engine's thread: it writes the event down, and stops the program where
/// it was asked to.
pub(crate) fn watch(test: &Test) -> impl Fn(&Event) + Send + Sync + 'static {
    let test = test.clone();
    let passed = AtomicUsize::new(0);
    move |event| {
        if matches!(event.what, What::Output { .. } | What::Progress { .. })
            || (test.stop_at.is_none() && test.events.is_none())
        {
            return;
        }
        let number = passed.fetch_add(1, Ordering::Relaxed) + 1;
        let name = name(&event.what);
        if let Some(path) = &test.events {
            let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
            let written = file.and_then(|mut file| file.write_all(format!("{name}\n").as_bytes()));
            assert!(written.is_ok(), "can't write to GARMENT_TEST_EVENTS: {written:?}");
        }
        if test.stop_at.as_ref().is_some_and(|at| *at == name || at.parse() == Ok(number)) {
            // Every event is told in the main thread, which is the first that the kernel looks at for a signal to the
            // process: it goes no further than this.
            let stopped = kill_process(getpid(), Signal::STOP);
            assert!(stopped.is_ok(), "can't stop: {stopped:?}");
        }
    }
}

/// A word for what happened, then where and in which task: `StepStarted web1 before/migrate 0`.
fn name(what: &What) -> String {
    let word: String = format!("{what:?}").chars().take_while(char::is_ascii_alphanumeric).collect();
    let rest = match what {
        What::Connecting { host }
        | What::Connected { host, .. }
        | What::Unreachable { host, .. }
        | What::Disconnected { host, .. }
        | What::Reconnected { host, .. }
        | What::MadeCurrent { host, .. }
        | What::WentBack { host, .. } => host.to_string(),
        What::TaskStarted { task, .. } | What::TaskFinished { task, .. } => task_name(task),
        What::HostFinished { host, task, .. } => format!("{host} {}", task_name(task)),
        What::StepStarted { host, task, step } | What::StepFinished { host, task, step, .. } => {
            format!("{host} {} {}", task_name(task), step.index)
        }
        _ => String::new(),
    };
    format!("{word} {rest}").trim_end().to_owned()
}

/// `before/migrate`; `prepare`, `cutover` and so on for garment's own.
fn task_name(task: &TaskRef) -> String {
    match task.phase {
        Phase::Stage(stage) => format!("{stage}/{}", task.id),
        own => format!("{own:?}").to_lowercase(),
    }
}
