//! Releases made from what a pruned one left, held against the plain way.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use garment_core::remote::{Verify, parse_prepare, parse_prune, parse_verify, prune, verify};

use crate::bed::{Bed, Ran, Repo, Shell, name, release};

/// The script with which every tree is large.
pub(crate) fn large(bed: &Bed, url: &str, commit: &str, n: u32) -> String {
    let text = bed.prepare_text(url, commit, &name(n));
    assert!(text.contains("\nrenew_from=1000\n"));
    text.replacen("\nrenew_from=1000\n", "\nrenew_from=1\n", 1)
}

pub(crate) fn prune_text(bed: &Bed, names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| release(name)).collect();
    format!("{}\nwait\n", prune(&bed.paths, &names, &release(&name(9)), None))
}

/// What there is below a folder: type, permissions, owner, links, time and contents. Times of what is written after the
/// archive is unpacked are left out: `REVISION`, and the folders of submodules.
pub(crate) fn look(shell: Shell, dir: &Path, submodules: &[&str]) -> BTreeMap<Vec<u8>, String> {
    let mut found = BTreeMap::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(at) = todo.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            let relative = path.strip_prefix(dir).unwrap();
            let meta = fs::symlink_metadata(&path).unwrap();
            let contents = if meta.is_symlink() {
                fs::read_link(&path).unwrap().display().to_string()
            } else if meta.is_dir() {
                todo.push(path.clone());
                "folder".to_owned()
            } else {
                format!("{} links, {:?}", meta.nlink(), String::from_utf8_lossy(&fs::read(&path).unwrap()))
            };
            let is_later =
                relative == Path::new("REVISION") || submodules.iter().any(|sub| relative == Path::new(sub));
            // busybox's tar gives folders and links no time.
            let is_later = is_later || shell == Shell::Ash && !meta.is_file();
            let time = if is_later { (0, 0) } else { (meta.mtime(), meta.mtime_nsec()) };
            let text = format!("{:o} {} {} {time:?} {contents}", meta.mode(), meta.uid(), meta.gid());
            found.insert(relative.as_os_str().as_bytes().to_vec(), text);
        }
    }
    found
}

#[track_caller]
pub(crate) fn assert_same(found: &BTreeMap<Vec<u8>, String>, want: &BTreeMap<Vec<u8>, String>, about: &str) {
    let paths: BTreeSet<_> = found.keys().chain(want.keys()).collect();
    for path in paths {
        assert_eq!(found.get(path), want.get(path), "{about}: {}", String::from_utf8_lossy(path));
    }
}

/// Everything below a folder, it included.
pub(crate) fn below(dir: &Path) -> Vec<(PathBuf, fs::Metadata)> {
    let mut found = Vec::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(at) = todo.pop() {
        let meta = fs::symlink_metadata(&at).unwrap();
        if meta.is_dir() {
            todo.extend(fs::read_dir(&at).unwrap().map(|entry| entry.unwrap().path()));
        }
        found.push((at, meta));
    }
    found
}

pub(crate) fn inodes(dir: &Path) -> BTreeSet<u64> {
    below(dir).into_iter().filter(|(_, meta)| !meta.is_dir()).map(|(_, meta)| meta.ino()).collect()
}

/// A host with two commits to be made releases of.
pub(crate) struct Case {
    pub(crate) bed: Bed,
    pub(crate) repo: Repo,
    pub(crate) submodules: Vec<&'static str>,
    /// In front of the script that makes the second one.
    pub(crate) before: &'static str,
}

