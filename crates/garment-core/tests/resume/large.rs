//! A fleet that is too large for every host to have the names of all.

use super::*;

const HOSTS: usize = 1001;

fn config(last: &str) -> String {
    let mut text = String::from(
        "shop:\n  repo_url: git@example.org:shop.git\n  git_ref: main\n  deploy_dir: /srv/{host}\n",
    );
    text.push_str("  stages:\n    before:\n      - {id: build, commands: [make]}\n  hosts:\n");
    text.extend((1..HOSTS).map(|host| format!("    web{host}:\n")));
    text + &format!("    {last}:\n")
}

#[test]
fn the_names_of_all_are_on_some() {
    let record = recorded(&config("last"), &Selection::All);
    let count = |info: &Vec<(&str, String)>| {
        info.iter().find(|(key, _)| *key == "hosts").unwrap().1.split_whitespace().count()
    };
    let named: Vec<usize> = record.info.iter().map(count).collect();
    // On every second host: never on more than a thousand.
    assert_eq!(named[..3], [HOSTS, 0, HOSTS]);
    assert_eq!(named.iter().filter(|count| **count > 0).count(), 501);

    let hosts = |config: String| Hosts {
        config,
        // The first one has no record, so another one has to know the names.
        each: (0..HOSTS)
            .map(|host| (OLD, true, (host > 0).then(|| Kept::of(&record, host, &["before-build.0"]))))
            .collect(),
        changed_plan: false,
    };
    let ran = hosts(config("last")).run(|_, _| None);
    assert_eq!(ran.outcome.verdict, Verdict::Done);
    let built: Vec<_> = ran.asked.iter().filter(|asked| asked.ends_with(": make")).collect();
    assert_eq!(built, ["web1: make"]);
    let ran = hosts(config("other")).run(|_, _| None);
    let (what, _) = ran.refused();
    assert!(
        what.ends_with("\nother is new in the environment\nlast is not in the environment any more"),
        "{what}"
    );
}
