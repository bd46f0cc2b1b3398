//! `garment show` and `garment check` where all is well.

use garment_testing::Fleet;

use crate::found::{current, tree};
use crate::{next, production, project, shop};

#[test]
fn what_is_shown_loads_again_and_deploys_the_same() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let config = production(
        &repo,
        &["web1"],
        "    web2: {roles: [db, app]}
  keep_releases: 4
  forward_agent: True
  variables:
    - tricky: 'it''s \"{{quoted}}\" $HOME: # no'
    - again: '{tricky} {release}'
  stages:
    before:
      - {id: a, roles: [db], cd: '{release_dir}', prefix: 'true', shell_env: {A: '{again}'}, commands: ['printf \"%s|\" \"$A\" {host} >~/told']}
    cleanup:
      - {id: z, shell: dash -c, commands: [\"echo 'two\\nlines'\"]}
",
    ) + "staging:\n  extends: production\n  git_ref: 'refs/heads/master'\n  hosts: {web1: {roles: [db]}}\n  stages:\n    before:\n      - {id: b, commands: ['true']}\n";
    project.config(&config);
    for environment in ["production", "staging"] {
        let shown = project.run(["show", environment]);
        shown.code(0).stderr_is("");
        project.write("shown.conf", &shown.stdout);
        project.run(["--config", "shown.conf", "show", environment]).code(0).stdout_is(&shown.stdout);
        let mut piped = fleet.command("bash");
        let script = r#"set -o pipefail; "$0" show "$1" | "$0" --config /dev/stdin show "$1""#;
        piped.args(["-c", script, env!("CARGO_BIN_EXE_garment"), environment]);
        project.spawn_command(piped).finish().code(0).stdout_is(&shown.stdout);
    }
    // Nobody was contacted, and what is shown stands on its own.
    assert_eq!(fleet.ssh_calls(), Vec::<String>::new());
    let shown = fs_err::read_to_string(fleet.project().join("shown.conf")).unwrap();
    assert!(!shown.contains("extends"), "{shown}");
    project.run(["deploy", "staging"]).code(0);
    let host = fleet.host("web1");
    let told = |release: &str| format!("it's \"{{quoted}}\" $HOME: # no {release}|web1|");
    assert_eq!(host.read("told"), told(&current(host).unwrap()));
    project
        .run(["--config", "shown.conf", "deploy", "staging"])
        .code(0)
        .stdout_has("\n[web1] two\n[web1] lines\n");
    assert_eq!(host.read("told"), told(&current(host).unwrap()));
    project.run(["show", "produktion"]).code(2).stdout_is("").stderr_has("`production`");
}

#[test]
fn a_check_where_nothing_stands_in_the_way() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, first) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    let before: Vec<_> = fleet.hosts().iter().map(|host| tree(host.home())).collect();
    project.run(["check", "production"]).code(0).stderr_is("").stdout_is(&format!(
        "✓ configuration of production\n✓ master is {first}\n✓ web1: nothing live yet\n✓ web2: nothing live yet\n\
         Nothing stands in the way of a deploy.\n"
    ));
    assert_eq!(fleet.hosts().iter().map(|host| tree(host.home())).collect::<Vec<_>>(), before);
    project.run(["deploy", "production"]).code(0);
    let second = next(&repo, 2);
    let release = current(fleet.host("web1")).unwrap();
    let before: Vec<_> = fleet.hosts().iter().map(|host| tree(host.home())).collect();
    let mut ascii = project.command(["check", "production"]);
    ascii.env("LANG", "C");
    project.spawn_command(ascii).finish().code(0).stdout_is(&format!(
        "ok configuration of production\nok master is {second}\nok web1: {release} is live\nok web2: {release} is live\n\
         Nothing stands in the way of a deploy.\n"
    ));
    assert_eq!(fleet.hosts().iter().map(|host| tree(host.home())).collect::<Vec<_>>(), before);
}
