use garment_core::engine::{self, Compared, Verified};
use garment_core::event::{HostName, Problem};
use garment_core::remote::{Differences, Kind};

use super::hindered::hindered;
use crate::args;
use crate::context::Context;
use crate::exit_code;
use crate::report::{Look, Tone, clean, say};

/// `garment verify ENV`
pub(crate) fn verify(context: &Context, args: &args::Verify) -> u8 {
    let environment = match context.fleet(&args.environment.environment) {
        Ok(environment) => environment,
        Err(code) => return code,
    };
    let by = &context.surroundings.operator;
    let verified =
        context.work(false, async |means| engine::verify(&environment, by, args.wait.into(), means).await);
    let hosts = match verified {
        Verified::Compared(hosts) => hosts,
        Verified::NothingLive => {
            return context.refuse(&format!("nothing is live on {} yet", environment.name));
        }
        Verified::Hindered(why) => return hindered(context, &why),
    };
    say::lines(report(&hosts, context.look()));
    code(&hosts)
}

fn code(hosts: &[(HostName, Compared)]) -> u8 {
    let is_same = |compared: &Compared| matches!(compared, Compared::Found(_, found) if found.count() == 0);
    if hosts.iter().any(|(_, compared)| matches!(compared, Compared::Lost(_))) {
        exit_code::UNREACHABLE
    } else if hosts.iter().all(|(_, compared)| is_same(compared)) {
        exit_code::SUCCESS
    } else {
        exit_code::STOPPED
    }
}

/// A line for each host, and below it what differs there.
fn report(hosts: &[(HostName, Compared)], look: Look) -> Vec<String> {
    let mut lines = Vec::new();
    for (host, compared) in hosts {
        let name = look.paint(Tone::Name, &clean::text(host));
        match compared {
            Compared::Found(release, found) if found.count() == 0 => {
                lines.push(format!("{} {name}: {release} is commit {}", look.good(), found.commit));
            }
            Compared::Found(release, found) => {
                let what = format!("{release} is not commit {}", found.commit);
                let what = look.paint(Tone::Bad, &what);
                lines.push(format!("{} {name}: {what}: {}", look.bad(), counts(found)));
                lines.extend(listed(found, look));
            }
            Compared::Failed(Problem { what, remedy }) | Compared::Lost(Problem { what, remedy }) => {
                let what = look.paint(Tone::Bad, &clean::text(what));
                lines.push(format!("{} {name}: {what}", look.bad()));
                lines.extend((!remedy.is_empty()).then(|| format!("    {}", clean::text(remedy))));
            }
        }
    }
    lines
}

/// `2 changed, 1 extra`
fn counts(found: &Differences) -> String {
    let counts = [(found.changed, "changed"), (found.missing, "missing"), (found.extra, "extra")];
    let some = counts.iter().filter(|(count, _)| *count > 0);
    some.map(|(count, kind)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}

fn listed(found: &Differences, look: Look) -> Vec<String> {
    let word = |kind| match kind {
        Kind::Changed => "changed",
        Kind::Missing => "missing",
        Kind::Extra => "extra  ",
    };
    let paths = found.first.iter();
    let mut lines: Vec<String> =
        paths.map(|(kind, path)| format!("    {}  {}", word(*kind), clean::text(path))).collect();
    let more = found.count().saturating_sub(found.first.len() as u64);
    if more > 0 {
        lines.push(format!("    {} and {more} more", look.ellipsis()));
    }
    lines
}
