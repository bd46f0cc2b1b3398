//! The shell text that hosts run, as plain values, and the readers of what it prints. Nothing here starts anything.
//!
//! The scripts are the `.sh` files in `sh/`: POSIX sh, for any of dash, bash and busybox ash. Each is run by a fresh
//! `sh` in the remote user's home with nothing on its stdin. Its stdout is data: NUL-terminated strings, key and value
//! in turn. A failure is a `problem`, mostly with its `remedy`, and exit code 1.

mod check;
mod command;
mod confirm;
mod cutover;
mod inventory;
mod lock;
mod mark;
mod operation;
mod operations;
mod paths;
mod pin;
mod prepare;
mod problem;
mod prune;
mod quote;
mod records;
mod script;
mod standing;
mod survey;
mod verify;

pub use check::{Check, check, parse_check};
pub use command::command_text;
pub use confirm::{confirm, parse_confirm, parse_settle, settle};
pub use cutover::{Confirmation, Cutover, Moved, cutover, parse_cutover, parse_revert, rehearse, revert};
pub use inventory::{Inventory, Stocked, inventory, parse_inventory};
pub use lock::{
    Holder, Refusal, Where, freeze, is_unknown_place, lock, parse_freeze, parse_refusal, thaw, unlock,
};
pub use mark::mark;
pub use operation::{Abandon, abandon, attach, begin, end, end_when_done, parse_abandon, resumed};
pub use operations::{Ended, Info, Recorded, RecordedStep, RecordedTask, operations, parse_operations};
pub use paths::Paths;
pub use pin::{parse_pin, pin};
pub use prepare::{Prepare, parse_prepare, prepare};
pub use problem::{parse_problems, parse_warnings};
pub use prune::{parse_prune, prune};
pub use quote::quote;
pub use records::BadRecords;
pub(crate) use script::one_line;
pub use standing::{Begun, Drift, Standing, Unconfirmed, parse_standing, standing};
pub use survey::{parse_survey, survey};
pub use verify::{Differences, Kind, Verify, parse_verify, verify};
