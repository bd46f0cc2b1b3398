//! One fault at one boundary, what garment makes of it, and the way back.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use garment_testing::Outcome;

use crate::bed::{Bed, commands, incomplete, releases, within};
use crate::case::{Case, Op};
use crate::inject::{Damage, ending};
use crate::kind::Kind;
use crate::truth;

/// Whether `garment resume` is there to recover with.
pub(crate) const RESUME: bool = false;
/// Whether `garment history` is there to be held against the truth.
pub(crate) const HISTORY: bool = false;

/// How long after a fault a lock may still be held, by a command that finishes.
const LOCK: Duration = Duration::from_secs(20);
/// How long after everything something may still run.
const LINGER: Duration = Duration::from_secs(10);

/// How a case went, for the table. Whatever must not be is a panic.
pub(crate) fn run(bed: &mut Bed, case: &Case, story: &mut Vec<String>) -> String {
    let mut chance = case.chance();
    let commit = bed.push();
    bed.clear();
    bed.reader().sights();
    let rounds = bed.reader().rounds();
    let old = bed.agreed().expect("the hosts agree before a case");
    let before = bed.currents();
    let target = bed.release_before().to_owned();
    if chance.once_in(2) {
        bed.fleet.hosts().iter().for_each(|host| host.write("slow", ""));
    }
    let is_new = |release: &str| match case.op {
        Op::Deploy => release.ends_with(&commit) && release != old,
        Op::Rollback => release == target,
    };

    let words: Vec<String> = bed.words(case.op).into_iter().map(str::to_owned).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut running = bed.start(&words, Some(&case.boundary));
    let stopped = running.has_stopped();
    assert!(stopped, "not landed: it did not come to the boundary\n{}", running.finish());
    assert_eq!(bed.events().last(), Some(&case.boundary), "it stopped somewhere else");
    let mut damage = Damage::do_it(bed, case, before, &mut running, &mut chance);
    story.push(damage.story());
    damage.go_on(bed, &mut running);
    let outcome = running.finish();
    story.push(outcome.to_string());
    let mut ended = ending(&outcome) + &damage.reacted();
    if damage.controller_died() {
        outcome.signal(9);
    } else if !damage.overtaken {
        truth::told(bed, &outcome, case.op, &damage.before, is_new);
    }
    match case.kind {
        Kind::Nothing => drop(outcome.code(0)),
        Kind::Terminated | Kind::TerminatedTwice => heard(&bed.events(), &case.boundary),
        _ => {}
    }
    nothing_incomplete(bed, story);

    damage.mend(bed);
    bed.fleet.hosts().iter().for_each(|host| drop(std::fs::remove_file(host.file("slow"))));
    let recovered = recover(bed, &mut chance, story);
    ended += &recovered;
    let live = bed.agreed();
    assert!(live.is_some(), "after the recovery the hosts differ: {:?}", bed.currents());
    let live = live.unwrap_or_default();
    assert!(live.ends_with(&commit), "after the recovery {live} is live and not one of {commit}");
    bed.lives.push(live.clone());

    nothing_incomplete(bed, story);
    states_are_true(bed, &live);
    commands_ran(bed, &live);
    if HISTORY {
        bed.garment().run(["history", "production"]).code(0).stdout_has(&live);
    }
    let seen = bed.reader().sights();
    for sight in seen {
        let name =
            sight.saw.as_ref().map(|to| to.file_name().unwrap_or_default().to_string_lossy().into_owned());
        let fine = name.as_ref().is_ok_and(|name| *name == old || *name == target || name.ends_with(&commit));
        assert!(fine, "a reader saw on {}: {:?}", sight.host, sight.saw);
    }
    assert!(bed.reader().rounds() > rounds, "nobody read meanwhile");
    damage.clear_away(bed);
    let gone = within(LINGER, || bed.fleet.processes().is_empty());
    assert!(gone, "left behind: {:#?}", bed.fleet.processes());
    ended
}

