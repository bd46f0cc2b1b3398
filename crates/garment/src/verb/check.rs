use garment_core::engine::{self, Inspected, Means};
use garment_core::event::Problem;
use garment_core::model::{CommitId, Delivery, Environment, HostFacts, Occupant, Setting};
use garment_core::origin::NoCommit;
use garment_core::plan::Scope;

use crate::args;
use crate::context::Context;
use crate::exit_code;
use crate::report::{Look, Tone, clean, say};

type Found = Inspected<(HostFacts, Vec<Problem>)>;

/// `garment check ENV`
pub(crate) fn check(context: &Context, args: &args::Environment) -> u8 {
    let environment = match context.fleet(&args.environment) {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    let scope = Scope::without_host(&environment);
    let (repo_url, git_ref) = (scope.value(Setting::RepoUrl), scope.value(Setting::GitRef));
    let ((resolved, hosts), mirror) = context.work(false, async |means: Means<'_>| {
        let asked =
            tokio::join!(means.origin.resolve(&repo_url, &git_ref), engine::check(&environment, means));
        (asked, means.origin.stock_problem().filter(|_| environment.delivery == Delivery::Push))
    });
    let Some(hosts) = hosts else { return exit_code::INTERRUPTED };
    let look = context.look();
    say::lines(report(&environment, &git_ref, (&resolved, mirror.as_ref()), &hosts, look));
    exit_code(&resolved, mirror.is_some(), &hosts)
}

fn what_is_live(facts: &HostFacts) -> String {
    match &facts.current {
        Occupant::Release(release) => format!("{release} is live"),
        Occupant::Elsewhere(path) => {
            format!("`current` leads to {}, which is no release here", clean::text(path))
        }
        Occupant::Absent | Occupant::NotASymlink => "nothing live yet".to_owned(),
    }
}

fn exit_code(resolved: &Result<CommitId, NoCommit>, no_mirror: bool, hosts: &[Found]) -> u8 {
    let unreachable =
        matches!(resolved, Err(NoCommit::Unreachable(_))) || hosts.iter().any(|host| host.found.is_err());
    let problems =
        hosts.iter().any(|host| host.found.as_ref().is_ok_and(|(_, problems)| !problems.is_empty()));
    match resolved {
        _ if unreachable => exit_code::UNREACHABLE,
        Err(_) => exit_code::USAGE,
        Ok(_) if no_mirror => exit_code::USAGE,
        Ok(_) if problems => exit_code::STOPPED,
        Ok(_) => exit_code::SUCCESS,
    }
}

/// One line for each thing that is well, two for each that is not: what is wrong and what to do.
fn report(
    environment: &Environment,
    git_ref: &str,
    (resolved, mirror): (&Result<CommitId, NoCommit>, Option<&Problem>),
    hosts: &[Found],
    look: Look,
) -> Vec<String> {
    let mut lines = vec![format!("{} configuration of {}", look.good(), clean::text(&environment.name))];
    let mut count = 0;
    let mut bad = |lines: &mut Vec<String>, subject: &str, problem: &Problem| {
        count += 1;
        let what = clean::text(&problem.what);
        lines.push(format!("{} {subject}: {}", look.bad(), look.paint(Tone::Bad, &what)));
        if !problem.remedy.is_empty() {
            lines.push(format!("    {}", clean::text(&problem.remedy)));
        }
    };
    match resolved {
        Ok(commit) => lines.push(format!("{} {} is {commit}", look.good(), clean::text(git_ref))),
        Err(NoCommit::Wrong(problem) | NoCommit::Unreachable(problem)) => {
            bad(&mut lines, &clean::text(git_ref), problem);
        }
    }
    match mirror {
        Some(problem) => bad(&mut lines, "delivery: push", problem),
        None if environment.delivery == Delivery::Push => {
            lines.push(format!("{} delivery: push, so hosts get it from this machine", look.good()));
        }
        None => {}
    }
    for host in hosts {
        let name = look.paint(Tone::Name, &clean::text(&host.host));
        match &host.found {
            Err(problem) => bad(&mut lines, &name, problem),
            Ok((facts, problems)) if problems.is_empty() => {
                lines.push(format!("{} {name}: {}", look.good(), what_is_live(facts)));
            }
            Ok((_, problems)) => problems.iter().for_each(|problem| bad(&mut lines, &name, problem)),
        }
    }
    lines.push(match count {
        0 => "Nothing stands in the way of a deploy.".to_owned(),
        1 => "1 problem. Nothing was changed.".to_owned(),
        _ => format!("{count} problems. Nothing was changed."),
    });
    lines
}
