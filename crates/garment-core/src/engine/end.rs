use jiff::Timestamp;

use crate::event::{Outcome, Verdict};
use crate::model::Ending;
use crate::plan::Record;
use crate::remote;

/// What hosts are told as they are left: how the operation ended. One whose connection is gone is not told.
pub(super) fn end(record: &Record, outcome: &Outcome) -> String {
    remote::end(record.attempt, ending(outcome.verdict), Timestamp::now().as_second(), &record.by)
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
