use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::watch;

use super::ahead::Ahead;
use super::end::end_when_done;
use super::fleet::{Fleet, ask, ask_all, unreadable};
use super::host_task::{HostTask, HostTaskEnd};
use super::leg::{goes_by_itself, legs, run_leg};
use super::outcome::Ledger;
use super::{Interrupt, Teller};
use crate::event::{HostResult, Phase, Problem, What};
use crate::plan::{Plan, PlanTask};
use crate::remote;
use crate::transport::{Session, Step, Wish};

/// How long a command that was asked to end may take before it is made to.
pub(super) const GRACE: Duration = Duration::from_secs(10);
/// How long it may take after that before the host is given up.
pub(super) const LAST_GRACE: Duration = Duration::from_secs(5);

/// How often hosts that wait for others are told that somebody is there, if their sessions think it time.
pub(super) const IDLE: Duration = Duration::from_secs(1);

/// Runs a plan on hosts that all have a shell. What comes of it is in the ledger; gives whether all of it was done.
pub(super) async fn run(
    plan: &Plan,
    fleet: &mut Fleet,
    ledger: &mut Ledger,
    teller: &Teller,
    interrupt: &Interrupt,
) -> bool {
    let mut done = true;
    let mut ahead = HashMap::new();
    for leg in legs(plan) {
        let next = plan.tasks.get(leg.end).filter(|next| next.task.phase == Phase::Rehearse);
        let is_last = leg.end == plan.tasks.len();
        let tasks = &plan.tasks[leg];
        // A switch is done once all have switched.
        let last = (is_last && !is_switch(&tasks[0])).then_some(&plan.record);
        let first = &tasks[0].task;
        // What all hosts did is confirmed, whoever wants to stop: it belongs to the switch.
        if first.phase != Phase::Confirm && interrupt.is_raised_by_now().await {
            ledger.stop(first);
            done = false;
            break;
        }
        let ok = match tasks {
            tasks if tasks.iter().all(|task| task.runs.is_empty()) => continue,
            [task] if plan.hosts.len() > 1 || goes_by_itself(task) => {
                let known = std::mem::take(&mut ahead);
                let round = Round { task, known, next, ending: last.map(end_when_done) };
                run_task(plan, round, &mut ahead, fleet, ledger, teller, interrupt).await
            }
            tasks => run_leg(tasks, last, fleet, ledger, teller, interrupt).await,
        };
        if !ok {
            done = false;
            break;
        }
    }
    look_again(plan, fleet, ledger, interrupt).await;
    if !ledger.has_settled() {
        go_back(plan, fleet, ledger, teller, interrupt).await;
        give_up(plan, fleet, ledger).await;
        ledger.tell_of_guards();
    }
    done
}

/// What hosts are asked to do before they wait for each other.
struct Round<'a> {
    task: &'a PlanTask,
    /// What some have done of it already.
    known: HashMap<usize, Ahead>,
    /// What comes next, if it may be done along with it.
    next: Option<&'a PlanTask>,
    /// What they are left with, if nothing comes next.
    ending: Option<Step>,
}

impl Round<'_> {
    /// What a host does along with the task.
    fn next_on(&self, host: usize) -> &[Step] {
        match &self.next {
            Some(next) => next.runs.iter().find(|run| run.host == host).map_or(&[], |run| &run.steps),
            None => self.ending.as_slice(),
        }
    }
}

