use proptest::prelude::*;
use proptest::sample::Index;

use super::host::{End, Wire, acts, due, note, reads, that_run};
use crate::transport::lasting::Told;

proptest! {
    /// The host goes on while nobody listens, and tells the rest to whoever comes next.
    #[test]
    fn each_byte_is_told_once_wherever_the_connection_is_cut(
        acts in acts(Just(true)),
        reads in reads(),
        cuts in proptest::collection::vec((any::<Index>(), any::<Index>(), any::<Index>()), 0..5),
    ) {
        let mut heard = Vec::new();
        let mut told = Told::default();
        let all = that_run(&acts);
        // How many steps have begun on the host: at least those that were heard of.
        let mut has_begun = 0;
        let mut cuts = cuts.into_iter();
        loop {
            let mut wire = Wire::of(&acts, told.at, told.bytes, has_begun);
            let cut = cuts.next();
            if let Some((out, err, _)) = &cut {
                wire.out.truncate(out.index(wire.out.len() + 1));
                wire.err.truncate(err.index(wire.err.len() + 1));
            }
            let (batch, _) = wire.read(&reads, &mut |signal| {
                told.take(signal, &mut |signal| note(&mut heard, signal));
            });
            if batch.done {
                break;
            }
            let Some((_, _, more)) = cut else { panic!("all of it was read, and it is not done") };
            if told.failed || told.at == acts.len() {
                break;
            }
            let newest = batch.newest.map_or(0, |newest| newest.id + 1);
            has_begun = has_begun.max(newest);
            has_begun += more.index(all.len() - has_begun + 1);
        }
        prop_assert_eq!(heard, due(&acts));
        prop_assert!(told.failed || told.at == acts.len() || all.last().is_some_and(|act| act.end == End::Unknown));
    }
}
