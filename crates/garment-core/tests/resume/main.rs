//! What the engine goes on with, on a transport that runs nothing.
#![allow(clippy::unwrap_used)]

mod going_on;
mod large;
mod refused;

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use garment_core::config::Config;
use garment_core::engine::{
    AbandonRequest, Abandoned, Interrupt, Means, ResumeRequest, RollbackRequest, Teller, abandon, resume,
    rollback,
};
use garment_core::event::{Current, Event, Operation, Outcome, TaskOutline, Verdict, What};
use garment_core::model::{CommitId, Environment, OperationId};
use garment_core::origin::{NoCommit, Origin};
use garment_core::plan::{
    Deploy, Record, Resume, Rollback, Selection, compile_deploy, compile_resume, compile_rollback,
};
use garment_core::remote::{parse_operations, parse_survey};
use garment_core::transport::{Recording, Reply, Step};
use jiff::Timestamp;

/// An origin that nobody asks: what a resume deploys is known.
struct NoOrigin;

impl Origin for NoOrigin {
    fn resolve<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<CommitId, NoCommit>> {
        panic!("a resume has no need of the origin")
    }
}

const CONFIG: &str = "
shop:
  repo_url: git@example.org:shop.git
  git_ref: main
  deploy_dir: /srv/{host}
  hosts:
    one:
    two:
      roles: [db]
  stages:
    before:
      - {id: build, commands: ['make {release}', 'make install']}
      - {id: migrate, roles: [db], commands: ['migrate {previous_release}']}
    after:
      - {id: restart, commands: ['restart {git_ref} {commit}']}
    rollback:
      - {id: undo, commands: ['undo {previous_release} for {release}']}
    cleanup:
      - {id: tidy, commands: [tidy]}
";

const OLD: &str = "20200101T000000-1111111";
const OLDER: &str = "20190101T000000-1111111";
const NEW: &str = "20261125T093000-4444444";
const DEPLOY: &str = "20261125T093000-deploy-00ff";

fn environment(config: &str) -> Environment {
    Config::parse("deploy.conf", config).unwrap().environment("shop").unwrap().clone()
}

fn bytes(records: &[(&str, &str)]) -> Vec<u8> {
    records.iter().flat_map(|(key, value)| format!("{key}\0{value}\0").into_bytes()).collect()
}

/// A host with two releases and, if `made`, the one that was begun.
fn survey(current: &str, made: bool) -> Vec<u8> {
    let mut records = vec![
        ("home", "/root"),
        ("user", "root"),
        ("has", "bash"),
        ("deploy_dir", "/srv/x"),
        ("source_dir", "/srv/x/source"),
        ("releases_dir", "/srv/x/releases"),
        ("current_symlink", "/srv/x/current"),
        ("release", OLDER),
        ("state", "replaced"),
        ("release", OLD),
        ("state", "live"),
    ];
    if made {
        records.extend([("release", NEW), ("state", "ready")]);
    }
    records.extend([
        ("current", "release"),
        ("current_release", current),
        ("current_target", ""),
        ("end", "survey"),
    ]);
    bytes(&records)
}

/// What hosts recorded when an operation began in this environment.
fn recorded(config: &str, selection: &Selection) -> Record {
    let environment = environment(config);
    let facts: Vec<_> =
        environment.hosts.iter().map(|_| parse_survey(&survey(OLD, false)).unwrap()).collect();
    let deploy = Deploy {
        token: None,
        git_ref: "v1",
        commit: &CommitId::parse(&"4".repeat(40)).unwrap(),
        now: "2026-11-25T09:30:00Z".parse().unwrap(),
        operation: &OperationId::parse(DEPLOY).unwrap(),
        by: "me@here",
        selection,
        continued: None,
        deliveries: None,
    };
    let plan = compile_deploy(&environment, &facts, &deploy).unwrap();
    assert_eq!(plan.release.as_str(), NEW);
    plan.record
}

/// What a host answers about its newest operation.
#[derive(Debug, Clone)]
struct Kept {
    id: &'static str,
    info: Vec<String>,
    /// In which attempt, which step, its status.
    steps: Vec<(&'static str, &'static str, &'static str)>,
    end: Vec<&'static str>,
}

impl Kept {
    fn of(record: &Record, host: usize, done: &[&'static str]) -> Self {
        let info = record.info[host].iter().map(|(key, value)| format!("{key}={value}"));
        Self {
            id: DEPLOY,
            info: info.chain(["end=info".to_owned()]).collect(),
            steps: done.iter().map(|step| ("1", *step, "0 1 2")).collect(),
            end: vec![],
        }
    }

    fn ended(mut self, outcome: &'static str) -> Self {
        self.end = vec![outcome, "attempt=1", "ended=1790000000", "by=me@here"];
        self
    }

    fn answer(&self) -> Vec<u8> {
        let mut records = vec![("operation", self.id)];
        records.extend(self.info.iter().map(|line| ("info", line.as_str())));
        for (attempt, step, status) in &self.steps {
            records.extend([("attempt", *attempt), ("step", step), ("status", status)]);
        }
        records.extend(self.end.iter().map(|line| ("ended", *line)));
        records.push(("end", "operations"));
        bytes(&records)
    }
}

struct Hosts {
    config: String,
    /// Of each: what `current` leads to, whether the release is there, its record.
    each: Vec<(&'static str, bool, Option<Kept>)>,
    changed_plan: bool,
}

impl Hosts {
    fn new(one: Option<Kept>, two: Option<Kept>) -> Self {
        Self { config: CONFIG.into(), each: vec![(OLD, true, one), (OLD, true, two)], changed_plan: false }
    }

