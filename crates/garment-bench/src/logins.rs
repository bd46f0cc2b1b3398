//! What one login takes: with OpenSSH's default key exchange, with a cheaper one, and over a connection that is there.

use std::io::Write;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::bed::{Bed, Link};
use crate::measure::{Usage, Watch, measure as run};
use crate::options::Options;
use crate::problem::Problem;
use crate::spread::Spread;
use crate::table::Table;

const CHEAPER: &str = "curve25519-sha256";
/// Where the other kinds are held against.
const KINDS: [&str; 3] = ["OpenSSH's default", CHEAPER, "over an open connection"];

/// Measures `ssh web1 true` in each way, at each distance, and writes a table.
pub(crate) fn measure(
    bed: &mut Bed,
    options: &Options,
    stop: &AtomicBool,
    tables: &mut dyn Write,
    progress: &mut dyn Write,
) -> Result<(), Problem> {
    let mut table =
        Table::new(&["RTT ms", "key exchange", "ms", "less than default", "ssh's CPU ms", "ms to connect"]);
    for round_trip in &options.rtt {
        let plain = Link { round_trip: *round_trip, ..Link::default() };
        let links = [
            plain.clone(),
            Link { kex: Some(CHEAPER.to_owned()), ..plain.clone() },
            Link { persist: true, ..plain.clone() },
        ];
        let mut took: [Vec<(Usage, Option<Duration>)>; 3] = Default::default();
        for _ in 0..options.runs {
            for (link, took) in links.iter().zip(&mut took) {
                bed.link(link)?;
                if link.persist {
                    // The first one makes the connection.
                    login(bed, link, stop)?;
                }
                took.push(login(bed, link, stop)?);
            }
            bed.hang_up(1);
        }
        writeln!(progress, "one login: {round_trip} ms done")?;
        for (kind, runs) in KINDS.iter().zip(&took) {
            table.row(row(*round_trip, kind, runs, &took[0]));
        }
    }
    bed.link(&Link::default())?;
    let default = default_kex(bed)?;
    writeln!(tables, "### One login (`ssh HOST true`)\n\nOpenSSH's default here is `{default}`.\n\n{table}")?;
    Ok(())
}

fn login(bed: &Bed, link: &Link, stop: &AtomicBool) -> Result<(Usage, Option<Duration>), Problem> {
    let mut ssh = bed.ssh();
    ssh.args(["-T", bed.hosts(1)[0].name(), "true"]);
    let limit = Duration::from_secs(30);
    let usage = run(ssh, &Watch { log: &bed.log(), limit, memory: false, stop })?;
    let connected = bed.first_connection_since(usage.begun, link).map(|came| came - usage.begun);
    Ok((usage, connected))
}

type Runs = [(Usage, Option<Duration>)];

fn row(round_trip: u64, kind: &str, runs: &Runs, default: &Runs) -> Vec<String> {
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let shown = |figures: Vec<f64>, whole: bool| match Spread::of(figures) {
        Some(spread) if whole => spread.shown(0),
        Some(spread) => format!("{:.0}", spread.median()),
        None => "-".to_owned(),
    };
    let saved = runs
        .iter()
        .zip(default)
        .map(|(run, default)| milliseconds(default.0.wall) - milliseconds(run.0.wall));
    vec![
        round_trip.to_string(),
        kind.to_owned(),
        shown(runs.iter().map(|run| milliseconds(run.0.wall)).collect(), true),
        if kind == KINDS[0] { "-".to_owned() } else { shown(saved.collect(), true) },
        shown(runs.iter().map(|run| milliseconds(run.0.own_cpu)).collect(), false),
        shown(runs.iter().filter_map(|run| run.1.map(milliseconds)).collect(), false),
    ]
}

/// What ssh and sshd agree on when nobody says anything else.
fn default_kex(bed: &Bed) -> Result<String, Problem> {
    let output = bed.ssh().args(["-v", bed.hosts(1)[0].name(), "true"]).output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let found = text.lines().find_map(|line| line.trim().strip_prefix("debug1: kex: algorithm: "));
    Ok(found.unwrap_or("not known").to_owned())
}
