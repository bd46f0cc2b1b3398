//! What every case starts from: three hosts, a release that is live on all of them, and one to go back to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fs_err as fs;
use garment_testing::{Fleet, Host, Reader, Repo, Running, Sandbox};

use crate::case::{Case, Op};

/// Files that a release has beside `version`, each with the same text.
const PARTS: usize = 12;

/// What the tasks of each operation run, in order, on every host.
pub(crate) fn commands(op: Op) -> &'static [&'static str] {
    match op {
        Op::Deploy => &["build-0", "build-1", "warm-0", "reload-0", "reload-1", "sweep-0"],
        Op::Rollback => &["undo-0", "undo-1", "reload-0", "reload-1"],
    }
}

pub(crate) struct Bed {
    reader: Reader,
    repo: Repo,
    pub(crate) fleet: Fleet,
    versions: usize,
    /// What was live on every host, the newest last.
    pub(crate) lives: Vec<String>,
}

impl Bed {
    pub(crate) fn new() -> Self {
        let fleet = Fleet::builder().webs(3).start();
        let repo = fleet.repo("shop");
        let mut hosts = String::new();
        for host in fleet.hosts() {
            // A deploy wants 32 MiB free.
            host.small_disk("shop", 96);
            host.write("act", include_str!("act.sh"));
            writeln!(hosts, "    {}:", host.name()).unwrap();
            // So that what garment itself does is still at it when the fault comes.
            for program in ["mv", "git"] {
                slow_down(&fleet, host, program);
            }
        }
        let task = |id: &str, count: usize| {
            let commands = (0..count).map(|index| format!("sh ~/act {{release}} {id}-{index}"));
            format!("      - id: {id}\n        commands: {:?}\n", commands.collect::<Vec<_>>())
        };
        let stages = [
            format!("    before:\n{}{}", task("build", 2), task("warm", 1)),
            format!("    after:\n{}", task("reload", 2)),
            format!("    rollback:\n{}", task("undo", 2)),
            format!("    cleanup:\n{}", task("sweep", 1)),
        ];
        let url = repo.url();
        Sandbox::new(&fleet, env!("CARGO_BIN_EXE_garment")).config(&format!(
            "production:\n  repo_url: {url}\n  git_ref: master\n  deploy_dir: ~/shop\n  keep_releases: 5\n  reconnect_timeout: 3s\n  hosts:\n{hosts}  stages:\n{}",
            stages.concat()
        ));
        push(&repo, 1);
        for _ in 0..2 {
            Sandbox::new(&fleet, env!("CARGO_BIN_EXE_garment")).run(["deploy", "production"]).code(0);
        }
        let links = fleet.hosts().iter().map(|host| (host.name().to_owned(), host.file("shop/current")));
        let reader = Reader::start(links.collect(), |link| {
            // Once: it may lead elsewhere by the next look.
            let release = fs::canonicalize(link).map_err(|error| error.to_string())?;
            is_whole(&release, &["version", "part-00", "zz-last"])
        });
        let mut bed = Self { reader, repo, fleet, versions: 1, lives: Vec::new() };
        let mut releases = releases(bed.host("web1"));
        releases.sort();
        bed.lives = releases;
        bed
    }

