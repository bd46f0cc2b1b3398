use std::time::Instant;

use super::Means;
use super::fleet::{Fleet, Looked, unless_interrupted};
use super::outcome::{Ledger, current};
use super::run::run;
use crate::event::{Current, HostOutcome, Operation, Outcome, Problem, Progress, Verdict, What};
use crate::model::{Environment, HostFacts};
use crate::plan::{NoPlan, Plan, host_names};

/// An operation from its first event to its last.
pub(super) struct Running<'a> {
    pub(super) operation: Operation,
    pub(super) environment: &'a Environment,
    pub(super) means: Means<'a>,
    begun: Instant,
}

/// Why an operation ends before anything was changed.
pub(super) enum Early {
    Refused(Problem),
    /// The origin could not be asked.
    NoOrigin(Problem),
    Interrupted,
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

    /// Logs in and, side by side with that, does whatever else has to be known; then compiles and runs the plan.
    pub(super) async fn carry_out<T>(
        self,
        meanwhile: impl Future<Output = Result<T, Early>>,
        compile: impl FnOnce(T, &[HostFacts]) -> Result<Plan, NoPlan>,
    ) -> Outcome {
        let Some(opened) = unless_interrupted(self.means.interrupt, self.open(meanwhile)).await else {
            self.means.teller.tell(What::Interrupted);
            return self.end_early(Early::Interrupted, &[]);
        };
        let (fleet, looked, known) = match opened {
            Ok(opened) => opened,
            Err(early) => return self.end_early(early, &[]),
        };
        let outcome = self.carry_on(fleet, looked, known, compile).await;
        self.finish(outcome)
    }

    /// Both at once. When there is nothing to deploy, nobody waits for a slow login.
    async fn open<T>(
        &self,
        meanwhile: impl Future<Output = Result<T, Early>>,
    ) -> Result<(Fleet, Vec<Looked>, T), Early> {
        let hosts = async { Ok(Fleet::open(self.environment, self.means).await) };
        let ((fleet, looked), known) = tokio::try_join!(hosts, meanwhile)?;
        Ok((fleet, looked, known))
    }

    /// Ends it before anything was contacted.
    pub(super) fn refuse(self, problem: Problem) -> Outcome {
        self.end_early(Early::Refused(problem), &[])
    }

    async fn carry_on<T>(
        &self,
        mut fleet: Fleet,
        looked: Vec<Looked>,
        known: T,
        compile: impl FnOnce(T, &[HostFacts]) -> Result<Plan, NoPlan>,
    ) -> Outcome {
        let facts: Vec<HostFacts> =
            looked.iter().filter_map(|looked| looked.as_ref().ok().cloned()).collect();
        if facts.len() < looked.len() {
            fleet.close().await;
            return self.untouched(Verdict::Unreachable, Vec::new(), &looked);
        }
        match compile(known, &facts) {
            Ok(plan) => {
                self.means
                    .teller
                    .tell(What::Planned { release: plan.release.clone(), tasks: plan.outline() });
                let mut ledger = Ledger::new(&plan, &facts);
                let done = run(&plan, &mut fleet, &mut ledger, self.means.teller, self.means.interrupt).await;
                fleet.close().await;
                ledger.outcome(done, self.means.interrupt.is_raised())
            }
            Err(NoPlan::Refused(problem)) => {
                fleet.close().await;
                self.early(Early::Refused(problem), &looked)
            }
            Err(NoPlan::Hosts(problems)) => {
                fleet.close().await;
                self.unfit(&looked, &problems)
            }
        }
    }

    fn end_early(self, early: Early, looked: &[Looked]) -> Outcome {
        let outcome = self.early(early, looked);
        self.finish(outcome)
    }

    fn early(&self, early: Early, looked: &[Looked]) -> Outcome {
        let (verdict, problems) = match early {
            Early::Refused(problem) => (Verdict::Refused, vec![problem]),
            Early::NoOrigin(problem) => (Verdict::Unreachable, vec![problem]),
            Early::Interrupted => (Verdict::Interrupted, Vec::new()),
        };
        self.untouched(verdict, problems, looked)
    }

    fn unfit(&self, looked: &[Looked], problems: &[(usize, Problem)]) -> Outcome {
        let mut outcome = self.untouched(Verdict::Stopped, Vec::new(), looked);
        for (index, problem) in problems {
            outcome.hosts[*index].progress = Progress::Unfit(problem.clone());
        }
        outcome
    }

    /// Nothing was changed on any host.
    fn untouched(&self, verdict: Verdict, problems: Vec<Problem>, looked: &[Looked]) -> Outcome {
        let hosts = host_names(self.environment).into_iter().enumerate().map(|(index, host)| {
            match looked.get(index) {
                Some(Ok(facts)) => {
                    HostOutcome { host, current: current(&facts.current), progress: Progress::Untouched }
                }
                Some(Err(problem)) => HostOutcome {
                    host,
                    current: Current::Unknown,
                    progress: Progress::Unreachable(problem.clone()),
                },
                None => HostOutcome { host, current: Current::Unknown, progress: Progress::Untouched },
            }
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
