use std::collections::BTreeMap;

use garment_core::engine::{self, Inspected};
use garment_core::model::{Environment, HostFacts, Occupant, ReleaseName, State};
use garment_core::plan::{Merged, merge};
use garment_core::remote::{Holder, Recorded, Standing};
use jiff::Timestamp;
use jiff::tz::TimeZone;

mod drift;

use super::operation;
use crate::args;
use crate::context::Context;
use crate::exit_code;
use crate::report::{Cell, Look, Table, Tone, ago, clean, invocation, say};

type Found = Inspected<(HostFacts, Standing, Vec<Recorded>)>;

/// `garment status ENV`
pub(crate) fn status(context: &Context, args: &args::Environment) -> u8 {
    let environment = match context.fleet(&args.environment) {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    let Some(hosts) = context.work(false, async |means| engine::status(&environment, means).await) else {
        return exit_code::INTERRUPTED;
    };
    let config = context.common.config.as_ref().map(|path| path.display().to_string());
    let telling = Telling {
        environment: &environment,
        config: config.as_deref(),
        now: Timestamp::now(),
        zone: TimeZone::system(),
        look: context.look(),
    };
    let seen = Seen::of(&hosts);
    say::lines(telling.lines(&hosts, &seen));
    code(&hosts, &seen)
}

/// The hosts that could be looked at.
struct Seen<'a>(Vec<(&'a str, &'a HostFacts, &'a Standing)>);

impl<'a> Seen<'a> {
    fn of(hosts: &'a [Found]) -> Self {
        let seen = hosts.iter().filter_map(|host| {
            let (facts, standing, _) = host.found.as_ref().ok()?;
            Some((&*host.host, facts, standing))
        });
        Self(seen.collect())
    }

    /// Whether `current` is the same on all of them.
    fn agree(&self) -> bool {
        self.0.iter().all(|(_, facts, _)| {
            facts.current != Occupant::NotASymlink && facts.current == self.0[0].1.current
        })
    }

    fn is_anything_live(&self) -> bool {
        self.0.iter().any(|(_, facts, _)| facts.current != Occupant::Absent)
    }

    fn is_anyone_at_work(&self) -> bool {
        self.0.iter().any(|(_, _, standing)| standing.held.is_some())
    }

    fn is_in_the_way(&self) -> bool {
        self.0.iter().any(|(_, _, standing)| {
            standing.held.is_some() || standing.frozen.is_some() || standing.unconfirmed.is_some()
        })
    }

    /// What each host says, where it says something, with the hosts that say the same.
    fn by<T: Ord>(&self, say: impl Fn(&'a HostFacts, &'a Standing) -> Vec<T>) -> BTreeMap<T, Vec<&'a str>> {
        let mut said: BTreeMap<T, Vec<&str>> = BTreeMap::new();
        for (host, facts, standing) in &self.0 {
            for thing in say(facts, standing) {
                said.entry(thing).or_default().push(host);
            }
        }
        said
    }
}

fn code(hosts: &[Found], seen: &Seen) -> u8 {
    if hosts.iter().any(|host| host.found.is_err()) {
        exit_code::UNREACHABLE
    } else if !seen.agree() {
        exit_code::MIXED
    } else if seen.is_in_the_way() {
        exit_code::LOCKED
    } else {
        exit_code::SUCCESS
    }
}

struct Telling<'a> {
    environment: &'a Environment,
    config: Option<&'a str>,
    now: Timestamp,
    zone: TimeZone,
    look: Look,
}

