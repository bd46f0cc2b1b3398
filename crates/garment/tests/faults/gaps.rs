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

const HEEDLESS: &str = "SIGTERM ends a command's shell, and what it started ignores it: that runs on for ten seconds, \
                        and the lock is free";

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
        kinds: &[Kind::CommandIgnoresTerm],
        words: &["something else runs at the same time"],
        reason: HEEDLESS,
    },
    Gap { kinds: &[Kind::CommandIgnoresTerm], words: &["left behind", "sleep 86401"], reason: HEEDLESS },
];

/// The gap that a violation is one of.
pub(crate) fn known(case: &Case, violation: &str) -> Option<&'static Gap> {
    let is_it = |gap: &&Gap| {
        gap.kinds.contains(&case.kind) && gap.words.iter().all(|words| violation.contains(words))
    };
    KNOWN.iter().find(is_it)
}
