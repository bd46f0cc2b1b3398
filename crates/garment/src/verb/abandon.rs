use garment_core::engine::{self, AbandonRequest, Abandoned, GivenUp};
use garment_core::model::Occupant;

use super::hindered::{hindered, troubles};
use super::operation::in_words;
use crate::args;
use crate::context::Context;
use crate::exit_code;
use crate::report::{Cell, Look, Table, Tone, clean, say};

/// `garment abandon ENV`
pub(crate) fn abandon(context: &Context, args: &args::Abandon) -> u8 {
    let environment = match context.fleet(&args.environment.environment) {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    let request = AbandonRequest { by: context.surroundings.operator.clone(), wait: args.wait.into() };
    match context.work(false, async |means| engine::abandon(&environment, &request, means).await) {
        Abandoned::Done(hosts) => {
            say::lines(lines(&hosts, context.look()));
            exit_code::SUCCESS
        }
        Abandoned::Refused(problem) => {
            context.refuse(&format!("{}; nothing was changed\n{}", problem.what, problem.remedy))
        }
        Abandoned::Hindered(why) => hindered(context, &why),
        Abandoned::Failed(hosts) => {
            troubles(context, &hosts);
            say::error(
                context.look_of_errors(),
                "other hosts may have given it up: once that is mended, do it again",
            );
            exit_code::STOPPED
        }
    }
}

fn lines(hosts: &[GivenUp], look: Look) -> Vec<String> {
    let mut titles: Vec<String> = Vec::new();
    for (id, info) in hosts.iter().filter_map(|host| host.operation.as_ref()) {
        let title = info.as_ref().map_or_else(
            || id.to_string(),
            |info| format!("{}, begun by {},", in_words(info), super::status::somebody(&info.by)),
        );
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    let mut lines: Vec<String> = titles
        .iter()
        .map(|title| format!("{} is abandoned: everything stays as it is", clean::text(title)))
        .collect();
    let mut table = Table::new(&["host", "current"]);
    for host in hosts {
        let current = match &host.current {
            Occupant::Absent => Cell::from("nothing live yet"),
            Occupant::Release(release) => Cell::new(Tone::Good, release.as_str()),
            Occupant::Elsewhere(path) => Cell::new(Tone::Warn, &format!("`current` leads to {path}")),
            Occupant::NotASymlink => Cell::new(Tone::Bad, "`current` is not a symlink"),
        };
        let begun = if host.operation.is_none() { "had not begun it" } else { "" };
        table.row([Cell::new(Tone::Name, &host.host), current, begun.into()]);
    }
    lines.extend(table.lines(look));
    lines
}
