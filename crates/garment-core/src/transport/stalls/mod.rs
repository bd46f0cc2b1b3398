//! Two waits that an ssh login has for nothing, of up to 40 ms each.
//!
//! Before a session is open, OpenSSH's client leaves Nagle's algorithm on: its second small packet in a row is held back
//! until the first was acknowledged, which the host's kernel puts off. Later the host's sshd waits in the same way for
//! this machine's kernel. The socket is that of our own child, so we may have a copy of it and switch on what ssh itself
//! switches on a moment later. Where that can't be (another kernel, a container that forbids it, a connection that a
//! jump host or a master carries) the login takes as long as ever. See docs/decisions/0016.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(in crate::transport) use linux::shorten;

/// Waits for ever: what shortens a login is not known here.
#[cfg(not(target_os = "linux"))]
pub(in crate::transport) async fn shorten(_: Option<u32>) -> std::convert::Infallible {
    std::future::pending().await
}
