//! One case: so many hosts, so far away, with every tool in turn.

use std::io::Write;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::bed::{Bed, Link};
use crate::check;
use crate::measure::{Usage, Watch, measure};
use crate::options::Options;
use crate::problem::Problem;
use crate::tool::{KEEP, Tool};

/// So many hosts, so far away.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) hosts: usize,
    pub(crate) link: Link,
}

/// One deploy.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) usage: Usage,
    /// For each host.
    pub(crate) logins: f64,
    /// For each host.
    pub(crate) sessions: f64,
    /// From the start until a host was first connected to.
    pub(crate) to_connect: Option<Duration>,
}

/// Deploys the next commit, and sees that every host has it.
pub(crate) fn deploy(
    bed: &mut Bed,
    tool: &Tool,
    case: &Case,
    limit: Duration,
    memory: bool,
    stop: &AtomicBool,
) -> Result<Run, Problem> {
    bed.workload.next();
    tool.prepare(bed, case.hosts)?;
    let before = bed.counts(case.hosts);
    let command = tool.deploy(bed, case.hosts);
    let usage = measure(command, &Watch { log: &bed.log(), limit, memory, stop })?;
    let after = bed.counts(case.hosts);
    // What a connection is closed with may be on its way still: the next run must not meet it.
    std::thread::sleep(Duration::from_millis(2 * case.link.round_trip + 20));
    check::switched(bed.hosts(case.hosts), tool.folder(), &bed.workload, KEEP + 1)?;
    let each = |before: usize, after: usize| {
        f64::from(u32::try_from(after - before).unwrap_or(u32::MAX))
            / f64::from(u32::try_from(case.hosts).unwrap_or(u32::MAX))
    };
    let to_connect = bed.first_connection_since(usage.begun, &case.link).map(|came| came - usage.begun);
    Ok(Run { logins: each(before.0, after.0), sessions: each(before.1, after.1), to_connect, usage })
}

/// Deploys with `tool` until all that a deploy does is done in each further one: old releases go, too. The last of
/// these deploys shows the peak of its memory, in KB.
pub(crate) fn warm_up(
    bed: &mut Bed,
    tool: &Tool,
    hosts: usize,
    options: &Options,
    stop: &AtomicBool,
) -> Result<u64, Problem> {
    let case = Case { hosts, link: Link { kex: options.kex.clone(), ..Link::default() } };
    bed.link(&case.link)?;
    let limit = Duration::from_secs(options.limit);
    let mut peak = 0;
    for _ in 0..=KEEP {
        peak = deploy(bed, tool, &case, limit, true, stop)?.usage.peak_kb;
    }
    Ok(peak)
}

/// Every tool `options.runs` times, in another order each time: runs, for each tool.
pub(crate) fn rounds(
    bed: &mut Bed,
    tools: &[Tool],
    case: &Case,
    options: &Options,
    stop: &AtomicBool,
    progress: &mut dyn Write,
) -> Result<Vec<Vec<Run>>, Problem> {
    bed.link(&case.link)?;
    let limit = Duration::from_secs(options.limit);
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); tools.len()];
    for round in 0..options.runs {
        write!(
            progress,
            "{}: {}, {} ms, run {}:",
            bed.repository.name(),
            hosts(case.hosts),
            case.link.round_trip,
            round + 1
        )?;
        for number in order(tools.len(), round) {
            if options.first {
                bed.forget(tools[number].folder(), case.hosts)?;
            }
            let run = deploy(bed, &tools[number], case, limit, false, stop)?;
            write!(progress, " {} {:.2} s", tools[number].name(), run.usage.wall.as_secs_f64())?;
            runs[number].push(run);
            if round + 1 == options.runs {
                check::complete(bed.hosts(case.hosts), tools[number].folder(), &bed.workload)?;
            }
        }
        writeln!(progress)?;
    }
    Ok(runs)
}

/// `1 host`, `2 hosts`.
pub(crate) fn hosts(count: usize) -> String {
    format!("{count} host{}", if count == 1 { "" } else { "s" })
}

/// Who comes first changes from round to round, and who comes after whom from one turn of all to the next.
fn order(tools: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tools).map(|place| (place + round) % tools).collect();
    if round / tools % 2 == 1 {
        order.reverse();
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_comes_first_and_after_everybody() {
        let orders: Vec<_> = (0..6).map(|round| order(3, round)).collect();
        assert_eq!(
            orders,
            [[0, 1, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [0, 2, 1], [1, 0, 2]].map(Vec::from).to_vec()
        );
    }
}
