use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;

use rustix::net::{
    AddressFamily, Shutdown, SocketFlags, SocketType, bind, ipproto, listen, shutdown, socket_with, sockopt,
};

/// A port of 127.0.0.1 that is ours from the start to the end, whether it listens or refuses.
#[derive(Debug)]
pub(crate) struct Port {
    listener: TcpListener,
    number: u16,
}

impl Port {
    /// Takes a free port. It refuses connections until [`Port::open`].
    pub(crate) fn take() -> Self {
        let finder = socket();
        bind(&finder, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("bind to a free port of 127.0.0.1");
        let finder = TcpListener::from(finder);
        let number = finder.local_addr().expect("ask for the port bound").port();
        // Linux gives a port chosen by `bind(0)` back when the listener shuts down, but keeps one that was asked for
        // by number. While the first socket holds the port, nobody but this second one can get it.
        let held = socket();
        bind(&held, &SocketAddr::from((Ipv4Addr::LOCALHOST, number))).expect("bind to the port just found");
        Self { listener: TcpListener::from(held), number }
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    /// Connections are accepted from here on; those that come before [`Port::accept`] is called wait.
    pub(crate) fn open(&self) {
        listen(&self.listener, 128).expect("listen on our own port");
    }

    /// Connections are refused from here on, and a waiting [`Port::accept`] returns an error.
    pub(crate) fn close(&self) {
        // Fails only where it was closed already.
        let _ = shutdown(&self.listener, Shutdown::Both);
    }

    /// Waits for a connection; an error once the port is closed.
    pub(crate) fn accept(&self) -> io::Result<TcpStream> {
        self.listener.accept().map(|(stream, _)| stream)
    }
}

fn socket() -> OwnedFd {
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, Some(ipproto::TCP))
        .expect("make a socket");
    sockopt::set_socket_reuseaddr(&socket, true).expect("set SO_REUSEADDR");
    socket
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_closes_and_opens_again() {
        let port = Port::take();
        let refused = || TcpStream::connect((Ipv4Addr::LOCALHOST, port.number())).is_err();
        assert!(refused());
        port.open();
        assert!(!refused());
        port.accept().unwrap();
        port.close();
        assert!(port.accept().is_err());
        assert!(refused());
        port.open();
        assert!(!refused());
    }

    #[test]
    fn is_nobody_elses_while_closed() {
        let port = Port::take();
        port.open();
        port.close();
        assert!(
            TcpListener::bind((Ipv4Addr::LOCALHOST, port.number())).is_err() || {
                // Linux lets a second socket bind where neither listens; a port picked by the system never collides.
                (0..200).all(|_| Port::take().number() != port.number())
            }
        );
    }
}
