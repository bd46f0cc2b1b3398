use std::collections::VecDeque;

use super::ask::{Git, without_password};
use super::mirror::Mirror;
use super::modules::{self, is_far, is_path, plain};
use super::{NoCommit, Tell};
use crate::event::Problem;
use crate::model::CommitId;

/// What this machine can deliver: the repository with a commit, and its submodules, nested ones as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stock {
    /// The repository first.
    pub(super) goods: Vec<Goods>,
}

/// One repository of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Goods {
    /// What hosts call the copy of a submodule; empty for the repository itself.
    pub(super) key: String,
    /// As people may see it.
    pub(super) shown: String,
    pub(super) commits: Vec<CommitId>,
    pub(super) mirror: Mirror,
    /// git's hash of the list of its branches and tags.
    pub(super) digest: String,
}

impl Stock {
    /// What hosts are asked for: copies by their keys, and the commits that are wanted of each.
    pub fn wanted(&self) -> Vec<(String, Vec<CommitId>)> {
        self.goods.iter().map(|goods| (goods.key.clone(), goods.commits.clone())).collect()
    }

    /// What the `HEAD` of a new copy is to lead to; empty if that is not known.
    pub fn head(&self) -> &str {
        self.goods.first().map_or("", |goods| &goods.mirror.head)
    }
}

impl Git {
    pub(super) async fn take_stock(
        &self,
        repo_url: &str,
        commit: &CommitId,
        tell: Tell<'_>,
    ) -> Result<Stock, NoCommit> {
        let mirror = self.mirror(repo_url, std::slice::from_ref(commit), false, false, tell).await?;
        let main = mirror.dir.clone();
        let mut goods = vec![self.goods(String::new(), repo_url, commit, mirror).await?];
        // The far repository's word on where submodules are counts for less than the user's.
        let far = is_far(repo_url);
        let mut next =
            VecDeque::from([(main.clone(), commit.clone(), plain(repo_url).to_owned(), String::new())]);
        while let Some((dir, commit, base, within)) = next.pop_front() {
            for module in self.modules(&dir, &commit).await? {
                let path = if within.is_empty() { module.path } else { format!("{within}/{}", module.path) };
                let url = url_of(&base, &module.url, &path)?;
                let key = self.key(&main, &url).await?;
                let known = goods.iter().position(|goods| goods.key == key);
                if known.is_some_and(|known| goods[known].commits.contains(&module.commit)) {
                    continue;
                }
                let mirror = self.mirror(&url, std::slice::from_ref(&module.commit), far, true, tell).await;
                let mirror = mirror.map_err(|none| of_submodule(none, &path))?;
                next.push_back((mirror.dir.clone(), module.commit.clone(), url.clone(), path));
                match known {
                    Some(known) => goods[known].commits.push(module.commit),
                    None => goods.push(self.goods(key, &url, &module.commit, mirror).await?),
                }
            }
        }
        Ok(Stock { goods })
    }

    async fn goods(
        &self,
        key: String,
        url: &str,
        commit: &CommitId,
        mirror: Mirror,
    ) -> Result<Goods, NoCommit> {
        let digest = self.ask_with(&mirror.dir, ["hash-object", "--stdin"], mirror.refs.as_bytes()).await?;
        let (shown, digest) = (without_password(url), digest.trim().to_owned());
        Ok(Goods { key, shown, commits: vec![commit.clone()], mirror, digest })
    }
}

/// The URL of a submodule, as hosts work it out (`fill_one` of submodules.sh).
fn url_of(base: &str, url: &str, path: &str) -> Result<String, NoCommit> {
    let wrong = |what: String| {
        NoCommit::Wrong(Problem { what, remedy: "correct it in .gitmodules, commit and push".into() })
    };
    if url.is_empty() {
        return Err(wrong(format!("the submodule `{path}` has no url in .gitmodules")));
    }
    if url.starts_with('-') {
        return Err(wrong(format!(
            "the url `{url}` of the submodule `{path}` starts with `-`, which git takes for an option"
        )));
    }
    let Some(found) = modules::resolve(base, url) else {
        return Err(wrong(format!(
            "the url `{url}` of the submodule `{path}` leads above `{}`",
            without_password(base)
        )));
    };
    if is_path(&found) && !found.starts_with('/') {
        return Err(wrong(format!(
            "the url `{url}` of the submodule `{path}` is a path that means something else on each machine"
        )));
    }
    Ok(plain(&found).to_owned())
}

fn of_submodule(none: NoCommit, path: &str) -> NoCommit {
    let named =
        |problem: Problem| Problem { what: format!("the submodule `{path}`: {}", problem.what), ..problem };
    match none {
        NoCommit::Wrong(problem) => NoCommit::Wrong(named(problem)),
        NoCommit::Unreachable(problem) => NoCommit::Unreachable(named(problem)),
    }
}
