//! Runs cases, and makes of a panic a violation with what it takes to do the same again.

use std::any::Any;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::bed::Bed;
use crate::case::Case;
use crate::gaps;
use crate::run::run;

/// How a case went.
pub(crate) enum Verdict {
    /// As it should.
    Fine(String),
    /// As is known.
    Gap(&'static str),
    /// Not as it should, with all there is to say of it.
    Violation(String),
}

/// Runs a case. A bed on which something went wrong is not used again.
pub(crate) fn attempt(bed: &mut Option<Bed>, case: &Case) -> Verdict {
    let (mut story, mut wrong) = (Vec::new(), Vec::new());
    let tried = catch_unwind(AssertUnwindSafe(|| {
        run(bed.get_or_insert_with(Bed::new), case, &mut story, &mut wrong)
    }));
    match tried {
        Ok(ended) if wrong.is_empty() => {
            bed.take_if(|bed| bed.is_worn());
            return Verdict::Fine(ended);
        }
        Ok(_) => {}
        Err(panic) => wrong.push(text(&*panic)),
    }
    let spoiled = bed.take();
    let gaps: Vec<_> = wrong.iter().map(|wrong| gaps::known(case, wrong)).collect();
    if let Some(Some(gap)) = gaps.first()
        && gaps.iter().all(Option::is_some)
    {
        return Verdict::Gap(gap.reason);
    }
    let violation = wrong.join("\n--\n");
    let mut told = format!("VIOLATION in {case}\n{violation}\n");
    // Writing to a String cannot fail.
    for part in story {
        let _ = writeln!(told, "--\n{part}");
    }
    if let Some(mut bed) = spoiled {
        let _ =
            writeln!(told, "--\nevents: {:#?}\nhosts kept in {}", bed.events(), bed.fleet.root().display());
        bed.fleet.keep();
    }
    let _ = writeln!(told, "again: sh scripts/faults --case '{case}'");
    Verdict::Violation(told)
}

/// What a panic says.
pub(crate) fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
