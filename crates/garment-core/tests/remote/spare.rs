//! A release that is made from what a pruned one left is what the plain way makes of the same commit, to the modes and
//! times, and shares nothing with anybody. Whatever is doubtful, it is made the plain way.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

use garment_core::model::State;
use garment_core::remote::{Verify, parse_prepare, parse_prune, parse_verify, prune, verify};

use crate::bed::{Bed, Ran, Repo, Shell, find, name, release};
use crate::check::fake;
use crate::disk::Disk;

/// The script with which every tree is large.
fn large(bed: &Bed, url: &str, commit: &str, n: u32) -> String {
    let text = bed.prepare_text(url, commit, &name(n));
    assert!(text.contains("\nrenew_from=1000\n"));
    text.replacen("\nrenew_from=1000\n", "\nrenew_from=1\n", 1)
}

fn prune_text(bed: &Bed, names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| release(name)).collect();
    format!("{}\nwait\n", prune(&bed.paths, &names, &release(&name(9)), None))
}

/// What there is below a folder: type, permissions, owner, links, time and contents. Times of what is written after the
/// archive is unpacked are left out: `REVISION`, and the folders of submodules.
fn look(shell: Shell, dir: &Path, submodules: &[&str]) -> BTreeMap<Vec<u8>, String> {
    let mut found = BTreeMap::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(at) = todo.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            let relative = path.strip_prefix(dir).unwrap();
            let meta = fs::symlink_metadata(&path).unwrap();
            let contents = if meta.is_symlink() {
                format!("{:?}", fs::read_link(&path).unwrap())
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
fn assert_same(found: &BTreeMap<Vec<u8>, String>, want: &BTreeMap<Vec<u8>, String>, about: &str) {
    let paths: BTreeSet<_> = found.keys().chain(want.keys()).collect();
    for path in paths {
        assert_eq!(found.get(path), want.get(path), "{about}: {}", String::from_utf8_lossy(path));
    }
}

/// Everything below a folder, it included.
fn below(dir: &Path) -> Vec<(PathBuf, fs::Metadata)> {
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

fn inodes(dir: &Path) -> BTreeSet<u64> {
    below(dir).into_iter().filter(|(_, meta)| !meta.is_dir()).map(|(_, meta)| meta.ino()).collect()
}

/// A host with two commits to be made releases of.
struct Case {
    bed: Bed,
    repo: Repo,
    submodules: Vec<&'static str>,
    /// In front of the script that makes the second one.
    before: &'static str,
}

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        Bed::all().map(|bed| {
            let repo = bed.repo("origin");
            Self { bed, repo, submodules: Vec::new(), before: "" }
        })
    }

    /// With GNU tools and without.
    fn of_each_kind() -> impl Iterator<Item = Self> {
        Self::all().filter(|case| matches!(case.bed.shell, Shell::Dash | Shell::Ash))
    }

    fn make(&self, commit: &str, n: u32) -> PathBuf {
        let text = format!("{}{}", self.before, large(&self.bed, &self.repo.url(), commit, n));
        PathBuf::from(parse_prepare(&self.bed.run(&text).ok().stdout).unwrap())
    }

    fn spare(&self) -> PathBuf {
        self.bed.app("releases/.garment-spare")
    }

    /// Release 1, pruned.
    fn leave_a_spare(&self, one: &str, meddle: impl Fn(&Path)) {
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
    fn now(&self) -> SystemTime {
        let file = self.bed.home().join("now");
        let _ = fs::remove_file(&file);
        fs::write(&file, "").unwrap();
        fs::metadata(&file).unwrap().created().unwrap()
    }

    /// How many files of a release were there before.
    fn older(dir: &Path, than: SystemTime) -> usize {
        below(dir).iter().filter(|(_, meta)| !meta.is_dir() && meta.created().unwrap() < than).count()
    }

    /// Prunes, and waits for what goes on in the background after that.
    fn prune(&self, names: &[&str]) -> (Ran, Vec<String>) {
        let ran = self.bed.run(&prune_text(&self.bed, names));
        let pruned = parse_prune(&ran.stdout).unwrap();
        (ran, pruned.iter().map(ToString::to_string).collect())
    }

    /// What the plain way makes of the commit, from the same copy of the repository.
    fn plain(&self, commit: &str, n: u32) -> PathBuf {
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
        });
        let ran = self.bed.run(&format!("{}{text}", self.before)).ok();
        PathBuf::from(parse_prepare(&ran.stdout).unwrap())
    }

    /// Release 2, held against the plain way; how many of its files were the spare's. Nothing is left but it.
    fn renew(&self, two: &str) -> usize {
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
    fn run(&self, one: &str, two: &str, meddle: impl Fn(&Path)) -> usize {
        self.leave_a_spare(one, meddle);
        if self.bed.shell == Shell::Ash {
            assert!(!self.spare().exists());
        }
        self.renew(two)
    }

    /// So many of the spare's, where there are GNU tools.
    fn files(&self, n: usize) -> usize {
        if self.bed.shell == Shell::Ash { 0 } else { n }
    }
}

fn odd_names() -> Vec<Vec<u8>> {
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

#[test]
fn every_kind_of_change() {
    for case in Case::all() {
        let repo = &case.repo;
        for n in 0..20 {
            repo.write(&format!("same/{n}/file"), &n.to_string());
        }
        repo.write("changed", "one");
        repo.write("deep/er/changed", "one");
        repo.write("removed", "");
        repo.write("gone/all/of/it", "");
        repo.write("renamed", "the same text");
        repo.write("becomes executable", "");
        repo.write("was executable", "");
        let executable = |name: &str, mode| {
            fs::set_permissions(repo.dir.join(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        executable("was executable", 0o755);
        repo.write("stays executable", "");
        executable("stays executable", 0o755);
        symlink("changed", repo.dir.join("link")).unwrap();
        symlink("nowhere", repo.dir.join("same link")).unwrap();
        symlink("same", repo.dir.join("link becomes folder")).unwrap();
        repo.write("file becomes link", "");
        repo.write("file becomes folder", "");
        repo.write("folder becomes file/a/b", "");
        repo.write("folder becomes link/a", "");
        for (folder, text) in [("odd", "one"), ("odd same", "one"), ("odd gone", "")] {
            fs::create_dir_all(repo.dir.join(folder)).unwrap();
            for name in odd_names() {
                fs::write(repo.dir.join(folder).join(OsStr::from_bytes(&name)), text).unwrap();
            }
        }
        let one = repo.commit("one");

        repo.write("changed", "two");
        repo.write("deep/er/changed", "two");
        repo.write("added", "");
        repo.write("new/folder/added", "");
        let remove = |name: &str| fs::remove_file(repo.dir.join(name)).unwrap();
        remove("removed");
        fs::remove_dir_all(repo.dir.join("gone")).unwrap();
        fs::create_dir(repo.dir.join("moved")).unwrap();
        fs::rename(repo.dir.join("renamed"), repo.dir.join("moved/here")).unwrap();
        executable("becomes executable", 0o755);
        executable("was executable", 0o644);
        remove("link");
        symlink("added", repo.dir.join("link")).unwrap();
        remove("link becomes folder");
        repo.write("link becomes folder/a", "");
        remove("file becomes link");
        symlink("same", repo.dir.join("file becomes link")).unwrap();
        remove("file becomes folder");
        repo.write("file becomes folder/a", "");
        fs::remove_dir_all(repo.dir.join("folder becomes file")).unwrap();
        repo.write("folder becomes file", "");
        fs::remove_dir_all(repo.dir.join("folder becomes link")).unwrap();
        symlink("same", repo.dir.join("folder becomes link")).unwrap();
        fs::remove_dir_all(repo.dir.join("odd gone")).unwrap();
        for name in odd_names() {
            fs::write(repo.dir.join("odd").join(OsStr::from_bytes(&name)), "two").unwrap();
        }
        // A time of its own for the commit.
        let two = repo.commit("two");
        let two = {
            let tree = repo.git(&["rev-parse", &format!("{two}^{{tree}}")]);
            let text = format!(
                "tree {tree}\nparent {one}\nauthor a <a@b> 1700000500 +0000\ncommitter a <a@b> 1712345678 +0200\n\ntwo\n"
            );
            fs::write(repo.dir.join(".git/two"), text).unwrap();
            let two = repo.git(&["hash-object", "-t", "commit", "-w", ".git/two"]);
            repo.git(&["update-ref", "refs/heads/master", &two]);
            two
        };
        assert_eq!(case.run(&one, &two, |_| ()), case.files(20 + odd_names().len() + 2));
        // The next one of it, without any change; and back.
        assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
        let spare = case.spare().join("tree");
        let all = if spare.exists() { inodes(&spare).len() } else { 0 };
        assert_eq!(case.renew(&two), case.files(all));
        assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
        assert!(case.renew(&one) >= case.files(20));
    }
}

/// Whatever was done to a release, nothing of it comes along.
#[test]
fn what_was_done_to_a_release_stays_there() {
    for case in Case::all() {
        let repo = &case.repo;
        for name in [
            "same",
            "a",
            "b",
            "c",
            "d",
            "e",
            "f",
            "g",
            "h",
            "i",
            "linked/a",
            "linked/b",
            "moved/a",
            "open/a",
            "open/sub/b",
            "gone/a",
            "gone/b",
            "REVISION",
        ] {
            repo.write(name, "text");
        }
        symlink("same", repo.dir.join("link")).unwrap();
        symlink("same", repo.dir.join("same link")).unwrap();
        let one = repo.commit("one");
        repo.write("other", "");
        let two = repo.commit("two");
        let outside = case.bed.home().join("shared");
        fs::create_dir_all(outside.join("linked")).unwrap();
        let run = |dir: &Path, text: &str| {
            let ran =
                case.bed.run(&format!("cd \"{}\" && out=\"{}\" && {text}", dir.display(), outside.display()));
            assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{text}");
        };
        let meddle = |dir: &Path| {
            // As long and as old as before.
            run(dir, "touch -r a ../time && printf TEXT >a && touch -r ../time a && rm ../time");
            run(dir, "printf more >>b");
            run(dir, "chmod 755 c");
            run(dir, "rm d");
            run(dir, "rm e && ln -s same e");
            run(dir, "printf text >\"$out/f\" && touch -r f \"$out/f\" && rm f && ln \"$out/f\" f");
            run(dir, "ln g \"$out/g\"");
            run(dir, "ln h untracked");
            run(dir, "cp -p i i.new && mv i.new i");
            run(dir, "mv linked/* \"$out/linked\" && rmdir linked && ln -s \"$out/linked\" linked");
            run(dir, "mv moved elsewhere");
            run(
                dir,
                "chmod 777 open open/sub && mkdir -p open/cache node_modules/x && echo x >open/cache/x && echo x >node_modules/x/y",
            );
            run(dir, "rm -r gone");
            run(dir, "rm link && ln -s open link");
            run(dir, "mkfifo pipe && touch '-rf' \"$(printf 'new\\nline')\"");
        };
        assert_eq!(case.run(&one, &two, meddle), case.files(4), "{:?}", case.bed.shell);
        assert_eq!(fs::read_to_string(outside.join("linked/a")).unwrap(), "text");
    }
}

#[test]
fn attributes_of_the_commit() {
    for case in Case::all() {
        let repo = &case.repo;
        repo.write(
            ".gitattributes",
            "/tests export-ignore\n*.secret export-ignore\nversion export-subst\n*.crlf text eol=crlf\n[attr]both export-subst\n",
        );
        repo.write("sub/.gitattributes", "inner both\n*.id ident\n");
        for path in ["version", "sub/inner", "not/version.txt"] {
            repo.write(path, "$Format:%H$\n");
        }
        repo.write("sub/a.id", "$Id$\n");
        repo.write("lines.crlf", "a\nb\n");
        for path in ["tests/a", "tests/b", "a.secret", "only/a.secret", "same"] {
            repo.write(path, "text");
        }
        let one = repo.commit("one");
        repo.write("tests/a", "changed");
        repo.write("tests/new", "");
        repo.write("new.secret", "");
        let two = repo.commit("nothing that is in a release");
        assert_eq!(case.run(&one, &two, |_| ()), case.files(6));
        let two_at = case.bed.app("releases").join(name(2));
        assert_eq!(fs::read_to_string(two_at.join("sub/inner")).unwrap(), format!("{two}\n"));
        assert_eq!(fs::read(two_at.join("lines.crlf")).unwrap(), b"a\r\nb\r\n");

        // They change: everything is made anew.
        fs::remove_file(repo.dir.join("sub/.gitattributes")).unwrap();
        repo.write("other", "");
        let three = repo.commit("three");
        assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
        assert_eq!(case.spare().exists(), case.files(1) == 1);
        assert_eq!(case.renew(&three), 0);
    }
}

/// Settings of the host decide what git archive gives as well, and may be others than when the release was made.
#[test]
fn settings_of_the_host() {
    for settle in [
        "git --git-dir=source config core.autocrlf true",
        "git --git-dir=source config core.eol crlf",
        "git --git-dir=source config core.attributesFile \"$HOME/attributes\" && echo '*.txt eol=crlf' >\"$HOME/attributes\"",
        "mkdir -p source/info && echo '*.txt eol=crlf' >source/info/attributes",
        "mkdir -p ~/.config/git && echo 'a.txt export-ignore' >~/.config/git/attributes",
        "git --git-dir=source config filter.x.smudge 'tr a-z A-Z'",
    ] {
        for case in Case::of_each_kind() {
            let repo = &case.repo;
            repo.write(".gitattributes", "*.txt text\n*.x filter=x\n");
            repo.write("a.txt", "a\nb\n");
            repo.write("a.x", "loud\n");
            let one = repo.commit("one");
            repo.write("other", "");
            let two = repo.commit("two");
            let settle_it = || {
                let ran = case.bed.run(&format!("cd ~/app && {settle}"));
                assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
            };
            case.leave_a_spare(&one, |_| ());
            settle_it();
            assert_eq!(case.renew(&two), 0, "{settle} {:?}", case.bed.shell);
            // Nor is anything kept of what was made with them.
            assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
            assert!(!case.spare().exists());
        }
    }
    // A filter that nothing asks for, as hosts with Git LFS have it.
    for case in Case::of_each_kind() {
        case.repo.write("a", "a");
        let one = case.repo.commit("one");
        case.leave_a_spare(&one, |_| ());
        case.bed.run("git --git-dir=app/source config filter.x.smudge 'tr a-z A-Z'");
        assert_eq!(case.renew(&one), case.files(1));
    }
}

#[test]
fn another_umask() {
    for mut case in Case::of_each_kind() {
        case.repo.write("a/b", "");
        let one = case.repo.commit("one");
        case.leave_a_spare(&one, |_| ());
        case.before = "umask 077\n";
        assert_eq!(case.renew(&one), 0);
        // Made with one and pruned with the other.
        assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
        assert!(!case.spare().exists());
        case.leave_a_spare(&one, |_| ());
        assert!(!case.spare().exists());
    }
}

/// They are unpacked anew, whatever becomes of them.
#[test]
fn submodules() {
    for mut case in Case::all() {
        let sub = case.bed.repo("sub");
        sub.write("in sub", "one");
        let sub_one = sub.commit("one");
        sub.write("in sub", "two");
        let sub_two = sub.commit("two");
        let repo = &case.repo;
        repo.write("same", "");
        repo.write("becomes a submodule/a", "");
        for path in ["stays", "moves on", "goes", "becomes a folder"] {
            repo.add_submodule(path, Some(&sub.url()), &sub_one);
        }
        repo.add_submodule("unnamed", None, &sub_one);
        repo.git(&["add", "same", "becomes a submodule"]);
        let one = repo.commit_index("one");
        repo.add_submodule("moves on", Some(&sub.url()), &sub_two);
        repo.git(&["rm", "-q", "--cached", "goes", "becomes a folder"]);
        repo.write("becomes a folder/a", "");
        repo.git(&["rm", "-q", "-r", "becomes a submodule"]);
        repo.add_submodule("becomes a submodule", Some(&sub.url()), &sub_one);
        repo.git(&["add", "becomes a folder/a"]);
        let two = repo.commit_index("two");
        case.submodules = vec!["stays", "moves on", "becomes a submodule"];
        // `.gitmodules` has changed.
        assert_eq!(case.run(&one, &two, |_| ()), case.files(1), "{:?}", case.bed.shell);
    }
}

/// What is beside the spare's files, or not as they were left, makes all of it useless.
#[test]
fn a_spare_that_was_meddled_with() {
    for case in Case::of_each_kind() {
        if case.bed.shell == Shell::Ash {
            continue;
        }
        case.repo.write("a/b", "text");
        case.repo.write("c", "text");
        let one = case.repo.commit("one");
        for meddle in [
            "touch tree/new",
            "rm tree/c",
            "touch -r tree/c time; printf TEXT >tree/c; touch -r time tree/c",
            "chmod 777 tree/a",
            "mv tree/c tree/d; mv tree/d tree/c",
            "ln tree/c linked",
            "rm commit",
            "echo 4634f444634f444634f444634f444634f444634f >commit",
            "echo >>listing",
            "rm listing",
            "rm lost",
            "rm -r tree",
            "rm -r tree; ln -s ../../source tree",
            "rm -r \"$PWD\"; mkdir \"$PWD\"",
            "rm -r \"$PWD\"; touch \"$PWD\"",
        ] {
            case.leave_a_spare(&one, |_| ());
            assert!(case.spare().exists());
            let ran = case.bed.run(&format!("cd app/releases/.garment-spare && {meddle}"));
            assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{meddle}");
            if meddle.contains("touch \"$PWD\"") {
                case.make(&one, 3);
                assert_eq!(case.prune(&[&name(3)]).1, [name(3)]);
                fs::remove_file(case.spare()).unwrap();
            } else {
                assert_eq!(case.renew(&one), 0, "{meddle}");
                assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
            }
        }
    }
}

/// Of what is missing or fails on a host, people notice nothing.
#[test]
fn tools_that_fail() {
    for mut case in Case::all().filter(|case| case.bed.shell == Shell::Dash) {
        case.repo.write("a/b", "text");
        case.repo.write("c", "text");
        let one = case.repo.commit("one");
        case.repo.write("c", "changed");
        fs::remove_file(case.repo.dir.join("a/b")).unwrap();
        let two = case.repo.commit("two");
        let path = case.bed.path.clone();
        for (tool, when) in [
            ("find", "*-printf*"),
            ("find", "*-exec*touch*"),
            ("perl", "*"),
            ("stat", "*"),
            ("awk", "*kept*"),
            ("awk", "*want*"),
            ("awk", "*folder\\[*"),
            ("cmp", "*"),
            ("xargs", "*mkdir*"),
            ("xargs", "*rm*"),
            ("xargs", "*git*"),
            ("git", "*diff-tree*"),
            ("git", "*grep*"),
            ("git", "*' log '*"),
            ("git", "*config*get-regexp*"),
            ("touch", "*"),
            ("rmdir", "*building*"),
        ] {
            for at in ["prune", "prepare"] {
                let break_it = |bed: &mut Bed| {
                    let script = format!(
                        "case \"$*\" in {when}) echo broken >&2; exit 3 ;; esac\nPATH=${{PATH#*:}}; exec {tool} \"$@\""
                    );
                    fake(bed, tool, &script);
                };
                let _ = case.make(&one, 1);
                if at != "prepare" {
                    break_it(&mut case.bed);
                }
                let (ran, _) = case.prune(&[&name(1)]);
                assert_eq!(ran.stderr, "", "{tool} {when} {at}");
                ran.ok();
                case.bed.path.clone_from(&path);
                if at != "prune" {
                    break_it(&mut case.bed);
                }
                let text = large(&case.bed, &case.repo.url(), &two, 2);
                let ran = case.bed.run(&text).ok();
                assert_eq!(ran.stderr, "", "{tool} {when} {at}");
                case.bed.path.clone_from(&path);
                let (made, plain) = (case.bed.app("releases").join(name(2)), case.plain(&two, 2));
                let [made, plain_look] = [&made, &plain].map(|dir| look(case.bed.shell, dir, &[]));
                assert_same(&made, &plain_look, &format!("{tool} {when} {at}"));
                fs::remove_dir_all(plain).unwrap();
                case.prune(&[&name(2)]).0.ok();
                let spare = case.spare();
                for entry in fs::read_dir(case.bed.app("releases")).unwrap() {
                    assert_eq!(entry.unwrap().path(), spare, "{tool} {when} {at}");
                }
                if spare.exists() {
                    fs::remove_dir_all(spare).unwrap();
                }
            }
        }
    }
}

/// Without perl files are linked to their new place first. None has two names in the end.
#[test]
fn a_host_without_perl() {
    for mut case in Case::all().filter(|case| case.bed.shell == Shell::Dash) {
        let bin = case.bed.dir.path().join("no perl");
        fs::create_dir(&bin).unwrap();
        for dir in std::env::split_paths(&case.bed.path) {
            for entry in fs::read_dir(dir).into_iter().flatten() {
                let program = entry.unwrap().path();
                let name = program.file_name().unwrap();
                if name != "perl" && !bin.join(name).exists() {
                    let _ = symlink(&program, bin.join(name));
                }
            }
        }
        case.bed.path = bin.display().to_string();
        assert_ne!(case.bed.run("command -v perl").code, Some(0));
        for name in odd_names() {
            fs::write(case.repo.dir.join(OsStr::from_bytes(&name)), "").unwrap();
        }
        case.repo.write("a/b/c", "");
        symlink("nowhere", case.repo.dir.join("a/link")).unwrap();
        let one = case.repo.commit("one");
        assert_eq!(case.run(&one, &one, |_| ()), odd_names().len() + 2);
        fake(&mut case.bed, "cp", "exit 1");
        assert_eq!(case.prune(&[&name(2)]).1, [name(2)]);
        assert!(!case.spare().exists());
    }
}

#[test]
fn small_trees_go_the_plain_way() {
    for case in Case::of_each_kind() {
        case.repo.write("a", "");
        let one = case.repo.commit("one");
        let prepared = case.bed.prepared(&case.repo.url(), &one, &name(1));
        assert!(prepared.exists());
        assert!(!case.bed.app(".garment/releases").join(format!(".{}.files", name(1))).exists());
        assert_eq!(case.prune(&[&name(1)]).1, [name(1)]);
        assert!(!case.spare().exists());
        // A repository that became small needs its spare no more.
        case.leave_a_spare(&one, |_| ());
        assert_eq!(case.spare().exists(), case.files(1) == 1);
        case.bed.prepared(&case.repo.url(), &one, &name(2));
        assert!(!case.spare().exists());
    }
}

/// A change of more than would be worth the while.
#[test]
fn large_changes_go_the_plain_way() {
    for case in Case::of_each_kind() {
        for n in 0..300 {
            case.repo.write(&format!("{n:0250}"), "one");
        }
        case.repo.write("same", "");
        let one = case.repo.commit("one");
        for n in 0..300 {
            case.repo.write(&format!("{n:0250}"), "two");
        }
        let two = case.repo.commit("two");
        assert_eq!(case.run(&one, &two, |_| ()), 0);
        // One that is all new, and one of which a task changed all, leave nothing for another.
        case.leave_a_spare(&two, |dir| {
            assert_eq!(case.bed.run(&format!("cd \"{}\" && touch *", dir.display())).code, Some(0));
        });
        assert!(!case.spare().exists());
    }
}

/// Writing to one release never shows in another.
#[test]
fn releases_share_nothing() {
    for case in Case::all() {
        for n in 0..10 {
            case.repo.write(&format!("{n}"), "one");
        }
        let commit = case.repo.commit("one");
        for n in 1..=3 {
            case.make(&commit, n);
        }
        for n in 4..=6 {
            assert_eq!(case.prune(&[&name(n - 3)]).1, [name(n - 3)]);
            let before = case.now();
            assert_eq!(Case::older(&case.make(&commit, n), before), case.files(10));
        }
        let at = |n| case.bed.app("releases").join(name(n));
        let before = [look(case.bed.shell, &at(4), &[]), look(case.bed.shell, &at(5), &[])];
        for n in 0..10 {
            fs::write(at(6).join(n.to_string()), "changed").unwrap();
        }
        assert_eq!([look(case.bed.shell, &at(4), &[]), look(case.bed.shell, &at(5), &[])], before);
        assert!(inodes(&at(4)).is_disjoint(&inodes(&at(5))));
        assert_eq!(case.bed.listed(), [4, 5, 6].map(|n| (name(n), Some(State::Ready))));
    }
}

/// What the former operation does in the background is not waited for by the next.
#[test]
fn deploys_in_quick_succession() {
    for case in Case::of_each_kind() {
        for n in 0..300 {
            case.repo.write(&format!("{}/{n}", n % 9), "same");
        }
        let commits: Vec<_> = (1..=8)
            .map(|n: u32| {
                case.repo.write("changing", &n.to_string());
                case.repo.commit("another")
            })
            .collect();
        let mut before = None;
        for (n, commit) in (1..).zip(&commits) {
            let made = case.make(commit, n);
            let plain = case.plain(commit, n);
            let [made, plain] = [&made, &plain].map(|dir| look(case.bed.shell, dir, &[]));
            assert_same(&made, &plain, &format!("{n} {:?}", case.bed.shell));
            if let Some(former) = before.replace(name(n)) {
                let text = prune_text(&case.bed, &[&former]).replace("\nwait\n", "\n");
                case.bed.run(&text).ok();
            }
        }
    }
}

/// Killed at whatever moment, a release is there complete or not at all, and so is what the next one is made from.
#[test]
fn killed_in_the_middle() {
    for shell in [Shell::Dash] {
        let bed = Bed::new(shell);
        let repo = bed.repo("origin");
        let case = Case { bed, repo, submodules: Vec::new(), before: "" };
        for n in 0..200 {
            case.repo.write(&format!("{}/{n}.txt", n % 7), &"x".repeat(1000));
        }
        let one = case.repo.commit("one");
        for n in 0..20 {
            case.repo.write(&format!("{}/{n}.txt", n % 7), "changed");
        }
        let two = case.repo.commit("two");
        let kill = |text: &str, after: std::time::Duration| {
            let mut command = case.bed.command(text);
            let mut child =
                command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // Not to wait for something: the moment itself is what is tried.
            std::thread::sleep(after);
            let group = rustix::process::Pid::from_child(&child);
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            child.wait().unwrap();
        };
        let prune = prune_text(&case.bed, &[&name(1)]);
        let make = large(&case.bed, &case.repo.url(), &two, 2);
        case.make(&one, 1);
        let began = std::time::Instant::now();
        case.bed.run(&prune).ok();
        let pruning = began.elapsed();
        let began = std::time::Instant::now();
        case.bed.run(&make).ok();
        let making = began.elapsed();
        let want = look(case.bed.shell, &case.bed.app("releases").join(name(2)), &[]);
        case.prune(&[&name(2)]).0.ok();
        for n in 0..10 {
            case.make(&one, 1);
            kill(&prune, pruning * n / 10);
            kill(&make, making * n / 10);
            for (listed, _) in case.bed.listed() {
                if listed == name(2) {
                    assert_eq!(look(case.bed.shell, &case.bed.app("releases").join(name(2)), &[]), want);
                }
            }
            // A killed fetch leaves locks.
            for lock in ["HEAD.lock", "packed-refs.lock", "shallow.lock"] {
                let _ = fs::remove_file(case.bed.app("source").join(lock));
            }
            case.prune(&[&name(1), &name(2)]).0.ok();
            assert_eq!(case.make(&two, 2), case.bed.app("releases").join(name(2)));
            assert_eq!(look(case.bed.shell, &case.bed.app("releases").join(name(2)), &[]), want);
            case.prune(&[&name(2)]).0.ok();
            assert_eq!(case.bed.listed(), []);
        }
    }
}

#[test]
fn a_disk_that_fills_up() {
    for case in Case::of_each_kind() {
        case.repo.write("a", "");
        case.repo.write("b", "");
        let one = case.repo.commit("one");
        for n in 0..20 {
            case.repo.write(&format!("big {n}"), &"y".repeat(n * 50_000));
        }
        let two = case.repo.commit("two");
        case.make(&one, 3);
        case.leave_a_spare(&one, |_| ());
        let text = format!("ulimit -f 100\n{}", large(&case.bed, &case.repo.url(), &two, 2));
        let (what, _) = case.bed.run(&text).failure();
        assert!(what.starts_with(&format!("the files of commit {two} can't be unpacked in `")), "{what}");
        assert_eq!(case.bed.listed(), [(name(3), Some(State::Ready))]);
        case.prune(&[&name(3)]).0.ok();
        case.renew(&two);
    }
}

/// A spare is the first to go where room is short.
#[test]
fn room_is_made_by_a_spare() {
    for mut case in Case::of_each_kind() {
        case.repo.write("a", "");
        let one = case.repo.commit("one");
        let script = "\
            option=$2; shift 2; kib=9000; [ ! -e ~/app/releases/.garment-spare ] || kib=1000\n\
            [ $option = -k ] || kib=9000\n\
            echo Filesystem 1024-blocks Used Available Capacity Mounted on\n\
            for _ in \"$@\"; do echo \"/dev/sda1 9000000 1 $kib 99% /\"; done";
        case.leave_a_spare(&one, |_| ());
        assert_eq!(case.spare().exists(), case.files(1) == 1);
        fake(&mut case.bed, "df", script);
        let ran = case.bed.run(&large(&case.bed, &case.repo.url(), &one, 2)).ok();
        assert_eq!(ran.stderr, "");
        assert!(!case.spare().exists());
    }
}

/// Whole seconds are not enough to know that nobody touched a file; and a small disk really fills up.
#[test]
fn other_file_systems() {
    let _ = find("unshare");
    for bed in Bed::all() {
        let repo = bed.repo("origin");
        repo.write("a", &"a".repeat(100_000));
        repo.write("b", "");
        let one = repo.commit("one");
        let disk = Disk::mount(&bed, "size=60m");
        disk.run(&bed, &large(&bed, &repo.url(), &one, 1)).ok();
        let prune = prune_text(&bed, &[&name(1)]);
        disk.run(&bed, &prune).ok();
        let spare = disk.app(&bed, "releases/.garment-spare");
        assert_eq!(spare.exists(), bed.shell != Shell::Ash);
        let had = if spare.exists() { inodes(&spare.join("tree")).len() } else { 2 };
        assert_eq!(had, 2);
        disk.run(&bed, &large(&bed, &repo.url(), &one, 2)).ok();
        assert_eq!(
            fs::read_to_string(disk.app(&bed, "releases").join(name(2)).join("a")).unwrap(),
            "a".repeat(100_000)
        );
    }
}
