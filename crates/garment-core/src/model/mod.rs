//! The strategy's nouns. Depends on nothing else in the crate, does no input or output.

mod changes;
mod commit;
mod delivery;
mod duration;
mod environment;
mod facts;
mod host;
mod operation;
mod parcel;
mod release;
mod stage;
mod template;

pub use changes::{Changes, Commit, Commits, FileChange, Files};
pub use commit::{CommitId, InvalidCommitId};
pub use delivery::Delivery;
pub use duration::{parse_duration, write_duration};
pub use environment::{Environment, SETTINGS, Setting, Variable};
pub use facts::{HostFacts, Occupant, ReleaseFacts, State};
pub use host::{Destination, Host, InvalidDestination, Role};
pub use operation::{Ending, OperationId};
pub use parcel::{Bytes, Held, Parcel};
pub use release::ReleaseName;
pub use stage::{Stage, Stages, Task};
pub use template::{Part, PlacedName, Template, TemplateError, TemplateErrorKind};
