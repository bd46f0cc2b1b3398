use garment_core::engine::{self, DeployRequest};
use garment_core::plan::Selection;

use crate::args;
use crate::context::Context;
use crate::exit_code;

/// `garment deploy ENV`
pub(crate) fn deploy(context: &Context, args: &args::Deploy) -> u8 {
    let environment = match context.fleet(&args.environment.environment) {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    let ids = |ids: &[String]| ids.iter().map(|id| id.trim().to_owned()).collect();
    let selection = match (&args.include, &args.exclude) {
        (Some(include), _) => Selection::Include(ids(include)),
        (None, Some(exclude)) => Selection::Exclude(ids(exclude)),
        (None, None) => Selection::All,
    };
    let request = DeployRequest {
        git_ref: args.git_ref.clone(),
        selection,
        by: context.surroundings.operator.clone(),
        wait: args.wait.into(),
    };
    let outcome = context.work(true, async |means| engine::deploy(&environment, &request, means).await);
    exit_code::of(outcome.verdict)
}
