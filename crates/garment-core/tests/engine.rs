//! The engine on a transport that runs nothing: order, failure and what it says of each host.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use garment_core::config::Config;
use garment_core::engine::{
    DeployRequest, Interrupt, Means, RollbackRequest, Teller, Wait, deploy, rollback,
};
use garment_core::event::{Current, Event, Outcome, Progress, Verdict, What};
use garment_core::model::{CommitId, Environment};
use garment_core::origin::{NoCommit, Origin};
use garment_core::plan::Selection;
use garment_core::transport::{Recording, Reply, Step};

/// An origin that has one commit.
struct OneCommit;

impl Origin for OneCommit {
    fn resolve<'a>(&'a self, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<CommitId, NoCommit>> {
        Box::pin(async { Ok(CommitId::parse(&"4".repeat(40)).unwrap()) })
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
      - {id: restart, commands: [restart]}
    rollback:
      - {id: undo, commands: ['undo {previous_release} for {release}']}
    cleanup:
      - {id: tidy, commands: [tidy]}
";

fn shop() -> Environment {
    Config::parse("deploy.conf", CONFIG).unwrap().environment("shop").unwrap().clone()
}

const OLD: &str = "20200101T000000-1111111";
const OLDER: &str = "20190101T000000-1111111";

/// What a host answers to garment's own scripts: one with two releases, the newer one live.
fn answer(step: &Step) -> Vec<u8> {
    let records: Vec<(&str, &str)> = match &*step.shown {
        "look at the host" => vec![
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
            ("current", "release"),
            ("current_release", OLD),
            ("current_target", ""),
            ("end", "survey"),
        ],
        "go back" => vec![("from", "x"), ("to", OLD), ("end", "revert")],
        "tell it that all have switched" => vec![("confirmed", "x"), ("end", "confirm")],
        shown if shown.ends_with(" current") => vec![("from", OLD), ("to", "x"), ("end", "cutover")],
        _ => vec![],
    };
    records.iter().flat_map(|(key, value)| format!("{key}\0{value}\0").into_bytes()).collect()
}

struct Ran {
    outcome: Outcome,
    /// `host: what it was asked`, release names shortened to `NEW`.
    asked: Vec<String>,
    events: Vec<What>,
}

impl Ran {
    fn progress(&self, host: usize) -> &Progress {
        &self.outcome.hosts[host].progress
    }
}

/// As [`run_in`], in the shop.
fn run(
    reply: impl Fn(&str, &str) -> Option<Reply> + Send + Sync + 'static,
    operation: impl AsyncFnOnce(&Environment, Means<'_>) -> Outcome,
) -> Ran {
    run_in(&shop(), reply, operation)
}

/// Runs an operation; `reply` may answer for a step in place of a host that does all it is told.
fn run_in(
    environment: &Environment,
    reply: impl Fn(&str, &str) -> Option<Reply> + Send + Sync + 'static,
    operation: impl AsyncFnOnce(&Environment, Means<'_>) -> Outcome,
) -> Ran {
    let recording = Recording::new(move |host, step| {
        reply(host, &step.shown)
            .unwrap_or_else(|| Reply::Exit(if step.is_script { answer(step) } else { vec![] }, 0))
    });
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let heard = events.clone();
    let teller = Teller::new(move |event| heard.lock().unwrap().push(event));
    let interrupt = Interrupt::default();
    let means = Means { transport: &recording, origin: &OneCommit, teller: &teller, interrupt: &interrupt };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(operation(environment, means));
    let new = outcome.release.as_ref().map_or("-".into(), ToString::to_string);
    let mut asked: Vec<String> = recording
        .asked()
        .iter()
        .filter(|(_, step)| &*step.shown != "leave")
        .map(|(host, step)| format!("{host}: {}", step.shown.replace(&new, "NEW")))
        .collect();
    // Which of several hosts comes first with the same thing is nobody's business.
    asked
        .chunk_by_mut(|a, b| a.split_once(' ').unwrap().1 == b.split_once(' ').unwrap().1)
        .for_each(<[String]>::sort);
    let events = events.lock().unwrap().iter().map(|event| event.what.clone()).collect();
    Ran { outcome, asked, events }
}

async fn plain_deploy(environment: &Environment, means: Means<'_>) -> Outcome {
    deploy(environment, &DeployRequest { by: "me@here".into(), ..DeployRequest::default() }, means).await
}

#[test]
fn a_deploy_runs_task_by_task_on_all_hosts() {
    let ran = run(|_, _| None, plain_deploy);
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    let mut want = Vec::new();
    for both in ["take the lock", "look at the host", "make release NEW", "make NEW", "make install"] {
        want.extend([format!("one: {both}"), format!("two: {both}")]);
    }
    want.push(format!("two: migrate {OLD}"));
    for both in ["see whether it can switch", "make NEW current", "restart", "remove old releases", "tidy"] {
        want.extend([format!("one: {both}"), format!("two: {both}")]);
    }
    assert_eq!(ran.asked, want);
    let tasks: Vec<String> = ran
        .events
        .iter()
        .filter_map(|what| match what {
            What::TaskStarted { task, hosts } => Some(format!("{task} on {}", hosts.len())),
            What::TaskFinished { task, ok, .. } => Some(format!("{task} {ok}")),
            _ => None,
        })
        .collect();
    assert_eq!(
        tasks[2..6],
        ["before: build on 2", "before: build true", "before: migrate on 1", "before: migrate true"]
    );
}

#[test]
fn a_failure_stops_everything_that_has_not_begun() {
    let ran = run(
        |host, shown| {
            (host == "one" && shown.starts_with("make 2")).then(|| Reply::Exit(b"no rule\n".to_vec(), 2))
        },
        plain_deploy,
    );
    assert_eq!(ran.outcome.verdict, Verdict::Stopped);
    // `two` was in the same task: it finished the command it was in and began no other.
    assert_eq!(
        ran.asked[6..],
        [
            "one: make NEW",
            "two: make NEW",
            "one: write down that it failed",
            "two: write down that it failed",
        ]
    );
    let Progress::Failed(failure) = ran.progress(0) else { panic!("{:?}", ran.progress(0)) };
    assert_eq!((failure.exit.unwrap().0, failure.tail[0].1.as_slice()), (2, b"no rule".as_slice()));
    assert!(matches!(ran.progress(1), Progress::StoppedIn(task) if &*task.id == "build"));
    for host in &ran.outcome.hosts {
        assert_eq!(host.current, Current::Leads(OLD.into()));
    }
}

#[test]
fn a_failure_after_the_switch_is_live_but_failed() {
    let ran = run(|_, shown| (shown == "restart").then(|| Reply::Exit(vec![], 1)), plain_deploy);
    assert_eq!(ran.outcome.verdict, Verdict::LiveButFailed);
    assert!(!ran.asked.iter().any(|asked| asked.ends_with("tidy") || asked.contains("write down")));
}

#[test]
fn where_one_host_can_t_switch_the_others_go_back() {
    let ran = run(
        |host, shown| (host == "two" && shown.ends_with(" current")).then(|| Reply::Exit(vec![], 1)),
        plain_deploy,
    );
    assert_eq!(ran.outcome.verdict, Verdict::Stopped);
    assert_eq!(*ran.progress(0), Progress::WentBack);
    for host in &ran.outcome.hosts {
        assert_eq!(host.current, Current::Leads(OLD.into()));
    }
    let end: Vec<&str> =
        ran.asked.iter().map(String::as_str).skip_while(|asked| !asked.ends_with(" current")).collect();
    assert_eq!(
        end,
        [
            "one: make NEW current",
            "two: make NEW current",
            // It failed, so only it knows where it leads.
            "two: look at the host",
            "one: go back",
            "one: write down that it failed",
            "two: write down that it failed",
        ]
    );
}

#[test]
fn a_host_that_can_t_go_back_is_a_mixed_fleet() {
    let ran = run(
        |host, shown| match (host, shown) {
            ("two", shown) if shown.ends_with(" current") => Some(Reply::Exit(vec![], 1)),
            ("one", "go back") => Some(Reply::Exit(b"problem\0the disk is gone\0".to_vec(), 1)),
            _ => None,
        },
        plain_deploy,
    );
    assert_eq!(ran.outcome.verdict, Verdict::Mixed);
    let release = ran.outcome.release.as_ref().unwrap().to_string();
    assert_eq!(ran.outcome.hosts[0].current, Current::Leads(release));
    assert_eq!(ran.outcome.problems[0].what, "one could not go back: the disk is gone");
}

#[test]
fn no_host_switches_unless_all_of_them_could() {
    let ran = run(
        |host, shown| (host == "two" && shown == "see whether it can switch").then(|| Reply::Exit(vec![], 1)),
        plain_deploy,
    );
    assert_eq!(ran.outcome.verdict, Verdict::Stopped);
    assert!(!ran.asked.iter().any(|asked| asked.ends_with(" current")));
}

#[test]
fn a_connection_lost_in_the_switch_is_not_known() {
    let ran = run(
        |host, shown| (host == "two" && shown.ends_with(" current")).then_some(Reply::Lost),
        plain_deploy,
    );
    assert_eq!(ran.outcome.verdict, Verdict::Mixed);
    assert_eq!(*ran.progress(0), Progress::WentBack);
    assert_eq!(ran.outcome.hosts[1].current, Current::Unknown);
    assert!(matches!(ran.progress(1), Progress::Lost(_)));
}

#[test]
fn a_connection_lost_before_the_switch_stops_the_deploy() {
    let ran =
        run(|host, shown| (host == "one" && shown == "make install").then_some(Reply::Lost), plain_deploy);
    assert_eq!(ran.outcome.verdict, Verdict::Stopped);
    assert_eq!(ran.outcome.hosts[0].current, Current::Leads(OLD.into()));
    assert!(!ran.asked.iter().any(|asked| asked == "one: write down that it failed"));
}

#[test]
fn only_chosen_tasks_run() {
    let ran = run(
        |_, _| None,
        async |environment: &Environment, means: Means<'_>| {
            let selection = Selection::Exclude(vec!["build".into(), "tidy".into()]);
            deploy(environment, &DeployRequest { selection, ..DeployRequest::default() }, means).await
        },
    );
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    assert!(!ran.asked.iter().any(|asked| asked.contains("make install") || asked.contains("tidy")));
    assert!(ran.asked.contains(&format!("two: migrate {OLD}")));
}

#[test]
fn a_rollback_undoes_switches_and_restarts() {
    let ran = run(
        |_, _| None,
        async |environment: &Environment, means: Means<'_>| {
            rollback(environment, &RollbackRequest::default(), means).await
        },
    );
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    assert_eq!(ran.outcome.release.as_ref().unwrap().as_str(), OLDER);
    let undo = format!("undo {OLD} for NEW");
    let mut want = Vec::new();
    for both in [
        "take the lock",
        "look at the host",
        &undo,
        "see whether it can switch",
        "make NEW current",
        "restart",
    ] {
        want.extend([format!("one: {both}"), format!("two: {both}")]);
    }
    assert_eq!(ran.asked, want);
}

/// A host that somebody else holds.
fn held() -> Reply {
    Reply::Exit(b"refused\0held\0info\0by=evan@pungi\nsince=1700000000\ndoing=deploy of main\n\0".to_vec(), 1)
}

#[test]
fn a_host_that_is_held_refuses_and_the_others_are_given_back() {
    let ran = run(|host, shown| (host == "one" && shown == "take the lock").then(held), plain_deploy);
    assert_eq!(ran.outcome.verdict, Verdict::Locked);
    let Progress::Unfit(problem) = ran.progress(0) else { panic!("{:?}", ran.progress(0)) };
    assert_eq!(problem.what, "evan@pungi is at work there since 2023-11-14 22:13:20 UTC: deploy of main");
    assert_eq!(*ran.progress(1), Progress::Untouched);
    assert_eq!(
        ran.asked,
        ["one: take the lock", "two: take the lock", "two: look at the host", "two: give the lock back"]
    );
}

#[test]
fn whoever_has_the_first_host_insists() {
    // The other one lost the race for `one`, and gives `two` back after a while.
    let asked = Mutex::new(0);
    let ran = run(
        move |host, shown| {
            let mut asked = asked.lock().unwrap();
            *asked += usize::from(host == "two" && shown == "take the lock");
            (host == "two" && shown == "take the lock" && *asked < 4).then(held)
        },
        plain_deploy,
    );
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    let locks =
        |host: &str| ran.asked.iter().filter(|asked| **asked == format!("{host}: take the lock")).count();
    assert_eq!((locks("one"), locks("two")), (1, 4));
    assert!(!ran.asked.iter().any(|asked| asked.contains("give the lock back")));
}

#[test]
fn a_frozen_environment_says_why_and_how_to_end_it() {
    let frozen =
        || Reply::Exit(b"refused\0frozen\0info\0by=boss@desk\nsince=\ndoing=the auditors\n\0".to_vec(), 1);
    let ran = run(move |_, shown| (shown == "take the lock").then(frozen), plain_deploy);
    assert_eq!(ran.outcome.verdict, Verdict::Locked);
    let Progress::Unfit(problem) = ran.progress(1) else { panic!("{:?}", ran.progress(1)) };
    assert_eq!(problem.what, "frozen by boss@desk: the auditors");
    assert_eq!(problem.remedy, "ask, then `garment unlock shop`");
}

#[test]
fn those_who_wait_get_it_in_the_end() {
    let asked = Mutex::new(0);
    let ran = run(
        move |host, shown| {
            let mut asked = asked.lock().unwrap();
            *asked += usize::from(host == "one" && shown == "take the lock");
            (host == "one" && shown == "take the lock" && *asked < 2).then(held)
        },
        async |environment: &Environment, means: Means<'_>| {
            deploy(environment, &DeployRequest { wait: Wait::Forever, ..DeployRequest::default() }, means)
                .await
        },
    );
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    assert!(ran.asked.contains(&"two: give the lock back".to_owned()));
    let notes: Vec<_> = ran.events.iter().filter(|what| matches!(what, What::Note { .. })).collect();
    assert_eq!(notes.len(), 1, "{notes:?}");
}

/// The shop, where a switch has to be confirmed.
fn careful() -> Environment {
    let within = Some(std::time::Duration::from_secs(30));
    Environment { cutover_confirm: within, ..shop() }
}

/// What was asked from the switch on.
fn from_the_switch(ran: &Ran) -> Vec<&str> {
    let asked = ran.asked.iter().map(String::as_str);
    asked.skip_while(|asked| !asked.ends_with(" current")).collect()
}

#[test]
fn all_hosts_switch_before_any_is_told_that_they_have() {
    let ran = run_in(&careful(), |_, _| None, plain_deploy);
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    assert_eq!(
        from_the_switch(&ran)[..5],
        [
            "one: make NEW current",
            "two: make NEW current",
            "one: tell it that all have switched",
            "two: tell it that all have switched",
            "one: restart"
        ]
    );
}

#[test]
fn one_that_was_not_confirmed_takes_those_back_that_were() {
    let late = |host: &str, shown: &str| {
        let is_late = host == "two" && shown == "tell it that all have switched";
        is_late.then(|| Reply::Exit(b"problem\0it went back by itself\0".to_vec(), 1))
    };
    // The second look at that host finds it back.
    let ran = run_in(&careful(), late, plain_deploy);
    assert_eq!(
        from_the_switch(&ran)[2..],
        [
            "one: tell it that all have switched",
            "two: tell it that all have switched",
            "two: look at the host",
            "one: go back",
            "one: write down that it failed",
            "two: write down that it failed"
        ]
    );
    assert_eq!(ran.outcome.verdict, Verdict::Stopped);
    assert_eq!(ran.progress(0), &Progress::WentBack);
    assert!(ran.outcome.hosts.iter().all(|host| host.current == Current::Leads(OLD.into())));
}

#[test]
fn one_that_does_not_acknowledge_is_not_known() {
    let lost = |host: &str, shown: &str| {
        (host == "two" && shown == "tell it that all have switched").then_some(Reply::Lost)
    };
    let ran = run_in(&careful(), lost, plain_deploy);
    assert_eq!(ran.outcome.verdict, Verdict::Mixed);
    assert_eq!(ran.progress(0), &Progress::WentBack);
    assert_eq!(ran.outcome.hosts[1].current, Current::Unknown);
    let new = ran.outcome.release.as_ref().unwrap();
    assert_eq!(
        ran.outcome.problems[0].what,
        format!(
            "two has either heard the confirmation and stays at {new}, or goes back by itself 30s after its switch"
        )
    );
}

/// What changes something on a host knows by which token its lock was taken.
#[test]
fn the_scripts_know_the_lock_s_token() {
    fn value<'a>(text: &'a str, start: &str) -> Option<&'a str> {
        let rest = text.lines().find_map(|line| line.strip_prefix(start))?;
        Some(rest.trim_matches('\''))
    }
    for goes_back in [false, true] {
        let texts: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
        let heard = texts.clone();
        let recording = Recording::new(move |_, step| {
            heard.lock().unwrap().push((step.shown.to_string(), step.text.clone()));
            Reply::Exit(if step.is_script { answer(step) } else { vec![] }, 0)
        });
        let teller = Teller::new(|_| ());
        let interrupt = Interrupt::default();
        let means =
            Means { transport: &recording, origin: &OneCommit, teller: &teller, interrupt: &interrupt };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let done = runtime.block_on(async {
            if goes_back {
                rollback(&shop(), &RollbackRequest::default(), means).await
            } else {
                deploy(&shop(), &DeployRequest::default(), means).await
            }
        });
        assert_eq!(done.verdict, Verdict::Done);
        let texts = texts.lock().unwrap();
        let lock = texts.iter().find(|(shown, _)| shown == "take the lock").unwrap();
        let token = value(&lock.1, "token=").unwrap();
        assert!(token.len() > 10, "{token}");
        let tokens: Vec<_> = texts
            .iter()
            .filter(|(shown, _)| shown != "take the lock")
            .filter_map(|(shown, text)| Some((shown.as_str(), value(text, "token=")?)))
            .collect();
        let per_host = if goes_back { 2 } else { 4 };
        assert_eq!(tokens.len(), 2 * per_host, "{tokens:?}");
        assert!(tokens.iter().all(|(_, of)| *of == token), "{tokens:?}");
    }
}
