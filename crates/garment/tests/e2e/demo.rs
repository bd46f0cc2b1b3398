use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use garment_testing::{Fleet, Outcome, Running, Sandbox};

use crate::normal::normal;
use crate::project;

fn fleet() -> Fleet {
    Fleet::builder().start()
}

/// What a demo in `DIR` says on a pipe.
const SAID: &str = include_str!("demo.txt");

fn said(outcome: &Outcome, dir: &Path) -> String {
    normal(&outcome.stdout, &[(dir, "DIR"), (bin(), "BIN")])
}

fn bin() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_garment")).parent().unwrap()
}

/// All of it stands as the demo says.
fn is_complete(dir: &Path) {
    for host in ["web1", "web2", "db1"] {
        let read = |path: &str| fs_err::read_to_string(dir.join(host).join(path)).unwrap();
        assert_eq!(read("current/version.txt"), "version 1\n");
        assert_eq!(read("current/index.html"), "<h1>Shop</h1>\n");
        assert_eq!(fs_err::read_dir(dir.join(host).join("releases")).unwrap().count(), 2);
    }
    let mut names: Vec<_> = fs_err::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["db1", "deploy.conf", "shop", "shop.git", "web1", "web2"]);
}

/// The only demo in the controller's folder for temporary files.
fn in_tmp(fleet: &Fleet) -> PathBuf {
    let mut found = fs_err::read_dir(fleet.root().join("tmp")).unwrap().map(|entry| entry.unwrap().path());
    let demo = found.next().unwrap();
    assert_eq!(found.next(), None);
    demo
}

#[test]
fn it_says_what_it_does() {
    let fleet = fleet();
    let outcome = project(&fleet).run(["demo"]);
    outcome.code(0).stderr_is("");
    let dir = in_tmp(&fleet);
    assert!(dir.file_name().unwrap().to_str().unwrap().starts_with("garment-demo-"));
    assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(said(&outcome, &dir), SAID);
    is_complete(&dir);
    assert_eq!(fs_err::read_dir(fleet.project()).unwrap().count(), 0);
    assert_eq!(fs_err::read_dir(fleet.root().join("controller")).unwrap().count(), 1, "only its .gitconfig");
}

#[test]
fn on_a_terminal_the_report_is_live() {
    let fleet = fleet();
    let outcome = project(&fleet).spawn_on_terminal(80, ["demo"]).finish();
    outcome
        .code(0)
        .stdout_has("\x1b[1m1. Deploy version 1")
        .stdout_has("\x1b[A\x1b[K")
        .stdout_has("Remove it all:");
    is_complete(&in_tmp(&fleet));
}

#[test]
fn quietly() {
    let fleet = fleet();
    let outcome = project(&fleet).run(["demo", "-q"]);
    outcome.code(0).stderr_is("").stdout_lacks("tried out").stdout_lacks("$ garment").stdout_lacks("== ");
    assert!(outcome.stdout.starts_with("deploy to demo done: "), "{outcome}");
    outcome.stdout_has("rollback of demo done: ").stdout_has("Remove it all:");
}

/// The commands at the end, pasted into a shell, work wherever it was made.
#[test]
fn in_a_folder_of_any_name_what_it_shows_can_be_pasted() {
    let fleet = fleet();
    let sandbox = project(&fleet);
    let dir = fleet.project().join("it's {host} #1: \"é\" $(touch x)");
    let outcome = sandbox.run(["demo".as_ref(), "--dir".as_ref(), dir.file_name().unwrap()]);
    outcome.code(0).stderr_is("");
    is_complete(&dir);
    assert!(!fleet.project().join("x").exists());

    let shown = |start: &str| {
        let line = outcome.stdout.lines().find(|line| line.starts_with(start));
        line.unwrap_or_else(|| panic!("{start}\n{outcome}")).trim_start_matches("$ ").to_owned()
    };
    let shell = |script: String| {
        let mut sh = fleet.command("sh");
        sh.args(["-e", "-c", &script]);
        sandbox.spawn_command(sh).finish()
    };
    let list = format!("PATH=$PATH:{}\n{}", bin().display(), shown("$ garment list"));
    shell(list).code(0).stdout_has("rolled-back");
    shell(format!("{}\n{}", shown("  ls -l"), shown("  cat")))
        .code(0)
        .stdout_has("version.txt")
        .stdout_has("demo:\n");
    let on = ["  cd ", "  echo ", "  PATH=", "  garment "].map(shown).join("\n");
    shell(on).code(0).stdout_has("serving version 3");
    shell(shown("  rm -rf")).code(0);
    assert!(!dir.exists());
}

