use std::fmt::Write as _;

use insta::assert_snapshot;

use super::mistakes;

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
