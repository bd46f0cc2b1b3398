use insta::assert_snapshot;

use super::errors;

#[test]
fn what_can_be_wrong_with_hosts() {
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
    assert_snapshot!(errors("p:\n  repo_url: r\n  git_ref: m\n  deploy_dir: /d\n  hosts:\n  one.example.org:\n"), @r#"
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

    error: unknown setting `one.example.org`
     --> deploy.conf:6:3
      |
    6 |   one.example.org:
      |   ^^^^^^^^^^^^^^^
      |
      = help: if it is a host, indent it below `hosts:`
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
