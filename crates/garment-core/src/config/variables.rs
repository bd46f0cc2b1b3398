use super::problems::Problems;
use super::read;
use super::templates::{self, Placed};
use super::tree::{Entry, Kind, Text};
use super::wording::tick;
use crate::model::{SETTINGS, Template};

/// A variable as one environment defines it.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub(super) name: Text,
    /// `None` where the value is wrong, which has been reported; the name counts as known all the same.
    pub(super) value: Option<Placed>,
}

const EXAMPLE: &str = "variables:\n  - home: /home/shop\n  - venv: '{home}/venv'";

/// Reads `variables`: a list of mappings, each with one variable or several.
pub(super) fn read(entry: &Entry, problems: &mut Problems<'_>) -> Vec<Definition> {
    let mut all: Vec<Definition> = Vec::new();
    for item in read::list(entry, EXAMPLE, problems).unwrap_or_default() {
        let entries = match &item.kind {
            Kind::Map(entries) => entries.as_slice(),
            Kind::Broken => continue,
            Kind::Null | Kind::Scalar(_) | Kind::List(_) => {
                problems
                    .add(&item.range, format!("a variable must be a `name: value`, not {}", item.noun()))
                    .help(format!("write it like this:\n{}", read::indented(EXAMPLE)));
                continue;
            }
        };
        for entry in entries {
            if name_is_fine(&entry.key, &all, problems) {
                let value = value(entry, problems);
                all.push(Definition { name: entry.key.clone(), value });
            }
        }
    }
    all
}

fn value(entry: &Entry, problems: &mut Problems<'_>) -> Option<Placed> {
    if matches!(entry.value.kind, Kind::Null) {
        problems
            .add(entry.place(), format!("variable {} has no value", tick(&entry.key.text)))
            .help("write '' for an empty text");
        return None;
    }
    let text = read::scalar(&entry.value, &format!("variable {}", tick(&entry.key.text)), problems)?;
    Some(templates::parse(&text, problems))
}

fn name_is_fine(key: &Text, before: &[Definition], problems: &mut Problems<'_>) -> bool {
    let name = &key.text;
    if let Some(first) = before.iter().find(|variable| variable.name.text == *name) {
        problems
            .add(&key.range, format!("variable {} is defined twice", tick(name)))
            .related(&first.name.range, "first here")
            .help("keep one of the two");
        return false;
    }
    // Exactly what a template can name.
    let template = Template::parse(&format!("{{{name}}}"));
    if !template.is_ok_and(|template| template.parts().len() == 1 && template.names().next() == Some(name)) {
        problems
            .add(&key.range, format!("{} can't be a variable's name", tick(name)))
            .help("use letters, digits, `_` and `-`, with a letter or `_` first");
        return false;
    }
    let taken = if SETTINGS.iter().any(|setting| setting.key() == name) {
        "is a setting"
    } else if name == "release" || name == "release_dir" {
        "is set by garment for each release"
    } else {
        return true;
    };
    problems
        .add(&key.range, format!("a variable can't be called {}: it {taken}", tick(name)))
        .help("choose another name");
    false
}
