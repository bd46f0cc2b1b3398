use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::attempt::Verdict;
use crate::case::{Case, Op};
use crate::kind::Kind;

/// In the order of an operation.
const PHASES: [&str; 9] =
    ["begin", "prepare", "rollback", "before", "rehearse", "cutover", "after", "prune", "cleanup"];

/// Counts how cases went.
#[derive(Default)]
pub(crate) struct Tally {
    ended: BTreeMap<(Op, Kind, usize), BTreeMap<String, usize>>,
    boundaries: BTreeSet<(Op, String)>,
    gaps: BTreeMap<&'static str, usize>,
    pub(crate) landed: usize,
    pub(crate) violations: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, case: &Case, verdict: &Verdict) {
        let phase = case.phase();
        let phase = PHASES.iter().position(|known| *known == phase).unwrap_or(PHASES.len());
        let how = match verdict {
            Verdict::Fine(how) => how.clone(),
            Verdict::Gap(_) => "KNOWN GAP".to_owned(),
            Verdict::Violation(_) => "VIOLATION".to_owned(),
        };
        match verdict {
            Verdict::Violation(told) if told.contains("not landed") => {}
            _ => self.landed += 1,
        }
        match verdict {
            Verdict::Gap(reason) => *self.gaps.entry(reason).or_default() += 1,
            Verdict::Violation(_) => self.violations += 1,
            Verdict::Fine(_) => {}
        }
        *self.ended.entry((case.op, case.kind, phase)).or_default().entry(how).or_default() += 1;
        self.boundaries.insert((case.op, Case::kind_of_boundary(&case.boundary)));
    }

    /// Fault, part of the operation, how it ended, how often; then the totals.
    pub(crate) fn table(&self) -> String {
        let mut text = String::from("operation  fault                      boundary  count  outcome\n");
        let mut total = 0;
        for ((op, kind, phase), ended) in &self.ended {
            let phase = PHASES.get(*phase).unwrap_or(&"end");
            for (how, count) in ended {
                total += count;
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{:<9}  {kind:<25}  {phase:<8}  {count:>5}  {how}", op.name());
            }
        }
        let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
        for (how, count) in self.ended.values().flatten() {
            *sums.entry(how).or_default() += count;
        }
        text.push_str("\noutcome, over all:\n");
        for (how, count) in sums {
            let _ = writeln!(text, "{count:>6}  {how}");
        }
        for (reason, count) in &self.gaps {
            let _ = writeln!(text, "known gap, {count} times: {reason}");
        }
        let _ = writeln!(
            text,
            "\n{total} faults at {} different boundaries, {} proven to have landed, {} violations, {} known gaps",
            self.boundaries.len(),
            self.landed,
            self.violations,
            self.gaps.values().sum::<usize>()
        );
        text
    }
}
