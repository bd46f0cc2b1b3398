//! What the README and the manual show is what garment prints.

use garment_testing::{Fleet, Outcome};

use crate::project;

const README: &str = include_str!("../../../../README.md");
const MANUAL: &str = include_str!("../../../../docs/manual.md");

const MIGRATES: &str = "#!/bin/sh\necho 'applying 0042_customers'\n";
const FAILS: &str = "#!/bin/sh
echo 'applying 0041_orders: already there'
echo 'applying 0042_customers'
echo 'ERROR: column \"email\" of relation \"customers\" already exists' >&2
exit 1
";

#[test]
fn the_outputs_are_real() {
    let fleet = Fleet::builder().hosts(["web1", "web2", "db1"]).start();
    for host in fleet.hosts() {
        host.write("bin/systemctl", "#!/bin/sh\n");
        fleet.ssh(host.name(), "chmod +x bin/systemctl").code(0);
        host.bash_profile("PATH=~/bin:$PATH\n");
    }
    let repo = fleet.repo("shop");
    let push = |migrate, message| {
        repo.write("migrate", migrate).executable("migrate");
        repo.commit(message);
        repo.push();
    };
    repo.write("index.html", "hello\n").commit("first");
    repo.git(["branch", "-M", "main"]);
    let project = project(&fleet);
    project.config(&example().replace("git@example.org:shop.git", &repo.url()));

    push("#!/bin/sh\n", "Begin");
    project.run(["deploy", "production"]).code(0);
    push(FAILS, "Add customers");
    let failed = project.run(["deploy", "production"]);
    failed.code(4);
    is_shown(&failed, block(README, "## The day something fails").split("$ echo $?\n").next().unwrap());
    push(MIGRATES, "Leave orders as they are");
    is_shown(&project.run(["plan", "production"]), block(MANUAL, "### `garment plan`"));
    is_shown(&project.run(["deploy", "production"]), block(MANUAL, "### `garment deploy`"));
    is_shown(&project.run(["rollback", "production"]), block(MANUAL, "### `garment rollback`"));
    is_shown(&project.run(["list", "production"]), block(MANUAL, "### `garment list`"));
    is_shown(&project.run(["status", "production"]), block(MANUAL, "### `garment status`"));
}

fn example() -> &'static str {
    README.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0
}

/// The first block of output behind a place in a page.
fn block<'a>(page: &'a str, behind: &str) -> &'a str {
    let (_, rest) = page.split_once(behind).unwrap();
    rest.split_once("```text\n").unwrap().1.split_once("```").unwrap().0
}

fn is_shown(outcome: &Outcome, block: &str) {
    let (command, shown) = block.split_once('\n').unwrap();
    assert!(command.starts_with("$ garment "), "{command}");
    assert_eq!(steady(shown), steady(&outcome.stdout), "it printed:\n{}", outcome.stdout);
}

/// Without what differs from run to run: times, who ran it, how wide that makes the columns, and which of the hosts was
/// quicker.
fn steady(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(line).collect();
    lines.sort();
    lines
}

fn line(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_seconds = |next: Option<&&str>| next.is_some_and(|next| ["s", "s)"].contains(next));
    let steady = words
        .iter()
        .enumerate()
        .map(|(at, text)| if is_seconds(words.get(at + 1)) { "TIME".to_owned() } else { word(text) });
    steady.collect::<Vec<_>>().join(" ")
}

fn word(word: &str) -> String {
    let word = word.trim_matches(['(', ')']);
    let is_hex = word.bytes().all(|b| b.is_ascii_hexdigit());
    let is_release = |(time, _): (&str, &str)| {
        time.len() == 15 && time.contains('T') && time.bytes().all(|b| b.is_ascii_digit() || b == b'T')
    };
    if is_hex && [7, 40].contains(&word.len()) {
        "COMMIT".to_owned()
    } else if word.split_once('-').is_some_and(is_release) || word.starts_with("YYYYMMDD") {
        "RELEASE".to_owned()
    } else if word.contains('@') {
        "WHO".to_owned()
    } else if word.starts_with("20") {
        "DAY".to_owned()
    } else if word.len() == 5 && word.as_bytes()[2] == b':' {
        "HOUR".to_owned()
    } else {
        word.to_owned()
    }
}
