use std::fs;
use std::os::unix::fs::symlink;

use garment_core::model::State;
use garment_core::remote::{parse_pin, pin};

use crate::bed::{Bed, Ran, name, release, tree};

impl Bed {
    fn pin(&self, name: &str, pinned: bool) -> Ran {
        self.run(&pin(&self.paths, &release(name), pinned))
    }

    /// Whether anything had to be changed.
    #[track_caller]
    fn pinned(&self, name: &str, pinned: bool) -> bool {
        let ran = self.pin(name, pinned).ok();
        assert_eq!(ran.stderr, "");
        parse_pin(&ran.stdout).unwrap()
    }

    fn state_text(&self, name: &str) -> String {
        fs::read_to_string(self.app(".garment/releases").join(name)).unwrap()
    }
}

#[test]
fn a_state_keeps_all_else() {
    for bed in Bed::all() {
        fs::create_dir_all(bed.app("releases").join(name(1))).unwrap();
        fs::create_dir_all(bed.app(".garment/releases")).unwrap();
        fs::write(bed.app(".garment/releases").join(name(1)), "state=replaced\nby=a = b\n").unwrap();
        assert!(!bed.pinned(&name(1), false));
        assert_eq!(bed.state_text(&name(1)), "state=replaced\nby=a = b\n");
        assert!(bed.pinned(&name(1), true));
        assert_eq!(bed.state_text(&name(1)), "pinned=yes\nstate=replaced\nby=a = b\n");
        assert!(!bed.pinned(&name(1), true));
        assert!(bed.survey().releases[&release(&name(1))].pinned);
        // A switch to it and away from it leaves the pin.
        assert_eq!(bed.moved(&name(1)).to, name(1));
        fs::create_dir_all(bed.app("releases").join(name(2))).unwrap();
        assert_eq!(bed.moved(&name(2)).to, name(2));
        let facts = &bed.survey().releases[&release(&name(1))];
        assert_eq!((facts.pinned, facts.state), (true, Some(State::Replaced)));
        assert!(bed.pinned(&name(1), false));
        assert!(!bed.pinned(&name(1), false));
        assert!(!bed.survey().releases[&release(&name(1))].pinned);
    }
}

#[test]
fn one_from_before_there_was_state_stays_good() {
    for bed in Bed::all() {
        let old = "20131228T202753-4634f44-evan@pungi.local";
        fs::create_dir_all(bed.app("releases").join(old)).unwrap();
        fs::write(bed.app("releases").join(old).join("REVISION"), "4634f44a".repeat(5)).unwrap();
        assert!(!bed.pinned(old, false));
        assert!(!bed.app(".garment").exists());
        for pinned in [true, false] {
            assert!(bed.pinned(old, pinned));
            let facts = &bed.survey().releases[&release(old)];
            assert_eq!((facts.state, facts.pinned, facts.is_good()), (None, pinned, true));
            assert_eq!(facts.commit, Some("4634f44a".repeat(5)));
        }
        assert_eq!(bed.moved(old).to, old);
    }
}

#[test]
fn what_is_no_release_and_what_can_t_be_written() {
    for bed in Bed::all() {
        fs::create_dir_all(bed.app("releases").join(name(1))).unwrap();
        symlink(name(1), bed.app("releases").join(name(2))).unwrap();
        let before = tree(&bed.home());
        for n in [2, 3] {
            let (what, _) = bed.pin(&name(n), true).failure();
            assert_eq!(
                what,
                format!("the release `{}` is not in `{}`", name(n), bed.app("releases").display())
            );
        }
        assert_eq!(tree(&bed.home()), before);
        fs::create_dir(bed.app(".garment")).unwrap();
        fs::write(bed.app(".garment/releases"), "in the way").unwrap();
        let (what, _) = bed.pin(&name(1), true).failure();
        assert_eq!(what, format!("can't write to `{}`", bed.app(".garment/releases").display()));
    }
}
