use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use super::ask::{Git, unreachable, without_password};
use super::command::said;
use super::progress::Listener;
use super::{NoCommit, Tell, upkeep};
use crate::event::Problem;
use crate::model::CommitId;

/// How often a lock that somebody else has is tried again.
const AGAIN: Duration = Duration::from_millis(100);
/// What a mirror has of the origin: what hosts get.
const REFS: [&str; 2] = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];

/// This machine's own copy of a repository: what it has at one moment. Nothing that is young, or that a branch or tag leads
/// to, is ever taken out of it, so it can be packed while another garment brings it up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mirror {
    pub(super) dir: PathBuf,
    /// Branches and tags, a line each: `ID NAME`.
    pub(super) refs: String,
    /// The branch that its `HEAD` leads to.
    pub(super) head: String,
}

impl Git {
    /// Brings the mirror of a repository up to date, so that it has the commits. `far`: its URL comes from a repository
    /// that is elsewhere, so it may not name a path of this machine. With `only_if_needed` nobody is asked where it has
    /// them.
    pub(super) async fn mirror(
        &self,
        url: &str,
        commits: &[CommitId],
        far: bool,
        only_if_needed: bool,
        tell: Tell<'_>,
    ) -> Result<Mirror, NoCommit> {
        let place = self.place(url).await?;
        let _lock = lock(&place, tell).await?;
        let dir = &place.dir;
        if !dir.join("HEAD").exists() {
            self.clone_to(url, dir, far, tell).await?;
        } else if !only_if_needed || !self.has_all(dir, commits).await? {
            if let Some(_alone) = upkeep::hold_off(dir) {
                tidy(dir);
            }
            let mut fetch = self.remote(far, ["fetch", "--progress", "--prune", "--force", "--no-tags"]);
            fetch.args(["--no-recurse-submodules", "--", url]).args(REFS).current_dir(dir);
            let fetched = Listener::new(url, tell).output(fetch).await?;
            if !fetched.status.success() {
                return Err(no_fetch(url, dir, &fetched));
            }
        }
        if dir.join("shallow").exists() {
            let _ = std::fs::remove_dir_all(dir);
            return Err(NoCommit::Wrong(Problem {
                what: format!(
                    "{} is a shallow clone, from which nothing can be delivered",
                    without_password(url)
                ),
                remedy: "complete it with `git fetch --unshallow`, or set `delivery: pull`".into(),
            }));
        }
        self.look_further(url, commits, dir, far, tell).await?;
        Ok(Mirror { dir: dir.clone(), refs: self.refs(dir).await?, head: self.head(dir).await? })
    }

    /// Whether a mirror could be made; nothing is.
    pub(super) fn cache_problem(&self) -> Option<Problem> {
        let Some(cache) = &self.cache else { return Some(no_cache()) };
        let above = cache.join("repositories");
        let nearest = above.ancestors().find(|path| path.exists())?;
        let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
        match rustix::fs::access(nearest, access) {
            Ok(()) if nearest.is_dir() => None,
            Ok(()) => Some(not_writable(&above, &format!("`{}` is not a folder", nearest.display()))),
            Err(error) => Some(not_writable(&above, &error.to_string())),
        }
    }

