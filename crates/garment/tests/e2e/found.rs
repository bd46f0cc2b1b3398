//! What a test finds on a host.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use garment_testing::Host;

/// What lies in `shop/releases`, hidden names too.
///
/// What was pruned is erased when the deploy is over, so it may be there a little longer.
pub(crate) fn releases(host: &Host) -> Vec<String> {
    let mut names = names(&host.file("shop/releases"));
    names.retain(|name| !(name.starts_with('.') && name.ends_with(".removing")));
    names
}

/// The name of the release that `shop/current` leads to.
pub(crate) fn current(host: &Host) -> Option<String> {
    let target = fs_err::read_link(host.file("shop/current")).ok()?;
    assert!(target.is_dir(), "`current` leads to {}, where nothing is", target.display());
    assert_eq!(target.parent().unwrap(), host.file("shop/releases"));
    Some(target.file_name().unwrap().to_str().unwrap().to_owned())
}

/// The state that the host has written down for each release of `shop`.
pub(crate) fn states(host: &Host) -> BTreeMap<String, String> {
    let folder = host.file("shop/.garment/releases");
    let state = |name: &String| {
        let text = fs_err::read_to_string(folder.join(name)).unwrap();
        text.lines().find_map(|line| line.strip_prefix("state=")).unwrap().to_owned()
    };
    // Beside the states stands where `current` led before each switch.
    let names = names(&folder).into_iter().filter(|name| !name.starts_with('.'));
    names.map(|name| (name.clone(), state(&name))).collect()
}

/// The names in a folder, hidden ones too, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs_err::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

/// Everything below a folder, one line each: path, kind and mode, and the contents or where a link leads.
pub(crate) fn tree(folder: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        for entry in fs_err::read_dir(folder.join(&below)).unwrap() {
            let path = below.join(entry.unwrap().file_name());
            let full = folder.join(&path);
            let meta = full.symlink_metadata().unwrap();
            let holds = if meta.is_symlink() {
                format!("-> {:?}", fs_err::read_link(&full).unwrap().to_str().unwrap())
            } else if meta.is_dir() {
                folders.push(path.clone());
                String::new()
            } else if meta.is_file() {
                fs_err::read(&full).unwrap().escape_ascii().to_string()
            } else {
                String::new()
            };
            lines.push(format!("{:?} {:o} {holds}", path.to_str().unwrap(), meta.mode()));
        }
    }
    lines.sort_unstable();
    lines
}
