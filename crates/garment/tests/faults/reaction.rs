use garment_testing::{Host, Running};

use crate::bed::{Bed, within};
use crate::chance::Chance;
use crate::inject::{PATIENCE, kill};
use crate::kind::Kind;

/// What people do about a command that hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reaction {
    AskOnce,
    AskTwice,
    KillGarment,
    EndTheCommand,
    LoseTheConnection,
}

impl Reaction {
    pub(crate) fn to(kind: Kind, chance: &mut Chance) -> Self {
        use Reaction::{AskOnce, AskTwice, EndTheCommand, KillGarment, LoseTheConnection};
        match kind {
            Kind::CommandHangs => {
                *chance.pick(&[AskOnce, AskTwice, KillGarment, EndTheCommand, LoseTheConnection])
            }
            // Asked once, it takes ten seconds.
            Kind::CommandIgnoresTerm if chance.once_in(6) => AskOnce,
            Kind::CommandIgnoresTerm => *chance.pick(&[AskTwice, AskTwice, KillGarment, EndTheCommand]),
            _ => AskOnce,
        }
    }

    /// Gives whether the command is left hanging.
    pub(crate) fn happens(self, bed: &Bed, host: &Host, running: &Running) -> bool {
        match self {
            Reaction::AskOnce => assert!(running.terminate(), "it has ended, and a command hangs"),
            Reaction::AskTwice => {
                assert!(running.terminate() && running.interrupt(), "it has ended, and a command hangs");
            }
            Reaction::KillGarment => {
                kill(running);
                return true;
            }
            Reaction::EndTheCommand => end_what_hangs(host),
            Reaction::LoseTheConnection => {
                assert!(host.kill_sessions() > 0, "not landed: no connection");
                // It is made again, and the command followed for as long as it runs.
                let again = || bed.events().iter().any(|event| event.starts_with("Reconnected "));
                within(PATIENCE, || again() || running.has_ended());
                end_what_hangs(host);
            }
        }
        false
    }
}

/// Whether the command does that was told to.
pub(crate) fn hangs(host: &Host) -> bool {
    host.processes().iter().any(|line| line.starts_with("sleep 8640"))
}

/// Ends it, as somebody does who looks after the host.
pub(crate) fn end_what_hangs(host: &Host) {
    host.kill(|line| line.starts_with("sleep 8640"));
    assert!(within(PATIENCE, || !hangs(host)), "a command that hangs can't be ended");
}
