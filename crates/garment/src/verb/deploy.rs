use std::io::Read as _;
use std::path::Path;

use garment_core::engine::{self, DeployRequest, Unchanged};
use garment_core::event::{Outcome, Verdict};
use garment_core::model::Environment;
use garment_core::plan::{Preview, Saved};

use super::plan::{look, show};
use crate::args;
use crate::context::Context;
use crate::exit_code;
use crate::report::question::Answer;
use crate::report::{preview, say};

/// A plan that is longer is none.
const LONGEST_PLAN: u64 = 256 * 1024 * 1024;

/// `garment deploy ENV`
pub(crate) fn deploy(context: &Context, args: &args::Deploy) -> u8 {
    carry_out(context, args).unwrap_or_else(|code| code)
}

fn carry_out(context: &Context, args: &args::Deploy) -> Result<u8, u8> {
    let saved = args.plan.as_deref().map(|file| read(context, file)).transpose()?;
    let environment = context.fleet(name(context, args, saved.as_ref())?)?;
    if args.dry_run {
        return Ok(show(context, &look(context, &environment, &args.content)?));
    }
    let shown = if environment.confirm && !args.yes {
        Some(confirmed(context, &environment, args, saved)?)
    } else {
        saved
    };
    let args::Unchanged { force, skip_unchanged } = args.unchanged;
    let asks = context.can_ask() && !force && !args.yes && shown.is_none();
    let unchanged = if skip_unchanged || asks { Unchanged::Leave } else { Unchanged::Deploy };
    let outcome = run(context, &environment, args, shown, unchanged);
    if outcome.verdict != Verdict::Unchanged || skip_unchanged {
        return Ok(exit_code::of(outcome.verdict));
    }
    let plan = look(context, &environment, &args.content)?;
    agree(context, &plan, exit_code::SUCCESS)?;
    Ok(exit_code::of(run(context, &environment, args, Some(plan), Unchanged::Deploy).verdict))
}

/// What people agreed to, where they want to be asked.
fn confirmed(
    context: &Context,
    environment: &Environment,
    args: &args::Deploy,
    saved: Option<Preview>,
) -> Result<Preview, u8> {
    if !context.can_ask() {
        let why = if context.tells_programs() {
            "nobody is asked with `--output json`"
        } else {
            "nobody can be asked without a terminal"
        };
        return Err(context
            .refuse(&format!("`{}` has `confirm: true`, and {why}\nanswer with `--yes`", environment.name)));
    }
    let plan = saved.map_or_else(|| look(context, environment, &args.content), Ok)?;
    if plan.unchanged && args.unchanged.skip_unchanged {
        say::lines([preview::nothing_to_deploy(&plan)]);
        return Err(exit_code::SUCCESS);
    }
    agree(context, &plan, exit_code::INTERRUPTED)?;
    Ok(plan)
}

/// The environment that is meant: by its name, or by the plan's.
fn name<'a>(context: &Context, args: &'a args::Deploy, plan: Option<&'a Preview>) -> Result<&'a str, u8> {
    match (&args.environment, plan) {
        (Some(name), Some(plan)) if *name != plan.environment => {
            Err(context.refuse(&format!("the plan is for `{}`, not for `{name}`", plan.environment)))
        }
        (_, Some(plan)) => Ok(&plan.environment),
        (name, None) => Ok(name.as_deref().unwrap_or_default()),
    }
}

fn run(
    context: &Context,
    environment: &Environment,
    args: &args::Deploy,
    shown: Option<Preview>,
    unchanged: Unchanged,
) -> Outcome {
    let planned = shown.as_ref();
    let request = DeployRequest {
        git_ref: planned.map(|plan| plan.git_ref.clone()).or_else(|| args.content.git_ref.clone()),
        selection: planned.map_or_else(|| args.content.selection(), |plan| plan.selection.clone()),
        by: context.surroundings.operator.clone(),
        wait: args.wait.into(),
        shown: shown.map(Box::new),
        unchanged,
    };
    context.work(true, async |means| engine::deploy(environment, &request, means).await)
}

/// Shows the plan in short and asks; the exit code says why not. Nothing is held on any host meanwhile.
fn agree(context: &Context, plan: &Preview, declined: u8) -> Result<(), u8> {
    say::lines(preview::summary(plan, context.look()));
    match context.ask(&preview::question(plan)) {
        Answer::Yes => Ok(()),
        Answer::No => {
            say::lines(["Nothing was changed.".to_owned()]);
            Err(declined)
        }
        Answer::Interrupted => Err(exit_code::INTERRUPTED),
    }
}

fn read(context: &Context, file: &Path) -> Result<Preview, u8> {
    let shown = file.display().to_string();
    let mut text = Vec::new();
    let opened = std::fs::File::open(file);
    if let Err(error) = opened.and_then(|file| file.take(LONGEST_PLAN).read_to_end(&mut text)) {
        return Err(context.refuse(&format!("can't read `{shown}`: {error}")));
    }
    let saved = Saved::parse(&shown, &text);
    saved
        .map(|saved| saved.plan)
        .map_err(|problem| context.refuse(&format!("{}\n{}", problem.what, problem.remedy)))
}
