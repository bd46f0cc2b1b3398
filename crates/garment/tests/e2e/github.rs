//! `--output github`: groups, annotations, and nothing that hosts say is taken for either.

use garment_testing::Fleet;

use crate::bed::{shop, tame};

/// The lines that a runner takes for commands: GitHub's looks for `::` at the beginning, and for `##[` anywhere.
fn commands(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.trim_start().starts_with("::") || line.contains("##[")).collect()
}

const FORGES: &str = r"  stages:
    before:
      - id: forge
        commands:
          - |-
            echo '::error::forged'
            printf 'x\r::stop-commands::x\r\n ##[endgroup]\n\033[0m::endgroup::\n'
            echo '  ::set-output name=a::b' >&2
      - id: fail
        commands: ['echo ::error::too late >&2; exit 3']
";

#[test]
fn groups_and_annotations() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config(FORGES);
    let failed = shop.project.run(["deploy", "production", "--output", "github"]);
    failed.code(4).stderr_is("");
    let told = tame(&fleet, &failed.stdout);
    insta::assert_snapshot!(commands(&told).join("\n"), @r"
    ::group::before: forge (web1)
    ::endgroup::
    ::group::before: fail (web1)
    ::endgroup::
    ::error title=deploy to production failed in before%3A fail::web1: before: fail failed%0A  $ echo ::error::too late >&2; exit 3%0A  exit code 3%0A  its last lines of output:%0A  | ::error::too late
    ");
    failed.stdout_has("\n[web1] ::error::forged\n").stdout_has("\n[web1]  ## [endgroup]\n");
    // Beside that it is the plain report.
    let plain = shop.project.run(["deploy", "production"]);
    let rest = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with("::") && !line.ends_with(" (web1)"));
        let mut lines: Vec<String> = lines.map(|line| line.replace("##[", "## [")).collect();
        // Which of its two outputs comes first is nobody's to say.
        lines.sort();
        lines
    };
    assert_eq!(rest(&told), rest(&tame(&fleet, &plain.stdout)));
    let quiet = shop.project.run(["deploy", "production", "--output", "github", "-q"]);
    quiet.code(4).stderr_is("");
    assert_eq!(commands(&tame(&fleet, &quiet.stdout)), commands(&told)[4..]);
}

#[test]
fn what_is_well_has_no_annotation() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    shop.config("");
    let deploy = shop.project.run(["deploy", "production", "--output", "github"]);
    deploy.code(0).stderr_is("");
    insta::assert_snapshot!(commands(&deploy.stdout).join("\n"), @r"
    ::group::make current (2 hosts)
    ::endgroup::
    ");
}

#[test]
fn plain_lines_on_a_terminal() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("");
    let deploy = shop.project.spawn_on_terminal(80, ["deploy", "production", "--output", "plain"]).finish();
    deploy.code(0).stdout_lacks("\x1b[K").stdout_has("== make current").stdout_has(" current: nothing -> ");
}
