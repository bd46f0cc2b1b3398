//! How commands are run.

use std::time::Duration;

use garment_testing::{Fleet, Repo, Sandbox};

use crate::{production, project, shop};

/// Deploys to `web1` with one `before` task, and gives what its commands printed.
fn printed(project: &Sandbox<'_>, repo: &Repo, task: &str) -> Vec<String> {
    let stages = format!("  stages:\n    before:\n      - id: it\n{task}");
    project.config(&production(repo, &["web1"], &stages));
    let deployed = project.run(["deploy", "production"]);
    deployed.code(0);
    let lines = deployed.stdout.lines().skip_while(|line| !line.starts_with("== before: it (")).skip(1);
    let lines = lines.take_while(|line| line.starts_with("[web1]"));
    let words = lines.map(|line| line.trim_start_matches("[web1]").trim_start().to_owned());
    words.filter(|line| !line.starts_with("$ ") && !line.starts_with("> ")).collect()
}

#[test]
fn cd_then_variables_then_prefix_and_command() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let home = fleet.host("web1").home().display().to_string();
    let task = "        cd: '{deploy_dir}/my dir'
        shell_env: {HERE: '$PWD is `pwd`', OTHER: \"it's\\n\\\"two\\\" lines\"}
        prefix: 'echo prefix in $PWD with $HERE; IN_PREFIX=1; true'
        commands: ['echo command $IN_PREFIX; echo \"$OTHER\"', 'false || echo or']
";
    fs_err::create_dir_all(fleet.host("web1").file("shop/my dir")).unwrap();
    let prefix = format!("prefix in {home}/shop/my dir with $PWD is `pwd`");
    assert_eq!(
        printed(&project, &repo, task),
        [prefix.as_str(), "command 1", "it's", "\"two\" lines", prefix.as_str(), "or"]
    );
    // Where one part fails, the next is not run.
    for (task, said) in [
        ("        prefix: 'exit 9'\n        commands: ['echo no >~/no']\n", "exit code 9"),
        ("        prefix: 'false'\n        commands: ['echo no >~/no']\n", "exit code 1"),
        (
            "        cd: '{release_dir}/none'\n        prefix: 'echo no >~/no'\n        commands: ['echo no >~/no']\n",
            "No such file or directory",
        ),
    ] {
        let stages = format!("  stages:\n    before:\n      - id: it\n{task}");
        project.config(&production(&repo, &["web1"], &stages));
        project.run(["deploy", "production"]).code(4).stdout_has(said);
    }
    assert!(!fleet.host("web1").file("no").exists());
}

#[test]
fn each_in_a_fresh_login_shell() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let host = fleet.host("web1");
    host.bash_profile("echo profile noise; export FROM_PROFILE=yes; SEEN=unexported");
    let home = host.home().display().to_string();
    let task = "        commands:
          - 'cd /; A=1; export B=2; f() {{ :; }}; umask 077; set -e; echo $FROM_PROFILE $SEEN'
          - 'echo ${{A-none}} ${{B-none}} $PWD $(umask); type f 2>/dev/null || echo no function; false; echo on'
          - 'shopt -q login_shell && echo login; [[ $- != *i* ]] && echo quiet; tty; cat; echo end of input'
";
    let lines: Vec<String> =
        printed(&project, &repo, task).into_iter().filter(|line| line != "profile noise").collect();
    assert_eq!(
        lines,
        [
            "yes unexported",
            &format!("none none {home} 0022"),
            "no function",
            "on",
            "login",
            "quiet",
            "not a tty",
            "end of input"
        ]
    );
}

#[test]
fn text_of_any_shape() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let task = "        commands:
          - |
            for i in 1 2; do
              echo \"line $i\"   # a comment
            done
            cat <<'END'
            here $HOME
            END
          - 'echo to stdout; echo to stderr >&2; printf \"no newline\"'
          - '# nothing but a comment'
          - 'set -- *; echo ~/sh*p {{a,b}} \"$#\" é 日本'
          - 'exec true'
          - 'sleep 1000 >/dev/null 2>&1 & kill $!; echo back'
