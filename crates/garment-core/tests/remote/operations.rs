use std::fs;
use std::os::unix::fs::symlink;

use garment_core::event::Operation;
use garment_core::model::{CommitId, Ending, OperationId, State};
use garment_core::remote::{
    Abandon, Ended, Holder, Info, Recorded, RecordedTask, Where, abandon, begin, end, end_when_done, lock,
    operations, parse_abandon, parse_operations, resumed,
};
use jiff::Timestamp;

use crate::bed::{Bed, name, release, tree};
use crate::standing::with_flock;

const COMMIT: &str = "4634f44a00000000000000000000000000000000";

fn id(n: u32) -> OperationId {
    OperationId::parse(&format!("20131228T2027{n:02}-deploy-00ff")).unwrap()
}

fn info(n: u32) -> Vec<(&'static str, String)> {
    [
        ("operation", "deploy"),
        ("environment", "it's \"$(x)\""),
        ("release", &name(n)),
        ("commit", COMMIT),
        ("ref", "main"),
        ("by", "evan@pungi\nby=mallory"),
        ("began", "1700000000"),
        ("previous", &name(1)),
        ("previous_target", ""),
        ("releases_dir", "/srv/releases"),
        ("current_symlink", "/srv/current"),
        ("exclude", "a b"),
        ("exclude", "c"),
        ("tasks", "2"),
        ("hosts", "web1 evan@db1:22"),
        ("task", "0 2 00000000000000ff before-build before: build it"),
        ("task", "3 1 8000000000000000 after-x.0123456789abcdef after: ü x"),
    ]
    .map(|(key, value)| (key, value.to_owned()))
    .into()
}

fn known(n: u32, of_steps: bool) -> Info {
    let task = |place, steps, fingerprint, key: &str, title: &str| RecordedTask {
        place,
        steps,
        fingerprint,
        key: key.into(),
        title: title.into(),
    };
    let tasks = vec![
        task(0, 2, 0xff, "before-build", "before: build it"),
        task(3, 1, 1 << 63, "after-x.0123456789abcdef", "after: ü x"),
    ];
    Info {
        operation: Operation::Deploy,
        environment: "it's \"$(x)\"".into(),
        release: release(&name(n)),
        commit: CommitId::parse(COMMIT).ok(),
        git_ref: "main".into(),
        by: "evan@pungi by=mallory".into(),
        began: Timestamp::from_second(1_700_000_000).ok(),
        previous: name(1),
        previous_target: String::new(),
        include: vec![],
        exclude: vec!["a b".into(), "c".into()],
        releases_dir: "/srv/releases".into(),
        current_symlink: "/srv/current".into(),
        hosts: if of_steps { vec!["web1".into(), "evan@db1:22".into()] } else { vec![] },
        tasks: if of_steps { tasks } else { vec![] },
    }
}

impl Bed {
    /// What a session's own shell does: it takes the lock, begins the record, and `then`.
    #[track_caller]
    fn in_session(&self, n: u32, attempt: u32, info: &[(&str, String)], then: &str) {
        let holder = Holder::default();
        let begin = begin(&id(n), attempt, info, "");
        let ran = self.run(&format!("{}\n{begin}\n{then}", lock(&self.paths, &holder, Where::Anywhere))).ok();
        assert_eq!(ran.stderr, "", "{:?}", self.shell);
    }

    /// Reads the records, which changes nothing.
    #[track_caller]
    fn records(&self, newest: u32, steps: bool) -> Vec<Recorded> {
        let before = tree(&self.home());
        let ran = self.run(&operations(&self.paths, newest, steps)).ok();
        assert_eq!(ran.stderr, "", "{:?}", self.shell);
        assert_eq!(tree(&self.home()), before);
        parse_operations(&ran.stdout).unwrap()
    }

