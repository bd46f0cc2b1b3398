use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use garment_core::origin::Checkout;

use crate::context::{Context, FILE_NAME};
use crate::exit_code;
use crate::report::{Cell, Table, Tone, clean, invocation, say};
use starter::HOST;
use survey::{Survey, survey};

mod starter;
mod survey;
mod url;

/// The environment that a starter has.
const ENVIRONMENT: &str = "production";

/// `garment init`
pub(crate) fn init(context: &Context) -> u8 {
    let path = context.common.config.clone().unwrap_or_else(|| FILE_NAME.into());
    let here = match std::env::current_dir() {
        Ok(here) => here,
        Err(error) => return context.refuse(&format!("can't tell the current folder: {error}")),
    };
    let looked = context.work(false, async |_| Checkout::look(&here).await);
    let survey = survey(&here, looked.as_ref());
    if let Err(problem) = write(&path, &survey.filling.text()) {
        return context.refuse(&problem);
    }
    let mut lines = vec![format!("{} wrote {}", context.look().good(), shown(&path))];
    lines.extend(filled_in(context, &survey));
    for note in &survey.filling.notes {
        lines.push(format!("note: {}:", clean::text(&note.what)));
        lines.push(format!("  {}", note.remedy));
    }
    if let Ok(checkout) = &looked
        && checkout.top != here
        && context.common.config.is_none()
        && checkout.top.join(".git").exists()
    {
        let top = clean::text(&checkout.top.display().to_string());
        lines.push(format!("note: the top of the repository is where people look for it: {top}"));
    }
    let config = context.common.config.as_ref().map(|path| path.display().to_string());
    lines.push(format!("Put your hosts in the place of {HOST}, then:"));
    for verb in ["check", "deploy"] {
        let command = clean::text(&invocation(verb, ENVIRONMENT, None, config.as_deref()));
        lines.push(format!("  {}", context.look().paint(Tone::Strong, &command)));
    }
    say::lines(lines);
    exit_code::SUCCESS
}

/// A table of the values, and where they come from.
fn filled_in(context: &Context, survey: &Survey) -> Vec<String> {
    let filling = &survey.filling;
    let mut table = Table::new(&[]);
    for (key, value, from) in [
        ("repo_url", &filling.repo_url, &survey.url_from),
        ("git_ref", &filling.git_ref, &survey.ref_from),
        ("deploy_dir", &filling.deploy_dir(), &String::new()),
    ] {
        let from = if from.is_empty() { String::new() } else { format!("({from})") };
        table.row([key.into(), Cell::new(Tone::Name, value), Cell::new(Tone::Faint, &from)]);
    }
    table.lines(context.look()).into_iter().map(|line| format!("  {line}")).collect()
}

/// Writes a file that is not there yet; whatever has its name stays as it is, a symlink too.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| {
        let shown = shown(path);
        match error.kind() {
            ErrorKind::AlreadyExists if path.is_symlink() => {
                format!("{shown} is a symlink, and stays as it is: remove it first, or name another file with `--config FILE`")
            }
            ErrorKind::AlreadyExists => {
                format!("{shown} is already there, and stays as it is: edit it, or move it away first")
            }
            ErrorKind::NotFound => format!("can't write {shown}: its folder is not there; make it first"),
            _ => format!("can't write {shown}: {error}"),
        }
    })?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
        // Half a file would be in the way of the next try.
        let _ = std::fs::remove_file(path);
        format!("can't write {}: {error}", shown(path))
    })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
