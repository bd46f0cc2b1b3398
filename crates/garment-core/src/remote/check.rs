use super::Paths;
use super::script::{GIT, LIB, script};

/// What `garment check` wants to know of a host.
#[derive(Debug, Clone, Copy)]
pub struct Check<'a> {
    /// Where things are there.
    pub paths: &'a Paths,
    /// Where the host fetches from.
    pub repo_url: &'a str,
    /// Whether the operator's agent is forwarded; it only changes what is advised.
    pub forward_agent: bool,
}

/// Looks for everything that would stop a deploy, all of it in one go, and changes nothing. Exit code 0 means that it
/// is through; [`super::parse_problems`] reads what it found.
pub fn check(check: &Check) -> String {
    let values =
        [("repo_url", check.repo_url), ("forward_agent", if check.forward_agent { "yes" } else { "no" })];
    script(check.paths, &values, &[LIB, GIT, include_str!("sh/check.sh")])
}