    /// Where the mirror of a repository is, with the folders above it made.
    async fn place(&self, url: &str) -> Result<Place, NoCommit> {
        let Some(cache) = &self.cache else {
            return Err(NoCommit::Wrong(Problem {
                what: "there is no folder for caches on this machine, where mirrors of repositories are kept"
                    .into(),
                remedy: "set `XDG_CACHE_HOME`, or `HOME`".into(),
            }));
        };
        let above = cache.join("repositories");
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&above);
        made.map_err(|error| cannot_write(&above, &error))?;
        let name = self.key(&above, url).await?;
        Ok(Place { dir: above.join(format!("{name}.git")), lock: above.join(format!("{name}.lock")), above })
    }

    /// What git calls a text: the name of a copy, here and on hosts.
    pub(super) async fn key(&self, dir: &Path, url: &str) -> Result<String, NoCommit> {
        self.ask_with(dir, ["hash-object", "--stdin"], url.as_bytes()).await.map(|id| id.trim().to_owned())
    }

    async fn clone_to(&self, url: &str, dir: &Path, far: bool, tell: Tell<'_>) -> Result<(), NoCommit> {
        let mut beside = dir.as_os_str().to_owned();
        beside.push(".cloning");
        let _ = std::fs::remove_dir_all(&beside);
        let mut clone =
            self.remote(far, ["clone", "--progress", "--bare", "--template=", "--no-recurse-submodules"]);
        clone.args([OsStr::new("--"), url.as_ref(), &beside]);
        let cloned = Listener::new(url, tell).output(clone).await;
        let whole = match cloned {
            Ok(cloned) if cloned.status.success() => {
                // It may have a password in it, and nobody fetches by its name.
                let config = ["config", "--remove-section", "remote.origin"];
                self.ask(Path::new(&beside), config).await?;
                std::fs::rename(&beside, dir).map_err(|error| cannot_write(dir, &error))
            }
            Ok(cloned) => Err(no_fetch(url, dir, &cloned)),
            Err(none) => Err(none),
        };
        if whole.is_err() {
            let _ = std::fs::remove_dir_all(&beside);
        }
        whole
    }

    /// Sees that the commits are there, and fetches those by themselves that no branch or tag leads to.
    async fn look_further(
        &self,
        url: &str,
        commits: &[CommitId],
        dir: &Path,
        far: bool,
        tell: Tell<'_>,
    ) -> Result<(), NoCommit> {
        for commit in commits {
            if self.has(dir, commit).await? {
                continue;
            }
            // Not every origin gives commits by their id. Then something else may lead to it.
            for refspec in [commit.as_str(), "+refs/*:refs/garment/all/*"] {
                let mut fetch =
                    self.remote(far, ["fetch", "--progress", "--no-tags", "--no-recurse-submodules"]);
                fetch.args(["--", url, refspec]).current_dir(dir);
                let fetched = Listener::new(url, tell).output(fetch).await?;
                if fetched.status.success() && self.has(dir, commit).await? {
                    break;
                }
            }
            if !self.has(dir, commit).await? {
                return Err(NoCommit::Wrong(Problem {
                    what: format!("{} has no commit {commit}", without_password(url)),
                    remedy: "was it pushed? was the branch force-pushed meanwhile?".into(),
                }));
            }
        }
        Ok(())
    }

    async fn has_all(&self, dir: &Path, commits: &[CommitId]) -> Result<bool, NoCommit> {
        for commit in commits {
            if !self.has(dir, commit).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn has(&self, dir: &Path, commit: &CommitId) -> Result<bool, NoCommit> {
        let name = format!("{commit}^{{commit}}");
        let asked = self.local(dir, ["cat-file", "-e", &name], None).await?;
        Ok(asked.status.success())
    }

    async fn refs(&self, dir: &Path) -> Result<String, NoCommit> {
        let list = ["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags"];
        self.ask(dir, list).await
    }

    async fn head(&self, dir: &Path) -> Result<String, NoCommit> {
        let head = self.local(dir, ["symbolic-ref", "-q", "HEAD"], None).await?;
        Ok(String::from_utf8_lossy(&head.stdout).trim().to_owned())
    }

    /// What git says in a mirror.
    pub(super) async fn ask<S: AsRef<OsStr>>(
        &self,
        dir: &Path,
        args: impl IntoIterator<Item = S>,
    ) -> Result<String, NoCommit> {
        answer(&self.local(dir, args, None).await?, dir)
    }

    /// The same of what it reads.
    pub(super) async fn ask_with<S: AsRef<OsStr>>(
        &self,
        dir: &Path,
        args: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Result<String, NoCommit> {
        answer(&self.local(dir, args, Some(input)).await?, dir)
    }
}

/// What git printed, if it was content.
fn answer(output: &Output, dir: &Path) -> Result<String, NoCommit> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(NoCommit::Wrong(broken(dir, &said(output))))
}

/// A mirror that git can't use.
pub(super) fn broken(dir: &Path, said: &str) -> Problem {
    Problem {
        what: format!("git can't use this machine's mirror `{}`: {said}", dir.display()),
        remedy: "it is only a cache: remove it, and the next deploy makes a new one".into(),
    }
}

struct Place {
    above: PathBuf,
    dir: PathBuf,
    lock: PathBuf,
}

/// Two garments may want the same mirror. Held until the file is closed.
async fn lock(place: &Place, tell: Tell<'_>) -> Result<File, NoCommit> {
    let file = File::options().create(true).truncate(false).write(true).open(&place.lock);
    let file = file.map_err(|error| cannot_write(&place.above, &error))?;
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                tell("waiting for another garment that fetches the same repository");
            }
            // Where nothing can be locked nobody else does either: git's own locks are left.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(file),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Takes away what a git that was killed left there: whoever has both locks is alone.
fn tidy(dir: &Path) {
    let entries = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_left = |name: &OsString| {
        let name = name.to_string_lossy();
        name.ends_with(".lock") || name.starts_with("tmp_")
    };
    for entry in entries(dir.to_owned()).chain(entries(dir.join("objects/pack"))) {
        if is_left(&entry.file_name()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    let mut folders = vec![dir.join("refs")];
    while let Some(folder) = folders.pop() {
        for entry in entries(folder) {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            } else if entry.file_name().to_string_lossy().ends_with(".lock") {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

fn no_cache() -> Problem {
    Problem {
        what: "there is no folder for caches on this machine, where mirrors of repositories are kept".into(),
        remedy: "set `XDG_CACHE_HOME`, or `HOME`".into(),
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> NoCommit {
    NoCommit::Wrong(not_writable(path, &error.to_string()))
}

fn not_writable(path: &Path, why: &str) -> Problem {
    Problem {
        what: format!("this machine's mirror can't be written in `{}`: {why}", path.display()),
        remedy:
            "see whether you may write there and the disk has room, or set `XDG_CACHE_HOME` to another place"
                .into(),
    }
}

/// Why git brought nothing: the origin, mostly; or this machine's disk, or a damaged mirror.
fn no_fetch(url: &str, dir: &Path, output: &Output) -> NoCommit {
    let text = String::from_utf8_lossy(&output.stderr);
    let ours = [
        "No space left on device",
        "Disk quota exceeded",
        "Read-only file system",
        "insufficient permission",
    ];
    if ours.iter().any(|word| text.contains(word)) {
        let line = text.lines().find(|line| ours.iter().any(|word| line.contains(word))).unwrap_or_default();
        let reason = line.rsplit(": ").next().unwrap_or(line).trim();
        return cannot_write(dir, &std::io::Error::other(reason.to_owned()));
    }
    let damaged = [
        "not a git repository (or any",
        "unexpected line in",
        "bad object refs/",
        "unable to update local ref",
        "cannot lock ref",
    ];
    if let Some(line) = text.lines().find(|line| damaged.iter().any(|word| line.contains(word))) {
        return NoCommit::Wrong(broken(dir, line.trim()));
    }
    NoCommit::Unreachable(unreachable(url, output))
}
