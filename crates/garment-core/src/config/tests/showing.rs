use std::time::Duration;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::{environment, with};
use crate::config::{Config, show};
use crate::model::{Delivery, Destination, Environment, Host, Part, Role, Stages, Task, Template, Variable};

#[test]
fn names_are_replaced_as_far_as_they_are_known() {
    let lines = "
source_dir: '{deploy_dir}/{host}'
keep_releases: 3
variables:
  - a: '{source_dir} {keep_releases} {release}'
  - b: '{a} {{x}} {environment}'
stages:
  after:
    - id: yes
      roles: [db]
      commands: ['{b} ${{HOME}}']
      cd: '{release_dir}'
      prefix: '. {a}'
      shell: [sh, -c]
      shell_env: {N: '{commit}'}";
    assert_snapshot!(show(&environment(&with(lines))), @r#"
    p:
      repo_url: r
      git_ref: main
      deploy_dir: /srv
      source_dir: '/srv/{host}'
      releases_dir: /srv/releases
      current_symlink: /srv/current
      keep_releases: 3
      forward_agent: false
      reconnect_timeout: 2m
      hosts:
        h:
        d:
          roles: [db]
      variables:
        - a: '/srv/{host} 3 {release}'
        - b: '/srv/{host} 3 {release} {{x}} p'
      stages:
        after:
          - id: 'yes'
            roles: [db]
            cd: '{release_dir}'
            prefix: '. /srv/{host} 3 {release}'
            shell_env:
              'N': '{commit}'
            shell: [sh, '-c']
            commands:
              - '/srv/{host} 3 {release} {{x}} p ${{HOME}}'
    "#);
}

#[test]
fn a_name_that_a_variable_takes_over_is_not_mixed_up() {
    let lines = "
source_dir: '/s/{host}'
variables:
  - before: '{host}'
  - host: mine
  - after: '{before} {source_dir} {host}'
  - last: '{after}'";
    assert_snapshot!(show(&environment(&with(lines))), @r#"
    p:
      repo_url: r
      git_ref: main
      deploy_dir: /srv
      source_dir: '/s/{host}'
      releases_dir: /srv/releases
      current_symlink: /srv/current
      keep_releases: 10
      forward_agent: false
      reconnect_timeout: 2m
      hosts:
        h:
        d:
          roles: [db]
      variables:
        - before: '{host}'
        - host: mine
        - after: '{before} {source_dir} mine'
        - last: '{before} {source_dir} mine'
    "#);
}

/// Written out they would be mistakes.
#[test]
fn names_of_blank_texts_stay() {
    let text = with(
        "variables: [{nothing: ''}, {blank: ' {nothing}'}]
stages: {after: [{id: x, cd: '{nothing}', prefix: '{blank}', commands: ['{nothing}{blank}', 'a{blank}']}]}",
    );
    let shown = show(&environment(&text));
    assert_snapshot!(shown[shown.find("  variables:").unwrap()..], @r"
      variables:
        - nothing: ''
        - blank: ' '
      stages:
        after:
          - id: x
            cd: '{nothing}'
            prefix: '{blank}'
            commands:
              - '{nothing}{blank}'
              - 'a '
    ");
    assert_eq!(show(&environment(&shown)), shown);
}

#[test]
fn a_task_that_no_host_runs_is_a_comment() {
    let text = with(
        "stages:
  before: [{id: migrate, roles: [db], commands: [m]}, {id: build, commands: [b]}]
  after: [{id: sync, roles: [db], commands: [s]}]",
    ) + "q:\n  extends: p\n  hosts: {h: }\n";
    let config = Config::parse("deploy.conf", &text).unwrap();
    let shown = show(config.environment("q").unwrap());
    assert_snapshot!(shown[shown.find("  stages:").unwrap()..], @r"
      stages:
        before:
          # no host here has a role of this task, so it does not run:
          # - id: migrate
            # roles: [db]
            # commands:
              # - m
          - id: build
            commands:
              - b
        # after:
          # no host here has a role of this task, so it does not run:
          # - id: sync
            # roles: [db]
            # commands:
              # - s
    ");
    let again = environment(&shown);
    assert_eq!(again.stages.before.len(), 1);
    assert_eq!(again.stages.after, []);
}

/// An environment with nothing left to expand comes back as it was.
fn comes_back(environment: &Environment) {
    let text = show(environment);
    let config = Config::parse("deploy.conf", &text).unwrap_or_else(|e| panic!("{text}\n{e}"));
    let again = config.environment(&environment.name).unwrap();
    assert_eq!(again, environment, "{text}");
    assert_eq!(show(again), text);
}

const NASTY: [&str; 32] = [
    "",
    " ",
    "x ",
    " x",
    "-",
    "- x",
    "-x",
    ": ",
    "a: b",
    "a:",
    ":a",
    "#",
    "a #b",
    "yes",
    "No",
    "y",
    "null",
    "~",
    "1.10",
    "0x1F",
    "1_000",
    "2001-01-01",
    "'",
    "\"",
    "it's \"x\"",
    "a\nb",
    "a\n",
    "\t",
    "\r\n",
    "\u{1b}[31m\u{7f}",
    "é日本🎉\u{2028}\u{85}\u{feff}",
    "{a} {{ }}, [b], *c, &d, !e, %f, @g, `h`, |, >, \\n, ?, <<, =, ---",
];

#[test]
fn nasty_texts_come_back() {
    let mut p = environment(&show(&environment(&with("stages: {after: [{id: x, commands: [y]}]}"))));
    for text in NASTY {
        p.variables = vec![Variable { name: "yes".into(), value: Template::literal(text) }];
        let task = &mut p.stages.after[0];
        task.shell_env = vec![("y".into(), Template::literal(text))];
        task.prefix = Some(Template::literal(text));
        task.shell = Some(vec!["sh".into(), text.into()]);
        comes_back(&p);
    }
}

fn template() -> impl Strategy<Value = Template> {
    let part = prop_oneof![
        "\\PC{0,8}".prop_map(Part::Text),
        any::<String>().prop_map(|s| Part::Text(s.replace('\0', ""))),
        proptest::sample::select(NASTY.to_vec()).prop_map(|s| Part::Text(s.into())),
        proptest::sample::select(vec!["release", "host", "commit", "previous_release_dir"])
            .prop_map(|name| Part::Name(name.into())),
    ];
    proptest::collection::vec(part, 0..4).prop_map(|parts| {
        let source: String = parts
            .into_iter()
            .map(|part| match part {
                Part::Text(text) => text.replace('{', "{{").replace('}', "}}"),
                Part::Name(name) => format!("{{{name}}}"),
            })
            .collect();
        Template::parse(&source).unwrap()
    })
}

fn named() -> impl Strategy<Value = String> {
    "\\PC{1,10}"
        .prop_filter("names are visible", |s| !s.trim().is_empty() && !s.chars().any(char::is_control))
}

fn duration() -> impl Strategy<Value = Duration> {
    // Few, so that a task often has its environment's.
    prop_oneof![1..3_u64, Just(60), Just(7200)].prop_map(Duration::from_secs)
}

prop_compose! {
    fn task()(
        id in named(),
        // A blank command would be refused.
        command in template().prop_map(|t| Template::parse(&format!("x{t}")).unwrap()),
        cd in proptest::option::of(template()),
        prefix in proptest::option::of(template()),
        shell_env in proptest::collection::btree_map("[A-Za-z_][A-Za-z0-9_]{0,5}", template(), 0..3),
        shell in proptest::option::of(proptest::collection::vec(named(), 1..3)),
        role in proptest::bool::ANY,
        timeout in proptest::option::of(duration()),
    ) -> Task {
        Task {
            id,
            roles: role.then(|| Role("db".into())).into_iter().collect(),
            commands: vec![command],
            cd: cd.filter(|cd| !cd.to_string().is_empty() && !cd.to_string().starts_with('~')),
            prefix,
            shell_env: shell_env.into_iter().collect(),
            shell,
            timeout,
        }
    }
}

proptest! {
    #[test]
    fn what_is_shown_loads_again(
        name in named().prop_filter("no environment", |n| !n.starts_with("x-") && !n.starts_with('.')),
        keep_releases in 1..u32::MAX,
        forward_agent: bool,
        push: bool,
        values in proptest::collection::vec(template(), 0..4),
        before in proptest::option::of(task()),
        cleanup in proptest::option::of(task()),
        role in named(),
        limits in (proptest::option::of(duration()), duration(), proptest::option::of(duration())),
    ) {
        let literal = Template::literal;
        comes_back(&Environment {
            name,
            repo_url: literal("r {x}"),
            git_ref: literal("1.10"),
            deploy_dir: literal("/srv/it's {x}"),
            source_dir: literal("~/s"),
            releases_dir: Template::parse("/r/{host}").unwrap(),
            current_symlink: literal("/c"),
            keep_releases,
            delivery: if push { Delivery::Push } else { Delivery::Pull },
            forward_agent,
            shell: None,
            timeout: limits.0,
            reconnect_timeout: limits.1,
            cutover_confirm: limits.2,
            confirm: !forward_agent,
            variables: values
                .into_iter()
                .zip(["a", "é-1", "_x", "no"])
                .map(|(value, name)| Variable { name: name.into(), value })
                .collect(),
            hosts: vec![Host {
                destination: Destination::parse("u@[2001:db8::1]:22").unwrap(),
                roles: [Role("db".into()), Role(role)].into_iter().filter(|role| !role.is_all()).collect(),
            }],
            stages: Stages {
                before: before.into_iter().collect(),
                cleanup: cleanup.into_iter().collect(),
                ..Stages::default()
            },
        });
    }
}
