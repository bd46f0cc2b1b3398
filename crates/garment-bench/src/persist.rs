//! What `ControlMaster auto` and `ControlPersist` in a user's ssh config save, from the second operation on.

use std::io::Write;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::bed::{Bed, Link};
use crate::cell::{self, Case, Run, deploy, warm_up};
use crate::options::Options;
use crate::problem::Problem;
use crate::spread::Spread;
use crate::table::Table;
use crate::tool::{self, Tool};

const KINDS: [&str; 3] = ["each its own connection", "shared, the first", "shared, the second"];

/// Deploys with garment: without sharing, then twice with it. Writes a table.
pub(crate) fn measure(
    bed: &mut Bed,
    options: &Options,
    stop: &AtomicBool,
    tables: &mut dyn Write,
    progress: &mut dyn Write,
) -> Result<(), Problem> {
    let garment = tool::garment(options)?;
    let mut table =
        Table::new(&["hosts", "RTT ms", "connections", "seconds", "seconds saved", "logins", "sessions"]);
    for hosts in &options.hosts {
        // Where deploys were measured already, all is warm.
        if !bed.hosts(*hosts).iter().all(|host| host.file(garment.folder()).join("current").exists()) {
            warm_up(bed, &garment, *hosts, options, stop)?;
        }
        for round_trip in &options.rtt {
            let took = one_case(bed, &garment, (*hosts, *round_trip), options, stop)?;
            writeln!(progress, "ControlPersist: {}, {round_trip} ms done", cell::hosts(*hosts))?;
            for (kind, runs) in KINDS.iter().zip(&took) {
                table.row(row((*hosts, *round_trip), kind, runs, &took[0]));
            }
        }
    }
    bed.link(&Link::default())?;
    writeln!(
        tables,
        "### ControlPersist, warm deploys of the {} repository\n\n{table}",
        bed.repository.name()
    )?;
    Ok(())
}

fn one_case(
    bed: &mut Bed,
    garment: &Tool,
    (hosts, round_trip): (usize, u64),
    options: &Options,
    stop: &AtomicBool,
) -> Result<[Vec<Run>; 3], Problem> {
    let mut took: [Vec<Run>; 3] = Default::default();
    for _ in 0..options.runs {
        for (number, persist) in [false, true, true].into_iter().enumerate() {
            let case = Case { hosts, link: Link { round_trip, kex: options.kex.clone(), persist } };
            bed.link(&case.link)?;
            let run = deploy(bed, garment, &case, Duration::from_secs(options.limit), false, stop);
            if run.is_err() {
                bed.hang_up(hosts);
            }
            took[number].push(run?);
        }
        bed.hang_up(hosts);
    }
    Ok(took)
}

fn row((hosts, round_trip): (usize, u64), kind: &str, runs: &[Run], own: &[Run]) -> Vec<String> {
    let seconds = |run: &Run| run.usage.wall.as_secs_f64();
    let saved = runs.iter().zip(own).map(|(run, own)| seconds(own) - seconds(run));
    let shown = |spread: Option<Spread>| spread.map_or("-".to_owned(), |spread| spread.shown(2));
    let median = |figures: Vec<f64>| {
        Spread::of(figures).map_or("-".to_owned(), |spread| format!("{:.1}", spread.median()))
    };
    vec![
        hosts.to_string(),
        round_trip.to_string(),
        kind.to_owned(),
        shown(Spread::of(runs.iter().map(seconds))),
        if kind == KINDS[0] { "-".to_owned() } else { shown(Spread::of(saved)) },
        median(runs.iter().map(|run| run.logins).collect()),
        median(runs.iter().map(|run| run.sessions).collect()),
    ]
}
