//! What the engine goes on with, on a transport that runs nothing.
#![allow(clippy::unwrap_used)]

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

#[test]
fn what_is_finished_is_not_run_again() {
    let record = recorded(CONFIG, &Selection::All);
    // `two` was in the second command of its task.
    let ran = all(&record, [&BUILT, &BUILT[..1]]).run(|_, _| None);
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    assert_eq!((ran.outcome.operation, ran.outcome.resumed), (Operation::Resume, Some(Operation::Deploy)));
    assert_eq!(ran.outcome.release.as_ref().unwrap().as_str(), NEW);
    let both = |what: &str| [format!("one: {what}"), format!("two: {what}")];
    let mut want: Vec<String> = both(&format!("make release {NEW}")).into();
    want.extend([
        format!("two: make {NEW}"),
        "two: make install".to_owned(),
        // As it was when the deploy began.
        format!("two: migrate {OLD}"),
    ]);
    let restart = format!("restart v1 {}", "4".repeat(40));
    for step in [
        "see whether it can switch",
        &format!("make {NEW} current"),
        &restart,
        "remove old releases",
        "tidy",
        "leave",
    ] {
        want.extend(both(step));
    }
    assert_eq!(ran.asked, want);
    let (finished, left) = ran.told();
    assert_eq!(finished, ["before: build (one)"]);
    assert_eq!(
        left,
        [
            "before: build (two)",
            "before: migrate (two)",
            "after: restart (one two)",
            "cleanup: tidy (one two)"
        ]
    );
    assert!(
        ran.text("one: make release").contains("resuming=yes")
            || ran.text("one: make release").contains("resuming='yes'")
    );
    let end = ran.text("one: leave");
    assert!(end.contains("outcome=done\nattempt=2\n") && end.contains("by=you@there"), "{end}");
    assert!(ran.text("two: write down that it goes on").contains("you@there"));
}

#[test]
fn what_ran_in_two_attempts_by_half_is_not_finished() {
    let record = recorded(CONFIG, &Selection::All);
    let mut one = Kept::of(&record, 0, &["before-build.0"]);
    one.steps.push(("2", "before-build.1", "0 3 4"));
    let mut two = Kept::of(&record, 1, &BUILT);
    two.steps.push(("2", "before-migrate.0", "1 3 4"));
    // How the first attempt ended says nothing of the second, which was cut short.
    let ran = Hosts::new(Some(one.ended("outcome=failed")), Some(two)).run(|_, _| None);
    assert_eq!(ran.told().0, ["before: build (two)"]);
    assert!(
        ran.events.iter().any(|what| matches!(what, What::Resuming(resuming) if resuming.ending.is_none()))
    );
    assert!(ran.text("one: leave").contains("attempt=3"));
}

