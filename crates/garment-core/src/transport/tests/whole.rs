use proptest::prelude::*;

use super::host::{End, Wire, acts, due, note, reads, that_run};
use crate::transport::batch::Unknown;

proptest! {
    #[test]
    fn a_batch_is_told_exactly(acts in acts(any::<bool>()), reads in reads()) {
        let mut told = Vec::new();
        let (batch, held) = Wire::of(&acts, 0, [0, 0], 0).read(&reads, &mut |signal| note(&mut told, signal));
        prop_assert_eq!(told, due(&acts));
        let unknown = that_run(&acts).last().is_some_and(|act| act.end == End::Unknown);
        prop_assert_eq!(batch.unknown, unknown.then_some(Unknown::Unrecorded));
        prop_assert!(batch.done && held.is_empty());
        prop_assert!(batch.noise.len() <= 4096);
    }
}
