use super::tasks::own_task;
use super::{HostRun, NoPlan, PlanTask};
use crate::event::{Phase, Problem};
use crate::model::{HostFacts, Parcel};
use crate::remote::{Stocked, quote};
use crate::transport::Step;

/// What is to be free beside what is delivered, in KiB.
const SPARE: u64 = 4096;

/// What hosts are sent before a release is made, per host.
#[derive(Debug, Clone, Default)]
pub struct Deliveries {
    /// What each is sent; nothing where it has all of it.
    pub parcels: Vec<Vec<Parcel>>,
    /// What each said that it has, and how much is free there.
    pub stocked: Vec<Stocked>,
    /// What the `HEAD` of a new copy is to lead to; empty if that is not known.
    pub head: String,
}

/// The task that sends it; `None` where no host lacks anything.
///
/// # Errors
/// Hosts have no room for it.
pub(super) fn deliver_task(facts: &[HostFacts], deliveries: &Deliveries) -> Result<Option<PlanTask>, NoPlan> {
    let hosts = || facts.iter().zip(&deliveries.parcels).zip(&deliveries.stocked).enumerate();
    let short: Vec<(usize, Problem)> = hosts()
        .filter_map(|(host, ((facts, parcels), stocked))| Some((host, shortage(facts, parcels, stocked)?)))
        .collect();
    if !short.is_empty() {
        return Err(NoPlan::Hosts(short));
    }
    let runs: Vec<HostRun> = hosts()
        .filter(|(_, ((_, parcels), _))| !parcels.is_empty())
        .map(|(host, ((_, parcels), _))| HostRun { host, steps: parcels.iter().map(step).collect() })
        .collect();
    let task = own_task(Phase::Deliver, "deliver", []);
    Ok((!runs.is_empty()).then_some(PlanTask { runs, ..task }))
}

fn step(parcel: &Parcel) -> Step {
    let of = parcel.of.as_ref().map(|url| format!(" of {url}")).unwrap_or_default();
    Step::parcel(format!("send what it lacks{of} ({})", parcel.size), parcel.clone())
}

/// What is delivered lies beside the copy until git has taken it in: it takes room twice.
fn shortage(facts: &HostFacts, parcels: &[Parcel], stocked: &Stocked) -> Option<Problem> {
    let need = parcels.iter().map(|parcel| parcel.size.0.div_ceil(1024)).sum::<u64>();
    if need == 0 {
        return None;
    }
    let [deploy, source] = stocked.free;
    let places = if stocked.one_disk {
        vec![(&facts.deploy_dir, deploy, 2 * need)]
    } else {
        vec![(&facts.deploy_dir, deploy, need), (&facts.source_dir, source, need)]
    };
    places.into_iter().find_map(|(dir, free, need)| {
        let (free, need) = (free?, need + SPARE);
        let quoted = quote(dir);
        (free < need).then(|| Problem {
            what: format!(
                "`{dir}` has {} MiB free, and what is to be sent there needs {}",
                free / 1024,
                need.div_ceil(1024)
            ),
            remedy: format!("make room: df -h {quoted}"),
        })
    })
}
