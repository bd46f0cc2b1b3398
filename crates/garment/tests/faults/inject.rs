//! Does the damage, and proves that it was done.

use std::collections::BTreeMap;
use std::time::Duration;

use garment_testing::{Host, Outcome, Running};

use crate::bed::{Bed, within};
use crate::case::{Case, Op};
use crate::chance::Chance;
use crate::kind::Kind;
use crate::reaction::{Reaction, end_what_hangs, hangs};

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

/// How long something that has to come may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What was done, and how people react to it.
#[derive(Debug)]
pub(crate) struct Damage {
    pub(crate) kind: Kind,
    /// The host that it hits; for some, one of several.
    pub(crate) target: String,
    /// All that it hits.
    hit: Vec<String>,
    reaction: Reaction,
    /// What `current` led to before the operation that is looked at changed anything.
    pub(crate) before: BTreeMap<String, String>,
    /// Whether somebody else changed hosts after the operation was over.
    pub(crate) overtaken: bool,
    /// The host is back while the operation may still wait for it.
    comes_back: bool,
    /// A command was left running that ends by nobody's doing.
    pub(crate) hanging: bool,
}

impl Damage {
    /// While the program under test stands still at a boundary.
    pub(crate) fn do_it(
        bed: &Bed,
        case: &Case,
        before: BTreeMap<String, String>,
        running: &mut Running,
        chance: &mut Chance,
    ) -> Self {
        let names: Vec<String> = bed.fleet.hosts().iter().map(|host| host.name().to_owned()).collect();
        let mut damage = Self {
            kind: case.kind,
            target: chance.pick(&names).clone(),
            hit: Vec::new(),
            reaction: Reaction::to(case.kind, chance),
            before,
            overtaken: false,
            comes_back: matches!(case.kind, Kind::HostCrashed | Kind::Silence) && chance.once_in(2),
            hanging: false,
        };
        let everywhere = chance.once_in(4);
        match case.kind {
            Kind::SshKilled | Kind::SshdKilled | Kind::Silence | Kind::SilenceForGood => {
                // The login may not have begun everywhere.
                if !has_ssh(running, &damage.target) {
                    let there = names.iter().find(|name| has_ssh(running, name));
                    damage.target = there.expect("not landed: no ssh runs").clone();
                }
                damage.hit = vec![damage.target.clone()];
            }
            Kind::DiskFull | Kind::DiskReadOnly if everywhere => damage.hit = names,
            Kind::Blackout => damage.hit = names,
            Kind::SecondDeployer | Kind::Nothing => {}
            _ => damage.hit = vec![damage.target.clone()],
        }
        damage.inject(bed, case, running);
        damage
    }

