use proptest::prelude::*;

use super::host::{End, WORD, Wire, acts, due, note, reads, that_run};
use crate::event::Stream;
use crate::transport::batch::{Batch, Unknown};
use crate::transport::demux::Piece;

proptest! {
    #[test]
    fn a_batch_is_told_exactly(acts in acts(any::<bool>()), reads in reads()) {
        let mut told = Vec::new();
        let (batch, held) = Wire::of(&acts, 0, [0, 0], 0).read(&reads, &mut |signal| note(&mut told, signal));
        prop_assert_eq!(told, due(&acts));
        let unknown = that_run(&acts).last().is_some_and(|act| act.end == End::Unknown);
        prop_assert_eq!(batch.unknown, unknown.then_some(Unknown::Unrecorded));
        prop_assert!(batch.done);
        // What may begin a mark is held back; behind a recorded step there is none on stderr.
        let recorded = that_run(&acts).last().is_some_and(|act| act.recorded);
        prop_assert!(held.is_empty() || recorded && WORD.as_bytes().starts_with(&held));
        prop_assert!(batch.noise.len() <= 4096);
    }
}

/// A host's shell that can't even start a step, since it can't open what the step is to write to, says how that ended.
#[test]
fn an_end_without_a_beginning_is_one() {
    let mut batch = Batch::default();
    let mut told = Vec::new();
    for stream in [Stream::Stdout, Stream::Stderr] {
        batch.take(stream, Piece::Mark("end 0 2".into()), &mut |signal| told.push(format!("{signal:?}")));
    }
    batch.take(Stream::Stdout, Piece::Mark("done".into()), &mut |_| {});
    assert_eq!(told, ["Begin(0)", "End(0, Exit(2))"]);
    assert!(batch.done);

    let mut batch = Batch::default();
    let mut told = Vec::new();
    batch.take(Stream::Stdout, Piece::Mark("ended 0 2".into()), &mut |signal| {
        told.push(format!("{signal:?}"));
    });
    assert_eq!(told, ["Begin(0)", "End(0, Exit(2))"]);
}

/// A recorded step that runs is asked again and again what it has printed, each time once it has answered.
#[test]
fn who_may_be_asked_what_it_printed() {
    let mut batch = Batch::default();
    let mut may_look = |stream, mark: &str| {
        batch.take(stream, Piece::Mark(mark.into()), &mut |_| {});
        batch.to_look_at()
    };
    assert_eq!(may_look(Stream::Stdout, "begin 0 7"), None);
    assert_eq!(may_look(Stream::Stdout, "end 0 0"), None);
    assert_eq!(may_look(Stream::Stdout, "begin 1 8 recorded"), Some(1));
    assert_eq!(may_look(Stream::Stderr, "end 0 0"), Some(1));
    assert_eq!(may_look(Stream::Stdout, "ended 1 0"), None);
    assert_eq!(may_look(Stream::Stdout, "begin 2 9 recorded"), Some(2));
    batch.newest.as_mut().unwrap().may_look = false;
    let mut may_look = |stream, mark: &str| {
        batch.take(stream, Piece::Mark(mark.into()), &mut |_| {});
        batch.to_look_at()
    };
    assert_eq!(may_look(Stream::Stdout, "err"), None);
    assert_eq!(may_look(Stream::Stdout, "looked"), Some(2));
}
