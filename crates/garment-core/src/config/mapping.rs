use std::collections::HashMap;
use std::ops::Range;

use super::problems::Problems;
use super::tree::{Entry, Kind, Node, Text};
use super::wording::tick;

/// A mapping's entries while they are read.
#[derive(Default)]
pub(super) struct Mapping {
    seen: HashMap<String, Range<usize>>,
    /// Where `<<` stands.
    pub(super) merge_key: Option<Range<usize>>,
    merged: Vec<Entry>,
    own: Vec<Entry>,
}

impl Mapping {
    pub(super) fn entry(&mut self, key: Text, value: Node, problems: &mut Problems<'_>) {
        let merge_key = self.merge_key.as_ref().filter(|_| key.text == "<<");
        if let Some(first) = self.seen.get(&key.text).or(merge_key) {
            problems
                .add(&key.range, format!("{} is set twice", tick(&key.text)))
                .related(first, "first here")
                .help("keep one of the two");
            return;
        }
        self.seen.insert(key.text.clone(), key.range.clone());
        self.own.push(Entry { key, value, merged: false });
    }

    /// Takes over what `<<` names: a mapping, or several of which the first one to have a key counts.
    pub(super) fn merge(&mut self, key: &Text, value: Node, problems: &mut Problems<'_>) {
        let sources = match value.kind {
            Kind::List(items) => items,
            _ => vec![value],
        };
        for source in sources {
            match source.kind {
                Kind::Map(entries) => self.merged.extend(entries),
                Kind::Broken => {}
                _ => {
                    let at = if source.range.is_empty() { &key.range } else { &source.range };
                    problems
                        .add(at, format!("`<<` takes a mapping, not {}", source.noun()))
                        .help("give it the alias of a mapping: `<<: *name`");
                }
            }
        }
    }

    /// Merged entries come first, without those that the mapping sets itself.
    pub(super) fn finish(mut self) -> Vec<Entry> {
        let mut all = Vec::new();
        for entry in self.merged {
            if !self.seen.contains_key(&entry.key.text) {
                self.seen.insert(entry.key.text.clone(), entry.key.range.clone());
                all.push(Entry { merged: true, ..entry });
            }
        }
        all.append(&mut self.own);
        all
    }
}
