use garment_testing::Fleet;

use crate::project;

#[test]
fn a_deploy_to_two_hosts_and_back() {
    let fleet = Fleet::builder().webs(2).start();
    let repo = fleet.repo("shop");
    repo.write("index.html", "one\n");
    let one = repo.commit("one");
    repo.push();
    let project = project(&fleet);
    project.config(&format!(
        "production:\n  repo_url: {}\n  git_ref: {}\n  deploy_dir: ~/shop\n  hosts:\n    web1:\n    web2:\n",
        repo.url(),
        "master"
    ));
    project.run(["deploy", "production"]).code(0).stdout_has("is live on 2 hosts");
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/index.html"), "one\n");
        assert_eq!(host.read("shop/current/REVISION"), format!("{one}\n"));
        assert_eq!(host.connections(), 1);
    }
    repo.write("index.html", "two\n");
    repo.commit("two");
    repo.push();
    project.run(["deploy", "production"]).code(0);
    assert_eq!(fleet.host("web2").read("shop/current/index.html"), "two\n");
    project.run(["rollback", "production"]).code(0);
    for host in fleet.hosts() {
        assert_eq!(host.read("shop/current/index.html"), "one\n");
    }
}