#[test]
fn after_the_switch_what_was_current_before_is_as_it_was() {
    let record = recorded(CONFIG, &Selection::All);
    let done: [&[&'static str]; 2] = [&BUILT, &BUILT];
    let ran = all(&record, done)
        .at([NEW, NEW])
        .run(|_, shown| (shown.starts_with("restart")).then(|| Reply::Exit(vec![], 1)));
    assert_eq!(ran.outcome.verdict, Verdict::LiveButFailed);
    assert_eq!(ran.told().0, ["before: build (one two)"]);
    assert!(ran.asked.contains(&format!("two: migrate {OLD}")), "{:?}", ran.asked);
    assert!(!ran.asked.iter().any(|asked| asked.contains("go back") || asked.contains("that it failed")));
}

/// It is live: to call it failed, or to go back, would make a mess of a fleet that agrees.
#[test]
fn what_fails_before_the_switch_once_that_was_made() {
    let record = recorded(CONFIG, &Selection::All);
    let ran = all(&record, [&BUILT, &BUILT]).at([NEW, NEW]).run(|host, shown| {
        (host == "two" && shown.starts_with("make release")).then(|| Reply::Exit(vec![], 1))
    });
    assert_eq!(ran.outcome.verdict, Verdict::LiveButFailed);
    assert!(!ran.asked.iter().any(|asked| asked.contains("go back") || asked.contains("that it failed")));
    for host in &ran.outcome.hosts {
        assert_eq!(host.current, Current::Leads(NEW.into()));
    }
}

/// The controller was killed between one host's switch and the other's.
#[test]
fn half_a_switch_is_made_whole_or_undone() {
    let record = recorded(CONFIG, &Selection::All);
    let half = || all(&record, [&BUILT, &BUILT]).at([NEW, OLD]);
    let ran = half().run(|_, _| None);
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    for failing in ["make release", "migrate", "see whether", "make 20261125T093000-4444444 current"] {
        let ran = half().run(move |host, shown| {
            (host == "two" && shown.starts_with(failing)).then(|| Reply::Exit(vec![], 1))
        });
        assert_eq!(ran.outcome.verdict, Verdict::Stopped, "{failing}");
        assert!(ran.asked.contains(&"one: go back".to_owned()), "{failing}");
        for host in &ran.outcome.hosts {
            assert_eq!(host.current, Current::Leads(OLD.into()), "{failing}");
        }
    }
}

#[test]
fn a_host_that_had_not_begun_does_everything() {
    let record = recorded(CONFIG, &Selection::All);
    let mut hosts = Hosts::new(Some(Kept::of(&record, 0, &[])), None);
    hosts.each[1].1 = false;
    let ran = hosts.run(|_, _| None);
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    assert_eq!(ran.told().0, [""; 0]);
    assert!(ran.asked.contains(&format!("two: migrate {OLD}")));
    // Its newest operation may be an older one, whatever became of that.
    let mut older = Kept::of(&record, 1, &BUILT).ended("outcome=failed");
    older.id = "20261124T093000-deploy-00ff";
    let ran = Hosts::new(Some(Kept::of(&record, 0, &BUILT)), Some(older)).run(|_, _| None);
    assert_eq!(ran.told().0, ["before: build (one)"]);
}

#[test]
fn nothing_to_resume() {
    let record = recorded(CONFIG, &Selection::All);
    let ran = Hosts::new(None, None).run(|_, _| None);
    let deploy = "to deploy: `garment deploy shop`";
    assert_eq!(
        ran.refused(),
        ("no host has a record of an operation, so there is nothing to resume", deploy)
    );
    let kept = |host, end| Some(Kept::of(&record, host, &[]).ended(end));
    // A host that was lost lacks the end; what another one says is true.
    for two in [kept(1, "outcome=done"), Some(Kept::of(&record, 1, &[])), None] {
        let ran = Hosts::new(kept(0, "outcome=done"), two).run(|_, _| None);
        assert_eq!(
            ran.refused(),
            (
                "there is nothing to resume: the last operation, `20261125T093000-deploy-00ff`, a deploy by me@here, \
                 is done (2026-09-21 14:13:20 UTC)",
                deploy
            )
        );
    }
    let ran = Hosts::new(kept(0, "outcome=failed"), kept(1, "outcome=abandoned")).run(|_, _| None);
    assert!(ran.refused().0.ends_with("was abandoned (2026-09-21 14:13:20 UTC)"), "{:?}", ran.refused());
    // A newer one has finished on another host.
    let mut newer = kept(1, "outcome=done").unwrap();
    newer.id = "20261126T093000-deploy-00ff";
    let ran = Hosts::new(kept(0, "outcome=failed"), Some(newer)).run(|_, _| None);
    assert!(ran.refused().0.starts_with("there is nothing to resume: the last operation, `20261126"));
}

#[test]
fn two_operations() {
    let alone = CONFIG.replace("    two:\n      roles: [db]\n", "").replace("roles: [db], ", "");
    let record = recorded(&alone, &Selection::All);
    let newer = Kept::of(&record, 0, &[]);
    let mut older = Kept::of(&recorded(CONFIG, &Selection::All), 1, &[]);
    older.id = "20261124T093000-deploy-00ff";
    let ran = Hosts::new(Some(newer), Some(older)).run(|_, _| None);
    assert_eq!(
        ran.refused(),
        (
            "there are two operations to resume: `20261125T093000-deploy-00ff` on one, `20261124T093000-deploy-00ff` on \
             two",
            "give up what was begun: `garment abandon shop`, then `garment deploy shop`"
        )
    );
}

#[test]
fn a_plan_that_is_not_what_it_was() {
    let record = recorded(CONFIG, &Selection::All);
    let hosts = || all(&record, [&BUILT, &BUILT]);
    // What is finished may have changed.
    let ran = hosts().config("make install", "make all").run(|_, _| None);
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    let ran = hosts()
        .config("      - {id: build, commands: ['make {release}', 'make install']}\n", "")
        .run(|_, _| None);
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    let restart = "      - {id: restart, commands: ['restart {git_ref} {commit}']}\n";
    let migrate = "      - {id: migrate, roles: [db], commands: ['migrate {previous_release}']}\n";
    let tidy = "      - {id: tidy, commands: [tidy]}\n";
    for (from, to, want) in [
        ("'migrate {", "'migrate --all {", "before: migrate has changed on two"),
        ("[tidy]", "[tidy, more]", "cleanup: tidy has changed"),
        ("commands: [tidy]", "cd: /, commands: [tidy]", "cleanup: tidy has changed"),
        ("commands: [tidy]", "shell: [zsh, -c], commands: [tidy]", "cleanup: tidy has changed"),
        (
            tidy,
            "      - {id: tidier, commands: [tidy]}\n",
            "cleanup: tidier is new\ncleanup: tidy is not there any more",
        ),
        (migrate, "", "before: migrate is not there any more on two"),
        ("id: migrate, roles: [db],", "id: migrate,", "before: migrate is new on one"),
        (restart, &format!("      - {{id: warm, commands: [x]}}\n{restart}"), "after: warm is new"),
        (
            "    one:\n",
            "    zero:\n",
            "zero is new in the environment\none is not in the environment any more",
        ),
    ] {
        let mut changed = hosts().config(from, to);
        if from.contains("one") {
            changed.each[0].2 = None;
        }
        let ran = changed.run(|_, _| None);
        let (what, remedy) = ran.refused();
        assert_eq!(
            what,
            format!("what is left of the deploy is not what it was when me@here began it:\n{want}")
        );
        assert_eq!(
            remedy,
            "see what changed in deploy.conf. To go on as it says now: `garment resume --changed-plan shop`; to give it \
             up: `garment abandon shop`"
        );
    }
    // Two tasks that change places.
    let two = format!("{restart}      - {{id: warm, commands: [x]}}\n");
    let turned = format!("      - {{id: warm, commands: [x]}}\n{restart}");
    let record = recorded(&CONFIG.replace(restart, &two), &Selection::All);
    let ran = all(&record, [&BUILT, &BUILT]).config(restart, &turned).run(|_, _| None);
    let order = "the order of the tasks was before: migrate, after: restart, after: warm, cleanup: tidy, and is before: \
                 migrate, after: warm, after: restart, cleanup: tidy";
    assert!(ran.refused().0.ends_with(order), "{}", ran.refused().0);
    // What a host has not finished may not change on that host.
    let ran = all(&recorded(CONFIG, &Selection::All), [&BUILT, &BUILT[..1]])
        .config("make install", "make all")
        .run(|_, _| None);
    assert!(ran.refused().0.ends_with("before: build has changed on two"), "{}", ran.refused().0);
}

#[test]
fn people_may_want_the_changed_plan() {
    let record = recorded(CONFIG, &Selection::All);
    let mut hosts =
        all(&record, [&BUILT, &BUILT]).config("make install", "make all").config("[tidy]", "[tidy, more]");
    hosts.changed_plan = true;
    let ran = hosts.run(|_, _| None);
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    assert_eq!(ran.told().0, ["before: build (one two)"]);
    assert!(ran.asked.contains(&"two: more".to_owned()));
}

/// What hosts have recorded stays; where people agreed to another plan, that is the plan from then on, but for what is
/// finished.
#[test]
fn the_record_that_is_gone_on_with() {
    let record = recorded(CONFIG, &Selection::All);
    let answers = [Kept::of(&record, 0, &BUILT).answer(), bytes(&[("end", "operations")])];
    let records: Vec<_> = answers.iter().map(|answer| parse_operations(answer).unwrap()).collect();
    let facts: Vec<_> = (0..2).map(|_| parse_survey(&survey(OLD, true)).unwrap()).collect();
    let compile = |config: &str, changed_plan| {
        let request = Resume { token: None, records: &records, by: "you@there", changed_plan };
        compile_resume(&environment(config), &facts, &request).unwrap().plan.record
    };
    let same = compile(CONFIG, true);
    assert_eq!((same.attempt, &*same.by, same.operation.as_str()), (2, "you@there", DEPLOY));
    assert_eq!(same.info, [vec![], record.info[1].clone()]);
    let changed =
        compile(&CONFIG.replace("make install", "make all").replace("[tidy]", "[tidy, more]"), true);
    let tasks = |record: &Record, host: usize| -> Vec<String> {
        let mut tasks: Vec<_> = record.info[host]
            .iter()
            .filter(|(key, _)| *key == "task")
            .map(|(_, task)| task.clone())
            .collect();
        tasks.sort();
        tasks
    };
    let (was, is) = (tasks(&record, 0), tasks(&changed, 0));
    assert_eq!(was[..2], is[..2], "what is finished, and what has not changed");
    assert_ne!(was[2], is[2]);
    let core = |record: &Record| {
        record.info[0].iter().take_while(|(key, _)| *key != "tasks").cloned().collect::<Vec<_>>()
    };
    assert_eq!(core(&changed), core(&record));
}

#[test]
fn the_same_tasks_were_chosen() {
    let selection = Selection::Exclude(vec!["migrate".into(), "tidy".into()]);
    let record = recorded(CONFIG, &selection);
    let ran = all(&record, [&BUILT, &[]]).run(|_, _| None);
    assert_eq!(ran.told().1, ["before: build (two)", "after: restart (one two)"]);
    let record = recorded(CONFIG, &Selection::Include(vec!["migrate".into()]));
    let ran = all(&record, [&[], &["before-migrate.0"]]).run(|_, _| None);
    assert_eq!(ran.told(), (vec!["before: migrate (two)".to_owned()], vec![]));
}

#[test]
fn a_record_that_can_t_be_trusted() {
    let record = recorded(CONFIG, &Selection::All);
    let mut cut_off = Kept::of(&record, 1, &BUILT);
    cut_off.info.pop();
    let ran = Hosts::new(Some(Kept::of(&record, 0, &BUILT)), Some(cut_off.clone())).run(|_, _| None);
    assert_eq!(ran.refused().0, "the record of `20261125T093000-deploy-00ff` on two is damaged");
    // Cut off before anything was done there.
    cut_off.steps.clear();
    let ran = Hosts::new(Some(Kept::of(&record, 0, &BUILT)), Some(cut_off.clone())).run(|_, _| None);
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    let ran = Hosts::new(Some(cut_off.clone()), Some(cut_off)).run(|_, _| None);
    assert_eq!(ran.refused().0, "what `20261125T093000-deploy-00ff` is can't be read on any host");
    // A host that would have the others deploy something else.
    let mut other = Kept::of(&record, 1, &BUILT);
    for line in &mut other.info {
        *line = line.replace(&"4".repeat(40), &"6".repeat(40));
    }
    let ran = Hosts::new(Some(Kept::of(&record, 0, &BUILT)), Some(other)).run(|_, _| None);
    assert_eq!(ran.refused().0, "the record of `20261125T093000-deploy-00ff` on two is damaged");
    // The release that its tasks were for is gone.
    let mut hosts = all(&record, [&BUILT, &[]]);
    hosts.each[0].1 = false;
    hosts.each[1].1 = false;
    let ran = hosts.run(|_, _| None);
    assert_eq!(
        ran.refused().0,
        "`20261125T093000-4444444` is not on one any more, and tasks ran there for it"
    );
    // Begun under another name, in the same folder.
    let mut named = Kept::of(&record, 0, &BUILT);
    named.info[1] = "environment=shop-quick".into();
    let ran = Hosts::new(Some(named), Some(Kept::of(&record, 1, &BUILT))).run(|_, _| None);
    assert_eq!(
        ran.refused(),
        (
            "the last operation on these hosts was begun as `shop-quick`",
            "go on with it under that name: `garment resume shop-quick`"
        )
    );
    // What a host answers that is cut off itself.
    let ran = all(&record, [&BUILT, &BUILT]).run(|host, shown| {
        (host == "two" && shown == "read the records").then(|| Reply::Exit(b"operation\0".to_vec(), 0))
    });
    assert_eq!((ran.outcome.verdict, ran.asked), (Verdict::Stopped, vec![]));
    let ran = all(&record, [&BUILT, &BUILT])
        .run(|host, shown| (host == "two" && shown == "read the records").then_some(Reply::Lost));
    assert_eq!((ran.outcome.verdict, ran.asked), (Verdict::Unreachable, vec![]));
}

#[test]
fn a_rollback_goes_on() {
    let environment = environment(CONFIG);
    let facts: Vec<_> = (0..2).map(|_| parse_survey(&survey(OLD, false)).unwrap()).collect();
    let rollback = Rollback {
        token: None,
        operation: &OperationId::parse(DEPLOY).unwrap(),
        by: "me@here",
        now: Timestamp::UNIX_EPOCH,
        release: None,
        continued: None,
    };
    let record = compile_rollback(&environment, &facts, &rollback).unwrap().record;
    let kept = |host, done| Some(Kept::of(&record, host, done));
    let undone: &[&'static str] = &["rollback-undo.0"];
    let ran = Hosts::new(kept(0, undone), kept(1, &[])).run(|_, _| None);
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    assert_eq!(ran.outcome.release.as_ref().unwrap().as_str(), OLDER);
    assert_eq!((ran.outcome.operation, ran.outcome.resumed), (Operation::Resume, Some(Operation::Rollback)));
    assert!(ran.asked[0].starts_with(&format!("two: undo {OLD} for {OLDER}")), "{:?}", ran.asked);
    // Where it is current everywhere already, and the rest failed.
    let ran = Hosts::new(kept(0, undone), kept(1, undone))
        .at([OLDER, OLDER])
        .run(|_, shown| shown.starts_with("restart").then(|| Reply::Exit(vec![], 1)));
    assert_eq!(ran.outcome.verdict, Verdict::LiveButFailed);
    assert_eq!(ran.told().1, ["after: restart (one two)"]);
}

fn give_up(hosts: Hosts) -> Ran<Abandoned> {
    hosts.operate(
        |_, _| None,
        async |environment: &Environment, means: Means<'_>| {
            let request = AbandonRequest { by: "you@there".into(), ..AbandonRequest::default() };
            abandon(environment, &request, means).await
        },
    )
}

#[test]
fn giving_up_concerns_those_who_began() {
    let record = recorded(CONFIG, &Selection::All);
    let ran = give_up(Hosts::new(Some(Kept::of(&record, 0, &BUILT)), None));
    let Abandoned::Done(hosts) = &ran.outcome else { panic!("{:?}", ran.outcome) };
    assert_eq!(hosts.iter().map(|host| host.operation.is_some()).collect::<Vec<_>>(), [true, false]);
    assert_eq!(ran.asked, ["one: give it up"]);
    assert!(ran.text("one: give it up").contains("outcome=abandoned\nattempt=1\n"));
    // One that was given up by half.
    let half = Hosts::new(
        Some(Kept::of(&record, 0, &[]).ended("outcome=abandoned")),
        Some(Kept::of(&record, 1, &[]).ended("outcome=failed")),
    );
    assert_eq!(give_up(half).asked, ["two: give it up"]);
    for end in ["outcome=done", "outcome=abandoned"] {
        let over = |host| Some(Kept::of(&record, host, &[]).ended(end));
        let ran = give_up(Hosts::new(over(0), over(1)));
        let Abandoned::Refused(problem) = &ran.outcome else { panic!("{:?}", ran.outcome) };
        assert!(
            problem.what.starts_with("there is nothing to abandon: the last operation, `"),
            "{}",
            problem.what
        );
        assert_eq!(ran.asked, [""; 0]);
    }
    let ran = give_up(Hosts::new(None, None));
    assert!(matches!(ran.outcome, Abandoned::Refused(_)));
}

/// Every operation that got so far as to do something leaves its end.
#[test]
fn the_end_is_written_down() {
    let end = |ran: &Ran| ran.text("one: leave").lines().take(4).collect::<Vec<_>>().join(" ");
    let ran = Hosts::new(None, None).operate(
        |_, shown| shown.starts_with("undo").then(|| Reply::Exit(vec![], 1)),
        async |environment: &Environment, means: Means<'_>| {
            rollback(
                environment,
                &RollbackRequest { by: "me@here".into(), ..RollbackRequest::default() },
                means,
            )
            .await
        },
    );
    assert_eq!(ran.outcome.verdict, Verdict::Stopped);
    assert!(end(&ran).contains("outcome=failed attempt=1"), "{}", end(&ran));
    let ran = Hosts::new(None, None).run(|_, _| None);
    assert!(!ran.texts.iter().any(|(shown, _)| shown.ends_with(": leave")));
}
