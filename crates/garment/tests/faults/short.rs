//! A few boundaries of each kind of fault.

use crate::attempt::{Verdict, attempt};
use crate::case::{Case, Op};
use crate::kind::Kind;

/// One boundary of each part of a deploy, and where it hurts most.
const DEPLOY: [&str; 10] = [
    "Started",
    "Connected web2",
    "StepStarted web1 prepare 0",
    "StepStarted web2 before/build 0",
    "StepFinished web3 rehearse 0",
    "TaskStarted cutover",
    "StepStarted web1 cutover 0",
    "MadeCurrent web2",
    "StepFinished web1 after/reload 0",
    "HostFinished web3 prune",
];

const ROLLBACK: [&str; 3] =
    ["StepStarted web1 rollback/undo 1", "StepFinished web3 cutover 0", "TaskStarted after/reload"];

/// Of these boundaries those with these numbers.
fn faults(kind: Kind, numbers: &[usize]) {
    let deploy = DEPLOY.iter().map(|name| (Op::Deploy, *name));
    let boundaries: Vec<_> = deploy.chain(ROLLBACK.iter().map(|name| (Op::Rollback, *name))).collect();
    let mut bed = None;
    for number in numbers {
        let (op, boundary) = boundaries[*number];
        let seed = 7 + *number as u64;
        let case = Case { op, kind, boundary: boundary.to_owned(), seed };
        if let Verdict::Violation(told) = attempt(&mut bed, &case) {
            panic!("{told}");
        }
    }
}

#[test]
fn nothing() {
    faults(Kind::Nothing, &[0, 11]);
}

#[test]
fn controller_killed() {
    faults(Kind::ControllerKilled, &[1, 2, 3, 5, 6, 8, 11]);
}

#[test]
fn terminated() {
    faults(Kind::Terminated, &[1, 3, 6, 9, 10]);
}

#[test]
fn terminated_twice() {
    faults(Kind::TerminatedTwice, &[3, 6, 11]);
}

#[test]
fn ssh_killed() {
    faults(Kind::SshKilled, &[1, 3, 5, 8, 10]);
}

#[test]
fn sshd_killed() {
    faults(Kind::SshdKilled, &[1, 2, 4, 5, 6, 7, 12]);
}

#[test]
fn silence() {
    faults(Kind::Silence, &[3, 6]);
}

#[test]
fn silence_for_good() {
    faults(Kind::SilenceForGood, &[3]);
}

#[test]
fn disk_full() {
    faults(Kind::DiskFull, &[1, 2, 5, 6, 10]);
}

#[test]
fn disk_read_only() {
    faults(Kind::DiskReadOnly, &[1, 3, 6, 11]);
}

#[test]
fn command_fails() {
    faults(Kind::CommandFails, &[3, 10]);
}

#[test]
fn command_hangs() {
    faults(Kind::CommandHangs, &[0, 3, 7, 10]);
}

#[test]
fn command_ignores_term() {
    faults(Kind::CommandIgnoresTerm, &[3, 6]);
}

#[test]
fn command_kills_its_shell() {
    faults(Kind::CommandKillsItsShell, &[3, 7]);
}

#[test]
fn command_kills_the_session() {
    faults(Kind::CommandKillsTheSession, &[3, 6, 12]);
}

#[test]
fn second_deployer() {
    faults(Kind::SecondDeployer, &[0, 3, 6, 9, 10]);
}

#[test]
fn host_crashed() {
    faults(Kind::HostCrashed, &[2, 3, 5, 6, 11]);
}

#[test]
fn blackout() {
    faults(Kind::Blackout, &[2, 5, 8]);
}
