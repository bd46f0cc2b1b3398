use std::io::Write;

use garment_core::event::{Event, Outcome, Verdict, What};

use super::Reporter;
use super::Verbosity;
use super::ending::headline;
use super::failures;
use super::look::Look;
use super::record::{Record, name};
use super::sink::Sink;

/// As the plain reporter, and told apart for GitHub Actions: a group for each task in which something is said, and an
/// annotation for each kind of failure.
///
/// Its commands are lines of their own. What is not ours can't be taken for one: see [`disarm`].
#[derive(Debug)]
pub(super) struct Github<W> {
    record: Record,
    verbosity: Verbosity,
    sink: Sink<W>,
    group: Group,
}

/// The group of the task in hand.
#[derive(Debug, PartialEq, Eq)]
enum Group {
    None,
    /// It is opened by the first line in it.
    Waiting(String),
    Open,
}

impl<W: Write> Github<W> {
    pub(super) fn new(to: W, record: Record, verbosity: Verbosity) -> Self {
        Self { record, verbosity, sink: Sink::new(to), group: Group::None }
    }

    /// Ends the group, if one is open.
    fn close(&mut self) -> Option<String> {
        let group = std::mem::replace(&mut self.group, Group::None);
        (group == Group::Open).then(|| command("endgroup", None, ""))
    }

    /// Opens the group that waits, if one does.
    fn open(&mut self) -> Option<String> {
        let Group::Waiting(title) = &self.group else { return None };
        let line = command("group", None, title);
        self.group = Group::Open;
        Some(line)
    }

    fn lines(&mut self, event: &Event) -> Vec<String> {
        let told: Vec<String> = self.record.lines(event).iter().map(|line| disarm(line)).collect();
        let mut lines = Vec::new();
        match &event.what {
            What::TaskStarted { task, .. } => {
                lines.extend(self.close());
                if self.verbosity > Verbosity::Quiet {
                    self.group = Group::Waiting(format!("{} ({})", name(task), self.record.places_in_hand()));
                }
            }
            What::TaskFinished { .. } => {
                lines.extend(self.close());
                lines.extend(told);
            }
            What::Finished { outcome, .. } => {
                lines.extend(self.close());
                lines.extend(annotations(outcome));
                lines.extend(told);
            }
            _ if told.is_empty() => {}
            _ => {
                lines.extend(self.open());
                lines.extend(told);
            }
        }
        lines
    }
}

impl<W: Write> Reporter for Github<W> {
    fn event(&mut self, event: &Event) {
        let lines = self.lines(event);
        if !lines.is_empty() {
            self.sink.put(&(lines.join("\n") + "\n"));
        }
    }
}

/// What failed alike on several hosts is one annotation: of those, GitHub shows ten.
fn annotations(outcome: &Outcome) -> Vec<String> {
    let kind = match outcome.verdict {
        Verdict::Done | Verdict::Unchanged => return Vec::new(),
        Verdict::Interrupted => "warning",
        _ => "error",
    };
    let title = headline(outcome);
    let mut messages: Vec<String> =
        failures::paragraphs(outcome, Look::PLAIN).iter().map(|paragraph| paragraph.join("\n")).collect();
    if messages.is_empty() {
        messages.push(title.clone());
    }
    messages.iter().map(|message| command(kind, Some(&title), message)).collect()
}

/// A workflow command. What its data shows becomes lines in the log, too.
fn command(name: &str, title: Option<&str>, data: &str) -> String {
    let escaped = |text: &str| {
        let lines: Vec<String> = text.split('\n').map(disarm).collect();
        lines.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
    };
    let data = escaped(data);
    let title =
        title.map(|title| format!(" title={}", escaped(title).replace(':', "%3A").replace(',', "%2C")));
    format!("::{name}{}::{data}", title.unwrap_or_default())
}

