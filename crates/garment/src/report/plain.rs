use std::io::Write;

use garment_core::event::Event;

use super::Reporter;
use super::record::Record;
use super::sink::Sink;

/// Lines, one after the other, that nothing rewrites: for pipes, files, CI and terminals that can't do more.
#[derive(Debug)]
pub(super) struct Plain<W> {
    record: Record,
    sink: Sink<W>,
}

impl<W: Write> Plain<W> {
    pub(super) fn new(to: W, record: Record) -> Self {
        Self { record, sink: Sink::new(to) }
    }
}

impl<W: Write> Reporter for Plain<W> {
    fn event(&mut self, event: &Event) {
        let lines = self.record.lines(event);
        if !lines.is_empty() {
            self.sink.put(&(lines.join("\n") + "\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use garment_core::event::{HostResult, What};

    use super::super::ending::Ending;
    use super::super::script::{before, event, events, failure, good_deploy, hosts, problem, secs, step};
    use super::super::{Look, Verbosity};
    use super::*;

    fn told(verbosity: Verbosity, look: Look, events: &[Event]) -> String {
        let mut written = Vec::new();
        let mut reporter =
            Plain::new(&mut written, Record::new(look, verbosity, false, Ending::new(look, None)));
        for event in events {
            reporter.event(event);
        }
        String::from_utf8(written).unwrap()
    }

    fn plain(verbosity: Verbosity, events: &[Event]) -> String {
        told(verbosity, Look::PLAIN, events)
    }

    #[test]
    fn a_deploy() {
        insta::assert_snapshot!(plain(Verbosity::Normal, &good_deploy()), @r"
        deploy to production: 2 hosts
        develop is 4634f44a00000000000000000000000000000000
        release 20261124T101112-4634f44
        == before: assets: skipped, no host has its roles
        == prepare (2 hosts)
        == prepare: done in 1.2 s
        == before: migrate (shop@two.example.org)
        [shop@two.example.org] $ python3 manage.py migrate
        [shop@two.example.org] Applying shop.0007_prices...
        == before: migrate: done in 1.2 s
        == cutover (2 hosts)
        [shop@one.example.org] current: 20261123T090000-1111111 -> 20261124T101112-4634f44
        [shop@two.example.org] current: 20261123T090000-1111111 -> 20261124T101112-4634f44
        == cutover: done in 1.2 s
        deploy to production done: 20261124T101112-4634f44 is live on 2 hosts (12 s)
        to go back: garment rollback production 20261123T090000-1111111
        ");
    }

    #[test]
    fn a_deploy_told_in_full() {
        insta::assert_snapshot!(plain(Verbosity::Verbose, &good_deploy()), @r"
        deploy to production: 2 hosts
        develop is 4634f44a00000000000000000000000000000000
        [shop@one.example.org] connecting
        [shop@one.example.org] connected in 0.4 s
        [shop@two.example.org] connecting
        [shop@two.example.org] connected in 0.4 s
        release 20261124T101112-4634f44
        == before: assets: skipped, no host has its roles
        == prepare (2 hosts)
        [shop@one.example.org] - fetch the repository
        [shop@one.example.org] remote: Counting objects
        [shop@one.example.org] prepare: done in 1.2 s
        [shop@two.example.org] - fetch the repository
        [shop@two.example.org] remote: Counting objects
        [shop@two.example.org] prepare: done in 1.2 s
        == prepare: done in 1.2 s
        == before: migrate (shop@two.example.org)
        [shop@two.example.org] $ python3 manage.py migrate
        [shop@two.example.org] Applying shop.0007_prices...
        [shop@two.example.org] before: migrate: done in 1.2 s
        == before: migrate: done in 1.2 s
        == cutover (2 hosts)
        [shop@one.example.org] - switch current
        [shop@one.example.org] current: 20261123T090000-1111111 -> 20261124T101112-4634f44
        [shop@one.example.org] cutover: done in 1.2 s
        [shop@two.example.org] - switch current
        [shop@two.example.org] current: 20261123T090000-1111111 -> 20261124T101112-4634f44
        [shop@two.example.org] cutover: done in 1.2 s
        == cutover: done in 1.2 s
        deploy to production done: 20261124T101112-4634f44 is live on 2 hosts (12 s)
        to go back: garment rollback production 20261123T090000-1111111
        ");
    }

    #[test]
    fn a_deploy_told_quietly() {
        insta::assert_snapshot!(plain(Verbosity::Quiet, &good_deploy()), @r"
        deploy to production done: 20261124T101112-4634f44 is live on 2 hosts (12 s)
        to go back: garment rollback production 20261123T090000-1111111
        ");
    }

    #[test]
    fn colors_of_ours_and_of_the_hosts() {
        let look = Look { color: true, unicode: true };
        let told = told(Verbosity::Normal, look, &good_deploy());
        assert!(
            told.contains(
                "\x1b[36m[shop@two.example.org]\x1b[0m Applying shop.0007_\x1b[32mprices\x1b[0m..."
            )
        );
    }

    #[test]
    fn failures_are_told_even_quietly() {
        let lost = failure("web3", before("migrate"), "x", 0, &[]);
        let lost =
            garment_core::event::Failure { exit: None, problem: Some(problem("ssh ended", "")), ..lost };
        let failed = failure("web2", before("migrate"), "x", 137, &[]);
        let finished = |host: &str, result| What::HostFinished {
            host: host.into(),
            task: before("migrate"),
            result,
            took: secs(2),
        };
        let events = events([
            What::Unreachable {
                host: "web1".into(),
                problem: problem(
                    "the host key has changed\nsomeone may be listening",
                    "run ssh-keygen -R web1",
                ),
            },
            finished("web2", HostResult::Failed(failed)),
            finished("web3", HostResult::Lost(lost)),
            finished("web4", HostResult::Stopped),
            What::Interrupted,
        ]);
        insta::assert_snapshot!(plain(Verbosity::Quiet, &events), @r"
        [web1] not reachable: the host key has changed
        [web1]   someone may be listening
        [web1]   run ssh-keygen -R web1
        [web2] before: migrate: failed: exit code 137 (128 + 9: killed by SIGKILL, perhaps since memory ran out)
        [web3] before: migrate: how it went is not known: ssh ended
        stopping: what runs is being ended, nothing new starts
        ");
    }

    #[test]
    fn names_and_commands_do_nothing_to_the_terminal() {
        let task = before("mi\x1b[2Jgrate");
        let host = "web\u{202E}1";
        let events = [
            event(What::Started {
                operation: garment_core::event::Operation::Rollback,
                environment: "prod\x07".into(),
                hosts: hosts(&[host]),
            }),
            event(What::TaskStarted { task: task.clone(), hosts: hosts(&[host]) }),
            event(What::StepStarted { host: host.into(), task, step: step("a\x1b]0;b\x07\nc\td") }),
            event(What::Note { host: None, text: "one\ntwo\r".into() }),
        ];
        insta::assert_snapshot!(plain(Verbosity::Normal, &events), @r"
        rollback of prod\u{7}: 1 host
        == before: mi\u{1b}[2Jgrate (web\u{202e}1)
        [web\u{202e}1] $ a\u{1b}]0;b\u{7}
        [web\u{202e}1] > c\td
        note: one
        note: two
        ");
    }
}
