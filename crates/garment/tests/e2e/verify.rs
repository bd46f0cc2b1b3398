use garment_testing::{Fleet, Outcome, Sandbox};

use crate::found::{current, names, tree};
use crate::{production, project, shop};

/// Runs it, and sees to it that it changes nothing but what the lock says.
fn verify(project: &Sandbox<'_>) -> Outcome {
    let trees = || -> Vec<Vec<String>> {
        let trees = project.fleet().hosts().iter().map(|host| tree(host.home()));
        trees
            .map(|tree| {
                let of_the_lock = ["lock", "beat", "session"].map(|name| format!(".garment/{name}\" "));
                tree.into_iter().filter(|line| !of_the_lock.iter().any(|of| line.contains(of))).collect()
            })
            .collect()
    };
    let before = trees();
    let outcome = project.run(["verify", "production"]);
    assert_eq!(trees(), before);
    outcome
}

#[test]
fn to_the_letter() {
    let fleet = Fleet::builder().webs(2).start();
    let library = fleet.repo("library");
    library.write("lib", "lib\n").commit("1");
    library.push();
    let (repo, _) = shop(&fleet);
    repo.write("it's a \"name\"", "x").executable("it's a \"name\"");
    repo.add_submodule("vendor/library", "../library.git");
    let commit = repo.commit("2");
    repo.push();
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    project
        .run(["verify", "production"])
        .code(2)
        .stdout_is("")
        .stderr_is("error: nothing is live on production yet\n");
    project.run(["verify", "produktion"]).code(2).stdout_is("").stderr_has("`production`");
    project.run(["deploy", "production"]).code(0);
    let (web1, web2) = (fleet.host("web1"), fleet.host("web2"));
    let release = current(web1).unwrap();
    verify(&project)
        .code(0)
        .stderr_is("")
        .stdout_is(&format!("✓ web1: {release} is commit {commit}\n✓ web2: {release} is commit {commit}\n"));
    web2.write("shop/current/version", "2\n");
    web2.write("shop/current/cache/deep/file", "");
    web2.write("shop/current/new\nline", "");
    fs_err::remove_file(web2.file("shop/current/vendor/library/lib")).unwrap();
    verify(&project).code(4).stderr_is("").stdout_is(&format!(
        "✓ web1: {release} is commit {commit}\n\
         ✗ web2: {release} is not commit {commit}: 1 changed, 1 missing, 2 extra\n    \
         changed  version\n    extra    cache\n    extra    new\\nline\n    missing  vendor/library/lib\n"
    ));
    // Somebody went in by hand.
    fs_err::remove_file(web1.file("shop/current")).unwrap();
    let odd = verify(&project);
    odd.code(4)
        .stdout_has("✗ web1: nothing is live there\n    see how things stand: `garment status production`\n");
    assert_eq!(names(&web1.file("shop/.garment")), ["beat", "lock", "operations", "releases", "session"]);
}

#[test]
fn it_waits_for_nobody_and_needs_every_host() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    project.run(["deploy", "production"]).code(0);
    project.run(["lock", "production", "-m", "no"]).code(0);
    let frozen = verify(&project);
    frozen.code(7).stdout_is("").stderr_has("error: web1: frozen by ").stderr_has("nothing was changed");
    project.run(["unlock", "production"]).code(0);
    // A host without what it takes is not taken for one that differs without a reason.
    fs_err::rename(fleet.host("web1").file("shop/source"), fleet.host("web1").file("shop/gone")).unwrap();
    let gone = verify(&project);
    gone.code(4)
        .stdout_has("✗ web1: the copy of the repository, `")
        .stdout_has("\n    deploy again: that fetches one\n✓ web2: ");
    fleet.host("web2").refuse();
    verify(&project).code(3).stdout_is("").stderr_has("error: web2: ").stderr_has("nothing was changed");
}
