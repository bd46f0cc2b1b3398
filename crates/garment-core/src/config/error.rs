use std::fmt::{self, Write as _};
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// How many mistakes are shown in full; a broken file can have thousands, and the first ones are the causes.
const SHOWN: usize = 30;

/// The control characters that the renderer does not show as text.
const LATE_CONTROL: fn(char) -> bool = |c| matches!(c, '\u{80}'..='\u{9f}');
const STAND_IN: &str = "¿";

/// Every mistake found in one file, in the order in which they stand there. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors {
    file: String,
    source: String,
    errors: Vec<ConfigError>,
}

/// One mistake, where it is, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// What is wrong, in one line.
    pub message: String,
    /// The whole value that is wrong.
    pub place: Place,
    /// Other places that matter, each with a few words.
    pub related: Vec<(Place, String)>,
    /// What to write instead. May have several lines.
    pub help: Vec<String>,
}

/// A piece of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its first line, counted from 1.
    pub line: usize,
    /// Its first character in that line, counted from 1.
    pub column: usize,
    /// Byte offsets into the file's text, a byte order mark not counted.
    pub range: Range<usize>,
}

impl Place {
    /// The place of a byte range. Offsets past the end or inside a character are moved back to the one before.
    /// `lines` are the offsets at which lines begin.
    pub(super) fn new(source: &str, lines: &[usize], range: &Range<usize>) -> Self {
        let mut start = char_start(source, range.start);
        let mut end = char_start(source, range.end).max(start);
        if start == end && source[..start].ends_with('\n') {
            // Where nothing is written, the end of what stands before it is the better place to show.
            start = source[..start].trim_end().len();
            end = start;
        }
        let line = lines.partition_point(|begin| *begin <= start).max(1);
        let line_start = lines.get(line - 1).copied().unwrap_or(0);
        Self { line, column: source[line_start..start].chars().count() + 1, range: start..end }
    }
}

/// The beginning of the character that holds the byte at `at`, or the end of the text.
pub(super) fn char_start(source: &str, at: usize) -> usize {
    let mut at = at.min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl ConfigErrors {
    pub(super) fn new(file: &str, source: &str, errors: Vec<ConfigError>) -> Self {
        // Here already, so that the carets stand below the text. It takes two bytes as well: places stay.
        Self { file: file.to_owned(), source: source.replace(LATE_CONTROL, STAND_IN), errors }
    }

    /// The mistakes.
    pub fn errors(&self) -> &[ConfigError] {
        &self.errors
    }

    /// All of them as people read them, each with its line and carets under the value; `styled` adds colours as ANSI
    /// sequences. Ends with a newline.
    pub fn render(&self, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for error in self.errors.iter().take(SHOWN) {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&renderer.render(&[self.report(error)]));
            out.push('\n');
        }
        if let more @ 1.. = self.errors.len().saturating_sub(SHOWN) {
            // Writing to a string can't fail.
            _ = writeln!(out, "\nand {more} more mistakes");
        }
        out.replace(LATE_CONTROL, STAND_IN)
    }

    fn report<'a>(&'a self, error: &'a ConfigError) -> annotate_snippets::Group<'a> {
        let mut snippet = Snippet::source(&self.source)
            .path(&self.file)
            .annotation(AnnotationKind::Primary.span(error.place.range.clone()));
        for (place, label) in &error.related {
            snippet = snippet.annotation(AnnotationKind::Context.span(place.range.clone()).label(label));
        }
        let mut group = Level::ERROR.primary_title(&error.message).element(snippet);
        for help in &error.help {
            group = group.element(Level::HELP.message(help));
        }
        group
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl std::error::Error for ConfigErrors {}
