//! What is known not to hold yet, each with its reason. Whatever is here is told in the table, and fails nothing.

use crate::case::Case;
use crate::kind::Kind;

/// A violation that is known.
pub(crate) struct Gap {
    pub(crate) kinds: &'static [Kind],
    /// Words of the violation, all of which are there.
    pub(crate) words: &'static [&'static str],
    pub(crate) reason: &'static str,
}

pub(crate) const KNOWN: &[Gap] = &[
    Gap {
        kinds: &[
            Kind::HostCrashed,
            Kind::Blackout,
            Kind::DiskFull,
            Kind::DiskReadOnly,
            Kind::TerminatedTwice,
        ],
        words: &["has written down as live is not what is current"],
        reason: "where a cutover is cut short behind its rename, the release that it left stays `live` in its state",
    },
    Gap {
        kinds: &[Kind::DiskFull, Kind::DiskReadOnly],
        words: &["the report does not say what is wrong with the disk"],
        reason: "what a script says of a full disk is recorded on that disk: `exit code 1`, `it printed nothing`",
    },
];

/// The gap that a violation is one of.
pub(crate) fn known(case: &Case, violation: &str) -> Option<&'static Gap> {
    let is_it = |gap: &&Gap| {
        gap.kinds.contains(&case.kind) && gap.words.iter().all(|words| violation.contains(words))
    };
    KNOWN.iter().find(is_it)
}
