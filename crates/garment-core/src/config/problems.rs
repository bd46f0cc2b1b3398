use std::ops::Range;

use super::error::{ConfigError, Place};

/// Collects the mistakes of one file.
#[derive(Debug)]
pub(super) struct Problems<'s> {
    pub(super) source: &'s str,
    found: Vec<Problem>,
}

/// A mistake on its way to becoming a [`ConfigError`].
#[derive(Debug, Clone)]
pub(super) struct Problem {
    message: String,
    range: Range<usize>,
    related: Vec<(Range<usize>, String)>,
    help: Vec<String>,
}

impl<'s> Problems<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, found: Vec::new() }
    }

    /// Notes a mistake; what it returns takes the help.
    pub(super) fn add(&mut self, range: &Range<usize>, message: impl Into<String>) -> &mut Problem {
        self.found.push(Problem {
            message: message.into(),
            range: range.clone(),
            related: Vec::new(),
            help: Vec::new(),
        });
        // Just pushed.
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// Drops some of what was found, by position: all of it, or what lies in a piece of the file.
    pub(super) fn forget(&mut self, which: Range<usize>, piece: Option<&Range<usize>>) {
        let mut i = 0;
        self.found.retain(|problem| {
            let drop = which.contains(&i) && piece.is_none_or(|piece| piece.contains(&problem.range.start));
            i += 1;
            !drop
        });
    }

    /// Adds to the help of the problems from one position on.
    pub(super) fn help_since(&mut self, position: usize, help: &str) {
        for problem in self.found.iter_mut().skip(position) {
            problem.help(help);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// In file order, each once: a value that `extends`, an alias or a merge key brings in is looked at several times.
    pub(super) fn finish(self) -> Vec<ConfigError> {
        let mut found = self.found;
        found.sort_by_key(|p| (p.range.start, p.range.end));
        let mut lines = vec![0];
        lines.extend(self.source.match_indices('\n').map(|(i, _)| i + 1));
        let mut errors: Vec<ConfigError> = Vec::new();
        for problem in found {
            let place = Place::new(self.source, &lines, &problem.range);
            let same = |e: &&ConfigError| e.place == place && e.message == problem.message;
            if errors.iter().rev().take_while(|e| e.place == place).any(|e| same(&e)) {
                continue;
            }
            let related = problem
                .related
                .into_iter()
                .map(|(range, text)| (Place::new(self.source, &lines, &range), text))
                .collect();
            errors.push(ConfigError { message: problem.message, place, related, help: problem.help });
        }
        errors
    }
}

impl Problem {
    /// What to write instead.
    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help.push(help.into());
        self
    }

    /// Another place that matters.
    pub(super) fn related(&mut self, range: &Range<usize>, label: impl Into<String>) -> &mut Self {
        self.related.push((range.clone(), label.into()));
        self
    }
}
