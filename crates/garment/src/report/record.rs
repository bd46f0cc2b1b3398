//! The record: the lines that stay. The plain reporter shows nothing else; the live one shows them above what moves.

use std::time::Duration;

use garment_core::event::{
    Event, Failure, HostName, HostResult, Operation, Phase, Problem, Resuming, StepRef, TaskOutline, TaskRef,
    What,
};
use garment_core::model::Ending;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::ago::ago;
use super::ending;
use super::look::{Look, Tone};
use super::pacing::Pacing;
use super::span::span;
use super::{Verbosity, clean, exit, moves};

/// Turns events into lines.
#[derive(Debug)]
pub(super) struct Record {
    look: Look,
    verbosity: Verbosity,
    /// Whether something beside the record shows what is going on, so that it holds only what came of it.
    beside_live: bool,
    /// How many hosts there are.
    hosts: usize,
    /// Where the task in hand runs, in words, and on how many hosts.
    places: (String, usize),
    /// On how many of them it failed.
    failed: usize,
    pacing: Pacing,
    moves: moves::Moves,
    ending: ending::Ending,
}

impl Record {
    pub(super) fn new(look: Look, verbosity: Verbosity, beside_live: bool, ending: ending::Ending) -> Self {
        let moves = moves::Moves::default();
        let (places, pacing) = (Default::default(), Pacing::default());
        Self { look, verbosity, beside_live, hosts: 0, places, failed: 0, pacing, moves, ending }
    }

    /// The lines to add, without their ends.
    pub(super) fn lines(&mut self, event: &Event) -> Vec<String> {
        if let What::MadeCurrent { host, from, to } = &event.what {
            self.moves.add(host, from.as_deref(), to);
        }
        if let What::TaskStarted { hosts, .. } = &event.what {
            self.places = (self.places(hosts), hosts.len());
            self.failed = 0;
        }
        self.pacing.see(event);
        if let What::HostFinished { result: HostResult::Failed(_) | HostResult::Lost(_), .. } = &event.what {
            self.failed += 1;
        }
        match &event.what {
            What::Unreachable { host, problem } => self.problem(host, "not reachable", problem),
            What::HostFinished { host, task, result, took } => self.host_finished(host, task, result, *took),
            What::WentBack { host, from, to } => {
                let to = to.as_deref().map_or("nothing".to_owned(), clean::text);
                vec![format!("{} current: {from} -> {to}, since not every host switched", self.tag(host))]
            }
            What::Disconnected { host, problem } => {
                self.note(Some(host), &format!("{}; trying to connect again", problem.what))
            }
            What::Reconnected { host, took } => {
                self.note(Some(host), &format!("connected again after {}", span(*took)))
            }
            What::Interrupted => {
                vec![self.look.paint(Tone::Warn, "stopping: what runs is being ended, nothing new starts")]
            }
            What::Finished { outcome, took } => self.ending.lines(outcome, *took, &self.moves),
            _ if self.verbosity == Verbosity::Quiet => Vec::new(),
            What::Started { operation, environment, hosts } => {
                self.hosts = hosts.len();
                let of = if *operation == Operation::Deploy { "to" } else { "of" };
                let title = format!("{operation} {of} {}", clean::text(environment));
                vec![format!("{}: {}", self.look.paint(Tone::Strong, &title), count(hosts.len()))]
            }
            What::Resolved { git_ref, commit } => {
                vec![format!("{} is {commit}", clean::text(git_ref))]
            }
            What::Resuming(resuming) => self.resuming(resuming, event.at),
            What::Planned { release, tasks } => {
                let skipped =
                    tasks.iter().filter(|task| task.hosts.is_empty()).map(|task| self.skipped(task));
                std::iter::once(format!("release {release}")).chain(skipped).collect()
            }
            What::Progress { host, text }
                if !self.beside_live && self.pacing.is_time(host.as_ref(), event.at) =>
            {
                let tag = host.as_ref().map(|host| format!("{} ", self.tag(host))).unwrap_or_default();
                vec![format!("{tag}{}", self.look.paint(Tone::Faint, &clean::text(text)))]
            }
            What::Note { host, text } => self.note(host.as_ref(), text),
            What::TaskFinished { task, ok, took } => self.task_finished(task, *ok, *took),
            What::MadeCurrent { host, from, to } if self.tells_everything() => {
                vec![format!("{} current: {}", self.tag(host), moves::line(from.as_deref(), to))]
            }
            What::TaskStarted { task, hosts } if self.tells_everything() && !hosts.is_empty() => {
                let title = format!("== {}", name(task));
                vec![format!("{} ({})", self.look.paint(Tone::Strong, &title), self.places.0)]
            }
            What::StepStarted { host, task, step } if self.tells(task) => self.step(host, task, step),
            What::Output { host, task, line, .. } if self.tells(task) => {
                vec![format!("{} {}", self.tag(host), clean::output(line, self.look.color))]
            }
            What::Connecting { host } if self.verbosity == Verbosity::Verbose => {
                vec![format!("{} connecting", self.tag(host))]
            }
            What::Connected { host, took } if self.verbosity == Verbosity::Verbose => {
                vec![format!("{} connected in {}", self.tag(host), span(*took))]
            }
            _ => Vec::new(),
        }
    }

