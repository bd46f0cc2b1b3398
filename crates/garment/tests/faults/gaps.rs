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

pub(crate) const KNOWN: &[Gap] = &[];

/// The gap that a violation is one of.
pub(crate) fn known(case: &Case, violation: &str) -> Option<&'static Gap> {
    let is_it = |gap: &&Gap| {
        gap.kinds.contains(&case.kind) && gap.words.iter().all(|words| violation.contains(words))
    };
    KNOWN.iter().find(is_it)
}