impl Telling<'_> {
    fn lines(&self, hosts: &[Found], seen: &Seen) -> Vec<String> {
        let look = self.look;
        let mut lines = Vec::new();
        let mut table = Table::new(&["host", "current", "live since", "commit"]);
        for (host, facts, _) in &seen.0 {
            table.row(self.row(host, facts));
        }
        if !table.is_empty() {
            lines = table.lines(look);
        }
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
        if !seen.agree() {
            lines.push(look.paint(Tone::Warn, "The hosts differ in what is current."));
            lines.push(format!("    one release everywhere: {}", self.command("deploy")));
        } else if !seen.0.is_empty() && !seen.is_anything_live() {
            lines.push(format!("Nothing is live yet: {}", self.command("deploy")));
        }
        let drift = self.drift(seen);
        let is_as_it_was_made = drift.is_empty();
        lines.extend(drift);
        lines.extend(self.in_the_way(seen));
        lines.extend(self.unconfirmed(seen));
        let records: Vec<Vec<Recorded>> = hosts
            .iter()
            .map(|host| host.found.as_ref().map(|(_, _, records)| records.clone()).unwrap_or_default())
            .collect();
        // The newest one alone can be gone on with.
        let operations = merge(&records);
        let begun = operations.first().filter(|last| last.is_unfinished() && !seen.is_anyone_at_work());
        lines.extend(begun.iter().flat_map(|last| self.begun(last, hosts)));
        lines.extend(self.unfinished(seen, begun));
        if code(hosts, seen) == exit_code::SUCCESS && seen.is_anything_live() && is_as_it_was_made {
            let agree = if hosts.len() > 1 { "All hosts agree, and nothing" } else { "Nothing" };
            lines.push(format!("{} {agree} is in the way.", look.good()));
        }
        lines
    }

    fn row(&self, host: &str, facts: &HostFacts) -> Vec<Cell> {
        let name = Cell::new(Tone::Name, host);
        match &facts.current {
            Occupant::Absent => vec![name, "nothing live yet".into()],
            Occupant::NotASymlink => vec![name, Cell::new(Tone::Bad, "`current` is not a symlink")],
            Occupant::Elsewhere(path) => {
                vec![name, Cell::new(Tone::Warn, &format!("`current` leads to {path}"))]
            }
            Occupant::Release(release) => {
                let known = facts.releases.get(release);
                let since = known.filter(|of| of.state == Some(State::Live)).and_then(|of| of.live_since);
                let commit = known.and_then(|of| of.commit.as_deref());
                vec![
                    name,
                    Cell::new(Tone::Good, release.as_str()),
                    self.since(since).into(),
                    commit.unwrap_or(release.commit_short()).into(),
                ]
            }
        }
    }

    fn since(&self, since: Option<i64>) -> String {
        let at = since.and_then(|since| Timestamp::from_second(since).ok());
        at.map_or_else(String::new, |at| {
            format!("{} ({})", at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M"), ago(at, self.now))
        })
    }

    /// Who is at work, and who wants nobody to be.
    fn in_the_way(&self, seen: &Seen) -> Vec<String> {
        let mut lines = Vec::new();
        let facts = |holder: &Holder| (holder.by.clone(), holder.since, holder.doing.clone());
        for ((by, since, doing), hosts) in seen.by(|_, standing| standing.held.iter().map(facts).collect()) {
            let text = format!("{} is at work{}: {doing}", somebody(&by), self.after(" since ", since));
            lines.push(self.look.paint(Tone::Warn, &clean::text(&text)) + &on(&hosts, seen));
        }
        for ((by, since, why), hosts) in seen.by(|_, standing| standing.frozen.iter().map(facts).collect()) {
            let text = format!("Locked by {}{}: {why}", somebody(&by), self.after(" since ", since));
            lines.push(self.look.paint(Tone::Warn, &clean::text(&text)) + &on(&hosts, seen));
            lines.push(format!("    once that is over: {}", self.command("unlock")));
        }
        lines
    }

    /// Switches that nobody at work is going to confirm.
    fn unconfirmed(&self, seen: &Seen) -> Vec<String> {
        let waiting = seen.by(|_, standing| {
            let unconfirmed = standing.unconfirmed.iter().filter(|_| standing.held.is_none());
            unconfirmed
                .map(|waiting| {
                    (&waiting.release, waiting.until.is_some_and(|until| until >= self.now.as_second()))
                })
                .collect()
        });
        let mut lines = Vec::new();
        for ((release, waits), hosts) in waiting {
            let text = if waits {
                format!("The switch to {release} is not confirmed, and is about to be taken back")
            } else {
                format!("The switch to {release} was never confirmed, and is not taken back yet")
            };
            lines.push(self.look.paint(Tone::Warn, &text) + &on(&hosts, seen));
            if !waits {
                lines.push(format!("    the next deploy does that first: {}", self.command("deploy")));
            }
        }
        lines
    }

    fn after(&self, words: &str, since: Option<i64>) -> String {
        since.map_or_else(String::new, |since| format!("{words}{}", self.since(Some(since))))
    }

    /// The operation that can be gone on with.
    fn begun(&self, last: &Merged, hosts: &[Found]) -> Vec<String> {
        let info = last.info();
        let what = info.map_or_else(|| last.id.to_string(), operation::in_words);
        let by = info.map_or("somebody", |info| somebody(&info.by));
        let began = self.after(" ", info.and_then(|info| Some(info.began?.as_second())));
        let how = operation::unfinished(last.ending());
        let on: Vec<&str> = last.on.iter().map(|(host, _)| &*hosts[*host].host).collect();
        let on = if on.len() == hosts.len() { String::new() } else { format!(" (on {})", on.join(", ")) };
        let text = format!("{what} was begun by {by}{began} and {how}{on}");
        vec![
            self.look.paint(Tone::Warn, &clean::text(&text)),
            format!("    to go on: {}", self.command("resume")),
            format!("    to give it up: {}", self.command("abandon")),
        ]
    }

    /// What was begun and is not at work any more, where nothing but the release says so.
    fn unfinished(&self, seen: &Seen, begun: Option<&Merged>) -> Vec<String> {
        // It may be what is at work elsewhere.
        if seen.is_anyone_at_work() {
            return Vec::new();
        }
        let told = begun.and_then(|last| Some(&last.info()?.release));
        let begun = seen.by(|facts, standing| {
            let newer = |release: &ReleaseName| facts.current_release().is_none_or(|at| release > at);
            let begun =
                standing.begun.iter().filter(|begun| newer(&begun.release) && Some(&begun.release) != told);
            begun.map(|begun| (&begun.release, begun.by.as_str())).collect()
        });
        let mut lines: Vec<String> = begun
            .iter()
            .map(|((release, by), hosts)| {
                let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
                clean::text(&format!("{release} was begun{by} and never finished")) + &on(hosts, seen)
            })
            .collect();
        if !lines.is_empty() {
            lines.push(format!("    to start afresh: {}", self.command("deploy")));
        }
        lines
    }

    fn command(&self, verb: &str) -> String {
        self.command_for(verb, None)
    }

    fn command_for(&self, verb: &str, release: Option<&str>) -> String {
        let command = invocation(verb, &self.environment.name, release, self.config);
        self.look.paint(Tone::Strong, &clean::text(&command))
    }
}

pub(super) fn somebody(by: &str) -> &str {
    if by.is_empty() { "somebody" } else { by }
}

/// Which hosts a line is about, where it isn't all of them.
fn on(hosts: &[&str], seen: &Seen) -> String {
    if hosts.len() == seen.0.len() {
        String::new()
    } else {
        format!(" (on {})", clean::text(&hosts.join(", ")))
    }
}
