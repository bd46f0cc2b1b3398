use anstyle::{AnsiColor, Style};

use super::color::{self, Choice, Surroundings};

/// How things are shown: which marks and whether in colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are shown.
    pub color: bool,
    /// Whether more than ASCII can be shown.
    pub unicode: bool,
}

/// What a piece of text is, which decides how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It went well.
    Good,
    /// It went wrong.
    Bad,
    /// It wants attention.
    Warn,
    /// It stands out.
    Strong,
    /// It steps back.
    Faint,
    /// A name.
    Name,
    /// Nothing special.
    Plain,
}

impl Look {
    /// No colours and ASCII: for files and tests.
    pub const PLAIN: Self = Self { color: false, unicode: false };

    /// What the flag and the surroundings ask for.
    pub fn new(choice: Choice, around: &Surroundings) -> Self {
        Self { color: color::decide(choice, around), unicode: around.unicode() }
    }

    /// `text` in a tone. The text must be clean already.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let style = match tone {
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
            Tone::Warn => AnsiColor::Yellow.on_default(),
            Tone::Strong => Style::new().bold(),
            Tone::Faint => Style::new().dimmed(),
            Tone::Name => AnsiColor::Cyan.on_default(),
            Tone::Plain => Style::new(),
        };
        if self.color && style != Style::new() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// The mark of what went well.
    pub fn good(self) -> String {
        self.paint(Tone::Good, if self.unicode { "✓" } else { "ok" })
    }

    /// The mark of what went wrong.
    pub fn bad(self) -> String {
        self.paint(Tone::Bad, if self.unicode { "✗" } else { "FAILED" })
    }

    /// What stands for text that is left out.
    pub fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { ".." }
    }
}
