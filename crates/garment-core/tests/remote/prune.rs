use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::bed::{Bed, name, until};

fn with_releases(bed: &Bed, names: &[u32]) {
    fs::create_dir_all(bed.app(".garment/releases")).unwrap();
    for n in names {
        fs::create_dir_all(bed.app("releases").join(name(*n)).join("deep/er")).unwrap();
        fs::write(bed.app(".garment/releases").join(name(*n)), "state=replaced\n").unwrap();
    }
}

fn names_in(dir: std::path::PathBuf) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_named_ones_go_and_the_current_one_stays() {
    for mut bed in Bed::all() {
        with_releases(&bed, &[1, 2, 3, 4]);
        symlink(format!("releases/{}", name(2)), bed.app("current")).unwrap();
        // What is read-only inside, and what links lead out of it to.
        let victim = bed.home().join("victim");
        fs::create_dir(&victim).unwrap();
        fs::set_permissions(&victim, PermissionsExt::from_mode(0o750)).unwrap();
        fs::write(victim.join("precious"), "").unwrap();
        symlink(&victim, bed.app("releases").join(name(1)).join("link")).unwrap();
        let deep = bed.app("releases").join(name(1)).join("deep");
        fs::set_permissions(&deep, PermissionsExt::from_mode(0o500)).unwrap();
        // As it is for a user who is not root.
        let bin = bed.dir.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let real = String::from_utf8(bed.run("command -v rm").stdout).unwrap();
        let script = format!(
            "#!/bin/sh\nfor last; do :; done\n\
             if [ -n \"$(find \"$last\" -type d ! -perm -200)\" ]; then exit 1; fi\nexec {} \"$@\"\n",
            real.trim()
        );
        fs::write(bin.join("rm"), script).unwrap();
        fs::set_permissions(bin.join("rm"), PermissionsExt::from_mode(0o755)).unwrap();
        bed.path = format!("{}:{}", bin.display(), bed.path);
        // The plan thought that 4 is current, but 2 is.
        let (ran, pruned) = bed.prune(&[&name(1), &name(2), &name(3), &name(9)], &name(4));
        ran.ok();
        assert_eq!(pruned, [name(1), name(3)]);
        assert_eq!(bed.listed().iter().map(|(n, _)| n.clone()).collect::<Vec<_>>(), [name(2), name(4)]);
        // What they were is erased by and by.
        until("they are erased", || names_in(bed.app("releases")).len() == 2);
        assert_eq!(names_in(bed.app("releases")), [name(2), name(4)]);
        assert_eq!(names_in(bed.app(".garment/releases")), [name(2), name(4)]);
        assert!(victim.join("precious").exists());
        assert_eq!(fs::metadata(&victim).unwrap().permissions().mode() & 0o777, 0o750);
    }
}

#[test]
fn leftovers_older_than_the_current_one_go() {
    for bed in Bed::all() {
        with_releases(&bed, &[2]);
        let left = |n, what: &str| format!(".{}.{what}", name(n));
        for dir in [left(1, "building"), left(1, "removing"), left(2, "building"), left(3, "building")] {
            fs::create_dir_all(bed.app("releases").join(dir).join("x")).unwrap();
        }
        fs::create_dir_all(bed.app("releases/.other.building")).unwrap();
        fs::create_dir_all(bed.app(".garment/.verify/tree")).unwrap();
        // States of releases that never were, or are no more.
        for n in [0, 1, 3, 5] {
            fs::write(bed.app(".garment/releases").join(name(n)), "state=failed\n").unwrap();
        }
        let (ran, pruned) = bed.prune(&[], &name(2));
        ran.ok();
        assert_eq!(names_in(bed.app(".garment")), ["releases"]);
        assert_eq!(pruned, Vec::<String>::new());
        assert_eq!(
            names_in(bed.app("releases")),
            [left(2, "building"), left(3, "building"), ".other.building".into(), name(2)]
        );
        assert_eq!(names_in(bed.app(".garment/releases")), [name(2), name(3), name(5)]);
    }
}

/// Something that not even root can remove: a folder that a file system is mounted on, or here, a tool that fails.
#[test]
fn one_that_stays_does_not_keep_the_others() {
    for mut bed in Bed::all() {
        with_releases(&bed, &[1, 2, 3]);
        symlink(format!("releases/{}", name(3)), bed.app("current")).unwrap();
        let bin = bed.dir.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let rm = bin.join("rm");
        let real = bed.run("command -v rm");
        let real = String::from_utf8(real.stdout).unwrap();
        let doomed = format!(".{}.removing", name(1));
        fs::write(
            &rm,
            format!("#!/bin/sh\ncase $* in *'{doomed}'*) echo 'rm: x: Device or resource busy' >&2; exit 1 ;; esac\nexec {} \"$@\"\n", real.trim()),
        )
        .unwrap();
        fs::set_permissions(&rm, PermissionsExt::from_mode(0o755)).unwrap();
        bed.path = format!("{}:{}", bin.display(), bed.path);
        let (ran, pruned) = bed.prune(&[&name(1), &name(2)], &name(3));
        ran.ok();
        assert_eq!(pruned, [name(1), name(2)]);
        // It is erased when that is over, so it is the next one that notices.
        let (ran, pruned) = bed.prune(&[], &name(3));
        let path = bed.app("releases").join(&doomed).display().to_string();
        assert_eq!(pruned, Vec::<String>::new());
        assert_eq!(
            ran.failure(),
            (
                format!("can't remove `{path}`: Device or resource busy"),
                format!("remove it as a user who may: rm -rf '{path}'")
            )
        );
        assert_eq!(bed.listed().iter().map(|(n, _)| n.clone()).collect::<Vec<_>>(), [name(3)]);
    }
}
