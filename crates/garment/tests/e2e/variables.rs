//! What names stand for, and where things lie.

use garment_testing::Fleet;

use crate::found::names;
use crate::{next, production, project, shop};

#[test]
fn what_each_name_stands_for() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, first) = shop(&fleet);
    let host = fleet.host("web1");
    let project = project(&fleet);
    let more = "  source_dir: '{deploy_dir}/copy of {environment}'
  keep_releases: 4
  variables:
    - greeting: '{{hello}} {environment}'
    - twice: '{greeting}, {greeting}'
    - shop: '{deploy_dir}'
  stages:
    before:
      - id: tell
        shell_env:
          ALL: '{repo_url}|{git_ref}|{deploy_dir}|{source_dir}|{releases_dir}|{current_symlink}|{keep_releases}|{twice}|{shop}|{host}'
          NOW: '{release}|{release_dir}|{previous_release}|{previous_release_dir}|{commit}|{environment}'
        commands: ['printf \"%s\\n\" \"$ALL\" \"$NOW\" {{x,y}}{host} >~/told']
";
    let config = production(&repo, &[&host.address()], more);
    project.config(&config);
    project.run(["deploy", "production", "--ref", "refs/heads/master"]).code(0);
    let dir = host.file("shop").display().to_string();
    let [release] = &names(&host.file("shop/releases"))[..] else { panic!("one release") };
    let all = format!(
        "{}|refs/heads/master|{dir}|{dir}/copy of production|{dir}/releases|{dir}/current|4|\
         {{hello}} production, {{hello}} production|{dir}|127.0.0.1\n",
        repo.url()
    );
    let now = |release: &str, previous: &str, previous_dir: &str, commit: &str| {
        format!("{release}|{dir}/releases/{release}|{previous}|{previous_dir}|{commit}|production\n")
    };
    let braces = "x127.0.0.1\ny127.0.0.1\n";
    assert_eq!(host.read("told"), format!("{all}{}{braces}", now(release, "", "", &first)));
    assert!(host.file("shop/copy of production").is_dir());

    let second = next(&repo, 2);
    project.run(["deploy", "production"]).code(0);
    let all = all.replace("refs/heads/master", "master");
    let releases = names(&host.file("shop/releases"));
    let previous_dir = format!("{dir}/releases/{release}");
    assert_eq!(
        host.read("told"),
        format!("{all}{}{braces}", now(&releases[1], release, &previous_dir, &second))
    );
}

#[test]
fn names_of_environments() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let host = fleet.host("web1");
    for (index, name) in
        ["the one", "v1.2", "prod-eu", "Ünïcode 環境", "-q", "--help me", "it's \"$HOME\" `x`"]
            .iter()
            .enumerate()
    {
        let stages = "  stages:\n    before:\n      - {id: tell, shell_env: {NAME: '{environment}'}, commands: ['echo \"<$NAME>\" >~/told']}\n";
        let key = format!("'{}':", name.replace('\'', "''"));
        project.config(&production(&repo, &["web1"], stages).replace("production:", &key));
        let deployed = match index % 2 {
            0 => project.run(["deploy", "--", name]),
            _ => project.run(["deploy", name, "--ref", "master"]),
        };
        deployed.code(0).stdout_has(&format!("deploy to {name} done: "));
        assert_eq!(host.read("told"), format!("<{name}>\n"));
        project.run(["list", "--", name]).code(0);
    }
    assert_eq!(names(&host.file("shop/releases")).len(), 7);
    let unknown = project.run(["deploy", "produktion"]);
    unknown.code(2).stdout_is("").stderr_has("produktion");
}

#[test]
fn where_things_lie() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let host = fleet.host("web1");
    let config = production(&repo, &["web1"], "");
    for (written, lies) in [
        ("~/in home", "in home"),
        ("'~'", ""),
        ("srv/relative", "srv/relative"),
        ("\"~/my \\\"shop's\\\" dir\"", "my \"shop's\" dir"),
        ("'~/$(touch x);`touch y`&'", "$(touch x);`touch y`&"),
        ("~/-rf", "-rf"),
        ("'~/{host}/{environment}/'", "web1/production"),
    ] {
        project.config(&config.replace("~/shop", written));
        project.run(["deploy", "production"]).code(0);
        assert_eq!(host.read(format!("{lies}/current/version").trim_start_matches('/')), "1\n", "{written}");
        project.run(["deploy", "production"]).code(0);
        project.run(["rollback", "production"]).code(0);
        project.run(["check", "production"]).code(0);
        let listed = project.run(["list", "production"]);
        listed.code(0);
        assert_eq!(listed.stdout.lines().count(), 3, "{listed}");
    }
    assert!(!host.file("x").exists() && !host.file("y").exists());
    // Each part somewhere else.
    let apart = "  source_dir: ~/a/copy\n  releases_dir: ~/b/all of them\n  current_symlink: ~/c/www\n";
    project.config(&production(&repo, &["web1"], apart));
    project.run(["deploy", "production"]).code(0);
    let [release] = &names(&host.file("b/all of them"))[..] else { panic!("one release") };
    assert_eq!(fs_err::read_link(host.file("c/www")).unwrap(), host.file(format!("b/all of them/{release}")));
    assert!(host.file("a/copy/HEAD").exists());
    assert_eq!(names(&host.file("shop")), [".garment"]);
}

#[test]
fn where_the_file_is() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let config = production(&repo, &["web1"], "");
    project
        .config(&config)
        .write("deep/er/x", "")
        .write("other/a file.yaml", config.replace("~/shop", "~/other"));
    let mut below = project.command(["deploy", "production"]);
    below.current_dir(fleet.project().join("deep/er"));
    project.spawn_command(below).finish().code(0);
    project.run(["--config", "other/a file.yaml", "deploy", "production"]).code(0);
    project.run(["deploy", "production", "--config=other/a file.yaml"]).code(0);
    let host = fleet.host("web1");
    assert_eq!(names(&host.file("shop/releases")).len(), 1);
    assert_eq!(names(&host.file("other/releases")).len(), 2);
    project.run(["deploy", "production", "--config", "none.conf"]).code(2).stderr_has("none.conf");
    let mut elsewhere = project.command(["deploy", "production"]);
    elsewhere.current_dir(fleet.root().join("tmp"));
    project
        .spawn_command(elsewhere)
        .finish()
        .code(2)
        .stderr_has("there is no deploy.conf in this folder or above");
}
