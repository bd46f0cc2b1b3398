//! The text of a first `deploy.conf`.

use garment_core::config::{Config, scalar};
use garment_core::model::Template;

use crate::report::clean;

/// What a starter is filled in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filling {
    /// Plain texts.
    pub(super) repo_url: String,
    pub(super) git_ref: String,
    /// The application's name.
    pub(super) name: String,
    /// What to say above settings.
    pub(super) notes: Vec<Note>,
}

/// Something that people should know of what was filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// `repo_url` or `git_ref`.
    pub(super) about: &'static str,
    pub(super) what: String,
    pub(super) remedy: &'static str,
}

/// The host that people put theirs in the place of.
pub(super) const HOST: &str = "deploy@shop.example.org";

const TEXT: &str = include_str!("starter.conf");

impl Filling {
    /// The folder on the hosts.
    pub(super) fn deploy_dir(&self) -> String {
        format!("~/{}", self.name)
    }

    /// The whole file.
    pub(super) fn text(&self) -> String {
        let lines = TEXT.lines().flat_map(|line| {
            let key = line.trim_start().split_once(": ").map_or("", |(key, _)| key);
            let value = match key {
                "repo_url" => &self.repo_url,
                "git_ref" => &self.git_ref,
                "deploy_dir" => &self.deploy_dir(),
                _ => return vec![line.to_owned()],
            };
            let notes = self.notes.iter().filter(|note| note.about == key);
            let notes = notes.flat_map(|note| {
                [format!("  # NOTE: {}:", clean::text(&note.what)), format!("  # {}.", note.remedy)]
            });
            notes.chain([setting(key, value)]).collect()
        });
        lines.flat_map(|line| [line, "\n".to_owned()]).collect()
    }
}

fn setting(key: &str, value: &str) -> String {
    format!("  {key}: {}", scalar(&Template::literal(value)))
}

/// Whether `deploy.conf` may have this value for this setting.
pub(super) fn accepts(key: &str, value: &str) -> bool {
    let samples = [("repo_url", "x"), ("git_ref", "x"), ("deploy_dir", "/x")];
    let settings = samples.map(|(name, sample)| setting(name, if name == key { value } else { sample }));
    let text = format!("x:\n  hosts: {{local: }}\n{}", settings.join("\n"));
    Config::parse("", &text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filling(repo_url: &str, git_ref: &str) -> Filling {
        let note = Note { about: "repo_url", what: "a\nb".into(), remedy: "do something" };
        Filling { repo_url: repo_url.into(), git_ref: git_ref.into(), name: "shop".into(), notes: vec![note] }
    }

    #[test]
    fn whatever_git_says_stands_in_the_file_as_it_is() {
        for value in
            ["x", "a 'b' \"c\" #d", "{x}", "}{", "a: b", "yes", "0x1F", "übergroß", "a\\b", "!x", "&x *y"]
        {
            assert!(accepts("repo_url", value), "{value}");
            let config = Config::parse("deploy.conf", &filling(value, "main").text()).unwrap();
            let environment = config.environment("production").unwrap();
            assert_eq!(environment.repo_url, Template::literal(value), "{value}");
        }
    }

    #[test]
    fn what_no_file_can_have_is_known() {
        for (key, value) in [
            ("repo_url", ""),
            ("repo_url", "a\nb"),
            ("repo_url", "-x"),
            ("git_ref", "a\u{3000}b"),
            ("git_ref", "-x"),
        ] {
            assert!(!accepts(key, value), "{key}: {value:?}");
        }
        assert!(accepts("git_ref", "feature/{x}"));
    }

    /// A `#` without a space behind it can be taken away, anywhere and everywhere.
    #[test]
    fn the_examples_work() {
        let text = filling("git@example.org:shop.git", "main").text();
        let used: Vec<String> = text
            .lines()
            .map(|line| {
                let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
                let example = rest.strip_prefix('#').filter(|example| !example.starts_with(' '));
                format!("{indent}{}", example.unwrap_or(rest))
            })
            .collect();
        let used = used.join("\n");
        assert_ne!(used, text);
        let config =
            Config::parse("deploy.conf", &used).unwrap_or_else(|errors| panic!("{}", errors.render(false)));
        assert_eq!(config.environments().collect::<Vec<_>>(), ["production", "staging"]);
        let staging = config.environment("staging").unwrap();
        for stage in garment_core::model::Stage::ALL {
            assert!(!staging.stages.of(stage).is_empty(), "{}", stage.key());
        }
    }
}
