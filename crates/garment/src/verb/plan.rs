use std::io::Write as _;
use std::path::Path;

use garment_core::engine::{self, NoPreview, PreviewRequest};
use garment_core::model::Environment;
use garment_core::origin::NoCommit;
use garment_core::plan::{Preview, Saved};
use jiff::Timestamp;

use super::hindered::hindered;
use crate::args;
use crate::context::Context;
use crate::exit_code;
use crate::report::{preview, say};

/// `garment plan ENV`
pub(crate) fn plan(context: &Context, args: &args::Plan) -> u8 {
    let environment = match context.fleet(&args.environment.environment) {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    let plan = match look(context, &environment, &args.content) {
        Ok(plan) => plan,
        Err(code) => return code,
    };
    let code = show(context, &plan);
    match &args.out {
        Some(file) if code == exit_code::SUCCESS => save(context, &plan, file),
        Some(file) => {
            let text = format!("`{}` was not written: a deploy would be stopped", file.display());
            say::error(context.look_of_errors(), &text);
            code
        }
        None => code,
    }
}

/// Shows what a deploy would do, and gives the exit code for it.
pub(super) fn show(context: &Context, plan: &Preview) -> u8 {
    say::lines(preview::lines(plan, context.look()));
    let stops = plan.warnings.iter().any(|warning| !warning.is_lock);
    if stops { exit_code::STOPPED } else { exit_code::SUCCESS }
}

/// What a deploy would do; why nobody can tell has been said when it is an exit code.
pub(super) fn look(
    context: &Context,
    environment: &Environment,
    what: &args::Content,
) -> Result<Preview, u8> {
    let request = PreviewRequest {
        git_ref: what.git_ref.clone(),
        selection: what.selection(),
        by: context.surroundings.operator.clone(),
    };
    let previewed = context.work(false, async |means| engine::preview(environment, &request, means).await);
    previewed.map_err(|none| no_plan(context, &none))
}

fn no_plan(context: &Context, none: &NoPreview) -> u8 {
    let mut code = None;
    if let Some(NoCommit::Wrong(problem) | NoCommit::Unreachable(problem)) = &none.origin {
        let text = format!("{}\n{}", problem.what, problem.remedy);
        say::error(context.look_of_errors(), &text);
        let is_wrong = matches!(none.origin, Some(NoCommit::Wrong(_)));
        code = Some(if is_wrong { exit_code::USAGE } else { exit_code::UNREACHABLE });
    }
    if let Some(hosts) = &none.hosts {
        code = Some(hindered(context, hosts));
    }
    code.unwrap_or(exit_code::USAGE)
}

/// Writes it to a file that is there in full or not at all.
fn save(context: &Context, plan: &Preview, file: &Path) -> u8 {
    let text = Saved::new(plan.clone(), &context.surroundings.operator, Timestamp::now()).to_text();
    match write(file, &text) {
        Ok(()) if !file.is_file() => exit_code::SUCCESS,
        Ok(()) => {
            let config = context.common.config.as_ref().map(|path| path.display().to_string());
            let command = preview::how_to_run(file, config.as_deref());
            say::lines([format!("to deploy exactly that: {command}")]);
            exit_code::SUCCESS
        }
        Err(error) => context.refuse(&format!("can't write `{}`: {error}", file.display())),
    }
}

fn write(file: &Path, text: &str) -> std::io::Result<()> {
    // What is no plain file, such as /dev/stdout, can't be replaced.
    if file.exists() && !file.is_file() {
        return std::fs::write(file, text);
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut beside = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    beside.write_all(text.as_bytes())?;
    beside.as_file().sync_all()?;
    beside.persist(file)?;
    Ok(())
}
