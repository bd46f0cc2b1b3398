use insta::assert_snapshot;

use super::{errors, mistakes};
use crate::config::Config;

#[test]
fn carets_stand_under_the_value_whatever_is_around_it() {
    // A byte order mark, carriage returns, wide characters and tabs.
    let text = "\u{feff}é日本:\r\n  repo_url: r\r\n  git_ref:\t'日本 é'\t# c\r\n  deploy_dir: /d\r\n  hosts: {h: }\r\n";
    assert_snapshot!(errors(text), @r#"
    error: `git_ref` can't have ` ` in it: no ref has
     --> deploy.conf:3:12
      |
    3 |   git_ref:    '日本 é'    # c
      |               ^^^^^^^^
      |
      = help: write a branch, a tag, a full ref name such as `refs/heads/main`, or a full commit id
    "#);
    let error = &Config::parse("f", text).unwrap_err().errors()[0].clone();
    assert_eq!((error.place.line, error.place.column), (3, 12));
    let long = format!("p: {{source_dir: '{}{{x}}', hosts: {{h: }}}}\n", "/a".repeat(200));
    assert_snapshot!(errors(&long), @r#"
    error: environment `p` has no `repo_url`, `git_ref`, `deploy_dir`
     --> deploy.conf:1:1
      |
    1 | p: {source_dir: '/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a...
      | ^
      |
      = help: add:
                  repo_url: git@example.org:shop.git
                  git_ref: main
                  deploy_dir: /srv/shop

    error: unknown variable `x`
     --> deploy.conf:1:418
      |
    1 | ...a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a{x}', hosts: {h: }}
      |                                                                   ^^^
      |
      = help: known here: `repo_url`, `git_ref`, `deploy_dir`, `environment`, `host`
    "#);
    assert_snapshot!(mistakes("source_dir: |\n  a\n  b\nreleases_dir: a\n  {b} c\n"), @r#"
    error: `source_dir` has a line break in it
     --> deploy.conf:7:5
      |
    7 | /     a
    8 | |     b
      | |_____^
      |
      = help: write it on one line

    error: unknown variable `b`
      --> deploy.conf:10:5
       |
    10 |     {b} c
       |     ^^^
       |
       = help: known here: `repo_url`, `git_ref`, `deploy_dir`, `source_dir`, `environment`, `host`
    "#);
}

#[test]
fn a_flood_of_mistakes_is_cut() {
    let lines: Vec<String> = (0..100).map(|i| format!("zz{i}: 1\n")).collect();
    let shown = mistakes(&lines.concat());
    assert_eq!(shown.matches("error:").count(), 30);
    assert!(shown.ends_with("\nand 70 more mistakes\n"), "{shown}");
}

#[test]
fn colours_are_asked_for() {
    let errors = Config::parse("deploy.conf", "").unwrap_err();
    assert!(errors.render(true).contains("\u{1b}["));
    assert!(!errors.render(false).contains('\u{1b}'));
    assert_eq!(errors.to_string(), errors.render(false).trim_end());
}

#[test]
fn control_characters_of_the_file_do_not_reach_the_terminal() {
    let shown = mistakes("\"\\e[31mx\": 1\nkeep_releases: \"\\e]0;x\\a\"\nvariables: [{\"a\\eb\": x}]");
    assert!(!shown.contains(['\u{1b}', '\u{7}']), "{shown}");
    // U+009B is CSI to some terminals.
    assert_snapshot!(mistakes("é: \"\u{9b}31mx\" # x"), @r#"
    error: `\u{9b}` can't be here
     --> deploy.conf:6:7
      |
    6 |   é: "¿31mx" # x
      |       ^^^^^^^^^^
      |
      = help: put the text in quotes, or leave the character out
    "#);
    assert_snapshot!(mistakes("source_dir: '/{\u{85}}'"), @r"
    error: `{¿}` is not a variable
     --> deploy.conf:6:17
      |
    6 |   source_dir: '/{¿}'
      |                 ^^^
      |
      = help: for plain braces write `{{\u{85}}}`
    ");
}
