//! The last thing that is said: how an operation ended, what went wrong, what state every host is in, and what to do.

use std::fmt::Write as _;
use std::time::Duration;

use garment_core::event::{Current, Operation, Outcome, Phase, Progress, Verdict};

use super::fates::leads_there;
use super::look::{Look, Tone};
use super::moves::Moves;
use super::record::{count, name};
use super::span::span;
use super::{advice, clean, failures, fates};

/// Writes the end of a report; every reporter's is the same.
#[derive(Debug)]
pub(super) struct Ending {
    look: Look,
    config: Option<String>,
}

impl Ending {
    pub(super) fn new(look: Look, config: Option<String>) -> Self {
        Self { look, config }
    }

    pub(super) fn lines(&self, outcome: &Outcome, took: Duration, moves: &Moves) -> Vec<String> {
        let advice = advice::lines(outcome, moves, self.look, self.config.as_deref());
        let title = headline(outcome);
        let took = self.look.paint(Tone::Faint, &format!("({})", span(took)));
        if matches!(outcome.verdict, Verdict::Done | Verdict::Unchanged) {
            let mut lines = vec![format!("{} {took}", self.look.paint(Tone::Good, &title))];
            lines.extend(advice);
            return lines;
        }
        let tone = if outcome.verdict == Verdict::Interrupted { Tone::Warn } else { Tone::Bad };
        let mut lines = vec![String::new(), format!("{} {took}", self.look.paint(tone, &title))];
        if outcome.interrupted && outcome.verdict != Verdict::Interrupted {
            lines.push("It was asked to stop while it ran.".to_owned());
        }
        for paragraph in failures::paragraphs(outcome, self.look) {
            lines.push(String::new());
            lines.extend(paragraph);
        }
        // A refusal has nothing to say of what `current` leads to: nobody looked.
        let changed = outcome.verdict != Verdict::Locked;
        if changed && outcome.hosts.iter().any(|host| host.progress != Progress::Untouched) {
            lines.push(String::new());
            lines.extend(fates::table(outcome, self.look));
            lines.push(String::new());
            lines.push(where_current_leads(outcome));
            lines.extend(what_is_left(outcome));
        } else if !matches!(outcome.verdict, Verdict::Refused | Verdict::Locked) {
            lines.push("Nothing was done on any host.".to_owned());
        }
        if !advice.is_empty() {
            lines.push(String::new());
            lines.extend(advice);
        }
        lines
    }
}

/// How it ended, in a line, clean.
pub(super) fn headline(outcome: &Outcome) -> String {
    let environment = clean::text(&outcome.environment);
    let all = count(outcome.hosts.len());
    let what = match outcome.operation {
        Operation::Deploy => format!("deploy to {environment}"),
        Operation::Rollback => format!("rollback of {environment}"),
        Operation::Resume => format!("resume of {environment}"),
    };
    let release = outcome.release.as_ref().map_or_else(|| "the release".to_owned(), ToString::to_string);
    match outcome.verdict {
        Verdict::Done => format!("{what} done: {release} is live on {all}"),
        Verdict::Unchanged => match &outcome.release {
            Some(release) => format!("nothing to deploy to {environment}: {release} is live on {all}"),
            None => format!("nothing to deploy to {environment}: its commit is live on {all}"),
        },
        Verdict::Refused | Verdict::Locked => format!("{what} refused: nothing was changed"),
        Verdict::Unreachable => {
            let gone =
                outcome.hosts.iter().filter(|host| matches!(host.progress, Progress::Unreachable(_))).count();
            let who = if gone == 0 { "the origin".to_owned() } else { format!("{gone} of {all}") };
            format!("{what} failed: {who} could not be reached, nothing was changed")
        }
        Verdict::Stopped => format!("{what} failed{}", within(outcome)),
        Verdict::LiveButFailed => format!("{what}: live, but it failed{}", within(outcome)),
        Verdict::Mixed => format!("{what} failed{}, and the hosts may differ now", within(outcome)),
        Verdict::Interrupted => format!("{what} stopped, as asked"),
    }
}

/// In which tasks it failed.
fn within(outcome: &Outcome) -> String {
    let mut tasks = Vec::new();
    for host in &outcome.hosts {
        if let Progress::Failed(failure) | Progress::Lost(failure) = &host.progress {
            let task = name(&failure.task);
            if !tasks.contains(&task) {
                tasks.push(task);
            }
        }
    }
    if tasks.is_empty() { String::new() } else { format!(" in {}", tasks.join(" and ")) }
}

fn where_current_leads(outcome: &Outcome) -> String {
    let all = outcome.hosts.len();
    let there = outcome.hosts.iter().filter(|host| leads_there(outcome, &host.current)).count();
    let unknown = outcome.hosts.iter().filter(|host| host.current == Current::Unknown).count();
    let elsewhere = all - there - unknown;
    let stayed = matches!(
        outcome.verdict,
        Verdict::Refused | Verdict::Locked | Verdict::Unreachable | Verdict::Stopped
    );
    let stayed = stayed || (outcome.verdict == Verdict::Interrupted && elsewhere == all);
    let Some(release) = outcome.release.as_ref().filter(|_| !stayed) else {
        if outcome.hosts.iter().any(|host| switched_and_went_back(&host.progress)) {
            return "`current` is where it was before on every host: those that had switched went back."
                .to_owned();
        }
        return "`current` did not move on any host.".to_owned();
    };
    if there == all {
        return format!("`current` leads to {release} on every host.");
    }
    if unknown == all {
        return "What `current` leads to is not known on any host.".to_owned();
    }
    let mut text = if there > 0 {
        format!("`current` leads to {release} on {there} of {}", count(all))
    } else {
        format!("`current` does not lead to {release} on {elsewhere} of {}", count(all))
    };
    if there > 0 && elsewhere > 0 {
        let _ = write!(text, ", and not on {elsewhere}");
    }
    if unknown > 0 {
        let _ = write!(text, "; on {unknown} it is not known");
    }
    text + "."
}

/// Of a host where `current` is as it was before. Only one that has switched is asked to confirm it.
fn switched_and_went_back(progress: &Progress) -> bool {
    match progress {
        Progress::WentBack => true,
        Progress::Failed(failure) | Progress::Lost(failure) => failure.task.phase == Phase::Confirm,
        Progress::Through(task) | Progress::StoppedIn(task) => task.phase == Phase::Confirm,
        Progress::Untouched | Progress::Unreachable(_) | Progress::Unfit(_) | Progress::Complete => false,
    }
}

/// What a failed deploy leaves behind. A release is complete or not there, so only one whose preparation was over is
/// certain.
fn what_is_left(outcome: &Outcome) -> Option<String> {
    let is_before = |phase| matches!(phase, Phase::Deliver | Phase::Prepare);
    let prepared = outcome.hosts.iter().any(|host| match &host.progress {
        Progress::Through(task) | Progress::StoppedIn(task) => !is_before(task.phase),
        Progress::Failed(failure) | Progress::Lost(failure) => !is_before(failure.task.phase),
        Progress::WentBack => true,
        Progress::Untouched | Progress::Unreachable(_) | Progress::Unfit(_) | Progress::Complete => false,
    });
    let left = outcome.verdict == Verdict::Stopped && outcome.kind() == Operation::Deploy && prepared;
    let release = outcome.release.as_ref().filter(|_| left)?;
    Some(format!("{release} is left in the releases folder, to look at."))
}

#[cfg(test)]
mod tests;
