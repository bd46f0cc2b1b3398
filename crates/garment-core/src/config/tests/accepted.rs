use super::{environment, mistakes, with};
use crate::config::Config;
use crate::model::{Delivery, Destination, Role};

#[test]
fn plain_values_keep_their_spelling() {
    let text = "p: {repo_url: 0755, git_ref: 1.10, deploy_dir: !!str 5, hosts: {local: }, variables: [{a: True, b: 1e3, c: ''}]}";
    let p = environment(text);
    let values: Vec<String> = p.variables.iter().map(|v| v.value.to_string()).collect();
    assert_eq!(values, ["True", "1e3", ""]);
    assert_eq!((p.repo_url.to_string(), p.git_ref.to_string()), ("0755".into(), "1.10".into()));
    assert_eq!(p.deploy_dir.to_string(), "5");
    assert_eq!(p.hosts[0].destination, Destination::Local { name: None });
}

#[test]
fn yes_and_no_as_older_files_write_them() {
    for (text, want) in
        [("yes", true), ("True", true), ("on", true), ("NO", false), ("off", false), ("false", false)]
    {
        assert_eq!(environment(&with(&format!("forward_agent: {text}"))).forward_agent, want, "{text}");
    }
}

#[test]
fn how_the_commit_gets_to_the_hosts() {
    let of = |lines: &str| environment(&with(lines)).delivery;
    assert_eq!(
        [of(""), of("delivery: pull"), of("delivery: push")],
        [Delivery::Pull, Delivery::Pull, Delivery::Push]
    );
}

#[test]
fn nothing_behind_a_key_is_nothing() {
    let lines = "variables:\nstages:\n  before:\n  after:\n    - {id: x, commands: [y], cd: , prefix: , shell_env: , roles: , shell: }";
    let p = environment(&with(lines));
    assert_eq!((p.variables.len(), p.stages.before.len()), (0, 0));
    let task = &p.stages.after[0];
    assert_eq!((&task.cd, &task.prefix, &task.shell, task.shell_env.len()), (&None, &None, &None, 0));
    assert!(task.roles.is_empty());
    assert_eq!(environment(&with("stages:")).stages.after.len(), 0);
}

#[test]
fn a_shell_is_text_or_a_list() {
    let words = |lines: &str| environment(&with(lines)).shell.unwrap();
    assert_eq!(words("shell: zsh  -l -c"), ["zsh", "-l", "-c"]);
    assert_eq!(words("shell: ['/opt/my shell', '-c']"), ["/opt/my shell", "-c"]);
}

#[test]
fn older_names_of_the_repository() {
    for name in ["repo_url", "git_repo", "git_origin"] {
        let text = format!("p: {{{name}: r, git_ref: m, deploy_dir: /d, hosts: {{h: }}}}");
        assert_eq!(environment(&text).repo_url.to_string(), "r");
    }
}

#[test]
fn merge_keys_give_way_to_what_is_written() {
    let text = "
x-more: &more {keep_releases: 3, forward_agent: true}
.base: &base
  git_repo: base
  git_ref: m
  deploy_dir: /base
  keep_releases: 9
p:
  deploy_dir: /own
  <<: [*more, *base]
  repo_url: own
  hosts: &hosts {h: {roles: [db, all]}}
q: {<<: *base, hosts: *hosts}
";
    let p = environment(text);
    let texts = (p.repo_url.to_string(), p.deploy_dir.to_string(), p.git_ref.to_string());
    assert_eq!(texts, ("own".into(), "/own".into(), "m".into()));
    assert_eq!((p.keep_releases, p.forward_agent), (3, true));
    assert_eq!(p.hosts[0].roles.iter().collect::<Vec<_>>(), [&Role("db".into())]);
    let config = Config::parse("f", text).unwrap();
    assert_eq!(config.environment("q").unwrap().hosts, p.hosts);
}

#[test]
fn homes_and_hosts_in_paths() {
    let lines = "source_dir: ~/source\nreleases_dir: '/srv/{host}/{environment}'\ncurrent_symlink: ~/{host}";
    assert_eq!(mistakes(lines), "no mistakes: [\"p\"]");
    let text = "p: {repo_url: ~/r, git_ref: m, deploy_dir: '~', hosts: {h: }}";
    assert_eq!(environment(text).deploy_dir.to_string(), "~");
}

#[test]
fn a_variable_may_take_over_a_newer_name_of_garment() {
    let lines = "variables:\n  - a: '{host}'\n  - host: '{a}!'\n  - commit: c\n  - b: '{host}'";
    assert_eq!(mistakes(lines), "no mistakes: [\"p\"]");
}

#[test]
fn a_whole_environment_on_carriage_returns_and_a_byte_order_mark() {
    let text = format!("\u{feff}{}", with("keep_releases: 2")).replace('\n', "\r\n");
    assert_eq!(environment(&text).keep_releases, 2);
}

#[test]
fn shell_braces() {
    let lines = "stages: {after: [{id: x, commands: ['echo ${{HOME}} {{a,b}}']}]}";
    let command = &environment(&with(lines)).stages.after[0].commands[0];
    assert_eq!(command.expand(|_| None).unwrap(), "echo ${HOME} {a,b}");
}
