//! The README and the manual against the program.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use garment_core::config::Config;

use crate::{prose, root};

const README: &str = include_str!("../../../../README.md");
const MANUAL: &str = include_str!("../../../../docs/manual.md");

/// The pages that people read.
fn pages() -> Vec<PathBuf> {
    let folders =
        ["", "docs", "docs/decisions", "crates/garment", "crates/garment-core", "crates/garment-testing"];
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(root().join(folder)).unwrap());
    let paths = files.map(|file| file.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

fn garment(arguments: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_garment")).args(arguments).output().unwrap();
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// The first block of a language behind a place in a page.
fn block<'a>(page: &'a str, behind: &str, language: &str) -> &'a str {
    let (_, rest) = page.split_once(behind).unwrap();
    let (_, rest) = rest.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

/// The commands that `garment --help` lists.
fn verbs() -> Vec<String> {
    let help = garment(&["--help"]);
    let (_, commands) = help.split_once("\nCommands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    // A description that goes on is further in.
    let lines = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = lines.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

/// The long options that a command's help lists.
fn options(help: &str) -> BTreeSet<String> {
    help.lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with('-'))
        .flat_map(|line| line.split([' ', ',', '[']).filter(|word| word.starts_with("--")).map(str::to_owned))
        .collect()
}

fn example() -> &'static str {
    block(README, "## What it is", "yaml")
}

#[test]
fn the_readme_s_example_loads() {
    let config = Config::parse("README.md", example()).unwrap();
    let environment = config.environment("production").unwrap();
    assert_eq!(environment.hosts.len(), 3);
    assert_eq!(example().lines().count(), 10);
}

#[test]
fn the_manual_shows_what_show_prints_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deploy.conf");
    std::fs::write(&file, example()).unwrap();
    let shown = garment(&["--config", file.to_str().unwrap(), "show", "production"]);
    let (command, printed) = block(MANUAL, "### `garment show`", "text").split_once('\n').unwrap();
    assert_eq!((command, printed), ("$ garment show production", shown.as_str()));
}

#[test]
fn every_verb_has_a_section_with_all_its_options() {
    let verbs = verbs();
    assert!(verbs.contains(&"deploy".to_owned()), "{verbs:?}");
    let documented = MANUAL.matches("\n### `garment ").count();
    assert_eq!(documented, verbs.len(), "the manual has commands that are not there");
    let everywhere = options(&garment(&["--help"]));
    for option in &everywhere {
        assert!(MANUAL.contains(&format!("`{option}")), "{option} is not in the manual");
    }
    for verb in &verbs {
        let title = format!("\n### `garment {verb}`\n");
        let (_, section) = MANUAL.split_once(&title).unwrap_or_else(|| panic!("{verb} is not in the manual"));
        let section = section.split("\n## ").next().unwrap().split("\n### ").next().unwrap();
        assert!(section.contains(&format!("garment {verb}")), "{verb} has no synopsis");
        for option in options(&garment(&[verb, "--help"])).difference(&everywhere) {
            assert!(section.contains(&format!("`{option}")), "{verb} {option} is not in the manual");
        }
    }
}

/// `code` and meaning.
fn codes_in_table(page: &str) -> Vec<(String, String)> {
    let (_, table) = page.split_once("\n## Exit codes\n").unwrap();
    let rows =
        table.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2)
        .map(|row| {
            let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].to_owned(), cells[1].to_owned())
        })
        .collect()
}

#[test]
fn exit_codes_are_the_same_everywhere() {
    let help = garment(&["--help"]);
    let (_, codes) = help.split_once("\nExit codes:\n").unwrap();
    let codes: Vec<(String, String)> = codes
        .lines()
        .map(|line| line.trim().split_once("  ").unwrap())
        .map(|(code, meaning)| (code.to_owned(), meaning.to_owned()))
        .collect();
    assert_eq!(codes.len(), 8);
    assert_eq!(codes_in_table(README), codes);
    assert_eq!(codes_in_table(MANUAL), codes);
}

/// What a heading is called in a link, as GitHub has it.
fn anchor(heading: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.trim().chars().filter(|c| kept(*c)).collect::<String>().to_lowercase().replace(' ', "-")
}

fn anchors(text: &str) -> Vec<String> {
    prose(text)
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| anchor(line.trim_start_matches('#')))
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let mut links = 0;
    for file in pages() {
        let page = file.display();
        let text = std::fs::read_to_string(&file).unwrap();
        for link in prose(&text).split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.contains("://") {
                continue;
            }
            links += 1;
            let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { file.clone() } else { file.parent().unwrap().join(path) };
            assert!(target.exists(), "{page} links to {link}, which is not there");
            if !fragment.is_empty() {
                let there = anchors(&std::fs::read_to_string(&target).unwrap());
                assert!(there.contains(&fragment.to_owned()), "{page} links to {link}: {there:?}");
            }
        }
    }
    assert!(links > 30, "only {links} found");
}
