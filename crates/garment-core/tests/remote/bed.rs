use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use garment_core::event::Problem;
use garment_core::model::{CommitId, HostFacts, ReleaseName, State};
use garment_core::remote::{
    Check, Cutover, Moved, Paths, Prepare, check, cutover, parse_cutover, parse_prepare, parse_problems,
    parse_prune, parse_revert, parse_survey, prepare, prune, rehearse, revert, survey,
};
use tempfile::TempDir;

/// A shell with the tools that come along with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shell {
    Dash,
    Bash,
    BashPosix,
    Ash,
}

impl Shell {
    pub(crate) const ALL: [Self; 4] = [Self::Dash, Self::Bash, Self::BashPosix, Self::Ash];

    pub(crate) fn words(self) -> Vec<String> {
        let word = |name| find(name).display().to_string();
        match self {
            Self::Dash => vec![word("dash")],
            Self::Bash => vec![word("bash")],
            Self::BashPosix => vec![word("bash"), "--posix".into()],
            Self::Ash => vec![word("busybox"), "ash".into()],
        }
    }
}

/// Where a program is. Its absence is a failure that says which package has it.
pub(crate) fn find(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("`{name}` is not on the PATH: apt-get install {name}"))
}

/// A folder with all of busybox's applets and git, and nothing else.
fn busybox_path() -> &'static str {
    static DIR: OnceLock<(TempDir, String)> = OnceLock::new();
    let (_, path) = DIR.get_or_init(|| {
        let dir = TempDir::new().unwrap();
        let done = Command::new(find("busybox")).args(["--install", "-s"]).arg(dir.path()).status().unwrap();
        assert!(done.success());
        symlink(find("git"), dir.path().join("git")).unwrap();
        let path = dir.path().display().to_string();
        (dir, path)
    });
    path
}

/// What a script did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn problems(&self) -> Vec<Problem> {
        parse_problems(&self.stdout).unwrap()
    }

    /// The only problem of a failed script, and its remedy.
    #[track_caller]
    pub(crate) fn failure(&self) -> (String, String) {
        assert_eq!(self.code, Some(1), "{self:?}");
        let mut problems = self.problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        let problem = problems.remove(0);
        (problem.what, problem.remedy)
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(
            (self.code, self.problems()),
            (Some(0), vec![]),
            "{}\n{}",
            String::from_utf8_lossy(&self.stdout),
            self.stderr
        );
        self
    }
}

/// A host and an origin, in one temporary folder.
pub(crate) struct Bed {
    pub(crate) shell: Shell,
    pub(crate) dir: TempDir,
    pub(crate) paths: Paths,
    pub(crate) path: String,
    pub(crate) env: Vec<(String, String)>,
}

impl Bed {
    pub(crate) fn new(shell: Shell) -> Self {
        let dir = tempfile::Builder::new().prefix("garment remote ").tempdir().unwrap();
        fs::create_dir(dir.path().join("home")).unwrap();
        let path = match shell {
            Shell::Ash => busybox_path().to_owned(),
            _ => std::env::var("PATH").unwrap(),
        };
        let paths = Paths {
            deploy_dir: "~/app".into(),
            source_dir: "~/app/source".into(),
            releases_dir: "~/app/releases".into(),
            current_symlink: "~/app/current".into(),
        };
        Self { shell, dir, paths, path, env: Vec::new() }
    }

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Shell::ALL.into_iter().map(Self::new)
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// A place below `~/app`.
    pub(crate) fn app(&self, rest: &str) -> PathBuf {
        self.home().join("app").join(rest)
    }

    pub(crate) fn command(&self, text: &str) -> Command {
        let words = self.shell.words();
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .args(["-c", text])
            .current_dir(self.home())
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", &self.path)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .envs(self.env.iter().map(|(k, v)| (k, v)))
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, text: &str) -> Ran {
        let out = self.command(text).output().unwrap();
        Ran {
            code: out.status.code(),
            stdout: out.stdout,
            stderr: String::from_utf8_lossy(&out.stderr).into_owned(),
        }
    }

    pub(crate) fn survey(&self) -> HostFacts {
        let ran = self.run(&survey(&self.paths)).ok();
        assert_eq!(ran.stderr, "");
        parse_survey(&ran.stdout).unwrap()
    }

    pub(crate) fn prepare(&self, repo_url: &str, commit: &str, name: &str) -> Ran {
        self.run(&self.prepare_text(repo_url, commit, name))
    }

    pub(crate) fn prepare_text(&self, repo_url: &str, commit: &str, name: &str) -> String {
        prepare(&Prepare {
            paths: &self.paths,
            repo_url,
            commit: &CommitId::parse(commit).unwrap(),
            release: &release(name),
            by: "evan@pungi",
            git_ref: "master",
            token: None,
            resuming: false,
            delivery: garment_core::model::Delivery::Pull,
            head: "",
        })
    }

    /// As `prepare`, for one that has to work: the release's folder.
    #[track_caller]
    pub(crate) fn prepared(&self, repo_url: &str, commit: &str, name: &str) -> PathBuf {
        let ran = self.prepare(repo_url, commit, name).ok();
        let dir = PathBuf::from(parse_prepare(&ran.stdout).unwrap());
        assert_eq!(dir.file_name().unwrap().to_str(), Some(name));
        dir
    }

