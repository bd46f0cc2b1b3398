use std::fmt::Write as _;

use insta::assert_snapshot;

use super::mistakes;

#[test]
fn names() {
    assert_snapshot!(mistakes("variables:\n  - a: 1\n  - a: 2\n  - 1x: b\n  - deploy_dir: /x\n  - release: y"), @r#"
    error: variable `a` is defined twice
     --> deploy.conf:8:7
      |
    7 |     - a: 1
      |       - first here
    8 |     - a: 2
      |       ^
      |
      = help: keep one of the two

    error: `1x` can't be a variable's name
     --> deploy.conf:9:7
      |
    9 |     - 1x: b
      |       ^^
      |
      = help: use letters, digits, `_` and `-`, with a letter or `_` first

    error: a variable can't be called `deploy_dir`: it is a setting
      --> deploy.conf:10:7
       |
    10 |     - deploy_dir: /x
       |       ^^^^^^^^^^
       |
       = help: choose another name

    error: a variable can't be called `release`: it is set by garment for each release
      --> deploy.conf:11:7
       |
    11 |     - release: y
       |       ^^^^^^^
       |
       = help: choose another name
    "#);
}

#[test]
fn values() {
    assert_snapshot!(mistakes("variables:\n  - a:\n  - b: [1]\n  - just text\n  - c: {x}"), @r#"
    error: variable `a` has no value
     --> deploy.conf:7:7
      |
    7 |     - a:
      |       ^
      |
      = help: write '' for an empty text

    error: variable `b` must be a text, not a list
     --> deploy.conf:8:10
      |
    8 |     - b: [1]
      |          ^^^
      |
      = help: if it is meant as text, put it in quotes: '[1]'

    error: a variable must be a `name: value`, not a text
     --> deploy.conf:9:7
      |
    9 |     - just text
      |       ^^^^^^^^^
      |
      = help: write it like this:
                  variables:
                    - home: /home/shop
                    - venv: '{home}/venv'

    error: variable `c` must be a text, not a mapping
      --> deploy.conf:10:10
       |
    10 |     - c: {x}
       |          ^^^
       |
       = help: if it is meant as text, put it in quotes: '{x}'
    "#);
}

#[test]
fn what_base_settings_may_use() {
    let lines = "
source_dir: '{home}/x'
releases_dir: '{current_symlink}/{release}'
current_symlink: '{host}/{environment}/{current_symlink}'
variables: [home: /h]";
    assert_snapshot!(mistakes(lines), @r#"
    error: `source_dir` can't use the variable `{home}`
      --> deploy.conf:7:16
       |
     7 |   source_dir: '{home}/x'
       |                ^^^^^^
    ...
    10 |   variables: [home: /h]
       |               ---- a variable
       |
       = help: variables are built on base settings, not the other way round; it may use `repo_url`, `git_ref`, `deploy_dir`, `environment`, `host`

    error: `releases_dir` can't use `{current_symlink}`, which comes after it
     --> deploy.conf:8:18
      |
    8 |   releases_dir: '{current_symlink}/{release}'
      |                  ^^^^^^^^^^^^^^^^^
      |
      = help: it may use `repo_url`, `git_ref`, `deploy_dir`, `source_dir`, `environment`, `host`

    error: `releases_dir` can't use `{release}`
     --> deploy.conf:8:36
      |
    8 |   releases_dir: '{current_symlink}/{release}'
      |                                    ^^^^^^^^^
      |
      = help: base settings are the same for all releases; it may use `repo_url`, `git_ref`, `deploy_dir`, `source_dir`, `environment`, `host`

    error: `current_symlink` uses itself
     --> deploy.conf:9:42
      |
    9 |   current_symlink: '{host}/{environment}/{current_symlink}'
      |                                          ^^^^^^^^^^^^^^^^^
      |
      = help: it may use `repo_url`, `git_ref`, `deploy_dir`, `source_dir`, `releases_dir`, `environment`, `host`
    "#);
}

#[test]
fn the_commit_is_the_same_for_all_hosts() {
    let text =
        "p:\n  repo_url: '/r/{host}'\n  git_ref: '{host}'\n  deploy_dir: '/srv/{host}'\n  hosts: {h: }\n";
    assert_snapshot!(super::errors(text), @r#"
    error: `repo_url` can't use `{host}`
     --> deploy.conf:2:17
      |
    2 |   repo_url: '/r/{host}'
      |                 ^^^^^^
      |
      = help: it is the same for all hosts of a deploy

    error: `git_ref` can't use `{host}`
     --> deploy.conf:3:13
      |
    3 |   git_ref: '{host}'
      |             ^^^^^^
      |
      = help: it is the same for all hosts of a deploy
    "#);
}

#[test]
fn what_variables_may_use() {
    assert_snapshot!(mistakes("variables:\n  - a: '{b} {a}'\n  - b: x\n  - c: '{bb}'"), @r#"
    error: `{b}` is defined after `a`
     --> deploy.conf:7:11
      |
    7 |     - a: '{b} {a}'
      |           ^^^
    8 |     - b: x
      |       - defined here
      |
      = help: a variable sees those before it: move `b` up

    error: variable `a` uses itself
     --> deploy.conf:7:15
      |
    7 |     - a: '{b} {a}'
      |               ^^^
      |
      = help: write its value out

    error: unknown variable `bb`
     --> deploy.conf:9:11
      |
    9 |     - c: '{bb}'
      |           ^^^^
      |
      = help: known here: `a`, `b`, `repo_url`, `git_ref`, `deploy_dir`, `source_dir`, `releases_dir`, `current_symlink`, `keep_releases`, `release`, `release_dir`, `previous_release`, `previous_release_dir`, `commit`, `environment`, `host`
    "#);
}

#[test]
fn unknown_names_are_shown_in_their_place() {
    let lines = r#"
stages:
  after:
    - id: t
      commands:
        - echo {relase}
        - 'it''s {relase} and {release}'
        - "é\t{relase} 日本 {relase}"
        - "\u007brelase}"
        - |
          echo one
          echo {relase}
        - >-
          folded
          {relase}
        - echo ${HOME} ${relase}
      shell_env: {A: '{nothing_like_it}'}
      cd: '{relase}'
      prefix: . {relase}"#;
    assert_snapshot!(mistakes(lines), @r#"
    error: unknown variable `relase`
      --> deploy.conf:11:18
       |
    11 |           - echo {relase}
       |                  ^^^^^^^^
       |
       = help: did you mean `release`?

    error: unknown variable `relase`
      --> deploy.conf:12:20
       |
    12 |           - 'it''s {relase} and {release}'
       |                    ^^^^^^^^
       |
       = help: did you mean `release`?

    error: unknown variable `relase`
      --> deploy.conf:13:17
       |
    13 |           - "é\t{relase} 日本 {relase}"
       |                 ^^^^^^^^
       |
       = help: did you mean `release`?

    error: unknown variable `relase`
      --> deploy.conf:13:29
       |
    13 |           - "é\t{relase} 日本 {relase}"
       |                               ^^^^^^^^
       |
       = help: did you mean `release`?

    error: unknown variable `relase`
      --> deploy.conf:14:13
       |
    14 |           - "\u007brelase}"
       |             ^^^^^^^^^^^^^^^
       |
       = help: did you mean `release`?

    error: unknown variable `relase`
      --> deploy.conf:17:18
       |
    17 |             echo {relase}
       |                  ^^^^^^^^
       |
       = help: did you mean `release`?

    error: unknown variable `relase`
      --> deploy.conf:20:13
       |
    20 |             {relase}
       |             ^^^^^^^^
       |
       = help: did you mean `release`?

    error: unknown variable `HOME`
      --> deploy.conf:21:19
       |
    21 |           - echo ${HOME} ${relase}
       |                   ^^^^^^
       |
       = help: for the shell's `${HOME}` write `${{HOME}}`

    error: unknown variable `relase`
      --> deploy.conf:21:27
       |
    21 |           - echo ${HOME} ${relase}
       |                           ^^^^^^^^
       |
       = help: for the shell's `${relase}` write `${{relase}}`
       = help: did you mean `release`?

    error: unknown variable `nothing_like_it`
      --> deploy.conf:22:25
       |
    22 |         shell_env: {A: '{nothing_like_it}'}
       |                         ^^^^^^^^^^^^^^^^^
       |
       = help: known here: `repo_url`, `git_ref`, `deploy_dir`, `source_dir`, `releases_dir`, `current_symlink`, `keep_releases`, `release`, `release_dir`, `previous_release`, `previous_release_dir`, `commit`, `environment`, `host`

    error: unknown variable `relase`
      --> deploy.conf:23:14
       |
    23 |         cd: '{relase}'
       |              ^^^^^^^^
       |
       = help: did you mean `release`?

    error: unknown variable `relase`
      --> deploy.conf:24:19
       |
    24 |         prefix: . {relase}
       |                   ^^^^^^^^
       |
       = help: did you mean `release`?
    "#);
}

#[test]
fn variables_that_double_one_another() {
    let mut lines = String::from("variables:\n  - v0: xxxxxxxxxx\n");
    for i in 1..60 {
        writeln!(lines, "  - v{i}: '{{v{0}}}{{v{0}}}'", i - 1).unwrap();
    }
    assert_snapshot!(mistakes(&lines), @r#"
    error: with its variables, this comes to more than 1000000 characters
      --> deploy.conf:24:12
       |
    24 |     - v17: '{v16}{v16}'
       |            ^^^^^^^^^^^^
       |
       = help: build it on fewer variables
    "#);
}

#[test]
fn what_is_no_template() {
    let lines = r"
stages:
  after:
    - id: t
      commands:
        - echo {
        - echo }
        - echo {}
        - echo {0}
        - echo {release!r} and {host:>5}
        - echo ${X:-1}
        - awk '{print $1}'
        - echo {relase} {a b} {releas}";
    assert_snapshot!(mistakes(lines), @r#"
    error: `{` is never closed
      --> deploy.conf:11:18
       |
    11 |           - echo {
       |                  ^
       |
       = help: for a plain `{` write `{{`

    error: a single `}`
      --> deploy.conf:12:18
       |
    12 |           - echo }
       |                  ^
       |
       = help: for a plain `}` write `}}`

    error: `{}` is not a variable
      --> deploy.conf:13:18
       |
    13 |           - echo {}
       |                  ^^
       |
       = help: name a variable, as in `{release}`; for plain braces write `{{}}`

    error: `{0}` is not a variable
      --> deploy.conf:14:18
       |
    14 |           - echo {0}
       |                  ^^^
       |
       = help: name a variable, as in `{release}`; for plain braces write `{{0}}`

    error: `{release!r}` is not a variable
      --> deploy.conf:15:18
       |
    15 |           - echo {release!r} and {host:>5}
       |                  ^^^^^^^^^^^
       |
       = help: formats such as `!r` and `:>5` do not exist here; write `{release}`
       = help: for plain braces write `{{release!r}}`

    error: `{host:>5}` is not a variable
      --> deploy.conf:15:34
       |
    15 |           - echo {release!r} and {host:>5}
       |                                  ^^^^^^^^^
       |
       = help: formats such as `!r` and `:>5` do not exist here; write `{host}`
       = help: for plain braces write `{{host:>5}}`

    error: `{X:-1}` is not a variable
      --> deploy.conf:16:19
       |
    16 |           - echo ${X:-1}
       |                   ^^^^^^
       |
       = help: for the shell's `${X:-1}` write `${{X:-1}}`

    error: `{print $1}` is not a variable
      --> deploy.conf:17:18
       |
    17 |           - awk '{print $1}'
       |                  ^^^^^^^^^^
       |
       = help: for plain braces write `{{print $1}}`

    error: unknown variable `relase`
      --> deploy.conf:18:18
       |
    18 |           - echo {relase} {a b} {releas}
       |                  ^^^^^^^^
       |
       = help: did you mean `release`?

    error: `{a b}` is not a variable
      --> deploy.conf:18:27
       |
    18 |           - echo {relase} {a b} {releas}
       |                           ^^^^^
       |
       = help: for plain braces write `{{a b}}`

    error: unknown variable `releas`
      --> deploy.conf:18:33
       |
    18 |           - echo {relase} {a b} {releas}
       |                                 ^^^^^^^^
       |
       = help: did you mean `release`?
    "#);
}
