use insta::assert_snapshot;

use super::{errors, mistakes};

#[test]
fn unknown_settings() {
    assert_snapshot!(mistakes("kep_releases: 3\nbranch: main\nzzz: 1"), @r#"
    error: unknown setting `kep_releases`
     --> deploy.conf:6:3
      |
    6 |   kep_releases: 3
      |   ^^^^^^^^^^^^
      |
      = help: did you mean `keep_releases`?

    error: unknown setting `branch`
     --> deploy.conf:7:3
      |
    7 |   branch: main
      |   ^^^^^^
      |
      = help: did you mean `git_ref`?

    error: unknown setting `zzz`
     --> deploy.conf:8:3
      |
    8 |   zzz: 1
      |   ^^^
      |
      = help: known here: `repo_url`, `git_ref`, `deploy_dir`, `source_dir`, `releases_dir`, `current_symlink`, `keep_releases`, `delivery`, `forward_agent`, `shell`, `timeout`, `reconnect_timeout`, `cutover_confirm`, `confirm`, `hosts`, `variables`, `stages`, `extends`
    "#);
}

#[test]
fn required_settings() {
    assert_snapshot!(errors("production:\n  deploy_dir: /srv\n"), @r#"
    error: environment `production` has no `repo_url`, `git_ref`, `hosts`
     --> deploy.conf:1:1
      |
    1 | production:
      | ^^^^^^^^^^
      |
      = help: add:
                  repo_url: git@example.org:shop.git
                  git_ref: main
                  hosts:
                    deploy@one.example.org:
    "#);
    // Only the misspelt key is the mistake.
    assert_snapshot!(errors("p:\n  repo_url: r\n  git_reff: main\n  deploy_dir: /srv\n  hosts: {h: }\n"), @r#"
    error: unknown setting `git_reff`
     --> deploy.conf:3:3
      |
    3 |   git_reff: main
      |   ^^^^^^^^
      |
      = help: did you mean `git_ref`?
    "#);
    assert_snapshot!(errors("p:\n  repo_url:\n  git_ref: ''\n  deploy_dir: ~\n  hosts:\n"), @r#"
    error: `repo_url` is empty
     --> deploy.conf:2:3
      |
    2 |   repo_url:
      |   ^^^^^^^^
      |
      = help: write its value, or leave the line out

    error: `git_ref` is empty
     --> deploy.conf:3:12
      |
    3 |   git_ref: ''
      |            ^^
      |
      = help: write its value

    error: `deploy_dir` is empty
     --> deploy.conf:4:15
      |
    4 |   deploy_dir: ~
      |               ^
      |
      = help: a bare `~` is YAML for nothing; write '~' in quotes

    error: `hosts` is empty
     --> deploy.conf:5:3
      |
    5 |   hosts:
      |   ^^^^^
      |
      = help: name at least one host:
                  hosts:
                    deploy@one.example.org:
                    deploy@two.example.org:
                      roles: [db]
    "#);
}

#[test]
fn older_names_of_the_repository() {
    assert_snapshot!(mistakes("git_repo: r"), @r#"
    error: `repo_url` and `git_repo` are the same setting
     --> deploy.conf:6:3
      |
    2 |   repo_url: r
      |   -------- first here
    ...
    6 |   git_repo: r
      |   ^^^^^^^^
      |
      = help: keep one of them, best as `repo_url`
    "#);
}

#[test]
fn a_way_of_delivery_that_there_is_not() {
    assert_snapshot!(mistakes("delivery: rsync"), @r#"
    error: `delivery` must be pull or push, not `rsync`
     --> deploy.conf:6:13
      |
    6 |   delivery: rsync
      |             ^^^^^
      |
      = help: `pull`: each host fetches from `repo_url`; `push`: this machine does, and sends each host what it lacks
    "#);
}

#[test]
fn wrong_types() {
    assert_snapshot!(mistakes("keep_releases: 0\nforward_agent: maybe\nsource_dir: [a]\nvariables: {a: b}\nstages: []"), @r#"
    error: `keep_releases` must be a whole number from 1 on, not `0`
     --> deploy.conf:6:18
      |
    6 |   keep_releases: 0
      |                  ^
      |
      = help: write `keep_releases: 10`

    error: `forward_agent` must be true or false, not `maybe`
     --> deploy.conf:7:18
      |
    7 |   forward_agent: maybe
      |                  ^^^^^
      |
      = help: write `true` or `false`

    error: `source_dir` must be a text, not a list
     --> deploy.conf:8:15
      |
    8 |   source_dir: [a]
      |               ^^^
      |
      = help: if it is meant as text, put it in quotes: '[a]'

    error: `variables` must be a list, not a mapping
     --> deploy.conf:9:14
      |
    9 |   variables: {a: b}
      |              ^^^^^^
      |
      = help: write it like this:
                  variables:
                    - home: /home/shop
                    - venv: '{home}/venv'

    error: `stages` must be a mapping, not a list
      --> deploy.conf:10:11
       |
    10 |   stages: []
       |           ^^
       |
       = help: write it like this:
                   stages:
                     after:
                       - id: restart
                         commands:
                           - systemctl --user restart shop
    "#);
    assert_snapshot!(mistakes("keep_releases: many"), @r#"
    error: `keep_releases` must be a whole number from 1 on, not `many`
     --> deploy.conf:6:18
      |
    6 |   keep_releases: many
      |                  ^^^^
      |
      = help: write `keep_releases: 10`
    "#);
    assert_snapshot!(mistakes("extends: [a, b]"), @r#"
    error: `extends` takes one environment's name, not a list
     --> deploy.conf:6:12
      |
    6 |   extends: [a, b]
      |            ^^^^^^
      |
      = help: to build on several, let each extend the next
    "#);
    assert_snapshot!(mistakes("shell: bash -c 'x y'"), @r#"
    error: quotes in `shell` are not understood
     --> deploy.conf:6:10
      |
    6 |   shell: bash -c 'x y'
      |          ^^^^^^^^^^^^^
      |
      = help: write it as a list of words:
                  shell: ['zsh', '-l', '-c']
    "#);
    assert_snapshot!(mistakes("shell: []"), @r#"
    error: `shell` is empty
     --> deploy.conf:6:10
      |
    6 |   shell: []
      |          ^^
      |
      = help: write a shell, or leave it out:
                  shell: ['zsh', '-l', '-c']
    "#);
}

#[test]
fn a_template_without_quotes_is_a_mapping() {
    assert_snapshot!(mistakes("source_dir: {deploy_dir}"), @r#"
    error: `source_dir` must be a text, not a mapping
     --> deploy.conf:6:15
      |
    6 |   source_dir: {deploy_dir}
      |               ^^^^^^^^^^^^
      |
      = help: if it is meant as text, put it in quotes: '{deploy_dir}'
    "#);
    assert_snapshot!(mistakes("source_dir: {deploy_dir}/s"), @r#"
    error: this text needs quotes
     --> deploy.conf:6:15
      |
    6 |   source_dir: {deploy_dir}/s
      |               ^^^^^^^^^^^^^^
      |
      = help: write '{deploy_dir}/s'
    "#);
}

#[test]
fn environments_that_are_none() {
    assert_snapshot!(errors("version: 2\nempty:\n'':\n  a: b\n"), @r#"
    error: environment `version` must be a mapping of settings, not a text
     --> deploy.conf:1:10
      |
    1 | version: 2
      |          ^
      |
      = help: begin the names of things that are no environments with `x-` or `.`

    error: environment `empty` is empty
     --> deploy.conf:2:1
      |
    2 | empty:
      | ^^^^^
      |
      = help: indent its settings below it

    error: `` can't be the name of an environment
     --> deploy.conf:3:1
      |
    3 | '':
      | ^^
      |
      = help: write a name on one line
    "#);
    assert_snapshot!(errors("p:\nrepo_url: r\nhosts: {h: }\n"), @r#"
    error: environment `p` is empty
     --> deploy.conf:1:1
      |
    1 | p:
      | ^
      |
      = help: indent its settings below it

    error: `repo_url` stands outside of any environment
     --> deploy.conf:2:1
      |
    2 | repo_url: r
      | ^^^^^^^^
      |
      = help: indent it below the name of its environment

    error: `hosts` stands outside of any environment
     --> deploy.conf:3:1
      |
    3 | hosts: {h: }
      | ^^^^^
      |
      = help: indent it below the name of its environment
    "#);
    assert_snapshot!(errors("x-a: 1\n.b: 2\n"), @r#"
    error: the file has no environments
     --> deploy.conf:1:1
      |
    1 | x-a: 1
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
}