impl Case {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Bed::all().map(|bed| {
            let repo = bed.repo("origin");
            Self { bed, repo, submodules: Vec::new(), before: "" }
        })
    }

    /// With GNU tools and without.
    pub(crate) fn of_each_kind() -> impl Iterator<Item = Self> {
        Self::all().filter(|case| matches!(case.bed.shell, Shell::Dash | Shell::Ash))
    }

    pub(crate) fn make(&self, commit: &str, n: u32) -> PathBuf {
        let text = format!("{}{}", self.before, large(&self.bed, &self.repo.url(), commit, n));
        PathBuf::from(parse_prepare(&self.bed.run(&text).ok().stdout).unwrap())
    }

    pub(crate) fn spare(&self) -> PathBuf {
        self.bed.app("releases/.garment-spare")
    }

    /// Release 1, pruned.
    pub(crate) fn leave_a_spare(&self, one: &str, meddle: impl Fn(&Path)) {
        let dir = self.make(one, 1);
        meddle(&dir);
        let before = self.now();
        assert_eq!(self.prune(&[&name(1)]).1, [name(1)]);
        assert!(!dir.exists());
        // Not one folder in which somebody may still be.
        if self.spare().exists() {
            let folders: Vec<_> =
                below(&self.spare()).into_iter().filter(|(_, meta)| meta.is_dir()).collect();
            assert!(folders.iter().all(|(_, meta)| meta.created().unwrap() >= before));
        }
    }

    /// What the file system takes for now.
    pub(crate) fn now(&self) -> SystemTime {
        let file = self.bed.home().join("now");
        let _ = fs::remove_file(&file);
        fs::write(&file, "").unwrap();
        fs::metadata(&file).unwrap().created().unwrap()
    }

    /// How many files of a release were there before.
    pub(crate) fn older(dir: &Path, than: SystemTime) -> usize {
        below(dir).iter().filter(|(_, meta)| !meta.is_dir() && meta.created().unwrap() < than).count()
    }

    /// Prunes, and waits for what goes on in the background after that.
    pub(crate) fn prune(&self, names: &[&str]) -> (Ran, Vec<String>) {
        let ran = self.bed.run(&prune_text(&self.bed, names));
        let pruned = parse_prune(&ran.stdout).unwrap();
        (ran, pruned.iter().map(ToString::to_string).collect())
    }

    /// What the plain way makes of the commit, from the same copy of the repository.
    pub(crate) fn plain(&self, commit: &str, n: u32) -> PathBuf {
        let mut paths = self.bed.paths.clone();
        paths.deploy_dir = "~/plain".into();
        paths.releases_dir = "~/plain/releases".into();
        paths.current_symlink = "~/plain/current".into();
        let text = garment_core::remote::prepare(&garment_core::remote::Prepare {
            paths: &paths,
            repo_url: &self.repo.url(),
            commit: &garment_core::model::CommitId::parse(commit).unwrap(),
            release: &release(&name(n)),
            by: "evan@pungi",
            git_ref: "master",
            token: None,
            resuming: false,
            delivery: garment_core::model::Delivery::Pull,
            head: "",
        });
        let ran = self.bed.run(&format!("{}{text}", self.before)).ok();
        PathBuf::from(parse_prepare(&ran.stdout).unwrap())
    }

    /// Release 2, held against the plain way; how many of its files were the spare's. Nothing is left but it.
    pub(crate) fn renew(&self, two: &str) -> usize {
        let before = self.now();
        let dir = self.make(two, 2);
        let plain = self.plain(two, 2);
        assert_same(
            &look(self.bed.shell, &dir, &self.submodules),
            &look(self.bed.shell, &plain, &self.submodules),
            &format!("{:?}", self.bed.shell),
        );
        let mut names: Vec<_> =
            fs::read_dir(self.bed.app("releases")).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [OsStr::new(&name(2))]);
        let verified = self.bed.run(&verify(&Verify {
            paths: &self.bed.paths,
            repo_url: &self.repo.url(),
            release: &release(&name(2)),
            commit: two,
        }));
        assert_eq!(parse_verify(&verified.ok().stdout).unwrap().count(), 0);
        fs::remove_dir_all(plain).unwrap();
        Self::older(&dir, before)
    }

    /// All of it: how many files were the spare's. Without GNU tools there are none.
    pub(crate) fn run(&self, one: &str, two: &str, meddle: impl Fn(&Path)) -> usize {
        self.leave_a_spare(one, meddle);
        if self.bed.shell == Shell::Ash {
            assert!(!self.spare().exists());
        }
        self.renew(two)
    }

    /// So many of the spare's, where there are GNU tools.
    pub(crate) fn files(&self, n: usize) -> usize {
        if self.bed.shell == Shell::Ash { 0 } else { n }
    }
}

pub(crate) fn odd_names() -> Vec<Vec<u8>> {
    let names: [&[u8]; 10] = [
        b"new\nline",
        b"quo\"te'",
        b"-dash",
        b"--",
        b"caf\xe9 latin",
        b"back\\slash",
        b" space ",
        b"*",
        b":(top)x",
        b"$(touch x)",
    ];
    names.map(<[u8]>::to_vec).to_vec()
}
