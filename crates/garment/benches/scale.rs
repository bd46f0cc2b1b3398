//! What the engine, its events and the report cost by themselves, with hosts that answer at once and run nothing.
//!
//! ```sh
//! cargo bench -p garment --bench scale                # 1,000 and 10,000 hosts, every report
//! cargo bench -p garment --bench scale -- 5000 live   # one size, one report
//! ```
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, missing_docs)]

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use garment::report::color::Surroundings;
use garment::report::{self, Options, Reporter};
use garment_core::config::Config;
use garment_core::engine::{DeployRequest, Interrupt, Means, Teller, deploy};
use garment_core::event::{Event, Verdict};
use garment_core::model::{CommitId, Environment};
use garment_core::origin::{NoCommit, Origin};
use garment_core::transport::{Recording, Reply, Step};
use jiff::Timestamp;

/// The user's tasks, and garment's own: prepare, rehearse, cutover, prune.
const TASKS: usize = 10;
const OWN_TASKS: usize = 4;
/// Releases that each host has.
const RELEASES: usize = 10;

fn main() {
    // `cargo bench` adds an option of its own.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    match &args[..] {
        [] => {
            for report in ["silent", "plain", "live", "failing"] {
                for hosts in ["1000", "10000"] {
                    // Each in a process of its own, for its peak of memory; what is reported goes nowhere.
                    let mut run = Command::new(std::env::current_exe().unwrap());
                    let done = run.args([hosts, report]).stdout(Stdio::null()).status().unwrap();
                    assert!(done.success());
                }
            }
        }
        [hosts, report] => measure(hosts.parse().unwrap(), report),
        _ => panic!("usage: scale [HOSTS silent|plain|live|failing]"),
    }
}

fn measure(hosts: usize, report: &str) {
    let before = peak_memory();
    let environment = fleet(hosts);
    let (begun, worked) = (Instant::now(), processor_time());
    let (verdict, events) = run(&environment, report);
    let (took, worked) = (begun.elapsed(), processor_time().saturating_sub(worked));
    let expected = if report == "failing" { Verdict::Stopped } else { Verdict::Done };
    assert_eq!(verdict, expected);
    let memory = peak_memory() - before;
    let each = worked / u32::try_from(hosts * (TASKS + OWN_TASKS)).unwrap();
    let line = format!(
        "{hosts:6}  {report:7} {:8.2} s  {:8.2} s of processors  {:6.1} us per host and task  {events:8} events  {:6} MB peak  {:5} KB per host\n",
        took.as_secs_f64(),
        worked.as_secs_f64(),
        each.as_secs_f64() * 1e6,
        memory / 1024,
        memory / hosts
    );
    // Standard output is the report's.
    std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
}

fn run(environment: &Environment, report: &str) -> (Verdict, usize) {
    let fails = report == "failing";
    let transport = Recording::forgetful(move |host, step| match step.is_script {
        true => Reply::Exit(answer(step), 0),
        // Each in its own words, so that no two failures are alike.
        false if fails => Reply::Exit(format!("{host} has no rule for it\n").into(), 2),
        false => Reply::Exit(b"it was done\n".to_vec(), 0),
    });
    let (sender, receiver) = channel::<Event>();
    let how = report.to_owned();
    let reporter = std::thread::spawn(move || {
        let mut events = 0;
        let mut reporter = reporter(&how);
        // As the program does it.
        let tick = Duration::from_millis(100);
        let mut next = Instant::now() + tick;
        loop {
            match receiver.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(event) => {
                    events += 1;
                    if let Some(reporter) = &mut reporter {
                        reporter.event(&event);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return events,
            }
            if Instant::now() >= next {
                if let Some(reporter) = &mut reporter {
                    reporter.tick(Timestamp::now());
                }
                next = Instant::now() + tick;
            }
        }
    });
    let teller = Teller::new(move |event| sender.send(event).unwrap());
    let interrupt = Interrupt::default();
    let means = Means { transport: &transport, origin: &OneCommit, teller: &teller, interrupt: &interrupt };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request = DeployRequest { by: "me@here".into(), ..DeployRequest::default() };
    let outcome = runtime.block_on(deploy(environment, &request, means));
    drop(teller);
    (outcome.verdict, reporter.join().unwrap())
}

fn reporter(name: &str) -> Option<Box<dyn Reporter>> {
    let surroundings =
        Surroundings { is_terminal: true, term: Some("xterm".into()), ..Surroundings::default() };
    match name {
        "silent" => None,
        "plain" => Some(report::plain(std::io::stdout(), &Options::default())),
        _ => Some(report::to_stdout(&Options { surroundings, ..Options::default() })),
    }
}

fn fleet(hosts: usize) -> Environment {
    let mut text = String::from(
        "shop:\n  repo_url: git@example.org:shop.git\n  git_ref: main\n  deploy_dir: /srv/{host}\n  stages:\n",
    );
    for (stage, tasks) in [("before", 0..TASKS / 2), ("after", TASKS / 2..TASKS)] {
        let _ = writeln!(text, "    {stage}:");
        for task in tasks {
            let _ = writeln!(text, "      - {{id: task{task}, commands: ['make {{release}} {task}']}}");
        }
    }
    text.push_str("  hosts:\n");
    for host in 0..hosts {
        let _ = writeln!(text, "    web{host}.example.org:");
    }
    Config::parse("deploy.conf", &text).unwrap().environment("shop").unwrap().clone()
}

/// An origin that has one commit.
struct OneCommit;

impl Origin for OneCommit {
    fn resolve<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<CommitId, NoCommit>> {
        Box::pin(async { Ok(CommitId::parse(&"4".repeat(40)).unwrap()) })
    }
}

/// What a host answers to garment's own scripts.
fn answer(step: &Step) -> Vec<u8> {
    let names: Vec<String> = (1..=RELEASES).map(|day| format!("202001{day:02}T000000-1111111")).collect();
    let newest = names.last().unwrap();
    let mut records: Vec<(&str, &str)> = Vec::new();
    match &*step.shown {
        "look at the host" => {
            records.extend([("home", "/root"), ("user", "root"), ("has", "bash"), ("deploy_dir", "/srv/x")]);
            records.extend([("source_dir", "/srv/x/source"), ("releases_dir", "/srv/x/releases")]);
            records.push(("current_symlink", "/srv/x/current"));
            for name in &names {
                records.extend([
                    ("release", name.as_str()),
                    ("state", if name == newest { "live" } else { "replaced" }),
                ]);
            }
            records.extend([("current", "release"), ("current_release", newest), ("current_target", "")]);
            records.push(("end", "survey"));
        }
        shown if shown.ends_with(" current") => {
            records.extend([("from", newest.as_str()), ("to", "x"), ("end", "cutover")]);
        }
        _ => {}
    }
    records.iter().flat_map(|(key, value)| format!("{key}\0{value}\0").into_bytes()).collect()
}

/// What this process has taken so far. Others may keep the processors busy meanwhile.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let ticks = stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2);
    // Linux tells in hundredths of a second.
    Duration::from_millis(10 * ticks.map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>())
}

/// In KB.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
