use std::fmt::Write as _;

use super::{Paths, quote};

pub(super) const LIB: &str = include_str!("sh/lib.sh");
pub(super) const STATE: &str = include_str!("sh/state.sh");
pub(super) const BACK: &str = include_str!("sh/back.sh");
pub(super) const STILL_LOCKED: &str = include_str!("sh/still_locked.sh");
pub(super) const REMOVE: &str = include_str!("sh/remove.sh");
pub(super) const SPARE: &str = include_str!("sh/spare.sh");
pub(super) const RENEW: &str = include_str!("sh/renew.sh");
pub(super) const SPACE: &str = include_str!("sh/space.sh");
pub(super) const GIT: &str = include_str!("sh/git.sh");
pub(super) const FETCH: &str = include_str!("sh/fetch.sh");
pub(super) const PROGRESS: &str = include_str!("sh/progress.sh");
pub(super) const DELIVERY: &str = include_str!("sh/delivery.sh");
pub(super) const SUBMODULES: &str = include_str!("sh/submodules.sh");

/// A script's whole text: the values that it works on as assignments, then its parts.
pub(super) fn script(paths: &Paths, values: &[(&str, &str)], parts: &[&str]) -> String {
    let mut text = String::new();
    let of_paths = [
        ("deploy_dir", paths.deploy_dir.as_str()),
        ("source_dir", &paths.source_dir),
        ("releases_dir", &paths.releases_dir),
        ("current_symlink", &paths.current_symlink),
    ];
    for (name, value) in of_paths.iter().chain(values) {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{name}={}", quote(value));
    }
    for part in parts {
        text.push_str(part);
    }
    text
}

/// A value for a line of a state file: what would end the line is a space there.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
