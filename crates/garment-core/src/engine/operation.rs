use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::pin::pin;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::Means;
use super::deliver::while_beating;
use super::end::end;
use super::fleet::{Fleet, Greeted, LoggedIn, unless_interrupted};
use super::history::{NoRecords, apart};
use super::lock::{NoLock, Wait, holder, lock_and_look, lock_steps};
use super::outcome::{Ledger, current};
use super::run::run;
use crate::event::{Current, HostOutcome, Operation, Outcome, Problem, Progress, Verdict, What};
use crate::model::{Environment, Host, HostFacts, OperationId};
use crate::plan::{NoPlan, Plan, host_names};
use crate::remote::{Holder, Where};

/// An operation from its first event to its last.
pub(super) struct Running<'a> {
    pub(super) operation: Operation,
    pub(super) environment: &'a Environment,
    pub(super) means: Means<'a>,
    begun: Instant,
}

/// What is known of a host: facts, or nothing yet, or why it can't be asked.
pub(super) type Seen = Result<Option<HostFacts>, Problem>;

/// What the locks are asked for with.
pub(super) struct LockRequest<'a, T> {
    pub(super) by: &'a str,
    pub(super) wait: Wait,
    /// What those are told who are refused meanwhile.
    pub(super) doing: String,
    /// The same once all is known.
    pub(super) doing_what: fn(&T) -> Option<String>,
}

/// What comes of opening a fleet.
type FleetOpened<const N: usize> = (Fleet, Vec<LoggedIn>, Greeted<N>);

/// Waits for both, and no longer than until it is known that there is nothing to do. Hosts that wait hold a lock, which is
/// another's to have unless they are told that somebody is there.
async fn both<const N: usize, T>(
    hosts: impl Future<Output = FleetOpened<N>>,
    meanwhile: impl Future<Output = Result<T, Early>>,
) -> Result<(FleetOpened<N>, T), Early> {
    let (mut hosts, mut meanwhile) = (pin!(hosts), pin!(meanwhile));
    let mut opened = tokio::select! {
        known = &mut meanwhile => {
            let known = known?;
            return Ok((hosts.await, known));
        }
        opened = &mut hosts => opened,
    };
    let known = while_beating(&mut opened.0, meanwhile).await?;
    Ok((opened, known))
}

pub(super) fn all_seen(facts: &[HostFacts]) -> Vec<Seen> {
    facts.iter().map(|facts| Ok(Some(facts.clone()))).collect()
}

/// Hosts that are locked and looked at.
pub(super) struct Opened<T> {
    pub(super) fleet: Fleet,
    pub(super) holder: Holder,
    pub(super) facts: Vec<HostFacts>,
    /// What was found out meanwhile.
    pub(super) known: T,
}

/// Why an operation ends before anything was changed.
pub(super) enum Early {
    Refused(Problem),
    /// The origin could not be asked.
    NoOrigin(Problem),
    Interrupted,
}

/// A name for an operation that begins now. Names say which operation came when, as those of releases do: it is newer
/// than any that the hosts know of, and any that made a release, whatever clock that went by.
pub(super) fn new_id(now: Timestamp, facts: &[HostFacts], operation: Operation) -> OperationId {
    let chance = RandomState::new().build_hasher().finish();
    let releases = facts.iter().filter_map(|facts| facts.releases.keys().next_back()?.made_at());
    let operations = facts.iter().filter_map(|facts| facts.last_operation.as_ref()?.began_at());
    let newest =
        releases.chain(operations).max().and_then(|at| at.checked_add(SignedDuration::from_secs(1)).ok());
    let at = newest.map_or(now, |newest| newest.max(now));
    OperationId::new(at, &operation.to_string(), u16::try_from(chance & 0xffff).unwrap_or(0))
}

impl<'a> Running<'a> {
    pub(super) fn begin(operation: Operation, environment: &'a Environment, means: Means<'a>) -> Self {
        means.teller.tell(What::Started {
            operation,
            environment: environment.name.clone(),
            hosts: host_names(environment),
        });
        Self { operation, environment, means, begun: Instant::now() }
    }

