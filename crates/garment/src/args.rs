mod deploy;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgAction, Args as ClapArgs, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use garment_core::engine;
use garment_core::model::parse_duration;

pub(crate) use deploy::{Content, Deploy, Plan, Unchanged};

use crate::exit_code;
use crate::report::color::Choice;
use crate::report::{self, Verbosity};

/// Deploy a git repository to servers over your own OpenSSH.
///
/// Reads `deploy.conf`, makes a release of one exact commit on every host, switches all of them to it at once, runs
/// your tasks around that, and can go back.
#[derive(Debug, Parser)]
#[command(name = "garment", version, after_help = exit_code::HELP, arg_required_else_help = true)]
#[command(max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

impl Args {
    /// What the command line says; one that is wrong ends the program and says why.
    ///
    /// An environment's name may start with a dash. So that a mistyped option is not taken for one, that is tried only
    /// where nothing else makes sense of the command line.
    pub(crate) fn read() -> Self {
        Self::try_read(std::env::args_os().collect()).unwrap_or_else(|error| error.exit())
    }

    fn try_read(words: Vec<OsString>) -> Result<Self, clap::Error> {
        let strict = Self::command().mut_subcommands(|verb| {
            verb.mut_args(|arg| if arg.is_positional() { arg.allow_hyphen_values(false) } else { arg })
        });
        let error = match strict.try_get_matches_from(&words) {
            Ok(matches) => return Self::from_arg_matches(&matches),
            Err(error) => error,
        };
        if error.kind() == ErrorKind::UnknownArgument
            && let Ok(args) = Self::try_parse_from(words)
        {
            return Ok(args);
        }
        Err(error)
    }
}

const STATUS_HELP: &str = "The exit code tells a script; of several that fit it is the first:
  3  a host can't be reached
  6  the hosts differ in what is current
  7  somebody is at work, or the environment is locked
  0  all hosts agree and nothing is in the way

Example:
  garment status production";

/// Above the options that every verb has.
const EVERYWHERE: &str = "Options of every command";

const PLAN_HELP: &str = "The exit code is 0 if a deploy would go that way, 4 if something would stop it, 3 if a host or the repository can't be
reached, 2 if the ref is wrong.

Example:
  garment plan production --out release.plan && garment deploy --plan release.plan";

const VERIFY_HELP: &str =
    "The exit code is 0 if every host is as its commit, 4 if one differs, 3 if one can't be reached.

Example:
  garment verify production";

/// On every verb.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Common {
    /// Read this file instead of `deploy.conf` in the current folder or the nearest one above it
    #[arg(long, value_name = "FILE", global = true, help_heading = EVERYWHERE)]
    pub(crate) config: Option<PathBuf>,
    /// Show failures and the final report only
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = EVERYWHERE)]
    quiet: bool,
    /// Show what garment itself does on the hosts, too
    #[arg(short, long, global = true, action = ArgAction::SetTrue, help_heading = EVERYWHERE)]
    verbose: bool,
    /// Use colours (`NO_COLOR` and `CLICOLOR_FORCE` count as well)
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto", help_heading = EVERYWHERE)]
    pub(crate) color: Choice,
}

