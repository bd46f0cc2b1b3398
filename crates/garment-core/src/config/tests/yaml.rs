use std::fmt::Write as _;

use insta::assert_snapshot;

use super::{errors, mistakes};
use crate::config::Config;

#[test]
fn empty_files() {
    assert_snapshot!(errors(""), @r#"
    error: the file is empty
     --> deploy.conf:1:1
      |
    1 |
      | ^
      |
      = help: a file begins like this:
                  production:
                    repo_url: git@example.org:shop.git
                    git_ref: main
                    deploy_dir: /srv/shop
                    hosts:
                      deploy@one.example.org:
    "#);
    assert_snapshot!(errors("# only a comment\n"), @r#"
    error: the file is empty
     --> deploy.conf:1:1
      |
    1 | # only a comment
      | ^
      |
      = help: a file begins like this:
                  production:
                    repo_url: git@example.org:shop.git
                    git_ref: main
                    deploy_dir: /srv/shop
                    hosts:
                      deploy@one.example.org:
    "#);
    assert_snapshot!(errors("- a\n"), @r#"
    error: the file must be a mapping of environments, not a list
     --> deploy.conf:1:1
      |
    1 | - a
      | ^^^
      |
      = help: a file begins like this:
                  production:
                    repo_url: git@example.org:shop.git
                    git_ref: main
                    deploy_dir: /srv/shop
                    hosts:
                      deploy@one.example.org:
    "#);
    assert_snapshot!(errors("text\n"), @r#"
    error: the file must be a mapping of environments, not a text
     --> deploy.conf:1:1
      |
    1 | text
      | ^^^^
      |
      = help: a file begins like this:
                  production:
                    repo_url: git@example.org:shop.git
                    git_ref: main
                    deploy_dir: /srv/shop
                    hosts:
                      deploy@one.example.org:
    "#);
}

#[test]
fn what_needs_quotes() {
    assert_snapshot!(mistakes("stages:\n  after:\n    - id: a\n      commands:\n        - [ ! -d x ] && it's"), @r#"
    error: this text needs quotes
      --> deploy.conf:10:13
       |
    10 |           - [ ! -d x ] && it's
       |             ^^^^^^^^^^^^^^^^^^
       |
       = help: write '[ ! -d x ] && it''s'
    "#);
    assert_snapshot!(mistakes("source_dir: a: b"), @r#"
    error: this text needs quotes
     --> deploy.conf:6:15
      |
    6 |   source_dir: a: b
      |               ^^^^
      |
      = help: write 'a: b'
    "#);
    assert_snapshot!(mistakes("source_dir: @x"), @r#"
    error: this text needs quotes
     --> deploy.conf:6:15
      |
    6 |   source_dir: @x
      |               ^^
      |
      = help: write '@x'
    "#);
    assert_snapshot!(mistakes("source_dir: '{deploy_dir}'/s"), @r#"
    error: the text goes on after its closing quote
     --> deploy.conf:6:15
      |
    6 |   source_dir: '{deploy_dir}'/s
      |               ^^^^^^^^^^^^^^^^
      |
      = help: put the whole text in single quotes; write a single quote in it twice: ''
    "#);
    assert_snapshot!(mistakes("source_dir: \"a\\qb\""), @r#"
    error: an unknown `\` escape in a text in double quotes
     --> deploy.conf:6:15
      |
    6 |   source_dir: "a\qb"
      |               ^^^^^^
      |
      = help: use single quotes, in which a backslash is a backslash, or write `\\`
    "#);
    assert_snapshot!(mistakes("source_dir: *x"), @r#"
    error: no anchor `&x` before this
     --> deploy.conf:6:15
      |
    6 |   source_dir: *x
      |               ^^
      |
      = help: a text that starts with `*` needs quotes: '*…'
    "#);
}

#[test]
fn a_text_without_its_quotes_does_not_hide_the_rest() {
    let lines = "
source_dir: {deploy_dir}/s # the clone
releases_dir: 'a'b
kep_releases: 3
shell: [{x}/y, '-c']
stages:
  after:
    - id: a
      commands:
        - {release_dir}/bin/x
        - echo a: b: c
        - \"\\d\"
        - echo {relase}";
    assert_snapshot!(mistakes(lines), @r#"
    error: this text needs quotes
     --> deploy.conf:7:15
      |
    7 |   source_dir: {deploy_dir}/s # the clone
      |               ^^^^^^^^^^^^^^
      |
      = help: write '{deploy_dir}/s'

    error: the text goes on after its closing quote
     --> deploy.conf:8:17
      |
    8 |   releases_dir: 'a'b
      |                 ^^^^
      |
      = help: put the whole text in single quotes; write a single quote in it twice: ''

    error: unknown setting `kep_releases`
     --> deploy.conf:9:3
      |
    9 |   kep_releases: 3
      |   ^^^^^^^^^^^^
      |
      = help: did you mean `keep_releases`?

    error: this text needs quotes
      --> deploy.conf:10:11
       |
    10 |   shell: [{x}/y, '-c']
       |           ^^^^^
       |
       = help: write '{x}/y'

    error: this text needs quotes
      --> deploy.conf:15:13
       |
    15 |           - {release_dir}/bin/x
       |             ^^^^^^^^^^^^^^^^^^^
       |
       = help: write '{release_dir}/bin/x'

    error: this text needs quotes
      --> deploy.conf:16:13
       |
    16 |           - echo a: b: c
       |             ^^^^^^^^^^^^
       |
       = help: write 'echo a: b: c'

    error: an unknown `\` escape in a text in double quotes
      --> deploy.conf:17:13
       |
    17 |           - "\d"
       |             ^^^^
       |
       = help: use single quotes, in which a backslash is a backslash, or write `\\`

    error: unknown variable `relase`
      --> deploy.conf:18:18
       |
    18 |           - echo {relase}
       |                  ^^^^^^^^
       |
       = help: did you mean `release`?
    "#);
}

#[test]
fn structure() {
    assert_snapshot!(errors("p:\n  repo_url: r\n\tgit_ref: m\n"), @r#"
    error: a tab in the indentation
     --> deploy.conf:3:1
      |
    3 |     git_ref: m
      | ^^^^
      |
      = help: indent with spaces
    "#);
    assert_snapshot!(errors("p:\n  repo_url: r\n    git_ref: m\n"), @r#"
    error: this line does not fit what stands before it
     --> deploy.conf:3:5
      |
    3 |     git_ref: m
      |     ^^^^^^^^^^
      |
      = help: write `key: value`, and begin all keys of one mapping, and all `-` of one list, in the same column
    "#);
    assert_snapshot!(errors("p:\n  repo_url: r\n git_ref: m\n"), @r#"
    error: this line does not fit what stands before it
     --> deploy.conf:3:2
      |
    3 |  git_ref: m
      |  ^^^^^^^^^^
      |
      = help: write `key: value`, and begin all keys of one mapping, and all `-` of one list, in the same column
    "#);
    assert_snapshot!(mistakes("shell: [a, b"), @r#"
    error: `[` is never closed
     --> deploy.conf:6:10
      |
    6 |   shell: [a, b
      |          ^^^^^
      |
      = help: close it with `]`, or put a text that starts with `[` in quotes
    "#);
    assert_snapshot!(mistakes("shell: {a: b"), @r#"
    error: `{` is never closed
     --> deploy.conf:6:10
      |
    6 |   shell: {a: b
      |          ^^^^^
      |
      = help: close it with `}`, or put a text that starts with `{` in quotes
    "#);
    assert_snapshot!(mistakes("shell: 'a"), @r#"
    error: this quote is never closed
     --> deploy.conf:6:10
      |
    6 |   shell: 'a
      |          ^^
      |
      = help: close it at the end of the text
    "#);
    assert_snapshot!(mistakes("shell: - a"), @r#"
    error: a list can't begin here
     --> deploy.conf:6:10
      |
    6 |   shell: - a
      |          ^^^
      |
      = help: begin each `-` of it on a line of its own, below the key
    "#);
    assert_snapshot!(errors("a: {}\n---\nb: {}\n"), @r#"
    error: a second YAML document begins here
     --> deploy.conf:2:1
      |
    2 | ---
      | ^^^
      |
      = help: keep one document: leave the `---` out
    "#);
    assert_snapshot!(errors("a: \u{7}\n"), @r#"
    error: `\u{7}` can't be here
     --> deploy.conf:1:4
      |
    1 | a: ␇
      |    ^
      |
      = help: put the text in quotes, or leave the character out
    "#);
}

#[test]
fn keys() {
    assert_snapshot!(mistakes("deploy_dir: /other\n? [a]\n: b\n<<: 5\n<<: {a: b}"), @r#"
    error: `deploy_dir` is set twice
     --> deploy.conf:6:3
      |
    4 |   deploy_dir: /srv
      |   ---------- first here
    5 |   hosts: {h: , d: {roles: [db]}}
    6 |   deploy_dir: /other
      |   ^^^^^^^^^^
      |
      = help: keep one of the two

    error: a key must be a text
     --> deploy.conf:7:5
      |
    7 |   ? [a]
      |     ^^^
      |
      = help: write `key: value`

    error: `<<` takes a mapping, not a text
     --> deploy.conf:9:7
      |
    9 |   <<: 5
      |       ^
      |
      = help: give it the alias of a mapping: `<<: *name`

    error: `<<` is set twice
      --> deploy.conf:10:3
       |
     9 |   <<: 5
       |   -- first here
    10 |   <<: {a: b}
       |   ^^
       |
       = help: keep one of the two
    "#);
}

#[test]
fn tags_and_zero_bytes() {
    assert_snapshot!(mistakes("source_dir: !secret x\nreleases_dir: \"a\\0b\"\nshell: !!python/tuple [a]"), @r#"
    error: the YAML tag `!secret` has no meaning here
     --> deploy.conf:6:15
      |
    6 |   source_dir: !secret x
      |               ^^^^^^^
      |
      = help: leave the tag out; a text that starts with `!` needs quotes

    error: a zero byte (`\0`) can't be in a setting
     --> deploy.conf:7:17
      |
    7 |   releases_dir: "a\0b"
      |                 ^^^^^^
      |
      = help: leave it out

    error: the YAML tag `!!python/tuple` has no meaning here
     --> deploy.conf:8:10
      |
    8 |   shell: !!python/tuple [a]
      |          ^^^^^^^^^^^^^^
      |
      = help: leave the tag out; a text that starts with `!` needs quotes
    "#);
}

#[test]
fn aliases_that_explode() {
    let mut text = String::from("x-a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (name, of) in ["b", "c", "d", "e", "f", "g"].iter().zip(["a", "b", "c", "d", "e", "f"]) {
        let many = format!("*{of}, ").repeat(10);
        writeln!(text, "x-{name}: &{name} [{many}]").unwrap();
    }
    assert_snapshot!(errors(&text), @r#"
    error: the file stands for too many values
     --> deploy.conf:5:38
      |
    5 | x-e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d, ]
      |                                      ^^
      |
      = help: use fewer aliases of aliases
    "#);
    assert_snapshot!(errors("x-a: &a [*a]\n"), @r#"
    error: this alias stands inside what it repeats
     --> deploy.conf:1:10
      |
    1 | x-a: &a [*a]
      |          ^^
      |
      = help: leave the alias out
    "#);
    let mut text = String::from("x-a0: &a0 x\n");
    for i in 1..20 {
        writeln!(text, "x-a{i}: &a{i} [[[*a{}]]]", i - 1).unwrap();
    }
    assert_snapshot!(errors(&text), @r#"
    error: nested too deeply
      --> deploy.conf:12:16
       |
    12 | x-a11: &a11 [[[*a10]]]
       |                ^^^^
       |
       = help: no setting lies this deep
    "#);
    assert_snapshot!(errors(&format!("x: {}\n", "[".repeat(40) + &"]".repeat(40))), @r#"
    error: nested too deeply
     --> deploy.conf:1:36
      |
    1 | x: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
      |                                    ^
      |
      = help: no setting lies this deep
    "#);
}

#[test]
fn a_mistake_behind_an_alias_is_told_once_and_where_it_is_written() {
    let text = "
x-base: &base
  repo_url: r
  git_ref: m
  deploy_dir: /d
  kep_releases: 3
  hosts: {h: }
one: *base
two:
  <<: *base
  source_dir: '{x}'
";
    assert_snapshot!(errors(text), @r#"
    error: unknown setting `kep_releases`
     --> deploy.conf:6:3
      |
    6 |   kep_releases: 3
      |   ^^^^^^^^^^^^
      |
      = help: did you mean `keep_releases`?

    error: unknown variable `x`
      --> deploy.conf:11:16
       |
    11 |   source_dir: '{x}'
       |                ^^^
       |
       = help: known here: `repo_url`, `git_ref`, `deploy_dir`, `environment`, `host`
    "#);
}

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
}
