//! One file per verb. Each gives the exit code.

mod abandon;
mod check;
mod demo;
mod deploy;
mod hindered;
mod history;
mod init;
mod list;
mod lock;
mod operation;
mod pin;
mod plan;
mod resume;
mod rollback;
mod show;
mod status;
mod verify;

pub(crate) use abandon::abandon;
pub(crate) use check::check;
pub(crate) use demo::demo;
pub(crate) use deploy::deploy;
pub(crate) use history::history;
pub(crate) use init::init;
pub(crate) use list::list;
pub(crate) use lock::{lock, unlock};
pub(crate) use pin::{pin, unpin};
pub(crate) use plan::plan;
pub(crate) use resume::resume;
pub(crate) use rollback::rollback;
pub(crate) use show::show;
pub(crate) use status::status;
pub(crate) use verify::verify;
