use std::ops::Range;

/// A value of the file, with its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// The bytes that it takes, quotes included. Empty where nothing is written.
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// Nothing, `~` or `null`.
    Null,
    /// Text, number, yes or no: as it is spelt in the file, since `1.10` and `0755` mean just that to most settings.
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Something that has been reported already.
    Broken,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: Text,
    pub(super) value: Node,
    /// Whether a merge key (`<<`) brought it in.
    pub(super) merged: bool,
}

/// A text and its place.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) range: Range<usize>,
}

impl Node {
    /// What people call it.
    pub(super) fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Null | Kind::Broken => "nothing",
            Kind::Scalar(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// How many levels of values are in it.
    pub(super) fn height(&self) -> usize {
        let tallest = match &self.kind {
            Kind::List(items) => items.iter().map(Self::height).max(),
            Kind::Map(entries) => entries.iter().map(|entry| entry.value.height()).max(),
            Kind::Null | Kind::Scalar(_) | Kind::Broken => return 0,
        };
        tallest.map_or(0, |height| height + 1)
    }
}

impl Entry {
    /// Where to point: at the value, or at the key where the value takes no room.
    pub(super) fn place(&self) -> &Range<usize> {
        if self.value.range.is_empty() { &self.key.range } else { &self.value.range }
    }
}
