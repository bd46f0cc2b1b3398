//! What a failing command stops, and what is said of it.

use garment_testing::Fleet;

use crate::found::{current, releases, states};
use crate::tasks::{diary, read, staged};
use crate::{next, production, project, shop};

#[test]
fn a_failure_in_the_second_of_three_tasks() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let diary = diary(&fleet);
    let first = project(&fleet);
    first.config(&production(&repo, &["web1", "web2"], ""));
    first.run(["deploy", "production"]).code(0);
    let old = current(fleet.host("web1")).unwrap();
    next(&repo, 2);
    let project = staged(
        &fleet,
        &repo,
        &format!(
            "    before:
      - {{id: one, commands: ['echo one {{host}} >>{diary}; mkfifo gate']}}
      - id: two
        commands:
          - 'echo two {{host}} >>{diary}'
          - 'if [ {{host}} = web2 ]; then read word <gate; printf \"out %s\\n\" 1 2 3; echo err >&2; exit 3; fi'
      - {{id: three, commands: ['echo three {{host}} >>{diary}']}}
    after:
      - {{id: four, commands: ['echo four {{host}} >>{diary}']}}
    cleanup:
      - {{id: five, commands: ['echo five {{host}} >>{diary}']}}
"
        ),
    );
    let mut running = project.spawn(["deploy", "production", "-v"]);
    running.wait_for_line(|line| line.starts_with("[web1] before: two: done"));
    fleet.ssh("web2", "echo go >gate").code(0);
    let stopped = running.finish();
    stopped.code(4).stderr_is("");
    let mut lines = read(&diary);
    lines.sort_unstable();
    assert_eq!(lines, ["one web1", "one web2", "two web1", "two web2"]);
    let names = releases(fleet.host("web1"));
    let [first_release, new] = &names[..] else { panic!("two releases: {names:?}") };
    assert_eq!(*first_release, old);
    for host in fleet.hosts() {
        assert_eq!(current(host).as_ref(), Some(&old));
        assert_eq!(releases(host), names);
        assert_eq!(host.read(format!("shop/releases/{new}/version")), "2\n");
        let states = states(host);
        assert_eq!((states[&old].as_str(), states[new].as_str()), ("live", "failed"));
    }
    // The very last thing said, whole.
    let (_, report) = stopped.stdout.split_once("\n\n").unwrap();
    let (headline, rest) = report.split_once('\n').unwrap();
    assert!(headline.starts_with("deploy to production failed in before: two ("), "{headline}");
    // Two pipes have no order between them.
    let rest = rest.replace("  | err\n", "");
    assert_eq!(
        rest,
        format!(
            "
web2: before: two failed
  $ if [ web2 = web2 ]; then read word <gate; printf \"out %s\\n\" 1 2 3; echo err >&2; exit 3; fi
  command 2 of 2: exit code 3
  its last lines of output:
  | out 1
  | out 2
  | out 3

host  current                  how far it came
web1  {old}  did all up to before: two
web2  {old}  failed in before: two

`current` did not move on any host.
{new} is left in the releases folder, to look at.

what next:
  look    garment list production
  go on   garment resume production  (once that is mended)
  afresh  the same command again  (it makes a new release)
"
        )
    );
    stopped.stdout_has("  | err\n");
}

#[test]
fn a_host_in_the_failing_task_ends_its_command_and_starts_no_other() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let diary = diary(&fleet);
    let project = staged(
        &fleet,
        &repo,
        &format!(
            "    before:
      - id: gate
        commands: ['mkfifo gate']
      - id: build
        commands:
          - 'echo begun {{host}} >>{diary}; [ {{host}} = web2 ] && {{{{ read word <gate; echo ended {{host}} >>{diary}; }}}}'
          - 'echo another {{host}} >>{diary}'
"
        ),
    );
    let mut running = project.spawn(["deploy", "production"]);
    running.wait_for_line(|line| line.starts_with("[web1] before: build: failed"));
    fleet.ssh("web2", "echo go >gate").code(0);
    let stopped = running.finish();
    stopped.code(4);
    let mut lines = read(&diary);
    lines.sort_unstable();
    assert_eq!(lines, ["begun web1", "begun web2", "ended web2"]);
    stopped.stdout_has("\nweb1: before: build failed\n").stdout_has("\n  command 1 of 2: exit code 1\n");
    stopped.stdout_has("\nweb1  none     failed in before: build\n");
    stopped.stdout_has("\nweb2  none     stopped in before: build\n");
}

