use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Instant;

use jiff::Timestamp;

use super::Means;
use super::fleet::{Fleet, unless_interrupted};
use super::lock::{NoLock, Wait, holder, lock_and_look};
use super::outcome::{Ledger, current};
use super::run::run;
use crate::event::{Current, HostOutcome, Operation, Outcome, Problem, Progress, Verdict, What};
use crate::model::{Environment, HostFacts, OperationId};
use crate::plan::{NoPlan, Plan, host_names};
use crate::remote::Holder;

/// An operation from its first event to its last.
pub(super) struct Running<'a> {
    pub(super) operation: Operation,
    pub(super) environment: &'a Environment,
    pub(super) means: Means<'a>,
    begun: Instant,
}

/// What is known of a host: facts, or nothing yet, or why it can't be asked.
type Seen = Result<Option<HostFacts>, Problem>;

/// What the locks are asked for with.
pub(super) struct LockRequest<'a, T> {
    pub(super) by: &'a str,
    pub(super) wait: Wait,
    /// What those are told who are refused meanwhile.
    pub(super) doing: fn(&T) -> String,
}

/// Hosts that are locked and looked at.
struct Opened<T> {
    fleet: Fleet,
    holder: Holder,
    facts: Vec<HostFacts>,
    /// What was found out meanwhile.
    known: T,
}

/// Why an operation ends before anything was changed.
pub(super) enum Early {
    Refused(Problem),
    /// The origin could not be asked.
    NoOrigin(Problem),
    Interrupted,
}

/// A name for an operation that begins now.
pub(super) fn new_id(now: Timestamp, operation: Operation) -> OperationId {
    let chance = RandomState::new().build_hasher().finish();
    OperationId::new(now, &operation.to_string(), u16::try_from(chance & 0xffff).unwrap_or(0))
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
            self.means.teller.tell(What::Interrupted);
            return self.end_early(Early::Interrupted, &[]);
        };
        let outcome = match opened {
            Ok(opened) => self.carry_on(opened, compile).await,
            Err(outcome) => *outcome,
        };
        self.finish(outcome)
    }

    /// Everything up to the point from which things are changed. When there is nothing to deploy, nobody waits for a
    /// slow login.
    async fn open<T>(
        &self,
        lock: LockRequest<'_, T>,
        meanwhile: impl Future<Output = Result<T, Early>>,
    ) -> Result<Opened<T>, Box<Outcome>> {
        let hosts = async { Ok(Fleet::open(self.environment, self.means).await) };
        let ((mut fleet, logged_in), known) =
            tokio::try_join!(hosts, meanwhile).map_err(|early| self.early(early, &[]))?;
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
        let holder = holder(lock.by, &(lock.doing)(&known));
        let locked = lock_and_look(&mut fleet, self.environment, &holder, lock.wait, self.means).await;
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

    async fn carry_on<T>(
        &self,
        Opened { mut fleet, holder, facts, known }: Opened<T>,
        compile: impl FnOnce(T, &[HostFacts], &Holder) -> Result<Plan, NoPlan>,
    ) -> Outcome {
        let seen = || facts.iter().map(|facts| Ok(Some(facts.clone()))).collect::<Vec<Seen>>();
        let outcome = match compile(known, &facts, &holder) {
            Ok(plan) => {
                self.means
                    .teller
                    .tell(What::Planned { release: plan.release.clone(), tasks: plan.outline() });
                fleet.record(self.environment, &plan, &holder);
                let mut ledger = Ledger::new(&plan, &facts);
                let done = run(&plan, &mut fleet, &mut ledger, self.means.teller, self.means.interrupt).await;
                ledger.outcome(done, self.means.interrupt.is_raised())
            }
            Err(NoPlan::Refused(problem)) => self.early(Early::Refused(problem), &seen()),
            Err(NoPlan::Hosts(problems)) => self.unfit(Verdict::Stopped, &seen(), &problems),
        };
        // The locks are free when the shells are gone.
        fleet.close().await;
        outcome
    }

    fn end_early(self, early: Early, seen: &[Seen]) -> Outcome {
        let outcome = self.early(early, seen);
        self.finish(outcome)
    }

    fn early(&self, early: Early, seen: &[Seen]) -> Outcome {
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
            environment: self.environment.name.clone(),
            verdict,
            release: None,
            hosts: hosts.collect(),
            problems,
            interrupted: self.means.interrupt.is_raised(),
        }
    }

    fn finish(&self, outcome: Outcome) -> Outcome {
        self.means.teller.tell(What::Finished { outcome: outcome.clone(), took: self.begun.elapsed() });
        outcome
    }
}
