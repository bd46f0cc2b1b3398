//! The command line of garment: arguments, one file per verb, reporters, exit codes.

mod args;
mod backlog;
#[cfg(debug_assertions)]
mod boundary;
mod context;
mod exit_code;
mod narrate;
mod open_files;
pub mod report;
mod signals;
mod surroundings;
mod verb;

use std::process::ExitCode;

use args::{Args, Verb};
use context::Context;

/// What the program does.
pub fn main() -> ExitCode {
    let args = Args::read();
    let context = Context::new(args.common, surroundings::read());
    let code = match &args.verb {
        Verb::Deploy(args) => verb::deploy(&context.telling(args.output.format), args),
        Verb::Plan(args) => verb::plan(&context, args),
        Verb::Rollback(args) => verb::rollback(&context.telling(args.output.format), args),
        Verb::Resume(args) => verb::resume(&context.telling(args.output.format), args),
        Verb::Abandon(args) => verb::abandon(&context, args),
        Verb::History(args) => verb::history(&context, args),
        Verb::Verify(args) => verb::verify(&context, args),
        Verb::Pin(args) => verb::pin(&context, args),
        Verb::Unpin(args) => verb::unpin(&context, args),
        Verb::Lock(args) => verb::lock(&context, args),
        Verb::Unlock(args) => verb::unlock(&context, args),
        Verb::List(args) => verb::list(&context, args),
        Verb::Status(args) => verb::status(&context, args),
        Verb::Show(args) => verb::show(&context, args),
        Verb::Check(args) => verb::check(&context, args),
        Verb::Init => verb::init(&context),
        Verb::Demo(args) => verb::demo(&context, args),
    };
    ExitCode::from(code)
}
