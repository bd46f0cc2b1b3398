use std::fs;
use std::os::unix::fs::symlink;

use garment_core::model::{Occupant, State};

use crate::bed::{Bed, name, release};

#[test]
fn an_empty_host() {
    for bed in Bed::all() {
        let facts = bed.survey();
        let home = bed.home().display().to_string();
        assert_eq!(facts.home, home);
        assert!(!facts.user.is_empty());
        assert_eq!(facts.has_bash, bed.shell != crate::bed::Shell::Ash);
        assert!(facts.has_git);
        assert_eq!(facts.deploy_dir, format!("{home}/app"));
        assert_eq!(facts.source_dir, format!("{home}/app/source"));
        assert_eq!(facts.releases_dir, format!("{home}/app/releases"));
        assert_eq!(facts.current_symlink, format!("{home}/app/current"));
        assert!(facts.releases.is_empty());
        assert_eq!(facts.current, Occupant::Absent);
        assert!(!bed.app("").exists());
    }
}

#[test]
fn releases_of_all_kinds() {
    let commit = "4634f44a".repeat(5);
    for bed in Bed::all() {
        let old = "20131228T202753-4634f44-evan@pungi.local";
        for dir in [
            &name(1),
            &name(2),
            &name(3),
            &name(4),
            &name(5),
            old,
            "shared",
            ".20131228T202701-4634f44.building",
        ] {
            fs::create_dir_all(bed.app("releases").join(dir)).unwrap();
        }
        fs::write(bed.app("releases").join(name(8)), "a file").unwrap();
        symlink("shared", bed.app("releases").join(name(9))).unwrap();
        fs::create_dir_all(bed.app(".garment/releases")).unwrap();
        let state = |n, text: &[u8]| fs::write(bed.app(".garment/releases").join(name(n)), text).unwrap();
        state(
            1,
            format!("state=live\ncommit={commit}\nby=evan@pungi = x\nref=a b\nlive_since=1700000000\n")
                .as_bytes(),
        );
        state(2, b"\x00\xff\xfestate=\xffgarbage\ncommit=no\n=\nstate=nonsense");
        state(3, b"live_since=yesterday\npinned=yes\nstate=rolled-back");
        fs::create_dir(bed.app(".garment/releases").join(name(4))).unwrap();
        fs::write(bed.app("releases").join(name(4)).join("REVISION"), &commit).unwrap();
        fs::write(bed.app("releases").join(name(5)).join("REVISION"), "\n").unwrap();
        let facts = bed.survey();
        let known = |n| &facts.releases[&release(&name(n))];
        assert_eq!((known(1).live_since, known(1).pinned), (Some(1_700_000_000), false));
        assert_eq!((known(3).live_since, known(3).pinned), (None, true));
        let want = [
            (old.to_owned(), None, None, None),
            (name(1), Some(State::Live), Some(commit.clone()), Some("evan@pungi = x".to_owned())),
            (name(2), None, None, None),
            (name(3), Some(State::RolledBack), None, None),
            (name(4), None, Some(commit.clone()), None),
            (name(5), None, None, None),
        ];
        let mut want = want.to_vec();
        want.sort_by(|a, b| a.0.cmp(&b.0));
        let got: Vec<_> =
            facts.releases.into_iter().map(|(n, f)| (n.to_string(), f.state, f.commit, f.by)).collect();
        assert_eq!(got, want, "{:?}", bed.shell);
    }
}

#[test]
fn where_current_leads() {
    for bed in Bed::all() {
        let target = bed.app("releases").join(name(1));
        fs::create_dir_all(&target).unwrap();
        fs::create_dir_all(bed.app("releases/other")).unwrap();
        fs::create_dir_all(target.join("sub")).unwrap();
        symlink("app", bed.home().join("way round")).unwrap();
        let is_release = Occupant::Release(release(&name(1)));
        let elsewhere = |text: &str| Occupant::Elsewhere(text.to_owned());
        let round = bed.home().join("way round/releases").join(name(1)).display().to_string();
        let sub = target.join("sub").display().to_string();
        for (link, want) in [
            (target.display().to_string(), is_release.clone()),
            (format!("{}/", target.display()), is_release.clone()),
            (format!("releases/{}", name(1)), is_release.clone()),
            (round, is_release.clone()),
            (format!("releases/{}", name(2)), elsewhere(&format!("releases/{}", name(2)))),
            (sub.clone(), elsewhere(&sub)),
            ("releases/other".into(), elsewhere("releases/other")),
            ("/".into(), elsewhere("/")),
            (" odd\ntarget\n".into(), elsewhere(" odd\ntarget\n")),
            ("current".into(), elsewhere("current")),
        ] {
            symlink(&link, bed.app("current")).unwrap();
            assert_eq!(bed.survey().current, want, "{link:?} {:?}", bed.shell);
            fs::remove_file(bed.app("current")).unwrap();
        }
        fs::create_dir(bed.app("current")).unwrap();
        assert_eq!(bed.survey().current, Occupant::NotASymlink);
    }
}

/// Two folders by one name: nothing in a path is expanded, but for `~` at its start.
#[test]
fn paths_are_taken_as_they_are() {
    for mut bed in Bed::all() {
        let odd = "it's $HOME \"x\" `touch x` $(touch x) *[a-z]? \\ \n ~ é;touch x";
        bed.paths.deploy_dir = format!("~/{odd}///");
        bed.paths.releases_dir = format!("{odd}/releases");
        bed.paths.source_dir = format!("{}/-s", bed.home().display());
        bed.paths.current_symlink = format!("~/{odd}/cur*nt");
        let home = bed.home().display().to_string();
        fs::create_dir_all(bed.home().join(odd).join("releases").join(name(1))).unwrap();
        fs::create_dir_all(bed.home().join(odd).join("curXnt")).unwrap();
        symlink(format!("releases/{}", name(1)), bed.home().join(odd).join("cur*nt")).unwrap();
        let facts = bed.survey();
        assert_eq!(facts.deploy_dir, format!("{home}/{odd}"));
        assert_eq!(facts.releases_dir, format!("{home}/{odd}/releases"));
        assert_eq!(facts.source_dir, format!("{home}/-s"));
        assert_eq!(facts.current_symlink, format!("{home}/{odd}/cur*nt"));
        assert_eq!(facts.current, Occupant::Release(release(&name(1))), "{:?}", bed.shell);
        assert_eq!(fs::read_dir(bed.home()).unwrap().count(), 1);
        bed.paths.source_dir = "~evan/x".into();
        assert_eq!(
            bed.run(&garment_core::remote::survey(&bed.paths)).failure().0,
            "`~evan/x` starts in another user's home, which garment does not look up"
        );
    }
}

/// A step's stdout is a file on the host. What it does not take is told to the session all the same.
#[test]
fn a_full_disk_swallows_no_answer() {
    for bed in Bed::all() {
        let text = format!("exec 6>&1 >/dev/full\n{}", garment_core::remote::survey(&bed.paths));
        let ran = bed.run(&text).ok();
        assert_eq!(garment_core::remote::parse_survey(&ran.stdout).unwrap(), bed.survey());
    }
}
