//! What garment printed, without what differs from run to run.

use std::path::Path;

/// Folders become their short names, times `TIME` and `N s`, people `WHO`. What hosts say side by side stands in the
/// order of their names, and columns are two spaces apart.
pub(crate) fn normal(text: &str, folders: &[(&Path, &str)]) -> String {
    let mut text = text.to_owned();
    for (folder, name) in folders {
        text = text.replace(&folder.display().to_string(), name);
    }
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let words: Vec<String> = line.split(' ').map(word).collect();
        let mut line = words.join(" ");
        let indent = line.len() - line.trim_start().len();
        while let Some(at) = line[indent..].find("   ") {
            line.remove(indent + at);
        }
        lines.push(line);
    }
    let host = |line: &String| {
        line.strip_prefix("[local:").and_then(|rest| rest.split(']').next()).map(str::to_owned)
    };
    for same in lines.chunk_by_mut(|a, b| host(a).is_some() && host(b).is_some()) {
        same.sort_by_key(host);
    }
    lines.join("\n") + "\n"
}

/// One word, without times and people in it.
fn word(word: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let bare = word.trim_start_matches('(');
    if digits(bare) && bare.contains('.') && !bare.ends_with('.') {
        return word.replace(bare, "N");
    }
    if word.len() == 23 && word.as_bytes()[8] == b'T' && word.as_bytes()[15] == b'-' {
        return format!("TIME-{}", &word[16..]);
    }
    if word.len() == 10 && digits(&word.replace('-', "")) && word.contains('-') {
        return "DATE".to_owned();
    }
    if word.len() == 5 && digits(&word.replace(':', "")) && word.contains(':') {
        return "TIME".to_owned();
    }
    if word.contains('@') && !word.contains(['/', ':', '\'']) {
        return "WHO".to_owned();
    }
    word.to_owned()
}
