use garment_core::engine::{self, ResumeRequest};

use crate::args;
use crate::context::Context;
use crate::exit_code;

/// `garment resume ENV`
pub(crate) fn resume(context: &Context, args: &args::Resume) -> u8 {
    let environment = match context.fleet(&args.environment.environment) {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    let request = ResumeRequest {
        changed_plan: args.changed_plan,
        by: context.surroundings.operator.clone(),
        wait: args.wait.into(),
    };
    let outcome = context.work(true, async |means| engine::resume(&environment, &request, means).await);
    exit_code::of(outcome.verdict)
}
