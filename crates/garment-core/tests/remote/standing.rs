use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Child, Stdio};

use garment_core::model::State;
use garment_core::remote::{
    Begun, Drift, Holder, Standing, Where, freeze, lock, parse_refusal, parse_standing, standing, unlock,
};

use crate::bed::{Bed, find, name, release, tree, until};

fn holder() -> Holder {
    Holder {
        by: "evan@pungi".into(),
        doing: "deploy of it's \"$(x)\"".into(),
        since: Some(1_700_000_000),
        token: "1-2".into(),
    }
}

impl Bed {
    /// What a look finds, which changes nothing.
    #[track_caller]
    fn standing(&self) -> Standing {
        let before = tree(&self.home());
        let ran = self.run(&standing(&self.paths)).ok();
        assert_eq!(ran.stderr, "");
        assert_eq!(tree(&self.home()), before);
        parse_standing(&ran.stdout).unwrap()
    }

    /// A shell that takes the lock, and after a line on its stdin gives it back or, as sessions do, ends with it.
    fn locked(&self, then: &str) -> Child {
        let text = format!(
            "{}\necho \"status $?\" >&2; read -r go; {then}\necho over >&2",
            lock(&self.paths, &holder(), Where::Anywhere)
        );
        let mut command = self.command(&text);
        let mut child =
            command.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "status 0\n");
        child
    }
}

fn go(mut child: Child) {
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(child.wait().unwrap().success());
}

/// Busybox need not have one.
pub(crate) fn with_flock(bed: &mut Bed) {
    let bin = bed.dir.path().join("flock");
    fs::create_dir(&bin).unwrap();
    symlink(find("flock"), bin.join("flock")).unwrap();
    bed.path = format!("{}:{}", bin.display(), bed.path);
}

/// Takes a program from this bed's PATH.
fn without_flock(bed: &mut Bed) {
    let bin = bed.dir.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for tool in ["cat", "date", "find", "id", "mkdir", "mv", "rm", "sleep", "touch"] {
        let real = String::from_utf8(bed.run(&format!("unalias -a; command -v {tool}")).stdout).unwrap();
        let real = if real.trim().starts_with('/') { real.trim().into() } else { find(tool) };
        symlink(real, bin.join(tool)).unwrap();
    }
    bed.path = bin.display().to_string();
}

#[test]
fn an_empty_host_stays_empty() {
    for bed in Bed::all() {
        assert_eq!(bed.standing(), Standing::default());
        assert!(!bed.app("").exists());
    }
}

#[test]
fn who_is_at_work() {
    for mut bed in Bed::all() {
        with_flock(&mut bed);
        let child = bed.locked("");
        let held = Standing { held: Some(holder()), ..Standing::default() };
        assert_eq!(bed.standing(), held, "{:?}", bed.shell);
        assert_eq!(bed.standing(), held, "{:?}", bed.shell);
        go(child);
        // The file still says who it was.
        assert!(fs::read_to_string(bed.app(".garment/lock")).unwrap().contains("evan@pungi"));
        assert_eq!(bed.standing(), Standing::default());
        let child = bed.locked(&unlock());
        go(child);
        assert_eq!(bed.standing(), Standing::default());
    }
}

#[test]
fn who_is_at_work_where_there_is_no_flock() {
    for mut bed in Bed::all() {
        without_flock(&mut bed);
        let child = bed.locked("");
        let held = Standing { held: Some(holder()), ..Standing::default() };
        assert_eq!(bed.standing(), held, "{:?}", bed.shell);
        go(child);
        assert_eq!(bed.standing(), Standing::default());
        // A shell that was killed: nothing beats any more.
        fs::create_dir(bed.app(".garment/lock.d")).unwrap();
        fs::write(bed.app(".garment/lock.d/beat"), "").unwrap();
        assert_eq!(bed.standing(), held, "{:?}", bed.shell);
        let beat = fs::File::options().write(true).open(bed.app(".garment/lock.d/beat")).unwrap();
        beat.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(180)).unwrap();
        assert_eq!(bed.standing(), Standing::default(), "{:?}", bed.shell);
    }
}

/// One who looks has the lock for an instant: that keeps nobody from taking it.
#[test]
fn those_who_look_are_in_nobodys_way() {
    for mut bed in Bed::all() {
        with_flock(&mut bed);
        fs::create_dir_all(bed.app(".garment")).unwrap();
        fs::write(bed.app(".garment/lock"), "").unwrap();
        // The one who looks is held up, with the lock, until somebody who wants it has met it there.
        let bin = bed.dir.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let script = format!(
            "#!/bin/sh\nif [ \"$*\" = '-s -n 5' ]; then : >~/met; read -r gone <~/gone; fi\nexec {} \"$@\"\n",
            find("flock").display()
        );
        fs::write(bin.join("flock"), script).unwrap();
        fs::set_permissions(bin.join("flock"), PermissionsExt::from_mode(0o755)).unwrap();
        let fifo = bed.run("mkfifo ~/gone ~/go").code;
        assert_eq!(fifo, Some(0));
        let looker = "{ flock -s -n 6 && : >~/has && read -r go <~/go; } 6<~/app/.garment; : >~/gone";
        let mut looks = bed.command(looker).spawn().unwrap();
        until("the lock is looked at", || bed.home().join("has").exists());
        let path = format!("{}:{}", bin.display(), bed.path);
        let text = lock(&bed.paths, &holder(), Where::Anywhere);
        let mut takes = bed.command(&text);
        let takes = takes.env("PATH", path).stdout(Stdio::piped()).spawn().unwrap();
        until("they meet", || bed.home().join("met").exists());
        fs::write(bed.home().join("go"), "\n").unwrap();
        let took = takes.wait_with_output().unwrap();
        assert!(looks.wait().unwrap().success());
        assert_eq!(
            (took.status.code(), parse_refusal(&took.stdout).unwrap()),
            (Some(0), None),
            "{:?}",
            bed.shell
        );
    }
}