    /// Where the task in hand runs, in words.
    pub(super) fn places_in_hand(&self) -> &str {
        &self.places.0
    }

    /// What is gone on with, what of it is done and what is left.
    fn resuming(&self, resuming: &Resuming, now: Timestamp) -> Vec<String> {
        let commit = resuming.commit.as_ref().map_or("", |commit| commit.short());
        let mut what = resuming.operation.to_string();
        if !resuming.git_ref.is_empty() {
            what = format!("{what} of {} ({commit})", clean::text(&resuming.git_ref));
        }
        let began = resuming.began.map_or_else(String::new, |at| {
            format!(
                ", begun {} ({})",
                at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M"),
                ago(at, now)
            )
        });
        let how = match resuming.ending {
            None => "not finished",
            Some(Ending::Interrupted) => "stopped",
            Some(Ending::LiveButFailed) => "failed after the switch",
            Some(_) => "failed",
        };
        let mut lines =
            vec![format!("going on with the {what} by {}{began}: {how}", clean::text(&resuming.by))];
        let mut list = |tone, title: &str, tasks: &[TaskOutline]| {
            lines.extend(tasks.iter().map(|task| {
                format!(
                    "  {} {} ({})",
                    self.look.paint(tone, title),
                    name(&task.task),
                    self.places(&task.hosts)
                )
            }));
        };
        list(Tone::Good, "finished", &resuming.finished);
        list(Tone::Plain, "left    ", &resuming.left);
        if resuming.left.is_empty() {
            lines.push("  of your tasks none is left".to_owned());
        }
        lines
    }

    /// Whether what goes on has its place in the record.
    fn tells_everything(&self) -> bool {
        self.verbosity == Verbosity::Verbose || !self.beside_live
    }

    /// Whether the record holds what happens within this task: the users' own it does, garment's if asked to.
    fn tells(&self, task: &TaskRef) -> bool {
        self.tells_everything()
            && (self.verbosity == Verbosity::Verbose || matches!(task.phase, Phase::Stage(_)))
    }

    fn tag(&self, host: &HostName) -> String {
        self.look.paint(Tone::Name, &format!("[{}]", clean::text(host)))
    }

    /// Where a task runs, briefly.
    fn places(&self, hosts: &[HostName]) -> String {
        match hosts {
            _ if hosts.len() == self.hosts && hosts.len() > 1 => count(hosts.len()),
            [host] => clean::text(host),
            _ if hosts.len() <= 3 => {
                hosts.iter().map(|host| clean::text(host)).collect::<Vec<_>>().join(", ")
            }
            _ => format!("{} of {}", hosts.len(), count(self.hosts)),
        }
    }

