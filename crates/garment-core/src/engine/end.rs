use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::Interrupt;
use super::fleet::{Fleet, ask};
use crate::event::{Outcome, Verdict};
use crate::model::Ending;
use crate::plan::Record;
use crate::remote;
use crate::transport::Step;

/// How long hosts may take to write down how it ended.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same once people are in a hurry.
const HURRY: Duration = Duration::from_secs(1);

/// Writes down on every host that still has a shell how an operation ended. Best effort: one that can't lacks it, as one
/// does whose connection is gone.
pub(super) async fn write_end(fleet: &mut Fleet, record: &Record, outcome: &Outcome, interrupt: &Interrupt) {
    let now = Timestamp::now().as_second();
    let text = remote::end(record.attempt, ending(outcome.verdict), now, &record.by);
    let step = Step::here("write down how it ended", text);
    let sessions = fleet.sessions.iter_mut().flatten();
    let written = join_all(sessions.map(async |session| {
        let _ = tokio::time::timeout(PATIENCE, ask(&mut **session, &step)).await;
    }));
    tokio::select! {
        _ = written => {}
        () = interrupt.is_urgent(HURRY) => {}
    }
}

fn ending(verdict: Verdict) -> Ending {
    match verdict {
        Verdict::Done => Ending::Done,
        Verdict::LiveButFailed => Ending::LiveButFailed,
        Verdict::Mixed => Ending::Mixed,
        Verdict::Interrupted => Ending::Interrupted,
        Verdict::Stopped | Verdict::Refused | Verdict::Locked | Verdict::Unreachable => Ending::Failed,
    }
}
