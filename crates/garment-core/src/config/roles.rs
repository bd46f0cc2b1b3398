use std::collections::{BTreeMap, BTreeSet};

use super::extends::Blocks;
use super::problems::Problems;
use super::read::Field;
use super::resolve::roles_of;
use super::wording::{did_you_mean, tick};

/// What is known of a role that a task names.
struct Seen<'b> {
    role: &'b str,
    /// Whether a host of an environment that has the task has the role, or can't be known not to.
    found: bool,
    environments: Vec<&'b str>,
    /// The roles there are in those environments.
    there: BTreeSet<&'b str>,
}

/// Reports roles of tasks that no host has, in no environment that has the task. One that only some of them lack is
/// fine: a task that `staging` hands down for its `db` host has nothing to do in a `preview` without one.
pub(super) fn check(laid: &Blocks, problems: &mut Problems<'_>) {
    let mut seen: BTreeMap<(usize, usize), Seen<'_>> = BTreeMap::new();
    for (name, block) in laid {
        let there = match &block.hosts {
            Field::Given(hosts) => roles_of(hosts),
            // A base without hosts, or an environment that has been reported.
            Field::Absent => continue,
            Field::Broken => BTreeSet::new(),
        };
        for role in block.tasks().flat_map(|task| &task.roles) {
            let seen = seen.entry((role.range.start, role.range.end)).or_insert_with(|| Seen {
                role: &role.text,
                found: role.text == "all",
                environments: Vec::new(),
                there: BTreeSet::new(),
            });
            seen.found |= block.hosts.given().is_none() || there.contains(role.text.as_str());
            seen.environments.push(name);
            seen.there.extend(&there);
        }
    }
    for ((start, end), seen) in seen {
        if seen.found {
            continue;
        }
        let environments: Vec<String> = seen.environments.iter().map(|name| tick(name)).collect();
        let message = format!("no host of {} has the role {}", environments.join(" or "), tick(seen.role));
        let help = if seen.there.is_empty() {
            let role = seen.role.replace('\'', "''");
            format!("give a host the role, as `roles: ['{role}']`, or leave `roles` out to run everywhere")
        } else {
            let mut known: Vec<&str> = seen.there.into_iter().collect();
            known.push("all");
            did_you_mean(seen.role, &known, "roles here")
        };
        problems.add(&(start..end), message).help(help);
    }
}
