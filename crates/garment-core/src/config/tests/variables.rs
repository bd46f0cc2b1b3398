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
