use std::collections::BTreeSet;

use crate::model::{Environment, HostFacts, ReleaseName};

/// Per host: the releases that go once `new` is live everywhere.
pub(super) fn prunes(
    environment: &Environment,
    facts: &[HostFacts],
    new: &ReleaseName,
) -> Vec<Vec<ReleaseName>> {
    let all: Vec<&HostFacts> = facts.iter().collect();
    let target = rollback_target(&all, new);
    facts.iter().map(|facts| superfluous(facts, new, environment.keep_releases, target.as_ref())).collect()
}

/// The releases that a host need not keep once `new` is live on it.
///
/// Good ones: the newest `keep` stay, `new` included. Those that failed or were rolled back from take none of these
/// places; the newest of them stays, to be looked at. `target`, which a rollback would go to, stays in any case, and so
/// does what people pinned. Names newer than `new` are left alone: a clock is wrong somewhere, and that is no reason to
/// delete.
fn superfluous(
    facts: &HostFacts,
    new: &ReleaseName,
    keep: u32,
    target: Option<&ReleaseName>,
) -> Vec<ReleaseName> {
    let older = || facts.releases.iter().rev().filter(|(name, _)| *name < new);
    let keep = usize::try_from(keep).unwrap_or(usize::MAX).saturating_sub(1);
    // What is live now will have been replaced by then: it is the good release that people go back to.
    let is_good = |name: &ReleaseName, good: bool| good || facts.current_release() == Some(name);
    let good = older().filter(|(name, release)| is_good(name, release.is_good())).skip(keep);
    let failed = older().filter(|(name, release)| !is_good(name, release.is_good())).skip(1);
    let mut names: Vec<ReleaseName> = good
        .chain(failed)
        .filter(|(name, release)| !release.pinned && Some(*name) != target)
        .map(|(name, _)| name.clone())
        .collect();
    names.sort_unstable();
    names
}

/// The newest good release older than `current` that every host has: where a rollback without a name goes.
pub(super) fn rollback_target(hosts: &[&HostFacts], current: &ReleaseName) -> Option<ReleaseName> {
    let good_on = |facts: &HostFacts| -> BTreeSet<ReleaseName> {
        let releases = facts.releases.iter();
        releases
            .filter(|(name, release)| *name < current && release.is_good())
            .map(|(name, _)| name.clone())
            .collect()
    };
    let (first, rest) = hosts.split_first()?;
    let rest: Vec<_> = rest.iter().map(|facts| good_on(facts)).collect();
    good_on(first).into_iter().rev().find(|name| rest.iter().all(|names| names.contains(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Occupant, ReleaseFacts, State};

    fn name(day: u32) -> ReleaseName {
        ReleaseName::parse(&format!("202601{day:02}T000000-4634f44")).unwrap()
    }

    /// Days on which releases were made and what became of them; the live one is current.
    fn facts(releases: &[(u32, Option<State>)]) -> HostFacts {
        let mut facts = HostFacts::default();
        for (day, state) in releases {
            facts.releases.insert(name(*day), ReleaseFacts { state: *state, ..ReleaseFacts::default() });
            if *state == Some(State::Live) {
                facts.current = Occupant::Release(name(*day));
            }
        }
        facts
    }

    const GOOD: Option<State> = Some(State::Replaced);
    const LIVE: Option<State> = Some(State::Live);
    const FAILED: Option<State> = Some(State::Failed);
    const BACK: Option<State> = Some(State::RolledBack);

    fn days(names: &[ReleaseName]) -> Vec<u32> {
        names.iter().map(|name| name.as_str()[6..8].parse().unwrap()).collect()
    }

    #[test]
    fn failed_ones_take_no_places_and_only_the_newest_of_them_stays() {
        let host =
            facts(&[(1, GOOD), (2, FAILED), (3, GOOD), (4, FAILED), (5, LIVE), (6, FAILED), (7, BACK)]);
        assert_eq!(days(&superfluous(&host, &name(9), 3, Some(&name(5)))), [1, 2, 4, 6]);
        assert_eq!(days(&superfluous(&host, &name(9), 1, Some(&name(5)))), [1, 2, 3, 4, 6]);
        assert_eq!(days(&superfluous(&host, &name(9), 1, None)), [1, 2, 3, 4, 5, 6]);
        assert_eq!(days(&superfluous(&host, &name(9), 10, None)), [2, 4, 6]);
    }

    #[test]
    fn what_is_pinned_stays_and_takes_no_place_from_others() {
        let mut host = facts(&[(1, GOOD), (2, FAILED), (3, None), (4, GOOD), (5, FAILED), (6, LIVE)]);
        for day in [1, 2, 3] {
            host.releases.get_mut(&name(day)).unwrap().pinned = true;
        }
        assert_eq!(days(&superfluous(&host, &name(9), 2, None)), [4]);
        assert_eq!(days(&superfluous(&host, &name(9), 3, None)), [0; 0]);
        host.releases.get_mut(&name(3)).unwrap().pinned = false;
        assert_eq!(days(&superfluous(&host, &name(9), 3, None)), [3]);
    }

    #[test]
    fn newer_names_and_those_from_before_there_was_state_are_left_alone() {
        let host = facts(&[(1, None), (2, None), (3, LIVE), (20, FAILED), (21, FAILED)]);
        assert_eq!(days(&superfluous(&host, &name(9), 3, Some(&name(3)))), [1]);
    }

    #[test]
    fn a_rollback_goes_to_what_all_hosts_have_and_nobody_gave_up() {
        let one = facts(&[(1, GOOD), (2, GOOD), (3, GOOD), (4, BACK), (5, FAILED), (6, LIVE)]);
        let two = facts(&[(1, None), (2, GOOD), (6, LIVE)]);
        assert_eq!(rollback_target(&[&one, &two], &name(6)), Some(name(2)));
        assert_eq!(rollback_target(&[&one], &name(6)), Some(name(3)));
        assert_eq!(rollback_target(&[&one, &two], &name(2)), Some(name(1)));
        assert_eq!(rollback_target(&[&one, &two], &name(1)), None);
    }
}
