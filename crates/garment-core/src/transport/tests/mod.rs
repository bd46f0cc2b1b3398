//! What a session's shell may write, told exactly: however it is cut into reads, whichever of its outputs is ahead, and
//! wherever the connection is lost.

mod cut;
mod host;
mod whole;