    fn hosts<'a>(&self, bed: &'a Bed) -> Vec<&'a Host> {
        self.hit.iter().map(|name| bed.host(name)).collect()
    }

    fn inject(&mut self, bed: &Bed, case: &Case, running: &mut Running) {
        let host = bed.host(&self.target);
        match self.kind {
            Kind::Nothing => {}
            Kind::ControllerKilled => kill(running),
            Kind::Terminated | Kind::TerminatedTwice => {
                assert!(
                    running.terminate() && running.has_pending(SIGTERM),
                    "not landed: no SIGTERM is pending"
                );
                // Two of one kind that wait would be one.
                if self.kind == Kind::TerminatedTwice {
                    assert!(
                        running.interrupt() && running.has_pending(SIGINT),
                        "not landed: no SIGINT is pending"
                    );
                }
            }
            Kind::SshKilled => {
                let words = format!(" -- {} exec sh", self.target);
                assert!(
                    running.kill_children(|line| line.contains(&words)) == 1,
                    "not landed: no ssh was killed"
                );
                assert!(!has_ssh(running, &self.target), "not landed: ssh lives");
            }
            Kind::SshdKilled => {
                assert!(within(PATIENCE, || host.open_sessions() > 0), "not landed: no connection");
                assert!(host.kill_sessions() > 0 && host.open_sessions() == 0, "not landed: sshd lives");
            }
            Kind::Silence | Kind::SilenceForGood => {
                assert!(within(PATIENCE, || host.open_sessions() > 0), "not landed: no connection");
                assert!(host.freeze() > 0, "not landed: no sshd was stopped");
                if self.kind == Kind::Silence {
                    host.silent();
                }
            }
            Kind::DiskFull => self.hosts(bed).into_iter().for_each(Host::fill_disk),
            Kind::DiskReadOnly => self.hosts(bed).into_iter().for_each(Host::read_only_disk),
            Kind::HostCrashed | Kind::Blackout => {
                if self.kind == Kind::Blackout {
                    kill(running);
                }
                for host in self.hosts(bed) {
                    // What is between a fork and an exec is not seen in one look.
                    let dies = || {
                        host.crash();
                        host.processes().is_empty() && host.open_sessions() == 0
                    };
                    assert!(within(PATIENCE, dies), "not landed: something lives: {:?}", host.processes());
                }
            }
            Kind::SecondDeployer => self.deploy_beside(bed, case),
            Kind::CommandFails
            | Kind::CommandHangs
            | Kind::CommandIgnoresTerm
            | Kind::CommandKillsItsShell
            | Kind::CommandKillsTheSession => {
                host.write("armed", format!("{}\n", self.kind.deed().unwrap_or_default()));
            }
        }
    }

    /// Somebody else deploys while the program under test stands still.
    fn deploy_beside(&mut self, bed: &Bed, case: &Case) {
        let events = bed.events();
        let has_begun = |what: &str| events.iter().any(|event| event == what);
        let last = match case.op {
            Op::Deploy => "TaskStarted cleanup/sweep",
            Op::Rollback => "TaskStarted after/reload",
        };
        let second = bed.garment().run(["deploy", "production"]);
        // Hosts that are through with the last task have given their locks away, whether that was heard or not.
        let over = events.last().is_some_and(|event| event == "Finished")
            || (has_begun(last) && second.status.success());
        // The locks travel with the logins, and whether they have arrived nobody knows yet.
        let logging_in = has_begun("Connecting web1") && !has_begun("Planned");
        let locked = (has_begun("Planned") && !over) || (logging_in && second.status.code() == Some(7));
        if locked {
            second.code(7).stdout_has(" is at work there since ").stderr_is("");
        } else {
            second.code(0).stderr_is("");
            let agreed = bed.agreed();
            assert!(
                agreed.is_some(),
                "the second deploy is done, and hosts differ: {:?}\n{second}",
                bed.currents()
            );
            if over {
                // What the first one did is gone; what it was is in what the second one says.
                let from = match case.op {
                    Op::Deploy => self.before["web1"].clone(),
                    Op::Rollback => bed.release_before().to_owned(),
                };
                let left = second.stdout.lines().any(|line| line.contains(&format!("current: {from} -> ")));
                assert_eq!(
                    left,
                    case.op == Op::Rollback,
                    "the second deploy found something else than was told\n{second}"
                );
                self.overtaken = true;
            } else {
                self.before = bed.currents();
            }
        }
    }

    /// What happens once the program goes on.
    pub(crate) fn go_on(&mut self, bed: &Bed, running: &mut Running) {
        running.go_on();
        if self.comes_back {
            let heard = || bed.events().iter().any(|event| event.starts_with("Disconnected "));
            within(PATIENCE, || heard() || running.has_ended());
            self.mend(bed);
        }
        if self.kind.deed().is_none() {
            return;
        }
        let host = bed.host(&self.target);
        let sprung = within(PATIENCE, || host.file("sprung").exists());
        assert!(sprung, "not landed: no command found what was armed for it");
        if !matches!(self.kind, Kind::CommandHangs | Kind::CommandIgnoresTerm) {
            return;
        }
        assert!(within(PATIENCE, || hangs(host)), "not landed: no command hangs on {}", host.name());
        self.hanging = self.reaction.happens(bed, host, running);
    }

    /// Whether the program under test was not to have a last word.
    pub(crate) fn controller_died(&self) -> bool {
        matches!(self.kind, Kind::ControllerKilled | Kind::Blackout)
            || (self.reaction == Reaction::KillGarment && self.hanging)
    }

    /// The damage is mended, as far as people would.
    pub(crate) fn mend(&mut self, bed: &Bed) {
        for host in self.hosts(bed) {
            match self.kind {
                Kind::Silence => {
                    host.thaw();
                    host.serve();
                }
                Kind::DiskFull | Kind::DiskReadOnly => host.mend_disk(),
                Kind::HostCrashed | Kind::Blackout => host.serve(),
                _ => {}
            }
        }
        if self.hanging {
            end_what_hangs(bed.host(&self.target));
        }
    }

    /// After everything: what the suite itself left.
    pub(crate) fn clear_away(&self, bed: &Bed) {
        if self.kind == Kind::SilenceForGood {
            bed.host(&self.target).kill_sessions();
        }
    }

    pub(crate) fn story(&self) -> String {
        format!("hit {:?}, target {}, reaction {:?}", self.hit, self.target, self.reaction)
    }

    /// For the table.
    pub(crate) fn reacted(&self) -> String {
        if self.comes_back {
            return " (host back at once)".to_owned();
        }
        if matches!(self.kind, Kind::CommandHangs | Kind::CommandIgnoresTerm) {
            return format!(" ({:?})", self.reaction);
        }
        String::new()
    }
}

/// Kills garment.
pub(crate) fn kill(running: &Running) {
    assert!(running.kill() && within(PATIENCE, || running.has_ended()), "not landed: garment lives");
}

fn has_ssh(running: &Running, host: &str) -> bool {
    let words = format!(" -- {host} exec sh");
    running.child_lines().iter().any(|line| line.contains(&words))
}

/// How it ended, in a word.
pub(crate) fn ending(outcome: &Outcome) -> String {
    match outcome.status.code() {
        Some(0) => "done".to_owned(),
        Some(3) => "unreachable (3)".to_owned(),
        Some(4) => "stopped (4)".to_owned(),
        Some(5) => "live but failed (5)".to_owned(),
        Some(6) => "mixed (6)".to_owned(),
        Some(7) => "locked (7)".to_owned(),
        Some(130) => "interrupted (130)".to_owned(),
        Some(code) => format!("code {code}"),
        None => "killed".to_owned(),
    }
}
