//! The benchmark of garment: how long a deploy takes, held against a hand-written script that does only the least, and
//! against other tools where they are installed.
//!
//! `sh bench/run` builds and runs it. Everything is on this machine: a fleet of real `sshd` on loopback
//! (`garment-testing`), delay lines in front of it for the round-trip time, and repositories that are the same every
//! time. Nothing of it ships.

// Starting processes is what a benchmark does.
#![allow(clippy::disallowed_methods)]

mod bed;
mod cell;
mod check;
mod delay;
mod deploys;
mod logins;
mod machine;
mod measure;
mod options;
mod persist;
mod problem;
mod room;
mod spread;
mod table;
mod tool;
mod workload;

use std::io::Write;
use std::sync::atomic::AtomicBool;

pub use options::{Options, Part, Repository};
pub use problem::Problem;

/// Measures what `options` ask for. Tables in Markdown go to `tables`, a line for each run to `progress`.
///
/// # Errors
/// What can't be measured, or does not do what it should. Once `stop` is true it ends what it has started, and that is
/// an error, too.
pub fn run(
    options: &Options,
    stop: &AtomicBool,
    tables: &mut dyn Write,
    progress: &mut dyn Write,
) -> Result<(), Problem> {
    options.check()?;
    let tools = tool::chosen(options)?;
    writeln!(tables, "{}", machine::described(&tools.present))?;
    for missing in &tools.missing {
        writeln!(tables, "{missing}\n")?;
    }
    for (number, repository) in options.repository.iter().enumerate() {
        room::check(options, *repository, tools.present.len())?;
        let mut bed = bed::Bed::set_up(options, *repository, progress)?;
        for part in options.parts() {
            match part {
                Part::Deploys => deploys::measure(&mut bed, &tools.present, options, stop, tables, progress)?,
                // They are the same whatever is deployed.
                Part::Logins if number > 0 => {}
                Part::Logins => logins::measure(&mut bed, options, stop, tables, progress)?,
                Part::Persist => persist::measure(&mut bed, options, stop, tables, progress)?,
            }
        }
    }
    writeln!(tables, "{}", machine::load("At the end"))?;
    Ok(())
}
