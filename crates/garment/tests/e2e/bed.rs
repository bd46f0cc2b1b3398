//! What the tests of trouble start from, and ways to say what they see.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use garment_testing::{Fleet, Host, Repo, Running, Sandbox};

use crate::project;

/// A project to deploy: garment, a repository with one commit at its origin, and a `deploy.conf` to come.
pub(crate) struct Shop<'fleet> {
    pub(crate) project: Sandbox<'fleet>,
    pub(crate) repo: Repo,
}

/// A project whose `index.html` says `one`.
pub(crate) fn shop(fleet: &Fleet) -> Shop<'_> {
    let shop = Shop { project: project(fleet), repo: fleet.repo("shop") };
    shop.push("one");
    shop
}

impl Shop<'_> {
    /// A commit whose `index.html` is `text`, at the origin.
    pub(crate) fn push(&self, text: &str) -> String {
        self.repo.write("index.html", format!("{text}\n"));
        let id = self.repo.commit(text);
        self.repo.push();
        id
    }

    /// Writes a `deploy.conf`: `production` on all hosts of the fleet, in `~/shop`. `more` is what comes behind, two
    /// columns in.
    pub(crate) fn config(&self, more: &str) {
        let hosts: Vec<_> = self.project.fleet().hosts().iter().map(Host::name).collect();
        self.config_on(&hosts, more);
    }

    /// As [`Shop::config`], with the hosts named.
    pub(crate) fn config_on(&self, hosts: &[&str], more: &str) {
        let hosts = hosts.iter().fold(String::new(), |mut text, host| {
            writeln!(text, "    {host}:").unwrap();
            text
        });
        let url = self.repo.url();
        self.project.config(&format!(
            "production:\n  repo_url: {url}\n  git_ref: master\n  deploy_dir: ~/shop\n  hosts:\n{hosts}{more}"
        ));
    }
}

/// What commands on hosts wait at, each host by itself, until the test opens it there.
pub(crate) struct Gate(PathBuf);

impl Gate {
    /// A gate for every host, in the fleet's folder.
    pub(crate) fn new(fleet: &Fleet) -> Self {
        let gate = Self(fleet.root().join("gate-"));
        for host in fleet.hosts() {
            // One fifo for each: two readers of one would take each other's bytes.
            assert!(fleet.command("mkfifo").arg(gate.path(host.name())).status().unwrap().success());
        }
        gate
    }

    /// Shell text for `deploy.conf` that waits until the gate of the host opens.
    pub(crate) fn wait(&self) -> String {
        self.wait_on("{host}")
    }

    /// Shell text that waits until the gate of that host opens.
    pub(crate) fn wait_on(&self, host: &str) -> String {
        format!("read -r opened <{}", self.path(host))
    }

    /// Lets through who waits on that host, or will.
    pub(crate) fn open(&self, host: &str) {
        let path = self.path(host);
        // Opening blocks until somebody reads.
        std::thread::spawn(move || drop(std::fs::write(path, "open\n")));
    }

    fn path(&self, host: &str) -> String {
        format!("{}{host}", self.0.display())
    }
}