impl Common {
    pub(crate) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make a release on every host and switch to it
    ///
    /// Looks the ref up once, makes a release of that commit on every host, runs the `before` tasks, switches
    /// `current` everywhere, runs the `after` tasks, removes old releases and runs the `cleanup` tasks. The first
    /// failure stops it.
    #[command(after_help = "Example:\n  garment deploy production --ref v2.1")]
    Deploy(Deploy),
    /// Say exactly what `deploy` would do; change nothing
    ///
    /// The commit and what is new in it, the tasks with their hosts and commands, which releases would go, and what is
    /// in the way. Looks at the repository and at every host, and takes no lock. `--out` saves it for `deploy --plan`.
    #[command(after_help = PLAN_HELP)]
    Plan(Plan),
    /// Switch every host back to an older release
    ///
    /// Runs the `rollback` tasks, switches `current` everywhere and runs the `after` tasks.
    #[command(
        after_help = "Example:\n  garment rollback production\n  garment rollback production 20131228T202753-4634f44"
    )]
    Rollback(Rollback),
    /// Go on with a deploy or rollback that was interrupted or failed
    ///
    /// Reads from the hosts what was begun and how far it came, and says so. Your tasks that a host has finished are not
    /// run again there; one that it has not runs from its first command. Works from any machine with access.
    #[command(after_help = "Example:\n  garment resume production")]
    Resume(Resume),
    /// Give up a deploy or rollback that was interrupted or failed
    ///
    /// Nobody resumes it any more, and a release that never was live is marked as failed. Everything stays in place:
    /// `current`, the releases, what tasks did.
    #[command(after_help = "Example:\n  garment abandon production")]
    Abandon(Abandon),
    /// List the deploys and rollbacks that the hosts have a record of, newest first
    ///
    /// When, what, by whom, how each ended and how long it took; hosts that say otherwise, or lack it, are named.
    #[command(after_help = "Example:\n  garment history production --limit 5")]
    History(History),
    /// List the releases on the hosts, newest first
    #[command(after_help = "Example:\n  garment list production")]
    List(Environment),
    /// Say what is live on every host and who is at work there; change nothing
    ///
    /// Per host: the current release, since when, and its commit. Then whether the hosts agree, who is at work or has
    /// locked the environment, and which releases were begun and never finished.
    #[command(after_help = STATUS_HELP)]
    Status(Environment),
    /// Compare every host's current release with its commit, byte for byte
    ///
    /// Each host puts the release together again, in a temporary folder, from its copy of the repository, and compares
    /// names, types, links, executable bits and contents. Lists what is changed, missing or extra; what your tasks made
    /// in the release is extra. Changes nothing.
    #[command(after_help = VERIFY_HELP)]
    Verify(Verify),
    /// Keep a release, however many newer ones there are, until `unpin`
    ///
    /// The release must be on every host. It takes no place of `keep_releases`.
    #[command(after_help = "Example:\n  garment pin production 20131228T202753-4634f44")]
    Pin(Pin),
    /// End what `pin` began: old releases are removed by a deploy
    #[command(after_help = "Example:\n  garment unpin production 20131228T202753-4634f44")]
    Unpin(Pin),
    /// Keep everybody from deploying to an environment, until `unlock`
    ///
    /// For maintenance, an audit, a holiday. A deploy or rollback that is under way is not stopped by it.
    #[command(after_help = "Example:\n  garment lock production -m \"database maintenance until noon\"")]
    Lock(Lock),
    /// End what `lock` began
    #[command(after_help = "Example:\n  garment unlock production")]
    Unlock(Unlock),
    /// Print an environment's configuration as garment understands it
    ///
    /// After `extends` and with defaults and variables filled in, as YAML that loads again. Contacts nobody.
    #[command(after_help = "Example:\n  garment show production")]
    Show(Environment),
    /// Look for everything that would stop a deploy; change nothing
    ///
    /// Checks the configuration, the ref, and on every host: login, host key, git and tar, folders, free space,
    /// `current`, the copy of the repository, locks. All problems are reported in one go, each with its remedy.
    #[command(after_help = "Example:\n  garment check production")]
    Check(Environment),
    /// Write a first deploy.conf, filled in from the git repository here
    ///
    /// Takes the repository's URL and branch from git, and explains every setting with an example. Writes `deploy.conf`
    /// into the current folder, or the file that `--config` names. Never overwrites anything.
    #[command(after_help = "Example:\n  cd ~/src/shop && garment init")]
    Init,
    /// Try garment out on this machine, with nothing but git
    ///
    /// Makes a small application, its repository and three hosts that are folders, all in a new temporary folder. Then
    /// really deploys it there, deploys a second version, lists and rolls back, and says where to look. Nothing outside
    /// of that folder is changed, and it stays until you remove it.
    #[command(after_help = "Example:\n  garment demo --dir /tmp/try-out")]
    Demo(Demo),
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Environment {
    /// The environment's name in deploy.conf
    #[arg(value_name = "ENV", allow_hyphen_values = true)]
    pub(crate) environment: String,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Rollback {
    #[command(flatten)]
    pub(crate) environment: Environment,
    /// The release to go back to [default: the newest good one older than the current one that every host has]
    #[arg(value_name = "RELEASE", allow_hyphen_values = true)]
    pub(crate) release: Option<String>,
    #[command(flatten)]
    pub(crate) wait: Wait,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Resume {
    #[command(flatten)]
    pub(crate) environment: Environment,
    /// Go on even if deploy.conf now says something else for the tasks that are left
    #[arg(long)]
    pub(crate) changed_plan: bool,
    #[command(flatten)]
    pub(crate) wait: Wait,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Abandon {
    #[command(flatten)]
    pub(crate) environment: Environment,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct History {
    #[command(flatten)]
    pub(crate) environment: Environment,
    /// So many at most; a host keeps 100
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) environment: Environment,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Pin {
    #[command(flatten)]
    pub(crate) environment: Environment,
    /// The release's name, as `garment list` shows it
    #[arg(value_name = "RELEASE")]
    pub(crate) release: String,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Lock {
    #[command(flatten)]
    pub(crate) environment: Environment,
    /// Why: shown to everybody who tries to deploy
    #[arg(short, long, value_name = "WHY")]
    pub(crate) message: String,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Unlock {
    #[command(flatten)]
    pub(crate) environment: Environment,
    /// Even if somebody else locked it
    #[arg(long)]
    pub(crate) force: bool,
}

/// How an operation is told.
#[derive(Debug, Clone, Default, Copy, ClapArgs)]
pub(crate) struct Output {
    /// Say what happens in this form
    #[arg(long = "output", value_name = "FORMAT", default_value = "auto")]
    pub(crate) format: report::Output,
}

/// What to do when another operation is under way.
#[derive(Debug, Clone, Default, Copy, ClapArgs)]
pub(crate) struct Wait {
    /// Wait for another operation to be over, so long (30s, 10m, 1h) or, without a value, as long as it takes
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "forever")]
    #[arg(value_parser = wait)]
    wait: Option<engine::Wait>,
}

impl From<Wait> for engine::Wait {
    fn from(wait: Wait) -> Self {
        wait.wait.unwrap_or_default()
    }
}

/// A duration, or `forever`.
fn wait(text: &str) -> Result<engine::Wait, String> {
    if text == "forever" {
        return Ok(engine::Wait::Forever);
    }
    parse_duration(text).map(engine::Wait::For).ok_or_else(|| "write it as 30s, 10m or 1h".to_owned())
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Demo {
    /// Make this folder for it, which must not be there yet [default: a new one for temporary files]
    #[arg(long, value_name = "DIR", allow_hyphen_values = true)]
    pub(crate) dir: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> Result<Args, String> {
        Args::try_read(words.split(' ').map(Into::into).collect())
            .map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned())
    }

    #[test]
    fn a_mistyped_option_is_no_environment() {
        for words in ["garment deploy --quite production", "garment rollback --quite production x"] {
            assert_eq!(read(words).unwrap_err(), "error: unexpected argument '--quite' found");
        }
        for words in ["garment show -qa", "garment show -- -qa", "garment show -v -qa", "garment show -qa -v"]
        {
            let Ok(Args { verb: Verb::Show(show), .. }) = read(words) else { panic!("{words}") };
            assert_eq!(show.environment, "-qa", "{words}");
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}
