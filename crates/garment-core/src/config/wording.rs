/// A text in backticks, safe to print: control characters escaped, long ones cut.
pub(super) fn tick(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut out = String::from("`");
    for (i, c) in text.chars().enumerate() {
        if i == LONGEST {
            out.push('…');
            break;
        }
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out.push('`');
    out
}

/// Texts in backticks with commas between them.
pub(super) fn ticks<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(tick).collect::<Vec<_>>().join(", ")
}

/// The known name that was probably meant: a slip of a letter or two, another case, `-` for `_`, or a beginning.
pub(super) fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |s: &str| s.to_lowercase().replace(['-', ' '], "_");
    let wanted = plain(text);
    let length = wanted.chars().count();
    // Longer texts are nobody's slip, and comparing them costs length times length.
    if length > 100 {
        return None;
    }
    let slips = (length / 3).clamp(1, 3);
    known
        .into_iter()
        .filter(|name| *name != text && name.len() <= 400)
        .map(|name| (strsim::osa_distance(&wanted, &plain(name)), name))
        .filter(|(distance, name)| *distance <= slips && (*distance < name.chars().count()))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// "did you mean" where there is a near name, else the list of them all.
pub(super) fn did_you_mean(text: &str, known: &[&str], what: &str) -> String {
    match nearest(text, known.iter().copied()) {
        Some(name) => format!("did you mean {}?", tick(name)),
        None if known.is_empty() => format!("there are no {what}"),
        None => format!("{what}: {}", ticks(known.iter().copied())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names() {
        let known = ["deploy_dir", "git_ref", "id", "db"];
        for (text, want) in [
            ("depoly_dir", Some("deploy_dir")),
            ("Deploy-Dir", Some("deploy_dir")),
            ("gitref", Some("git_ref")),
            ("dbb", Some("db")),
            ("xy", None),
            ("branch", None),
            ("", None),
        ] {
            assert_eq!(nearest(text, known), want, "{text}");
        }
    }

    #[test]
    fn what_is_printed_is_safe_to_print() {
        assert_eq!(tick("a\u{1b}[31m\n"), r"`a\u{1b}[31m\n`");
        assert_eq!(tick(&"é".repeat(100)).chars().count(), 63);
    }
}