    /// Logs in and, side by side with that, does whatever else has to be known; takes the locks; then compiles and runs
    /// the plan.
    pub(super) async fn carry_out<T>(
        self,
        lock: LockRequest<'_, T>,
        meanwhile: impl Future<Output = Result<T, Early>>,
        compile: impl FnOnce(T, &[HostFacts], &Holder) -> Result<Plan, NoPlan>,
    ) -> Outcome {
        let Some(opened) = unless_interrupted(self.means.interrupt, self.open(lock, meanwhile)).await else {
            return self.interrupted();
        };
        let outcome = match opened {
            Ok(opened) => self.carry_on(opened, compile).await,
            Err(outcome) => *outcome,
        };
        self.finish(outcome)
    }

    /// Everything up to the point from which things are changed. When there is nothing to deploy, nobody waits for a
    /// slow login.
    pub(super) async fn open<T>(
        &self,
        lock: LockRequest<'_, T>,
        meanwhile: impl Future<Output = Result<T, Early>>,
    ) -> Result<Opened<T>, Box<Outcome>> {
        let mut holder = holder(lock.by, &lock.doing);
        let first = |host: &Host| lock_steps(self.environment, host, &holder, Where::Known);
        let hosts = Fleet::open_asking(self.environment, self.means, first);
        let ((mut fleet, logged_in, greeted), known) =
            both(hosts, meanwhile).await.map_err(|early| self.early(early, &[]))?;
        if logged_in.iter().any(Result::is_err) {
            // Those that can be reached are looked at all the same: people want to know what is live.
            let looked = fleet.look(self.environment).await;
            fleet.close().await;
            let seen: Vec<Seen> = logged_in
                .into_iter()
                .zip(looked)
                .map(|(login, looked)| login.map(|()| looked.ok()))
                .collect();
            return Err(self.untouched(Verdict::Unreachable, Vec::new(), &seen).into());
        }
        if let Some(doing) = (lock.doing_what)(&known) {
            holder.doing = doing;
        }
        let locked =
            lock_and_look(&mut fleet, self.environment, &holder, lock.wait, self.means, greeted).await;
        let outcome = match locked {
            Ok(facts) => return Ok(Opened { fleet, holder, facts, known }),
            Err(NoLock::Locked(problems)) => self.unfit(Verdict::Locked, &[], &problems),
            Err(NoLock::Unfit(problems)) => self.unfit(Verdict::Stopped, &[], &problems),
            Err(NoLock::Gone(problems)) => {
                let mut seen: Vec<Seen> = vec![Ok(None); self.environment.hosts.len()];
                for (host, problem) in problems {
                    seen[host] = Err(problem);
                }
                self.untouched(Verdict::Unreachable, Vec::new(), &seen)
            }
        };
        fleet.close().await;
        Err(outcome.into())
    }

    /// Ends it before anything was contacted.
    pub(super) fn refuse(self, problem: Problem) -> Outcome {
        self.end_early(Early::Refused(problem), &[])
    }

    /// Ends it before anything was changed, since people want to stop.
    pub(super) fn interrupted(self) -> Outcome {
        self.means.teller.tell(What::Interrupted);
        self.end_early(Early::Interrupted, &[])
    }

    /// Compiles the plan under the locks, and runs it.
    pub(super) async fn carry_on<T>(
        &self,
        opened: Opened<T>,
        compile: impl FnOnce(T, &[HostFacts], &Holder) -> Result<Plan, NoPlan>,
    ) -> Outcome {
        let Opened { fleet, holder, facts, known } = opened;
        match compile(known, &facts, &holder) {
            Ok(plan) => self.run_plan(fleet, &holder, &facts, &plan).await,
            Err(none) => self.no_plan(fleet, &facts, none).await,
        }
    }

