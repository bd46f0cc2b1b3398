use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use crate::bed::{Bed, Repo, Shell, find, name, tree};

/// `top` holds `mid` at a path with odd characters, and that holds `leaf`; all urls are relative.
fn nested(bed: &Bed) -> (Repo, String) {
    let leaf = bed.repo("hub/more/leaf one");
    leaf.write("leaf.txt", "leaf");
    let leaf_at = leaf.commit("leaf");
    leaf.write("leaf.txt", "newer, and not recorded");
    leaf.commit("newer");
    let mid = bed.repo("hub/mid");
    mid.write(".gitattributes", "secret export-ignore\n");
    mid.write("secret", "s");
    mid.write("mid.txt", "mid");
    mid.commit("mid");
    mid.add_submodule("in/lé af", Some("../more/leaf one"), &leaf_at);
    let mid_at = mid.commit_index("leaf");
    let top = bed.repo("hub/top");
    top.write("top.txt", "top");
    top.commit("top");
    top.add_submodule("vendor/it's \"mid\" $HOME", Some("./../mid/"), &mid_at);
    top.add_submodule("again", Some("../mid"), &mid_at);
    let top_at = top.commit_index("mid");
    (top, top_at)
}

#[test]
fn nested_relative_and_with_spaces() {
    for bed in Bed::all() {
        let (top, commit) = nested(&bed);
        let mut got = tree(&bed.prepared(&top.url(), &commit, &name(1)));
        got.retain(|_, what| what != "folder");
        let mut want =
            vec![("REVISION".to_owned(), format!("{commit}\n")), ("top.txt".to_owned(), "top".to_owned())];
        let modules = |text: String| text.replace("    ", "\t");
        let mid_modules =
            modules("[submodule \"in/lé af\"]\n    path = in/lé af\n    url = ../more/leaf one\n".into());
        for at in ["again", "vendor/it's \"mid\" $HOME"] {
            want.push((format!("{at}/mid.txt"), "mid".into()));
            want.push((format!("{at}/.gitattributes"), "secret export-ignore\n".into()));
            want.push((format!("{at}/.gitmodules"), mid_modules.clone()));
            want.push((format!("{at}/in/lé af/leaf.txt"), "leaf".into()));
        }
        want.push((".gitmodules".into(), fs::read_to_string(top.dir.join(".gitmodules")).unwrap()));
        assert_eq!(got, want.into_iter().collect(), "{:?}", bed.shell);
        // One copy for each url.
        assert_eq!(fs::read_dir(bed.app("source/garment-submodules")).unwrap().count(), 2);
        // The second time, nothing of the submodules is fetched.
        fs::rename(bed.dir.path().join("hub/more"), bed.dir.path().join("hub/less")).unwrap();
        bed.prepared(&top.url(), &commit, &name(2));
    }
}

#[test]
fn a_path_as_origin_works_the_same() {
    for bed in Bed::all() {
        let (top, commit) = nested(&bed);
        symlink(bed.dir.path().join("hub"), bed.home().join("hub")).unwrap();
        let _ = top;
        bed.prepared("~/hub/top", &commit, &name(1));
        bed.prepared("hub/top", &commit, &name(2));
    }
}

#[test]
fn folders_that_stay_empty() {
    for bed in Bed::all() {
        let empty = bed.repo("empty");
        let empty_at = empty.commit("nothing in it");
        let top = bed.repo("top");
        top.write(".gitattributes", "ignored export-ignore\n");
        top.commit("top");
        top.add_submodule("unnamed", None, &"0123456789".repeat(4));
        top.add_submodule("ignored", Some("../nowhere"), &"0123456789".repeat(4));
        top.add_submodule("empty", Some("../empty"), &empty_at);
        let commit = top.commit_index("subs");
        let ran = bed.prepare(&top.url(), &commit, &name(1)).ok();
        assert_eq!(
            ran.stderr,
            "submodule unnamed: .gitmodules does not name it, so its folder stays empty\n"
        );
        let got = tree(&bed.app("releases").join(name(1)));
        let folders: Vec<_> =
            got.iter().filter(|(_, what)| *what == "folder").map(|(path, _)| &**path).collect();
        assert_eq!(folders, ["empty", "unnamed"]);
        assert_eq!(got.len(), 5, "{got:?}");
    }
}

