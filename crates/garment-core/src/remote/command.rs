use std::fmt::Write as _;

use super::quote;

/// The text of a user's command, for `sh -c` or whatever shell runs it: `cd` first, then the variables, then
/// `prefix && command`. The folder and the values are words, whatever is in them; prefix and command are shell text and
/// stand there as they are.
pub fn command_text(
    cd: Option<&str>,
    shell_env: &[(String, String)],
    prefix: Option<&str>,
    command: &str,
) -> String {
    let mut text = String::new();
    if let Some(cd) = cd.filter(|cd| !cd.is_empty()) {
        // Writing to a String can't fail.
        let _ = writeln!(text, "cd {} || exit", folder(cd));
    }
    for (name, value) in shell_env {
        let _ = if is_name(name) {
            writeln!(text, "export {name}={}", quote(value))
        } else {
            // The shell itself says that this is no name; it can't be taken for code.
            writeln!(text, "export {} || exit", quote(&format!("{name}={value}")))
        };
    }
    match prefix.map(str::trim_end).filter(|prefix| !says_nothing(prefix)) {
        None => text.push_str(command),
        // On a line of its own, neither a comment nor a here-document at its end takes ` && command` along. What comes
        // before `&&` runs the same in braces.
        Some(prefix) if prefix.contains(['\n', '#']) => {
            let _ = write!(text, "{{ {prefix}\n}} && {command}");
        }
        Some(prefix) => {
            let _ = write!(text, "{prefix} && {command}");
        }
    }
    text
}

/// A folder as a word for `cd`: never an option, never `-` for the folder before, never looked up in CDPATH.
fn folder(cd: &str) -> String {
    match cd.strip_prefix('~') {
        Some("") => "\"$HOME\"".to_owned(),
        Some(rest) if rest.starts_with('/') => format!("\"$HOME\"{}", quote(rest)),
        _ if cd.starts_with('/') => quote(cd),
        _ => quote(&format!("./{cd}")),
    }
}

/// What a shell takes as a variable's name.
fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether shell text has nothing but comments and blanks.
fn says_nothing(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_case_reads_as_people_wrote_it() {
        let env = [("A".to_owned(), "it's".to_owned())];
        assert_eq!(
            command_text(Some("/srv/x"), &env, Some("source a"), "b || c"),
            "cd '/srv/x' || exit\nexport A='it'\\''s'\nsource a && b || c"
        );
        assert_eq!(command_text(None, &[], None, "true"), "true");
    }

    #[test]
    fn a_folder_is_one_word() {
        let cd = |cd| command_text(Some(cd), &[], None, "");
        assert_eq!(cd("~"), "cd \"$HOME\" || exit\n");
        assert_eq!(cd("~/a b"), "cd \"$HOME\"'/a b' || exit\n");
        assert_eq!(cd("-"), "cd './-' || exit\n");
        assert_eq!(cd("~evan"), "cd './~evan' || exit\n");
        assert_eq!(cd(""), "");
    }

    #[test]
    fn a_prefix_that_would_swallow_the_command_does_not() {
        let with = |prefix| command_text(None, &[], Some(prefix), "b");
        assert_eq!(with("a # why\n"), "{ a # why\n} && b");
        assert_eq!(with("a\nc\n"), "{ a\nc\n} && b");
        assert_eq!(with("a\n"), "a && b");
        assert_eq!(with("# why\n  \n"), "b");
    }
}
