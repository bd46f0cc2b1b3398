use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio::process::Command;

use super::command::{git, output, said};
use crate::event::Problem;
use crate::model::CommitId;

/// Who commits.
const NAME: &str = "Demo";
const EMAIL: &str = "demo@example.org";

/// Settings that come by the environment.
const SETTINGS: [&str; 9] = [
    "GIT_ALLOW_PROTOCOL",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DEFAULT_HASH",
    "GIT_DEFAULT_REF_FORMAT",
    "GIT_GLOB_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_TEMPLATE_DIR",
];

/// A repository that garment makes itself: a folder with files, and the bare repository that it pushes to. Nothing of
/// the user's git settings has a say, so that the same files and times give the same commits everywhere.
#[derive(Debug)]
pub struct Workshop {
    folder: PathBuf,
    origin: PathBuf,
}

impl Workshop {
    /// Makes both, on the branch `main`. The folders must not be there, and those above them must; both paths are
    /// absolute.
    ///
    /// # Errors
    /// A folder can't be made, or git does not do as it is told.
    pub async fn make(folder: PathBuf, origin: PathBuf) -> Result<Self, Problem> {
        for folder in [&folder, &origin] {
            create(folder)?;
        }
        let workshop = Self { folder, origin };
        let init = ["init", "--quiet", "--template="];
        workshop.run(&workshop.folder, init).await?;
        workshop.run(&workshop.origin, [&init[..], &["--bare"]].concat()).await?;
        for folder in [&workshop.folder, &workshop.origin] {
            workshop.run(folder, ["symbolic-ref", "HEAD", "refs/heads/main"]).await?;
        }
        let add = ["remote", "add", "origin"].map(OsStr::new);
        workshop.run(&workshop.folder, [&add[..], &[workshop.origin.as_os_str()]].concat()).await?;
        // So that people can go on from here with nothing set up.
        for (key, value) in [
            ("user.name", NAME),
            ("user.email", EMAIL),
            ("commit.gpgSign", "false"),
            ("core.autocrlf", "false"),
            ("branch.main.remote", "origin"),
            ("branch.main.merge", "refs/heads/main"),
        ] {
            workshop.run(&workshop.folder, ["config", key, value]).await?;
        }
        Ok(workshop)
    }

    /// The folder with files, for the caller to write into.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The bare repository.
    pub fn origin(&self) -> &Path {
        &self.origin
    }

    /// Commits all files as they are, as if at that time, and pushes.
    ///
    /// # Errors
    /// git does not do as it is told.
    pub async fn commit(&self, message: &str, at: Timestamp) -> Result<CommitId, Problem> {
        self.run(&self.folder, ["add", "--all"]).await?;
        let date = format!("{} +0000", at.as_second());
        let mut commit = self.git(&self.folder, ["commit", "--quiet", "--message", message]);
        for role in ["AUTHOR", "COMMITTER"] {
            commit.env(format!("GIT_{role}_NAME"), NAME);
            commit.env(format!("GIT_{role}_EMAIL"), EMAIL);
            commit.env(format!("GIT_{role}_DATE"), &date);
        }
        run(commit).await?;
        self.run(&self.folder, ["push", "--quiet", "origin", "main"]).await?;
        let id = self.run(&self.folder, ["rev-parse", "HEAD"]).await?;
        CommitId::parse(id.trim()).map_err(|_| Problem {
            what: format!("git says that the commit is `{}`", id.trim()),
            remedy: String::new(),
        })
    }

    async fn run<S: AsRef<OsStr>>(
        &self,
        dir: &Path,
        args: impl IntoIterator<Item = S>,
    ) -> Result<String, Problem> {
        run(self.git(dir, args)).await
    }

    fn git<S: AsRef<OsStr>>(&self, dir: &Path, args: impl IntoIterator<Item = S>) -> Command {
        let mut git = git(dir, args);
        for name in SETTINGS {
            git.env_remove(name);
        }
        git.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        // Before 2.32 git knew no other way: there is nothing of that name in there.
        git.env("HOME", &self.origin).env("XDG_CONFIG_HOME", &self.origin);
        git
    }
}

async fn run(git: Command) -> Result<String, Problem> {
    let output = output(git).await?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Problem {
        what: format!("git failed: {}", said(&output)),
        remedy: "see whether `git --version` is 2.7 or newer, and whether the disk has room".into(),
    })
}

fn create(folder: &Path) -> Result<(), Problem> {
    std::fs::create_dir(folder).map_err(|error| Problem {
        what: format!("can't make the folder `{}`: {error}", folder.display()),
        remedy: "see whether the disk has room".into(),
    })
}
