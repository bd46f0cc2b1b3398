use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::command::{bare, program};
use super::refs::{Advertised, Found};
use super::{NoCommit, Origin, Since, Stock, Tell, upkeep};
use crate::event::Problem;
use crate::model::{CommitId, Held, Parcel};

/// Bounds one question to the origin.
const TIMEOUT: Duration = Duration::from_secs(120);

/// For how many milliseconds git waits while another packs references.
const PATIENT: &str = "core.packedRefsTimeout=10000";

/// The system's `git`.
#[derive(Debug, Clone, Default)]
pub struct Git {
    /// The ssh command that the user's environment names (`GIT_SSH_COMMAND`). Without one it is the one of git's
    /// settings (`core.sshCommand`), or `ssh`.
    pub ssh_command: Option<String>,
    /// The folder that copies of repositories are kept in; nothing in it is missed if it goes.
    pub cache: Option<PathBuf>,
}

impl Origin for Git {
    fn resolve<'a>(
        &'a self,
        repo_url: &'a str,
        git_ref: &'a str,
    ) -> BoxFuture<'a, Result<CommitId, NoCommit>> {
        Box::pin(async move {
            let git = self.with_ssh().await;
            let listed = git.run(None, ["ls-remote", "--", repo_url]).await?;
            if !listed.status.success() {
                return Err(NoCommit::Unreachable(unreachable(repo_url, &listed)));
            }
            let shown = without_password(repo_url);
            match Advertised::parse(&String::from_utf8_lossy(&listed.stdout)).find(git_ref, &shown) {
                Found::Commit(id) => Ok(id),
                Found::Wrong(problem) => Err(NoCommit::Wrong(problem)),
                Found::OnlyById(id) if git.has_commit(repo_url, &id).await? => Ok(id),
                Found::OnlyById(id) => Err(NoCommit::Wrong(Problem {
                    what: format!("there is no commit `{id}` at {shown}"),
                    remedy: "check the id; was the commit pushed?".into(),
                })),
            }
        })
    }

    fn changes<'a>(
        &'a self,
        repo_url: &'a str,
        commit: &'a CommitId,
        live: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Since>, Problem>> {
        Box::pin(self.changes_since(repo_url, commit, live))
    }

    fn stock_problem(&self) -> Option<Problem> {
        self.cache_problem()
    }

    fn stock<'a>(
        &'a self,
        repo_url: &'a str,
        commit: &'a CommitId,
        tell: Tell<'a>,
    ) -> BoxFuture<'a, Result<Stock, NoCommit>> {
        Box::pin(async move { self.with_ssh().await.take_stock(repo_url, commit, tell).await })
    }

    fn pack<'a>(
        &'a self,
        stock: &'a Stock,
        hosts: &'a [Vec<Held>],
    ) -> BoxFuture<'a, Result<Vec<Vec<Parcel>>, Problem>> {
        Box::pin(self.pack_for(stock, hosts))
    }

    fn keep_up(&self, stock: &Stock) {
        for goods in &stock.goods {
            upkeep::begin(&goods.mirror.dir);
        }
    }
}

impl Git {
    pub(super) async fn with_ssh(&self) -> Self {
        Self { ssh_command: Some(self.ssh().await), ..self.clone() }
    }

