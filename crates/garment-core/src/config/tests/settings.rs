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
      = help: known here: `repo_url`, `git_ref`, `deploy_dir`, `source_dir`, `releases_dir`, `current_symlink`, `keep_releases`, `forward_agent`, `shell`, `hosts`, `variables`, `stages`, `extends`
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

    error: environment `empty` must be a mapping of settings, not nothing
     --> deploy.conf:2:1
      |
    2 | empty:
      | ^^^^^
      |
      = help: begin the names of things that are no environments with `x-` or `.`

    error: `` can't be the name of an environment
     --> deploy.conf:3:1
      |
    3 | '':
      | ^^
      |
      = help: write a name on one line
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

#[test]
fn hosts() {
    assert_snapshot!(errors("p:\n  repo_url: r\n  git_ref: m\n  deploy_dir: /d\n  hosts: [u@one, two]\n"), @r#"
    error: `hosts` must be a mapping, not a list
     --> deploy.conf:5:10
      |
    5 |   hosts: [u@one, two]
      |          ^^^^^^^^^^^^
      |
      = help: write it like this:
                  hosts:
                    u@one:
                    two:
    "#);
    assert_snapshot!(errors("p:\n  repo_url: r\n  git_ref: m\n  deploy_dir: /d\n  hosts: {}\n"), @r#"
    error: `hosts` is empty
     --> deploy.conf:5:10
      |
    5 |   hosts: {}
      |          ^^
      |
      = help: name at least one host:
                  hosts:
                    deploy@one.example.org:
                    deploy@two.example.org:
                      roles: [db]
    "#);
    let hosts = "
p:
  repo_url: r
  git_ref: m
  deploy_dir: /d
  hosts:
    -oProxyCommand=x:
    one two:
    host:99999:
    '2001:db8::1':
    '[2001:db8::1]':
    a: {roles: db}
    b: {role: [db]}
    c: {roles: ['', [x], \"a\\nb\"]}
    d: db
";
    assert_snapshot!(errors(hosts), @r#"
    error: `-oProxyCommand=x` is no host: `-oProxyCommand=x` starts with `-`, which ssh takes for an option
     --> deploy.conf:7:5
      |
    7 |     -oProxyCommand=x:
      |     ^^^^^^^^^^^^^^^^
      |
      = help: write `host`, `user@host`, `user@host:port`, or `local` for this machine

    error: `one two` is no host: ' ' can't be in a host
     --> deploy.conf:8:5
      |
    8 |     one two:
      |     ^^^^^^^
      |
      = help: write `host`, `user@host`, `user@host:port`, or `local` for this machine

    error: `host:99999` is no host: `99999` is not a port (1 to 65535)
     --> deploy.conf:9:5
      |
    9 |     host:99999:
      |     ^^^^^^^^^^
      |
      = help: write `host`, `user@host`, `user@host:port`, or `local` for this machine

    error: `[2001:db8::1]` is the same host as one before it
      --> deploy.conf:11:5
       |
    10 |     '2001:db8::1':
       |     ------------- the same host
    11 |     '[2001:db8::1]':
       |     ^^^^^^^^^^^^^^^
       |
       = help: keep one of the two

    error: `roles` must be a list, not a text
      --> deploy.conf:12:16
       |
    12 |     a: {roles: db}
       |                ^^
       |
       = help: write it like this:
                   roles: ['db']

    error: unknown host setting `role`
      --> deploy.conf:13:9
       |
    13 |     b: {role: [db]}
       |         ^^^^
       |
       = help: did you mean `roles`?

    error: a role is empty
      --> deploy.conf:14:17
       |
    14 |     c: {roles: ['', [x], "a\nb"]}
       |                 ^^
       |
       = help: write a name on one line

    error: a role must be a text, not a list
      --> deploy.conf:14:21
       |
    14 |     c: {roles: ['', [x], "a\nb"]}
       |                     ^^^
       |
       = help: if it is meant as text, put it in quotes: '[x]'

    error: a role has a line break or a control character in it
      --> deploy.conf:14:26
       |
    14 |     c: {roles: ['', [x], "a\nb"]}
       |                          ^^^^^^
       |
       = help: write a name on one line

    error: `d` must be a mapping, not a text
      --> deploy.conf:15:8
       |
    15 |     d: db
       |        ^^
       |
       = help: write it like this:
                   d:
                     roles: [db]
    "#);
}

#[test]
fn paths() {
    assert_snapshot!(mistakes("source_dir: ~shop/source\nreleases_dir: \"a\\nb\"\ncurrent_symlink: //"), @r#"
    error: `~` in `source_dir` means the home of the user who logs in, no other
     --> deploy.conf:6:15
      |
    6 |   source_dir: ~shop/source
      |               ^^^^^^^^^^^^
      |
      = help: write `~/…`, or the whole path: `/home/…`

    error: `releases_dir` has a line break in it
     --> deploy.conf:7:17
      |
    7 |   releases_dir: "a\nb"
      |                 ^^^^^^
      |
      = help: write it on one line

    error: `current_symlink` is the root of the file system
     --> deploy.conf:8:20
      |
    8 |   current_symlink: //
      |                    ^^
      |
      = help: name a place of the application's own, such as `/srv/shop`
    "#);
    assert_snapshot!(mistakes("releases_dir: /srv/x/\ncurrent_symlink: '{deploy_dir}/./x'"), @r#"
    error: `releases_dir` and `current_symlink` are the same place
     --> deploy.conf:7:20
      |
    6 |   releases_dir: /srv/x/
      |                 ------- the same place
    7 |   current_symlink: '{deploy_dir}/./x'
      |                    ^^^^^^^^^^^^^^^^^^
      |
      = help: give each of them its own
    "#);
    assert_snapshot!(mistakes("releases_dir: '{deploy_dir}/source'"), @r#"
    error: `source_dir` and `releases_dir` are the same place
     --> deploy.conf:6:17
      |
    6 |   releases_dir: '{deploy_dir}/source'
      |                 ^^^^^^^^^^^^^^^^^^^^^
      |
      = help: give each of them its own
    "#);
    assert_snapshot!(mistakes("current_symlink: '{deploy_dir}'"), @r#"
    error: `deploy_dir` and `current_symlink` are the same place
     --> deploy.conf:6:20
      |
    4 |   deploy_dir: /srv
      |               ---- the same place
    5 |   hosts: {h: , d: {roles: [db]}}
    6 |   current_symlink: '{deploy_dir}'
      |                    ^^^^^^^^^^^^^^
      |
      = help: give each of them its own
    "#);
}

#[test]
fn what_git_would_misread() {
    let with = |url: &str, git_ref: &str| {
        errors(&format!("p:\n  repo_url: {url}\n  git_ref: {git_ref}\n  deploy_dir: /d\n  hosts: {{h: }}\n"))
    };
    assert_snapshot!(with("--upload-pack=x", "-x"), @r#"
    error: `repo_url` starts with `-`, which git takes for an option
     --> deploy.conf:2:13
      |
    2 |   repo_url: --upload-pack=x
      |             ^^^^^^^^^^^^^^^
      |
      = help: write it as git prints it: `git remote get-url origin`

    error: `git_ref` starts with `-`, which git takes for an option
     --> deploy.conf:3:12
      |
    3 |   git_ref: -x
      |            ^^
      |
      = help: write a branch, a tag, a full ref name such as `refs/heads/main`, or a full commit id
    "#);
    assert_snapshot!(with("\"a\\nb\"", "a b"), @r#"
    error: `repo_url` has a line break in it
     --> deploy.conf:2:13
      |
    2 |   repo_url: "a\nb"
      |             ^^^^^^
      |
      = help: write it on one line

    error: `git_ref` can't have ` ` in it: no ref has
     --> deploy.conf:3:12
      |
    3 |   git_ref: a b
      |            ^^^
      |
      = help: write a branch, a tag, a full ref name such as `refs/heads/main`, or a full commit id
    "#);
    assert_snapshot!(with("r", "a..b"), @r#"
    error: `git_ref` can't have `..` in it: no ref has
     --> deploy.conf:3:12
      |
    3 |   git_ref: a..b
      |            ^^^^
      |
      = help: write a branch, a tag, a full ref name such as `refs/heads/main`, or a full commit id
    "#);
    assert_snapshot!(with("a..b", "'{repo_url}'"), @r#"
    error: `git_ref` can't have `..` in it: no ref has
     --> deploy.conf:3:12
      |
    3 |   git_ref: '{repo_url}'
      |            ^^^^^^^^^^^^
      |
      = help: write a branch, a tag, a full ref name such as `refs/heads/main`, or a full commit id
      = help: it stands for `a..b`
    "#);
    assert_snapshot!(with("r", "'{environment}^'"), @r#"
    error: `git_ref` can't have `^` in it: no ref has
     --> deploy.conf:3:12
      |
    3 |   git_ref: '{environment}^'
      |            ^^^^^^^^^^^^^^^^
      |
      = help: write a branch, a tag, a full ref name such as `refs/heads/main`, or a full commit id
      = help: it stands for `p^`
    "#);
}
