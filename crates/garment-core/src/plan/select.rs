use serde::{Deserialize, Serialize};

use crate::event::Problem;
use crate::model::{Environment, Stage, Task};

/// Which of the user's tasks run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// All of them.
    #[default]
    All,
    /// Only those with one of these ids.
    Include(Vec<String>),
    /// All but those with one of these ids.
    Exclude(Vec<String>),
}

impl Selection {
    pub(super) fn takes(&self, task: &Task) -> bool {
        match self {
            Self::All => true,
            Self::Include(ids) => ids.contains(&task.id),
            Self::Exclude(ids) => !ids.contains(&task.id),
        }
    }

    fn ids(&self) -> &[String] {
        match self {
            Self::All => &[],
            Self::Include(ids) | Self::Exclude(ids) => ids,
        }
    }
}

/// The first id of a selection that no task of a deploy has: a typing mistake there would leave out, or run, the wrong
/// tasks without a word.
pub fn unknown_ids(environment: &Environment, selection: &Selection) -> Option<Problem> {
    let stages = [Stage::Before, Stage::After, Stage::Cleanup];
    let known: Vec<&str> =
        stages.iter().flat_map(|stage| environment.stages.of(*stage)).map(|task| task.id.as_str()).collect();
    let wrong = selection.ids().iter().find(|id| !known.contains(&id.as_str()))?;
    let near = known
        .iter()
        .map(|id| (strsim::jaro_winkler(id, wrong), id))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    let remedy = match near {
        Some((_, id)) => format!("did you mean `{id}`?"),
        None if known.is_empty() => "it has no tasks that a deploy runs".to_owned(),
        None => format!(
            "a deploy's tasks are {}",
            known.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
        ),
    };
    Some(Problem { what: format!("no task of `{}` has the id `{wrong}`", environment.name), remedy })
}
