//! Repositories to deploy.

use garment_testing::Fleet;

#[test]
fn makes_the_same_ids_every_time() {
    let ids = [(); 2].map(|()| {
        let fleet = Fleet::builder().start();
        let repo = fleet.repo("app");
        repo.write("a b/file", "text\n")
            .symlink("file", "a b/link")
            .write("run", "#!/bin/sh\n")
            .executable("run");
        let first = repo.commit("first");
        let second = repo.remove("a b/link").commit("second");
        let tag = repo.annotated_tag("v1");
        repo.branch("feature/master").tag("light").push();
        assert_eq!(repo.git(["ls-tree", "-r", "--name-only", "-z", &first]), "a b/file\0a b/link\0run\0");
        assert_eq!(repo.git(["ls-tree", &second, "run"]).split(' ').next(), Some("100755"));
        let refs = repo.git(["ls-remote", "origin"]);
        assert!(refs.contains(&format!("{second}\trefs/heads/feature/master")), "{refs}");
        assert!(refs.contains(&format!("{tag}\trefs/tags/v1\n{second}\trefs/tags/v1^{{}}")), "{refs}");
        assert_eq!(repo.git(["log", "--format=%at", "-1", &second]), "1767225660");
        (first, second, tag)
    });
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn has_submodules_with_relative_urls() {
    let fleet = Fleet::builder().webs(1).start();
    let (library, app) = (fleet.repo("a library"), fleet.repo("app"));
    library.write("lib.txt", "lib\n").commit("library");
    library.push();
    app.add_submodule("vendor/a library", "../a library.git").commit("app");
    app.push();
    fleet.ssh("web1", &format!("git clone -q --recurse-submodules {} clone", app.url())).code(0);
    assert_eq!(fleet.host("web1").read("clone/vendor/a library/lib.txt"), "lib\n");
}

#[test]
fn is_served_over_ssh_to_who_forwards_an_agent() {
    let fleet = Fleet::builder().hosts(["web1", "git"]).start();
    let repo = fleet.repo("app");
    repo.write("file", "text\n").commit("first");
    repo.push();
    fleet.host("git").agent_only();
    let clone = format!("git clone -q {} clone", fleet.git_url("git", repo.origin()));
    fleet.agent();
    fleet.ssh("web1", &clone).code(128).stderr_has("Permission denied (publickey)");
    let output = fleet.command("ssh").args(["-A", "web1", &clone]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fleet.host("web1").read("clone/file"), "text\n");
    let remote =
        fleet.command("git").args(["ls-remote", &fleet.git_url("git", repo.origin())]).output().unwrap();
    assert!(remote.status.success(), "{}", String::from_utf8_lossy(&remote.stderr));
}
