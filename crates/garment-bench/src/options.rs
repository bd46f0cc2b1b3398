use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::problem::Problem;

/// Measures garment on a fleet of real sshd on this machine, beside a hand-written script that does only the least
/// ("the floor") and other tools. Tables in Markdown go to stdout, progress to stderr
#[derive(Debug, Clone, Parser)]
#[command(name = "sh bench/run", version)]
pub struct Options {
    /// Numbers of hosts
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "1,10,30")]
    pub hosts: Vec<usize>,

    /// Round-trip times in milliseconds; 0 is loopback without a delay line
    #[arg(long, value_name = "MS,MS", value_delimiter = ',', default_value = "0,50,150")]
    pub rtt: Vec<u64>,

    /// Measured runs of each tool in each case
    #[arg(long, default_value_t = 5)]
    pub runs: usize,

    /// What is deployed: `small` is 25 files, `large` 5,000 files of 80 MB in all
    #[arg(long, value_delimiter = ',', default_value = "small")]
    pub repository: Vec<Repository>,

    /// What is measured: warm deploys, single logins, what `ControlPersist` saves
    #[arg(long, value_delimiter = ',', default_value = "deploys,logins,persist")]
    pub measure: Vec<Part>,

    /// Only what `ControlPersist` saves; short for `--measure persist`
    #[arg(long, conflicts_with = "measure")]
    pub controlpersist: bool,

    /// Each deploy is a first one: hosts have nothing, and this machine no mirror
    #[arg(long)]
    pub first: bool,

    /// Tools: `garment`, `floor`, `capistrano`, and `garment-push`, which is garment with `delivery: push`. Without this,
    /// all but the last that are installed
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub tools: Vec<String>,

    /// Key exchange of all logins, as `KexAlgorithms` in `ssh_config`; without this, OpenSSH's own default
    #[arg(long, value_name = "ALGORITHMS")]
    pub kex: Option<String>,

    /// Seconds that one deploy may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub limit: u64,

    /// The program to measure
    #[arg(long, value_name = "PATH", default_value = "target/release/garment")]
    pub garment: PathBuf,
}

/// A repository to deploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Repository {
    /// 25 files, 100 KB.
    Small,
    /// 5,000 files, 80 MB.
    Large,
}

/// A thing to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Warm deploys with every tool.
    Deploys,
    /// What one login takes.
    Logins,
    /// What a connection that is shared and kept saves.
    Persist,
}

impl Options {
    /// The parts to measure, whichever way they were asked for.
    pub(crate) fn parts(&self) -> &[Part] {
        if self.controlpersist { &[Part::Persist] } else { &self.measure }
    }

    /// The largest fleet that is asked for.
    pub(crate) fn most_hosts(&self) -> usize {
        self.hosts.iter().copied().max().unwrap_or(1)
    }

    pub(crate) fn check(&self) -> Result<(), Problem> {
        let within = |what: &str, value: usize, least: usize, most: usize| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            Err(Problem::new(
                format!("`--{what} {value}` is out of range"),
                format!("give from {least} to {most}"),
            ))
        };
        for hosts in &self.hosts {
            within("hosts", *hosts, 1, 100)?;
        }
        for rtt in &self.rtt {
            within("rtt", usize::try_from(*rtt).unwrap_or(usize::MAX), 0, 1000)?;
        }
        within("runs", self.runs, 1, 100)?;
        within("limit", usize::try_from(self.limit).unwrap_or(usize::MAX), 1, 3600)?;
        if !self.garment.is_file() {
            return Err(Problem::new(
                format!("there is no program `{}`", self.garment.display()),
                "build it with `cargo build --release -p garment`, or name it with `--garment PATH`",
            ));
        }
        Ok(())
    }
}

impl Repository {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
        }
    }
}
