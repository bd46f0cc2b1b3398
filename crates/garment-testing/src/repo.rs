use std::cell::Cell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs;

/// 2026-01-01T00:00:00Z, in seconds since 1970: when a repository's first commit was made.
const FIRST_COMMIT: u64 = 1_767_225_600;

/// A git repository to deploy: a work tree at `DIR`, and the bare `DIR.git` that it pushes to.
///
/// The caller's git configuration has no say, and dates and people are fixed (each commit is a minute younger than
/// the one before): the same calls give the same commit ids.
#[derive(Debug)]
pub struct Repo {
    folder: PathBuf,
    origin: PathBuf,
    minutes: Cell<u64>,
}

impl Repo {
    /// Makes the work tree at the absolute path `folder`, on the branch `master`, and its bare origin.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self::of_format(folder.into(), "sha1")
    }

    /// The same, with ids of 64 digits.
    pub fn with_sha256(folder: impl Into<PathBuf>) -> Self {
        Self::of_format(folder.into(), "sha256")
    }

    fn of_format(folder: PathBuf, format: &str) -> Self {
        let format = format!("--object-format={format}");
        assert!(folder.is_absolute(), "a repository needs an absolute path, not {}", folder.display());
        fs_err::create_dir_all(&folder).expect("make a repository's folder");
        let mut origin = folder.clone().into_os_string();
        origin.push(".git");
        let repo = Self { folder, origin: origin.into(), minutes: Cell::new(0) };
        repo.git(["init", "--quiet", "--initial-branch=master", &format]);
        let origin = repo.origin.as_os_str();
        repo.git([
            OsStr::new("init"),
            "--quiet".as_ref(),
            "--bare".as_ref(),
            "--initial-branch=master".as_ref(),
            format.as_ref(),
            origin,
        ]);
        repo.git([OsStr::new("remote"), "add".as_ref(), "origin".as_ref(), OsStr::new(&repo.url())]);
        repo
    }

    /// The work tree.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The bare repository that [`Repo::push`] pushes to.
    pub fn origin(&self) -> &Path {
        &self.origin
    }

    /// The origin as `file://…`. Bytes that a URL cannot hold are percent-encoded.
    pub fn url(&self) -> String {
        let bytes = self.origin.as_os_str().as_bytes().iter();
        let encoded: Vec<String> = bytes
            .map(|byte| match char::from(*byte) {
                plain if plain.is_ascii_alphanumeric() || "/-_.~".contains(plain) => plain.to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect();
        format!("file://{}", encoded.concat())
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> &Self {
        fs_err::write(self.place(path), contents).expect("write a file of a repository");
        self
    }

    /// Makes a symbolic link at `path` that holds `target`.
    pub fn symlink(&self, target: impl AsRef<Path>, path: impl AsRef<Path>) -> &Self {
        symlink(target, self.place(path)).expect("make a link of a repository");
        self
    }

    /// Makes the file at `path` executable.
    pub fn executable(&self, path: impl AsRef<Path>) -> &Self {
        let mode = std::fs::Permissions::from_mode(0o755);
        fs_err::set_permissions(self.place(path), mode).expect("make a file of a repository executable");
        self
    }

    /// Removes a file or a folder.
    pub fn remove(&self, path: impl AsRef<Path>) -> &Self {
        let path = self.place(path);
        let is_folder = path.symlink_metadata().is_ok_and(|meta| meta.is_dir());
        let removed = if is_folder { fs_err::remove_dir_all(&path) } else { fs_err::remove_file(&path) };
        removed.expect("remove from a repository");
        self
    }

    /// Commits everything as it is, even if nothing has changed, and returns the commit's full id.
    pub fn commit(&self, message: &str) -> String {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--allow-empty", "--message", message]);
        self.id("HEAD")
    }

    /// Makes a branch at the current commit. [`Repo::checkout`] goes to it.
    pub fn branch(&self, name: &str) -> &Self {
        self.git(["branch", name]);
        self
    }

    /// Goes to a branch.
    pub fn checkout(&self, name: &str) -> &Self {
        self.git(["checkout", "--quiet", name, "--"]);
        self
    }

    /// Makes a lightweight tag at the current commit.
    pub fn tag(&self, name: &str) -> &Self {
        self.git(["tag", name]);
        self
    }

    /// Makes an annotated tag at the current commit, and returns the id of the tag itself.
    pub fn annotated_tag(&self, name: &str) -> String {
        self.git(["tag", "--annotate", "--message", name, name]);
        self.id(&format!("refs/tags/{name}"))
    }

    /// Adds the repository at `url` as a submodule; a relative URL starts at the origin's. [`Repo::commit`] records it.
    pub fn add_submodule(&self, path: &str, url: &str) -> &Self {
        self.git(["submodule", "--quiet", "add", "--", url, path]);
        self
    }

    /// Makes the origin's branches and tags what they are here.
    pub fn push(&self) -> &Self {
        self.git([
            "push",
            "--quiet",
            "--force",
            "--prune",
            "origin",
            "refs/heads/*:refs/heads/*",
            "refs/tags/*:refs/tags/*",
        ]);
        self
    }

    /// The id of what `name` names.
    pub fn id(&self, name: &str) -> String {
        self.git(["rev-parse", "--verify", "--end-of-options", name])
    }

    /// Runs git in the work tree and returns what it printed, without the newline at its end. Panics if it fails.
    #[track_caller]
    pub fn git<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        let date = format!("{} +0000", FIRST_COMMIT + 60 * self.minutes.get());
        let mut git = Command::new(programs::find("git"));
        git.arg("-c")
            .arg("protocol.file.allow=always")
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs([
                ("PATH", crate::host_files::joined(&programs::path_folders()).as_str()),
                ("HOME", "/nonexistent"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_TERMINAL_PROMPT", "0"),
                ("GIT_AUTHOR_NAME", "Ada"),
                ("GIT_AUTHOR_EMAIL", "ada@example.org"),
                ("GIT_AUTHOR_DATE", &date),
                ("GIT_COMMITTER_NAME", "Ada"),
                ("GIT_COMMITTER_EMAIL", "ada@example.org"),
                ("GIT_COMMITTER_DATE", &date),
            ]);
        let output = git.output().expect("start git");
        let shown = || format!("{git:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}", shown());
        if git.get_args().any(|argument| argument == "commit") {
            self.minutes.set(self.minutes.get() + 1);
        }
        String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
    }

    /// The absolute path of `path`, with the folders above it made.
    fn place(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = self.folder.join(path);
        if let Some(above) = path.parent() {
            fs_err::create_dir_all(above).expect("make a folder of a repository");
        }
        path
    }
}
