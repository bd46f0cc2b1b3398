//! Every kind of fault at every boundary, told in a table. `scripts/faults` has the options.

#![allow(clippy::print_stdout, reason = "people read it")]

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::attempt::{Verdict, attempt};
use crate::bed::Bed;
use crate::case::{Case, Op};
use crate::chance::Chance;
use crate::kind::Kind;
use crate::tally::Tally;

#[test]
#[ignore = "takes the better part of an hour; `sh scripts/faults` runs it"]
fn faults() {
    let options = Options::read();
    let cases = match &options.case {
        Some(case) => vec![case.clone()],
        None => options.cases(),
    };
    println!("{} faults, seed {}, {} at a time", cases.len(), options.seed, options.jobs);
    // What goes wrong is told with the case.
    std::panic::set_hook(Box::new(|_| {}));
    let begun = Instant::now();
    let total = cases.len();
    let state = Mutex::new((cases.into_iter().enumerate(), Tally::default()));
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                let mut bed = None;
                loop {
                    let Some((number, case)) = state.lock().unwrap().0.next() else { break };
                    let at = Instant::now();
                    let verdict = attempt(&mut bed, &case);
                    let how = match &verdict {
                        Verdict::Fine(how) => how.as_str(),
                        Verdict::Gap(reason) => reason,
                        Verdict::Violation(told) => told.as_str(),
                    };
                    let (took, so_far) = (at.elapsed().as_secs_f32(), begun.elapsed().as_secs());
                    println!("{so_far:>5} s  {:>4}/{total}  {took:>5.1} s  {case}  {how}", number + 1);
                    state.lock().unwrap().1.add(&case, &verdict);
                }
            });
        }
    });
    let _ = std::panic::take_hook();
    let tally = &state.lock().unwrap().1;
    println!("\n{}in {} s", tally.table(), begun.elapsed().as_secs());
    assert!(tally.violations == 0, "{} violations", tally.violations);
}

struct Options {
    seed: u64,
    only: Option<Kind>,
    case: Option<Case>,
    /// At most so many.
    count: usize,
    jobs: usize,
}

impl Options {
    fn read() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the script has no other way to tell")]
        let told =
            |name: &str| std::env::var(format!("GARMENT_FAULTS_{name}")).ok().filter(|text| !text.is_empty());
        let number = |name: &str| told(name).map(|text| text.parse::<u64>().expect("a number"));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        Self {
            seed: number("SEED").unwrap_or(now),
            only: told("ONLY").map(|name| {
                let known = Kind::ALL.map(Kind::name).join(", ");
                Kind::of_name(&name).unwrap_or_else(|| panic!("--only takes one of {known}"))
            }),
            case: told("CASE").map(|text| Case::parse(&text).expect("OPERATION:FAULT:SEED:BOUNDARY")),
            count: number("COUNT").and_then(|count| count.try_into().ok()).unwrap_or(usize::MAX),
            jobs: number("JOBS").and_then(|jobs| jobs.try_into().ok()).unwrap_or(2),
        }
    }

    /// Each fault at one of the boundaries of each kind, on a host by chance, in an order by chance.
    fn cases(&self) -> Vec<Case> {
        let mut chance = Chance::new(self.seed);
        let mut bed = Bed::new();
        let mut cases = Vec::new();
        for op in Op::ALL {
            let boundaries = bed.boundaries(op);
            let kinds: BTreeSet<String> =
                boundaries.iter().map(|name| Case::kind_of_boundary(name)).collect();
            println!("{}: {} boundaries, {} but for hosts", op.name(), boundaries.len(), kinds.len());
            for kind in Kind::ALL.into_iter().filter(|kind| self.only.is_none_or(|only| only == *kind)) {
                for place in &kinds {
                    let fitting: Vec<&String> = boundaries
                        .iter()
                        .enumerate()
                        .filter(|(at, name)| {
                            Case::kind_of_boundary(name) == *place && kind.can_land(*at, &boundaries)
                        })
                        .map(|(_, name)| name)
                        .collect();
                    let seed = chance.next() >> 40;
                    if !fitting.is_empty() {
                        cases.push(Case { op, kind, boundary: (*chance.pick(&fitting)).clone(), seed });
                    }
                }
            }
        }
        chance.shuffle(&mut cases);
        cases.truncate(self.count);
        cases
    }
}