#[test]
fn what_is_wrong_with_one_is_named() {
    for bed in Bed::all() {
        let sub = bed.repo("sub");
        let sub_at = sub.commit("sub");
        let gone = "0123456789".repeat(4);
        let top = bed.repo("top");
        let base = top.commit("top");
        let sub_url = sub.url();
        let cases: [(&str, &str, &str, String); 6] = [
            (
                "lib",
                "-u./evil",
                &sub_at,
                "the url `-u./evil` of the submodule `lib` starts with `-`, which git takes for an option"
                    .into(),
            ),
            ("lib", "", &sub_at, "the submodule `lib` has no url in .gitmodules".into()),
            (
                "lib",
                "../sub",
                &gone,
                format!("the submodule `lib` is at commit {gone}, which `{sub_url}` does not have"),
            ),
            (
                "li\nb",
                "../sub",
                &sub_at,
                "the submodule path `li\\u{1}b` has a newline in it, which garment can't handle".into(),
            ),
            (
                "lib",
                "../nowhere",
                &sub_at,
                format!(
                    "git can't fetch the submodule `lib` from `{}`: '{}' does not appear to be a git repository",
                    sub_url.replace("/sub", "/nowhere"),
                    bed.dir.path().join("nowhere").display()
                ),
            ),
            (
                "lib",
                "ext::sh -c touch% x",
                &sub_at,
                "git can't fetch the submodule `lib` from `ext::sh -c touch% x`: transport 'ext' not allowed"
                    .into(),
            ),
        ];
        for (n, (path, url, at, want)) in cases.into_iter().enumerate() {
            top.git(&["reset", "-q", "--hard", &base]);
            top.add_submodule(path, Some(url), at);
            let commit = top.commit_index("sub");
            let name = name(u32::try_from(n).unwrap());
            let (what, remedy) = bed.prepare(&top.url(), &commit, &name).failure();
            assert_eq!(what, want, "{:?}", bed.shell);
            assert!(!remedy.is_empty());
            let state = fs::read_to_string(bed.app(".garment/releases").join(&name)).unwrap();
            assert!(state.starts_with("state=failed\n"), "{state}");
        }
        assert_eq!(bed.listed(), []);
        assert!(!bed.home().join("x").exists());
    }
}

/// A repository from elsewhere can't make the host read its own files as a submodule.
#[test]
fn a_far_origin_names_no_path_of_the_host() {
    use std::os::unix::fs::PermissionsExt;
    for mut bed in Bed::all() {
        let sub = bed.repo("sub");
        let sub_at = sub.commit("sub");
        let top = bed.repo("top");
        top.commit("top");
        top.add_submodule("lib", Some(sub.dir.to_str().unwrap()), &sub_at);
        let commit = top.commit_index("sub");
        let ssh = bed.dir.path().join("ssh");
        // git hands over the host and the command; this host is near.
        fs::write(&ssh, "#!/bin/sh\nfor last; do :; done\neval \"$last\"\n").unwrap();
        fs::set_permissions(&ssh, PermissionsExt::from_mode(0o755)).unwrap();
        bed.env =
            vec![("GIT_SSH".into(), ssh.display().to_string()), ("GIT_SSH_VARIANT".into(), "ssh".into())];
        let url = format!("evan@example.org:{}", top.dir.display());
        let (what, _) = bed.prepare(&url, &commit, &name(1)).failure();
        assert_eq!(
            what,
            format!(
                "git can't fetch the submodule `lib` from `{}`: transport 'file' not allowed",
                sub.dir.display()
            )
        );
        // One that is relative to it is fetched the same way as it.
        top.git(&["config", "-f", ".gitmodules", "submodule.lib.url", "../sub"]);
        top.git(&["add", ".gitmodules"]);
        let commit = top.commit_index("relative");
        bed.prepared(&url, &commit, &name(2));
        // `host:path` has its first step behind the colon.
        let hub = bed.dir.path().display();
        fs::write(&ssh, format!("#!/bin/sh\nfor last; do :; done\ncd '{hub}' && eval \"$last\"\n")).unwrap();
        fs::remove_dir_all(bed.app("source")).unwrap();
        bed.prepared("evan@example.org:top", &commit, &name(3));
        let (what, _) = {
            top.git(&["config", "-f", ".gitmodules", "submodule.lib.url", "../../../sub"]);
            top.git(&["add", ".gitmodules"]);
            let commit = top.commit_index("too far");
            bed.prepare("evan@example.org:top", &commit, &name(4)).failure()
        };
        assert_eq!(what, "the url `../../../sub` of the submodule `lib` leads above `evan@example.org:top`");
    }
}

