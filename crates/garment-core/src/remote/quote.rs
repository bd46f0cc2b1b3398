/// The text as one word of POSIX shell text, in single quotes, whatever is in it. NUL, which no shell can hold, is left
/// out.
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_quote_itself_needs_care() {
        assert_eq!(quote(""), "''");
        assert_eq!(quote("-n $HOME `x` \\"), r"'-n $HOME `x` \'");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote("a\0b"), "'ab'");
    }
}
