use std::time::Duration;

use garment_core::engine::{self, Inspected};
use garment_core::model::{Ending, Environment};
use garment_core::plan::{Merged, merge};
use garment_core::remote::Recorded;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::args;
use crate::context::Context;
use crate::exit_code;
use crate::report::{Cell, Look, Table, Tone, ago, clean, say, span};

type Found = Inspected<Vec<Recorded>>;

/// `garment history ENV`
pub(crate) fn history(context: &Context, args: &args::History) -> u8 {
    let environment = match context.fleet(&args.environment.environment) {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    let looked = context.work(false, async |means| engine::history(&environment, args.limit, means).await);
    let Some(hosts) = looked else { return exit_code::INTERRUPTED };
    say::lines(lines(
        &environment,
        &hosts,
        args.limit,
        Timestamp::now(),
        &TimeZone::system(),
        context.look(),
    ));
    if hosts.iter().any(|host| host.found.is_err()) { exit_code::UNREACHABLE } else { exit_code::SUCCESS }
}

fn lines(
    environment: &Environment,
    hosts: &[Found],
    limit: u32,
    now: Timestamp,
    zone: &TimeZone,
    look: Look,
) -> Vec<String> {
    let records: Vec<Vec<Recorded>> =
        hosts.iter().map(|host| host.found.as_ref().cloned().unwrap_or_default()).collect();
    let operations = merge(&records);
    let newest = operations.iter().take(usize::try_from(limit).unwrap_or(usize::MAX));
    let rows: Vec<_> = newest.map(|operation| row(operation, hosts, limit, now, zone)).collect();
    let mut titles = vec!["began", "what", "release", "ref", "commit", "by", "how it ended", "took"];
    if rows.iter().any(|row| row.len() > titles.len()) {
        titles.push("hosts");
    }
    let mut table = Table::new(&titles);
    for row in rows {
        table.row(row);
    }
    let mut lines = Vec::new();
    if !table.is_empty() {
        lines = table.lines(look);
    } else if hosts.iter().any(|host| host.found.is_ok()) {
        lines.push(format!("No operation of {} is recorded yet.", clean::text(&environment.name)));
    }
    for host in hosts {
        let name = look.paint(Tone::Name, &clean::text(&host.host));
        match &host.found {
            Err(problem) => {
                let what = look.paint(Tone::Bad, &clean::text(&problem.what));
                lines.push(format!("{} {name}: {what}", look.bad()));
                lines.extend(
                    (!problem.remedy.is_empty()).then(|| format!("    {}", clean::text(&problem.remedy))),
                );
            }
            Ok(records) if records.is_empty() && !operations.is_empty() => {
                lines.push(format!("{name} has no record of any operation"));
            }
            Ok(_) => {}
        }
    }
    lines
}

fn row(operation: &Merged, hosts: &[Found], limit: u32, now: Timestamp, zone: &TimeZone) -> Vec<Cell> {
    let info = operation.info();
    let end = operation.end();
    let began = info.and_then(|info| info.began);
    let when = began.map_or_else(String::new, |at| {
        format!("{} ({})", at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M"), ago(at, now))
    });
    let took = began.zip(end.and_then(|end| end.at)).and_then(|(began, ended)| {
        let seconds = u64::try_from(ended.as_second() - began.as_second()).ok()?;
        // Nobody counted what is smaller.
        Some(if seconds < 60 { format!("{seconds} s") } else { span(Duration::from_secs(seconds)) })
    });
    let (how, tone) = how(operation);
    let mut cells: Vec<Cell> = vec![
        when.into(),
        info.map_or_else(|| operation.id.kind().to_owned(), |info| info.operation.to_string()).into(),
        info.map_or("", |info| info.release.as_str()).into(),
        info.map_or("", |info| info.git_ref.as_str()).into(),
        info.and_then(|info| info.commit.as_ref()).map_or("", |commit| commit.short()).into(),
        info.map_or("", |info| info.by.as_str()).into(),
        Cell::new(tone, &how),
        took.unwrap_or_default().into(),
    ];
    let remarks = remarks(operation, hosts, limit);
    cells.extend((!remarks.is_empty()).then(|| Cell::new(Tone::Warn, &remarks.join("; "))));
    cells
}

fn how(operation: &Merged) -> (String, Tone) {
    let (how, tone) = match operation.ending() {
        Some(Ending::Done) => ("done", Tone::Good),
        Some(Ending::Failed) => ("failed", Tone::Bad),
        Some(Ending::LiveButFailed) => ("failed, live", Tone::Bad),
        Some(Ending::Mixed) => ("failed, hosts may differ", Tone::Bad),
        Some(Ending::Interrupted) => ("stopped", Tone::Warn),
        Some(Ending::Abandoned) => ("abandoned", Tone::Warn),
        None => ("not finished", Tone::Warn),
    };
    let mut how = how.to_owned();
    if let Some(end) = operation.end().filter(|end| end.outcome == Ending::Abandoned) {
        how = format!("{how} by {}", end.by);
    }
    match operation.attempts() {
        0 | 1 => {}
        2 => how.push_str(", resumed once"),
        n => how = format!("{how}, resumed {} times", n - 1),
    }
    (how, tone)
}

/// Hosts that don't say what the others do.
fn remarks(operation: &Merged, hosts: &[Found], limit: u32) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut note = |how: &str, these: Vec<&str>| {
        if !these.is_empty() {
            remarks.push(format!("{how} {}", these.join(", ")));
        }
    };
    // What is older than what was read of a host may be there all the same.
    let lacks = |host: &&Found| {
        let Ok(records) = &host.found else { return false };
        let all_read = records.len() < usize::try_from(limit).unwrap_or(usize::MAX);
        !records.is_empty()
            && !records.iter().any(|recorded| recorded.id == *operation.id)
            && (all_read || records.first().is_some_and(|oldest| oldest.id < *operation.id))
    };
    note("not on", hosts.iter().filter(lacks).map(|host| &*host.host).collect());
    let of = |is: &dyn Fn(&Recorded) -> bool| -> Vec<&str> {
        operation.on.iter().filter(|(_, recorded)| is(recorded)).map(|(at, _)| &*hosts[*at].host).collect()
    };
    let ending = operation.ending();
    if ending.is_some() {
        note("end not written on", of(&|recorded| recorded.end.is_none()));
    }
    note(
        "another end on",
        of(&|recorded| recorded.end.as_ref().is_some_and(|end| Some(end.outcome) != ending)),
    );
    let info = operation.info();
    note("damaged record on", of(&|recorded| recorded.info.is_none()));
    note(
        "another record on",
        of(&|recorded| {
            if recorded.info.is_none() {
                return false;
            }
            let same = |info: &garment_core::remote::Info| (info.release.clone(), info.commit.clone());
            recorded.info.as_ref().map(same) != info.map(same)
        }),
    );
    remarks
}
