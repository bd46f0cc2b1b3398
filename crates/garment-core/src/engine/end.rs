use jiff::Timestamp;

use crate::event::{Outcome, Verdict};
use crate::model::Ending;
use crate::plan::Record;
use crate::remote;
use crate::transport::{Step, leave};

/// What hosts are told as they are left: how the operation ended. One whose connection is gone is not told.
pub(super) fn end(record: &Record, outcome: &Outcome) -> String {
    remote::end(record.attempt, ending(outcome.verdict), Timestamp::now().as_second(), &record.by)
}

/// The last step of a host that is through with its part. Where another one is not, hosts are told otherwise by [`end`].
pub(super) fn end_when_done(record: &Record) -> Step {
    let now = Timestamp::now().as_second();
    Step::here("leave", leave(&remote::end_when_done(record.attempt, now, &record.by)))
}

fn ending(verdict: Verdict) -> Ending {
    match verdict {
        Verdict::Done | Verdict::Unchanged => Ending::Done,
        Verdict::LiveButFailed => Ending::LiveButFailed,
        Verdict::Mixed => Ending::Mixed,
        Verdict::Interrupted => Ending::Interrupted,
        Verdict::Stopped | Verdict::Refused | Verdict::Locked | Verdict::Unreachable => Ending::Failed,
    }
}
