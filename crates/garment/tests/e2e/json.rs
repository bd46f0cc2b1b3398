//! `--output json`: every line is what the schema says, and all of it is there.

mod samples;
mod schema;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::process::Stdio;

use garment::report::{self, Options, Verbosity};
use garment_core::event::{Event, Phase, Stream, Verdict, What};
use garment_testing::{Fleet, Outcome};
use serde_json::Value;

use crate::bed::{Gate, current, shop, tame};
use samples::{name, samples};
use schema::Schema;

const DOCUMENTED: &str = include_str!("../../../../docs/json.md");

fn as_json(events: &[Event]) -> String {
    let mut written = Vec::new();
    let mut reporter = report::json(&mut written, &Options::default());
    for event in events {
        reporter.event(event);
    }
    drop(reporter);
    String::from_utf8(written).unwrap()
}

fn as_plain(events: &[Event], verbosity: Verbosity) -> String {
    let mut written = Vec::new();
    let mut reporter = report::plain(&mut written, &Options { verbosity, ..Options::default() });
    for event in events {
        reporter.event(event);
    }
    drop(reporter);
    String::from_utf8(written).unwrap()
}

fn read(lines: &str) -> Vec<Event> {
    lines.split_terminator('\n').map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What a run told: events and nothing else, from the first to the last, each as the schema has it.
fn events(outcome: &Outcome) -> Vec<Event> {
    outcome.stderr_is("");
    let schema = Schema::published();
    for line in outcome.stdout.split_terminator('\n') {
        schema.check(line);
    }
    let events = read(&outcome.stdout);
    let names: Vec<&str> = events.iter().map(|event| name(&event.what)).collect();
    assert_eq!((names.first(), names.last()), (Some(&"started"), Some(&"finished")), "{outcome}");
    assert_eq!(names.iter().filter(|name| ["started", "finished"].contains(name)).count(), 2);
    events
}

#[test]
fn everything_there_is_fits_the_schema_and_is_read_again() {
    let (schema, samples) = (Schema::published(), samples());
    let lines = as_json(&samples);
    for line in lines.split_terminator('\n') {
        schema.check(line);
    }
    assert_eq!(read(&lines), samples);
    for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
        assert_eq!(as_plain(&read(&lines), verbosity), as_plain(&samples, verbosity));
    }
    let names: BTreeSet<String> = samples.iter().map(|event| name(&event.what).to_owned()).collect();
    assert_eq!(names, schema.events());
    for word in schema.words() {
        assert!(lines.contains(&format!("\"{word}\"")), "no sample has {word}");
    }
}

#[test]
fn what_the_schema_does_not_have_is_refused() {
    let schema = Schema::published();
    let line = as_json(&samples()[..1]);
    let good: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(schema.fits(&good), Ok(()));
    for (at, value) in [
        ("v", Value::from(2)),
        ("at", Value::from("yesterday")),
        ("event", Value::from("begun")),
        ("operation", Value::from("dance")),
        ("hosts", Value::from("web1")),
        ("more", Value::from(1)),
    ] {
        let mut bad = good.clone();
        bad[at] = value;
        assert!(schema.fits(&bad).is_err(), "{bad}");
    }
    let mut bad = good.clone();
    bad.as_object_mut().unwrap().remove("environment");
    assert!(schema.fits(&bad).is_err(), "{bad}");
}

#[test]
fn the_page_s_example_fits() {
    let (_, example) = DOCUMENTED.split_once("```json\n").unwrap();
    let lines: Vec<&str> = example.split("```").next().unwrap().lines().collect();
    assert_eq!(lines.len(), 4);
    for line in lines {
        Schema::published().check(line);
    }
}

