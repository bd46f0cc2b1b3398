//! One file per verb. Each gives the exit code.

mod check;
mod demo;
mod deploy;
mod hindered;
mod init;
mod list;
mod lock;
mod pin;
mod rollback;
mod show;
mod status;
mod verify;

pub(crate) use check::check;
pub(crate) use demo::demo;
pub(crate) use deploy::deploy;
pub(crate) use init::init;
pub(crate) use list::list;
pub(crate) use lock::{lock, unlock};
pub(crate) use pin::{pin, unpin};
pub(crate) use rollback::rollback;
pub(crate) use show::show;
pub(crate) use status::status;
pub(crate) use verify::verify;
