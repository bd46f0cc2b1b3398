use std::os::unix::fs::symlink;
use std::path::Path;

use garment_testing::{Fleet, Outcome, Repo, Sandbox};

use crate::project;

fn fleet() -> Fleet {
    Fleet::builder().start()
}

/// The project's folder as a repository with this remote.
fn repository(fleet: &Fleet, url: &str) -> Repo {
    let repo = Repo::new(fleet.project());
    fs_err::remove_dir_all(repo.origin()).unwrap();
    repo.git(["config", "--unset", "remote.origin.url"]);
    // git's command takes what starts with a dash for an option.
    let file = fleet.project().join(".git/config");
    let quoted = url.replace('"', "\\\"").replace('\n', "\\n");
    let config = fs_err::read_to_string(&file).unwrap();
    fs_err::write(file, format!("{config}[remote \"origin\"]\n\turl = \"{quoted}\"\n")).unwrap();
    repo
}

const NEXT: &str = "Put your hosts in the place of deploy@shop.example.org, then:
  garment check production
  garment deploy production
";

fn said(repo_url: &str, git_ref: &str, name: &str, notes: &str) -> String {
    let value = |text: &str| text.split("  (").next().unwrap().chars().count();
    let deploy_dir = format!("~/{name}");
    let width = value(repo_url).max(value(git_ref)).max(value(&deploy_dir));
    let pad = |text: &str| {
        let (text, from) = text.split_once("  (").unwrap();
        format!("{text}{}  ({from}", " ".repeat(width - text.chars().count()))
    };
    format!(
        "✓ wrote deploy.conf\n  repo_url    {}\n  git_ref     {}\n  deploy_dir  {deploy_dir}\n{notes}{NEXT}",
        pad(repo_url),
        pad(git_ref)
    )
}

fn written(fleet: &Fleet) -> String {
    fs_err::read_to_string(fleet.project().join("deploy.conf")).unwrap()
}

