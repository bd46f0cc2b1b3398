//! What state every host is in.

use garment_core::event::{Current, HostOutcome, Outcome, Progress};
use indexmap::IndexMap;

use super::look::{Look, Tone};
use super::record::{count, name};
use super::table::{Cell, Table};

/// Up to so many hosts each have a row.
const EACH: usize = 12;

/// Beyond that, hosts that are alike share a row, unless they are so few.
const FEW: usize = 3;

/// The table, one row a host, or a row for many that are alike.
pub(super) fn table(outcome: &Outcome, look: Look) -> Vec<String> {
    let mut table = Table::new(&["host", "current", "how far it came"]);
    if outcome.hosts.len() <= EACH {
        for host in &outcome.hosts {
            row(&mut table, &host.host, host, outcome);
        }
        return table.lines(look);
    }
    // Hosts that are alike in what is shown of them.
    let mut kinds: IndexMap<(String, String), Vec<&HostOutcome>> = IndexMap::new();
    for host in &outcome.hosts {
        kinds.entry((current(&host.current), progress(&host.progress).0)).or_default().push(host);
    }
    let mut kinds: Vec<Vec<&HostOutcome>> = kinds.into_values().collect();
    // The exceptions first: they are what people look for.
    kinds.sort_by_key(Vec::len);
    for kind in kinds {
        if kind.len() <= FEW {
            for host in kind {
                row(&mut table, &host.host, host, outcome);
            }
        } else {
            row(&mut table, &count(kind.len()), kind[0], outcome);
        }
    }
    table.lines(look)
}

/// Whether this is where the operation wanted `current` to lead.
pub(super) fn leads_there(outcome: &Outcome, current: &Current) -> bool {
    match (current, &outcome.release) {
        (Current::Leads(to), Some(release)) => release.as_str() == to,
        _ => false,
    }
}

fn row(table: &mut Table, title: &str, host: &HostOutcome, outcome: &Outcome) {
    let tone = match &host.current {
        Current::Leads(to) if outcome.release.as_ref().is_some_and(|release| release.as_str() == to) => {
            Tone::Good
        }
        Current::Unknown | Current::NotASymlink => Tone::Warn,
        _ => Tone::Plain,
    };
    let (progress, tone_of_progress) = progress(&host.progress);
    table.row([
        Cell::new(Tone::Name, title),
        Cell::new(tone, &current(&host.current)),
        Cell::new(tone_of_progress, &progress),
    ]);
}

fn current(current: &Current) -> String {
    match current {
        Current::Unknown => "not known".to_owned(),
        Current::Absent => "none".to_owned(),
        Current::Leads(to) => to.clone(),
        Current::NotASymlink => "not a symlink".to_owned(),
    }
}

fn progress(progress: &Progress) -> (String, Tone) {
    match progress {
        Progress::Untouched => ("nothing was done there".to_owned(), Tone::Plain),
        Progress::Unreachable(_) => ("not reachable".to_owned(), Tone::Bad),
        Progress::Unfit(_) => ("in no state for it: nothing was done there".to_owned(), Tone::Bad),
        Progress::WentBack => ("switched, then went back".to_owned(), Tone::Warn),
        Progress::Through(task) => (format!("did all up to {}", name(task)), Tone::Plain),
        Progress::Failed(failure) => (format!("failed in {}", name(&failure.task)), Tone::Bad),
        Progress::StoppedIn(task) => (format!("stopped in {}", name(task)), Tone::Warn),
        Progress::Lost(failure) => (format!("not known how {} went", name(&failure.task)), Tone::Bad),
        Progress::Complete => ("did everything".to_owned(), Tone::Good),
    }
}
