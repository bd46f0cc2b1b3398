//! The repository that releases come from, as the controller sees it: which commit a ref is,
//! what a checkout knows of where it came from, and the repository of a demo. Beside `transport`, the
//! only room that starts processes: the system's `git`, with the user's credential helpers and ssh settings.

mod ask;
mod checkout;
mod command;
mod refs;
mod workshop;

pub use ask::Git;
pub use checkout::{Checkout, Remote};
pub use workshop::Workshop;

use futures_util::future::BoxFuture;

use crate::event::Problem;
use crate::model::CommitId;

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
}

/// Why there is no commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoCommit {
    /// The origin answered: the ref does not exist, or could be more than one thing.
    Wrong(Problem),
    /// The origin could not be asked.
    Unreachable(Problem),
}
