//! What went wrong, host by host; what went wrong alike on several is shown once.

use garment_core::event::{Failure, HostName, HostOutcome, Outcome, Phase, Problem, Progress};
use indexmap::IndexMap;

use super::look::{Look, Tone};
use super::record::{count, name};
use super::width::width;
use super::{clean, exit};

/// So many different failures are shown in full; of those beyond, one line.
const IN_FULL: usize = 5;

/// Lists of names are broken at this column.
const COLUMNS: usize = 100;

/// A paragraph for each problem and each failure.
pub(super) fn paragraphs(outcome: &Outcome, look: Look) -> Vec<Vec<String>> {
    let mut paragraphs: Vec<_> = outcome.problems.iter().map(|problem| of_problem(problem, look)).collect();
    let mut kinds: IndexMap<String, Vec<&HostOutcome>> = IndexMap::new();
    for host in &outcome.hosts {
        if let Some(kind) = kind(&host.progress) {
            kinds.entry(kind).or_default().push(host);
        }
    }
    let kinds: Vec<Vec<&HostOutcome>> = kinds.into_values().collect();
    paragraphs.extend(kinds.iter().take(IN_FULL).map(|kind| in_full(kind, look)));
    let rest: Vec<_> = kinds.iter().skip(IN_FULL).flatten().map(|host| in_brief(host, look)).collect();
    if !rest.is_empty() {
        paragraphs.push(rest);
    }
    paragraphs
}

/// All there is to say of trouble but the host's name, as one text to compare; `None` where there is none.
fn kind(progress: &Progress) -> Option<String> {
    match progress {
        Progress::Unreachable(problem) | Progress::Unfit(problem) => {
            Some(format!("{} {problem:?}", title(progress)))
        }
        Progress::Failed(failure) | Progress::Lost(failure) => {
            let Failure { host: _, task, step, exit, problem, tail } = failure;
            Some(format!("{} {task:?} {step:?} {exit:?} {problem:?} {tail:?}", title(progress)))
        }
        _ => None,
    }
}

fn of_problem(problem: &Problem, look: Look) -> Vec<String> {
    let what = clean::lines(&problem.what).map(|line| look.paint(Tone::Bad, &line));
    what.chain(clean::lines(&problem.remedy).map(|line| format!("  {line}"))).collect()
}

fn title(progress: &Progress) -> String {
    match progress {
        Progress::Failed(failure) => format!("{} failed", name(&failure.task)),
        Progress::Lost(failure) => {
            format!("{}: how it went is not known", name(&failure.task))
        }
        Progress::Unfit(_) => "refused".to_owned(),
        _ => "not reachable".to_owned(),
    }
}

fn in_full(kind: &[&HostOutcome], look: Look) -> Vec<String> {
    let progress = &kind[0].progress;
    let hosts: Vec<_> = kind.iter().map(|host| &host.host).collect();
    let title = title(progress);
    let mut lines = Vec::new();
    if let [host] = hosts[..] {
        lines.push(look.paint(Tone::Bad, &format!("{}: {title}", clean::text(host))));
    } else {
        lines.push(look.paint(Tone::Bad, &format!("{}: {title}", count(hosts.len()))));
        lines.extend(names(&hosts).into_iter().map(|line| format!("  {line}")));
    }
    match progress {
        Progress::Unreachable(problem) | Progress::Unfit(problem) => {
            lines.extend(clean::lines(&problem.what).map(|line| format!("  {line}")));
            lines.extend(clean::lines(&problem.remedy).map(|line| format!("  {line}")));
        }
        Progress::Failed(failure) | Progress::Lost(failure) => lines.extend(of_failure(failure, look)),
        _ => {}
    }
    lines
}

fn of_failure(failure: &Failure, look: Look) -> Vec<String> {
    let users = matches!(failure.task.phase, Phase::Stage(_));
    let mut lines = Vec::new();
    for (i, line) in clean::lines(&failure.step.text).enumerate() {
        let mark = if !users {
            ""
        } else if i == 0 {
            "$ "
        } else {
            "> "
        };
        lines.push(format!("  {}", look.paint(Tone::Strong, &format!("{mark}{line}"))));
    }
    let place = match failure.step.of {
        of if users && of > 1 => format!("command {} of {of}: ", failure.step.index + 1),
        _ => String::new(),
    };
    match (failure.exit, &failure.problem) {
        (Some(exit), None) => lines.push(format!("  {place}{}", exit::words(exit))),
        (Some(exit), Some(_)) => lines.push(format!("  {place}{}", exit::words_of_known(exit))),
        (None, Some(_)) => {}
        (None, None) => lines.push(format!("  {place}how it ended is not known")),
    }
    if let Some(problem) = &failure.problem {
        lines.extend(
            clean::lines(&problem.what).chain(clean::lines(&problem.remedy)).map(|line| format!("  {line}")),
        );
    }
    if !failure.tail.is_empty() {
        lines.push("  its last lines of output:".to_owned());
    } else if failure.problem.is_none() {
        lines.push("  it printed nothing".to_owned());
    }
    let bar = look.paint(Tone::Faint, "|");
    lines.extend(failure.tail.iter().map(|(_, line)| format!("  {bar} {}", clean::output(line, look.color))));
    lines
}

fn in_brief(host: &HostOutcome, look: Look) -> String {
    let why = match &host.progress {
        Progress::Unreachable(problem) => clean::lines(&problem.what).next(),
        Progress::Failed(failure) if failure.exit.is_some() => exit::of(failure),
        Progress::Failed(failure) | Progress::Lost(failure) => {
            failure.problem.as_ref().and_then(|problem| clean::lines(&problem.what).next())
        }
        _ => None,
    };
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    format!(
        "{}{why}",
        look.paint(Tone::Bad, &format!("{}: {}", clean::text(&host.host), title(&host.progress)))
    )
}

/// Every name, in as many lines as it takes.
fn names(hosts: &[&HostName]) -> Vec<String> {
    let mut lines = vec![String::new()];
    for host in hosts {
        let host = clean::text(host);
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = host,
            Some(line) if width(line) + 2 + width(&host) <= COLUMNS => {
                line.push_str(", ");
                line.push_str(&host);
            }
            Some(line) => {
                line.push(',');
                lines.push(host);
            }
            None => {}
        }
    }
    lines
}
