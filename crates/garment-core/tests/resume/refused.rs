//! What nobody goes on with.

use super::*;

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