/// Runs one task on its hosts, side by side. Gives whether all of it was done. What they did of the next one is in `ahead`.
async fn run_task(
    plan: &Plan,
    mut round: Round<'_>,
    ahead: &mut HashMap<usize, Ahead>,
    fleet: &mut Fleet,
    ledger: &mut Ledger,
    teller: &Teller,
    interrupt: &Interrupt,
) -> bool {
    let begun = Instant::now();
    let task = round.task;
    let names = fleet.names.clone();
    let hosts = task.runs.iter().map(|run| names[run.host].clone()).collect();
    teller.tell(What::TaskStarted { task: task.task.clone(), hosts });

    let (wish, _) = watch::channel(Wish::Go);
    let mut sessions: Vec<Option<&mut Box<dyn Session>>> =
        fleet.sessions.iter_mut().map(Option::as_mut).collect();
    let mut known = std::mem::take(&mut round.known);
    let mut running: FuturesUnordered<_> = task
        .runs
        .iter()
        .filter_map(|run| {
            let (known, session) = (known.remove(&run.host), sessions[run.host].take());
            (known.is_some() || session.is_some()).then_some((run, known, session))
        })
        .map(|(run, known, session)| {
            let host_task = HostTask { host: &names[run.host], task: &task.task, steps: &run.steps, teller };
            let (wish, next) = (wish.subscribe(), round.next_on(run.host));
            async move {
                let mut session = session;
                let (end, ahead) = match (known, &mut session) {
                    (Some(known), _) => (known.tell(&host_task), None),
                    (None, Some(session)) => host_task.run(&mut ***session, next, wish).await,
                    (None, None) => unreachable!("left out above"),
                };
                (run.host, session, end, ahead)
            }
        })
        .collect();
    let mut wanted = interrupt.subscribe();
    let mut idle = tokio::time::interval(IDLE);
    // A host that has not confirmed by then has gone back by itself, and so does one that has not even switched.
    let mut deadline = plan.cutover_confirm.filter(|_| is_switch(task)).map(|within| begun + within + GRACE);
    let mut ok = running.len() == task.runs.len();
    let mut lost = Vec::new();
    while !running.is_empty() {
        let past_deadline = async {
            match deadline {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some((host, session, end, next)) = running.next() => {
                sessions[host] = session.filter(|_| !end.gone);
                match next {
                    Some(next) if round.ending.is_some() => fleet.has_left[host] = next.is_done(),
                    next => ahead.extend(next.map(|next| (host, next))),
                }
                ok &= end.result == HostResult::Done;
                if matches!(end.result, HostResult::Failed(_) | HostResult::Lost(_)) {
                    raise(&wish, Wish::Stop);
                }
                if end.gone {
                    lost.push(host);
                }
                if matches!(end.result, HostResult::Failed(_)) && !interrupt.is_raised() {
                    ledger.failed_by_itself();
                }
                finish(task, host, &end, &names[host], begun, ledger, teller);
            }
            _ = idle.tick() => {
                // Those that are through with the task.
                let beats = sessions.iter_mut().flatten().map(|session| session.beat());
                futures_util::future::join_all(beats).await;
            }
            Ok(()) = wanted.changed() => {
                let wanted = *wanted.borrow_and_update();
                if wanted == Wish::Terminate {
                    teller.tell(What::Interrupted);
                }
                let heeded = if is_switch(task) { Wish::Stop } else { wanted };
                raise(&wish, if wanted == Wish::Kill { Wish::Kill } else { heeded });
                deadline = Some(Instant::now() + if wanted == Wish::Kill { LAST_GRACE } else { GRACE });
            }
            () = past_deadline => {
                if *wish.borrow() < Wish::Kill {
                    if !interrupt.is_raised() {
                        ledger.too_slow(&task.task, task.runs.iter().map(|run| run.host));
                    }
                    raise(&wish, Wish::Kill);
                    deadline = Some(Instant::now() + LAST_GRACE);
                } else {
                    break;
                }
            }
        }
    }
    drop(running);
    ok &= !vanished(task, ledger, &mut lost);
    for host in lost {
        fleet.sessions[host] = None;
    }
    teller.tell(What::TaskFinished { task: task.task.clone(), ok, took: begun.elapsed() });
    ok
}

/// Whoever is left did not even answer SIGKILL: nobody knows what goes on there. Gives whether there is any.
fn vanished(task: &PlanTask, ledger: &mut Ledger, lost: &mut Vec<usize>) -> bool {
    let left: Vec<_> = task.runs.iter().filter(|run| !ledger.has_ended(run.host, &task.task)).collect();
    for run in &left {
        match task.task.phase {
            Phase::Cutover => ledger.unsure(run.host),
            Phase::Confirm => ledger.not_confirmed(run.host),
            _ => {}
        }
        ledger.vanish(run.host, &task.task, run.steps.first().map(|step| step.shown.clone()));
        lost.push(run.host);
    }
    !left.is_empty()
}

/// Whether it belongs to the switch, which takes no time and is never cut short by a first request to stop.
pub(super) fn is_switch(task: &PlanTask) -> bool {
    matches!(task.task.phase, Phase::Cutover | Phase::Confirm)
}

/// What came of a task on a host, for the ledger and for people.
pub(super) fn finish(
    task: &PlanTask,
    host: usize,
    end: &HostTaskEnd,
    name: &crate::event::HostName,
    begun: Instant,
    ledger: &mut Ledger,
    teller: &Teller,
) {
    if task.task.phase == Phase::Cutover {
        match (&end.result, remote::parse_cutover(&end.answer)) {
            (HostResult::Done, Ok(moved)) => {
                ledger.moved(host, moved.from.as_deref() != Some(ledger.release.as_str()));
                teller.tell(What::MadeCurrent {
                    host: name.clone(),
                    from: moved.from,
                    to: ledger.release.clone(),
                });
            }
            _ => ledger.unsure(host),
        }
    }
    if task.task.phase == Phase::Confirm {
        match (&end.result, remote::parse_confirm(&end.answer)) {
            (HostResult::Done, Ok(())) => ledger.confirmed(host),
            _ => ledger.not_confirmed(host),
        }
    }
    if task.task.phase == Phase::Rehearse && matches!(end.result, HostResult::Failed(_)) {
        ledger.doubtful(host);
    }
    ledger.record(host, &task.task, &end.result);
    teller.tell(What::HostFinished {
        host: name.clone(),
        task: task.task.clone(),
        result: end.result.clone(),
        took: begun.elapsed(),
    });
}

/// Where a switch did not succeed, only the host can say what `current` leads to.
async fn look_again(plan: &Plan, fleet: &mut Fleet, ledger: &mut Ledger, interrupt: &Interrupt) {
    for host in ledger.hosts_in_doubt() {
        let Some(session) = &mut fleet.sessions[host] else { continue };
        let asked = bounded(plan, interrupt, ask(&mut **session, &plan.survey[host])).await;
        if let Some(Ok(answer)) = asked
            && let Ok(facts) = remote::parse_survey(&answer)
        {
            ledger.seen(host, &facts.current);
        }
    }
}

/// One fleet, one release: where not every host switched, those that did go back.
async fn go_back(
    plan: &Plan,
    fleet: &mut Fleet,
    ledger: &mut Ledger,
    teller: &Teller,
    interrupt: &Interrupt,
) {
    let hosts = fleet.sessions.iter_mut().zip(&plan.revert).enumerate();
    let reverts = hosts.filter_map(|(host, (session, step))| {
        let session = session.as_mut().filter(|_| ledger.has_switched(host))?;
        Some(async move {
            let steps = std::array::from_ref(step);
            (host, bounded(plan, interrupt, ask_all(&mut **session, steps)).await)
        })
    });
    for (host, asked) in futures_util::future::join_all(reverts).await {
        // An answer, even a bad one, is the host's own word. Without one nobody knows where it leads now.
        let reply = match asked {
            Some(Ok([reply])) => reply.into_answer(),
            Some(Err(problem)) => {
                ledger.lost_on_the_way_back(host, &problem);
                continue;
            }
            None => {
                ledger.lost_on_the_way_back(host, &no_answer());
                continue;
            }
        };
        match reply.and_then(|answer| remote::parse_revert(&answer).map_err(|bad| unreadable(&bad))) {
            Ok(to) => {
                ledger.went_back(host, to.clone());
                teller.tell(What::WentBack {
                    host: fleet.names[host].clone(),
                    from: plan.release.clone(),
                    to,
                });
            }
            Err(problem) => ledger.stuck(host, &problem),
        }
    }
}

fn no_answer() -> Problem {
    Problem { what: "it does not answer".into(), remedy: "look at it by hand".into() }
}

/// Writes down on the hosts that did not switch that this release failed.
async fn give_up(plan: &Plan, fleet: &mut Fleet, ledger: &Ledger) {
    let hosts = fleet.sessions.iter_mut().zip(&plan.give_up).enumerate();
    let marks = hosts.filter_map(|(host, (session, step))| {
        let session = session.as_mut().filter(|_| !ledger.is_moved(host))?;
        Some(async move {
            // Best effort: a release that never was live counts as none of the good ones anyway.
            let _ = tokio::time::timeout(GRACE, ask(&mut **session, step)).await;
        })
    });
    futures_util::future::join_all(marks).await;
}

/// Waits for what asks a host, as long as its connection may be made again, and less once people want it to end.
async fn bounded<T>(plan: &Plan, interrupt: &Interrupt, asks: impl Future<Output = T>) -> Option<T> {
    let patience = async {
        tokio::select! {
            () = interrupt.raised() => {}
            () = tokio::time::sleep(plan.reconnect_timeout) => {}
        }
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        value = asks => Some(value),
        () = patience => None,
    }
}

pub(super) fn raise(wish: &watch::Sender<Wish>, to: Wish) {
    wish.send_if_modified(|wish| {
        let raised = *wish < to;
        *wish = (*wish).max(to);
        raised
    });
}
