use std::collections::BTreeMap;

use garment_core::engine::{self, Inspected};
use garment_core::model::{Environment, HostFacts, Occupant, ReleaseFacts, ReleaseName, State};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::args;
use crate::context::Context;
use crate::exit_code;
use crate::report::{Cell, Look, Table, Tone, ago, clean, say};

type Found = Inspected<HostFacts>;

/// `garment list ENV`
pub(crate) fn list(context: &Context, args: &args::Environment) -> u8 {
    let environment = match context.fleet(&args.environment) {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    let Some(hosts) = context.work(false, async |means| engine::survey(&environment, means).await) else {
        return exit_code::INTERRUPTED;
    };
    say::lines(listing(&environment, &hosts, Timestamp::now(), &TimeZone::system(), context.look()));
    if hosts.iter().any(|host| host.found.is_err()) { exit_code::UNREACHABLE } else { exit_code::SUCCESS }
}

fn listing(
    environment: &Environment,
    hosts: &[Found],
    now: Timestamp,
    zone: &TimeZone,
    look: Look,
) -> Vec<String> {
    let seen: Vec<(&str, &HostFacts)> =
        hosts.iter().filter_map(|host| Some((&*host.host, host.found.as_ref().ok()?))).collect();
    let mut names: Vec<&ReleaseName> = seen.iter().flat_map(|(_, facts)| facts.releases.keys()).collect();
    names.sort_unstable();
    names.dedup();

    let complete = |facts: &HostFacts| names.iter().all(|name| facts.releases.contains_key(*name));
    let mut titles = vec!["", "release", "made", "commit", "by", "state"];
    if !seen.iter().all(|(_, facts)| complete(facts)) {
        titles.push("missing on");
    }
    let mut table = Table::new(&titles);
    for name in names.iter().rev() {
        table.row(row(name, &seen, now, zone));
    }
    let mut lines = Vec::new();
    if table.is_empty() && !seen.is_empty() {
        lines.push(format!(
            "No releases of {} yet: make one with `garment deploy`.",
            clean::text(&environment.name)
        ));
    } else if !table.is_empty() {
        lines = table.lines(look);
    }
    lines.extend(currents(&seen, look));
    for host in hosts {
        if let Err(problem) = &host.found {
            let name = look.paint(Tone::Name, &clean::text(&host.host));
            let what = look.paint(Tone::Bad, &clean::text(&problem.what));
            lines.push(format!("{} {name}: {what}", look.bad()));
            lines.extend(
                (!problem.remedy.is_empty()).then(|| format!("    {}", clean::text(&problem.remedy))),
            );
        }
    }
    lines
}

fn row(name: &ReleaseName, seen: &[(&str, &HostFacts)], now: Timestamp, zone: &TimeZone) -> Vec<Cell> {
    let on: Vec<_> =
        seen.iter().filter_map(|(host, facts)| Some((*host, *facts, facts.releases.get(name)?))).collect();
    let current = on.iter().filter(|(_, facts, _)| facts.current_release() == Some(name)).count();
    let missing: Vec<&str> =
        seen.iter().filter(|(_, facts)| !facts.releases.contains_key(name)).map(|(host, _)| *host).collect();
    let made = name.made_at().map_or(String::new(), |at| {
        format!("{} ({})", at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M"), ago(at, now))
    });
    let by = on.iter().find_map(|(_, _, facts)| facts.by.as_deref()).or(name.made_by());
    let tone = if current > 0 { Tone::Good } else { Tone::Plain };
    vec![
        Cell::new(tone, if current > 0 { "*" } else { " " }),
        Cell::new(tone, name.as_str()),
        made.into(),
        name.commit_short().into(),
        by.unwrap_or("").into(),
        state(&on.iter().map(|(host, _, facts)| (*host, state_words(facts))).collect::<Vec<_>>()).into(),
        Cell::new(Tone::Warn, &missing.join(", ")),
    ]
}

fn state_words(release: &ReleaseFacts) -> String {
    // Releases that Garment 0.5 made have no state.
    let state = release.state.map_or("adopted", State::word);
    if release.pinned { format!("{state}, pinned") } else { state.to_owned() }
}

/// One word where the hosts agree, else who says what.
fn state(said: &[(&str, String)]) -> String {
    let mut by_word: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (host, word) in said {
        by_word.entry(word).or_default().push(host);
    }
    match by_word.len() {
        1 => said[0].1.clone(),
        _ => by_word
            .iter()
            .map(|(word, hosts)| format!("{word} on {}", hosts.join(", ")))
            .collect::<Vec<_>>()
            .join("; "),
    }
}

/// A line where `current` is not one of the listed releases, or not the same everywhere.
fn currents(seen: &[(&str, &HostFacts)], look: Look) -> Vec<String> {
    let mut lines = Vec::new();
    let mut first: Option<&Occupant> = None;
    let mut differ = false;
    for (host, facts) in seen {
        differ |= *first.get_or_insert(&facts.current) != &facts.current;
        match &facts.current {
            Occupant::Elsewhere(path) => {
                lines.push(format!("{}: `current` leads to {}", clean::text(host), clean::text(path)));
            }
            Occupant::NotASymlink => {
                lines.push(format!("{}: `current` is not a symlink", clean::text(host)));
            }
            Occupant::Absent | Occupant::Release(_) => {}
        }
    }
    if differ {
        lines.push(look.paint(Tone::Warn, "Hosts differ in what is current:"));
        for (host, facts) in seen {
            let current = facts.current_release().map_or("no release".to_owned(), ToString::to_string);
            lines.push(format!("  {}  {current}", clean::text(host)));
        }
    }
    lines
}
