use std::collections::BTreeMap;

use garment_core::model::{HostFacts, Occupant, ReleaseName};
use garment_core::remote::Drift;

use super::{Seen, Telling};
use crate::report::{Tone, clean};

impl Telling<'_> {
    /// What somebody else than garment did to what is live. While an operation is under way it may be that one.
    pub(super) fn drift(&self, seen: &Seen) -> Vec<String> {
        let mut told: BTreeMap<(String, Option<String>), Vec<&str>> = BTreeMap::new();
        for (host, facts, standing) in &seen.0 {
            for drift in standing.drift.iter().filter(|_| standing.held.is_none()) {
                told.entry((what(facts, drift), self.then(drift))).or_default().push(host);
            }
        }
        let mut lines = Vec::new();
        for ((what, then), hosts) in told {
            let text = clean::text(&format!("{}: {what}", hosts.join(", ")));
            lines.push(self.look.paint(Tone::Warn, &text));
            lines.extend(then.map(|then| format!("    {then}")));
        }
        lines
    }

    /// What can be done about it.
    fn then(&self, drift: &Drift) -> Option<String> {
        match drift {
            Drift::Moved { live, .. } => {
                let command = self.command_for("rollback", Some(live.as_str()));
                Some(format!("to make that one current again: {command}"))
            }
            Drift::Removed(_) => None,
            Drift::Revision(_) => Some(format!("to compare the files: {}", self.command("verify"))),
        }
    }
}

fn what(facts: &HostFacts, drift: &Drift) -> String {
    match (drift, &facts.current) {
        (Drift::Moved { live, .. }, Occupant::Absent) => {
            format!("`current` is gone: garment last made {live} live")
        }
        (Drift::Moved { live, cut_off: true }, _) => {
            format!("`current` was moved by hand, or a switch was cut off: {live} is on record as live")
        }
        (Drift::Moved { live, cut_off: false }, _) => {
            format!("`current` was moved by hand: garment last made {live} live")
        }
        (Drift::Removed(live), _) => format!("{live}, which garment made live, was removed"),
        (Drift::Revision(says), _) => {
            let at = facts.current_release();
            let name = at.map(ReleaseName::as_str).unwrap_or_default();
            let made_of = at.and_then(|at| facts.releases.get(at)?.commit.as_deref()).unwrap_or_default();
            if says.is_empty() {
                format!("{name} was made of {made_of}, and its `REVISION` is not there or empty")
            } else {
                format!("{name} was made of {made_of}, and its `REVISION` says {says}")
            }
        }
    }
}
