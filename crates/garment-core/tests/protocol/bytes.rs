use std::fmt::Write as _;

use garment_core::event::Stream;
use garment_core::transport::Signal;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::bed::{Bed, Told, Way};

/// Pieces of an output, by turns on stdout and stderr.
fn pieces() -> impl Strategy<Value = Vec<(bool, Vec<u8>)>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..300),
        Just(b"garment-mark-00000000000000000000000000000000 end 0 0\n".to_vec()),
        "(garment-mark-|[0-9a-f]{32}| end [01] [0-9]+( timeout)?\n|begin 1 2 recorded\n|done\n|err\n|out\n|\r)"
            .prop_map(String::into_bytes),
        (any::<u8>(), 0..200_000_usize).prop_map(|(byte, n)| vec![byte; n]),
    ];
    vec((any::<bool>(), piece), 0..6)
}

/// A step's text which prints exactly that.
fn text(bed: &Bed, step: usize, pieces: &[(bool, Vec<u8>)], status: u8) -> String {
    let mut text = String::new();
    for (index, (err, bytes)) in pieces.iter().enumerate() {
        let file = bed.file(&format!("piece-{step}-{index}"), bytes);
        writeln!(text, "cat {file}{}", if *err { " >&2" } else { "" }).unwrap();
    }
    text + &format!("exit {status}")
}

#[test]
fn any_bytes_and_any_status_are_told_as_they_were() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let steps = vec((pieces(), prop_oneof![2 => Just(0), 1 => any::<u8>()]), 1..4);
    for way in [Way::Unrecorded, Way::Recorded] {
        let mut bed = runtime.block_on(Bed::new(way));
        let mut runner =
            TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
        let bed_ref = std::cell::RefCell::new(&mut bed);
        runner
            .run(&steps, |steps| {
                let mut bed = bed_ref.borrow_mut();
                let texts: Vec<String> = steps
                    .iter()
                    .enumerate()
                    .map(|(at, (pieces, status))| text(&bed, at, pieces, *status))
                    .collect();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                let (told, ran) = runtime.block_on(bed.run(&texts));
                prop_assert_eq!(ran, Ok(()));
                let failed = steps.iter().position(|(_, status)| *status != 0);
                let due: Vec<Told> = steps[..failed.map_or(steps.len(), |at| at + 1)]
                    .iter()
                    .map(|(pieces, status)| {
                        let on = |wanted: bool| {
                            pieces
                                .iter()
                                .filter(|(err, _)| *err == wanted)
                                .flat_map(|(_, bytes)| bytes.clone())
                                .collect()
                        };
                        Told { out: on(false), err: on(true), timed_out: false, status: Some(*status) }
                    })
                    .collect();
                prop_assert!(told == due, "{} steps told, {} due", told.len(), due.len());
                Ok(())
            })
            .unwrap();
        runtime.block_on(bed.close());
    }
}

#[tokio::test]
async fn every_status_is_told() {
    for mut bed in Bed::both().await {
        for status in [1, 2, 113, 124, 125, 126, 127, 128, 129, 143, 254, 255] {
            assert_eq!(bed.one(&format!("exit {status}")).await, Told::ended("", "", status));
        }
        bed.close().await;
    }
}

#[tokio::test]
async fn a_hundred_megabytes_on_one_line_arrive_whole_and_are_not_kept() {
    for mut bed in Bed::both().await {
        let steps =
            bed.steps(&["head -c 100000000 /dev/zero >&2 & head -c 100000000 /dev/zero; wait; exit 4"]);
        let (mut counts, mut longest) = ([0_u64; 2], 0);
        let mut end = None;
        let ran = bed
            .hear(&steps, &mut |signal| match signal {
                Signal::Output(0, stream, bytes) => {
                    assert!(bytes.iter().all(|byte| *byte == 0));
                    counts[usize::from(stream == Stream::Stderr)] += bytes.len() as u64;
                    longest = longest.max(bytes.len());
                }
                Signal::End(0, exit) => end = Some(exit.0),
                _ => {}
            })
            .await;
        assert_eq!((ran, counts, end), (Ok(()), [100_000_000; 2], Some(4)));
        assert!(longest <= 64 * 1024, "{longest}");
        bed.close().await;
    }
}
