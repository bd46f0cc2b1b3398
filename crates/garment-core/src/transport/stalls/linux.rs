use std::convert::Infallible;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, getpeername, sockopt};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

/// Between two looks, if there is one login; with more of them all together look as often as one.
const PAUSE: Duration = Duration::from_millis(3);
/// How many looks find a connection, if there is one to be found: a second's, for one login.
const LOOKS: u32 = 300;

/// With so many logins there is always another one to go on with: what one waits for costs nobody time, and all those
/// looks would.
const FEW: u32 = 8;

static LOGINS: AtomicU32 = AtomicU32::new(0);

/// One of the logins that are under way.
struct Login;

impl Login {
    fn begin() -> Self {
        LOGINS.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        LOGINS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Keeps the login of an `ssh` child from stalling, for as long as this is waited for. The copy of its socket must not
/// outlive the login: it would keep the connection open.
pub(in crate::transport) async fn shorten(child: Option<u32>) -> Infallible {
    let _login = Login::begin();
    if let Some(child) = child.and_then(|child| Pid::from_raw(child.try_into().ok()?))
        && let Some(socket) = connection(child).await
        && sockopt::set_tcp_nodelay(&socket, true).is_ok()
    {
        // It is forgotten after some packets.
        while sockopt::set_tcp_quickack(&socket, true).is_ok() && LOGINS.load(Ordering::Relaxed) <= FEW {
            pause().await;
        }
    }
    std::future::pending().await
}

async fn pause() {
    tokio::time::sleep(PAUSE * LOGINS.load(Ordering::Relaxed).max(1)).await;
}

/// The TCP connection of a process, once it has one.
async fn connection(child: Pid) -> Option<OwnedFd> {
    let process = pidfd_open(child, PidfdFlags::empty()).ok()?;
    for _ in 0..LOOKS {
        pause().await;
        // What is open in it, by number. Its first three are our pipes.
        for entry in std::fs::read_dir(format!("/proc/{}/fd", child.as_raw_nonzero())).ok()?.flatten() {
            let Some(number) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
                continue;
            };
            if number < 3
                || !std::fs::read_link(entry.path())
                    .is_ok_and(|to| to.to_string_lossy().starts_with("socket:"))
            {
                continue;
            }
            // Not allowed at all, mostly.
            let socket = pidfd_getfd(&process, number, PidfdGetfdFlags::empty()).ok()?;
            if is_connection(&socket) {
                return Some(socket);
            }
        }
    }
    None
}

fn is_connection(socket: &OwnedFd) -> bool {
    let family = sockopt::socket_domain(socket);
    (family == Ok(AddressFamily::INET) || family == Ok(AddressFamily::INET6))
        && sockopt::socket_type(socket) == Ok(SocketType::STREAM)
        && getpeername(socket).is_ok_and(|peer| peer.is_some())
}
