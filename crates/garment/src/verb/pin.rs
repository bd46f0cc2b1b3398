use garment_core::engine::{self, PinRequest, Pinned};

use super::hindered::{hindered, troubles};
use crate::args;
use crate::context::Context;
use crate::exit_code;
use crate::report::{clean, invocation, say};

/// `garment pin ENV RELEASE`
pub(crate) fn pin(context: &Context, args: &args::Pin) -> u8 {
    work(context, args, true)
}

/// `garment unpin ENV RELEASE`
pub(crate) fn unpin(context: &Context, args: &args::Pin) -> u8 {
    work(context, args, false)
}

fn work(context: &Context, args: &args::Pin, pinned: bool) -> u8 {
    let environment = match context.fleet(&args.environment.environment) {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    let request = PinRequest {
        release: args.release.clone(),
        pinned,
        by: context.surroundings.operator.clone(),
        wait: args.wait.into(),
    };
    let release = &args.release;
    match context.work(false, async |means| engine::pin(&environment, &request, means).await) {
        done @ (Pinned::Done | Pinned::Already) => {
            let before = if done == Pinned::Already { " already" } else { "" };
            let text = if pinned {
                let config = context.common.config.as_ref().map(|path| path.display().to_string());
                let unpin = invocation("unpin", &environment.name, Some(release), config.as_deref());
                format!("{release} is pinned{before}: no deploy removes it until `{unpin}`")
            } else if done == Pinned::Already {
                format!("{release} was not pinned")
            } else {
                format!("{release} is not pinned any more: a deploy removes it once it is old enough")
            };
            say::lines([clean::text(&text)]);
            exit_code::SUCCESS
        }
        Pinned::Refused(problem) => {
            context.refuse(&format!("{}; nothing was changed\n{}", problem.what, problem.remedy))
        }
        Pinned::Hindered(why) => hindered(context, &why),
        Pinned::Failed(hosts) => {
            troubles(context, &hosts);
            say::error(
                context.look_of_errors(),
                "other hosts may be changed: once that is mended, do it again",
            );
            exit_code::STOPPED
        }
    }
}
