//! The repository that releases come from, as the controller sees it: which commit a ref is,
//! what lies between two commits, what a checkout knows of where it came from, and the repository of a demo. Beside `transport`, the
//! only room that starts processes: the system's `git`, with the user's credential helpers and ssh settings.

mod ask;
mod changes;
mod checkout;
mod command;
mod mirror;
mod modules;
mod pack;
mod progress;
mod refs;
mod stock;
mod upkeep;
mod workshop;

pub use ask::Git;
pub use changes::Since;
pub use checkout::{Checkout, Remote};
pub use stock::Stock;
pub use workshop::Workshop;

use futures_util::future::BoxFuture;

use crate::event::Problem;
use crate::model::{CommitId, Held, Parcel};

/// Takes a few words on how far git is.
pub type Tell<'a> = &'a (dyn Fn(&str) + Sync);

/// A way to ask the origin.
pub trait Origin: Sync {
    /// The commit that `git_ref` is at `repo_url`, right now.
    ///
    /// # Errors
    /// The ref is wrong, or nobody answered.
    fn resolve<'a>(
        &'a self,
        repo_url: &'a str,
        git_ref: &'a str,
    ) -> BoxFuture<'a, Result<CommitId, NoCommit>>;

    /// What lies between each of the `live` commits and the new one, in their order; an id may be abbreviated.
    ///
    /// # Errors
    /// The history can't be had.
    fn changes<'a>(
        &'a self,
        repo_url: &'a str,
        commit: &'a CommitId,
        live: &'a [String],
    ) -> BoxFuture<'a, Result<Vec<Since>, Problem>> {
        let _ = (repo_url, commit, live);
        Box::pin(async {
            Err(Problem { what: "this machine can't read the history".into(), remedy: String::new() })
        })
    }

    /// What would keep this machine from having copies of its own.
    fn stock_problem(&self) -> Option<Problem> {
        None
    }

    /// Brings this machine's own copies of a repository and of its submodules up to date, so that the commit can be
    /// delivered from here.
    ///
    /// # Errors
    /// They can't be had.
    fn stock<'a>(
        &'a self,
        repo_url: &'a str,
        commit: &'a CommitId,
        tell: Tell<'a>,
    ) -> BoxFuture<'a, Result<Stock, NoCommit>> {
        let _ = (repo_url, commit, tell);
        Box::pin(async {
            let what = "this machine keeps no copy of the repository".into();
            Err(NoCommit::Wrong(Problem { what, remedy: "set `delivery: pull`".into() }))
        })
    }

    /// What each host lacks, by what it has.
    ///
    /// # Errors
    /// It can't be put together.
    fn pack<'a>(
        &'a self,
        stock: &'a Stock,
        hosts: &'a [Vec<Held>],
    ) -> BoxFuture<'a, Result<Vec<Vec<Parcel>>, Problem>> {
        let _ = stock;
        Box::pin(async { Ok(vec![Vec::new(); hosts.len()]) })
    }

    /// Begins to keep this machine's copies small, once nobody waits any more. It does not wait for that.
    fn keep_up(&self, stock: &Stock) {
        let _ = stock;
    }
}

/// Why there is no commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoCommit {
    /// The origin answered: the ref does not exist, or could be more than one thing.
    Wrong(Problem),
    /// The origin could not be asked.
    Unreachable(Problem),
}
