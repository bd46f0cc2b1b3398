//! A file as Garment 0.5 took it: null hosts, `True`, variables on variables, `extends` that replaces and appends.

use insta::assert_snapshot;

use crate::config::{Config, show};

const SAMPLE: &str = include_str!("sample.conf");

#[test]
fn both_environments_load() {
    let config = Config::parse("deploy.conf", SAMPLE).unwrap();
    assert_eq!(config.environments().collect::<Vec<_>>(), ["staging", "preview"]);
    let staging = config.environment("staging").unwrap();
    assert!(staging.forward_agent);
    assert_eq!((staging.keep_releases, staging.shell.clone()), (10, None));
    assert_eq!(staging.source_dir.to_string(), "{deploy_dir}/source");
    assert_eq!(staging.stages.before[1].shell_env[1].1.to_string(), "it's \"quoted\" $HOME");
    assert_eq!(
        staging.stages.before[0].commands[0].to_string(),
        "[ ! -d {venv} ] && python3 -m venv {venv} || echo \"already there\""
    );
}

#[test]
fn what_they_come_to() {
    let config = Config::parse("deploy.conf", SAMPLE).unwrap();
    assert_snapshot!(show(config.environment("staging").unwrap()), @r#"
    staging:
      repo_url: git@example.org:shop.git
      git_ref: develop
      deploy_dir: /home/shop/deploy
      source_dir: /home/shop/deploy/source
      releases_dir: /home/shop/deploy/releases
      current_symlink: /home/shop/deploy/current
      keep_releases: 10
      forward_agent: true
      reconnect_timeout: 2m
      hosts:
        shop@one.example.org:
        shop@two.example.org:
          roles: [app, db]
      variables:
        - home: /home/shop
        - venv: /home/shop/venv
        - activate: source /home/shop/venv/bin/activate
        - pythonpath: '{release_dir}/shop'
      stages:
        before:
          - id: venv
            commands:
              - '[ ! -d /home/shop/venv ] && python3 -m venv /home/shop/venv || echo "already there"'
              - 'rm -f /home/shop/tmp/*/stale.txt'
          - id: migrate
            roles: [db]
            cd: '{release_dir}/shop'
            prefix: source /home/shop/venv/bin/activate
            shell_env:
              PYTHONPATH: '{release_dir}/shop'
              NOTE: 'it''s "quoted" $HOME'
            commands:
              - python3 manage.py migrate
        after:
          - id: restart
            commands:
              - 'echo restarted {release}'
    "#);
    assert_snapshot!(show(config.environment("preview").unwrap()), @r#"
    preview:
      repo_url: git@example.org:shop.git
      git_ref: develop
      deploy_dir: /home/preview/deploy
      source_dir: /home/preview/deploy/source
      releases_dir: /home/preview/deploy/releases
      current_symlink: /home/preview/deploy/current
      keep_releases: 10
      forward_agent: true
      reconnect_timeout: 2m
      hosts:
        preview@one.example.org:
      variables:
        - home: /home/preview
        - venv: /home/preview/venv
        - activate: source /home/preview/venv/bin/activate
        - pythonpath: '{release_dir}/shop'
      stages:
        before:
          - id: venv
            commands:
              - '[ ! -d /home/preview/venv ] && python3 -m venv /home/preview/venv || echo "already there"'
              - 'rm -f /home/preview/tmp/*/stale.txt'
          # no host here has a role of this task, so it does not run:
          # - id: migrate
            # roles: [db]
            # cd: '{release_dir}/shop'
            # prefix: source /home/preview/venv/bin/activate
            # shell_env:
              # PYTHONPATH: '{release_dir}/shop'
              # NOTE: 'it''s "quoted" $HOME'
            # commands:
              # - python3 manage.py migrate
        after:
          - id: restart
            commands:
              - echo preview restarted
          - id: announce
            commands:
              - 'echo preview {commit}'
    "#);
}