/// Operations told as JSON, and the same ones told in plain text by others: the JSON makes the same text.
#[test]
fn the_plain_report_can_be_made_from_it() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config(
        "  stages:\n    before:\n      - id: build it\n        commands: ['echo one; test ! -e ~/fail', 'printf \"\\033[31mred\\n\\nx\"']\n",
    );
    let run = |verb: &str, options: &[&str]| shop.project.run([&[verb, "production"], options].concat());
    let json = |verb: &str| run(verb, &["--output", "json"]);
    let same = |told: &Outcome, verb: &str, verbosity, options: &[&str]| {
        let plain = run(verb, options);
        plain.stderr_is("");
        let rebuilt = as_plain(&events(told), verbosity);
        assert_eq!(steady(&tame(&fleet, &rebuilt)), steady(&tame(&fleet, &plain.stdout)));
        assert!(rebuilt.lines().count() > 1 || verbosity == Verbosity::Quiet, "{rebuilt}");
    };
    run("deploy", &[]).code(0);
    for (verbosity, options) in
        [(Verbosity::Normal, &[][..]), (Verbosity::Quiet, &["-q"]), (Verbosity::Verbose, &["-v"])]
    {
        let deploy = json("deploy");
        deploy.code(0);
        same(&deploy, "deploy", verbosity, options);
    }
    let rollback = json("rollback");
    rollback.code(0);
    same(&rollback, "rollback", Verbosity::Normal, &[]);
    let refused = shop.project.run(["rollback", "production", "x", "--output=json"]);
    refused.code(2);
    same(&refused, "rollback", Verbosity::Normal, &["x"]);
    fleet.host("web1").write("fail", "");
    let failed = json("deploy");
    failed.code(4);
    same(&failed, "deploy", Verbosity::Normal, &[]);
    let resumed = json("resume");
    resumed.code(4);
    same(&resumed, "resume", Verbosity::Normal, &[]);
    fleet.host("web1").crash();
    let unreachable = json("deploy");
    unreachable.code(3);
    same(&unreachable, "deploy", Verbosity::Normal, &[]);
}

/// Without what differs from run to run: when something was begun, and which answer came first, the login's or the
/// origin's.
fn steady(text: &str) -> Vec<String> {
    let mut lines: Vec<String> =
        text.lines().map(|line| line.split(", begun ").next().unwrap_or_default().to_owned()).collect();
    if let Some(at) = lines.iter().position(|line| line.starts_with("master is ")) {
        let line = lines.remove(at);
        lines.push(line);
    }
    lines
}

#[test]
fn several_hosts_of_which_one_fails() {
    let fleet = Fleet::builder().webs(3).start();
    let shop = shop(&fleet);
    shop.config(
        "  stages:\n    before:\n      - id: migrate\n        commands: ['echo on {host}; test {host} != web2']\n",
    );
    let outcome = shop.project.run(["deploy", "production", "--output", "json", "-q"]);
    outcome.code(4);
    let events = events(&outcome);
    let Some(What::Finished { outcome, .. }) = events.last().map(|event| &event.what) else { panic!() };
    assert_eq!(outcome.hosts.iter().map(|host| &*host.host).collect::<Vec<_>>(), ["web1", "web2", "web3"]);
    let said = events.iter().filter(|event| {
        matches!(&event.what, What::Output { host, line, .. } if *line == format!("on {host}").into_bytes())
    });
    assert_eq!(said.count(), 3, "{events:?}");
}

#[test]
fn what_is_sent_from_here() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("  delivery: push\n");
    let outcome = shop.project.run(["deploy", "production", "--output", "json"]);
    outcome.code(0);
    let began =
        |event: &Event| matches!(&event.what, What::TaskStarted { task, .. } if task.phase == Phase::Deliver);
    assert!(events(&outcome).iter().any(began), "{outcome}");
}

#[test]
fn an_interrupted_one_ends_as_well() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let gate = Gate::new(&fleet);
    shop.config(&format!(
        "  stages:\n    before:\n      - id: long\n        commands: ['echo here; {}']\n",
        gate.wait()
    ));
    let mut running = shop.project.spawn(["deploy", "production", "--output", "json"]);
    for _ in fleet.hosts() {
        running.wait_for_line(|line| line.contains("\"text\":\"here\""));
    }
    running.ctrl_c();
    let outcome = running.finish();
    outcome.code(130);
    let events = events(&outcome);
    assert!(events.iter().any(|event| event.what == What::Interrupted), "{outcome}");
    let last: Value = serde_json::from_str(outcome.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["outcome"]["verdict"], "interrupted");
    assert_eq!(last["outcome"]["hosts"][0]["progress"], "stopped_in");
}

