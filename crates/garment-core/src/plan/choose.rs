use std::collections::HashSet;

use super::NoPlan;
use super::recorded::Merged;
use crate::event::{HostName, Problem};
use crate::model::Environment;
use crate::remote::{Info, one_line};

/// The operation that is gone on with: the newest one, if it has not come to its end.
pub(super) fn choose<'m, 'a>(
    environment: &Environment,
    names: &[HostName],
    operations: &'m [Merged<'a>],
) -> Result<(&'m Merged<'a>, &'a Info), NoPlan> {
    let deploy = format!("to deploy: `garment deploy {}`", environment.name);
    let Some(last) = operations.first() else {
        return refused("no host has a record of an operation, so there is nothing to resume".into(), deploy);
    };
    if !last.is_unfinished() {
        return refused(format!("there is nothing to resume: {}", last.in_words()), deploy);
    }
    let afresh =
        format!("give up what was begun: `garment abandon {0}`, then `garment deploy {0}`", environment.name);
    let Some(info) = last.info() else {
        return refused(format!("what `{}` is can't be read on any host", last.id), afresh);
    };
    if info.environment != one_line(&environment.name) {
        return refused(
            format!("the last operation on these hosts was begun as `{}`", info.environment),
            format!("go on with it under that name: `garment resume {}`", info.environment),
        );
    }
    for (host, recorded) in &last.on {
        let agrees = match &recorded.info {
            Some(theirs) => same_operation(theirs, info),
            // It was cut off before anything was done there.
            None => recorded.steps.is_empty(),
        };
        if !agrees {
            return refused(format!("the record of `{}` on {} is damaged", last.id, names[*host]), afresh);
        }
    }
    let known: HashSet<&str> = last.hosts().iter().map(String::as_str).collect();
    // A host that was left out of the last one may have one of its own.
    let other = operations.iter().skip(1).filter(|other| other.is_unfinished()).find_map(|other| {
        let (host, _) =
            other.on.iter().find(|(host, _)| last.of(*host).is_none() && !known.contains(&*names[*host]))?;
        Some((other, &names[*host]))
    });
    if let Some((other, host)) = other {
        let (on, _) = last.on[0];
        return refused(
            format!(
                "there are two operations to resume: `{}` on {}, `{}` on {host}",
                last.id, names[on], other.id
            ),
            afresh,
        );
    }
    Ok((last, info))
}

fn same_operation(a: &Info, b: &Info) -> bool {
    let of = |info: &Info| {
        let Info { operation, release, commit, git_ref, include, exclude, .. } = info;
        (*operation, release.clone(), commit.clone(), git_ref.clone(), include.clone(), exclude.clone())
    };
    // On large fleets not each host has the names of all.
    let hosts = a.hosts == b.hosts || a.hosts.is_empty() || b.hosts.is_empty();
    hosts && of(a) == of(b)
}

fn refused<T>(what: String, remedy: String) -> Result<T, NoPlan> {
    Err(NoPlan::Refused(Problem { what, remedy }))
}
