//! Values that would be code if anybody took them for it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use garment_testing::Fleet;

use crate::bed::{footprint, footprints, shop};

/// What each does if a shell, ssh or git reads it as more than a value: makes a file `pwned`.
const EVIL: [&str; 12] = [
    "$(touch ~/pwned)",
    "`touch ~/pwned`",
    "'; touch ~/pwned; '",
    "\"; touch ~/pwned; \"",
    "x; touch ~/pwned",
    "x && touch ~/pwned",
    "x\ntouch ~/pwned\n",
    "--upload-pack=touch ~/pwned",
    "-oProxyCommand=touch ~/pwned",
    "-rf",
    "| touch ~/pwned",
    "\\$(touch ~/pwned)",
];

/// A name that stands on one line, for what has to.
const EVIL_LINE: &str = "-it's \"quoted\" $(touch pwned) `touch pwned`; touch pwned && * \\ $HOME";

/// A name for a file: all that a file system lets through.
const EVIL_NAME: &str = "-it's \"quoted\" $(touch pwned) `touch pwned`; touch pwned && * \\ \n$HOME";

/// As a YAML text in double quotes, which are JSON's.
fn yaml(text: &str) -> String {
    format!("{text:?}")
}

/// Nothing was executed anywhere: not on the controller, not on a host.
fn nothing_was_executed(fleet: &Fleet) {
    let mut found: Vec<String> = footprint(fleet.root()).into_keys().collect();
    let is_pwned = |path: &String| Path::new(path).file_name().is_some_and(|name| name == "pwned");
    found.retain(is_pwned);
    assert_eq!(found, [""; 0]);
}

#[test]
fn on_the_command_line() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("  stages: {before: [{id: build, commands: ['true']}]}\n");
    shop.project.run(["deploy", "production"]).code(0);
    let before = footprints(&fleet);
    for evil in EVIL {
        for arguments in [
            vec!["deploy", "production", "--ref", evil],
            vec!["deploy", "production", "--include", evil],
            vec!["deploy", "production", "--exclude", evil],
            vec!["rollback", "production", "--", evil],
            vec!["rollback", "production", evil],
            vec!["check", "--", evil],
            vec!["list", "production", "--config", evil],
        ] {
            let outcome = shop.project.run(&arguments);
            outcome.code(2).stdout_lacks("\x1b").stderr_lacks("panicked");
            assert!(outcome.stdout.lines().count() + outcome.stderr.lines().count() < 12, "{outcome}");
        }
    }
    assert_eq!(footprints(&fleet), before);
    nothing_was_executed(&fleet);
}

#[test]
fn refs_and_urls_in_the_file() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let url = shop.repo.url();
    let config = |url: &str, git_ref: &str| {
        shop.project.config(&format!(
            "production:\n  repo_url: {}\n  git_ref: {}\n  deploy_dir: ~/shop\n  hosts:\n    web1:\n",
            yaml(url),
            yaml(git_ref)
        ));
    };
    for evil in EVIL {
        config(&url, evil);
        shop.project.run(["deploy", "production"]).code(2).stdout_lacks("panicked");
    }
    let helpers = ["ext::sh -c touch% ~/pwned", "ssh://-oProxyCommand=touch${{IFS}}pwned/x", "-u/bin/sh:x"];
    for evil in EVIL.into_iter().chain(helpers) {
        config(evil, "master");
        for verb in ["deploy", "check"] {
            let outcome = shop.project.run([verb, "production"]);
            let code = outcome.status.code();
            assert!(code == Some(3) || code == Some(2), "{outcome}");
            outcome.stdout_lacks("panicked").stderr_lacks("panicked");
        }
    }
    assert!(!fleet.host("web1").file("shop").exists());
    nothing_was_executed(&fleet);
}

#[test]
fn hosts_in_the_file() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let user = |evil: &str| format!("{evil}@web1");
    for evil in EVIL {
        for host in [evil.to_owned(), user(evil), format!("web1:{evil}"), format!("local:{evil}")] {
            shop.config_on(&[&yaml(&host)], "");
            let outcome = shop.project.run(["deploy", "production"]);
            outcome.code(2).stdout_is("").stderr_has("deploy.conf:6:");
        }
    }
    assert_eq!(fleet.host("web1").connections(), 0);
    assert_eq!(fleet.ssh_calls(), [""; 0]);
    nothing_was_executed(&fleet);
}

