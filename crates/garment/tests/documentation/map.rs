//! ARCHITECTURE.md against the code.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::{prose, root};

const ARCHITECTURE: &str = include_str!("../../../../ARCHITECTURE.md");

#[test]
fn the_map_names_every_room() {
    for source in ["crates/garment-core/src", "crates/garment/src"] {
        for entry in std::fs::read_dir(root().join(source)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() {
                assert!(ARCHITECTURE.contains(&format!("`{name}/`")), "{source}/{name} is not on the map");
            }
        }
    }
}

/// The names in backticks in a text.
fn ticked(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn rust_files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        let is_rust = path.extension().is_some_and(|extension| extension == "rs");
        return is_rust.then(|| path.to_owned()).into_iter().collect();
    }
    let entries = std::fs::read_dir(path).unwrap();
    entries.flat_map(|entry| rust_files(&entry.unwrap().path())).collect()
}

/// Which of the core's rooms a room uses.
fn used_by(room: &str, rooms: &[&str]) -> BTreeSet<String> {
    let source = root().join("crates/garment-core/src");
    let texts: String =
        rust_files(&source.join(room)).iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let own = room.trim_end_matches(['/']).trim_end_matches(".rs");
    let names =
        texts.split("crate::").skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap());
    names.filter(|name| *name != own && rooms.contains(name)).map(str::to_owned).collect()
}

#[test]
fn rooms_use_what_the_map_says() {
    let (_, table) = ARCHITECTURE.split_once("\n| room | what it is | uses |\n|---|---|---|\n").unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .map(|row| row.split('|').skip(1).take(3).map(str::trim).collect())
        .collect();
    let rooms: Vec<&str> = rows.iter().map(|row| ticked(row[0]).next().unwrap()).collect();
    let names: Vec<&str> =
        rooms.iter().map(|room| room.trim_end_matches('/').trim_end_matches(".rs")).collect();
    assert_eq!(rooms.len(), 8);
    for (room, row) in rooms.iter().zip(&rows) {
        let said: BTreeSet<String> = ticked(row[2]).map(str::to_owned).collect();
        assert_eq!(used_by(room, &names), said, "{room}");
    }
}

/// Files are named from the root, tests as `cargo test` prints them.
#[test]
fn what_the_map_names_is_there() {
    let invariants = ARCHITECTURE.split_once("\n## Invariants\n").unwrap().1.split("\n## ").next().unwrap();
    let tests = rust_files(&root().join("crates/garment-core/tests"));
    let mut named = 0;
    for word in ticked(&prose(ARCHITECTURE)) {
        if word.starts_with("crates/") {
            assert!(root().join(word).exists(), "{word} is not there");
        }
        let is_test = |word: &str| word.contains('_') && word.len() > 20 && !word.contains(['/', '.', '-']);
        if invariants.contains(&format!("`{word}`")) && is_test(word) {
            named += 1;
            let (module, test) = word.split_once("::").unwrap_or(("", word));
            let is_there = tests.iter().any(|file| {
                let code = std::fs::read_to_string(file).unwrap();
                (module.is_empty() || file.ends_with(format!("{module}.rs")))
                    && code.contains(&format!("fn {test}()"))
            });
            assert!(is_there, "there is no test {word}");
        }
    }
    assert!(named >= 8, "only {named} found");
}