    fn skipped(&self, task: &TaskOutline) -> String {
        self.look.paint(Tone::Faint, &format!("== {}: skipped, no host has its roles", name(&task.task)))
    }

    fn note(&self, host: Option<&HostName>, text: &str) -> Vec<String> {
        let tag = host.map(|host| format!("{} ", self.tag(host))).unwrap_or_default();
        clean::lines(text)
            .map(|line| format!("{tag}{} {line}", self.look.paint(Tone::Warn, "note:")))
            .collect()
    }

    fn problem(&self, host: &HostName, title: &str, problem: &Problem) -> Vec<String> {
        let tag = self.tag(host);
        let mut what = clean::lines(&problem.what);
        let first = what.next().unwrap_or_default();
        let mut lines = vec![format!("{tag} {}: {first}", self.look.paint(Tone::Bad, title))];
        lines.extend(what.map(|line| format!("{tag}   {line}")));
        lines.extend(clean::lines(&problem.remedy).map(|line| format!("{tag}   {line}")));
        lines
    }

    /// A command with several lines keeps them: it is read more often than it is copied.
    fn step(&self, host: &HostName, task: &TaskRef, step: &StepRef) -> Vec<String> {
        let tag = self.tag(host);
        let marks = if matches!(task.phase, Phase::Stage(_)) { ["$", ">"] } else { ["-", " "] };
        clean::lines(&step.text)
            .enumerate()
            .map(|(i, line)| {
                format!("{tag} {}", self.look.paint(Tone::Strong, &format!("{} {line}", marks[i.min(1)])))
            })
            .collect()
    }

    fn host_finished(
        &self,
        host: &HostName,
        task: &TaskRef,
        result: &HostResult,
        took: Duration,
    ) -> Vec<String> {
        let tag = self.tag(host);
        let task = name(task);
        match result {
            HostResult::Done if self.verbosity == Verbosity::Verbose => {
                vec![format!("{tag} {task}: done in {}", span(took))]
            }
            HostResult::Done => Vec::new(),
            HostResult::Failed(Failure { exit: None, problem: Some(problem), .. }) => {
                self.problem(host, &format!("{task}: failed"), problem)
            }
            HostResult::Failed(failure) => {
                let how = exit::of(failure).unwrap_or_else(|| "not known how".to_owned());
                vec![format!("{tag} {} {how}", self.look.paint(Tone::Bad, &format!("{task}: failed:")))]
            }
            HostResult::Lost(Failure { problem: Some(problem), .. }) => {
                self.problem(host, &format!("{task}: how it went is not known"), problem)
            }
            HostResult::Lost(_) => {
                vec![format!(
                    "{tag} {}",
                    self.look.paint(Tone::Bad, &format!("{task}: how it went is not known"))
                )]
            }
            // The ending says it of all of them; here it would bury the host that failed.
            HostResult::Stopped if self.verbosity != Verbosity::Verbose => Vec::new(),
            HostResult::Stopped => {
                vec![format!(
                    "{tag} {}",
                    self.look.paint(Tone::Warn, &format!("{task}: stopped, not all of it ran"))
                )]
            }
        }
    }

    fn task_finished(&self, task: &TaskRef, ok: bool, took: Duration) -> Vec<String> {
        let title = name(task);
        let (places, all) = &self.places;
        let failed = if self.failed > 0 {
            format!("failed on {} of {}", self.failed, count(*all))
        } else {
            "stopped".into()
        };
        if self.tells_everything() {
            let how =
                if ok { format!("done in {}", span(took)) } else { format!("{failed} after {}", span(took)) };
            return vec![
                self.look.paint(if ok { Tone::Good } else { Tone::Bad }, &format!("== {title}: {how}")),
            ];
        }
        let (mark, places) = if ok { (self.look.good(), places) } else { (self.look.bad(), &failed) };
        let aside = self.look.paint(Tone::Faint, &format!("{places}  {}", span(took)));
        let mut lines = vec![format!("{mark} {title}  {aside}")];
        if task.phase == Phase::Cutover {
            lines.extend(self.moves.lines().map(|line| format!("  current: {line}")));
        }
        lines
    }
}

