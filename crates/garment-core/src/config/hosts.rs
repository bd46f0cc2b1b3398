use std::collections::BTreeSet;

use super::problems::Problems;
use super::read;
use super::tree::{Entry, Kind, Node};
use super::wording::tick;
use crate::model::{Destination, Host, Role};

const EXAMPLE: &str = "hosts:\n  deploy@one.example.org:\n  deploy@two.example.org:\n    roles: [db]";

/// Reads `hosts`.
pub(super) fn read(entry: &Entry, problems: &mut Problems<'_>) -> Option<Vec<Host>> {
    let example = as_mapping(&entry.value).unwrap_or_else(|| EXAMPLE.to_owned());
    let entries = read::map(entry, &example, problems)?;
    if entries.is_empty() {
        problems
            .add(entry.place(), "`hosts` is empty")
            .help(format!("name at least one host:\n{}", read::indented(EXAMPLE)));
        return None;
    }
    let mut hosts: Vec<Host> = Vec::new();
    let mut keys = Vec::new();
    let mut fine = true;
    for entry in entries {
        let destination = match Destination::parse(&entry.key.text) {
            Ok(destination) => destination,
            Err(error) => {
                problems
                    .add(&entry.key.range, format!("{} is no host: {error}", tick(&entry.key.text)))
                    .help("write `host`, `user@host`, `user@host:port`, or `local` for this machine");
                fine = false;
                continue;
            }
        };
        if let Some(first) = hosts.iter().position(|host| host.destination == destination) {
            problems
                .add(&entry.key.range, format!("{} is the same host as one before it", tick(&entry.key.text)))
                .related(keys[first], "the same host")
                .help("keep one of the two");
            fine = false;
            continue;
        }
        match roles_of(entry, problems) {
            Some(roles) => {
                hosts.push(Host { destination, roles });
                keys.push(&entry.key.range);
            }
            None => fine = false,
        }
    }
    fine.then_some(hosts)
}

/// A list of hosts, written as the mapping that it should be.
fn as_mapping(node: &Node) -> Option<String> {
    let names: Vec<&str> = match &node.kind {
        Kind::Scalar(text) => vec![text],
        Kind::List(items) => items
            .iter()
            .map(|item| match &item.kind {
                Kind::Scalar(text) => Some(text.as_str()),
                _ => None,
            })
            .collect::<Option<_>>()?,
        _ => return None,
    };
    let names = names.into_iter().filter(|name| Destination::parse(name).is_ok());
    let lines: Vec<String> = names.map(|name| format!("  {name}:")).collect();
    (!lines.is_empty()).then(|| format!("hosts:\n{}", lines.join("\n")))
}

fn roles_of(entry: &Entry, problems: &mut Problems<'_>) -> Option<BTreeSet<Role>> {
    let mut roles = BTreeSet::new();
    let example = format!("{}:\n  roles: [db]", entry.key.text);
    for setting in read::map(entry, &example, problems)? {
        if setting.key.text == "roles" {
            roles.extend(read_roles(setting, problems)?.into_iter().map(|role| Role(role.text)));
        } else {
            read::unknown_key(&setting.key, "host setting", &["roles"], problems);
        }
    }
    // Every host has it anyway.
    roles.remove(&Role("all".into()));
    Some(roles)
}

/// Reads a list of role names.
pub(super) fn read_roles(entry: &Entry, problems: &mut Problems<'_>) -> Option<Vec<super::tree::Text>> {
    let example = match &entry.value.kind {
        Kind::Scalar(role) if !role.contains(char::is_control) => {
            format!("roles: ['{}']", role.replace('\'', "''"))
        }
        _ => "roles: [app, db]".to_owned(),
    };
    read::list(entry, &example, problems)?
        .iter()
        .map(|item| read::label(item, "a role", problems))
        .collect::<Vec<_>>()
        .into_iter()
        .collect()
}
