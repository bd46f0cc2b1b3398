//! Repositories whose ids have 64 digits.

use garment_testing::{Fleet, Repo};

use crate::push::{cut_off, noise, push};
use crate::{production, project};

#[test]
fn pulled_pushed_and_rolled_back() {
    let fleet = Fleet::builder().webs(2).start();
    let repository = |name: &str| {
        let repo = Repo::with_sha256(fleet.root().join("repos").join(name));
        repo.write("name", format!("{name}\n")).commit("1");
        repo.push();
        repo
    };
    let library = repository("library");
    let repo = repository("shop");
    repo.add_submodule("library", "../library.git");
    let first = repo.commit("a submodule");
    repo.push();
    assert_eq!(first.len(), 64);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1"], ""));
    project.run(["deploy", "production"]).code(0);
    assert_eq!(fleet.host("web1").read("shop/current/REVISION"), format!("{first}\n"));
    // One has a copy, and one has none.
    cut_off(&fleet);
    project.config(&push(&repo, &["web1", "web2"], ""));
    let mut last = first;
    for version in 2..4 {
        library.write("name", noise(3000 + version)).commit("more");
        library.push();
        repo.git(["-C", "library", "pull", "--quiet", "origin", "master"]);
        last = repo.commit("move on");
        repo.annotated_tag(&format!("v{version}"));
        repo.push();
        project.run(["deploy", "production"]).code(0).stdout_has("== deliver (2 hosts)");
        for host in fleet.hosts() {
            assert_eq!(host.read("shop/current/REVISION"), format!("{last}\n"));
            assert_eq!(fs_err::read(host.file("shop/current/library/name")).unwrap(), noise(3000 + version));
        }
    }
    project.run(["verify", "production"]).code(0);
    project.run(["rollback", "production"]).code(0);
    project.run(["deploy", "production", "--ref", &last]).code(0).stdout_lacks("== deliver");
    // And back, where the origin can be reached.
    for host in fleet.hosts() {
        host.write(".gitconfig", "[protocol \"file\"]\n\tallow = always\n");
    }
    repo.write("name", "pulled again\n");
    repo.commit("4");
    repo.push();
    project.config(&production(&repo, &["web1", "web2"], ""));
    project.run(["deploy", "production"]).code(0);
    assert_eq!(fleet.host("web2").read("shop/current/name"), "pulled again\n");
}
