//! Whether to colour, decided once and from values that are handed in.

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Choice {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// What the surroundings say about the output; the values of environment variables as they are, `None` where unset.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Whether the output is a terminal.
    pub is_terminal: bool,
    /// `TERM`.
    pub term: Option<String>,
    /// `NO_COLOR`.
    pub no_color: Option<String>,
    /// `CLICOLOR`.
    pub clicolor: Option<String>,
    /// `CLICOLOR_FORCE`.
    pub clicolor_force: Option<String>,
    /// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set and not empty.
    pub locale: Option<String>,
}

impl Surroundings {
    /// Whether lines can be drawn over: a terminal that understands cursor movement.
    pub fn can_rewrite(&self) -> bool {
        self.is_terminal && self.term.as_deref().is_some_and(|term| !term.is_empty() && term != "dumb")
    }

    /// Whether `✓` can be shown.
    pub fn unicode(&self) -> bool {
        let locale = self.locale.as_deref().unwrap_or_default().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    }
}

/// Whether to colour. The flag beats the environment, then as <https://no-color.org> and
/// <https://bixense.com/clicolors> have it: a non-empty `NO_COLOR` is no, `CLICOLOR_FORCE` (not `0`) is yes even without
/// a terminal, `CLICOLOR=0` is no, and else a terminal that isn't `dumb` is yes.
pub fn decide(choice: Choice, around: &Surroundings) -> bool {
    let set = |value: &Option<String>| value.as_deref().is_some_and(|value| !value.is_empty());
    match choice {
        Choice::Always => true,
        Choice::Never => false,
        Choice::Auto if set(&around.no_color) => false,
        Choice::Auto if set(&around.clicolor_force) && around.clicolor_force.as_deref() != Some("0") => true,
        Choice::Auto => around.clicolor.as_deref() != Some("0") && around.can_rewrite(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(is_terminal: bool, variables: &[(&str, &str)]) -> Surroundings {
        let get = |name| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Surroundings {
            is_terminal,
            term: get("TERM").or(Some("xterm".into())),
            no_color: get("NO_COLOR"),
            clicolor: get("CLICOLOR"),
            clicolor_force: get("CLICOLOR_FORCE"),
            locale: get("LANG"),
        }
    }

    #[test]
    fn the_flag_beats_the_environment() {
        assert!(decide(Choice::Always, &around(false, &[("NO_COLOR", "1"), ("CLICOLOR", "0")])));
        assert!(!decide(Choice::Never, &around(true, &[("CLICOLOR_FORCE", "1")])));
    }

    #[test]
    fn the_environment() {
        for (want, is_terminal, variables) in [
            (true, true, &[][..]),
            (false, false, &[]),
            (false, true, &[("NO_COLOR", "1")]),
            (true, true, &[("NO_COLOR", "")]),
            (false, true, &[("NO_COLOR", "0")]),
            (true, false, &[("CLICOLOR_FORCE", "1")]),
            (false, false, &[("CLICOLOR_FORCE", "0")]),
            (false, false, &[("CLICOLOR_FORCE", "")]),
            (true, true, &[("CLICOLOR_FORCE", "0")]),
            (false, true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]),
            (false, true, &[("CLICOLOR", "0")]),
            (true, true, &[("CLICOLOR", "1")]),
            (false, false, &[("CLICOLOR", "1")]),
            (true, false, &[("CLICOLOR", "0"), ("CLICOLOR_FORCE", "1")]),
            (false, true, &[("TERM", "dumb")]),
            (false, true, &[("TERM", "")]),
            (true, true, &[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")]),
        ] {
            assert_eq!(
                decide(Choice::Auto, &around(is_terminal, variables)),
                want,
                "{is_terminal} {variables:?}"
            );
        }
    }

    #[test]
    fn a_terminal_of_unknown_kind_is_not_drawn_over() {
        assert!(!Surroundings { is_terminal: true, ..Surroundings::default() }.can_rewrite());
        assert!(!around(true, &[("TERM", "dumb")]).can_rewrite());
        assert!(!around(false, &[]).can_rewrite());
        assert!(around(true, &[]).can_rewrite());
    }

    #[test]
    fn locales() {
        for (locale, want) in
            [("C.UTF-8", true), ("de_DE.utf8", true), ("C", false), ("de_DE.ISO-8859-1", false)]
        {
            assert_eq!(around(true, &[("LANG", locale)]).unicode(), want, "{locale}");
        }
        assert!(!around(true, &[]).unicode());
    }
}