/// Trees that no git would make, which hold two things by one name: a link and a folder with a submodule in it, or a
/// submodule that brings the link and such a folder.
#[test]
fn nothing_is_written_behind_a_link() {
    for bed in Bed::all() {
        let outside = bed.dir.path().join("outside");
        fs::create_dir_all(outside.join("sub")).unwrap();
        let sub = bed.repo("sub");
        sub.write("evil", "evil");
        let sub_at = sub.commit("sub");
        let linking = bed.repo("linking");
        symlink(&outside, linking.dir.join("b")).unwrap();
        let linking_at = linking.commit("link");
        let top = bed.repo("top");
        symlink(&outside, top.dir.join("link")).unwrap();
        top.write(
            ".gitmodules",
            "[submodule \"x\"]\npath = a/b\nurl = ../sub\n[submodule \"y\"]\npath = a\nurl = ../linking\n",
        );
        top.commit("parts");
        let link = format!("120000 blob {}\ta", top.git(&["rev-parse", "HEAD:link"]));
        let modules = format!("100644 blob {}\t.gitmodules", top.git(&["rev-parse", "HEAD:.gitmodules"]));
        let folder = format!("040000 tree {}\ta", make_tree(&top, &format!("160000 commit {sub_at}\tb\n")));
        let module = format!("160000 commit {linking_at}\ta");
        for (n, entries) in [[&link, &folder], [&folder, &link], [&module, &folder]].iter().enumerate() {
            let made = make_tree(&top, &format!("{modules}\n{}\n{}\n", entries[0], entries[1]));
            let commit = top.git(&["commit-tree", "-m", "evil", &made]);
            top.git(&["update-ref", "refs/heads/evil", &commit]);
            let name = name(u32::try_from(n).unwrap());
            let ran = bed.prepare(&top.url(), &commit, &name);
            assert_eq!(tree(&outside).keys().collect::<Vec<_>>(), ["sub"], "{ran:?}");
            if n == 2 {
                // GNU tar puts the submodule's link in the place of the empty folder; busybox's tar refuses to.
                let (what, _) = ran.failure();
                if bed.shell == Shell::Ash {
                    assert!(what.contains("can't be unpacked"), "{what}");
                } else {
                    assert_eq!(what, "the submodule `a/b` lies behind a symlink of the same commit");
                }
            } else if ran.code == Some(0) {
                // GNU tar gives up on the link, or on both, as the inodes fall.
                assert!(bed.app("releases").join(name).join("a/b/evil").is_file());
            }
        }
    }
}

/// `git mktree` of these lines, whatever they are.
fn make_tree(repo: &Repo, lines: &str) -> String {
    let mut child = Command::new(find("git"))
        .args(["mktree", "--missing"])
        .current_dir(&repo.dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}
