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
    // What was planned is recorded on the hosts.
    let resume = |how: &str| {
        let how = if how.is_empty() { String::new() } else { format!("  ({how})") };
        ("go on", garment("resume", None) + &how)
    };
    let afresh = || match outcome.operation {
        Operation::Deploy => ("afresh", format!("{same}  (it makes a new release)")),
        Operation::Rollback => ("afresh", same.clone()),
        Operation::Resume => ("give up", garment("abandon", None)),
    };
    let before = moves
        .before()
        .filter(|before| ReleaseName::parse(before).is_some_and(|before| outcome.release != Some(before)));
    let back = before.map(|before| ("go back", garment("rollback", Some(before))));
    let deploy = outcome.kind() == Operation::Deploy;
    let back = back.filter(|_| deploy);
    let is_begun = outcome.release.is_some();
    let steps: Vec<(&str, String)> = match outcome.verdict {
        Verdict::Done => back.into_iter().collect(),
        Verdict::Unchanged | Verdict::Refused | Verdict::Locked => Vec::new(),
        Verdict::Unreachable => vec![("look", garment("check", None)), again(mended)],
        Verdict::Interrupted if !is_begun => vec![list, again("it starts afresh")],
        Verdict::Stopped if !is_begun => vec![list, again(mended)],
        Verdict::Interrupted => {
            let back = back.filter(|_| outcome.hosts.iter().any(|host| leads_there(outcome, &host.current)));
            [list, resume("")].into_iter().chain(back).chain([afresh()]).collect()
        }
        // Those that had switched went back.
        Verdict::Stopped => vec![list, resume(mended), afresh()],
        Verdict::LiveButFailed if outcome.operation == Operation::Rollback => vec![list, resume(mended)],
        Verdict::LiveButFailed | Verdict::Mixed => {
            [list, resume(mended)].into_iter().chain(back).chain([afresh()]).collect()
        }
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
