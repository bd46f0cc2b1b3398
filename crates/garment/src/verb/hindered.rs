use garment_core::engine::Hindered;
use garment_core::event::{HostName, Problem};

use crate::context::Context;
use crate::exit_code;
use crate::report::say;

/// Says why nothing was done, and gives the exit code for it.
pub(super) fn hindered(context: &Context, hindered: &Hindered) -> u8 {
    let (hosts, code) = match hindered {
        Hindered::Unreachable(hosts) => (hosts, exit_code::UNREACHABLE),
        Hindered::Locked(hosts) => (hosts, exit_code::LOCKED),
        Hindered::Unfit(hosts) => (hosts, exit_code::STOPPED),
        Hindered::Interrupted => return exit_code::INTERRUPTED,
    };
    troubles(context, hosts);
    say::error(context.look_of_errors(), "nothing was changed");
    code
}

/// What is wrong on each of these hosts.
pub(super) fn troubles(context: &Context, hosts: &[(HostName, Problem)]) {
    for (host, problem) in hosts {
        say::error(context.look_of_errors(), &format!("{host}: {}\n{}", problem.what, problem.remedy));
    }
}
