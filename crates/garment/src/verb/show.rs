use garment_core::config;

use crate::args;
use crate::context::Context;
use crate::exit_code;
use crate::report::say;

/// `garment show ENV`
pub(crate) fn show(context: &Context, args: &args::Environment) -> u8 {
    match context.environment(&args.environment) {
        Ok(environment) => {
            say::lines(config::show(&environment).lines().map(str::to_owned));
            exit_code::SUCCESS
        }
        Err(code) => code,
    }
}
