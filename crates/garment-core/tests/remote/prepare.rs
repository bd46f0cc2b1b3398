use std::fs;

use crate::bed::{Bed, name, tree};
use garment_core::model::{Occupant, State};

#[test]
fn a_release_from_nothing_then_the_next() {
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        repo.write("a.txt", "one");
        let one = repo.commit("one");
        let dir = bed.prepared(&repo.url(), &one, &name(1));
        assert_eq!(dir, bed.app("releases").join(name(1)));
        assert_eq!(
            tree(&dir).into_iter().collect::<Vec<_>>(),
            [("REVISION".to_owned(), format!("{one}\n")), ("a.txt".to_owned(), "one".to_owned())]
        );
        assert_eq!(bed.listed(), [(name(1), Some(State::Ready))]);
        assert_eq!(bed.moved(&name(1)).from, None);

        repo.write("a.txt", "two");
        let two = repo.commit("two");
        let dir = bed.prepared(&repo.url(), &two, &name(2));
        assert_eq!(fs::read_to_string(dir.join("a.txt")).unwrap(), "two");
        assert_eq!(bed.moved(&name(2)).from, Some(name(1)));
        assert_eq!(bed.listed(), [(name(1), Some(State::Replaced)), (name(2), Some(State::Live))]);
        let facts = bed.survey();
        assert_eq!(facts.current, Occupant::Release(crate::bed::release(&name(2))));
        let release = &facts.releases[&crate::bed::release(&name(2))];
        assert_eq!((release.commit.as_deref(), release.by.as_deref()), (Some(&*two), Some("evan@pungi")));
        // Nothing is left lying about.
        let mut names: Vec<_> =
            tree(&bed.app("")).into_keys().filter(|n| !n.starts_with("source/")).collect();
        names.retain(|n| !n.contains("/2013") && !n.ends_with(".txt"));
        assert_eq!(names, [".garment", ".garment/releases", "current", "releases", "source"]);
    }
}
