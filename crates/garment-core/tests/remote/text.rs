//! The scripts as texts.

use std::path::Path;
use std::process::Command;

use crate::bed::{Bed, find, name};

/// `shellcheck` has no complaint. By hand: `shellcheck crates/garment-core/src/remote/sh/*.sh`.
#[test]
fn shellcheck_is_content() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/remote/sh");
    let files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 8);
    let out = Command::new(find("shellcheck")).args(files).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
}

/// A text starts with the values, each in quotes, and nothing else of it depends on them.
#[test]
fn values_stand_in_front() {
    let bed = Bed::all().next().unwrap();
    let text = bed.prepare_text("it's", &"4634f44a".repeat(5), &name(1));
    let mut lines = text.lines();
    for want in [
        "deploy_dir='~/app'",
        "source_dir='~/app/source'",
        "releases_dir='~/app/releases'",
        "current_symlink='~/app/current'",
        "repo_url='it'\\''s'",
        "commit='4634f44a4634f44a4634f44a4634f44a4634f44a'",
        "release='20131228T202701-4634f44'",
        "by='evan@pungi'",
        "git_ref='master'",
        "token=''",
        "resuming='no'",
        "delivery='pull'",
        "head=''",
        "# shellcheck shell=sh disable=SC2034,SC2154",
    ] {
        assert_eq!(lines.next(), Some(want));
    }
}
