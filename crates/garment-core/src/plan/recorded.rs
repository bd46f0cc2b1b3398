use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::model::{Ending, OperationId};
use crate::remote::{Ended, Info, Recorded};

/// An operation as its hosts recorded it, put together.
#[derive(Debug, Clone)]
pub struct Merged<'a> {
    /// Its name.
    pub id: &'a OperationId,
    /// What each host that has a record of it says, by its place among all hosts, in their order.
    pub on: Vec<(usize, &'a Recorded)>,
}

/// The operations that hosts recorded, newest first; of each host its list.
pub fn merge(hosts: &[Vec<Recorded>]) -> Vec<Merged<'_>> {
    let mut merged: BTreeMap<&OperationId, Vec<(usize, &Recorded)>> = BTreeMap::new();
    for (host, operations) in hosts.iter().enumerate() {
        for recorded in operations {
            merged.entry(&recorded.id).or_default().push((host, recorded));
        }
    }
    merged.into_iter().rev().map(|(id, on)| Merged { id, on }).collect()
}

impl<'a> Merged<'a> {
    /// What the operation is, by the first host that can say.
    pub fn info(&self) -> Option<&'a Info> {
        self.on.iter().find_map(|(_, recorded)| recorded.info.as_ref())
    }

    /// The names of all its hosts, by the first one that has them: on large fleets not each has.
    pub fn hosts(&self) -> &'a [String] {
        let infos = self.on.iter().filter_map(|(_, recorded)| recorded.info.as_ref());
        infos.map(|info| &info.hosts[..]).find(|hosts| !hosts.is_empty()).unwrap_or_default()
    }

    /// How often it was tried.
    pub fn attempts(&self) -> u32 {
        self.on.iter().map(|(_, recorded)| recorded.attempts).max().unwrap_or(1)
    }

    /// How its last attempt ended, if that was written down anywhere. A host that was lost lacks it. What hosts say of
    /// themselves only is an end once all of them say it.
    pub fn end(&self) -> Option<&'a Ended> {
        let attempts = self.attempts();
        let ends = || {
            self.on.iter().map(|(_, recorded)| recorded.end.as_ref().filter(|end| end.attempt >= attempts))
        };
        let rank = |end: &&Ended| (end.attempt, end.outcome == Ending::Abandoned, !end.only_here, end.at);
        let last = ends().flatten().max_by_key(rank)?;
        (!last.only_here || ends().all(|end| end.is_some())).then_some(last)
    }

    /// How it ended; `None` where it was cut short.
    pub fn ending(&self) -> Option<Ending> {
        self.end().map(|end| end.outcome)
    }

    /// Whether there is something left to go on with.
    pub fn is_unfinished(&self) -> bool {
        !self.ending().is_some_and(Ending::is_final)
    }

    /// Whether people gave it up.
    pub fn is_abandoned(&self) -> bool {
        self.ending() == Some(Ending::Abandoned)
    }

    /// What a host recorded of it.
    pub fn of(&self, host: usize) -> Option<&'a Recorded> {
        let at = self.on.binary_search_by_key(&host, |(at, _)| *at).ok()?;
        Some(self.on[at].1)
    }

    /// What it was and how it ended, for an error message.
    pub(crate) fn in_words(&self) -> String {
        let mut text = format!("the last operation, `{}`", self.id);
        if let Some(info) = self.info() {
            // Writing to a String can't fail.
            let _ = write!(text, ", a {} by {}", info.operation, info.by);
        }
        let how = match self.ending() {
            Some(Ending::Done) => "is done",
            Some(Ending::Failed) => "failed",
            Some(Ending::LiveButFailed) => "failed after the switch",
            Some(Ending::Mixed) => "failed, and the hosts may differ",
            Some(Ending::Interrupted) => "was stopped",
            Some(Ending::Abandoned) => "was abandoned",
            None => "was cut short",
        };
        let _ = write!(text, ", {how}");
        if let Some(end) = self.end() {
            let by = self.info().is_none_or(|info| info.by != end.by).then(|| format!(" by {}", end.by));
            text.push_str(&by.filter(|_| end.outcome == Ending::Abandoned).unwrap_or_default());
            if let Some(at) = end.at {
                let _ = write!(text, " ({})", at.strftime("%Y-%m-%d %H:%M:%S UTC"));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_a_host(outcome: Option<Ending>, only_here: bool, attempt: u32, attempts: u32) -> Vec<Recorded> {
        let id = OperationId::parse("20260101T000000-deploy-00ff").expect("it is one");
        let end =
            outcome.map(|outcome| Ended { outcome, attempt, at: None, by: "me@here".into(), only_here });
        vec![Recorded { id, info: None, attempts, end, steps: Vec::new() }]
    }

    fn ending(hosts: &[Vec<Recorded>]) -> Option<Ending> {
        merge(hosts)[0].ending()
    }

    #[test]
    fn an_operation_is_done_once_all_of_its_hosts_are() {
        let done = || on_a_host(Some(Ending::Done), true, 1, 1);
        assert_eq!(ending(&[done()]), Some(Ending::Done));
        assert_eq!(ending(&[done(), done()]), Some(Ending::Done));
        assert_eq!(ending(&[done(), on_a_host(None, false, 0, 1)]), None);
        // A host that lost its connection does not know what the others were told.
        let failed = on_a_host(Some(Ending::LiveButFailed), false, 1, 1);
        assert_eq!(ending(&[done(), failed]), Some(Ending::LiveButFailed));
        assert_eq!(
            ending(&[on_a_host(Some(Ending::Done), false, 1, 1), on_a_host(None, false, 0, 1)]),
            Some(Ending::Done)
        );
        // It is gone on with.
        assert_eq!(ending(&[done(), on_a_host(None, false, 0, 2)]), None);
        assert_eq!(ending(&[done(), on_a_host(Some(Ending::Done), true, 2, 2)]), None);
    }
}
