use insta::assert_snapshot;

use super::{errors, mistakes};

#[test]
fn paths() {
    assert_snapshot!(mistakes("source_dir: ~shop/source\nreleases_dir: \"a\\nb\"\ncurrent_symlink: //"), @r#"
    error: `~` in `source_dir` means the home of the user who logs in, no other
     --> deploy.conf:6:15
      |
    6 |   source_dir: ~shop/source
      |               ^^^^^^^^^^^^
      |
      = help: write `~/…`, or the whole path: `/home/…`

    error: `releases_dir` has a line break in it
     --> deploy.conf:7:17
      |
    7 |   releases_dir: "a\nb"
      |                 ^^^^^^
      |
      = help: write it on one line

    error: `current_symlink` is the root of the file system
     --> deploy.conf:8:20
      |
    8 |   current_symlink: //
      |                    ^^
      |
      = help: name a place of the application's own, such as `/srv/shop`
    "#);
    assert_snapshot!(mistakes("releases_dir: /srv/x/\ncurrent_symlink: '{deploy_dir}/./x'"), @r#"
    error: `releases_dir` and `current_symlink` are the same place
     --> deploy.conf:7:20
      |
    6 |   releases_dir: /srv/x/
      |                 ------- the same place
    7 |   current_symlink: '{deploy_dir}/./x'
      |                    ^^^^^^^^^^^^^^^^^^
      |
      = help: give each of them its own
    "#);
    assert_snapshot!(mistakes("releases_dir: '{deploy_dir}/source'"), @r#"
    error: `source_dir` and `releases_dir` are the same place
     --> deploy.conf:6:17
      |
    6 |   releases_dir: '{deploy_dir}/source'
      |                 ^^^^^^^^^^^^^^^^^^^^^
      |
      = help: give each of them its own
    "#);
    assert_snapshot!(mistakes("current_symlink: '{deploy_dir}'"), @r#"
    error: `deploy_dir` and `current_symlink` are the same place
     --> deploy.conf:6:20
      |
    4 |   deploy_dir: /srv
      |               ---- the same place
    5 |   hosts: {h: , d: {roles: [db]}}
    6 |   current_symlink: '{deploy_dir}'
      |                    ^^^^^^^^^^^^^^
      |
      = help: give each of them its own
    "#);
}

#[test]
fn what_git_would_misread() {
    let with = |url: &str, git_ref: &str| {
        errors(&format!("p:\n  repo_url: {url}\n  git_ref: {git_ref}\n  deploy_dir: /d\n  hosts: {{h: }}\n"))
    };
    assert_snapshot!(with("--upload-pack=x", "-x"), @r#"
    error: `repo_url` starts with `-`, which git takes for an option
     --> deploy.conf:2:13
      |
    2 |   repo_url: --upload-pack=x
      |             ^^^^^^^^^^^^^^^
      |
      = help: write it as git prints it: `git remote get-url origin`

    error: `git_ref` starts with `-`, which git takes for an option
     --> deploy.conf:3:12
      |
    3 |   git_ref: -x
      |            ^^
      |
      = help: write a branch, a tag, a full ref name such as `refs/heads/main`, or a full commit id
    "#);
    assert_snapshot!(with("\"a\\nb\"", "a b"), @r#"
    error: `repo_url` has a line break in it
     --> deploy.conf:2:13
      |
    2 |   repo_url: "a\nb"
      |             ^^^^^^
      |
      = help: write it on one line

    error: `git_ref` can't have ` ` in it: no ref has
     --> deploy.conf:3:12
      |
    3 |   git_ref: a b
      |            ^^^
      |
      = help: write a branch, a tag, a full ref name such as `refs/heads/main`, or a full commit id
    "#);
    assert_snapshot!(with("r", "a..b"), @r#"
    error: `git_ref` can't have `..` in it: no ref has
     --> deploy.conf:3:12
      |
    3 |   git_ref: a..b
      |            ^^^^
      |
      = help: write a branch, a tag, a full ref name such as `refs/heads/main`, or a full commit id
    "#);
    assert_snapshot!(with("a..b", "'{repo_url}'"), @r#"
    error: `git_ref` can't have `..` in it: no ref has
     --> deploy.conf:3:12
      |
    3 |   git_ref: '{repo_url}'
      |            ^^^^^^^^^^^^
      |
      = help: write a branch, a tag, a full ref name such as `refs/heads/main`, or a full commit id
      = help: it stands for `a..b`
    "#);
    assert_snapshot!(with("r", "'{environment}^'"), @r#"
    error: `git_ref` can't have `^` in it: no ref has
     --> deploy.conf:3:12
      |
    3 |   git_ref: '{environment}^'
      |            ^^^^^^^^^^^^^^^^
      |
      = help: write a branch, a tag, a full ref name such as `refs/heads/main`, or a full commit id
      = help: it stands for `p^`
    "#);
}