    pub(crate) fn cutover(&self, name: &str, left_as: State) -> Ran {
        self.run(&cutover(&Cutover {
            paths: &self.paths,
            release: &release(name),
            left_as,
            confirmation: None,
            token: None,
        }))
    }

    pub(crate) fn rehearse(&self, name: &str) -> Ran {
        self.run(&rehearse(&Cutover {
            paths: &self.paths,
            release: &release(name),
            left_as: State::Replaced,
            confirmation: None,
            token: None,
        }))
    }

    #[track_caller]
    pub(crate) fn reverted(&self, name: &str, left_as: State) -> Option<String> {
        let ran = self
            .run(&revert(&Cutover {
                paths: &self.paths,
                release: &release(name),
                left_as,
                confirmation: None,
                token: None,
            }))
            .ok();
        assert_eq!(ran.stderr, "");
        parse_revert(&ran.stdout).unwrap()
    }

    #[track_caller]
    pub(crate) fn moved(&self, name: &str) -> Moved {
        let ran = self.cutover(name, State::Replaced).ok();
        assert_eq!(ran.stderr, "");
        parse_cutover(&ran.stdout).unwrap()
    }

    pub(crate) fn prune(&self, names: &[&str], current: &str) -> (Ran, Vec<String>) {
        let names: Vec<ReleaseName> = names.iter().map(|name| release(name)).collect();
        let ran = self.run(&prune(&self.paths, &names, &release(current), None));
        let pruned = parse_prune(&ran.stdout).unwrap();
        (ran, pruned.iter().map(ToString::to_string).collect())
    }

    pub(crate) fn check(&self, repo_url: &str) -> Ran {
        self.run(&check(&Check {
            paths: &self.paths,
            repo_url,
            forward_agent: false,
            delivery: garment_core::model::Delivery::Pull,
        }))
    }

    /// Names and states of the releases that a survey lists.
    pub(crate) fn listed(&self) -> Vec<(String, Option<State>)> {
        self.survey().releases.iter().map(|(name, facts)| (name.to_string(), facts.state)).collect()
    }

    /// A repository beside the home.
    pub(crate) fn repo(&self, name: &str) -> Repo {
        Repo::new(self.dir.path().join(name))
    }
}

/// A name for a release, `n` seconds into a day.
pub(crate) fn name(n: u32) -> String {
    format!("20131228T2027{n:02}-4634f44")
}

pub(crate) fn release(name: &str) -> ReleaseName {
    ReleaseName::parse(name).unwrap_or_else(|| panic!("{name}"))
}

/// A repository with a work tree, to fetch from.
pub(crate) struct Repo {
    pub(crate) dir: PathBuf,
}

impl Repo {
    pub(crate) fn new(dir: PathBuf) -> Self {
        fs::create_dir_all(&dir).unwrap();
        let repo = Self { dir };
        repo.git(&["init", "-q", "-b", "master"]);
        repo.git(&["config", "uploadpack.allowAnySHA1InWant", "false"]);
        repo
    }

    pub(crate) fn url(&self) -> String {
        format!("file://{}", self.dir.display())
    }

    #[track_caller]
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let out = Command::new(find("git"))
            .args(["-c", "protocol.file.allow=always", "-c", "core.hooksPath=/dev/null"])
            .args(args)
            .current_dir(&self.dir)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .envs([
                ("GIT_AUTHOR_NAME", "a"),
                ("GIT_AUTHOR_EMAIL", "a@b"),
                ("GIT_AUTHOR_DATE", "1700000000 +0000"),
            ])
            .envs([
                ("GIT_COMMITTER_NAME", "a"),
                ("GIT_COMMITTER_EMAIL", "a@b"),
                ("GIT_COMMITTER_DATE", "1700000000 +0000"),
            ])
            .output()
            .unwrap();
        assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim_end_matches('\n').to_owned()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.dir.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Commits all there is.
    #[track_caller]
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Records another repository's HEAD at a path, with what `.gitmodules` shall say of it.
    pub(crate) fn add_submodule(&self, path: &str, url: Option<&str>, commit: &str) {
        self.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},{path}")]);
        fs::create_dir_all(self.dir.join(path)).unwrap();
        if let Some(url) = url {
            let key = |what| format!("submodule.{}.{what}", path.replace('\n', "_"));
            self.git(&["config", "-f", ".gitmodules", &key("path"), path]);
            self.git(&["config", "-f", ".gitmodules", &key("url"), url]);
            self.git(&["add", ".gitmodules"]);
        }
    }

    /// Commits what is staged.
    #[track_caller]
    pub(crate) fn commit_index(&self, message: &str) -> String {
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}

/// Every file below a folder: what it is, its permissions for the owner, its text or target.
pub(crate) fn tree(dir: &Path) -> BTreeMap<String, String> {
    use std::os::unix::fs::PermissionsExt;
    let mut found = BTreeMap::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(at) = todo.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(dir).unwrap().to_string_lossy().into_owned();
            let meta = fs::symlink_metadata(&path).unwrap();
            let what = if meta.is_symlink() {
                format!("-> {}", fs::read_link(&path).unwrap().display())
            } else if meta.is_dir() {
                todo.push(path);
                "folder".to_owned()
            } else {
                let run = if meta.permissions().mode() & 0o100 == 0 { "" } else { "* " };
                format!("{run}{}", String::from_utf8_lossy(&fs::read(&path).unwrap()))
            };
            found.insert(name, what);
        }
    }
    found
}

/// Waits until `is_so`; a test whose wait does not end fails.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
