use std::path::PathBuf;

use clap::Args as ClapArgs;
use garment_core::plan::Selection;

use super::{Environment, Output, Wait};

/// What is deployed.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Content {
    /// Deploy this branch, tag, full ref name or full commit id instead of `git_ref`
    #[arg(long = "ref", value_name = "REF", allow_hyphen_values = true)]
    pub(crate) git_ref: Option<String>,
    /// Of your tasks, run only these: ids, separated by commas
    #[arg(long, value_name = "IDS", value_delimiter = ',', conflicts_with = "exclude")]
    include: Option<Vec<String>>,
    /// Of your tasks, run all but these: ids, separated by commas
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    exclude: Option<Vec<String>>,
}

impl Content {
    pub(crate) fn selection(&self) -> Selection {
        let ids = |ids: &[String]| ids.iter().map(|id| id.trim().to_owned()).collect();
        match (&self.include, &self.exclude) {
            (Some(include), _) => Selection::Include(ids(include)),
            (None, Some(exclude)) => Selection::Exclude(ids(exclude)),
            (None, None) => Selection::All,
        }
    }
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) environment: Environment,
    #[command(flatten)]
    pub(crate) content: Content,
    /// Save it to this file, for `deploy --plan`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Deploy {
    /// The environment's name in deploy.conf
    #[arg(value_name = "ENV", allow_hyphen_values = true, required_unless_present = "plan")]
    pub(crate) environment: Option<String>,
    #[command(flatten)]
    pub(crate) content: Content,
    #[command(flatten)]
    pub(crate) wait: Wait,
    /// Do exactly what this file of `garment plan --out` says, or nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["git_ref", "include", "exclude", "dry_run"])]
    #[arg(conflicts_with_all = ["skip_unchanged", "force"])]
    pub(crate) plan: Option<PathBuf>,
    /// Say what it would do, as `garment plan` does; change nothing
    #[arg(long, conflicts_with_all = ["wait", "skip_unchanged", "force", "yes", "format"])]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) unchanged: Unchanged,
    /// Don't ask whether to deploy, where `confirm` is set
    #[arg(short, long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What to do if there is nothing to deploy.
#[derive(Debug, Clone, Copy, Default, ClapArgs)]
pub(crate) struct Unchanged {
    /// Deploy even if the commit is live on every host already
    #[arg(long, conflicts_with = "skip_unchanged")]
    pub(crate) force: bool,
    /// If the commit is live on every host already, leave it at that
    #[arg(long)]
    pub(crate) skip_unchanged: bool,
}
