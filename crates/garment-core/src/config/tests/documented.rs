//! The examples of `docs/deploy.conf.md` load.

use super::{errors, with};

const REFERENCE: &str = include_str!("../../../../../docs/deploy.conf.md");

#[test]
fn every_example_loads() {
    let mut examples = 0;
    for block in REFERENCE.split("```yaml\n").skip(1) {
        let (example, _) = block.split_once("```").unwrap();
        // Either a whole file, or a piece of an environment or of the file's root.
        let text = if example.contains("repo_url:") {
            example.to_owned()
        } else if example.starts_with("x-") {
            format!("{example}{}", with(""))
        } else {
            with(example)
        };
        let outcome = errors(&text);
        assert!(outcome.starts_with("no mistakes"), "{example}\n{outcome}");
        examples += 1;
    }
    assert_eq!(examples, 17);
}

#[test]
fn the_mistake_that_it_shows_looks_like_that() {
    let text = "p:\n  repo_url: r\n  git_ref: m\n  deploy_dir: /d\n  hosts:\n    h:\n  kep_releases: 3\n";
    assert!(REFERENCE.contains(&errors(text)));
}
