//! What a reader sees, and programs that stop.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use garment_testing::{Fleet, Reader, Sandbox, Sight};

fn until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_reader_sees_every_state_that_lasts() {
    let folder = tempfile::tempdir().unwrap();
    let (link, next) = (folder.path().join("current"), folder.path().join("next"));
    symlink("one", &link).unwrap();
    let whole = |link: &std::path::Path| {
        let leads_to_three = fs_err::read_link(link).is_ok_and(|to| to.to_str() == Some("three"));
        if leads_to_three { Err("three is broken".to_owned()) } else { Ok(()) }
    };
    let reader = Reader::start(vec![("web1".to_owned(), link.clone())], whole);
    let pause = |rounds: u64| {
        let begun = reader.rounds();
        until(|| reader.rounds() > begun + rounds);
    };
    pause(2);
    for to in ["two", "three"] {
        symlink(to, &next).unwrap();
        fs_err::rename(&next, &link).unwrap();
        pause(2);
    }
    fs_err::remove_file(&link).unwrap();
    pause(2);
    let saw: Vec<_> = reader.sights().into_iter().map(|Sight { host, saw }| (host, saw)).collect();
    let web1 = || "web1".to_owned();
    assert_eq!(
        saw[..3],
        [
            (web1(), Ok(PathBuf::from("one"))),
            (web1(), Ok(PathBuf::from("two"))),
            (web1(), Err("three is broken".to_owned())),
        ]
    );
    assert!(saw[3].1.as_ref().is_err_and(|error| error.contains("No such file or directory")), "{saw:?}");
    assert_eq!(saw.len(), 4);
    pause(2);
    assert_eq!(reader.sights(), []);
}

#[test]
fn a_program_that_stops_itself_and_goes_on() {
    let fleet = Fleet::builder().start();
    let shell = Sandbox::new(&fleet, "sh");
    let running = shell.spawn(["-c", "kill -STOP $$; echo on"]);
    assert!(running.has_stopped());
    assert!(running.terminate() && running.has_pending(15) && !running.has_pending(2));
    assert!(running.go_on());
    running.finish().signal(15);
    let running = shell.spawn(["-c", "exit 3"]);
    assert!(!running.has_stopped());
    running.finish().code(3);
}

#[test]
fn children_are_killed_and_nobody_else_s() {
    let fleet = Fleet::builder().start();
    let shell = Sandbox::new(&fleet, "sh");
    let mut running =
        shell.spawn(["-c", "sleep 1005 & (sleep 1006; true) & echo up; wait; echo \"over $?\"; exit 0"]);
    running.wait_for_line(|line| line == "up");
    until(|| running.child_lines().iter().any(|line| line == "sleep 1005"));
    assert_eq!(running.kill_children(|line| line == "sleep 1006"), 0, "a grandchild is no child");
    assert_eq!(running.kill_children(|line| line == "sleep 1005"), 1);
    until(|| !running.child_lines().iter().any(|line| line == "sleep 1005"));
    running.kill_group();
    running.finish().signal(9);
}
