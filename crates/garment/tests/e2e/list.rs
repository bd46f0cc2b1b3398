//! What `garment list` prints, to the letter.

use std::os::unix::fs::symlink;

use garment_testing::{Fleet, Host};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::found::current;
use crate::{production, project, shop};

/// A time zone with a name of its own, so that no time zone data is needed: half past full hours.
const ZONE: &str = "IST-5:30";

/// A release made so many minutes ago, with the text of its state file; and its name and when `list` says it was made.
fn made(hosts: &[&Host], minutes: i64, digits: &str, state: &str) -> (String, String) {
    let at = Timestamp::now() - SignedDuration::from_mins(minutes);
    let name = format!("{}-{digits}", at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%S"));
    for host in hosts {
        host.write(format!("shop/releases/{name}/REVISION"), format!("{}\n", digits.repeat(6)));
        if !state.is_empty() {
            host.write(format!("shop/.garment/releases/{name}"), state);
        }
    }
    let local = at.to_zoned(TimeZone::posix(ZONE).unwrap()).strftime("%Y-%m-%d %H:%M");
    (name, local.to_string())
}

fn lead(host: &Host, name: &str) {
    symlink(host.file(format!("shop/releases/{name}")), host.file("shop/current")).unwrap();
}

#[test]
fn to_the_letter() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    project.config(&production(&repo, &["web1", "web2"], ""));
    let listed = || {
        let mut list = project.command(["list", "production"]);
        list.env("TZ", ZONE);
        let listed = project.spawn_command(list).finish();
        listed.code(0).stderr_is("");
        listed.stdout.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(), ["No releases of production yet: make one with `garment deploy`."]);

    let (web1, web2) = (fleet.host("web1"), fleet.host("web2"));
    let (old, old_made) = made(&[web1, web2], 60 * 24 * 3 + 5, "1111111", "");
    let (one, one_made) =
        made(&[web1, web2], 125, "2222222", "state=replaced\nby=ann@laptop\ncommit=2222222\n");
    let (two, two_made) = made(&[web1], 90, "3333333", "state=failed\nby=bob@desk\n");
    let (three, three_made) = made(&[web1, web2], 10, "4444444", "state=live\nby=ann@laptop\n");
    lead(web1, &three);
    lead(web2, &three);
    assert_eq!(
        listed(),
        [
            "   release                  made                           commit   by          state     missing on"
                .to_owned(),
            format!("*  {three}  {three_made} (10 min ago)  4444444  ann@laptop  live"),
            format!("   {two}  {two_made} (1 h ago)     3333333  bob@desk    failed    web2"),
            format!("   {one}  {one_made} (2 h ago)     2222222  ann@laptop  replaced"),
            format!("   {old}  {old_made} (3 d ago)     1111111              adopted"),
        ]
    );

    // The hosts are not of one mind.
    fs_err::remove_file(web2.file("shop/current")).unwrap();
    lead(web2, &one);
    web2.write(format!("shop/.garment/releases/{one}"), "state=live\n");
    web2.write(format!("shop/.garment/releases/{three}"), "state=ready\n");
    let lines = listed();
    assert!(lines[1].starts_with(&format!("*  {three}  ")), "{lines:#?}");
    assert!(lines[1].ends_with("  live on web1; ready on web2"), "{lines:#?}");
    assert!(lines[3].starts_with(&format!("*  {one}  ")), "{lines:#?}");
    assert!(lines[3].ends_with("  live on web2; replaced on web1"), "{lines:#?}");
    assert_eq!(
        lines[5..],
        ["Hosts differ in what is current:".to_owned(), format!("  web1  {three}"), format!("  web2  {one}")]
    );
}

#[test]
fn who_made_what_and_what_became_of_it() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, commit) = shop(&fleet);
    let project = project(&fleet);
    let gate = "  stages:\n    before:\n      - {id: gate, commands: ['[ ! -e ~/fail ]']}\n";
    project.config(&production(&repo, &["web1", "web2"], gate));
    let deploy = |code: i32, user: &str| {
        let mut deploy = project.command(["deploy", "production"]);
        deploy.env("USER", user);
        project.spawn_command(deploy).finish().code(code);
        crate::found::releases(fleet.host("web1")).pop().unwrap()
    };
    let first = deploy(0, "ann");
    let second = deploy(0, "bob");
    project.run(["rollback", "production"]).code(0);
    fleet.host("web2").write("fail", "");
    let third = deploy(4, "ann");
    let listed = project.run(["list", "production"]);
    listed.code(0);
    let short = &commit[..7];
    let rows: Vec<Vec<&str>> = listed
        .stdout
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().filter(|word| *word != "*").collect())
        .collect();
    let machine = rustix::system::uname();
    let machine = machine.nodename().to_str().unwrap();
    for (row, (name, by, state)) in
        rows.iter().zip([(&third, "ann", "failed"), (&second, "bob", "rolled-back"), (&first, "ann", "live")])
    {
        assert_eq!((row[0], row[5], row[6], row[7]), (&**name, short, &*format!("{by}@{machine}"), state));
        assert_eq!(row[3..5], ["(just", "now)"]);
    }
    assert_eq!(rows.len(), 3);
    assert_eq!(current(fleet.host("web1")), Some(first));
}
