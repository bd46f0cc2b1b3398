use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::process::Command;
use tokio::time::Instant;

use super::lasting::Lasting;
use super::pace::Pace;
use super::shell::Shell;
use super::{Login, Options, Session, Step, TellLogin, Transport, login, stalls};
use crate::event::Problem;
use crate::model::{Destination, Host};

/// Seconds that ssh may take for the TCP connection.
const CONNECT_TIMEOUT: u16 = 15;
/// The shortest pause before a login that was dropped is tried the second time.
const FIRST_PAUSE: Duration = Duration::from_millis(400);
/// The longest pause before the next try, and as much again by chance.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// People are told of a login that was dropped for so long.
const WORTH_TELLING: Duration = Duration::from_secs(10);

/// How often an answer of the host's sshd may be missing before the connection counts as dead.
const MISSED: u8 = 3;

/// The real thing: this machine's OpenSSH for hosts elsewhere, `sh` for `local` ones.
#[derive(Debug)]
pub struct System {
    /// How long a connection may be idle before the host's sshd is asked whether it is there, in whole seconds. Three
    /// times that is how long it takes to notice a connection that died silently.
    pub keepalive: Duration,
    /// Bounds a whole login: name look-up, jump hosts, key exchange, the host's profile scripts, and every further try
    /// where sshd has dropped it as one of too many at once.
    pub login_timeout: Duration,
    pace: Arc<Pace>,
}

impl Default for System {
    fn default() -> Self {
        Self::new(Duration::from_secs(15), Duration::from_secs(60))
    }
}

impl System {
    /// With these times.
    pub fn new(keepalive: Duration, login_timeout: Duration) -> Self {
        Self { keepalive, login_timeout, pace: Arc::default() }
    }
}

impl Transport for System {
    fn open<'a>(
        &'a self,
        host: &'a Host,
        options: Options,
        first: &'a [Step],
        tell: TellLogin<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn Session>, Problem>> {
        let way = Way {
            host: host.clone(),
            options,
            keepalive: self.keepalive,
            timeout: self.login_timeout,
            pace: self.pace.clone(),
        };
        Box::pin(async move {
            let shell = way.log_in(first, tell).await?;
            Ok(Box::new(Lasting::new(way, shell)) as Box<dyn Session>)
        })
    }
}

/// How to get a shell on a host, any number of times.
pub(super) struct Way {
    host: Host,
    options: Options,
    keepalive: Duration,
    timeout: Duration,
    pace: Arc<Pace>,
}

impl Way {
    /// A shell, or why there is none. A login that sshd, or a jump host's, has dropped as one of too many at once is
    /// tried again until its time is up, which begins with its first turn.
    pub(super) async fn log_in(&self, first: &[Step], tell: TellLogin<'_>) -> Result<Shell, Problem> {
        let mut turn = self.pace.turn().await;
        tell(Login::Begins);
        let begun = Instant::now();
        let deadline = begun + self.timeout;
        let mut is_told = false;
        for tries in 1.. {
            let Ok(tried) = tokio::time::timeout_at(deadline, self.try_once(first)).await else { break };
            drop(turn);
            let problem = match tried {
                Err(problem) if login::may_pass(&problem) => problem,
                result => return result,
            };
            let next = Instant::now() + pause(tries, LONGEST_PAUSE);
            if next >= deadline {
                return Err(problem);
            }
            if !is_told && begun.elapsed() >= WORTH_TELLING {
                is_told = true;
                tell(Login::Dropped(&problem));
            }
            tokio::time::sleep_until(next).await;
            turn = self.pace.turn().await;
        }
        Err(login::timed_out(&self.host.destination, self.timeout))
    }

    async fn try_once(&self, first: &[Step]) -> Result<Shell, Problem> {
        let destination = &self.host.destination;
        let mut command = match destination {
            Destination::Local { .. } => local(),
            Destination::Ssh { user, host, port } => {
                openssh(user.as_deref(), host, *port, self.keepalive, self.options)
            }
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let is_ssh = matches!(destination, Destination::Ssh { .. });
        // In a process group of its own: Ctrl-C in the terminal is for garment, which ends things in order. A shell on this
        // machine ends when nothing more comes, as one on another does, and gives its lock back then.
        command.process_group(0).kill_on_drop(is_ssh);
        let child = command.spawn().map_err(|error| login::not_started(destination, &error))?;
        let pid = child.id().filter(|_| is_ssh);
        tokio::select! {
            shell = Shell::open(child, destination, self.keepalive, first) => shell,
            never = stalls::shorten(pid) => match never {},
        }
    }
}

/// Longer from try to try, up to `longest`, and up to as long again, never the same for all who were dropped together.
pub(super) fn pause(tries: u32, longest: Duration) -> Duration {
    let chance = RandomState::new().build_hasher().finish() % 1000;
    let pause = (FIRST_PAUSE * tries).min(longest);
    pause + pause * u32::try_from(chance).unwrap_or(0) / 1000
}

#[expect(clippy::disallowed_methods, reason = "this is the room")]
fn local() -> Command {
    Command::new("sh")
}

/// One `ssh` child. Options here come before the user's own settings, so there are only those without which an
/// unattended session does not work.
#[expect(clippy::disallowed_methods, reason = "this is the room")]
fn openssh(
    user: Option<&str>,
    host: &str,
    port: Option<u16>,
    keepalive: Duration,
    options: Options,
) -> Command {
    let mut ssh = Command::new("ssh");
    ssh.args(["-T", "-x"]);
    for option in [
        // Never ask: a prompt would be drawn over the report, or hang where there is no terminal.
        "BatchMode=yes",
        // A `LocalForward` in the user's settings would collide with a session of theirs.
        "ClearAllForwardings=yes",
        "RemoteCommand=none",
    ] {
        ssh.args(["-o", option]);
    }
    ssh.arg("-o").arg(format!("ConnectTimeout={CONNECT_TIMEOUT}"));
    // Notice a connection that died silently.
    ssh.arg("-o").arg(format!("ServerAliveInterval={}", keepalive.as_secs()));
    ssh.arg("-o").arg(format!("ServerAliveCountMax={MISSED}"));
    if options.forward_agent {
        ssh.args(["-o", "ForwardAgent=yes"]);
    }
    if let Some(user) = user {
        ssh.args(["-l", user]);
    }
    if let Some(port) = port {
        ssh.arg("-p").arg(port.to_string());
    }
    // `exec`, so that the login shell does not stay around; every login shell in use has it.
    ssh.args(["--", host, "exec sh"]);
    ssh
}
