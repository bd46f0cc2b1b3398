//! What a remote's URL is to a deploy: without secrets, and whether hosts can reach it.

use std::path::{Component, Path, PathBuf};

/// A URL that may stand in a file that people share.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shareable {
    pub(super) url: String,
    /// Whether a user name or a password was left out.
    pub(super) stripped: bool,
}

/// Leaves out what logs in: all in front of the `@`, but for ssh, where the user's name is a part of the address and only
/// a password is left out.
pub(super) fn shareable(url: &str) -> Shareable {
    let untouched = || Shareable { url: url.to_owned(), stripped: false };
    let Some((scheme, rest)) = url.split_once("://") else { return untouched() };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let Some((login, host)) = authority.rsplit_once('@') else { return untouched() };
    let path = &rest[authority.len()..];
    let user = login.split_once(':').map_or(login, |(user, _)| user);
    match scheme.to_ascii_lowercase().contains("ssh") {
        true if user == login => untouched(),
        true if !user.is_empty() => {
            Shareable { url: format!("{scheme}://{user}@{host}{path}"), stripped: true }
        }
        _ => Shareable { url: format!("{scheme}://{host}{path}"), stripped: true },
    }
}

/// Whether the URL is a place on this machine: a path or `file://`, by git's own rules.
pub(super) fn is_local(url: &str) -> bool {
    let slash = url.find('/').unwrap_or(url.len());
    url.starts_with("file://") || !(url.contains("://") || url[..slash].contains(':'))
}

/// A relative path as git reads it, from the top of the repository. `~` means nothing to git, and stays.
pub(super) fn from_top(url: &str, top: &Path) -> String {
    if url.starts_with("file://") || url.starts_with(['/', '~']) {
        return url.to_owned();
    }
    let mut path = PathBuf::new();
    for part in top.join(url).components() {
        match part {
            Component::ParentDir => _ = path.pop(),
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path.to_str().map_or_else(|| url.to_owned(), str::to_owned)
}

/// A name for the application, from the end of a URL or path. Simple enough to need no quotes anywhere.
pub(super) fn name(url: &str) -> String {
    let end = url.trim_end_matches('/');
    let end = end.strip_suffix(".git").unwrap_or(end).trim_end_matches('/');
    let last = end.rsplit(['/', ':']).next().unwrap_or_default();
    let simple: String =
        last.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
    let simple = simple.trim_matches(['-', '.']);
    if simple.is_empty() { "app".to_owned() } else { simple.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_logs_in_is_left_out() {
        for (url, want) in [
            ("https://user:token@example.org/shop.git", "https://example.org/shop.git"),
            ("https://ghp_token@example.org:8443/shop.git", "https://example.org:8443/shop.git"),
            ("https://user:p@ss@example.org/shop.git", "https://example.org/shop.git"),
            ("HTTPS://:x@example.org", "HTTPS://example.org"),
            ("https://u:p@example.org?x=1", "https://example.org?x=1"),
            ("ssh://git:secret@example.org:22/shop.git", "ssh://git@example.org:22/shop.git"),
            ("ssh://:secret@example.org/shop.git", "ssh://example.org/shop.git"),
            ("git+ssh://git:x@example.org/shop.git", "git+ssh://git@example.org/shop.git"),
            ("helper::https://u:p@example.org/x", "helper::https://example.org/x"),
        ] {
            assert_eq!(shareable(url), Shareable { url: want.into(), stripped: true }, "{url}");
        }
        for url in [
            "https://example.org/shop.git",
            "https://example.org/@v1/shop.git",
            "ssh://git@example.org/shop.git",
            "git@example.org:shop.git",
            "/srv/a@b.git",
            "file:///srv/a@b.git",
        ] {
            assert_eq!(shareable(url), Shareable { url: url.into(), stripped: false }, "{url}");
        }
    }

    #[test]
    fn places_on_this_machine() {
        for url in ["/srv/shop.git", "../shop.git", "shop", "./a:b", "a/b:c", "~/shop.git", "file:///srv/x"] {
            assert!(is_local(url), "{url}");
        }
        for url in ["git@example.org:shop.git", "host:shop", "https://x/y", "ssh://x/y", "ext::sh -c x"] {
            assert!(!is_local(url), "{url}");
        }
        let top = Path::new("/home/me/shop");
        for (url, want) in [
            ("../shop.git", "/home/me/shop.git"),
            ("-x.git", "/home/me/shop/-x.git"),
            ("./a/../b", "/home/me/shop/b"),
            ("/srv/x", "/srv/x"),
            ("~/x", "~/x"),
        ] {
            assert_eq!(from_top(url, top), want);
        }
    }

    #[test]
    fn names_need_no_quotes() {
        for (url, want) in [
            ("git@example.org:team/shop.git", "shop"),
            ("git@example.org:shop", "shop"),
            ("https://example.org/shop/", "shop"),
            ("/srv/my shop's #1.git/", "my-shop-s--1"),
            ("/srv/lädchen", "lädchen"),
            ("/home/me/shop/.git", "shop"),
            ("/srv/{x}", "x"),
            ("/srv/-rf", "rf"),
            ("/", "app"),
            ("..", "app"),
            ("", "app"),
        ] {
            assert_eq!(name(url), want, "{url}");
        }
    }
}
