use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How many pieces of up to 64 KB may be on their way in one direction. More than any link has room for: delay lines
/// add time, and limit nothing.
const ON_THE_WAY: usize = 1024;
/// Threads here do next to nothing.
const STACK: usize = 128 * 1024;

/// A port of 127.0.0.1 in front of another one, as far away as it is told to be.
///
/// Every piece of data is noted with the moment at which it is due on the other side, half a round trip after it was
/// read, and passed on at that moment. Dropping it ends the port; open connections end with either of their sides.
#[derive(Debug)]
pub(crate) struct DelayLine {
    port: u16,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    target: u16,
    round_trip: AtomicU64,
    ended: AtomicBool,
    came: Mutex<Vec<Instant>>,
}

/// A piece of data and when it is due. An empty one is the end.
type Piece = (Instant, Vec<u8>);

impl DelayLine {
    /// A line to `target`, without delay at first.
    pub(crate) fn to(target: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            target,
            round_trip: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            came: Mutex::default(),
        });
        let acceptor = start({
            let shared = Arc::clone(&shared);
            move || shared.accept(&listener)
        })?;
        Ok(Self { port, shared, acceptor: Some(acceptor) })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Connections that come from here on have this round-trip time.
    pub(crate) fn set(&self, round_trip: Duration) {
        let micros = u64::try_from(round_trip.as_micros()).unwrap_or(u64::MAX);
        self.shared.round_trip.store(micros, Ordering::Relaxed);
    }

    /// When the first connection after `moment` came.
    pub(crate) fn first_connection_since(&self, moment: Instant) -> Option<Instant> {
        let came = self.shared.came.lock().unwrap_or_else(PoisonError::into_inner);
        came.iter().copied().find(|came| *came >= moment)
    }
}

impl Drop for DelayLine {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        // What waits for a connection wakes up with one.
        let woken = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok();
        if let Some(acceptor) = self.acceptor.take()
            && woken
        {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    fn accept(self: Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.ended.load(Ordering::Relaxed) {
                return;
            }
            let Ok(client) = client else { continue };
            let begun = Instant::now();
            self.came.lock().unwrap_or_else(PoisonError::into_inner).push(begun);
            let round_trip = Duration::from_micros(self.round_trip.load(Ordering::Relaxed));
            let target = self.target;
            // Where no thread can be had, the connection closes, and who came is told by that.
            let _ = start(move || {
                let _ = connect(client, target, begun, round_trip);
            });
        }
    }
}

fn start(work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("delay line".to_owned()).stack_size(STACK).spawn(work)
}

/// Loopback makes a connection at once. Over a link the client knows of it after one round trip, and can say nothing
/// before; the server has it when the client's answer to that arrives, half a round trip later.
fn connect(client: TcpStream, target: u16, begun: Instant, round_trip: Duration) -> io::Result<()> {
    let one_way = round_trip / 2;
    client.set_nodelay(true)?;
    let (up, arriving) = sync_channel(ON_THE_WAY);
    let from_client = client.try_clone()?;
    start(move || read(from_client, &up, begun + round_trip, one_way))?;
    sleep_until(begun + round_trip + one_way);
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, target))
        .inspect_err(|_| drop(client.shutdown(Shutdown::Both)))?;
    server.set_nodelay(true)?;
    let (down, returning) = sync_channel(ON_THE_WAY);
    let from_server = server.try_clone()?;
    start(move || read(from_server, &down, begun, one_way))?;
    start(move || pass_on(server, &arriving))?;
    pass_on(client, &returning);
    Ok(())
}

/// Reads to the end. What is read counts as sent at `earliest` at the earliest.
fn read(mut from: TcpStream, line: &SyncSender<Piece>, earliest: Instant, one_way: Duration) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        // A broken connection ends like one that was closed.
        let length = from.read(&mut buffer).unwrap_or(0);
        let due = Instant::now().max(earliest) + one_way;
        if line.send((due, buffer[..length].to_vec())).is_err() || length == 0 {
            return;
        }
    }
}

/// Writes each piece when it is due.
fn pass_on(mut to: TcpStream, line: &Receiver<Piece>) {
    while let Ok((due, data)) = line.recv() {
        sleep_until(due);
        if data.is_empty() {
            // The other direction may go on.
            let _ = to.shutdown(Shutdown::Write);
            return;
        }
        if to.write_all(&data).is_err() {
            let _ = to.shutdown(Shutdown::Both);
            return;
        }
    }
}

fn sleep_until(moment: Instant) {
    thread::sleep(moment.saturating_duration_since(Instant::now()));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that says a line at once, and gives back what it gets.
    fn server() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                thread::spawn(move || {
                    client.write_all(b"hello\n").unwrap();
                    let mut text = Vec::new();
                    client.read_to_end(&mut text).unwrap();
                    client.write_all(&text).unwrap();
                });
            }
        });
        port
    }

    #[test]
    fn a_line_takes_the_time_that_it_is_told_and_gives_everything_on() {
        let line = DelayLine::to(server()).unwrap();
        for milliseconds in [0, 40] {
            let round_trip = Duration::from_millis(milliseconds);
            line.set(round_trip);
            let begun = Instant::now();
            let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, line.port())).unwrap();
            let sent: Vec<u8> = (0..300_000_u32).map(|number| number.to_le_bytes()[0]).collect();
            let mut hello = [0; 6];
            client.read_exact(&mut hello).unwrap();
            // The handshake, and what the server says then.
            assert!(begun.elapsed() >= round_trip * 2);
            let asked = Instant::now();
            client.write_all(&sent).unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            let mut back = Vec::new();
            client.read_to_end(&mut back).unwrap();
            assert!(asked.elapsed() >= round_trip);
            assert_eq!(back, sent);
            assert!(line.first_connection_since(begun).is_some_and(|came| came >= begun));
        }
    }

    #[test]
    fn what_the_client_says_first_arrives_after_the_handshake() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let line = DelayLine::to(listener.local_addr().unwrap().port()).unwrap();
        line.set(Duration::from_millis(40));
        let begun = Instant::now();
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, line.port())).unwrap();
        client.write_all(b"x").unwrap();
        let (mut server, _) = listener.accept().unwrap();
        server.read_exact(&mut [0]).unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(60));
    }
}
