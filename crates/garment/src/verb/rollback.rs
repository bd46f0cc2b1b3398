use garment_core::engine::{self, RollbackRequest};

use crate::args;
use crate::context::Context;
use crate::exit_code;

/// `garment rollback ENV [RELEASE]`
pub(crate) fn rollback(context: &Context, args: &args::Rollback) -> u8 {
    let environment = match context.fleet(&args.environment.environment) {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    let request = RollbackRequest {
        release: args.release.clone(),
        by: context.surroundings.operator.clone(),
        wait: args.wait.into(),
    };
    let outcome = context.work(true, async |means| engine::rollback(&environment, &request, means).await);
    exit_code::of(outcome.verdict)
}