#[test]
fn without_a_home_a_name_or_a_user() {
    let fleet = fleet();
    let sandbox = project(&fleet);
    let mut command = sandbox.command(["demo"]);
    for name in ["HOME", "USER", "LOGNAME", "SHELL", "LANG"] {
        command.env_remove(name);
    }
    let outcome = sandbox.spawn_command(command).finish();
    outcome.code(0).stderr_is("");
    let dir = in_tmp(&fleet);
    assert_eq!(said(&outcome, &dir), SAID);
    let user = fleet.env()["USER"].clone();
    outcome.stdout_has(&format!("  {user}@"));
}

#[test]
fn with_a_home_that_can_t_be_written() {
    let fleet = fleet();
    let home = fleet.root().join("controller");
    fs_err::set_permissions(&home, Permissions::from_mode(0o555)).unwrap();
    let sandbox = project(&fleet);
    let mut command = sandbox.command(["demo"]);
    command.env("HOME", "/proc/self");
    sandbox.spawn_command(command).finish().code(0).stderr_is("");
    sandbox.run(["demo", "--dir", "x"]).code(0);
    fs_err::set_permissions(&home, Permissions::from_mode(0o755)).unwrap();
}

/// A hook that would stop everything, for all that git calls hooks for.
fn hostile_git(fleet: &Fleet) {
    let home = fleet.root().join("controller");
    let hooks = home.join("hooks");
    fs_err::create_dir(&hooks).unwrap();
    for hook in
        ["pre-commit", "commit-msg", "pre-push", "post-checkout", "reference-transaction", "pre-receive"]
    {
        fs_err::write(hooks.join(hook), "#!/bin/sh\nexit 1\n").unwrap();
        fs_err::set_permissions(hooks.join(hook), Permissions::from_mode(0o755)).unwrap();
    }
    let config = format!(
        "[init]\n\tdefaultBranch = trunk\n\ttemplateDir = /nonexistent\n[core]\n\tautocrlf = true\n\thooksPath = {}\n\
         \tattributesFile = {}\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n[push]\n\tdefault = nothing\n\
         \tgpgSign = true\n[user]\n\tuseConfigOnly = true\n[safe]\n\tbareRepository = explicit\n[transfer]\n\
         \tfsckObjects = true\n",
        hooks.display(),
        home.join("attributes").display()
    );
    fs_err::write(home.join(".gitconfig"), config).unwrap();
    fs_err::write(home.join("attributes"), "* text eol=crlf ident\n*.html export-ignore\n").unwrap();
}

#[test]
fn with_git_settings_that_change_everything() {
    let fleet = fleet();
    hostile_git(&fleet);
    let sandbox = project(&fleet);
    let mut command = sandbox.command(["demo"]);
    command.envs([
        ("GIT_DIR", "/nonexistent"),
        ("GIT_WORK_TREE", "/nonexistent"),
        ("GIT_INDEX_FILE", "/nonexistent/index"),
        ("GIT_OBJECT_DIRECTORY", "/nonexistent"),
        ("GIT_NAMESPACE", "x"),
        ("GIT_AUTHOR_DATE", "nonsense"),
        ("GIT_COMMITTER_NAME", ""),
    ]);
    let outcome = sandbox.spawn_command(command).finish();
    outcome.code(0).stderr_is("");
    let dir = in_tmp(&fleet);
    assert_eq!(said(&outcome, &dir), SAID);
    is_complete(&dir);
}

#[test]
fn with_profiles_that_talk_and_fail() {
    let fleet = fleet();
    let home = fleet.root().join("controller");
    for name in [".bash_profile", ".profile", ".bashrc"] {
        fs_err::write(home.join(name), "echo welcome\necho warning >&2\ncd /\nexit 3\n").unwrap();
    }
    let sandbox = project(&fleet);
    let mut command = sandbox.command(["demo"]);
    command.env("ENV", home.join(".bashrc")).env("BASH_ENV", home.join(".bashrc"));
    let outcome = sandbox.spawn_command(command).finish();
    outcome.code(0).stderr_is("");
    assert_eq!(said(&outcome, &in_tmp(&fleet)), SAID);
}

fn refused(sandbox: &Sandbox<'_>, arguments: &[&str], want: &str) {
    sandbox.run(arguments).code(2).stdout_is("").stderr_is(&format!("error: {want}\n"));
}

