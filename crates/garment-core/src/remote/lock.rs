use std::fmt::Write as _;

use super::records::{Records, visible};
use super::script::{LIB, one_line, script};
use super::{BadRecords, Paths, quote};

/// Who is at work on a host, or keeps others from it. Stands in the lock or the freeze, for those who are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holder {
    /// As `user@machine`.
    pub by: String,
    /// `deploy`, say; or the reason of a freeze.
    pub doing: String,
    /// When it began, in seconds since 1970 by its own clock; `None` where that can't be read.
    pub since: Option<i64>,
    /// Tells operations apart that began in the same second; empty for a freeze.
    pub token: String,
}

/// Why a lock was not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// An operation is under way.
    Held(Holder),
    /// People asked for nothing to be changed.
    Frozen(Holder),
}

/// Where a lock may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// Where garment has been before: nothing is made on other hosts.
    Known,
    /// On any host.
    Anywhere,
}

/// Takes a host's lock. For the session's own shell: the lock lives as long as that does.
pub fn lock(paths: &Paths, holder: &Holder, on: Where) -> String {
    let mut text = String::new();
    // Writing to a String can't fail.
    let _ = writeln!(text, "g_deploy_dir={}", quote(&paths.deploy_dir));
    let _ = writeln!(text, "g_info={}", quote(&holder.to_text()));
    text.push_str(if on == Where::Known { "g_only_known=yes\n" } else { "g_only_known=\n" });
    text + include_str!("sh/lock.sh")
}

/// Reads what a [`lock`] that was not given printed; `None` if it was not refused but could not be taken.
///
/// # Errors
/// The bytes are no records.
pub fn parse_refusal(stdout: &[u8]) -> Result<Option<Refusal>, BadRecords> {
    let records = Records::parse(stdout)?;
    let Ok(how) = records.get("refused") else { return Ok(None) };
    let holder = Holder::from_text(&records.get("info")?);
    Ok(Some(if how == "frozen" { Refusal::Frozen(holder) } else { Refusal::Held(holder) }))
}

/// Whether a [`lock`] that was not given printed that it was asked for only where garment has been, and has not.
pub fn is_unknown_place(stdout: &[u8]) -> bool {
    Records::parse(stdout).is_ok_and(|records| records.get("unknown_place").is_ok())
}

/// Gives a lock back. For the session's own shell.
pub fn unlock() -> String {
    include_str!("sh/unlock.sh").to_owned()
}

/// Keeps everybody from changing a host, until [`thaw`].
pub fn freeze(paths: &Paths, holder: &Holder) -> String {
    script(paths, &[("info", &holder.to_text())], &[LIB, include_str!("sh/freeze.sh")])
}

/// Ends a freeze, or only looks whose it is.
pub fn thaw(paths: &Paths, only_look: bool) -> String {
    script(paths, &[("look", if only_look { "yes" } else { "no" })], &[LIB, include_str!("sh/thaw.sh")])
}

/// Reads what [`freeze`] or [`thaw`] found: the freeze that was there before.
///
/// # Errors
/// It is cut off.
pub fn parse_freeze(stdout: &[u8], script: &str) -> Result<Option<Holder>, BadRecords> {
    let records = Records::parse_complete(stdout, script)?;
    Ok(records.get("frozen").ok().map(|text| Holder::from_text(&text)))
}

impl Holder {
    fn to_text(&self) -> String {
        let since = self.since.map(|since| since.to_string()).unwrap_or_default();
        format!(
            "by={}\nsince={since}\ndoing={}\ntoken={}\n",
            one_line(&self.by),
            one_line(&self.doing),
            one_line(&self.token)
        )
    }

    pub(super) fn from_text(text: &str) -> Self {
        let get = |key: &str| {
            // The newest counts: what an operation does is known better once it has begun.
            let value = text.lines().rev().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            visible(value.unwrap_or_default())
        };
        Self { by: get("by"), doing: get("doing"), token: get("token"), since: get("since").parse().ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let holder = Holder {
            by: "evan@pungi".into(),
            doing: "freeze = yes\nby=x".into(),
            since: Some(7),
            token: "t".into(),
        };
        let read = Holder::from_text(&holder.to_text());
        assert_eq!(read, Holder { doing: "freeze = yes by=x".into(), ..holder });
        assert_eq!(Holder::from_text("garbage"), Holder::default());
    }
}
