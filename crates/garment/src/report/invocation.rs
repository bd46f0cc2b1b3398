/// A command of garment's for people to type, with the options that make it mean the same files.
pub(crate) fn invocation(verb: &str, environment: &str, more: Option<&str>, config: Option<&str>) -> String {
    let mut words = vec!["garment".to_owned(), verb.to_owned()];
    if let Some(config) = config {
        words.extend(["--config".to_owned(), word(config)]);
    }
    // What starts with a dash is no option only after `--`.
    if [Some(environment), more].into_iter().flatten().any(|word| word.starts_with('-')) {
        words.push("--".to_owned());
    }
    words.push(word(environment));
    words.extend(more.map(word));
    words.join(" ")
}

/// One word for a shell.
pub(crate) fn word(text: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || "@%+=:,./_-".contains(c);
    if !text.is_empty() && text.chars().all(bare) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_can_paste_it() {
        for (environment, more, config, want) in [
            ("production", None, None, "garment list production"),
            ("my shop's", Some("x"), None, r"garment list 'my shop'\''s' x"),
            (
                "a",
                Some("b"),
                Some("../other dir/deploy.conf"),
                "garment list --config '../other dir/deploy.conf' a b",
            ),
            ("-x", None, None, "garment list -- -x"),
            ("$(x)", None, None, "garment list '$(x)'"),
            ("", None, None, "garment list ''"),
        ] {
            assert_eq!(invocation("list", environment, more, config), want);
        }
    }
}