#[test]
fn a_freeze_and_what_was_begun() {
    for bed in Bed::all() {
        let ran = bed.run(&freeze(&bed.paths, &holder())).ok();
        assert_eq!(ran.stderr, "");
        fs::create_dir_all(bed.app(".garment/releases")).unwrap();
        let state =
            |file: &str, text: &str| fs::write(bed.app(".garment/releases").join(file), text).unwrap();
        for (n, text) in
            [(1, "replaced"), (2, "building"), (3, "live"), (4, "failed"), (6, "ready\nby=ann@desk = x")]
        {
            state(&name(n), &format!("state={text}\n"));
        }
        state("20131228Tx-no-release", "state=building\nby=nobody\n");
        symlink("x", bed.app(".garment/releases").join(name(7))).unwrap();
        let begun = |n, by: &str| Begun { release: release(&name(n)), by: by.into() };
        let want = Standing {
            unconfirmed: None,
            held: None,
            frozen: Some(holder()),
            begun: vec![begun(2, ""), begun(6, "ann@desk = x")],
            drift: vec![Drift::Moved { live: release(&name(3)), cut_off: false }],
        };
        assert_eq!(bed.standing(), want, "{:?}", bed.shell);
    }
}

/// What was live and what is current, by the symlink, the states and `REVISION`.
#[test]
fn what_somebody_else_did_to_what_is_live() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        let commit = repo.commit("one");
        let moved = |n, cut_off| Drift::Moved { live: release(&name(n)), cut_off };
        for n in [1, 2, 3] {
            bed.prepared(&repo.url(), &commit, &name(n));
            bed.moved(&name(n));
            assert_eq!(bed.standing().drift, [], "{:?}", bed.shell);
        }
        let lead = |to: &str| {
            let _ = fs::remove_file(bed.app("current"));
            symlink(to, bed.app("current")).unwrap();
        };
        let state = |n, text: &str| fs::write(bed.app(".garment/releases").join(name(n)), text).unwrap();
        // By whatever path it leads there.
        lead(&format!("releases/{}/", name(3)));
        assert_eq!(bed.standing().drift, []);
        lead(&format!("releases/{}", name(1)));
        assert_eq!(bed.standing().drift, [moved(3, false)], "{:?}", bed.shell);
        lead("/nowhere");
        assert_eq!(bed.standing().drift, [moved(3, false)]);
        fs::remove_file(bed.app("current")).unwrap();
        assert_eq!(bed.standing().drift, [moved(3, false)]);
        // A cutover from 2 to 3 of which only the rename was done.
        lead(&format!("releases/{}", name(3)));
        state(2, "state=live\nlive_since=5\n");
        state(3, "state=ready\n");
        assert_eq!(bed.standing().drift, [moved(2, true)], "{:?}", bed.shell);
        // Of two on record the newer one counts; where the current one is among them, nobody knows better.
        state(1, "state=live\nlive_since=12\n");
        assert_eq!(bed.standing().drift, [moved(1, false)]);
        state(3, "state=live\nlive_since=x\n");
        assert_eq!(bed.standing().drift, []);
        // The next switch leaves only one.
        assert_eq!(bed.moved(&name(2)).from, Some(name(3)));
        let states = bed.listed().into_iter().map(|(_, state)| state.unwrap());
        assert_eq!(states.collect::<Vec<_>>(), [State::Replaced, State::Live, State::Replaced]);

        let revision = bed.app("releases").join(name(2)).join("REVISION");
        state(2, &format!("state=live\ncommit={commit}\n"));
        assert_eq!(bed.standing().drift, []);
        fs::write(&revision, "another\n").unwrap();
        assert_eq!(bed.standing().drift, [Drift::Revision("another".into())], "{:?}", bed.shell);
        fs::remove_file(&revision).unwrap();
        assert_eq!(bed.standing().drift, [Drift::Revision(String::new())]);
        // Nobody knows what an adopted one was made of, or whether it is what was live.
        state(2, "pinned=yes\n");
        assert_eq!(bed.standing().drift, []);
        state(2, &format!("state=live\ncommit={commit}\n"));
        fs::remove_dir_all(bed.app("releases").join(name(2))).unwrap();
        assert_eq!(bed.standing().drift, [Drift::Removed(release(&name(2)))]);
        // What is no symlink is told elsewhere.
        fs::remove_file(bed.app("current")).unwrap();
        fs::create_dir(bed.app("current")).unwrap();
        assert_eq!(bed.standing().drift, []);
    }
}
