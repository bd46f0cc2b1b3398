//! The benchmark works: it deploys, sees that hosts have what they should, and prints its tables. How fast anything was
//! is not looked at.

use std::sync::atomic::AtomicBool;

use clap::Parser as _;
use garment_bench::{Options, run};

fn options(arguments: &[&str]) -> Options {
    let start = ["bench", "--runs", "1", "--hosts", "1", "--garment", env!("CARGO_BIN_EXE_garment")];
    Options::parse_from(start.iter().chain(arguments))
}

/// Everything below a heading: the cells of each row of the first table there.
fn table(printed: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, rest) = printed.split_once(heading).unwrap_or_else(|| panic!("no {heading:?} in\n{printed}"));
    let lines =
        rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    lines.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The cells of these columns, without the line below the head.
fn columns(table: &[Vec<String>], numbers: &[usize]) -> Vec<String> {
    let rows = table.iter().filter(|row| !row[0].starts_with("---"));
    rows.map(|row| numbers.iter().map(|number| row[*number].as_str()).collect::<Vec<_>>().join(" | "))
        .collect()
}

/// What it prints on stdout.
fn printed(arguments: &[&str]) -> String {
    let (mut tables, mut progress) = (Vec::new(), Vec::new());
    let done = run(&options(arguments), &AtomicBool::new(false), &mut tables, &mut progress);
    done.unwrap_or_else(|problem| panic!("{problem}\n{}", String::from_utf8_lossy(&progress)));
    String::from_utf8(tables).unwrap()
}

#[test]
fn first_deploys_in_both_deliveries() {
    let tables =
        printed(&["--rtt", "0", "--tools", "garment,garment-push", "--first", "--measure", "deploys"]);
    let deploys = table(&tables, "### First deploys of the small repository");
    assert_eq!(columns(&deploys, &[0, 2]), ["hosts | ", "1 | garment", "1 | garment-push"]);
}

#[test]
fn it_deploys_with_every_tool_and_at_every_distance() {
    let tables = printed(&["--rtt", "0,2", "--tools", "garment,floor", "--measure", "deploys,logins"]);
    let deploys = table(&tables, "### Warm deploys of the small repository");
    assert_eq!(
        columns(&deploys, &[0, 1, 2, 6, 7]),
        [
            "hosts | RTT ms |  | logins | sessions",
            "1 | 0 | garment | 1.0 | 1.0",
            "1 | 0 | floor | 1.0 | 1.0",
            "1 | 2 | garment | 1.0 | 1.0",
            "1 | 2 | floor | 1.0 | 1.0",
        ]
    );
    for row in &deploys[2..] {
        // Seconds, CPU, memory, time to the first connection.
        for column in [3, 8, 9, 10, 11] {
            assert!(row[column].parse::<f64>().is_ok_and(|figure| figure > 0.0), "{row:?}");
        }
        assert_eq!([row[4] == "-", row[5] == "-"], [row[2] == "floor", row[2] == "garment"], "{row:?}");
    }
    let round_trips = table(&tables, "\nRound trips");
    assert_eq!(columns(&round_trips, &[0]), ["", "garment", "floor"]);

    let logins = table(&tables, "### One login");
    let kinds = ["OpenSSH's default", "curve25519-sha256", "over an open connection"];
    let expected: Vec<String> =
        ["0", "2"].iter().flat_map(|rtt| kinds.map(|kind| format!("{rtt} | {kind}"))).collect();
    assert_eq!(columns(&logins, &[0, 1])[1..], expected);
}

/// The first one makes the connection that the second one uses.
#[test]
fn garment_uses_a_connection_that_ssh_keeps() {
    let tables = printed(&["--rtt", "2", "--controlpersist", "--kex", "curve25519-sha256"]);
    let shared = table(&tables, "### ControlPersist");
    let kinds = [
        "each its own connection | 1.0 | 1.0",
        "shared, the first | 1.0 | 1.0",
        "shared, the second | 0.0 | 1.0",
    ];
    assert_eq!(columns(&shared, &[2, 5, 6])[1..], kinds);
}

#[test]
fn it_says_what_it_can_t_do() {
    let problem = |arguments: &[&str]| {
        let none = &mut std::io::sink();
        run(&options(arguments), &AtomicBool::new(false), none, &mut std::io::sink()).unwrap_err().to_string()
    };
    assert_eq!(problem(&["--hosts", "1000"]), "`--hosts 1000` is out of range\ngive from 1 to 100");
    assert_eq!(
        problem(&["--tools", "rsync"]),
        "there is no tool `rsync`\nknown: garment, garment-push, floor, capistrano"
    );
}

#[test]
fn it_ends_when_it_is_told_to() {
    let ended = run(&options(&[]), &AtomicBool::new(true), &mut std::io::sink(), &mut std::io::sink());
    assert_eq!(ended.unwrap_err().what, "interrupted");
}