/// Puts a program first on a host's PATH: the shell text `odd`, which is followed by the real program.
pub(crate) fn wrap(fleet: &Fleet, host: &str, program: &str, odd: &str) {
    let path = fleet.root().join("hosts").join(host).join("bin").join(program);
    let real = fleet.command(program).get_args().nth(1).unwrap().to_owned();
    let text = format!("#!/bin/sh\n{odd}\nexec '{}' \"$@\"\n", real.display());
    // By a child: a process that this one forks meanwhile would hold the file open for writing.
    let write = ["-c", "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"", "dash", &text];
    assert!(fleet.command("dash").args(write).arg(path).status().unwrap().success());
}

/// Whether something that runs on a host has `text` in its command line.
pub(crate) fn runs(host: &Host, text: &str) -> bool {
    host.processes().iter().any(|line| line.contains(text))
}

/// What `current` leads to on a host; empty where there is none.
pub(crate) fn current(host: &Host) -> String {
    let link = fs_err::read_link(host.file("shop/current")).unwrap_or_default();
    link.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Waits until `is_so`; a test whose wait does not end fails.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !is_so() {
        assert!(std::time::Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// Waits for `[host] TEXT`.
pub(crate) fn wait_for(running: &mut Running, host: &str, text: &str) -> String {
    let start = format!("[{host}] {text}");
    running.wait_for_line(|line| line.starts_with(&start))
}

/// Everything below a folder: each path and what is there. Times do not count, and neither does the lock, with which
/// an operation begins that may then find that it can't do anything.
pub(crate) fn footprint(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    note(folder, folder, &mut found);
    found.remove("shop/.garment/beat");
    found.remove("shop/.garment/session");
    if found.remove("shop/.garment/lock").is_some() {
        for folder in ["shop/.garment", "shop"] {
            let inside = format!("{folder}/");
            if !found.keys().any(|path| path.starts_with(&inside)) {
                found.remove(folder);
            }
        }
    }
    found
}

fn note(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        let what = if kind.is_symlink() {
            format!("-> {}", fs_err::read_link(&path).unwrap().display())
        } else if kind.is_dir() {
            note(root, &path, found);
            "folder".to_owned()
        } else if kind.is_file() {
            String::from_utf8_lossy(&fs_err::read(&path).unwrap()).into_owned()
        } else {
            "special".to_owned()
        };
        found.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), what);
    }
}

/// [`footprint`] of every host's home.
pub(crate) fn footprints(fleet: &Fleet) -> Vec<BTreeMap<String, String>> {
    fleet.hosts().iter().map(|host| footprint(host.home())).collect()
}

/// What garment printed, without what differs from run to run: releases become `RELEASE1` and so on by age, times `TIME`,
/// the fleet's folder `FLEET`, ports `PORT`, the user `USER`.
pub(crate) fn tame(fleet: &Fleet, text: &str) -> String {
    let mut text = text.replace(&*fleet.root().to_string_lossy(), "FLEET");
    for host in fleet.hosts() {
        text = text.replace(&host.port().to_string(), "PORT");
    }
    text = text.replace(&fleet.refusing_port().to_string(), "PORT");
    let user = &fleet.env()["USER"];
    text = text.replace(&format!("{user}@"), "USER@").replace(&format!("{user} may"), "USER may");
    text = text.replace(&format!("let {user} "), "let USER ");
    let mut releases: Vec<String> = releases_in(&text);
    releases.sort();
    releases.dedup();
    for (index, release) in releases.iter().enumerate() {
        text = text.replace(release, &format!("RELEASE{}", index + 1));
    }
    without_times(&text)
}

/// Names of releases that a text has.
pub(crate) fn releases_in(text: &str) -> Vec<String> {
    const SHAPE: &str = "00000000T000000-xxxxxxx";
    let fits = |slice: &[u8]| {
        slice.iter().zip(SHAPE.bytes()).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_hexdigit(),
            _ => *byte == shape,
        })
    };
    let windows = text.as_bytes().windows(SHAPE.len()).filter(|window| fits(window));
    windows.map(|window| String::from_utf8_lossy(window).into_owned()).collect()
}

/// `1.2 s`, `12 s`, `1 min 5 s` become `TIME`.
fn without_times(text: &str) -> String {
    let mut tamed = String::new();
    for line in text.split_inclusive('\n') {
        let mut words: Vec<String> = Vec::new();
        for word in line.split(' ') {
            let unit = word.trim_end_matches([')', '\n', '.']);
            let is_number = |word: &String| {
                let number = word.trim_start_matches('(');
                !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            };
            if unit == "s" && words.last().is_some_and(is_number) {
                let number = words.pop().unwrap();
                let open = if number.starts_with('(') { "(" } else { "" };
                words.push(format!("{open}TIME{}", &word[1..]));
            } else {
                words.push(word.to_owned());
            }
        }
        tamed.push_str(&words.join(" "));
    }
    tamed
}