    pub(crate) fn garment(&self) -> Sandbox<'_> {
        Sandbox::new(&self.fleet, env!("CARGO_BIN_EXE_garment")).timeout(Duration::from_secs(90))
    }

    pub(crate) fn host(&self, name: &str) -> &Host {
        self.fleet.host(name)
    }

    /// Starts an operation that writes its events down and, in a case, stops at one of them.
    fn start(&self, op: Op, case: Option<&Case>) -> Running {
        let _ = fs::remove_file(self.events_file());
        let garment = self.garment();
        let mut command = garment.command(self.words(op));
        command.env("GARMENT_TEST_EVENTS", self.events_file());
        if let Some(case) = case {
            command.env("GARMENT_TEST_STOP_AT", &case.boundary);
            if case.kind.is_silent() {
                command.env("GARMENT_TEST_KEEPALIVE", "1");
            }
        }
        garment.spawn_command(command)
    }

    /// Starts a case's operation and waits until it stands still at the boundary.
    pub(crate) fn start_at(&self, case: &Case) -> Running {
        let running = self.start(case.op, Some(case));
        let stopped = running.has_stopped();
        assert!(stopped, "not landed: it did not come to the boundary\n{}", running.finish());
        assert_eq!(self.events().last(), Some(&case.boundary), "it stopped somewhere else");
        running
    }

    /// The events of the operation that was started last, so far.
    pub(crate) fn events(&self) -> Vec<String> {
        let text = fs::read_to_string(self.events_file()).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn events_file(&self) -> PathBuf {
        self.fleet.root().join("events")
    }

    /// The words of an operation; a rollback goes to the release before.
    pub(crate) fn words(&self, op: Op) -> Vec<&str> {
        match op {
            Op::Deploy => vec!["deploy", "production"],
            Op::Rollback => vec!["rollback", "production", self.release_before()],
        }
    }

    pub(crate) fn release_before(&self) -> &str {
        &self.lives[self.lives.len() - 2]
    }

    /// Every boundary of an operation, from a run in which nothing happens.
    pub(crate) fn boundaries(&mut self, op: Op) -> Vec<String> {
        self.start(op, None).finish().code(0);
        let mut events = self.events();
        // The rollback left the newest release: there is to be one before the one that is live.
        self.push();
        self.garment().run(["deploy", "production"]).code(0);
        self.note_live();
        let mut known = std::collections::BTreeSet::new();
        events.retain(|event| !event.starts_with("Note") && known.insert(event.clone()));
        events
    }

    /// The next version at the origin; the first digits of its commit.
    pub(crate) fn push(&mut self) -> String {
        self.versions += 1;
        push(&self.repo, self.versions)[..7].to_owned()
    }

    /// Whether what many operations leave behind may soon be too much for the small disks.
    pub(crate) fn is_worn(&self) -> bool {
        self.versions > 50
    }

    /// What is live has become so on every host.
    pub(crate) fn note_live(&mut self) {
        self.lives.push(self.currents()["web1"].clone());
    }

    /// What `current` leads to, by its name.
    pub(crate) fn currents(&self) -> BTreeMap<String, String> {
        let current = |host: &Host| {
            let link = fs::read_link(host.file("shop/current")).unwrap_or_default();
            link.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        };
        self.fleet.hosts().iter().map(|host| (host.name().to_owned(), current(host))).collect()
    }

    /// What it leads to on all hosts, if that is the same.
    pub(crate) fn agreed(&self) -> Option<String> {
        let currents = self.currents();
        let first = currents["web1"].clone();
        currents.values().all(|current| *current == first).then_some(first)
    }

    /// Forgets what commands did, and whatever was armed.
    pub(crate) fn clear(&self) {
        for host in self.fleet.hosts() {
            for file in ["armed", "sprung", "slow", "wrong", "journal"] {
                let _ = std::fs::remove_file(host.file(file));
            }
        }
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }
}

/// Puts a program first on the host's PATH that takes a moment where `~/slow` is there.
fn slow_down(fleet: &Fleet, host: &Host, program: &str) {
    let real = fleet.command(program).get_args().nth(1).unwrap().to_owned();
    let real = real.display();
    let text = format!("#!/bin/sh\n[ ! -e \"$HOME/slow\" ] || sleep 0.05\nexec '{real}' \"$@\"\n");
    let path = fleet.root().join("hosts").join(host.name()).join("bin").join(program);
    // By a child: a process that this one forks meanwhile would hold the file open for writing.
    let write = ["-c", "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"", "dash", &text];
    assert!(fleet.command("dash").args(write).arg(path).status().unwrap().success());
}

fn push(repo: &Repo, version: usize) -> String {
    let text = format!("{version}\n");
    for part in 0..PARTS {
        repo.write(format!("part-{part:02}"), &text);
    }
    repo.write("version", &text).write("zz-last", &text);
    let commit = repo.commit(&version.to_string());
    repo.push();
    commit
}

/// Folders that `garment list` would show.
pub(crate) fn releases(host: &Host) -> Vec<String> {
    let entries = fs::read_dir(host.file("shop/releases")).unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| !name.starts_with('.')).collect()
}

/// What is missing of a release, or of another one.
pub(crate) fn incomplete(release: &Path) -> Result<(), String> {
    let parts: Vec<String> = (0..PARTS).map(|part| format!("part-{part:02}")).collect();
    let mut names: Vec<&str> = parts.iter().map(String::as_str).collect();
    names.extend(["version", "zz-last"]);
    is_whole(release, &names)?;
    let revision =
        std::fs::read_to_string(release.join("REVISION")).map_err(|error| format!("REVISION: {error}"))?;
    let name = release.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if name.ends_with(&format!("-{}", revision.get(..7).unwrap_or("?"))) {
        return Ok(());
    }
    Err(format!("REVISION says {revision}"))
}

fn is_whole(release: &Path, names: &[&str]) -> Result<(), String> {
    let mut texts = Vec::new();
    for name in names {
        let text = std::fs::read_to_string(release.join(name)).map_err(|error| format!("{name}: {error}"))?;
        texts.push(text);
    }
    let all_alike = texts.windows(2).all(|pair| pair[0] == pair[1]) && !texts[0].is_empty();
    if all_alike { Ok(()) } else { Err(format!("of several versions: {texts:?}")) }
}

/// Waits until `is_so`, for so long; whether it became so.
pub(crate) fn within(patience: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        if is_so() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
