//! What to do next: commands to paste.

use garment_core::event::{Operation, Outcome, Verdict};
use garment_core::model::ReleaseName;

use super::clean;
use super::fates::leads_there;
use super::invocation::invocation;
use super::look::{Look, Tone};
use super::moves::Moves;
use super::table::{Cell, Table};

/// The lines; none when there is nothing to do.
pub(super) fn lines(outcome: &Outcome, moves: &Moves, look: Look, config: Option<&str>) -> Vec<String> {
    let garment = |verb, more| invocation(verb, &outcome.environment, more, config);
    let list = ("look", garment("list", None));
    // A rollback without a name, given again, might go further back than the first.
    let same = match &outcome.release {
        Some(release) if outcome.operation == Operation::Rollback => {
            garment("rollback", Some(release.as_str()))
        }
        _ => "the same command again".to_owned(),
    };
    let again = |how: &str| ("go on", format!("{same}  ({how})"));
    let mended = "once that is mended";
    let before = moves
        .before()
        .filter(|before| ReleaseName::parse(before).is_some_and(|before| outcome.release != Some(before)));
    let back = before.map(|before| ("go back", garment("rollback", Some(before))));
    let any_there = outcome.hosts.iter().any(|host| leads_there(outcome, &host.current));
    let deploy = outcome.operation == Operation::Deploy;
    let steps: Vec<(&str, String)> = match outcome.verdict {
        Verdict::Done if deploy => back.into_iter().collect(),
        Verdict::Done | Verdict::Refused | Verdict::Locked => Vec::new(),
        Verdict::Unreachable => vec![("look", garment("check", None)), again(mended)],
        Verdict::Interrupted if !any_there => vec![list, again("it starts afresh")],
        Verdict::Interrupted | Verdict::LiveButFailed if deploy => {
            [list].into_iter().chain(back).chain([again("it makes a new release")]).collect()
        }
        // The release is current, and a rollback to the current one is refused.
        Verdict::Interrupted | Verdict::LiveButFailed => {
            vec![list, ("go on", "do what is left of the `after` tasks by hand".to_owned())]
        }
        Verdict::Mixed if deploy => {
            let again = again("once that is mended: one new release everywhere");
            [list, again].into_iter().chain(back).collect()
        }
        Verdict::Stopped | Verdict::Mixed => vec![list, again(mended)],
    };
    if outcome.verdict == Verdict::Done {
        return steps.iter().map(|(what, command)| format!("to {what}: {}", clean::text(command))).collect();
    }
    let mut table = Table::new(&[]);
    for (what, command) in steps {
        table.row([what.into(), Cell::new(Tone::Strong, &command)]);
    }
    let mut lines: Vec<_> = table.lines(look).into_iter().map(|line| format!("  {line}")).collect();
    if !lines.is_empty() {
        lines.insert(0, "what next:".to_owned());
    }
    lines
}
