use insta::assert_snapshot;

use super::mistakes;

#[test]
fn what_a_task_needs() {
    let lines = "
stages:
  after:
    - commands: [x]
    - id: a
    - id: ''
      commands: [x]
    - id: b
      commands: []
    - id: c
      commands:
    - id:
      commands: [x]
    - just text
    - {}";
    assert_snapshot!(mistakes(lines), @r#"
    error: a task without an `id`
     --> deploy.conf:9:9
      |
    9 |       - commands: [x]
      |         ^^^^^^^^
      |
      = help: give it a name that is unique in its stage: `id: restart`

    error: a task without `commands`
      --> deploy.conf:10:13
       |
    10 |       - id: a
       |             ^
       |
       = help: list them:
                   - id: restart
                     commands:
                       - systemctl --user restart shop

    error: `id` is empty
      --> deploy.conf:11:13
       |
    11 |       - id: ''
       |             ^^
       |
       = help: write a name on one line

    error: `commands` is empty
      --> deploy.conf:14:19
       |
    14 |         commands: []
       |                   ^^
       |
       = help: write at least one:
                   commands:
                     - make install

    error: `commands` is empty
      --> deploy.conf:16:9
       |
    16 |         commands:
       |         ^^^^^^^^
       |
       = help: write at least one:
                   commands:
                     - make install

    error: a task without an `id`
      --> deploy.conf:17:9
       |
    17 |       - id:
       |         ^^
       |
       = help: give it a name that is unique in its stage: `id: restart`

    error: a task must be a mapping, not a text
      --> deploy.conf:19:9
       |
    19 |       - just text
       |         ^^^^^^^^^
       |
       = help: write it like this:
                   - id: restart
                     commands:
                       - systemctl --user restart shop

    error: a task without an `id`
      --> deploy.conf:20:9
       |
    20 |       - {}
       |         ^^
       |
       = help: give it a name that is unique in its stage: `id: restart`

    error: a task without `commands`
      --> deploy.conf:20:9
       |
    20 |       - {}
       |         ^^
       |
       = help: list them:
                   - id: restart
                     commands:
                       - systemctl --user restart shop
    "#);
}

#[test]
fn wrong_types() {
    let lines = "
stages:
  after:
    - id: a
      commands: make
      roles: db
    - id: b
      commands:
        - echo a: b
        - [ -d x ]
        -
        - ''
        - {release}
      cd: ''
      prefix: [x]
      shell_env: [A]
    - id: c
      commands: [x]
      shell_env: {A: , 1B: x, C-D: x, E: [1]}
      shell: '\"zsh\" -c'
      cd: ~other/x
  before: make";
    assert_snapshot!(mistakes(lines), @r#"
    error: `commands` must be a list, not a text
      --> deploy.conf:10:19
       |
    10 |         commands: make
       |                   ^^^^
       |
       = help: write it like this:
                   commands:
                     - 'make'

    error: `roles` must be a list, not a text
      --> deploy.conf:11:16
       |
    11 |         roles: db
       |                ^^
       |
       = help: write it like this:
                   roles: ['db']

    error: a command must be a text, not a mapping
      --> deploy.conf:14:13
       |
    14 |           - echo a: b
       |             ^^^^^^^^^
       |
       = help: if it is meant as text, put it in quotes: 'echo a: b'

    error: a command must be a text, not a list
      --> deploy.conf:15:13
       |
    15 |           - [ -d x ]
       |             ^^^^^^^^
       |
       = help: if it is meant as text, put it in quotes: '[ -d x ]'

    error: a command is empty
      --> deploy.conf:16:12
       |
    16 |           -
       |            ^
       |
       = help: write a command, or leave the line out

    error: a command is empty
      --> deploy.conf:17:13
       |
    17 |           - ''
       |             ^^
       |
       = help: write a command, or leave the line out

    error: a command must be a text, not a mapping
      --> deploy.conf:18:13
       |
    18 |           - {release}
       |             ^^^^^^^^^
       |
       = help: if it is meant as text, put it in quotes: '{release}'

    error: `cd` is empty
      --> deploy.conf:19:13
       |
    19 |         cd: ''
       |             ^^
       |
       = help: write a folder, or leave the line out

    error: `prefix` must be a text, not a list
      --> deploy.conf:20:17
       |
    20 |         prefix: [x]
       |                 ^^^
       |
       = help: if it is meant as text, put it in quotes: '[x]'

    error: `shell_env` must be a mapping, not a list
      --> deploy.conf:21:20
       |
    21 |         shell_env: [A]
       |                    ^^^
       |
       = help: write it like this:
                   shell_env:
                     LANG: C.UTF-8

    error: `A` in `shell_env` has no value
      --> deploy.conf:24:21
       |
    24 |         shell_env: {A: , 1B: x, C-D: x, E: [1]}
       |                     ^
       |
       = help: write '' for an empty one

    error: `1B` can't be the name of an environment variable
      --> deploy.conf:24:26
       |
    24 |         shell_env: {A: , 1B: x, C-D: x, E: [1]}
       |                          ^^
       |
       = help: use letters, digits and `_`, with no digit first

    error: `C-D` can't be the name of an environment variable
      --> deploy.conf:24:33
       |
    24 |         shell_env: {A: , 1B: x, C-D: x, E: [1]}
       |                                 ^^^
       |
       = help: use letters, digits and `_`, with no digit first

    error: `E` must be a text, not a list
      --> deploy.conf:24:44
       |
    24 |         shell_env: {A: , 1B: x, C-D: x, E: [1]}
       |                                            ^^^
       |
       = help: if it is meant as text, put it in quotes: '[1]'

    error: quotes in `shell` are not understood
      --> deploy.conf:25:16
       |
    25 |         shell: '"zsh" -c'
       |                ^^^^^^^^^^
       |
       = help: write it as a list of words:
                   shell: ['zsh', '-l', '-c']

    error: `~` in `cd` means the home of the user who logs in, no other
      --> deploy.conf:26:13
       |
    26 |         cd: ~other/x
       |             ^^^^^^^^
       |
       = help: write `~/…`, or the whole path: `/home/…`

    error: `before` must be a list, not a text
      --> deploy.conf:27:13
       |
    27 |     before: make
       |             ^^^^
       |
       = help: write it like this:
                   before:
                     - id: restart
                       commands:
                         - systemctl --user restart shop
    "#);
}

#[test]
fn unknown_keys() {
    let lines = "
stages:
  befor: []
  deploy: []
  after:
    - name: x
      command: [x]
      when: always";
    assert_snapshot!(mistakes(lines), @r#"
    error: unknown stage `befor`
     --> deploy.conf:8:5
      |
    8 |     befor: []
      |     ^^^^^
      |
      = help: did you mean `before`?

    error: unknown stage `deploy`
     --> deploy.conf:9:5
      |
    9 |     deploy: []
      |     ^^^^^^
      |
      = help: known here: `before`, `after`, `rollback`, `cleanup`

    error: unknown task setting `name`
      --> deploy.conf:11:9
       |
    11 |       - name: x
       |         ^^^^
       |
       = help: did you mean `id`?

    error: unknown task setting `command`
      --> deploy.conf:12:9
       |
    12 |         command: [x]
       |         ^^^^^^^
       |
       = help: did you mean `commands`?

    error: unknown task setting `when`
      --> deploy.conf:13:9
       |
    13 |         when: always
       |         ^^^^
       |
       = help: known here: `id`, `roles`, `commands`, `cd`, `prefix`, `shell_env`, `shell`, `timeout`
    "#);
}

#[test]
fn one_id_twice() {
    assert_snapshot!(mistakes("stages:\n  after:\n    - {id: a, commands: [x]}\n    - {id: a, commands: [y]}"), @r#"
    error: two tasks of `after` have the id `a`
     --> deploy.conf:9:14
      |
    8 |       - {id: a, commands: [x]}
      |              - first here
    9 |       - {id: a, commands: [y]}
      |              ^
      |
      = help: give one of them another id
    "#);
    // In two stages it is two tasks.
    assert_snapshot!(
        mistakes("stages:\n  after:\n    - {id: a, commands: [x]}\n  before:\n    - {id: a, commands: [y]}"), @r#"no mistakes: ["p"]"#);
}

#[test]
fn roles_that_no_host_has() {
    assert_snapshot!(mistakes("stages:\n  after:\n    - {id: a, commands: [x], roles: [all, db, dbb, web]}"), @r#"
    error: no host of `p` has the role `dbb`
     --> deploy.conf:8:49
      |
    8 |       - {id: a, commands: [x], roles: [all, db, dbb, web]}
      |                                                 ^^^
      |
      = help: did you mean `db`?

    error: no host of `p` has the role `web`
     --> deploy.conf:8:54
      |
    8 |       - {id: a, commands: [x], roles: [all, db, dbb, web]}
      |                                                      ^^^
      |
      = help: roles here: `db`, `all`
    "#);
    let text = "p:\n  repo_url: r\n  git_ref: m\n  deploy_dir: /d\n  hosts: {h: }\n  stages:\n    after: [{id: a, commands: [x], roles: [it's]}]\n";
    assert_snapshot!(super::errors(text), @r#"
    error: no host of `p` has the role `it's`
     --> deploy.conf:7:44
      |
    7 |     after: [{id: a, commands: [x], roles: [it's]}]
      |                                            ^^^^
      |
      = help: give a host the role, as `roles: ['it''s']`, or leave `roles` out to run everywhere
    "#);
}