    /// git that may talk to the origin, in English. `far`: where to was said by a repository that is elsewhere.
    pub(super) fn remote<S: AsRef<OsStr>>(&self, far: bool, args: impl IntoIterator<Item = S>) -> Command {
        let mut git = program();
        // Its copies are garment's own: nobody's hooks have a say in them, and nothing stays behind in the background.
        git.args(["-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "core.hooksPath=/dev/null"]);
        git.args(["-c", "safe.bareRepository=all", "-c", PATIENT]);
        if far {
            git.args(["-c", "protocol.file.allow=user"]).env("GIT_PROTOCOL_FROM_USER", "0");
        }
        git.args(args).env("LC_ALL", "C");
        // Nobody can answer a question beside a report that is being drawn. Credential helpers still work.
        let ssh = self.ssh_command.as_deref().unwrap_or("ssh");
        git.env("GIT_SSH_COMMAND", format!("{ssh} -o BatchMode=yes"));
        git
    }

    /// Runs git in a copy on this machine, where it talks to nobody.
    pub(super) async fn local<S: AsRef<OsStr>>(
        &self,
        dir: &Path,
        args: impl IntoIterator<Item = S>,
        input: Option<&[u8]>,
    ) -> Result<Output, NoCommit> {
        let mut git = bare(dir, args);
        git.env("GIT_NO_LAZY_FETCH", "1").stdout(Stdio::piped()).stderr(Stdio::piped());
        if input.is_some() {
            git.stdin(Stdio::piped());
        }
        let started = |error| NoCommit::Unreachable(not_started(&error));
        let mut child = git.spawn().map_err(started)?;
        let stdin = child.stdin.take();
        let write = async {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // If it does not read it says why.
                let _ = stdin.write_all(input).await;
            }
        };
        let ((), output) = tokio::join!(write, child.wait_with_output());
        output.map_err(started)
    }

    /// The ssh command to use: what is said here goes before git's own settings, so they have to be asked.
    async fn ssh(&self) -> String {
        if let Some(command) = &self.ssh_command {
            return command.clone();
        }
        let asked = program().args(["config", "--get", "core.sshCommand"]).output().await;
        let set = asked.ok().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        set.filter(|command| !command.is_empty()).unwrap_or_else(|| "ssh".to_owned())
    }

    /// Whether the origin has a commit that none of its refs points at.
    async fn has_commit(&self, repo_url: &str, id: &CommitId) -> Result<bool, NoCommit> {
        let dir = tempfile::Builder::new().prefix("garment-").tempdir().map_err(|error| no_folder(&error))?;
        let format = if id.as_str().len() == 64 { "--object-format=sha256" } else { "--object-format=sha1" };
        self.run(Some(dir.path()), ["init", "--quiet", "--bare", format, "."]).await?;
        // The commit alone, where the origin knows how to leave the rest out.
        let by_id = ["fetch", "--quiet", "--depth=1", "--filter=tree:0", "--", repo_url, id.as_str()];
        if !self.run(Some(dir.path()), by_id).await?.status.success() {
            // Not every origin gives commits by their id. Then all of the history is needed to tell.
            let all = ["fetch", "--quiet", "--filter=blob:none", "--", repo_url, "+refs/*:refs/*"];
            let fetched = self.run(Some(dir.path()), all).await?;
            if !fetched.status.success() {
                return Err(NoCommit::Unreachable(unreachable(repo_url, &fetched)));
            }
        }
        let name = format!("{id}^{{commit}}");
        Ok(self.run(Some(dir.path()), ["cat-file", "-e", &name]).await?.status.success())
    }

    async fn run<S: AsRef<OsStr>>(
        &self,
        dir: Option<&Path>,
        args: impl IntoIterator<Item = S>,
    ) -> Result<Output, NoCommit> {
        // Nobody can answer a question beside a report that is being drawn. Credential helpers still work.
        let mut git = program();
        git.args(["-c", "safe.bareRepository=all"]).args(args);
        if let Some(dir) = dir {
            git.current_dir(dir).env("GIT_NO_LAZY_FETCH", "1");
        }
        git.env(
            "GIT_SSH_COMMAND",
            format!("{} -o BatchMode=yes", self.ssh_command.as_deref().unwrap_or("ssh")),
        );
        match tokio::time::timeout(TIMEOUT, git.output()).await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(error)) => Err(NoCommit::Unreachable(not_started(&error))),
            Err(_) => Err(NoCommit::Unreachable(Problem {
                what: format!("the origin did not answer within {} seconds", TIMEOUT.as_secs()),
                remedy: "try `git ls-remote` with the repository's URL".into(),
            })),
        }
    }
}

pub(super) fn unreachable(repo_url: &str, output: &Output) -> Problem {
    let text = String::from_utf8_lossy(&output.stderr);
    // git's own word for it comes first; what follows is general advice.
    let said =
        text.lines().map(str::trim).find(|line| line.starts_with("fatal:") || line.starts_with("ssh:"));
    let said = said
        .or_else(|| text.lines().map(str::trim).rfind(|line| !line.is_empty()))
        .unwrap_or("git said nothing");
    let shown = without_password(repo_url);
    let said = said.strip_prefix("fatal: ").unwrap_or(said).replace(repo_url, &shown);
    Problem {
        what: format!("this machine can't read {shown}: {said}"),
        remedy: format!("try `git ls-remote {shown}`; it has to work here without asking anything"),
    }
}

/// The URL as it may be shown: `https://user:***@host/…`.
pub(super) fn without_password(url: &str) -> String {
    let parts = url.split_once("://").and_then(|(scheme, rest)| {
        let (login, place) = rest.split_once('@')?;
        let (user, _) = login.split_once(':')?;
        (!login.contains('/')).then_some((scheme, user, place))
    });
    match parts {
        Some((scheme, user, place)) => format!("{scheme}://{user}:***@{place}"),
        None => url.to_owned(),
    }
}

pub(super) fn not_started(error: &std::io::Error) -> Problem {
    if error.kind() == std::io::ErrorKind::NotFound {
        Problem {
            what: "there is no `git` on this machine".into(),
            remedy: "install git (Debian: `apt-get install git`)".into(),
        }
    } else {
        Problem { what: format!("can't start git: {error}"), remedy: String::new() }
    }
}

fn no_folder(error: &std::io::Error) -> NoCommit {
    NoCommit::Unreachable(Problem {
        what: format!("can't make a temporary folder: {error}"),
        remedy: "see that `TMPDIR` is writable and has room".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(
            without_password("https://me:s3cret@example.org/x.git"),
            "https://me:***@example.org/x.git"
        );
        for url in ["git@example.org:x.git", "https://me@example.org/x", "/srv/a:b@c", "ssh://h/a:b@c"] {
            assert_eq!(without_password(url), url);
        }
    }
}
