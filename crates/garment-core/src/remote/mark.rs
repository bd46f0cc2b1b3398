use super::Paths;
use super::script::{LIB, STATE, script};
use crate::model::{ReleaseName, State};

/// Writes down a release's state, if the host keeps one for it.
pub fn mark(paths: &Paths, release: &ReleaseName, state: State) -> String {
    let values = [("release", release.as_str()), ("state", state.word())];
    script(paths, &values, &[LIB, STATE, include_str!("sh/mark.sh")])
}
