use std::ops::Range;

use super::block::{self, Block, TEXTS};
use super::problems::Problems;
use super::read::Field;
use super::resolve::default;
use super::templates::Placed;
use super::wording::tick;
use crate::model::{Part, Setting, Template};

/// Checks what the base settings stand for, as far as it is known without a host.
pub(super) fn check(block: &Block, problems: &mut Problems<'_>) {
    let known = expand(block);
    for ((setting, text), known) in TEXTS.iter().zip(&block.texts).zip(&known) {
        // A default that is wrong is wrong because of what it is built on.
        let (Some(Placed { range, names, .. }), Some(value)) = (text.given(), known) else { continue };
        let before = problems.count();
        match setting {
            Setting::GitRef => git_ref(value, range, problems),
            Setting::RepoUrl => repo_url(value, range, problems),
            _ => path(*setting, value, range, problems),
        }
        if !names.is_empty() {
            problems.help_since(before, &format!("it stands for {}", tick(&value.to_string())));
        }
    }
    for task in block.tasks() {
        if let Some(cd) = task.cd.as_ref().filter(|cd| !cd.broken) {
            tilde("cd", &cd.template, &cd.range, problems);
        }
    }
    apart(block, &known, problems);
}

/// Each base setting with those before it put in; what differs from host to host stays a name.
fn expand(block: &Block) -> Vec<Option<Template>> {
    let mut known: Vec<Option<Template>> = Vec::new();
    for (setting, text) in TEXTS.iter().zip(&block.texts) {
        let template = match text {
            Field::Given(placed) if !placed.broken => Some(placed.template.clone()),
            Field::Given(_) | Field::Broken => None,
            Field::Absent => default(*setting),
        };
        let value = template.map(|template| {
            template.expand_known(|name| {
                if name == "environment" {
                    return Some(Template::literal(block.name.text.as_str()));
                }
                known.get(TEXTS.iter().position(|setting| setting.key() == name)?)?.clone()
            })
        });
        known.push(value);
    }
    known
}

/// The text that a template surely begins with.
fn beginning(value: &Template) -> &str {
    match value.parts().first() {
        Some(Part::Text(text)) => text,
        _ => "",
    }
}

fn texts(value: &Template) -> impl Iterator<Item = &str> {
    value.parts().iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Name(_) => None,
    })
}

/// Whether it could be reported that the value is empty, would be taken for an option, or has a line break in it.
fn basics(key: &str, value: &Template, range: &Range<usize>, problems: &mut Problems<'_>) -> bool {
    if value.parts().is_empty() || texts(value).all(|t| t.trim().is_empty()) && value.names().next().is_none()
    {
        problems.add(range, format!("`{key}` is empty")).help("write its value");
    } else if texts(value).any(|text| text.contains(['\n', '\r'])) {
        problems.add(range, format!("`{key}` has a line break in it")).help("write it on one line");
    } else {
        return false;
    }
    true
}

fn repo_url(value: &Template, range: &Range<usize>, problems: &mut Problems<'_>) {
    if basics("repo_url", value, range, problems) {
        return;
    }
    if beginning(value).starts_with('-') {
        problems
            .add(range, "`repo_url` starts with `-`, which git takes for an option")
            .help("write it as git prints it: `git remote get-url origin`");
    }
}

fn git_ref(value: &Template, range: &Range<usize>, problems: &mut Problems<'_>) {
    if basics("git_ref", value, range, problems) {
        return;
    }
    let help = "write a branch, a tag, a full ref name such as `refs/heads/main`, or a full commit id";
    if beginning(value).starts_with('-') {
        problems.add(range, "`git_ref` starts with `-`, which git takes for an option").help(help);
        return;
    }
    let bad = texts(value).find_map(|text| {
        let character = text.chars().find(|c| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(*c));
        character.map(|c| tick(&c.to_string())).or_else(|| text.contains("..").then(|| "`..`".to_owned()))
    });
    if let Some(bad) = bad {
        problems.add(range, format!("`git_ref` can't have {bad} in it: no ref has")).help(help);
    }
}

fn path(setting: Setting, value: &Template, range: &Range<usize>, problems: &mut Problems<'_>) {
    let key = setting.key();
    if basics(key, value, range, problems) || tilde(key, value, range, problems) {
        return;
    }
    if value.names().next().is_none() && tidy(value) == "/" {
        problems
            .add(range, format!("`{key}` is the root of the file system"))
            .help("name a place of the application's own, such as `/srv/shop`");
    }
}

/// Reports `~user`. Only the remote user's own home has a short form.
fn tilde(key: &str, value: &Template, range: &Range<usize>, problems: &mut Problems<'_>) -> bool {
    let Some(rest) = beginning(value).strip_prefix('~') else { return false };
    let alone = rest.is_empty() && value.parts().len() == 1;
    if alone || rest.starts_with('/') {
        return false;
    }
    problems
        .add(range, format!("`~` in `{key}` means the home of the user who logs in, no other"))
        .help("write `~/…`, or the whole path: `/home/…`");
    true
}

/// Reports settings that need a place of their own and share one.
fn apart(block: &Block, known: &[Option<Template>], problems: &mut Problems<'_>) {
    // `deploy_dir` may hold the clone or the releases directly, but it can't be a symlink to a release.
    let pairs = [(3, 4), (3, 5), (4, 5), (2, 5)];
    for (first, second) in pairs {
        let (Some(a), Some(b)) = (&known[first], &known[second]) else { continue };
        if a.parts().is_empty() || tidy(a) != tidy(b) {
            continue;
        }
        let keys = (TEXTS[first].key(), TEXTS[second].key());
        let places = (block.texts[first].given(), block.texts[second].given());
        let range =
            places.1.or(places.0).map_or_else(|| block::place(block).clone(), |placed| placed.range.clone());
        let problem = problems.add(&range, format!("`{}` and `{}` are the same place", keys.0, keys.1));
        if let (Some(first), Some(_)) = places {
            problem.related(&first.range, "the same place");
        }
        problem.help("give each of them its own");
    }
}

/// A path without doubled and trailing slashes and without `.`, so that two spellings of one place are equal.
fn tidy(value: &Template) -> String {
    let text = value.to_string();
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    format!("{}{}", if text.starts_with('/') { "/" } else { "" }, parts.join("/"))
}
