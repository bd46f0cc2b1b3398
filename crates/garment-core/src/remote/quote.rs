/// Quotes a text so that a POSIX shell takes it as one word and nothing in it as code.
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