    /// Writes a file of an operation's record.
    fn record(&self, n: u32, file: &str, text: &str) {
        let file = self.app(".garment/operations").join(id(n).as_str()).join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

#[test]
fn a_host_without_any() {
    for bed in Bed::all() {
        assert_eq!(bed.records(1, true), []);
        assert!(!bed.app("").exists());
    }
}

#[test]
fn a_host_that_is_through_with_its_part_says_so() {
    for mut bed in Bed::all() {
        with_flock(&mut bed);
        bed.in_session(2, 1, &info(2), &end_when_done(1, 1_700_000_009, "ann@desk"));
        let ended = Ended {
            outcome: Ending::Done,
            attempt: 1,
            at: Timestamp::from_second(1_700_000_009).ok(),
            by: "ann@desk".into(),
            only_here: true,
        };
        assert_eq!(bed.records(1, false)[0].end, Some(ended));
    }
}

#[test]
fn what_a_session_writes_is_read() {
    for mut bed in Bed::all() {
        with_flock(&mut bed);
        bed.in_session(2, 1, &info(2), &end(1, Ending::LiveButFailed, 1_700_000_009, "ann@desk"));
        let ended = Ended {
            outcome: Ending::LiveButFailed,
            attempt: 1,
            at: Timestamp::from_second(1_700_000_009).ok(),
            by: "ann@desk".into(),
            only_here: false,
        };
        let want = |info, end, attempts| Recorded { id: id(2), info, attempts, end, steps: vec![] };
        assert_eq!(bed.records(1, true), [want(Some(known(2, true)), Some(ended.clone()), 1)]);
        // Without steps, what is long is left out.
        assert_eq!(bed.records(1, false), [want(Some(known(2, false)), Some(ended), 1)]);
        // Who goes on makes the end untrue, and keeps what the operation is.
        let ran = bed.run(&resumed(&bed.paths, &id(2), 1_700_000_100, "bob@home")).ok();
        assert_eq!(ran.stderr, "");
        assert_eq!(bed.records(1, true), [want(Some(known(2, true)), None, 2)]);
        bed.in_session(2, 2, &[], &end(2, Ending::Done, 1_700_000_200, "bob@home"));
        let after = bed.records(1, true).remove(0);
        assert_eq!((after.info, after.attempts), (Some(known(2, true)), 2));
        assert_eq!(after.end.map(|end| (end.outcome, end.attempt)), Some((Ending::Done, 2)));
        // One that goes on though the plan is another one writes it anew.
        bed.in_session(2, 3, &info(3), "");
        assert_eq!(bed.records(1, true)[0].info, Some(known(3, true)));
        let left: Vec<_> = tree(&bed.app(".garment/operations")).into_keys().collect();
        let of = |file: &str| format!("{}{file}", id(2));
        assert_eq!(left, [of(""), of("/1"), of("/2"), of("/3"), of("/end"), of("/info"), of("/resumed")]);
    }
}

#[test]
fn an_end_without_a_record_is_none() {
    for mut bed in Bed::all() {
        with_flock(&mut bed);
        bed.run(&end(1, Ending::Done, 1, "x")).ok();
        // Where the record can't be written the operation goes on without.
        fs::create_dir_all(bed.app(".garment")).unwrap();
        fs::write(bed.app(".garment/operations"), "").unwrap();
        let text = format!(
            "{}\n{} || echo none >&2\n{}",
            lock(&bed.paths, &Holder::default(), Where::Anywhere),
            begin(&id(2), 1, &info(2), "").trim_end(),
            end(1, Ending::Done, 1, "x")
        );
        let ran = bed.run(&text).ok();
        assert_eq!(ran.stderr, "none\n", "{:?}", bed.shell);
    }
}

#[test]
fn a_task_is_finished_if_all_of_it_succeeded_in_one_attempt() {
    for bed in Bed::all() {
        let done = |task: &str, steps| {
            let task =
                RecordedTask { place: 0, steps, fingerprint: 0, key: task.into(), title: String::new() };
            bed.records(1, true)[0].has_finished(&task)
        };
        bed.record(3, "info", "end=info\n");
        for (file, text) in [
            ("1/before-a.0.pid", "123\n"),
            ("1/before-a.0.status", "0 1700000000 1700000001\n"),
            ("1/before-a.1.pid", "124\n"),
            ("1/before-b.0.status", "0 1700000000 1700000001"),
            ("1/before-b.1.status", "1 1700000000 1700000001\n"),
            ("2/before-b.0.status", "143 1700000000 1700000001 timeout\n"),
            ("2/before-b.1.status", "0 1700000000 1700000001\n"),
            ("2/before-b.0.out", "text\n"),
            ("2/c.0.status", "0 1700000000 1700000001 timeout\n"),
            ("2/d.0.status", "0\n"),
            ("2/e.0.status", ""),
            ("2/f.0.status", "0 x\x1b[2J 1\n"),
            ("2/g.0.status", "00 1700000000 1700000001\n"),
            ("10/before-h.0.status", "0 1700000000 1700000001\n"),
            ("x1/before-i.0.status", "0 1700000000 1700000001\n"),
        ] {
            bed.record(3, file, text);
        }
        assert!(done("before-a", 1) && done("before-b", 1) && done("before-h", 1));
        assert!(!done("before-a", 2), "its second step was cut short");
        assert!(!done("before-b", 2), "no attempt did both");
        for task in ["c", "d", "e", "f", "g", "before-i", "none"] {
            assert!(!done(task, 1), "{task} {:?}", bed.shell);
        }
        assert!(!done("before-a", 0), "what has no steps is no proof");
        assert_eq!(bed.records(1, true)[0].attempts, 10);
    }
}

#[test]
fn what_makes_no_sense_is_not_believed() {
    for bed in Bed::all() {
        let whole: String = info(4)
            .iter()
            .fold(String::new(), |text, (key, value)| text + key + "=" + &value.replace('\n', " ") + "\n");
        let read = |text: &str| {
            bed.record(4, "info", text);
            bed.records(1, true)[0].info.clone()
        };
        assert_eq!(read(&format!("{whole}end=info\n")), Some(known(4, true)));
        for (what, text) in [
            ("cut off", whole.clone()),
            ("cut off in a line", format!("{whole}end=inf")),
            ("empty", String::new()),
            ("garbage", "\x1b]0;x\x07\nend=info\n".into()),
            ("a release", whole.replace(&name(4), "../../etc") + "end=info\n"),
            ("a release before", whole.replace(&name(1), "$(reboot)") + "end=info\n"),
            ("an operation", whole.replace("=deploy", "=destroy") + "end=info\n"),
            ("a task", whole.replace("0 2 00000000000000ff", "0 2 xyz") + "end=info\n"),
        ] {
            assert_eq!(read(&text), None, "{what} {:?}", bed.shell);
        }
        // What is for people can't move their cursor.
        let shown = read(&format!("{}end=info\n", whole.replace("evan@pungi", "\x1b[2Jevan"))).unwrap();
        assert_eq!(shown.by, "\\u{1b}[2Jevan by=mallory");
        bed.record(4, "end", "outcome=perfect\nended=x\n");
        assert_eq!(bed.records(1, true)[0].end, None);
        // A file may be something else altogether, and a folder somebody else's.
        fs::remove_file(bed.app(".garment/operations").join(id(4).as_str()).join("info")).unwrap();
        fs::create_dir(bed.app(".garment/operations").join(id(4).as_str()).join("info")).unwrap();
        fs::create_dir(bed.app(".garment/operations/20990101T000000-x")).unwrap();
        symlink("/", bed.app(".garment/operations/20990101T000000-deploy-0000")).unwrap();
        fs::write(bed.app(".garment/operations/20990101T000001-deploy-0000"), "").unwrap();
        let found = bed.records(1, true);
        assert_eq!((found.len(), &found[0].id, &found[0].info), (1, &id(4), &None));
    }
}

#[test]
fn only_the_newest_are_read() {
    for bed in Bed::all() {
        for n in [5, 3, 4, 1] {
            bed.record(n, "info", "end=info\n");
        }
        let ids = |newest| bed.records(newest, false).into_iter().map(|one| one.id).collect::<Vec<_>>();
        assert_eq!(ids(2), [id(4), id(5)]);
        assert_eq!(ids(9), [id(1), id(3), id(4), id(5)]);
    }
}

#[test]
fn giving_up_marks_and_leaves_everything_in_place() {
    for bed in Bed::all() {
        for (n, state) in [(1, "live"), (2, "ready"), (3, "building"), (4, "ready"), (5, "replaced")] {
            fs::create_dir_all(bed.app("releases").join(name(n))).unwrap();
            fs::create_dir_all(bed.app(".garment/releases")).unwrap();
            fs::write(bed.app(".garment/releases").join(name(n)), format!("state={state}\n")).unwrap();
            bed.record(n, "1/before-a.0.status", "1 1 1\n");
        }
        let give_up = |n: u32, current: u32| {
            let _ = fs::remove_file(bed.app("current"));
            symlink(bed.app("releases").join(name(current)), bed.app("current")).unwrap();
            let ran = bed.run(&abandon(&Abandon {
                paths: &bed.paths,
                operation: &id(n),
                attempt: 2,
                release: Some(&release(&name(n))),
                by: "ann@desk",
                at: 1_700_000_000,
            }));
            parse_abandon(&ran.ok().stdout).unwrap();
            bed.survey().releases[&release(&name(n))].state
        };
        assert_eq!(give_up(2, 1), Some(State::Failed));
        assert_eq!(give_up(3, 1), Some(State::Failed));
        // The switch was made, and its state not written down any more.
        assert_eq!(give_up(4, 4), Some(State::Ready));
        assert_eq!(give_up(5, 1), Some(State::Replaced));
        for recorded in bed.records(9, false).iter().skip(1) {
            let end = recorded.end.as_ref().unwrap();
            assert_eq!((end.outcome, end.attempt, &*end.by), (Ending::Abandoned, 2, "ann@desk"));
        }
        for n in 1..=5 {
            assert!(bed.app("releases").join(name(n)).is_dir());
            let steps = bed.app(".garment/operations").join(id(n).as_str()).join("1/before-a.0.status");
            assert_eq!(fs::read_to_string(steps).unwrap(), "1 1 1\n");
        }
        // Without a record there is nothing to write to.
        let none =
            Abandon { paths: &bed.paths, operation: &id(6), attempt: 1, release: None, by: "x", at: 1 };
        let (what, _) = bed.run(&abandon(&none)).failure();
        assert!(what.starts_with("can't write to `"), "{what}");
    }
}

#[test]
fn pruning_keeps_the_newest_records() {
    for bed in Bed::all() {
        fs::create_dir_all(bed.app("releases")).unwrap();
        let of = |n: u32| format!("201312{:02}T0000{:02}-deploy-00ff", n / 60 + 1, n % 60);
        for n in 0..105 {
            let dir = bed.app(".garment/operations").join(of(n));
            fs::create_dir_all(dir.join("1")).unwrap();
            fs::create_dir_all(dir.join("2")).unwrap();
            fs::write(dir.join("1/x.0.out"), "").unwrap();
            fs::write(dir.join("info"), "").unwrap();
        }
        let (ran, _) = bed.prune(&[], &name(1));
        assert_eq!(ran.ok().stderr, "");
        let kept = tree(&bed.app(".garment/operations"));
        let want = |n: u32| match n {
            0..5 => vec![],
            5..95 => ["", "/info"].map(|file| of(n) + file).into(),
            _ => ["", "/1", "/1/x.0.out", "/2", "/info"].map(|file| of(n) + file).into(),
        };
        assert_eq!(kept.into_keys().collect::<Vec<_>>(), (0..105).flat_map(want).collect::<Vec<_>>());
    }
}
