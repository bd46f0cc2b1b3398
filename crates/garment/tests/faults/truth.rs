//! Holds what garment says against what is so.

use std::collections::BTreeMap;

use garment_testing::Outcome;

use crate::bed::Bed;
use crate::case::Op;

/// The exit codes that are documented, but for 2: nothing of what the suite does is anybody's mistake.
const CODES: [i32; 7] = [0, 3, 4, 5, 6, 7, 130];

/// The exit code and the final report say what is so on the hosts. `new` tells whether a release is the one that the
/// operation was to make current.
pub(crate) fn told(
    bed: &Bed,
    outcome: &Outcome,
    op: Op,
    before: &BTreeMap<String, String>,
    new: impl Fn(&str) -> bool,
) {
    let code = outcome.status.code().unwrap_or_else(|| panic!("garment died of a signal\n{outcome}"));
    assert!(CODES.contains(&code), "the exit code {code} is not one of {CODES:?}\n{outcome}");
    assert!(outcome.stderr.is_empty(), "there is something on stderr\n{outcome}");
    let currents = bed.currents();
    let all_new = currents.values().all(|current| new(current)) && bed.agreed().is_some();
    let all_old = currents == *before;
    let rows = rows(&outcome.stdout);
    let unknown = rows.values().any(|current| current == "not known");
    let shown = || format!("hosts have {currents:?}, before {before:?}\n{outcome}");
    let holds = match code {
        0 | 5 => all_new,
        3 | 4 | 7 => all_old,
        6 => unknown || bed.agreed().is_none(),
        _ => all_old || all_new,
    };
    assert!(holds, "the exit code {code} is not true: {}", shown());
    for (host, current) in &rows {
        let is = currents.get(host).unwrap_or_else(|| panic!("the report has a host `{host}`\n{outcome}"));
        assert!(current == "not known" || current == is, "what is said of {host} is not true: {}", shown());
    }
    let done = format!("{} production done: {} is live on 3 hosts", start_of_headline(op), currents["web1"]);
    let says_done = outcome.stdout.lines().any(|line| line.starts_with(&done));
    assert_eq!(says_done, code == 0, "code {code}, and `{done}`: {}", shown());
    if outcome.stdout.contains("`current` did not move on any host.") {
        assert!(all_old, "`current` moved: {}", shown());
    }
}

fn start_of_headline(op: Op) -> &'static str {
    match op {
        Op::Deploy => "deploy to",
        Op::Rollback => "rollback of",
    }
}

/// What the report's table says `current` leads to, by host; empty where there is no table.
fn rows(stdout: &str) -> BTreeMap<String, String> {
    let rows =
        stdout.lines().skip_while(|line| !(line.starts_with("host ") && line.contains(" current "))).skip(1);
    rows.take_while(|line| !line.is_empty())
        .map(|line| {
            let mut cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
            (cells.next().unwrap_or_default().to_owned(), cells.next().unwrap_or_default().to_owned())
        })
        .collect()
}

#[test]
fn rows_of_a_report() {
    let text = "deploy failed\n\nhost  current                  how far it came\nweb1  20260101T000000-1234567  switched\nweb2  not known                connection lost\n\nwhat next:\n";
    let expected = [("web1", "20260101T000000-1234567"), ("web2", "not known")];
    assert_eq!(rows(text), expected.map(|(host, current)| (host.to_owned(), current.to_owned())).into());
    assert!(rows("deploy to production done: x is live on 3 hosts\n").is_empty());
}
