use insta::assert_snapshot;

use super::{errors, mistakes};

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
shell: [{x}/y, a {b}, '-c']
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
    10 |   shell: [{x}/y, a {b}, '-c']
       |           ^^^^^
       |
       = help: write '{x}/y'

    error: this text needs quotes
      --> deploy.conf:10:18
       |
    10 |   shell: [{x}/y, a {b}, '-c']
       |                  ^^^^^
       |
       = help: write 'a {b}'

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