/// They are odd, and they work.
#[test]
fn paths_in_the_file() {
    let fleet = Fleet::builder().webs(2).start();
    let shop = shop(&fleet);
    let config = |deploy_dir: &str| {
        shop.project.config(&format!(
            "production:\n  repo_url: {}\n  git_ref: master\n  keep_releases: 1\n  deploy_dir: {}\n  \
             source_dir: {}\n  releases_dir: {}\n  current_symlink: {}\n  hosts:\n    web1:\n    web2:\n  \
             stages:\n    before:\n      - id: look\n        cd: '{{release_dir}}'\n        commands: ['cat index.html >looked']\n",
            shop.repo.url(),
            yaml(deploy_dir),
            yaml(&format!("{deploy_dir}/{EVIL_LINE}source")),
            yaml(&format!("{deploy_dir}/{EVIL_LINE}releases")),
            yaml(&format!("{deploy_dir}/{EVIL_LINE}current")),
        ));
    };
    for (deploy_dir, folder) in
        [(format!("~/{EVIL_LINE}"), PathBuf::from(EVIL_LINE)), ("-rf".to_owned(), PathBuf::from("-rf"))]
    {
        config(&deploy_dir);
        shop.project.run(["check", "production"]).code(0).stderr_is("");
        for text in ["two", "three", "four"] {
            shop.push(text);
            shop.project.run(["deploy", "production"]).code(0).stderr_is("");
        }
        shop.project.run(["rollback", "production"]).code(0).stderr_is("");
        shop.project.run(["list", "production"]).code(0).stderr_is("");
        shop.project.run(["check", "production"]).code(0).stderr_is("");
        for host in fleet.hosts() {
            let current = folder.join(format!("{EVIL_LINE}current"));
            assert_eq!(host.read(current.join("index.html")), "three\n");
            assert_eq!(host.read(current.join("looked")), "three\n");
        }
    }
    nothing_was_executed(&fleet);
}

#[test]
fn names_and_variables_in_the_file() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let host = fleet.host("web1");
    fs_err::create_dir(host.file(EVIL_LINE)).unwrap();
    let mut tasks = String::new();
    for (index, evil) in EVIL.iter().chain([&EVIL_NAME]).enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(
            tasks,
            "      - id: {}\n        cd: '{{folder}}'\n        shell_env: {{VALUE: '{{evil{index}}}'}}\n        commands: ['printf %s \"$VALUE\" >value{index}']\n",
            yaml(&format!("{}{index}", evil.replace(['\n', ','], ""))),
        );
    }
    let variables: Vec<_> = EVIL
        .iter()
        .chain([&EVIL_NAME])
        .enumerate()
        .map(|(index, evil)| format!("    - evil{index}: {}\n", yaml(evil)))
        .collect();
    let home = host.home().to_string_lossy();
    shop.project.config(&format!(
        "{}:\n  repo_url: {}\n  git_ref: master\n  deploy_dir: ~/shop\n  hosts:\n    web1:\n  variables:\n{}    - folder: {}\n  stages:\n    before:\n{tasks}",
        yaml(EVIL_LINE),
        shop.repo.url(),
        variables.concat(),
        yaml(&format!("{home}/{EVIL_LINE}")),
    ));
    for verb in ["check", "deploy", "list", "show", "deploy"] {
        shop.project.run([verb, "--", EVIL_LINE]).code(0).stderr_is("");
    }
    let back = shop.project.run(["rollback", "--", EVIL_LINE]);
    back.code(0).stderr_is("");
    for (index, evil) in EVIL.iter().chain([&EVIL_NAME]).enumerate() {
        assert_eq!(host.read(Path::new(EVIL_LINE).join(format!("value{index}"))), *evil);
    }
    nothing_was_executed(&fleet);
}

/// Branches, people and files that git has no objection to.
#[test]
fn in_the_repository() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let repo = &shop.repo;
    let branch = "it's\"$(touch${IFS}pwned)`touch${IFS}pwned`;touch&&-x|y";
    for name in EVIL.into_iter().chain([EVIL_NAME]) {
        repo.write(name.replace('/', "_"), "as it is\n");
    }
    repo.write(".gitattributes", "author export-subst\n").write("author", "$Format:%an$\n");
    repo.git(["add", "--all"]);
    let author = format!("--author={EVIL_NAME} <$(touch ~/pwned)@example.org>").replace('\n', "");
    repo.git(["commit", "--quiet", &author, "--message", "$(touch ~/pwned)\n\n`touch ~/pwned`"]);
    repo.branch(branch).push();
    shop.config("");
    shop.project.run(["deploy", "production", "--ref", branch]).code(0).stderr_is("");
    let full = format!("refs/heads/{branch}");
    shop.config(&format!("  variables: [{{branch: {}}}]\n", yaml(&full)));
    let text = fs_err::read_to_string(fleet.project().join("deploy.conf")).unwrap();
    let braces = yaml(&full.replace('{', "{{").replace('}', "}}"));
    let text = text.replace("git_ref: master", &format!("git_ref: {braces}"));
    let text = text.split("  variables:").next().unwrap();
    shop.project.config(text);
    shop.project.run(["deploy", "production"]).code(0).stderr_is("").stdout_has(&format!("{full} is "));
    shop.project.run(["list", "production"]).code(0).stderr_is("");
    let host = fleet.host("web1");
    for name in EVIL.into_iter().chain([EVIL_NAME]) {
        assert_eq!(host.read(Path::new("shop/current").join(name.replace('/', "_"))), "as it is\n");
    }
    assert!(host.read("shop/current/author").starts_with("-it's \"quoted\" $(touch pwned)"));
    nothing_was_executed(&fleet);
}

/// Who deploys is written down on the hosts, and listed.
#[test]
fn in_the_environment_of_garment() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("");
    let mut deploy = shop.project.command(["deploy", "production"]);
    deploy.env("USER", format!("{EVIL_NAME}\x1b[2J\nstate=live"));
    shop.project.spawn_command(deploy).finish().code(0).stderr_is("");
    let listed = shop.project.run(["list", "production"]);
    listed.code(0).stderr_is("").stdout_lacks("\x1b");
    assert_eq!(listed.stdout.lines().count(), 2, "{listed}");
    nothing_was_executed(&fleet);
}
