//! How long a deploy takes, warm or the first, with every tool in every case, and the tables of it.

use std::io::Write;
use std::sync::atomic::AtomicBool;

use crate::bed::{Bed, Link};
use crate::cell::{self, Case, Run, rounds, warm_up};
use crate::options::Options;
use crate::problem::Problem;
use crate::spread::Spread;
use crate::table::Table;
use crate::tool::Tool;

/// What one tool took in one case.
struct Measured<'a> {
    tool: &'a Tool,
    case: Case,
    runs: Vec<Run>,
    /// Each run's wall time over that of the floor in the same round, and over garment's.
    ratios: [Option<Spread>; 2],
    peak_kb: u64,
}

/// Measures every case, and writes the tables.
pub(crate) fn measure(
    bed: &mut Bed,
    tools: &[Tool],
    options: &Options,
    stop: &AtomicBool,
    tables: &mut dyn Write,
    progress: &mut dyn Write,
) -> Result<(), Problem> {
    let mut all = Vec::new();
    let ended = cases(bed, tools, options, stop, progress, &mut all);
    // What was measured before something failed took its time, too.
    if ended.is_ok() || !all.is_empty() {
        let kind = if options.first { "First" } else { "Warm" };
        writeln!(tables, "### {kind} deploys of the {} repository\n", bed.repository.name())?;
        writeln!(tables, "{}", table(&all))?;
    }
    ended?;
    if let Some(table) = round_trips(&all, tools, options) {
        writeln!(
            tables,
            "Round trips that a deploy waits for, by what each further millisecond adds to the fastest run:\n\n{table}"
        )?;
    }
    Ok(())
}

fn cases<'a>(
    bed: &mut Bed,
    tools: &'a [Tool],
    options: &Options,
    stop: &AtomicBool,
    progress: &mut dyn Write,
    all: &mut Vec<Measured<'a>>,
) -> Result<(), Problem> {
    for hosts in &options.hosts {
        writeln!(progress, "{}: warming up {}", bed.repository.name(), cell::hosts(*hosts))?;
        let peaks = tools.iter().map(|tool| warm_up(bed, tool, *hosts, options, stop));
        let peaks = peaks.collect::<Result<Vec<u64>, Problem>>()?;
        for round_trip in &options.rtt {
            let link = Link { round_trip: *round_trip, kex: options.kex.clone(), persist: false };
            let case = Case { hosts: *hosts, link };
            let runs = rounds(bed, tools, &case, options, stop, progress)?;
            all.extend(with_ratios(tools, &case, runs, &peaks));
        }
    }
    Ok(())
}

/// What the others are held against.
const BASES: [&str; 2] = ["floor", "garment"];

fn with_ratios<'a>(tools: &'a [Tool], case: &Case, runs: Vec<Vec<Run>>, peaks: &[u64]) -> Vec<Measured<'a>> {
    let bases = BASES.map(|base| tools.iter().position(|tool| tool.name() == base));
    let ratios: Vec<_> = (0..tools.len())
        .map(|own| {
            bases.map(|base| {
                let base = base.filter(|base| *base != own)?;
                let rounds = runs[own].iter().map(seconds).zip(runs[base].iter().map(seconds));
                Spread::of(rounds.map(|(own, base)| own / base))
            })
        })
        .collect();
    let measured = tools.iter().zip(runs).zip(ratios).zip(peaks);
    measured
        .map(|(((tool, runs), ratios), peak_kb)| Measured {
            tool,
            case: case.clone(),
            runs,
            ratios,
            peak_kb: *peak_kb,
        })
        .collect()
}

fn seconds(run: &Run) -> f64 {
    run.usage.wall.as_secs_f64()
}

fn table(all: &[Measured<'_>]) -> Table {
    let mut table = Table::new(&[
        "hosts",
        "RTT ms",
        "",
        "seconds",
        "x floor",
        "x garment",
        "logins",
        "sessions",
        "own CPU ms",
        "with its ssh",
        "own peak MB",
        "ms to connect",
    ]);
    for measured in all {
        let spread = |figure: fn(&Run) -> f64| Spread::of(measured.runs.iter().map(figure));
        let median = |figure: fn(&Run) -> f64, digits: usize| {
            spread(figure).map_or("-".to_owned(), |spread| format!("{:.digits$}", spread.median()))
        };
        let ratio = |ratio: &Option<Spread>| ratio.as_ref().map_or("-".to_owned(), |ratio| ratio.shown(2));
        let connected = measured.runs.iter().filter_map(|run| Some(run.to_connect?.as_secs_f64() * 1000.0));
        let peak = f64::from(u32::try_from(measured.peak_kb).unwrap_or(u32::MAX)) / 1024.0;
        table.row(vec![
            measured.case.hosts.to_string(),
            measured.case.link.round_trip.to_string(),
            measured.tool.name().to_owned(),
            spread(seconds).map_or("-".to_owned(), |spread| spread.shown(3)),
            ratio(&measured.ratios[0]),
            ratio(&measured.ratios[1]),
            median(|run| run.logins, 1),
            median(|run| run.sessions, 1),
            median(|run| run.usage.own_cpu.as_secs_f64() * 1000.0, 0),
            median(|run| run.usage.all_cpu.as_secs_f64() * 1000.0, 0),
            format!("{peak:.1}"),
            Spread::of(connected).map_or("-".to_owned(), |spread| format!("{:.0}", spread.median())),
        ]);
    }
    table
}

/// From the two largest round-trip times: how much more the larger one takes, in round trips. By the fastest run of each,
/// since whatever else the machine does can only add to it.
fn round_trips(all: &[Measured<'_>], tools: &[Tool], options: &Options) -> Option<Table> {
    let mut times = options.rtt.clone();
    times.sort_unstable();
    times.dedup();
    let [.., nearer, farther] = times[..] else { return None };
    let head: Vec<String> = options.hosts.iter().map(|hosts| cell::hosts(*hosts)).collect();
    let head: Vec<&str> = std::iter::once("").chain(head.iter().map(String::as_str)).collect();
    let mut table = Table::new(&head);
    let milliseconds = |tool: &Tool, hosts: usize, round_trip: u64| {
        let found = all.iter().find(|measured| {
            let case = &measured.case;
            measured.tool.name() == tool.name() && case.hosts == hosts && case.link.round_trip == round_trip
        });
        Spread::of(found?.runs.iter().map(seconds)).map(|spread| spread.least() * 1000.0)
    };
    for tool in tools {
        let mut row = vec![tool.name().to_owned()];
        for hosts in &options.hosts {
            let more = milliseconds(tool, *hosts, farther)? - milliseconds(tool, *hosts, nearer)?;
            let distance = f64::from(u32::try_from(farther - nearer).unwrap_or(u32::MAX));
            row.push(format!("{:.1}", more / distance));
        }
        table.row(row);
    }
    Some(table)
}