    fn at(mut self, currents: [&'static str; 2]) -> Self {
        for (host, current) in self.each.iter_mut().zip(currents) {
            host.0 = current;
        }
        self
    }

    fn config(mut self, from: &str, to: &str) -> Self {
        assert!(CONFIG.contains(from), "{from}");
        self.config = self.config.replace(from, to);
        self
    }

    fn run(self, reply: impl Fn(&str, &str) -> Option<Reply> + Send + Sync + 'static) -> Ran {
        let changed_plan = self.changed_plan;
        self.operate(reply, async move |environment: &Environment, means: Means<'_>| {
            let request = ResumeRequest { changed_plan, by: "you@there".into(), ..ResumeRequest::default() };
            resume(environment, &request, means).await
        })
    }

    fn operate<T>(
        self,
        reply: impl Fn(&str, &str) -> Option<Reply> + Send + Sync + 'static,
        operation: impl AsyncFnOnce(&Environment, Means<'_>) -> T,
    ) -> Ran<T> {
        let environment = environment(&self.config);
        let names: Vec<String> = environment.hosts.iter().map(|host| host.destination.to_string()).collect();
        let hosts = self.each;
        let recording = Recording::new(move |host, step| {
            reply(host, &step.shown).unwrap_or_else(|| {
                let (current, made, kept) = &hosts[names.iter().position(|name| name == host).unwrap()];
                Reply::Exit(answer(step, current, *made, kept.as_ref()), 0)
            })
        });
        let events: Arc<Mutex<Vec<Event>>> = Arc::default();
        let heard = events.clone();
        let teller = Teller::new(move |event| heard.lock().unwrap().push(event));
        let interrupt = Interrupt::default();
        let means =
            Means { transport: &recording, origin: &NoOrigin, teller: &teller, interrupt: &interrupt };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outcome = runtime.block_on(operation(&environment, means));
        let asked = recording.asked();
        let texts = asked.iter().map(|(host, step)| (format!("{host}: {}", step.shown), step.text.clone()));
        let mut shown: Vec<String> = asked
            .iter()
            .filter(|(_, step)| !BESIDE.contains(&&*step.shown))
            .map(|(host, step)| format!("{host}: {}", step.shown))
            .collect();
        shown
            .chunk_by_mut(|a, b| a.split_once(' ').unwrap().1 == b.split_once(' ').unwrap().1)
            .for_each(<[String]>::sort);
        let events = events.lock().unwrap().iter().map(|event| event.what.clone()).collect();
        Ran { outcome, asked: shown, texts: texts.collect(), events }
    }
}

/// What every operation asks beside its tasks.
const BESIDE: [&str; 4] =
    ["take the lock", "look at the host", "read the records", "write down that it goes on"];

fn answer(step: &Step, current: &str, made: bool, kept: Option<&Kept>) -> Vec<u8> {
    match &*step.shown {
        "look at the host" => survey(current, made),
        "read the records" => kept.map_or_else(|| bytes(&[("end", "operations")]), Kept::answer),
        "go back" => bytes(&[("from", NEW), ("to", OLD), ("end", "revert")]),
        "give it up" => bytes(&[("end", "abandon")]),
        shown if shown.starts_with("make ") && shown.ends_with(" current") => {
            bytes(&[("from", current), ("to", &shown[5..28]), ("end", "cutover")])
        }
        _ => vec![],
    }
}

struct Ran<T = Outcome> {
    outcome: T,
    asked: Vec<String>,
    texts: Vec<(String, String)>,
    events: Vec<What>,
}

impl Ran {
    /// Refused, with nothing done: why, and what to do.
    #[track_caller]
    fn refused(&self) -> (&str, &str) {
        assert_eq!(self.outcome.verdict, Verdict::Refused, "{:?}", self.outcome);
        assert_eq!(self.asked, [""; 0]);
        assert!(!self.texts.iter().any(|(shown, _)| shown.contains("write down")));
        let [problem] = self.outcome.problems.as_slice() else { panic!("{:?}", self.outcome.problems) };
        (&problem.what, &problem.remedy)
    }

    /// What people were told before anything was done.
    fn told(&self) -> (Vec<String>, Vec<String>) {
        let lines = |tasks: &[TaskOutline]| {
            tasks.iter().map(|task| format!("{} ({})", task.task, task.hosts.join(" "))).collect()
        };
        let mut before_any = self.events.iter().take_while(|what| !matches!(what, What::TaskStarted { .. }));
        before_any
            .find_map(|what| match what {
                What::Resuming(resuming) => Some((lines(&resuming.finished), lines(&resuming.left))),
                _ => None,
            })
            .unwrap()
    }
}

impl<T> Ran<T> {
    /// The text of the first step whose title, with its host, starts like this.
    #[track_caller]
    fn text(&self, shown: &str) -> &str {
        &self.texts.iter().find(|(title, _)| title.starts_with(shown)).unwrap_or_else(|| panic!("{shown}")).1
    }
}

fn all(record: &Record, done: [&[&'static str]; 2]) -> Hosts {
    Hosts::new(Some(Kept::of(record, 0, done[0])), Some(Kept::of(record, 1, done[1])))
}

const BUILT: [&str; 2] = ["before-build.0", "before-build.1"];
