use std::path::Path;

use super::NoCommit;
use super::ask::Git;
use crate::model::CommitId;

/// A submodule of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Module {
    pub(super) path: String,
    pub(super) commit: CommitId,
    /// As `.gitmodules` has it.
    pub(super) url: String,
}

/// Whether a URL names a path of the machine that it is used on, by git's own rules.
pub(super) fn is_path(url: &str) -> bool {
    match url.split_once(':') {
        Some(_) if url.contains("://") || url.contains("::") => false,
        Some((host, _)) => host.contains('/'),
        None => true,
    }
}

/// Whether a repository is elsewhere, so that its submodules may not name paths here.
pub(super) fn is_far(url: &str) -> bool {
    !is_path(url) && !url.starts_with("file://")
}

/// A URL as hosts write it: a path has no slash at its end.
pub(super) fn plain(url: &str) -> &str {
    if is_path(url) && url.len() > 1 { url.trim_end_matches('/') } else { url }
}

/// What git makes of a `./` or `../` in .gitmodules: steps from the URL of the repository that names it, up over the colon
/// of `host:path` as well. `None` if it leads above that. As `relative_url` of submodules.sh.
pub(super) fn resolve(base: &str, url: &str) -> Option<String> {
    if !url.starts_with("./") && !url.starts_with("../") {
        return Some(url.to_owned());
    }
    let (mut base, mut url, mut join) = (base.strip_suffix('/').unwrap_or(base), url, '/');
    loop {
        if let Some(rest) = url.strip_prefix("../") {
            url = rest;
            if let Some((above, _)) = base.rsplit_once('/') {
                base = above;
            } else {
                let (above, _) = base.rsplit_once(':')?;
                (base, join) = (above, ':');
            }
        } else if let Some(rest) = url.strip_prefix("./") {
            url = rest;
        } else {
            return Some(format!("{base}{join}{}", url.strip_suffix('/').unwrap_or(url)));
        }
    }
}

impl Git {
    /// The submodules of a commit that `.gitmodules` names: others stay empty.
    pub(super) async fn modules(&self, dir: &Path, commit: &CommitId) -> Result<Vec<Module>, NoCommit> {
        let listed = self.ask(dir, ["ls-tree", "-r", "-z", commit.as_str()]).await?;
        let links: Vec<(CommitId, &str)> = listed
            .split('\0')
            .filter_map(|entry| {
                let (id, path) = entry.strip_prefix("160000 commit ")?.split_once('\t')?;
                Some((CommitId::parse(id).ok()?, path))
            })
            .collect();
        if links.is_empty() {
            return Ok(Vec::new());
        }
        let blob = format!("{commit}:.gitmodules");
        let pattern = r"^submodule\..*\.(path|url)$";
        let config =
            self.local(dir, ["config", "-z", "--blob", &blob, "--get-regexp", pattern], None).await?;
        // Where there is none, or git can't read it, hosts say so.
        let config = String::from_utf8_lossy(&config.stdout).into_owned();
        let settings: Vec<(&str, &str)> =
            config.split('\0').filter_map(|entry| entry.split_once('\n')).collect();
        let modules = links.into_iter().filter_map(|(commit, path)| {
            let paths = settings.iter().filter_map(|(key, value)| Some((key.strip_suffix(".path")?, value)));
            let (name, _) =
                paths.rev().find(|(_, value)| value.strip_suffix('/').unwrap_or(value) == path)?;
            let wanted = format!("{name}.url");
            let (_, url) = settings.iter().rfind(|(key, _)| *key == wanted)?;
            Some(Module { path: path.to_owned(), commit, url: (*url).to_owned() })
        });
        Ok(modules.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_urls_start_at_the_one_that_names_them() {
        for (base, url, want) in [
            ("https://example.org/a/b.git", "../c.git", Some("https://example.org/a/c.git")),
            ("https://example.org/a/b.git/", "./c/", Some("https://example.org/a/b.git/c")),
            ("git@example.org:a/b.git", "../../c.git", Some("git@example.org:c.git")),
            ("git@example.org:b.git", "../c.git", Some("git@example.org:c.git")),
            ("b", "../c", None),
            ("/srv/b.git", "https://example.org/x", Some("https://example.org/x")),
            ("/srv/b.git", "../c.git", Some("/srv/c.git")),
        ] {
            assert_eq!(resolve(base, url).as_deref(), want, "{base} {url}");
        }
    }

    #[test]
    fn what_is_a_path_and_what_is_far() {
        for (url, path, far) in [
            ("/srv/x", true, false),
            ("./a:b", true, false),
            ("file:///srv/x", false, false),
            ("host:x", false, true),
            ("https://example.org/x", false, true),
            ("ext::sh -c x", false, true),
        ] {
            assert_eq!((is_path(url), is_far(url)), (path, far), "{url}");
        }
    }
}
