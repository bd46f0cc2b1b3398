use std::path::Path;

use super::Git;
use super::ask::not_started;
use super::command::{bare, said};
use super::pack::problem;
use crate::event::Problem;
use crate::model::{Changes, Commit, CommitId, Commits, FileChange, Files};

/// As many commits and files as are named; all are counted.
const NAMED: usize = 200;

/// What one of the commits that are live lies behind: or why nobody can tell, in a few words.
pub type Since = Result<Changes, String>;

impl Git {
    /// What lies between each of the `live` commits and the new one. An id may be abbreviated, as names of old releases
    /// have it.
    pub(super) async fn changes_since(
        &self,
        repo_url: &str,
        commit: &CommitId,
        live: &[String],
    ) -> Result<Vec<Since>, Problem> {
        let git = self.with_ssh().await;
        let mirror = git.mirror(repo_url, std::slice::from_ref(commit), false, true, &|_| ()).await;
        let dir = mirror.map_err(problem)?.dir;
        let mut all = Vec::new();
        for live in live {
            if let Ok(live) = CommitId::parse(live) {
                // What is on no branch any more may be had by its id. If not, it is not there.
                let _ = git.mirror(repo_url, std::slice::from_ref(&live), false, true, &|_| ()).await;
            }
            all.push(changes(&dir, live, commit).await);
        }
        Ok(all)
    }
}

/// What git on this machine answers.
async fn ask(dir: &Path, args: &[&str]) -> Result<String, String> {
    let mut git = bare(dir, args);
    let output =
        git.env("GIT_NO_LAZY_FETCH", "1").output().await.map_err(|error| not_started(&error).what)?;
    if !output.status.success() {
        return Err(said(&output));
    }
    // Names and paths may have any bytes.
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn changes(dir: &Path, live: &str, commit: &CommitId) -> Since {
    let no_longer = || format!("the repository has no commit {live} any more");
    if live.len() < 7 || !live.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err("which commit it is was not written down".to_owned());
    }
    let found = ask(dir, &["rev-parse", "--verify", "--quiet", &format!("{live}^{{commit}}")]).await;
    let old = found.map_err(|_| no_longer())?;
    let (old, new) = (old.trim(), commit.as_str());
    let both = format!("{old}...{new}");
    let counted = ask(dir, &["rev-list", "--left-right", "--count", &both, "--"]).await?;
    let mut counts = counted.split_whitespace().map(|count| count.parse().unwrap_or_default());
    let (lost, gained) = (counts.next().unwrap_or_default(), counts.next().unwrap_or_default());
    let files =
        ["diff", "--numstat", "-z", "-M", "--no-ext-diff", "--no-textconv", "--no-color", old, new, "--"];
    Ok(Changes {
        gained: Commits { count: gained, newest: log(dir, &format!("{old}..{new}"), gained).await? },
        lost: Commits { count: lost, newest: log(dir, &format!("{new}..{old}"), lost).await? },
        files: parse_numstat(&ask(dir, &files).await?),
    })
}

/// The newest commits of a range.
async fn log(dir: &Path, range: &str, count: u64) -> Result<Vec<Commit>, String> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let newest = format!("--max-count={NAMED}");
    let log = ["-c", "log.showSignature=false", "log", "-z", "--no-color", "--encoding=UTF-8", &newest];
    let format = ["--no-decorate", "--no-notes", "--no-patch", "--format=%H%x1f%an%x1f%s", range, "--"];
    let text = ask(dir, &[log.as_slice(), &format].concat()).await?;
    Ok(text.split('\0').filter_map(parse_commit).collect())
}

fn parse_commit(text: &str) -> Option<Commit> {
    let (id, rest) = text.trim_start_matches('\n').split_once('\x1f')?;
    let (author, subject) = rest.split_once('\x1f')?;
    Some(Commit {
        id: CommitId::parse(id).ok()?,
        author: author.to_owned(),
        subject: subject.trim_end_matches('\n').to_owned(),
    })
}

/// Reads `git diff --numstat -z`: `ADDED<TAB>REMOVED<TAB>PATH`, and of a file that was moved an empty path and then both.
fn parse_numstat(text: &str) -> Files {
    let mut files = Files::default();
    let mut parts = text.split('\0');
    while let Some(part) = parts.next() {
        let mut columns = part.splitn(3, '\t');
        let (Some(added), Some(removed), Some(path)) = (columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        let (from, path) = if path.is_empty() {
            let (from, to) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            (Some(from.to_owned()), to)
        } else {
            (None, path)
        };
        let lines = added.parse::<u64>().ok().zip(removed.parse::<u64>().ok());
        let (added, removed) = lines.unwrap_or_default();
        files.count += 1;
        files.added += added;
        files.removed += removed;
        if files.first.len() < NAMED {
            files.first.push(FileChange { path: path.to_owned(), from, lines });
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_were_moved_or_are_no_text() {
        let text = "3\t1\tindex.html\0-\t-\tlogo.png\x000\t0\t\0a b\0c\td\x001\t0\todd\tname\0";
        let files = parse_numstat(text);
        assert_eq!((files.count, files.added, files.removed), (4, 4, 1));
        let change = |path: &str, from: Option<&str>, lines| FileChange {
            path: path.to_owned(),
            from: from.map(str::to_owned),
            lines,
        };
        assert_eq!(
            files.first,
            [
                change("index.html", None, Some((3, 1))),
                change("logo.png", None, None),
                change("c\td", Some("a b"), Some((0, 0))),
                change("odd\tname", None, Some((1, 0))),
            ]
        );
        assert_eq!(parse_numstat(""), Files::default());
    }
}
