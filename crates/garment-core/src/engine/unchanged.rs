use super::fleet::Fleet;
use super::history::read_records;
use crate::model::{CommitId, Ending, Environment, HostFacts};
use crate::plan::{Merged, merge};
use crate::remote::Recorded;

/// What to do where the commit is live and well on every host already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unchanged {
    /// Deploy it all the same.
    #[default]
    Deploy,
    /// Leave it at that.
    Leave,
}

/// Whether a commit is live on every host.
pub(super) fn is_live(facts: &[HostFacts], commit: &CommitId) -> bool {
    let live = |facts: &HostFacts| {
        let release = facts.current_release().and_then(|name| facts.releases.get(name));
        release.is_some_and(|release| release.is_good() && release.commit.as_deref() == Some(commit.as_str()))
    };
    facts.iter().all(live) && facts.iter().all(|facts| facts.unconfirmed.is_none())
}

/// Whether a commit is live on every host, and what made it so came to its end. `records` are each host's newest
/// operation; releases of Garment 0.5 have none.
pub(super) fn is_done(facts: &[HostFacts], commit: &CommitId, records: &[Vec<Recorded>]) -> bool {
    let is_over = |last: &Merged<'_>| last.ending() == Some(Ending::Done);
    is_live(facts, commit) && merge(records).first().is_none_or(is_over)
}

/// The same, asking hosts for their records only if the commit is live. What can't be read is not taken for well.
pub(super) async fn is_done_by_now(
    fleet: &mut Fleet,
    environment: &Environment,
    facts: &[HostFacts],
    commit: &CommitId,
) -> bool {
    if !is_live(facts, commit) {
        return false;
    }
    let records = read_records(fleet, environment, 1, false).await;
    let records: Result<Vec<_>, _> = records.into_iter().collect();
    records.is_ok_and(|records| is_done(facts, commit, &records))
}