/// A line that is no workflow command, whatever is in it. A runner takes `::` at the beginning of a line, behind spaces as
/// well, and `##[` anywhere; a space in between makes text of both.
///
/// Its own `::stop-commands::` would do, but a garment that is killed could not take that back for what comes after it.
fn disarm(line: &str) -> String {
    let line = line.replace("##[", "## [");
    let text = line.trim_start();
    match text.strip_prefix("::") {
        Some(rest) => format!("{}: :{rest}", &line[..line.len() - text.len()]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use garment_core::event::{HostResult, Progress};

    use super::super::ending::Ending;
    use super::super::script::{
        OLD, before, event, events, failure, good_deploy, host, hosts, outcome, problem, secs, step,
    };
    use super::*;

    fn told(verbosity: Verbosity, events: &[Event]) -> String {
        let mut written = Vec::new();
        let record = Record::new(Look::PLAIN, verbosity, false, Ending::new(Look::PLAIN, None));
        let mut reporter = Github::new(&mut written, record, verbosity);
        for event in events {
            reporter.event(event);
        }
        String::from_utf8(written).unwrap()
    }

    #[test]
    fn a_deploy() {
        insta::assert_snapshot!(told(Verbosity::Normal, &good_deploy()), @r"
        deploy to production: 2 hosts
        develop is 4634f44a00000000000000000000000000000000
        release 20261124T101112-4634f44
        == before: assets: skipped, no host has its roles
        == prepare: done in 1.2 s
        ::group::before: migrate (shop@two.example.org)
        [shop@two.example.org] $ python3 manage.py migrate
        [shop@two.example.org] Applying shop.0007_prices...
        ::endgroup::
        == before: migrate: done in 1.2 s
        ::group::cutover (2 hosts)
        [shop@one.example.org] current: 20261123T090000-1111111 -> 20261124T101112-4634f44
        [shop@two.example.org] current: 20261123T090000-1111111 -> 20261124T101112-4634f44
        ::endgroup::
        == cutover: done in 1.2 s
        deploy to production done: 20261124T101112-4634f44 is live on 2 hosts (12 s)
        to go back: garment rollback production 20261123T090000-1111111
        ");
    }

    #[test]
    fn quietly() {
        insta::assert_snapshot!(told(Verbosity::Quiet, &good_deploy()), @r"
        deploy to production done: 20261124T101112-4634f44 is live on 2 hosts (12 s)
        to go back: garment rollback production 20261123T090000-1111111
        ");
    }

    #[test]
    fn a_failure() {
        let task = before("a: 50%, b");
        let failed = |name: &str| {
            failure(name, task.clone(), "::set-output::x", 1, &["::error::forged", "##[endgroup]"])
        };
        let progress = |name| host(name, OLD, Progress::Failed(failed(name)));
        let mut over = outcome(Verdict::Stopped, vec![progress("web1"), progress("web2")]);
        over.problems.push(problem("one\n  ::error::two", "::group::three"));
        let finished = |name: &str| What::HostFinished {
            host: name.into(),
            task: task.clone(),
            result: HostResult::Failed(failed(name)),
            took: secs(2),
        };
        let told = told(
            Verbosity::Normal,
            &events([
                What::TaskStarted { task: task.clone(), hosts: hosts(&["web1", "web2"]) },
                What::StepStarted { host: "web1".into(), task: task.clone(), step: step("x ##[group]") },
                finished("web1"),
                finished("web2"),
                What::TaskFinished { task: task.clone(), ok: false, took: secs(2) },
                What::Finished { outcome: over, took: secs(2) },
            ]),
        );
        insta::assert_snapshot!(told, @r"
        ::group::before: a: 50%25, b (web1, web2)
        [web1] $ x ## [group]
        [web1] before: a: 50%, b: failed: exit code 1
        [web2] before: a: 50%, b: failed: exit code 1
        ::endgroup::
        == before: a: 50%, b: failed on 2 of 2 hosts after 2.0 s
        ::error title=deploy to production failed in before%3A a%3A 50%25%2C b::one%0A  : :error::two%0A  : :group::three
        ::error title=deploy to production failed in before%3A a%3A 50%25%2C b::2 hosts: before: a: 50%25, b failed%0A  web1, web2%0A  $ ::set-output::x%0A  exit code 1%0A  its last lines of output:%0A  | ::error::forged%0A  | ## [endgroup]

        deploy to production failed in before: a: 50%, b (2.0 s)

        one
          : :error::two
          : :group::three

        2 hosts: before: a: 50%, b failed
          web1, web2
          $ ::set-output::x
          exit code 1
          its last lines of output:
          | ::error::forged
          | ## [endgroup]

        host  current                  how far it came
        web1  20261123T090000-1111111  failed in before: a: 50%, b
        web2  20261123T090000-1111111  failed in before: a: 50%, b

        `current` did not move on any host.
        20261124T101112-4634f44 is left in the releases folder, to look at.

        what next:
          look    garment list production
          go on   garment resume production  (once that is mended)
          afresh  the same command again  (it makes a new release)
        ");
    }

    /// What a runner does with a line: GitHub's `ActionCommand.TryParseV2` and `TryParse`.
    fn is_command(line: &str) -> bool {
        line.trim_start().starts_with("::") || line.contains("##[")
    }

    #[test]
    fn nothing_is_taken_for_a_command() {
        for line in
            ["::x::", " \t\u{a0}\u{2003}::x::", ":::x::", "a ##[x]y", "###[x]", "##[##[x]", "  ::##[x]::"]
        {
            assert!(is_command(line), "{line}");
            assert!(!is_command(&disarm(line)), "{line}");
        }
        for line in ["", ":", "a::b", ": :", "# #[", "[web1] ::error::x", "##"] {
            assert_eq!(disarm(line), line);
        }
    }

    #[test]
    fn a_group_that_nobody_ended_is_ended() {
        let started = |id| What::TaskStarted { task: before(id), hosts: hosts(&["web1"]) };
        let began = |id| What::StepStarted { host: "web1".into(), task: before(id), step: step("true") };
        let told = told(Verbosity::Normal, &[started("a"), began("a"), started("b"), began("b")].map(event));
        insta::assert_snapshot!(told, @r"
        ::group::before: a (web1)
        [web1] $ true
        ::endgroup::
        ::group::before: b (web1)
        [web1] $ true
        ");
    }
}
