//! What is measured: garment, the floor, and other tools where they are installed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bed::Bed;
use crate::options::Options;
use crate::problem::Problem;

/// How many releases are kept. Few, so that pruning is part of every measured deploy after little warming up.
pub(crate) const KEEP: usize = 2;

const FLOOR: &str = include_str!("../../../bench/floor");
const CAPFILE: &str = include_str!("../../../bench/capistrano/Capfile");
const CAPISTRANO: &str = include_str!("../../../bench/capistrano/deploy.rb");

/// A way to deploy.
#[derive(Debug, Clone)]
pub(crate) struct Tool {
    kind: Kind,
    program: PathBuf,
    /// As it calls itself.
    pub(crate) version: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Garment,
    /// The same with `delivery: push`.
    Push,
    Floor,
    Capistrano,
}

/// The tools to measure, and what there is to say of those that are not here.
pub(crate) struct Tools {
    pub(crate) present: Vec<Tool>,
    pub(crate) missing: Vec<String>,
}

const ALL: [Kind; 4] = [Kind::Garment, Kind::Push, Kind::Floor, Kind::Capistrano];

/// Those that were asked for, which have to be installed, or all that are, each once.
pub(crate) fn chosen(options: &Options) -> Result<Tools, Problem> {
    let names: Vec<&str> = ALL.iter().map(|kind| kind.name()).collect();
    if let Some(unknown) = options.tools.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(Problem::new(
            format!("there is no tool `{unknown}`"),
            format!("known: {}", names.join(", ")),
        ));
    }
    let mut tools = Tools { present: Vec::new(), missing: Vec::new() };
    for kind in ALL {
        let asked = options.tools.iter().any(|name| name == kind.name());
        if !asked && (!options.tools.is_empty() || kind == Kind::Push) {
            continue;
        }
        match kind.find(options) {
            Some(program) => {
                let version = version(kind, &program)?;
                tools.present.push(Tool { kind, program, version });
            }
            None if asked => {
                let what = format!("`{}` is not installed here", kind.name());
                return Err(Problem::new(what, format!("Debian: `apt-get install {}`", kind.package())));
            }
            None => tools.missing.push(format!(
                "Not measured, since it is not installed here: {} (Debian: `apt-get install {}`).",
                kind.name(),
                kind.package()
            )),
        }
    }
    Ok(tools)
}

/// garment, whichever tools were asked for.
pub(crate) fn garment(options: &Options) -> Result<Tool, Problem> {
    let program = fs_err::canonicalize(&options.garment)?;
    Ok(Tool { kind: Kind::Garment, version: version(Kind::Garment, &program)?, program })
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Garment => "garment",
            Self::Push => "garment-push",
            Self::Floor => "floor",
            Self::Capistrano => "capistrano",
        }
    }

    fn package(self) -> &'static str {
        match self {
            Self::Garment | Self::Push => "garment",
            Self::Floor => "bash",
            Self::Capistrano => "capistrano",
        }
    }

    fn find(self, options: &Options) -> Option<PathBuf> {
        match self {
            Self::Garment | Self::Push => fs_err::canonicalize(&options.garment).ok(),
            Self::Floor => on_path("bash"),
            Self::Capistrano => on_path("cap"),
        }
    }
}

/// Where the caller's PATH has a program.
fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn version(kind: Kind, program: &Path) -> Result<String, Problem> {
    let output = Command::new(program).arg("--version").output().map_err(|error| {
        Problem::new(format!("can't start `{}`: {error}", program.display()), "see that it may be run")
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or_default();
    Ok(match kind {
        Kind::Floor => format!("floor (`bench/floor`, {line})"),
        Kind::Push => format!("{line} with `delivery: push`"),
        Kind::Garment | Kind::Capistrano => line.to_owned(),
    })
}

impl Tool {
    pub(crate) fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// The folder in a host's home that it deploys to.
    pub(crate) fn folder(&self) -> &'static str {
        self.name()
    }

    /// Writes what it needs to deploy to the first `hosts` hosts.
    pub(crate) fn prepare(&self, bed: &Bed, hosts: usize) -> Result<(), Problem> {
        let project = bed.project();
        match self.kind {
            Kind::Garment | Kind::Push => {
                fs_err::write(project.join("deploy.conf"), self.deploy_conf(bed, hosts))?;
            }
            Kind::Floor => fs_err::write(project.join("floor"), FLOOR)?,
            Kind::Capistrano => {
                fs_err::create_dir_all(project.join("config/deploy"))?;
                fs_err::write(project.join("Capfile"), CAPFILE)?;
                fs_err::write(project.join("config/deploy.rb"), CAPISTRANO)?;
                fs_err::write(project.join("config/deploy/bench.rb"), "")?;
            }
        }
        Ok(())
    }

    /// One deploy to the first `hosts` hosts.
    pub(crate) fn deploy(&self, bed: &Bed, hosts: usize) -> Command {
        let mut command = bed.command(&self.program);
        let names = bed.hosts(hosts).iter().map(garment_testing::Host::name);
        match self.kind {
            Kind::Garment | Kind::Push => {
                command.args(["deploy", "bench"]);
            }
            Kind::Floor => {
                let keep = KEEP.to_string();
                command.args(["./floor", self.folder(), &bed.workload.url(), &keep]).args(names);
            }
            Kind::Capistrano => {
                command.args(["bench", "deploy"]);
                command.env("BENCH_URL", bed.workload.url()).env("BENCH_KEEP", KEEP.to_string());
                command.env("BENCH_HOSTS", names.collect::<Vec<_>>().join(" "));
            }
        }
        command
    }

    fn deploy_conf(&self, bed: &Bed, hosts: usize) -> String {
        let delivery = if self.kind == Kind::Push { "push" } else { "pull" };
        let mut text = format!(
            "bench:\n  repo_url: '{}'\n  git_ref: master\n  deploy_dir: ~/{}\n  keep_releases: {KEEP}\n  delivery: {delivery}\n  hosts:\n",
            bed.workload.url(),
            self.folder()
        );
        for host in bed.hosts(hosts) {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "    {}:", host.name());
        }
        text.push_str(
            "  stages:
    before:
      - {id: migrate, cd: '{release_dir}', commands: [test -s VERSION, mkdir -p ../../shared, echo migrated]}
    after:
      - {id: reload, cd: '{release_dir}', commands: [echo reloaded, touch ../../shared/reloaded, 'true']}
",
        );
        text
    }
}
