//! What hosts do at a login, before garment has its shell.

use garment_testing::{Fleet, Host};

use crate::bed::{shop, wrap};

const TASK: &str = "  stages: {before: [{id: look, commands: ['echo $0 runs; touch ~/ran']}]}\n";

const NOISE: &str =
    "echo 'Welcome!'; echo 'No mail.' >&2; printf 'garment-mark-0 hello\\nno newline\\000\\033[2J'\n";

/// A deploy works, with one connection, as if nothing was.
fn and_it_works(fleet: &Fleet, more: &str) {
    let shop = shop(fleet);
    shop.config(more);
    for verb in ["check", "deploy", "list"] {
        let outcome = shop.project.run([verb, "production"]);
        outcome.code(0).stderr_is("").stdout_lacks("\x1b");
    }
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/index.html"), "one\n");
        assert!(host.file("ran").exists());
    }
}

fn noisy(host: &Host) {
    for file in [".bashrc", ".profile", ".bash_profile", ".bash_login", ".bash_logout"] {
        let path = host.file(file);
        let before = fs_err::read_to_string(&path).unwrap_or_default();
        host.write(file, before + NOISE);
    }
    // Bash reads this wherever it is no login shell.
    host.write("noise", NOISE);
    host.variable("BASH_ENV", &host.file("noise").to_string_lossy());
    host.variable("ENV", &host.file("noise").to_string_lossy());
}

#[test]
fn profiles_that_talk() {
    let fleet = Fleet::builder().webs(2).start();
    noisy(fleet.host("web1"));
    fleet.host("web2").banner("Authorized use only.\ngarment-mark-0 hello\n");
    and_it_works(&fleet, TASK);
}

#[test]
fn profiles_that_read_or_wait_for_nobody() {
    let fleet = Fleet::builder().webs(1).start();
    for line in
        ["cat", "read -r line", "while read -r line; do echo \"read $line\"; done", "set -u", "stty -a"]
    {
        fleet.host("web1").bash_profile(line);
    }
    and_it_works(&fleet, TASK);
}

/// Tasks need the login shell; garment's own work does not.
#[test]
fn a_profile_that_ends_the_shell() {
    let fleet = Fleet::builder().webs(2).start();
    fleet.host("web2").bash_profile("echo 'maintenance, go away'; exit 3");
    let shop = shop(&fleet);
    shop.config(TASK);
    shop.project.run(["check", "production"]).code(0);
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(4).stderr_is("");
    outcome.stdout_has(
        "\nweb2: before: look failed\n  $ echo $0 runs; touch ~/ran\n  exit code 3\n  its last lines of output:\n  | maintenance, go away\n",
    );
    outcome.stdout_has("\nweb1  none     did all up to before: look\n");
    shop.config(&format!("  shell: sh\n{TASK}"));
}

/// A login shell that has its own syntax and can do what garment asks of it: `-c 'exec sh'`.
fn stand_in(fleet: &Fleet, host: &str, text: &str) {
    wrap(fleet, host, "true", text);
    let path = fleet.root().join("hosts").join(host).join("bin/true");
    let shell = path.with_file_name("fishy");
    fs_err::rename(path, &shell).unwrap();
    fleet.host(host).login_shell(shell);
}

#[test]
fn login_shells_of_all_kinds() {
    let fleet = Fleet::builder().hosts(["sh", "dash", "fishy"]).start();
    fleet.host("sh").login_shell("/bin/sh");
    fleet.host("dash").login_shell("/usr/bin/dash");
    let fishy =
        "echo 'Welcome to fishy'; [ $# = 2 ] && [ \"$1\" = -c ] && [ \"$2\" = 'exec sh' ] && exec sh; exit 9";
    stand_in(&fleet, "fishy", fishy);
    and_it_works(&fleet, TASK);
}

#[test]
fn login_shells_that_let_nobody_in() {
    let fleet = Fleet::builder().hosts(["good", "ends", "nologin", "odd", "killed"]).start();
    stand_in(&fleet, "ends", "exit 3");
    stand_in(&fleet, "nologin", "echo 'This account is currently not available.'; exit 1");
    stand_in(&fleet, "odd", "printf '\\033[2J\\033]0;x\\007out\\000 of order\\n' >&2; exit 0");
    stand_in(&fleet, "killed", "kill -9 $$");
    let shop = shop(&fleet);
    shop.config("");
    let outcome = shop.project.run(["check", "production"]);
    outcome.code(3).stderr_is("").stdout_lacks("\x1b");
    insta::assert_snapshot!(outcome.stdout, @r"
    ✓ configuration of production
    ✓ master is e2e5436eee53c239c23e93e6fdeb89efd239c9d5
    ✓ good: nothing live yet
    ✗ ends: the login shell ended with status 3 before garment could start
        try `ssh ends true`
    ✗ nologin: its login shell lets nobody in
        give the user a real shell: `chsh -s /bin/sh USER`
    ✗ odd: the login failed: \u{1b}[2J\u{1b}]0;x\u{7}out\u{0} of order
        try `ssh odd true`
    ✗ killed: the login shell ended with status 255 before garment could start
        try `ssh killed true`
    4 problems. Nothing was changed.
    ");
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(3).stderr_is("").stdout_lacks("\x1b").stdout_has("4 of 5 hosts could not be reached");
    assert!(!fleet.host("good").file("shop").exists());
}

/// Bash reads `.bashrc` where sshd starts it, with garment's words waiting on its stdin.
#[test]
fn a_bashrc_that_reads_a_line() {
    let fleet = Fleet::builder().webs(1).start();
    fleet.host("web1").write(".bashrc", "read -r line; echo \"read $line\"\n");
    and_it_works(&fleet, TASK);
}
