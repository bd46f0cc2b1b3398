//! One fault at one boundary, what garment makes of it, and the way back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use garment_testing::Outcome;

use crate::aftermath::{commands_ran, nothing_incomplete, states_are_true};
use crate::attempt::text;
use crate::bed::{Bed, within};
use crate::case::{Case, Op};
use crate::chance::Chance;
use crate::inject::{Damage, ending};
use crate::kind::Kind;
use crate::truth;

/// Whether `garment resume` is there to recover with.
pub(crate) const RESUME: bool = true;
/// Whether `garment history` is there to be held against the truth.
pub(crate) const HISTORY: bool = true;

/// How long after a fault a lock may still be held, by a command that finishes.
const LOCK: Duration = Duration::from_secs(10);
/// How long after everything something may still run.
const LINGER: Duration = Duration::from_secs(10);

/// How a case went, for the table; what does not hold is in `wrong`, and what ends the case is a panic.
pub(crate) fn run(bed: &mut Bed, case: &Case, story: &mut Vec<String>, wrong: &mut Vec<String>) -> String {
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

    let mut running = bed.start_at(case);
    let mut damage = Damage::do_it(bed, case, before, &mut running, &mut chance);
    story.push(damage.story());
    damage.go_on(bed, &mut running);
    let outcome = running.finish();
    story.push(outcome.to_string());
    let mut ended = ending(&outcome) + &damage.reacted();
    let events = bed.events();
    holds(wrong, || match case.kind {
        _ if damage.controller_died() => {
            outcome.signal(9);
        }
        _ if damage.overtaken => {}
        _ => truth::told(bed, &outcome, case.op, &damage.before, is_new),
    });
    holds(wrong, || match case.kind {
        Kind::Nothing => {
            outcome.code(0);
        }
        Kind::DiskFull | Kind::DiskReadOnly => names_the_disk(&outcome),
        Kind::Terminated | Kind::TerminatedTwice => heard(&events, &case.boundary),
        _ => {}
    });
    holds(wrong, || nothing_incomplete(bed));

    damage.mend(bed);
    bed.fleet.hosts().iter().for_each(|host| drop(std::fs::remove_file(host.file("slow"))));
    let (op, how) = recover(bed, case, &old, &mut chance, story);
    let resumed = how.ends_with("resumed").then_some(case.kind);
    ended += &how;
    let live = bed.agreed();
    assert!(live.is_some(), "after the recovery the hosts differ: {:?}", bed.currents());
    let live = live.unwrap_or_default();
    let right = if op == Op::Deploy { live.ends_with(&commit) } else { live == target };
    assert!(right, "after the recovery {live} is live");

    holds(wrong, || {
        for sight in bed.reader().sights() {
            let to = sight.saw.as_ref().map(|to| to.file_name().unwrap_or_default().to_string_lossy());
            let fine = to.is_ok_and(|name| name == old || name == target || name.ends_with(&commit));
            assert!(fine, "a reader saw on {}: {:?}", sight.host, sight.saw);
        }
        assert!(bed.reader().rounds() > rounds, "nobody read meanwhile");
    });
    holds(wrong, || nothing_incomplete(bed));
    holds(wrong, || commands_ran(bed, op, &live, resumed));
    holds(wrong, || states_are_true(bed, &live));
    if HISTORY {
        holds(wrong, || {
            let history = bed.garment().run(["history", "production"]);
            // Below the titles, the newest.
            let last = history.code(0).stdout.lines().nth(1).unwrap_or_default().to_owned();
            assert!(last.contains(&live) && last.contains("  done"), "{live} is live by now\n{history}");
            let says_so = last.contains("resumed");
            assert_eq!(says_so, resumed.is_some(), "whether it was resumed\n{history}");
        });
    }
    damage.clear_away(bed);
    holds(wrong, || {
        let gone = within(LINGER, || bed.fleet.processes().is_empty());
        assert!(gone, "left behind: {:#?}", bed.fleet.processes());
    });
    if op == Op::Rollback {
        // For the next case there is to be one before the one that is live.
        bed.garment().run(["deploy", "production"]).code(0);
        bed.note_live();
    } else {
        bed.lives.push(live);
    }
    ended
}

/// What panics here is written down, and the case goes on.
fn holds(wrong: &mut Vec<String>, check: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(check)) {
        wrong.push(text(&*panic));
    }
}

/// Where it failed, the report says that it was the disk.
fn names_the_disk(outcome: &Outcome) {
    let words = ["disk", "make room", "No space left", "Read-only", "read-only", "can't write", "can't make"];
    let told = outcome.stdout.split_once("\n\n").map_or("", |(_, report)| report);
    let told = words.iter().any(|word| told.contains(word));
    assert!(
        outcome.status.success() || told,
        "the report does not say what is wrong with the disk\n{outcome}"
    );
}

/// Who is asked to stop begins nothing more: at most the task that was about to begin when the signal came.
fn heard(events: &[String], boundary: &str) {
    let after = events.iter().skip_while(|event| *event != boundary).skip(1);
    let begun: Vec<_> = after.filter(|event| event.starts_with("TaskStarted ")).collect();
    assert!(begun.len() <= 1, "it was asked to stop at {boundary} and began {begun:?}");
}

/// The next operation succeeds, and the lock can be had for it. Gives which operation was brought to its end, and a word
/// for the table.
fn recover(bed: &Bed, case: &Case, old: &str, chance: &mut Chance, story: &mut Vec<String>) -> (Op, String) {
    if RESUME && chance.once_in(2) {
        let (code, how) = once_unlocked(bed, case, "resume", story);
        let begun = bed.events().iter().any(|event| event == "Planned");
        // 2: there is nothing to resume.
        if code == Some(0) && (begun || bed.agreed().as_deref() != Some(old)) {
            return (case.op, format!("{how}, resumed"));
        }
        assert!(code == Some(2) || !begun, "resume does not succeed: {code:?}");
    }
    let begun = Instant::now();
    let (code, how) = once_unlocked(bed, case, "deploy", story);
    assert!(
        code == Some(0),
        "the next deploy does not succeed, {:?} after the fault\n{}",
        begun.elapsed(),
        story.last().map(String::as_str).unwrap_or_default()
    );
    (Op::Deploy, how)
}

/// Runs it again as long as it is refused since something still runs, but not for ever.
fn once_unlocked(bed: &Bed, case: &Case, verb: &str, story: &mut Vec<String>) -> (Option<i32>, String) {
    let begun = Instant::now();
    let mut how = "";
    loop {
        let mut command = bed.garment().command([verb, "production"]);
        if case.kind.is_silent() {
            // It decides how long a controller may be silent before its lock can be had.
            command.env("GARMENT_TEST_KEEPALIVE", "1");
        }
        let outcome = bed.garment().spawn_command(command).finish();
        if outcome.status.code() == Some(7) && begun.elapsed() < LOCK {
            std::thread::sleep(Duration::from_millis(200));
            how = ", locked for a while";
            continue;
        }
        story.push(outcome.to_string());
        return (outcome.status.code(), how.to_owned());
    }
}
