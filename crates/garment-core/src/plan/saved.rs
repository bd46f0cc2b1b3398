use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Preview;
use crate::event::Problem;

/// What stands in the files that this garment writes and reads.
const VERSION: u64 = 1;

/// A preview in a file, for a deploy that is to be exactly that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// The version of the format.
    garment_plan: u64,
    /// When it was made, by that machine's clock.
    pub made: Timestamp,
    /// Who made it, as `user@machine`.
    pub by: String,
    /// What it is.
    pub plan: Preview,
}

/// The same of any version.
#[derive(Deserialize)]
struct AnyVersion {
    garment_plan: serde_json::Value,
}

impl Saved {
    /// A preview that is made now.
    pub fn new(plan: Preview, by: &str, made: Timestamp) -> Self {
        Self { garment_plan: VERSION, made, by: by.to_owned(), plan }
    }

    /// The text of its file: JSON.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads such a file. `shown` is its name, for people.
    ///
    /// # Errors
    /// It is no plan, one of another version, or damaged.
    pub fn parse(shown: &str, text: &[u8]) -> Result<Self, Problem> {
        let anew = || "make one: `garment plan ENV --out FILE`".to_owned();
        let any: AnyVersion = serde_json::from_slice(text).map_err(|error| Problem {
            what: format!("`{shown}` is no plan of garment's: {error}"),
            remedy: anew(),
        })?;
        if any.garment_plan != VERSION {
            return Err(Problem {
                what: format!(
                    "`{shown}` is a plan of version {}, and this garment reads version {VERSION}",
                    any.garment_plan
                ),
                remedy: "make it and run it with the same garment".into(),
            });
        }
        serde_json::from_slice(text).map_err(|error| Problem {
            what: format!("`{shown}` is a damaged plan: {error}"),
            remedy: anew(),
        })
    }
}
