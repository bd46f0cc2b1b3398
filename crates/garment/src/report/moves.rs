use garment_core::event::HostName;
use garment_core::model::ReleaseName;
use indexmap::IndexMap;

use super::clean;
use super::record::count;

/// Where `current` was seen to move.
#[derive(Debug, Default)]
pub(super) struct Moves {
    /// What it led to before and leads to now, in the order of arrival.
    seen: Vec<(HostName, Option<String>, ReleaseName)>,
}

impl Moves {
    pub(super) fn add(&mut self, host: &HostName, from: Option<&str>, to: &ReleaseName) {
        self.seen.push((host.clone(), from.map(ToOwned::to_owned), to.clone()));
    }

    /// What it led to before, if that is one release on all hosts that moved.
    pub(super) fn before(&self) -> Option<&str> {
        // Where it led there already, it was before.
        let mut moved = self.seen.iter().filter(|(_, from, to)| from.as_deref() != Some(to.as_str()));
        let (_, first, _) = moved.next()?;
        moved.all(|(_, from, _)| from == first).then_some(first.as_deref())?
    }

    /// One line for each kind of move: how, and on which or on how many hosts.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let mut kinds: IndexMap<String, Vec<&HostName>> = IndexMap::new();
        for (host, from, to) in &self.seen {
            kinds.entry(line(from.as_deref(), to)).or_default().push(host);
        }
        kinds.into_iter().map(|(line, hosts)| match hosts[..] {
            [host] => format!("{line}  {}", clean::text(host)),
            _ => format!("{line}  {}", count(hosts.len())),
        })
    }
}

/// `A -> B`.
pub(super) fn line(from: Option<&str>, to: &ReleaseName) -> String {
    if from == Some(to.as_str()) {
        return format!("{to} already");
    }
    format!("{} -> {to}", from.map_or_else(|| "nothing".to_owned(), clean::text))
}
