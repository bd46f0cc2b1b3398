use std::fmt;

use indexmap::IndexMap;

use super::{OperationId, ReleaseName};

/// What a look at a host found out, before anything is changed there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostFacts {
    /// The remote user's home.
    pub home: String,
    /// The remote user's name.
    pub user: String,
    /// Whether `bash` is on its PATH.
    pub has_bash: bool,
    /// Whether `git` is on it.
    pub has_git: bool,
    /// `deploy_dir`, absolute on this host.
    pub deploy_dir: String,
    /// `source_dir`, absolute on this host.
    pub source_dir: String,
    /// `releases_dir`, absolute on this host.
    pub releases_dir: String,
    /// `current_symlink`, absolute on this host.
    pub current_symlink: String,
    /// Complete releases by name, oldest first.
    pub releases: IndexMap<ReleaseName, ReleaseFacts>,
    /// The newest operation that the host has a record of.
    pub last_operation: Option<OperationId>,
    /// What is in the place of `current_symlink`.
    pub current: Occupant,
    /// A switch to this release waits for its confirmation, or is being taken back for want of it.
    pub unconfirmed: Option<ReleaseName>,
}

impl HostFacts {
    /// The release that `current` leads to, where it is one of `releases`.
    pub fn current_release(&self) -> Option<&ReleaseName> {
        match &self.current {
            Occupant::Release(name) => Some(name),
            _ => None,
        }
    }

    /// The release that `current` leads to, or led to before somebody removed that.
    pub fn last_live(&self) -> Option<ReleaseName> {
        match &self.current {
            Occupant::Release(name) => Some(name.clone()),
            Occupant::Elsewhere(path) => ReleaseName::parse(path.rsplit('/').next()?),
            Occupant::Absent | Occupant::NotASymlink => None,
        }
    }
}

/// What is in the place of `current_symlink` on a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Occupant {
    /// Nothing yet.
    #[default]
    Absent,
    /// A symlink to a release in `releases_dir`.
    Release(ReleaseName),
    /// A symlink to somewhere else, or to nothing.
    Elsewhere(String),
    /// Something that is no symlink.
    NotASymlink,
}

/// What a host knows of a release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleaseFacts {
    /// `None` for releases from before there was state (Garment 0.5).
    pub state: Option<State>,
    /// The full commit id, from the release's state or its `REVISION`.
    pub commit: Option<String>,
    /// Who made it, as `user@machine`.
    pub by: Option<String>,
    /// When it became live last, in seconds since 1970 by the host's clock.
    pub live_since: Option<i64>,
    /// Whether people want it never to be pruned.
    pub pinned: bool,
}

impl ReleaseFacts {
    /// Whether it has been live, and nobody rolled back from it. Releases from before there was state count as good.
    pub fn is_good(&self) -> bool {
        matches!(self.state, None | Some(State::Live | State::Replaced))
    }
}

/// Where a release is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its files are being put together.
    Building,
    /// Complete, never live so far.
    Ready,
    /// `current` leads to it.
    Live,
    /// Was live until another release took its place.
    Replaced,
    /// Its deploy stopped before it was live.
    Failed,
    /// Was live until people rolled back from it.
    RolledBack,
}

impl State {
    /// All of them, with the word that stands in state files.
    pub const WORDS: [(Self, &'static str); 6] = [
        (Self::Building, "building"),
        (Self::Ready, "ready"),
        (Self::Live, "live"),
        (Self::Replaced, "replaced"),
        (Self::Failed, "failed"),
        (Self::RolledBack, "rolled-back"),
    ];

    /// The word in state files.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    /// Reads such a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, w)| *w == word).map(|(state, _)| *state)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
