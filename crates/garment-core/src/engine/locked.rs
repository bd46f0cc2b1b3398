use super::Means;
use super::fleet::Fleet;
use super::lock::{NoLock, Wait, holder, lock_and_look, lock_steps};
use crate::event::{HostName, Problem};
use crate::model::{Environment, Host, HostFacts};
use crate::remote::Where;

/// Why nothing was done: the hosts that were in the way. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hindered {
    /// They can't be reached.
    Unreachable(Vec<(HostName, Problem)>),
    /// Somebody is at work there, or keeps others from it.
    Locked(Vec<(HostName, Problem)>),
    /// They can't write the lock, or look at themselves.
    Unfit(Vec<(HostName, Problem)>),
    /// People stopped it.
    Interrupted,
}

/// Logs in everywhere, takes the locks and looks at every host under them. The locks are free when the fleet is closed.
pub(super) async fn open_locked(
    environment: &Environment,
    doing: &str,
    by: &str,
    wait: Wait,
    means: Means<'_>,
) -> Result<(Fleet, Vec<HostFacts>), Hindered> {
    let holder = holder(by, doing);
    let first = |host: &Host| lock_steps(environment, host, &holder, Where::Known);
    let (mut fleet, logged_in, greeted) = Fleet::open_asking(environment, means, first).await;
    let names = fleet.names.clone();
    let on_hosts = |problems: Vec<(usize, Problem)>| -> Vec<(HostName, Problem)> {
        problems.into_iter().map(|(host, problem)| (names[host].clone(), problem)).collect()
    };
    let away: Vec<_> =
        logged_in.into_iter().enumerate().filter_map(|(i, login)| Some((i, login.err()?))).collect();
    let hindered = if away.is_empty() {
        match lock_and_look(&mut fleet, environment, &holder, wait, means, greeted).await {
            Ok(facts) => return Ok((fleet, facts)),
            Err(NoLock::Locked(problems)) => Hindered::Locked(on_hosts(problems)),
            Err(NoLock::Unfit(problems)) => Hindered::Unfit(on_hosts(problems)),
            Err(NoLock::Gone(problems)) => Hindered::Unreachable(on_hosts(problems)),
        }
    } else {
        Hindered::Unreachable(on_hosts(away))
    };
    fleet.close().await;
    Err(hindered)
}