#[test]
fn folders_that_it_does_not_take() {
    let fleet = fleet();
    let sandbox = project(&fleet);
    sandbox.write("there/x", "x");
    std::os::unix::fs::symlink("/nonexistent", fleet.project().join("dangling")).unwrap();
    for name in ["there", "dangling", "there/x"] {
        let want =
            format!("{name} is already there, and stays as it is: name a folder that is not there yet");
        refused(&sandbox, &["demo", "--dir", name], &want);
    }
    let want = "can't make no/such: failed to canonicalize path `no`: No such file or directory (os error 2)";
    refused(&sandbox, &["demo", "--dir", "no/such"], want);
    for name in ["/", ".."] {
        let want = format!("{name} can't be made: name a folder that is not there yet");
        refused(&sandbox, &["demo", "--dir", name], &want);
    }
    let want = format!(
        "deploy.conf can't name {}/a\\nb: choose a folder whose path is UTF-8 text without control characters, with \
         `--dir DIR`",
        fleet.project().display()
    );
    let outcome = sandbox.run(["demo", "--dir", "a\nb"]);
    outcome.code(2).stdout_is("");
    assert_eq!(outcome.stderr.replace("a\n  b", "a\\nb"), format!("error: {want}\n"));
    let want = "a demo has a deploy.conf of its own: leave `--config` out";
    refused(&sandbox, &["demo", "--config", "x"], want);
    assert_eq!(fs_err::read_dir(fleet.project()).unwrap().count(), 2);
    assert_eq!(fs_err::read_dir(fleet.root().join("tmp")).unwrap().count(), 0);
}

#[test]
fn without_git_or_room_nothing_is_left() {
    let fleet = fleet();
    let sandbox = project(&fleet);
    let mut command = sandbox.command(["demo", "--dir", "x"]);
    command.env("PATH", fleet.project());
    let want = "error: there is no `git` on this machine\n  install git (Debian: `apt-get install git`)\n";
    sandbox.spawn_command(command).finish().code(2).stdout_is("").stderr_is(want);
    assert!(!fleet.project().join("x").exists());

    let mut command = sandbox.command(["demo"]);
    command.env("TMPDIR", "/nonexistent");
    let outcome = sandbox.spawn_command(command).finish();
    outcome.code(2).stdout_is("").stderr_has("error: can't make a temporary folder: ");
    outcome.stderr_has(
        "\n  set `TMPDIR` to a folder that you may write to, or name one for the demo with `--dir DIR`\n",
    );
}

/// A demo in the folder `x`, on a machine whose program of this name does something else.
fn with_program(sandbox: &Sandbox<'_>, name: &str, script: &str) -> Running {
    let bin = sandbox.fleet().project().join("bin");
    sandbox.write(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
    fs_err::set_permissions(bin.join(name), Permissions::from_mode(0o755)).unwrap();
    let mut command = sandbox.command(["demo", "--dir", "x"]);
    command.env("PATH", format!("{}:{}", bin.display(), sandbox.fleet().env()["PATH"]));
    sandbox.spawn_command(command)
}

fn ends_here(fleet: &Fleet) -> String {
    let dir = fleet.project().join("x").display().to_string();
    format!("error: the demo ends here; what it made stays in {dir}\n  remove it with: rm -rf {dir}\n")
}

/// A `tar` that fails stands for whatever goes wrong on a host.
#[test]
fn what_goes_wrong_is_not_passed_over() {
    let fleet = fleet();
    let outcome = with_program(&project(&fleet), "tar", "exit 9").finish();
    outcome
        .code(4)
        .stdout_has("deploy to demo failed in prepare")
        .stdout_lacks("2. ")
        .stdout_lacks("Remove it");
    outcome.stderr_is(&ends_here(&fleet));
}

/// A deploy that says it went well is not taken at its word.
#[test]
fn what_is_served_is_looked_at() {
    let fleet = fleet();
    let script = "PATH=${PATH#*:} tar \"$@\"\nfor dir; do :; done\necho other >\"$dir/version.txt\"";
    let outcome = with_program(&project(&fleet), "tar", script).finish();
    outcome.code(6).stdout_has("deploy to demo done").stdout_lacks("2. ");
    outcome.stderr_is(&format!(
        "error: web1 should serve version 1, but {}/x/web1/current/version.txt says `other`\n{}",
        fleet.project().display(),
        ends_here(&fleet)
    ));
}

#[test]
fn ctrl_c_ends_it() {
    let fleet = fleet();
    let mut running = with_program(&project(&fleet), "tar", "exec sleep 60");
    running.wait_for_line(|line| line == "== prepare (3 hosts)");
    running.interrupt();
    let outcome = running.finish();
    outcome.code(130).stdout_has("deploy to demo stopped, as asked").stderr_is(&ends_here(&fleet));
}

/// While git makes the repository, nobody has been shown anything yet.
#[test]
fn ctrl_c_before_it_begins_leaves_nothing() {
    let fleet = fleet();
    let sandbox = project(&fleet);
    let script = "PATH=${PATH#*:}\nif [ \"$1\" = push ]; then kill -INT \"$PPID\"; fi\nexec git \"$@\"";
    let outcome = with_program(&sandbox, "git", script).finish();
    outcome.code(130).stdout_is("").stderr_is("");
    assert!(!fleet.project().join("x").exists());
}
