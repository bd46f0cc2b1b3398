/// `--output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Output {
    /// What suits the output: a live view on a terminal, else plain lines
    #[default]
    Auto,
    /// Plain lines, on a terminal as well
    Plain,
    /// An event a line, for programs
    Json,
    /// Plain lines with the groups and annotations of GitHub Actions
    Github,
}
