use insta::assert_snapshot;

use super::errors;
use crate::config::{Config, show};

const BASE: &str = "
base:
  git_repo: r
  git_ref: main
  deploy_dir: /srv
  keep_releases: 4
  forward_agent: yes
  shell: zsh -c
  variables: [{one: 1, two: '{one}2'}, three: '{two}3']
  stages:
    before:
      - {id: a, commands: [a]}
      - {id: b, commands: [b]}
    cleanup:
      - {id: c, commands: [c], roles: [db]}
";

fn of(name: &str, text: &str) -> String {
    let config = Config::parse("deploy.conf", text).unwrap_or_else(|e| panic!("{e}"));
    show(config.environment(name).unwrap())
}

#[test]
fn everything_but_the_hosts_comes_along() {
    let text = format!(
        "{BASE}
middle:
  extends: base
  hosts: {{m: {{roles: [db]}}}}
  variables: [{{four: '{{three}}4'}}, {{two: 'II'}}]
  stages:
    before: [{{id: z, commands: [z]}}, {{id: a, commands: [A]}}]
    after: [{{id: x, commands: ['{{four}}']}}]
top:
  extends: middle
  repo_url: other
  forward_agent: off
  hosts: {{t: }}
  stages:
    before: [{{id: b, commands: [B]}}]
"
    );
    assert_snapshot!(of("middle", &text), @r#"
    middle:
      repo_url: r
      git_ref: main
      deploy_dir: /srv
      source_dir: /srv/source
      releases_dir: /srv/releases
      current_symlink: /srv/current
      keep_releases: 4
      forward_agent: true
      shell: [zsh, '-c']
      reconnect_timeout: 2m
      hosts:
        m:
          roles: [db]
      variables:
        - one: '1'
        - two: II
        - three: II3
        - four: II34
      stages:
        before:
          - id: a
            commands:
              - A
          - id: b
            commands:
              - b
          - id: z
            commands:
              - z
        after:
          - id: x
            commands:
              - II34
        cleanup:
          - id: c
            roles: [db]
            commands:
              - c
    "#);
    assert_snapshot!(of("top", &text), @r#"
    top:
      repo_url: other
      git_ref: main
      deploy_dir: /srv
      source_dir: /srv/source
      releases_dir: /srv/releases
      current_symlink: /srv/current
      keep_releases: 4
      forward_agent: false
      shell: [zsh, '-c']
      reconnect_timeout: 2m
      hosts:
        t:
      variables:
        - one: '1'
        - two: II
        - three: II3
        - four: II34
      stages:
        before:
          - id: a
            commands:
              - A
          - id: b
            commands:
              - B
          - id: z
            commands:
              - z
        after:
          - id: x
            commands:
              - II34
        # cleanup:
          # no host here has a role of this task, so it does not run:
          # - id: c
            # roles: [db]
            # commands:
              # - c
    "#);
}

#[test]
fn a_base_may_be_written_below_and_be_incomplete() {
    let text = "
top: {extends: base, repo_url: r, hosts: {h: }, variables: [v: 1]}
base: {git_ref: m, deploy_dir: /d, stages: {after: [{id: x, commands: ['{v}']}]}}
";
    assert_snapshot!(of("top", text), @r#"
    top:
      repo_url: r
      git_ref: m
      deploy_dir: /d
      source_dir: /d/source
      releases_dir: /d/releases
      current_symlink: /d/current
      keep_releases: 10
      forward_agent: false
      reconnect_timeout: 2m
      hosts:
        h:
      variables:
        - v: '1'
      stages:
        after:
          - id: x
            commands:
              - '1'
    "#);
    let config = Config::parse("deploy.conf", text).unwrap();
    assert_eq!(config.environments().collect::<Vec<_>>(), ["top"]);
    assert_snapshot!(config.environment("base").unwrap_err(), @r#"environment `base` has no hosts; it is the base of `top`"#);
}

#[test]
fn a_role_is_needed_somewhere() {
    let text = |role: &str| {
        format!(
            "{BASE}top:\n  extends: base\n  hosts: {{h: {{roles: [{role}]}}}}\nother:\n  extends: base\n  hosts: {{h: }}\n"
        )
    };
    assert_snapshot!(errors(&text("db")), @r#"no mistakes: ["top", "other"]"#);
    assert_snapshot!(errors(&text("bd")), @r#"
    error: no host of `top` or `other` has the role `db`
      --> deploy.conf:15:40
       |
    15 |       - {id: c, commands: [c], roles: [db]}
       |                                        ^^
       |
       = help: did you mean `bd`?
    "#);
}

#[test]
fn unknown_bases() {
    assert_snapshot!(errors(&format!("{BASE}top:\n  extends: bsae\n  hosts: {{h: }}\n")), @r#"
    error: `top` extends `bsae`, which is no environment
      --> deploy.conf:17:12
       |
    17 |   extends: bsae
       |            ^^^^
       |
       = help: did you mean `base`?
    "#);
    assert_snapshot!(errors("a: {extends: x-b, hosts: {h: }}\nx-b: {}\n"), @r#"
    error: `a` extends `x-b`, which is no environment
     --> deploy.conf:1:14
      |
    1 | a: {extends: x-b, hosts: {h: }}
      |              ^^^
      |
      = help: names that start with `x-` or `.` are for YAML anchors: give it one, and bring it in with `<<: *anchor`
    "#);
}

#[test]
fn circles() {
    assert_snapshot!(errors("a:\n  extends: a\n"), @r#"
    error: `a` extends itself
     --> deploy.conf:2:12
      |
    2 |   extends: a
      |            ^
      |
      = help: name another environment, or leave the line out
    "#);
    assert_snapshot!(errors("z:\n  extends: a\na:\n  extends: b\nb:\n  extends: c\nc:\n  extends: a\n"), @r#"
    error: `extends` goes round in a circle: `a` → `b` → `c` → `a`
     --> deploy.conf:4:12
      |
    4 |   extends: b
      |            ^
    5 | b:
    6 |   extends: c
      |            - and here
    7 | c:
    8 |   extends: a
      |            - and here
      |
      = help: take one of these lines out
    "#);
}

#[test]
fn a_mistake_in_the_base_is_told_once() {
    let text = "
base:
  repo_url: r
  deploy_dir: '{x}'
  hosts: {h: }
  keep_releases: no
  stages:
    after: [{id: x, commands: ['{y}'], roles: [z]}]
one: {extends: base, hosts: {i: }}
two: {extends: one, hosts: {j: }}
three: {extends: base}
";
    assert_snapshot!(errors(text), @r#"
    error: environment `base` has no `git_ref`
     --> deploy.conf:2:1
      |
    2 | base:
      | ^^^^
      |
      = help: add:
                  git_ref: main

    error: unknown variable `x`
     --> deploy.conf:4:16
      |
    4 |   deploy_dir: '{x}'
      |                ^^^
      |
      = help: known here: `repo_url`, `git_ref`, `environment`, `host`

    error: `keep_releases` must be a whole number from 1 on, not `no`
     --> deploy.conf:6:18
      |
    6 |   keep_releases: no
      |                  ^^
      |
      = help: write `keep_releases: 10`

    error: unknown variable `y`
     --> deploy.conf:8:33
      |
    8 |     after: [{id: x, commands: ['{y}'], roles: [z]}]
      |                                 ^^^
      |
      = help: known here: `repo_url`, `git_ref`, `deploy_dir`, `source_dir`, `releases_dir`, `current_symlink`, `keep_releases`, `release`, `release_dir`, `previous_release`, `previous_release_dir`, `commit`, `environment`, `host`

    error: no host of `base` or `one` or `two` has the role `z`
     --> deploy.conf:8:48
      |
    8 |     after: [{id: x, commands: ['{y}'], roles: [z]}]
      |                                                ^
      |
      = help: give a host the role, as `roles: ['z']`, or leave `roles` out to run everywhere

    error: environment `three` has no `hosts`
      --> deploy.conf:11:1
       |
    11 | three: {extends: base}
       | ^^^^^
       |
       = help: add:
                   hosts:
                     deploy@one.example.org:
       = help: hosts are the one thing that `extends` does not bring in
    "#);
}

#[test]
fn a_later_variable_of_the_one_that_extends() {
    let text = format!(
        "{BASE}top:\n  extends: base\n  hosts: {{h: {{roles: [db]}}}}\n  variables:\n    - two: '{{five}}'\n    - five: 5\n"
    );
    assert_snapshot!(errors(&text), @r#"
    error: `{five}` is defined after `two`
      --> deploy.conf:20:13
       |
    20 |     - two: '{five}'
       |             ^^^^^^
    21 |     - five: 5
       |       ---- defined here
       |
       = help: a variable sees those before it: move `five` up
    "#);
}