    /// Runs a plan under the locks, which are free afterwards.
    pub(super) async fn run_plan(
        &self,
        mut fleet: Fleet,
        holder: &Holder,
        facts: &[HostFacts],
        plan: &Plan,
    ) -> Outcome {
        self.means.teller.tell(What::Planned { release: plan.release.clone(), tasks: plan.outline() });
        fleet.record(self.environment, plan, holder);
        let mut ledger = Ledger::new(plan, facts);
        let done = run(plan, &mut fleet, &mut ledger, self.means.teller, self.means.interrupt).await;
        let outcome = ledger.outcome(done, self.means.interrupt.is_raised());
        // The locks are free when the shells are gone.
        fleet.close_with(&end(&plan.record, &outcome), outcome.verdict == Verdict::Done).await;
        outcome
    }

    /// Ends it under the locks, since there is nothing that could be done.
    pub(super) async fn no_plan(&self, fleet: Fleet, facts: &[HostFacts], none: NoPlan) -> Outcome {
        fleet.close().await;
        let seen = all_seen(facts);
        match none {
            NoPlan::Refused(problem) => self.early(Early::Refused(problem), &seen),
            NoPlan::Hosts(problems) => self.unfit(Verdict::Stopped, &seen, &problems),
        }
    }

    /// Ends it since what these hosts recorded is not known.
    pub(super) fn no_records(&self, facts: &[HostFacts], missing: Vec<(usize, NoRecords)>) -> Outcome {
        let (gone, unfit) = apart(missing);
        let mut seen = all_seen(facts);
        if gone.is_empty() {
            return self.unfit(Verdict::Stopped, &seen, &unfit);
        }
        for (host, problem) in gone {
            seen[host] = Err(problem);
        }
        self.untouched(Verdict::Unreachable, Vec::new(), &seen)
    }

    fn end_early(self, early: Early, seen: &[Seen]) -> Outcome {
        let outcome = self.early(early, seen);
        self.finish(outcome)
    }

    pub(super) fn early(&self, early: Early, seen: &[Seen]) -> Outcome {
        let (verdict, problems) = match early {
            Early::Refused(problem) => (Verdict::Refused, vec![problem]),
            Early::NoOrigin(problem) => (Verdict::Unreachable, vec![problem]),
            Early::Interrupted => (Verdict::Interrupted, Vec::new()),
        };
        self.untouched(verdict, problems, seen)
    }

    fn unfit(&self, verdict: Verdict, seen: &[Seen], problems: &[(usize, Problem)]) -> Outcome {
        let mut outcome = self.untouched(verdict, Vec::new(), seen);
        for (index, problem) in problems {
            outcome.hosts[*index].progress = Progress::Unfit(problem.clone());
        }
        outcome
    }

    /// Ends it with everything as it was found.
    pub(super) fn as_it_is(&self, verdict: Verdict, facts: &[HostFacts]) -> Outcome {
        let mut live = facts.iter().map(HostFacts::current_release);
        let first = live.next().flatten();
        let release = first.filter(|first| live.all(|other| other == Some(first))).cloned();
        Outcome { release, ..self.untouched(verdict, Vec::new(), &all_seen(facts)) }
    }

    /// Nothing was changed on any host.
    fn untouched(&self, verdict: Verdict, problems: Vec<Problem>, seen: &[Seen]) -> Outcome {
        let hosts = host_names(self.environment).into_iter().enumerate().map(|(index, host)| {
            let (current, progress) = match seen.get(index) {
                Some(Ok(Some(facts))) => (current(&facts.current), Progress::Untouched),
                Some(Err(problem)) => (Current::Unknown, Progress::Unreachable(problem.clone())),
                Some(Ok(None)) | None => (Current::Unknown, Progress::Untouched),
            };
            HostOutcome { host, current, progress }
        });
        Outcome {
            operation: self.operation,
            resumed: None,
            environment: self.environment.name.clone(),
            verdict,
            release: None,
            hosts: hosts.collect(),
            problems,
            interrupted: self.means.interrupt.is_raised(),
        }
    }

    pub(super) fn finish(&self, outcome: Outcome) -> Outcome {
        self.means.teller.tell(What::Finished { outcome: outcome.clone(), took: self.begun.elapsed() });
        outcome
    }
}
