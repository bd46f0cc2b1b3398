use garment_core::event::{Event, HostResult, Operation, Stream, TaskOutline, What};
use proptest::prelude::*;

use super::*;
use crate::report::script::{NEW, before, failure, hosts, prepare, release, step};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn board(hosts: &[HostName]) -> Board {
    let mut board = Board::default();
    let started = What::Started {
        operation: Operation::Deploy,
        environment: "production".into(),
        hosts: hosts.to_vec(),
    };
    let tasks = [prepare(), before("migrate")].map(|task| TaskOutline { task, hosts: hosts.to_vec() });
    let planned = What::Planned { release: release(NEW), tasks: tasks.to_vec() };
    for what in [started, planned, What::TaskStarted { task: before("migrate"), hosts: hosts.to_vec() }] {
        board.apply(&Event { at: at(0), what });
    }
    board
}

fn begins(board: &mut Board, host: &HostName, second: i64) {
    let step = step("python3 manage.py migrate --noinput");
    let what = What::StepStarted { host: host.clone(), task: before("migrate"), step };
    board.apply(&Event { at: at(second), what });
}

fn prints(board: &mut Board, host: &HostName, line: &str) {
    let (host, task, stream) = (host.clone(), before("migrate"), Stream::Stdout);
    let line = line.as_bytes().to_vec();
    board.apply(&Event { at: at(1), what: What::Output { host, task, stream, line } });
}

fn ends(board: &mut Board, host: &HostName, result: HostResult) {
    let what = What::HostFinished {
        host: host.clone(),
        task: before("migrate"),
        result,
        took: Duration::from_secs(65),
    };
    board.apply(&Event { at: at(65), what });
}

fn four() -> Board {
    let hosts = hosts(&["web1", "web2", "shop@漢字.example.org", "db"]);
    let mut board = board(&hosts);
    for host in &hosts[..3] {
        begins(&mut board, host, 5);
    }
    prints(
        &mut board,
        &hosts[0],
        "Applying shop.0007_\x1b[32mprices\x1b[0m... 10%\rApplying shop.0008_漢字... 20%",
    );
    prints(&mut board, &hosts[0], "  ");
    ends(&mut board, &hosts[1], HostResult::Done);
    ends(&mut board, &hosts[2], HostResult::Failed(failure("x", before("migrate"), "x", 137, &[])));
    board
}

fn drawn(board: &Board, columns: usize, rows: usize) -> String {
    let look = Look { color: false, unicode: true };
    frame(board, at(3725), Size { columns, rows }, look).join("\n")
}

#[test]
fn everything_fits() {
    insta::assert_snapshot!(drawn(&four(), 100, 24), @r"
    deploy to production  before: migrate (2 of 2)  1:02:05
    ▸ web1                  1:02:00  python3 manage.py migrate --noin…  Applying shop.0008_漢字... 20%
    ✓ web2                     1:05  done
    ✗ shop@漢字.example.org          failed: exit code 137 (128 + 9: killed by SIGKILL, perhaps since …
      db                             waiting
    ");
}

#[test]
fn narrow() {
    insta::assert_snapshot!(drawn(&four(), 40, 24), @r"
    before: migrate (2 of 2)  1:02:05
    ▸ web1          1:02:00  python…  Appl…
    ✓ web2             1:05  done
    ✗ shop@漢字.ex…          failed: exit …
      db                     waiting
    ");
    insta::assert_snapshot!(drawn(&four(), 20, 24), @r"
    before: m…  1:02:05
    ▸ web1     1:02:00
    ✓ web2        1:05
    ✗ shop@漢…
      db
    ");
}

#[test]
fn without_unicode() {
    let size = Size { columns: 60, rows: 24 };
    insta::assert_snapshot!(frame(&four(), at(66), size, Look::PLAIN).join("\n"), @r"
    deploy to production  before: migrate (2 of 2)  1:06
    > web1                   1:01  python3 mana..  Applying s..
    + web2                   1:05  done
    x shop@漢字.example..          failed: exit code 137 (128..
      db                           waiting
    ");
}

#[test]
fn of_many_the_failed_and_the_slow_are_shown() {
    let names: Vec<HostName> = (1..=100).map(|i| format!("web{i}").into()).collect();
    let mut board = board(&names);
    for (i, host) in names.iter().enumerate().skip(10) {
        begins(&mut board, host, if i == 77 { 1 } else { 5 });
    }
    for host in &names[10..60] {
        ends(&mut board, host, HostResult::Done);
    }
    ends(&mut board, &names[40], HostResult::Failed(failure("x", before("migrate"), "x", 1, &[])));
    insta::assert_snapshot!(drawn(&board, 100, 11), @r"
    deploy to production  before: migrate (2 of 2)  1:02:05
    ✗ web41          failed: exit code 1
    ▸ web61 1:02:00  python3 manage.py migrate --noinput
    ▸ web62 1:02:00  python3 manage.py migrate --noinput
    ▸ web63 1:02:00  python3 manage.py migrate --noinput
    ▸ web78 1:02:04  python3 manage.py migrate --noinput
    … and 95 more: 36 at work, 10 waiting, 49 done
    ");
}

#[test]
fn failed_ones_leave_room_for_the_slow() {
    let names: Vec<HostName> = (1..=100).map(|i| format!("web{i}").into()).collect();
    let mut board = board(&names);
    for host in &names[..90] {
        ends(&mut board, host, HostResult::Lost(failure("x", before("migrate"), "x", 1, &[])));
    }
    begins(&mut board, &names[95], 5);
    insta::assert_snapshot!(drawn(&board, 60, 9), @r"
    deploy to production  before: migrate (2 of 2)  1:02:05
    ✗ web1           not known how it went
    ✗ web2           not known how it went
    ✗ web3           not known how it went
    ▸ web96 1:02:00  python3 manage.py migrate --noinput
    … and 96 more: 87 failed, 9 waiting
    ");
}

#[test]
fn a_clock_that_was_set_back() {
    let mut board = board(&hosts(&["web1"]));
    begins(&mut board, &"web1".into(), 500);
    assert!(
        frame(&board, at(7), Size { columns: 80, rows: 24 }, Look::PLAIN)[1]
            .ends_with("0:00  python3 manage.py migrate --noinput")
    );
}

proptest! {
    #[test]
    fn no_size_is_too_small_and_no_line_too_long(
        columns in 0_usize..120,
        rows in 0_usize..40,
        line in any::<String>(),
        name in any::<String>(),
        color in any::<bool>(),
    ) {
        let hosts = hosts(&["web1", &name, "web3"]);
        let mut board = board(&hosts);
        begins(&mut board, &hosts[1], 5);
        prints(&mut board, &hosts[1], &line);
        let size = Size { columns, rows };
        let lines = frame(&board, at(3725), size, Look { color, unicode: true });
        prop_assert!(!lines.is_empty() && lines.len() <= (rows * 2 / 3).max(1));
        for line in lines {
            let plain = clean::output(line.as_bytes(), false);
            prop_assert!(width(&plain) <= columns.saturating_sub(1), "{line:?}");
        }
    }
}