/// Who is asked to stop begins nothing more: at most the task that was about to begin when the signal came.
fn heard(events: &[String], boundary: &str) {
    let after = events.iter().skip_while(|event| *event != boundary).skip(1);
    let begun: Vec<_> = after.filter(|event| event.starts_with("TaskStarted ")).collect();
    assert!(begun.len() <= 1, "it was asked to stop at {boundary} and began {begun:?}");
}

/// The next operation succeeds, and the lock can be had for it.
fn recover(bed: &Bed, chance: &mut crate::chance::Chance, story: &mut Vec<String>) -> String {
    let verb = if RESUME && chance.once_in(2) { "resume" } else { "deploy" };
    let begun = Instant::now();
    let mut refused: Option<Outcome> = None;
    loop {
        let outcome = bed.garment().run([verb, "production"]);
        if outcome.status.code() == Some(7) && begun.elapsed() < LOCK {
            std::thread::sleep(Duration::from_millis(200));
            refused = Some(outcome);
            continue;
        }
        story.push(outcome.to_string());
        assert!(
            outcome.status.code() == Some(0),
            "the next {verb} does not succeed, {:?} after the fault\n{outcome}",
            begun.elapsed()
        );
        return if refused.is_some() { ", locked for a while".to_owned() } else { String::new() };
    }
}

/// Everything that is in `releases`, and so everything that `garment list` may show, is whole.
fn nothing_incomplete(bed: &Bed, story: &mut Vec<String>) {
    for host in bed.fleet.hosts() {
        for name in releases(host) {
            let release = host.file("shop/releases").join(&name);
            let whole = incomplete(&release);
            // What a host that goes on by itself has renamed meanwhile, to remove it, can't be listed any more.
            if let Err(what) = whole
                && release.exists()
            {
                let list = bed.garment().run(["list", "production"]);
                story.push(list.to_string());
                panic!("the release {name} on {} is not complete: {what}", host.name());
            }
        }
    }
}

/// What the hosts have written down of releases: the one that is current is live, and no other.
fn states_are_true(bed: &Bed, live: &str) {
    for host in bed.fleet.hosts() {
        let mut states = BTreeMap::new();
        for name in releases(host) {
            let text =
                std::fs::read_to_string(host.file("shop/.garment/releases").join(&name)).unwrap_or_default();
            let state =
                text.lines().find_map(|line| line.strip_prefix("state=")).unwrap_or("none").to_owned();
            states.insert(name, state);
        }
        let lives: Vec<&String> =
            states.iter().filter(|(_, state)| *state == "live").map(|(name, _)| name).collect();
        assert_eq!(
            lives,
            [live],
            "what {} has written down as live is not what is current: {states:#?}",
            host.name()
        );
    }
}

/// No command ran beside another, none ran twice, and all of the recovery's ran once.
fn commands_ran(bed: &Bed, live: &str) {
    for host in bed.fleet.hosts() {
        let wrong = std::fs::read_to_string(host.file("wrong")).unwrap_or_default();
        let journal = std::fs::read_to_string(host.file("journal")).unwrap_or_default();
        assert!(wrong.is_empty(), "on {}: {wrong}\nthe journal there:\n{journal}", host.name());
        let mut ended: BTreeMap<&str, usize> = BTreeMap::new();
        for line in journal.lines().filter_map(|line| line.strip_prefix("end ")) {
            *ended.entry(line).or_default() += 1;
        }
        for command in commands(Op::Deploy) {
            let name = format!("{live} {command}");
            let count = ended.remove(name.as_str()).unwrap_or_default();
            assert_eq!(
                count,
                1,
                "on {} `{name}` finished {count} times; the journal there:\n{journal}",
                host.name()
            );
        }
        let twice = ended.iter().find(|(_, count)| **count > 1);
        assert_eq!(twice, None, "on {} a command finished twice; the journal there:\n{journal}", host.name());
    }
}
