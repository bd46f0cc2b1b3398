use std::time::Duration;

use insta::assert_snapshot;

use super::{environment, mistakes, with};
use crate::config::{Config, show};

const SECONDS: fn(u64) -> Duration = Duration::from_secs;

#[test]
fn without_them() {
    let p = environment(&with("stages:\n  after:\n    - {id: a, commands: [x]}"));
    assert_eq!((p.timeout, p.reconnect_timeout, p.cutover_confirm), (None, SECONDS(120), None));
    assert_eq!(p.stages.after[0].timeout, None);
}

#[test]
fn a_task_has_its_own_or_its_environments() {
    let lines = "
timeout: 10m
reconnect_timeout: 90
cutover_confirm: 30s
stages:
  after:
    - {id: a, commands: [x]}
    - {id: b, commands: [x], timeout: 1h}
    - {id: c, commands: [x], timeout: none}
    - {id: d, commands: [x], timeout: 600}";
    let p = environment(&with(lines));
    assert_eq!(
        (p.timeout, p.reconnect_timeout, p.cutover_confirm),
        (Some(SECONDS(600)), SECONDS(90), Some(SECONDS(30)))
    );
    let timeouts: Vec<_> = p.stages.after.iter().map(|task| task.timeout).collect();
    assert_eq!(timeouts, [Some(SECONDS(600)), Some(SECONDS(3600)), None, Some(SECONDS(600))]);
    assert_snapshot!(show(&p), @r"
    p:
      repo_url: r
      git_ref: main
      deploy_dir: /srv
      source_dir: /srv/source
      releases_dir: /srv/releases
      current_symlink: /srv/current
      keep_releases: 10
      forward_agent: false
      timeout: 10m
      reconnect_timeout: 90s
      cutover_confirm: 30s
      hosts:
        h:
        d:
          roles: [db]
      stages:
        after:
          - id: a
            commands:
              - x
          - id: b
            timeout: 1h
            commands:
              - x
          - id: c
            timeout: none
            commands:
              - x
          - id: d
            commands:
              - x
    ");
}

#[test]
fn what_extends_overrides_and_turns_off() {
    let text = "
base:
  repo_url: r
  git_ref: m
  deploy_dir: /d
  timeout: 5m
  reconnect_timeout: 1m
  cutover_confirm: 30s
  stages:
    after: [{id: a, commands: [x]}, {id: b, commands: [x], timeout: 7s}]
same: {extends: base, hosts: {h: }}
other: {extends: base, hosts: {h: }, timeout: 1m, reconnect_timeout: 3m, cutover_confirm: 1m}
none: {extends: base, hosts: {h: }, timeout: none, cutover_confirm: none}
";
    let config = Config::parse("deploy.conf", text).unwrap();
    let of = |name: &str| {
        let e = config.environment(name).unwrap();
        let tasks: Vec<_> = e.stages.after.iter().map(|task| task.timeout.map(|t| t.as_secs())).collect();
        (e.timeout.map(|t| t.as_secs()), e.reconnect_timeout.as_secs(), e.cutover_confirm, tasks)
    };
    assert_eq!(of("same"), (Some(300), 60, Some(SECONDS(30)), vec![Some(300), Some(7)]));
    assert_eq!(of("other"), (Some(60), 180, Some(SECONDS(60)), vec![Some(60), Some(7)]));
    assert_eq!(of("none"), (None, 60, None, vec![None, Some(7)]));
}

#[test]
fn mistakes_in_an_environment() {
    assert_snapshot!(mistakes("timeout: 10 minutes\nreconnect_timeout: 0\ncutover_confirm: 0s"), @r"
    error: `timeout` must be a duration, not `10 minutes`
     --> deploy.conf:6:12
      |
    6 |   timeout: 10 minutes
      |            ^^^^^^^^^^
      |
      = help: write it in seconds, minutes or hours: `timeout: 30m`
      = help: `timeout: none` turns it off

    error: `reconnect_timeout` must be longer than nothing
     --> deploy.conf:7:22
      |
    7 |   reconnect_timeout: 0
      |                      ^
      |
      = help: write it in seconds, minutes or hours: `reconnect_timeout: 2m`

    error: `cutover_confirm` must be longer than nothing
     --> deploy.conf:8:20
      |
    8 |   cutover_confirm: 0s
      |                    ^^
      |
      = help: write it in seconds, minutes or hours: `cutover_confirm: 30s`
      = help: `cutover_confirm: none` turns it off
    ");
    assert_snapshot!(mistakes("timeout: -1\nreconnect_timeout: none\ncutover_confirm: 1001h"), @r"
    error: `timeout` must be a duration, not `-1`
     --> deploy.conf:6:12
      |
    6 |   timeout: -1
      |            ^^
      |
      = help: write it in seconds, minutes or hours: `timeout: 30m`
      = help: `timeout: none` turns it off

    error: `reconnect_timeout` must be a duration, not `none`
     --> deploy.conf:7:22
      |
    7 |   reconnect_timeout: none
      |                      ^^^^
      |
      = help: write it in seconds, minutes or hours: `reconnect_timeout: 2m`

    error: `cutover_confirm` can't be longer than 1000h
     --> deploy.conf:8:20
      |
    8 |   cutover_confirm: 1001h
      |                    ^^^^^
      |
      = help: write it in seconds, minutes or hours: `cutover_confirm: 30s`
      = help: `cutover_confirm: none` turns it off
    ");
    assert_snapshot!(mistakes("timeout: [1m]\nreconnect_timeout:\ncutover_confirm: yes\ntime_out: 1m"), @r"
    error: `timeout` must be a text, not a list
     --> deploy.conf:6:12
      |
    6 |   timeout: [1m]
      |            ^^^^
      |
      = help: if it is meant as text, put it in quotes: '[1m]'

    error: `reconnect_timeout` is empty
     --> deploy.conf:7:3
      |
    7 |   reconnect_timeout:
      |   ^^^^^^^^^^^^^^^^^
      |
      = help: write its value, or leave the line out

    error: `cutover_confirm` must be a duration, not `yes`
     --> deploy.conf:8:20
      |
    8 |   cutover_confirm: yes
      |                    ^^^
      |
      = help: write it in seconds, minutes or hours: `cutover_confirm: 30s`
      = help: `cutover_confirm: none` turns it off

    error: unknown setting `time_out`
     --> deploy.conf:9:3
      |
    9 |   time_out: 1m
      |   ^^^^^^^^
      |
      = help: did you mean `timeout`?
    ");
}

#[test]
fn mistakes_in_a_task() {
    let lines = "
stages:
  after:
    - {id: a, commands: [x], timeout: 0}
    - {id: b, commands: [x], timeout: soon}
    - {id: c, commands: [x], timeout: }
    - {id: d, commands: [x], timeout: {1m: }}
    - {id: e, commands: [x], time_out: 1m}";
    assert_snapshot!(mistakes(lines), @r"
    error: `timeout` must be longer than nothing
     --> deploy.conf:9:41
      |
    9 |       - {id: a, commands: [x], timeout: 0}
      |                                         ^
      |
      = help: write it in seconds, minutes or hours: `timeout: 30m`
      = help: `timeout: none` turns it off

    error: `timeout` must be a duration, not `soon`
      --> deploy.conf:10:41
       |
    10 |       - {id: b, commands: [x], timeout: soon}
       |                                         ^^^^
       |
       = help: write it in seconds, minutes or hours: `timeout: 30m`
       = help: `timeout: none` turns it off

    error: `timeout` is empty
      --> deploy.conf:11:32
       |
    11 |       - {id: c, commands: [x], timeout: }
       |                                ^^^^^^^
       |
       = help: write its value, or leave the line out

    error: `timeout` must be a text, not a mapping
      --> deploy.conf:12:41
       |
    12 |       - {id: d, commands: [x], timeout: {1m: }}
       |                                         ^^^^^^
       |
       = help: if it is meant as text, put it in quotes: '{1m: }'

    error: unknown task setting `time_out`
      --> deploy.conf:13:32
       |
    13 |       - {id: e, commands: [x], time_out: 1m}
       |                                ^^^^^^^^
       |
       = help: did you mean `timeout`?
    ");
}
