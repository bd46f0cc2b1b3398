use super::records::Records;
use super::script::{DELIVERY, GIT, LIB, SPACE, STATE, script};
use super::{BadRecords, Paths, parse_problems};
use crate::event::Problem;
use crate::model::Delivery;

/// What `garment check` wants to know of a host.
#[derive(Debug, Clone, Copy)]
pub struct Check<'a> {
    /// Where things are there.
    pub paths: &'a Paths,
    /// Where the host fetches from.
    pub repo_url: &'a str,
    /// Whether the operator's agent is forwarded; it only changes what is advised.
    pub forward_agent: bool,
    /// How a commit would get there.
    pub delivery: Delivery,
}

/// Looks for everything that would stop a deploy, all of it in one go, and changes nothing. [`parse_check`] reads what
/// it found, whatever the exit code.
pub fn check(check: &Check) -> String {
    let values = [
        ("repo_url", check.repo_url),
        ("forward_agent", if check.forward_agent { "yes" } else { "no" }),
        ("delivery", check.delivery.word()),
    ];
    script(check.paths, &values, &[LIB, STATE, GIT, DELIVERY, SPACE, include_str!("sh/check.sh")])
}

/// Reads what [`check`] printed: the problems, none if all is well.
///
/// # Errors
/// It is cut off; a look that was not finished is not taken for one that found nothing.
pub fn parse_check(stdout: &[u8]) -> Result<Vec<Problem>, BadRecords> {
    let problems = parse_problems(stdout)?;
    if problems.is_empty() {
        Records::parse_complete(stdout, "check")?;
    }
    Ok(problems)
}