/// A task's name, clean.
pub(super) fn name(task: &TaskRef) -> String {
    clean::text(&task.to_string())
}

/// `1 host`, `2 hosts`.
pub(super) fn count(hosts: usize) -> String {
    format!("{hosts} host{}", if hosts == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use garment_core::model::{CommitId, OperationId};

    use super::super::script::{before, events, failure, hosts, secs};
    use super::*;

    fn told(beside_live: bool, whats: Vec<What>) -> String {
        let ending = ending::Ending::new(Look::PLAIN, None);
        let mut record = Record::new(Look::PLAIN, Verbosity::Normal, beside_live, ending);
        record.hosts = 3;
        events(whats).iter().flat_map(|event| record.lines(event)).collect::<Vec<_>>().join("\n")
    }

    fn a_task_that_fails() -> Vec<What> {
        let task = before("migrate");
        let took = secs(3);
        let failed = HostResult::Failed(failure("web2", task.clone(), "x", 1, &["no such table"]));
        let ended = |host: &str, result| What::HostFinished {
            host: host.into(),
            task: before("migrate"),
            result,
            took,
        };
        vec![
            What::TaskStarted { task: task.clone(), hosts: hosts(&["web1", "web2"]) },
            ended("web1", HostResult::Stopped),
            ended("web2", failed),
            What::TaskFinished { task, ok: false, took },
        ]
    }

    #[test]
    fn a_task_fails() {
        insta::assert_snapshot!(told(false, a_task_that_fails()), @r"
        == before: migrate (web1, web2)
        [web2] before: migrate: failed: exit code 1
        == before: migrate: failed on 1 of 2 hosts after 3.0 s
        ");
        insta::assert_snapshot!(told(true, a_task_that_fails()), @r"
        [web2] before: migrate: failed: exit code 1
        FAILED before: migrate  failed on 1 of 2 hosts  3.0 s
        ");
    }

    #[test]
    fn what_is_gone_on_with() {
        let outline = |task: &str, of: &[&str]| TaskOutline { task: before(task), hosts: hosts(of) };
        let resuming = Resuming {
            operation: Operation::Deploy,
            id: OperationId::parse("20261125T093000-deploy-00ff").unwrap(),
            git_ref: "main\u{1b}[2J".into(),
            commit: CommitId::parse("4634f44a00000000000000000000000000000000").ok(),
            by: "evan@pungi\u{7}".into(),
            began: None,
            ending: None,
            finished: vec![outline("build", &["web1"])],
            left: vec![outline("build", &["web2", "db1"]), outline("migrate", &["web1", "web2", "db1"])],
        };
        insta::assert_snapshot!(told(false, vec![What::Resuming(resuming.clone())]), @r"
        going on with the deploy of main\u{1b}[2J (4634f44) by evan@pungi\u{7}: not finished
          finished before: build (web1)
          left     before: build (web2, db1)
          left     before: migrate (3 hosts)
        ");
        let began = Some(Timestamp::from_second(-3600).unwrap());
        let rollback = Resuming {
            operation: Operation::Rollback,
            git_ref: String::new(),
            began,
            ending: Some(Ending::LiveButFailed),
            finished: vec![],
            left: vec![],
            ..resuming
        };
        let shown = told(false, vec![What::Resuming(rollback)]);
        assert!(shown.starts_with("going on with the rollback by evan@pungi\\u{7}, begun 19"), "{shown}");
        assert!(
            shown.ends_with(" (1 h ago): failed after the switch\n  of your tasks none is left"),
            "{shown}"
        );
    }

    #[test]
    fn a_task_is_stopped_though_no_host_failed_in_it() {
        let mut whats = a_task_that_fails();
        whats.remove(2);
        insta::assert_snapshot!(told(true, whats), @"FAILED before: migrate  stopped  3.0 s");
    }
}