#[test]
fn odd_names_and_bytes() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config(
        "  stages:\n    before:\n      - id: \"a \\\"b\\\" c\"\n        commands: ['printf \"caf\\351 \\302\\233x\\342\\200\\256\\n\"; printf \"\\000\\001\\n\" >&2']\n",
    );
    let outcome = shop.project.run(["deploy", "production", "--output", "json"]);
    outcome.code(0);
    let unsafe_text = outcome.stdout.chars().find(|c| *c != '\n' && (c.is_control() || *c == '\u{202e}'));
    assert_eq!(unsafe_text, None);
    let said: Vec<(String, Stream, Vec<u8>)> = events(&outcome)
        .into_iter()
        .filter_map(|event| match event.what {
            What::Output { task, stream, line, .. } => Some((task.id.to_string(), stream, line)),
            _ => None,
        })
        .collect();
    let id = "a \"b\" c".to_owned();
    assert!(
        said.contains(&(id.clone(), Stream::Stdout, b"caf\xe9 \xc2\x9bx\xe2\x80\xae".to_vec())),
        "{said:?}"
    );
    assert!(said.contains(&(id, Stream::Stderr, b"\0\x01".to_vec())), "{said:?}");
}

#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("");
    let mut garment = shop.project.command(["deploy", "production", "--output", "json"]);
    garment.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut garment = garment.spawn().unwrap();
    drop(garment.stdout.take());
    let mut said = String::new();
    garment.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((garment.wait().unwrap().code(), said.as_str()), (Some(0), ""));
    let old = current(fleet.host("web1"));
    assert!(!old.is_empty());
    let line = format!("'{}' deploy production --output json 2>&1 | head -1", env!("CARGO_BIN_EXE_garment"));
    let head = fleet.command("bash").args(["-o", "pipefail", "-c", &line]).output().unwrap();
    Schema::published().check(String::from_utf8_lossy(&head.stdout).trim_end());
    assert_eq!(head.status.code(), Some(0));
    assert_ne!(current(fleet.host("web1")), old);
}

#[test]
fn before_anything_begins_there_is_no_line() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("");
    let unknown = shop.project.run(["deploy", "staging", "--output", "json"]);
    unknown.code(2).stdout_is("").stderr_has("no environment");
    let form = shop.project.run(["deploy", "production", "--output", "xml"]);
    form.code(2).stdout_is("").stderr_has("[possible values: auto, plain, json, github]");
    for verb in ["list", "status", "history", "check", "verify"] {
        let other = shop.project.run([verb, "production", "--output", "json"]);
        other.code(2).stdout_is("").stderr_has("unexpected argument '--output' found");
    }
}

#[test]
fn nobody_is_asked() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("  confirm: true\n");
    let run = |options: &[&str]| {
        shop.project.run([&["deploy", "production", "--output", "json"], options].concat())
    };
    let refused = run(&[]);
    refused.code(2).stdout_is("").stderr_has("`production` has `confirm: true`, and nobody is asked with");
    let deployed = run(&["--yes"]);
    deployed.code(0);
    events(&deployed);
    shop.config("");
    let unchanged = run(&["--skip-unchanged"]);
    unchanged.code(0);
    let Some(What::Finished { outcome, .. }) = events(&unchanged).pop().map(|event| event.what) else {
        panic!("{unchanged}")
    };
    assert_eq!(outcome.verdict, Verdict::Unchanged);
    // Whoever sits there would be asked otherwise, as the same commit is live.
    let old = current(fleet.host("web1"));
    let there = shop.project.spawn_on_terminal(80, ["deploy", "production", "--output", "json"]).finish();
    there.code(0).stdout_has("\"verdict\":\"done\"").stdout_lacks("[y/N]");
    assert_ne!(current(fleet.host("web1")), old);
    let both = run(&["--dry-run"]);
    both.code(2).stdout_is("").stderr_has("'--output <FORMAT>' cannot be used with '--dry-run'");
}