#[test]
fn death_by_a_signal_is_a_failure_with_a_name() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    for (signal, said) in [
        ("SEGV", "exit code 139 (128 + 11: killed by SIGSEGV)"),
        ("KILL", "exit code 137 (128 + 9: killed by SIGKILL, perhaps since memory ran out)"),
        ("TERM", "exit code 143 (128 + 15: killed by SIGTERM)"),
        ("HUP", "exit code 129 (128 + 1: killed by SIGHUP)"),
    ] {
        let project = staged(
            &fleet,
            &repo,
            &format!(
                "    before:\n      - {{id: die, roles: [db], commands: ['echo last words; kill -{signal} $$', 'echo no']}}\n"
            ),
        );
        let stopped = project.run(["deploy", "production"]);
        stopped.code(4).stdout_has(&format!("\n  command 1 of 2: {said}\n")).stdout_has("\n  | last words\n");
        stopped.stdout_lacks("[web2] no\n");
    }
    assert_eq!(current(fleet.host("web1")), None);
}

#[test]
fn a_failure_after_the_switch_is_called_that() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let diary = diary(&fleet);
    let project = staged(
        &fleet,
        &repo,
        &format!(
            "    after:
      - {{id: restart, roles: [db], commands: ['echo no such service; false']}}
      - {{id: announce, commands: ['echo announced >>{diary}']}}
    cleanup:
      - {{id: sweep, commands: ['echo swept >>{diary}']}}
"
        ),
    );
    let failed = project.run(["deploy", "production"]);
    failed.code(5);
    assert_eq!(read(&diary), Vec::<String>::new());
    let name = current(fleet.host("web1")).unwrap();
    assert_eq!(current(fleet.host("web2")), Some(name.clone()));
    assert_eq!(states(fleet.host("web2"))[&name], "live");
    failed.stdout_has("\ndeploy to production: live, but it failed in after: restart (");
    failed.stdout_has("\nweb2: after: restart failed\n  $ echo no such service; false\n  exit code 1\n");
    failed.stdout_has("\n  | no such service\n");
    failed.stdout_has(&format!("\n`current` leads to {name} on every host.\n"));
    failed.stdout_lacks("is left in the releases folder");
}

#[test]
fn a_failure_in_cleanup_is_one_after_the_switch() {
    let fleet = Fleet::builder().webs(1).start();
    let (repo, _) = shop(&fleet);
    let project = project(&fleet);
    let more = "  stages:\n    cleanup:\n      - {id: sweep, commands: ['exit 7']}\n";
    project.config(&production(&repo, &["web1"], more));
    let failed = project.run(["deploy", "production"]);
    failed.code(5).stdout_has("live, but it failed in cleanup: sweep (").stdout_has("  exit code 7\n");
    assert!(current(fleet.host("web1")).is_some());
}

#[test]
fn a_first_deploy_that_fails_leaves_no_current() {
    let fleet = Fleet::builder().webs(2).start();
    let (repo, _) = shop(&fleet);
    let project = staged(&fleet, &repo, "    before:\n      - {id: no, roles: [db], commands: [false]}\n");
    let stopped = project.run(["deploy", "production"]);
    stopped.code(4).stdout_has("\n`current` did not move on any host.\n");
    for host in fleet.hosts() {
        assert!(host.file("shop/current").symlink_metadata().is_err());
        assert_eq!(releases(host).len(), 1);
        assert_eq!(states(host).into_values().collect::<Vec<_>>(), ["failed"]);
    }
    project.run(["list", "production"]).code(0).stdout_has(" failed");
    project.run(["rollback", "production"]).code(2).stdout_has("nothing is live");
}
