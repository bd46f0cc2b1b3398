use std::fmt::Write as _;

use insta::assert_snapshot;

use super::{errors, mistakes};

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
