use super::records::Records;
use super::script::{LIB, STATE, script};
use super::{BadRecords, Paths};
use crate::model::{CommitId, HostFacts, Occupant, OperationId, ReleaseFacts, ReleaseName, State};

/// A look at a host that changes nothing: its user, its tools, its releases, what is current.
pub fn survey(paths: &Paths) -> String {
    script(paths, &[], &[LIB, STATE, include_str!("sh/survey.sh")])
}

/// Reads what [`survey`] printed.
///
/// # Errors
/// It is cut off, something is missing, or a path of this host is no UTF-8.
pub fn parse_survey(stdout: &[u8]) -> Result<HostFacts, BadRecords> {
    let records = Records::parse_complete(stdout, "survey")?;
    let mut facts = HostFacts {
        home: records.exact("home")?,
        user: records.get("user")?,
        deploy_dir: records.exact("deploy_dir")?,
        source_dir: records.exact("source_dir")?,
        releases_dir: records.exact("releases_dir")?,
        current_symlink: records.exact("current_symlink")?,
        ..HostFacts::default()
    };
    // Folders that are no release of garment's stand between those that are.
    let mut release = None;
    for (key, value) in records.pairs() {
        match key {
            "has" => match value.as_str() {
                "bash" => facts.has_bash = true,
                "git" => facts.has_git = true,
                _ => {}
            },
            "last_operation" => facts.last_operation = OperationId::parse(&value),
            "release" => {
                release = ReleaseName::parse(&value);
                if let Some(name) = &release {
                    facts.releases.insert(name.clone(), ReleaseFacts::default());
                }
            }
            "state" | "commit" | "by" | "live_since" | "pinned" => {
                if let Some(of) = release.as_ref().and_then(|name| facts.releases.get_mut(name)) {
                    match key {
                        "state" => of.state = State::from_word(&value),
                        "commit" => of.commit = CommitId::parse(&value).ok().map(|id| id.as_str().to_owned()),
                        "live_since" => of.live_since = value.parse().ok(),
                        "pinned" => of.pinned = value == "yes",
                        _ => of.by = Some(value).filter(|by| !by.is_empty()),
                    }
                }
            }
            "unconfirmed" => facts.unconfirmed = ReleaseName::parse(&value),
            _ => {}
        }
    }
    facts.releases.sort_unstable_keys();
    let target = records.get("current_target")?;
    facts.current = match records.get("current")?.as_str() {
        "absent" => Occupant::Absent,
        "not-a-symlink" => Occupant::NotASymlink,
        "release" => ReleaseName::parse(&records.get("current_release")?)
            .map_or(Occupant::Elsewhere(target), Occupant::Release),
        "elsewhere" => Occupant::Elsewhere(target),
        other => return Err(BadRecords(format!("`current` is `{other}`"))),
    };
    Ok(facts)
}
