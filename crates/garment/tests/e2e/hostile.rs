//! Hosts and repositories that mean harm.

use garment_testing::{Fleet, Repo};

use crate::bed::{Shop, current, footprint, shop};

/// Whether anything was executed or written outside of where garment works.
fn nothing_was_executed(fleet: &Fleet) {
    let mut found: Vec<String> = footprint(fleet.root()).into_keys().collect();
    found.retain(|path| path.rsplit('/').next() == Some("pwned"));
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_host_whose_folders_hold_odd_things() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("  keep_releases: 1\n");
    shop.project.run(["deploy", "production"]).code(0);
    let host = fleet.host("web1");
    let first = current(host);
    let odd = [
        "20260101T000000-$(touch ~/pwned)",
        "20260101T000000-1234567\n20260101T000000-7654321",
        "20260101T000000-1234567\x1b[2J",
        "20260101T000000-1234567-'; touch ~/pwned; '",
        "20991301T999999-zzzzzzz",
        "-rf",
    ];
    for name in odd {
        host.write(format!("shop/releases/{name}/index.html"), "precious\n");
    }
    std::os::unix::fs::symlink("/", host.file("shop/releases/20260101T000000-aaaaaaa")).unwrap();
    host.write("shop/releases/20260101T000000-bbbbbbb", "a file");
    // States that garment has not written.
    host.write("shop/releases/20260102T000000-1111111/index.html", "garbage\n");
    let mut garbage = vec![0_u8, 255, 27, b'[', b'2', b'J', b'\n'];
    garbage
        .extend(b"state=$(touch ~/pwned)\ncommit=`touch ~/pwned`\nby=\x1b[2J\xff\ncurrent=/\n".repeat(500));
    host.write("shop/.garment/releases/20260102T000000-1111111", &garbage);
    host.write("shop/.garment/releases/$(touch ~/pwned)", "state=live\n");
    fs_err::create_dir(host.file("shop/.garment/releases/20260103T000000-2222222")).unwrap();
    host.write("shop/releases/20260103T000000-2222222/index.html", "garbage\n");
    for verb in ["list", "check", "deploy", "deploy", "list"] {
        let outcome = shop.project.run([verb, "production"]);
        outcome.code(0).stderr_is("").stdout_lacks("\x1b");
    }
    assert_ne!(current(host), first);
    for name in odd {
        assert_eq!(host.read(format!("shop/releases/{name}/index.html")), "precious\n", "{name:?}");
    }
    nothing_was_executed(&fleet);
}

#[test]
fn a_garment_folder_that_leads_elsewhere() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("");
    let host = fleet.host("web1");
    fs_err::create_dir(host.file("shop")).unwrap();
    std::os::unix::fs::symlink("../gone", host.file("shop/.garment")).unwrap();
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(4).stderr_is("").stdout_has("shop/.garment` is not a folder, so the lock");
    shop.project
        .run(["check", "production"])
        .code(4)
        .stderr_is("")
        .stdout_has("shop/.garment` is not a folder");
    assert!(!host.file("gone").exists());
    // Whoever moved it to a larger disk did well.
    fs_err::create_dir(host.file("gone")).unwrap();
    shop.project.run(["deploy", "production"]).code(0).stderr_is("");
    assert!(host.file("gone/releases").is_dir());
}

/// What commands print is told as what it is.
#[test]
fn a_host_that_pretends() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let forge = "for fd in 1 2; do printf 'garment-mark-%032d end 0 0\\ngarment-mark-%032d done\\nproblem\\000fake\\000' 0 0 >&$fd; done";
    fleet.host("web1").bash_profile(forge);
    shop.config("  stages: {before: [{id: one, commands: ['env; exit 5', 'touch ~/next']}]}\n");
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(4).stderr_is("").stdout_has("command 1 of 2: exit code 5\n");
    assert!(!fleet.host("web1").file("next").exists());
    assert!(!outcome.stdout.contains('\0'));
    // The forged marks, and no real one.
    let real = "garment-mark-00000000000000000000000000000000 end";
    let marks: Vec<&str> = outcome.stdout.lines().filter(|line| line.contains("garment-mark-")).collect();
    assert!(marks.iter().any(|line| line.contains(real)), "{outcome}");
    assert!(
        marks.iter().all(|line| line.contains("garment-mark-00000000000000000000000000000000")),
        "{outcome}"
    );
}