/// The lines of the file that are no comments.
fn settings(fleet: &Fleet) -> String {
    let text = written(fleet);
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn with(repo_url: &str, git_ref: &str, deploy_dir: &str) -> String {
    format!(
        "production:\n  repo_url: {repo_url}\n  git_ref: {git_ref}\n  deploy_dir: {deploy_dir}\n  hosts:\n    \
         deploy@shop.example.org:\n"
    )
}

/// The file loads.
fn shows(sandbox: &Sandbox<'_>) -> Outcome {
    let outcome = sandbox.run(["show", "production"]);
    outcome.code(0).stderr_is("");
    outcome
}

#[test]
fn in_a_clone_only_the_hosts_are_to_be_filled_in() {
    let fleet = Fleet::builder().webs(1).start();
    let repo = fleet.repo("shop");
    repo.write("index.html", "one\n");
    repo.commit("one");
    repo.push();
    let project_folder = fleet.project();
    repo.git(["clone", "--quiet", &repo.url(), project_folder.to_str().unwrap()]);
    repo.git(["-C", project_folder.to_str().unwrap(), "checkout", "--quiet", "-b", "my-fix"]);
    let sandbox = project(&fleet);
    let note = "note: this is a place on this machine, which other hosts can't reach:
  push the repository to where they can, and put that URL here\n";
    let want = said(
        &format!("{}  (the remote `origin`)", repo.url()),
        "master  (the default branch of `origin`)",
        "shop",
        note,
    );
    sandbox.run(["init"]).code(0).stdout_is(&want).stderr_is("");
    assert_eq!(settings(&fleet), with(&repo.url(), "master", "'~/shop'"));
    assert!(written(&fleet).contains(
        "  # NOTE: this is a place on this machine, which other hosts can't reach:
  # push the repository to where they can, and put that URL here.\n"
    ));
    sandbox.config(&written(&fleet).replace("deploy@shop.example.org", "web1"));
    sandbox.run(["check", "production"]).code(0);
    sandbox.run(["deploy", "production"]).code(0);
    assert_eq!(fleet.host("web1").read("shop/current/index.html"), "one\n");
}

#[test]
fn what_the_remote_says_is_filled_in() {
    for (url, repo_url, deploy_dir) in [
        ("git@example.org:team/shop.git", "git@example.org:team/shop.git", "'~/shop'"),
        ("ssh://git@example.org:22/~me/shop", "ssh://git@example.org:22/~me/shop", "'~/shop'"),
        ("git@example.org:it's {x} #1.git", "'git@example.org:it''s {{x}} #1.git'", "'~/it-s--x---1'"),
        ("-oProxyCommand=x:y", "git@example.org:project.git", "'~/project'"),
        ("git@example.org:lädchen.git", "git@example.org:lädchen.git", "'~/lädchen'"),
        ("git@example.org:a: b", "'git@example.org:a: b'", "'~/b'"),
        ("git@example.org:a\nb", "git@example.org:project.git", "'~/project'"),
    ] {
        let fleet = fleet();
        repository(&fleet, url);
        let sandbox = project(&fleet);
        sandbox.run(["init"]).code(0).stderr_is("");
        assert_eq!(settings(&fleet), with(repo_url, "master", deploy_dir), "{url}");
        shows(&sandbox);
    }
}

#[test]
fn a_login_in_the_url_stays_out_of_everything() {
    let fleet = fleet();
    repository(&fleet, "https://me:s3cret@example.org/shop.git");
    let sandbox = project(&fleet);
    let note = "note: git's URL has a login in it, which was left out here:
  give the hosts a way in of their own, a deploy key say\n";
    let want = said(
        "https://example.org/shop.git  (the remote `origin`)",
        "master  (the current branch)",
        "shop",
        note,
    );
    sandbox.run(["init"]).code(0).stdout_is(&want).stderr_is("");
    assert_eq!(settings(&fleet), with("https://example.org/shop.git", "master", "'~/shop'"));
    assert!(!written(&fleet).contains("s3cret"));
    shows(&sandbox);
}

#[test]
fn places_on_this_machine_are_said_to_be_that() {
    let fleet = fleet();
    let above = fleet.root().display().to_string();
    for (url, repo_url) in [
        ("../shop.git".to_owned(), format!("{above}/shop.git")),
        ("~/shop.git".to_owned(), "'~/shop.git'".to_owned()),
        ("/srv/shop.git".to_owned(), "/srv/shop.git".to_owned()),
        ("-x/shop.git".to_owned(), format!("{above}/project/-x/shop.git")),
    ] {
        repository(&fleet, &url);
        let outcome = project(&fleet).run(["init"]);
        outcome.code(0).stdout_has("note: this is a place on this machine");
        assert_eq!(settings(&fleet), with(&repo_url, "master", "'~/shop'"), "{url}");
        fs_err::remove_dir_all(fleet.project().join(".git")).unwrap();
        fs_err::remove_file(fleet.project().join("deploy.conf")).unwrap();
    }
}

#[test]
fn branches_that_look_like_something_else() {
    for (branch, git_ref) in [
        ("feature/{x}", "'feature/{{x}}'"),
        ("a#b", "'a#b'"),
        ("1.10", "'1.10'"),
        ("übergroß", "übergroß"),
        ("-x", "refs/heads/-x"),
        ("4634f44a00000000000000000000000000000000", "refs/heads/4634f44a00000000000000000000000000000000"),
        ("a\u{3000}b", "main"),
    ] {
        let fleet = fleet();
        let repo = repository(&fleet, "git@example.org:shop.git");
        repo.git(["symbolic-ref", "HEAD", &format!("refs/heads/{branch}")]);
        let sandbox = project(&fleet);
        sandbox.run(["init"]).code(0).stderr_is("");
        assert_eq!(settings(&fleet), with("git@example.org:shop.git", git_ref, "'~/shop'"), "{branch}");
        shows(&sandbox);
    }
}

#[test]
fn a_repository_that_says_little() {
    let fleet = fleet();
    let repo = repository(&fleet, "x");
    repo.commit("one");
    repo.git(["remote", "remove", "origin"]);
    repo.git(["checkout", "--quiet", "--detach"]);
    let sandbox = project(&fleet);
    let notes = "note: the repository here has no remote:
  put the URL of yours here
note: git names no branch here:
  put yours here\n";
    let want =
        said("git@example.org:project.git  (put yours here)", "main  (put yours here)", "project", notes);
    sandbox.run(["init"]).code(0).stdout_is(&want).stderr_is("");
    let has = |text: &str| assert!(written(&fleet).contains(text), "{text}");
    has("  # NOTE: the repository here has no remote:\n  # put the URL of yours here.\n  repo_url: ");
    has("  # NOTE: git names no branch here:\n  # put yours here.\n  git_ref: main\n");
    shows(&sandbox);
}

#[test]
fn another_remote_is_better_than_none() {
    let fleet = fleet();
    let repo = repository(&fleet, "x");
    repo.git(["remote", "rename", "origin", "upstream"]);
    repo.git(["remote", "set-url", "upstream", "git@example.org:shop.git"]);
    let sandbox = project(&fleet);
    let want =
        said("git@example.org:shop.git  (the remote `upstream`)", "master  (the current branch)", "shop", "");
    sandbox.run(["init"]).code(0).stdout_is(&want).stderr_is("");
}

#[test]
fn without_a_repository_or_git() {
    let fleet = fleet();
    let sandbox = project(&fleet);
    let want = |what: &str| {
        let notes = format!("note: {what}:\n  put the URL of yours here\n");
        said("git@example.org:project.git  (put yours here)", "main  (put yours here)", "project", &notes)
    };
    let no_repository =
        "git finds no repository here: not a git repository (or any of the parent directories): .git";
    sandbox.run(["init"]).code(0).stdout_is(&want(no_repository)).stderr_is("");
    shows(&sandbox);
    fs_err::remove_file(fleet.project().join("deploy.conf")).unwrap();
    let mut command = sandbox.command(["init"]);
    command.env("PATH", "/nonexistent");
    let want = want("there is no `git` on this machine");
    sandbox.spawn_command(command).finish().code(0).stdout_is(&want).stderr_is("");
}

#[test]
fn the_repository_is_the_one_it_stands_in() {
    let fleet = fleet();
    repository(&fleet, "git@example.org:shop.git");
    let other = fleet.repo("other");
    fs_err::create_dir(fleet.project().join("sub")).unwrap();
    let sandbox = project(&fleet);
    let mut command = sandbox.command(["init"]);
    command.current_dir(fleet.project().join("sub")).env("GIT_DIR", other.folder().join(".git"));
    let note = format!(
        "note: the top of the repository is where people look for it: {}\n",
        fleet.project().display()
    );
    let want = said(
        "git@example.org:shop.git  (the remote `origin`)",
        "master  (the current branch)",
        "shop",
        &note,
    );
    sandbox.spawn_command(command).finish().code(0).stdout_is(&want).stderr_is("");
    assert!(fleet.project().join("sub/deploy.conf").is_file());
}

#[test]
fn nothing_is_ever_overwritten() {
    let fleet = fleet();
    let sandbox = project(&fleet);
    let refused = |arguments: &[&str], want: &str| {
        sandbox.run(arguments).code(2).stdout_is("").stderr_is(&format!("error: {want}\n"));
    };
    sandbox.config("mine\n");
    refused(&["init"], "deploy.conf is already there, and stays as it is: edit it, or move it away first");
    assert_eq!(written(&fleet), "mine\n");

    let link = fleet.project().join("link");
    symlink("elsewhere", &link).unwrap();
    let want =
        "link is a symlink, and stays as it is: remove it first, or name another file with `--config FILE`";
    refused(&["init", "--config", "link"], want);
    assert_eq!(fs_err::read_link(&link).unwrap(), Path::new("elsewhere"));
    assert!(!fleet.project().join("elsewhere").exists());

    refused(&["init", "--config", "no/such"], "can't write no/such: its folder is not there; make it first");
    fs_err::create_dir(fleet.project().join("dir")).unwrap();
    refused(
        &["init", "--config", "dir"],
        "dir is already there, and stays as it is: edit it, or move it away first",
    );
}

#[test]
fn another_file_by_name() {
    let fleet = fleet();
    let sandbox = project(&fleet);
    let outcome = sandbox.run(["init", "--config", "my conf.yaml"]);
    outcome.code(0).stdout_has("✓ wrote my conf.yaml\n");
    outcome.stdout_has(
        "  garment check --config 'my conf.yaml' production\n  garment deploy --config 'my conf.yaml' production\n",
    );
    sandbox.run(["show", "--config", "my conf.yaml", "production"]).code(0);
}
