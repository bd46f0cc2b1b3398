//! docs/json.md against docs/events.schema.json: everything in the one is in the other.

use std::collections::BTreeSet;

use serde_json::Value;

const PAGE: &str = include_str!("../../../../docs/json.md");
const SCHEMA: &str = include_str!("../../../../docs/events.schema.json");

/// The section of the page for an event or an object.
fn section(name: &str) -> Option<&'static str> {
    let (_, rest) = PAGE.split_once(&format!("\n### `{name}`\n"))?;
    Some(rest.split("\n### ").next().unwrap().split("\n## ").next().unwrap())
}

/// The fields in the first table of a section.
fn fields(section: &str) -> BTreeSet<String> {
    let rows =
        section.lines().skip_while(|line| *line != "| field | | |").take_while(|line| line.starts_with('|'));
    rows.skip(2).map(|row| row.split('`').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn every_field_is_documented() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut titles = BTreeSet::new();
    for (name, of) in schema["$defs"].as_object().unwrap() {
        let Some(properties) = of["properties"].as_object() else { continue };
        titles.insert(name.clone());
        let section = section(name).unwrap_or_else(|| panic!("{name} has no section"));
        let said: BTreeSet<String> = properties.keys().filter(|field| *field != "event").cloned().collect();
        assert_eq!(fields(section), said, "{name}");
        for (field, of) in properties {
            let described = of["$ref"].as_str().map_or(of, |to| schema.pointer(&to[1..]).unwrap());
            for word in described["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                assert!(section.contains(&format!("`{word}`")), "{name}: {field} may be {word}");
            }
        }
    }
    let said: BTreeSet<String> = PAGE
        .lines()
        .filter_map(|line| Some(line.strip_prefix("### `")?.trim_end_matches('`').to_owned()))
        .collect();
    assert_eq!(said, titles);
}

#[test]
fn exit_codes_go_with_verdicts() {
    let rows: Vec<&str> =
        PAGE.lines().skip_while(|line| !line.starts_with("| `verdict` | exit code")).collect();
    let rows = rows.iter().skip(2).take_while(|line| line.starts_with('|'));
    let said: BTreeSet<String> = rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect();
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let verdicts = schema["$defs"]["outcome"]["properties"]["verdict"]["enum"].as_array().unwrap();
    assert_eq!(said, verdicts.iter().map(|word| word.as_str().unwrap().to_owned()).collect());
}