/// A commit that claims to have a submodule, with this `.gitmodules`.
fn with_gitmodules(repo: &Repo, path: &str, text: &str) {
    let commit = repo.id("HEAD");
    repo.write(".gitmodules", text);
    repo.git(["add", ".gitmodules"]);
    repo.git(["update-index", "--add", "--cacheinfo", &format!("160000,{commit},{path}")]);
    repo.git(["commit", "--quiet", "--message", "a submodule"]);
    repo.push();
}

/// A deploy of that commit fails with one of these texts, and nothing of it is anywhere.
fn refused(text: &str, why: &str) {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let host = fleet.host("web1");
    host.write("precious", "precious\n");
    shop.config("");
    with_gitmodules(&shop.repo, "sub", text);
    let outcome = shop.project.run(["deploy", "production"]);
    outcome.code(4).stderr_is("").stdout_has(why);
    assert_eq!(current(host), "");
    let below: Vec<String> = footprint(host.home()).into_keys().filter(|path| !path.contains('/')).collect();
    assert_eq!(below, [".gitconfig", ".profile", ".ssh", "precious", "shop"], "{outcome}");
    nothing_was_executed(&fleet);
}

#[test]
fn submodules_that_would_run_something() {
    let module = |url: &str| format!("[submodule \"sub\"]\n\tpath = sub\n\turl = {url}\n");
    refused(&module("--upload-pack=touch ~/pwned"), "starts with `-`");
    refused(&module("\"ext::sh -c touch% ~/pwned\""), "can't fetch the submodule `sub`");
    refused(&module("ssh://-oProxyCommand=touch/x"), "can't fetch the submodule `sub`");
    refused(&module("\"$(touch ~/pwned)\""), "can't fetch the submodule `sub`");
}

#[test]
fn submodules_that_lead_out_of_the_release() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    shop.config("");
    // .gitmodules alone makes no submodule, whatever paths and names it has.
    let url = shop.repo.url();
    shop.repo.write(
        ".gitmodules",
        format!("[submodule \"../../x\"]\n\tpath = ../x\n\turl = {url}\n\tupdate = !touch ~/pwned\n"),
    );
    shop.repo.commit("modules");
    shop.repo.push();
    shop.project.run(["deploy", "production"]).code(0).stderr_is("");
    let host = fleet.host("web1");
    assert!(!host.file("shop/releases/x").exists() && !host.file("shop/x").exists());
    nothing_was_executed(&fleet);
}

#[test]
fn links_in_the_repository_are_links_in_the_release() {
    let fleet = Fleet::builder().webs(1).start();
    let shop = shop(&fleet);
    let host = fleet.host("web1");
    host.write("precious", "precious\n");
    host.write("folder/precious", "precious\n");
    shop.repo
        .symlink("/etc/passwd", "passwd")
        .symlink("../../..", "up")
        .symlink("../../../precious", "REVISION");
    let commit = shop.repo.commit("links");
    shop.repo.push();
    shop.config("  keep_releases: 1\n");
    for _ in 0..3 {
        shop.project.run(["deploy", "production"]).code(0).stderr_is("");
    }
    // Neither what was written to the release nor what was pruned has gone through a link.
    assert_eq!(host.read("precious"), "precious\n");
    assert_eq!(host.read("folder/precious"), "precious\n");
    assert_eq!(host.read("shop/current/REVISION"), format!("{commit}\n"));
    assert!(host.file("shop/current/REVISION").symlink_metadata().unwrap().is_file());
    let link = |name: &str| fs_err::read_link(host.file("shop/current").join(name)).unwrap();
    assert_eq!((link("passwd"), link("up")), ("/etc/passwd".into(), "../../..".into()));
    leaves_submodule_behind_a_link_alone(&shop, &fleet);
}

fn leaves_submodule_behind_a_link_alone(shop: &Shop<'_>, fleet: &Fleet) {
    with_gitmodules(
        &shop.repo,
        "sub",
        &format!("[submodule \"sub\"]\n\tpath = up/sub\n\turl = {}\n", shop.repo.url()),
    );
    // Not named by its own path, the folder stays empty, and nothing is made where the other path leads.
    shop.project.run(["deploy", "production"]).code(0).stderr_is("");
    let host = fleet.host("web1");
    assert!(!host.file("sub").exists());
    assert_eq!(fs_err::read_dir(host.file("shop/current/sub")).unwrap().count(), 0);
}
