//! What takes long says how far it is; what is over soon says nothing.

use garment_testing::Fleet;

use crate::bed::{Gate, until, wrap};
use crate::push::{cut_off, noise, push};
use crate::{production, project, shop};

#[test]
fn a_clone_that_takes_long() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let gate = Gate::new(&fleet);
    let odd = format!(
        "case \" $* \" in *' clone '*) printf 'remote: Counting objects: 100%% (9/9), done.\\nReceiving objects:  45%% (4/9)\\rReceiving obj' >&2; {} ;; esac",
        gate.wait_on("web2")
    );
    wrap(&fleet, "web2", "git", &odd);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    let mut running = project.spawn_on_terminal(100, ["deploy", "production"]);
    // Until it is on the screen.
    running.wait_for_line(|line| line.contains("Receiving objects:  45% (4/9)"));
    gate.open("web2");
    running.finish().code(0);
    for host in fleet.hosts() {
        until("nothing runs there", || host.processes().is_empty());
        assert!(!host.file("shop/.garment/git-says").exists());
    }
}

#[test]
fn a_clone_that_fails_says_why_and_no_more() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let odd = "case \" $* \" in *' clone '*) printf 'Cloning into x...\\nReceiving objects:  45%% (4/9)\\rReceiving objects: 100%% (9/9), done.\\nfatal: the sky fell\\n' >&2; exit 128 ;; esac";
    wrap(&fleet, "web1", "git", odd);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1"], ""));
    let failed = project.run(["deploy", "-v", "production"]);
    failed.code(4).stdout_has(": the sky fell\n").stdout_has("[web1] fatal: the sky fell\n");
    failed.stdout_lacks("Receiving").stdout_lacks("Cloning");
}

#[test]
fn a_transfer_that_takes_long() {
    let fleet = Fleet::builder().webs(1).start();
    cut_off(&fleet);
    let (repo, _) = shop(&fleet);
    repo.write("picture", noise(3_000_000));
    repo.commit("a picture");
    repo.push();
    let project = project(&fleet);
    project.config(&push(&repo, &["web1"], ""));
    // Each piece takes its time.
    wrap(&fleet, "web1", "dd", "sleep 0.6");
    let mut running = project.spawn_on_terminal(100, ["deploy", "production"]);
    running.wait_for_line(|line| line.contains("kB of 3.0 MB"));
    fs_err::remove_file(fleet.root().join("hosts/web1/bin/dd")).unwrap();
    running.finish().code(0);
}
