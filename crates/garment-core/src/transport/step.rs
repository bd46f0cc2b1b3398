use std::sync::Arc;
use std::time::Duration;

use crate::model::Parcel;

/// One thing that a host's shell is asked to do: a text and what reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What people are shown: the user's command, or a few words on what garment does.
    pub shown: Arc<str>,
    /// Runs the text.
    pub interpreter: Interpreter,
    /// Shell text. Nothing from outside is in it unquoted, apart from what people wrote as shell text.
    pub text: String,
    /// Whether its stdout is data for garment and not for people.
    pub is_script: bool,
    /// The name under which the host keeps what it prints and how it ended; nothing is kept without one. A part of a
    /// file's name: letters, digits, `-`, `_` and `.`.
    pub name: Option<Arc<str>>,
    /// When it has to be over, counted from the beginning of the last step before it that is a first one, or of the
    /// batch.
    pub limit: Option<Duration>,
    /// What the host is sent instead of running a text. Steps with parcels and others are not in one batch.
    pub parcel: Option<Parcel>,
    /// Whether the time of those behind it is counted from here.
    pub is_first: bool,
}

impl Step {
    /// A script of garment's own, for the host's `sh`.
    pub fn script(shown: impl AsRef<str>, text: String) -> Self {
        Self {
            shown: shown.as_ref().into(),
            interpreter: Interpreter::sh(),
            text,
            is_script: true,
            name: None,
            limit: None,
            parcel: None,
            is_first: false,
        }
    }

    /// Something that is sent.
    pub fn parcel(shown: impl AsRef<str>, parcel: Parcel) -> Self {
        Self { parcel: Some(parcel), ..Self::script(shown, String::new()) }
    }

    /// A script for the session's own shell.
    pub fn here(shown: impl AsRef<str>, text: String) -> Self {
        Self { interpreter: Interpreter::session(), ..Self::script(shown, text) }
    }

    /// The same under a name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// A shell, as words to which the text's place is appended; no words are the session's own shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter(Vec<String>);

impl Interpreter {
    /// The host's `sh`, which garment's own scripts are written for.
    pub fn sh() -> Self {
        Self(["sh", "-c"].map(Into::into).into())
    }

    /// The session's own shell: what the text does to it lasts as long as the session. The text must not end it.
    pub fn session() -> Self {
        Self(Vec::new())
    }

    /// What the strategy gives to people's commands: a login bash where there is one.
    pub fn login(has_bash: bool) -> Self {
        if has_bash { Self(["bash", "-l", "-c"].map(Into::into).into()) } else { Self::sh() }
    }

    /// A shell of the user's choice; its last word must be what makes it run the next one (`-c`).
    pub fn words(words: Vec<String>) -> Self {
        Self(words)
    }

    /// The words, for the session to quote.
    pub fn as_words(&self) -> &[String] {
        &self.0
    }
}
