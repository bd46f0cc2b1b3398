//! What is gone on with, and how.

use super::*;

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
        let request =
            Resume { token: None, records: &records, by: "you@there", changed_plan, deliveries: None };
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