";
    let mut lines = printed(&project, &repo, task);
    lines[3..6].sort_unstable();
    let home = fleet.host("web1").home().display().to_string();
    assert_eq!(
        lines,
        [
            "line 1",
            "line 2",
            "here $HOME",
            "no newline",
            "to stderr",
            "to stdout",
            &format!("{home}/shop a b 1 é 日本"),
            "back"
        ]
    );
}

#[test]
fn sh_where_there_is_no_bash() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    fleet.host("web2").path_without("bash");
    fleet.host("web2").login_shell("/bin/sh");
    let stages =
        "  stages:\n    before:\n      - {id: it, commands: ['echo {host} ${{BASH_VERSION:+bash}} end']}\n";
    project.config(&production(&repo, &["web1", "web2"], stages));
    let deployed = project.run(["deploy", "production"]);
    deployed.code(0).stdout_has("\n[web1] web1 bash end\n").stdout_has("\n[web2] web2 end\n");
    project.run(["check", "production"]).code(0);
}

#[test]
fn a_shell_of_the_task_s_own() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let bash = "        commands: ['echo ${{BASH_VERSION:+bash}} end']\n";
    assert_eq!(printed(&project, &repo, bash), ["bash end"]);
    assert_eq!(printed(&project, &repo, &format!("        shell: dash -c\n{bash}")), ["end"]);
    assert_eq!(printed(&project, &repo, &format!("        shell: [sh, -c]\n{bash}")).len(), 1);
    let words = "        shell: [sh, -c, 'printf \"<%s>\\n\" \"$1\"; eval \"$2\"', sh, 'a $b']\n        commands: ['echo \"it''s\"']\n";
    assert_eq!(printed(&project, &repo, words), ["<a $b>", "it's"]);
    // For the whole environment, and back for one task.
    let stages = "  shell: dash -c\n  stages:\n    before:\n      - {id: a, commands: ['echo ${{BASH_VERSION:+bash}} end']}\n      - {id: b, shell: bash -c, commands: ['echo ${{BASH_VERSION:+bash}} end']}\n";
    project.config(&production(&repo, &["web1"], stages));
    project
        .run(["deploy", "production"])
        .code(0)
        .stdout_has("\n[web1] end\n")
        .stdout_has("\n[web1] bash end\n");
}

#[test]
fn what_a_command_leaves_running_runs_on() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet).timeout(Duration::from_secs(20));
    // Its output stays open, as people forget to redirect it.
    let stages = "  stages:
    after:
      - {id: restart, commands: ['sleep 4321 & echo started', 'nohup sleep 5432 >/dev/null 2>&1 &', 'echo next']}
";
    project.config(&production(&repo, &["web1"], stages));
    project
        .run(["deploy", "production"])
        .code(0)
        .stdout_has("\n[web1] started\n")
        .stdout_has("\n[web1] next\n");
    let running = fleet.host("web1").processes();
    for sleep in ["sleep 4321", "sleep 5432"] {
        assert!(running.iter().any(|line| line.trim() == sleep), "{running:?}");
    }
}

/// As `sudo` does, which closes what it was not told of, and as start-up files may.
#[test]
fn a_shell_that_loses_the_command_has_not_run_it() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    // Closed, and taken for something else.
    for loses in ["3<&-", "3</dev/null"] {
        let stages = format!(
            "  stages:\n    before:\n      - {{id: it, shell: [sh, -c, 'exec {loses}; exec bash -c \"$1\"', sh], commands: \
             ['touch ran']}}\n"
        );
        project.config(&production(&repo, &["web1"], &stages));
        let stopped = project.run(["deploy", "production"]);
        stopped.code(4).stdout_has("  exit code 126 (").stdout_has("must leave file descriptor 3 open");
        assert!(!fleet.host("web1").file("ran").exists());
    }
}
