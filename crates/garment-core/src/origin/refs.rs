use crate::event::Problem;
use crate::model::CommitId;

/// What `git ls-remote` printed: commit and ref name, in its order.
pub(super) struct Advertised(Vec<(CommitId, String)>);

/// What a ref turned out to be among those that the origin has.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    Commit(CommitId),
    /// A full commit id that no ref points at: the origin may have it all the same.
    OnlyById(CommitId),
    Wrong(Problem),
}

impl Advertised {
    /// Lines that are no `id<TAB>name` are ignored.
    pub(super) fn parse(stdout: &str) -> Self {
        Self(
            stdout
                .lines()
                .filter_map(|line| line.split_once('\t'))
                .filter_map(|(id, name)| Some((CommitId::parse(id).ok()?, name.to_owned())))
                .collect(),
        )
    }

    /// Looks a ref up by its exact name. `ls-remote master` would give `feature/master` as well.
    pub(super) fn find(&self, git_ref: &str, repo_url: &str) -> Found {
        if let Ok(id) = CommitId::parse(git_ref) {
            return if self.0.iter().any(|(known, _)| *known == id) {
                Found::Commit(id)
            } else {
                Found::OnlyById(id)
            };
        }
        let full_names = match git_ref {
            "HEAD" => vec!["HEAD".to_owned()],
            _ if git_ref.starts_with("refs/") => vec![git_ref.to_owned()],
            _ => vec![
                format!("refs/heads/{git_ref}"),
                format!("refs/tags/{git_ref}"),
                format!("refs/{git_ref}"),
            ],
        };
        let mut found: Vec<(&CommitId, &str)> = Vec::new();
        for name in &full_names {
            if let Some(commit) = self.peeled(name) {
                found.push((commit, name));
            }
        }
        match found.as_slice() {
            [] => Found::Wrong(self.missing(git_ref, repo_url)),
            [(commit, _), rest @ ..] if rest.iter().all(|(other, _)| other == commit) => {
                Found::Commit((*commit).clone())
            }
            [(_, one), (_, other), ..] => Found::Wrong(Problem {
                what: format!(
                    "`{git_ref}` is ambiguous: `{one}` and `{other}` are different commits at {repo_url}"
                ),
                remedy: format!("write the full name, `{one}` or `{other}`"),
            }),
            [_] => unreachable!("one of them is equal to itself"),
        }
    }

    /// The commit behind a name; an annotated tag's commit and not the tag object.
    fn peeled(&self, name: &str) -> Option<&CommitId> {
        let get = |wanted: &str| self.0.iter().find(|(_, known)| known == wanted).map(|(id, _)| id);
        get(&format!("{name}^{{}}")).or_else(|| get(name))
    }

    fn missing(&self, git_ref: &str, repo_url: &str) -> Problem {
        let short = |name: &str| {
            name.strip_prefix("refs/heads/")
                .or_else(|| name.strip_prefix("refs/tags/"))
                .unwrap_or(name)
                .to_owned()
        };
        let names = self.0.iter().map(|(_, name)| short(name)).filter(|name| !name.ends_with("^{}"));
        let near = names
            .map(|name| (strsim::jaro_winkler(&name, git_ref), name))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|(a, _), (b, _)| a.total_cmp(b));
        let abbreviated = git_ref.len() >= 4 && git_ref.bytes().all(|b| b.is_ascii_hexdigit());
        let remedy = match near {
            _ if self.0.is_empty() => "push something to it first".to_owned(),
            Some((_, name)) => format!("did you mean `{name}`?"),
            None if abbreviated => "a commit needs all its digits: see `git rev-parse`".to_owned(),
            None => format!("see what there is: `git ls-remote {repo_url}`; was it pushed?"),
        };
        Problem { what: format!("there is no branch or tag `{git_ref}` at {repo_url}"), remedy }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: char) -> CommitId {
        CommitId::parse(&String::from(digit).repeat(40)).unwrap()
    }

    fn origin() -> Advertised {
        let line = |digit: char, name: &str| format!("{}\t{name}\n", id(digit));
        Advertised::parse(
            &[
                line('1', "HEAD"),
                line('2', "refs/heads/feature/master"),
                line('1', "refs/heads/master"),
                line('3', "refs/heads/both"),
                line('4', "refs/tags/both"),
                line('1', "refs/heads/same"),
                line('1', "refs/tags/same"),
                line('5', "refs/tags/v1"),
                line('6', "refs/tags/v1^{}"),
                line('7', "refs/pull/3/head"),
            ]
            .concat(),
        )
    }

    #[test]
    fn a_name_is_that_name_and_nothing_longer() {
        let find = |name: &str| origin().find(name, "URL");
        assert_eq!(find("master"), Found::Commit(id('1')));
        assert_eq!(find("feature/master"), Found::Commit(id('2')));
        assert_eq!(find("v1"), Found::Commit(id('6')));
        assert_eq!(find("refs/tags/both"), Found::Commit(id('4')));
        assert_eq!(find("refs/pull/3/head"), Found::Commit(id('7')));
        assert_eq!(find("heads/both"), Found::Commit(id('3')));
        assert_eq!(find("same"), Found::Commit(id('1')));
        assert_eq!(find("HEAD"), Found::Commit(id('1')));
        assert_eq!(find(id('7').as_str()), Found::Commit(id('7')));
        assert_eq!(find(id('9').as_str()), Found::OnlyById(id('9')));
    }

    #[test]
    fn what_is_wrong_says_what_to_do() {
        let wrong = |name| match origin().find(name, "URL") {
            Found::Wrong(Problem { what, remedy }) => format!("{what}: {remedy}"),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            wrong("both"),
            "`both` is ambiguous: `refs/heads/both` and `refs/tags/both` are different commits at URL: write the full \
             name, `refs/heads/both` or `refs/tags/both`"
        );
        assert_eq!(wrong("mastre"), "there is no branch or tag `mastre` at URL: did you mean `master`?");
        assert_eq!(
            wrong("4634f44"),
            "there is no branch or tag `4634f44` at URL: a commit needs all its digits: see `git rev-parse`"
        );
        assert_eq!(
            wrong("zzz"),
            "there is no branch or tag `zzz` at URL: see what there is: `git ls-remote URL`; was it pushed?"
        );
    }
}
