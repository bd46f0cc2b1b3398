use std::fmt::Write as _;

use crate::model::Template;

/// A template as a YAML scalar that `deploy.conf` reads back as that template: quoted where YAML needs it.
pub fn scalar(template: &Template) -> String {
    quote(&template.to_string())
}

/// A text as a YAML scalar that reads back as exactly that text, in YAML 1.1 and 1.2, in block and flow context.
pub(super) fn quote(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let printable = |c: char| {
        !c.is_control() && !matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
    };
    if text.chars().all(printable) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if printable(c) => out.push(c),
            // Writing to a string can't fail.
            c if u32::from(c) < 0x100 => _ = write!(out, "\\x{:02X}", u32::from(c)),
            c => _ = write!(out, "\\u{:04X}", u32::from(c)),
        }
    }
    out.push('"');
    out
}

/// Whether a text needs no quotes. Stricter than YAML: what any reader could take for a number, a date, a yes or a no,
/// or for structure, gets quotes.
fn is_plain(text: &str) -> bool {
    let safe = |c: char| c.is_alphanumeric() || "_-./@ ~=+,:".contains(c);
    let starts = text.chars().next().is_some_and(|c| c.is_alphabetic() || matches!(c, '/' | '_'));
    let word = matches!(
        text.to_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
    );
    starts
        && !word
        && text.chars().all(safe)
        && !text.contains(", ")
        && !text.contains(": ")
        && !text.ends_with([' ', ':', ','])
        && !text.contains(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_only_where_they_are_needed() {
        for (text, want) in [
            ("/srv/shop", "/srv/shop"),
            ("git@example.org:shop.git", "git@example.org:shop.git"),
            ("echo a b", "echo a b"),
            ("", "''"),
            ("yes", "'yes'"),
            ("1.10", "'1.10'"),
            ("0755", "'0755'"),
            ("-x", "'-x'"),
            ("~/x", "'~/x'"),
            ("a: b", "'a: b'"),
            ("a #b", "'a #b'"),
            ("it's", "'it''s'"),
            ("x ", "'x '"),
            ("{x}", "'{x}'"),
            ("a\nb", "\"a\\nb\""),
            ("\u{1b}\"\\", "\"\\x1B\\\"\\\\\""),
            ("\u{2028}", "\"\\u2028\""),
            ("é", "é"),
        ] {
            assert_eq!(quote(text), want, "{text:?}");
        }
    }
}
