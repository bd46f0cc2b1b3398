use std::fs::OpenOptions;
use std::io::Write;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::port::Port;
use crate::process::{Process, with_default_signals};

/// How a host answers who connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Every connection gets an `sshd` of its own.
    Serve,
    /// Connections are accepted, and then nothing happens.
    Silence,
    /// Connections are refused.
    Refuse,
    /// For good.
    Stop,
}

/// A port of 127.0.0.1 where each connection is handed to a fresh `sshd -i`, as inetd does it.
///
/// So the port is ours before `sshd` runs (no race for it, no waiting for it to listen), and the process that serves
/// a connection is known.
#[derive(Debug)]
pub(crate) struct Sshd {
    inner: Arc<Inner>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Inner {
    program: PathBuf,
    config: PathBuf,
    log: PathBuf,
    port: Port,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    answer: Answer,
    sessions: Vec<Process>,
    silent: Vec<TcpStream>,
    /// How many connections are yet to be dropped.
    dropping: usize,
    /// When each connection came.
    came: Vec<Instant>,
}

impl Sshd {
    pub(crate) fn start(program: PathBuf, config: PathBuf, log: PathBuf) -> Self {
        let port = Port::take();
        port.open();
        let state = Mutex::new(State {
            answer: Answer::Serve,
            sessions: Vec::new(),
            silent: Vec::new(),
            dropping: 0,
            came: Vec::new(),
        });
        let inner = Arc::new(Inner { program, config, log, port, state, changed: Condvar::new() });
        let acceptor = Arc::clone(&inner);
        let acceptor = thread::Builder::new()
            .name("garment-testing acceptor".to_owned())
            .spawn(move || acceptor.accept())
            .expect("start a thread");
        Self { inner, acceptor: Some(acceptor) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.inner.port.number()
    }

    /// From here on connections are answered with `answer`. Those that are open stay, but [`Answer::Silence`]'s are
    /// dropped.
    pub(crate) fn answer(&self, answer: Answer) {
        let mut state = self.inner.lock();
        if state.answer == answer || state.answer == Answer::Stop {
            return;
        }
        let was_closed = state.answer == Answer::Refuse;
        state.answer = answer;
        state.silent.clear();
        match answer {
            Answer::Refuse | Answer::Stop => self.inner.port.close(),
            Answer::Serve | Answer::Silence if was_closed => self.inner.port.open(),
            Answer::Serve | Answer::Silence => {}
        }
        self.inner.changed.notify_all();
    }

    /// The next `count` connections are closed as by an `sshd` that has too many logins under way.
    pub(crate) fn drop_next(&self, count: usize) {
        self.inner.lock().dropping = count;
    }

    /// Sends `signal` to every `sshd` that serves a connection; how many there were.
    pub(crate) fn signal_sessions(&self, signal: Signal) -> usize {
        let state = self.inner.lock();
        state.sessions.iter().filter(|session| session.signal_group(signal)).count()
    }

    /// Waits until no session is open. False if some still are after `patience`.
    pub(crate) fn wait_idle(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let sessions = self.inner.lock().sessions.clone();
        sessions.iter().all(|session| session.wait_until(deadline).is_some())
    }

    /// When the first connection after `moment` came.
    pub(crate) fn first_since(&self, moment: Instant) -> Option<Instant> {
        self.inner.lock().came.iter().copied().find(|came| *came >= moment)
    }

    /// How many connections are being served.
    pub(crate) fn open_sessions(&self) -> usize {
        self.inner.lock().sessions.iter().filter(|session| session.ended().is_none()).count()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.answer(Answer::Stop);
        if let Some(acceptor) = self.acceptor.take() {
            // It panicked where sshd could not be started, which the test has seen as a connection that was closed.
            let _ = acceptor.join();
        }
        // A frozen one must run to see the TERM, on which sshd removes the socket of a forwarded agent.
        self.signal_sessions(Signal::TERM);
        self.signal_sessions(Signal::CONT);
        if !self.wait_idle(Duration::from_secs(2)) {
            self.signal_sessions(Signal::KILL);
            self.wait_idle(Duration::from_secs(2));
        }
    }
}

impl Inner {
    fn accept(&self) {
        loop {
            if let Ok(connection) = self.port.accept() {
                let mut state = self.lock();
                state.came.push(Instant::now());
                match state.answer {
                    Answer::Serve if state.dropping > 0 => {
                        state.dropping -= 1;
                        // The client may be gone already.
                        let _ = (&connection).write_all(b"Exceeded MaxStartups\r\n");
                    }
                    Answer::Serve => {
                        let session = self.serve(connection);
                        state.sessions.push(session);
                    }
                    Answer::Silence => state.silent.push(connection),
                    Answer::Refuse | Answer::Stop => {}
                }
                continue;
            }
            let mut state = self.lock();
            while state.answer == Answer::Refuse {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.answer == Answer::Stop {
                return;
            }
        }
    }

    fn serve(&self, connection: TcpStream) -> Process {
        let log = OpenOptions::new().append(true).open(&self.log).expect("open a host's log");
        let output = connection.try_clone().expect("duplicate a connection");
        let mut sshd = with_default_signals(&self.program);
        sshd.args(["-i", "-e", "-f"])
            .arg(&self.config)
            .env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(connection)))
            .stdout(Stdio::from(OwnedFd::from(output)))
            .stderr(log);
        Process::start(&mut sshd, |_| ()).0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
