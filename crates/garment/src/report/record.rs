//! The record: the lines that stay. The plain reporter shows nothing else; the live one shows them above what moves.

use std::time::Duration;

use garment_core::event::{
    Event, Failure, HostName, HostResult, Operation, Phase, Problem, StepRef, TaskOutline, TaskRef, What,
};

use super::ending::Ending;
use super::look::{Look, Tone};
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
    /// Where the task in hand runs, in words.
    places: String,
    moves: moves::Moves,
    ending: Ending,
}

impl Record {
    pub(super) fn new(look: Look, verbosity: Verbosity, beside_live: bool, ending: Ending) -> Self {
        let moves = moves::Moves::default();
        Self { look, verbosity, beside_live, hosts: 0, places: String::new(), moves, ending }
    }

    /// The lines to add, without their ends.
    pub(super) fn lines(&mut self, event: &Event) -> Vec<String> {
        if let What::MadeCurrent { host, from, to } = &event.what {
            self.moves.add(host, from.as_deref(), to);
        }
        if let What::TaskStarted { hosts, .. } = &event.what {
            self.places = self.places(hosts);
        }
        match &event.what {
            What::Unreachable { host, problem } => self.problem(host, "not reachable", problem),
            What::HostFinished { host, task, result, took } => self.host_finished(host, task, result, *took),
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
            What::Planned { release, tasks } => {
                let skipped =
                    tasks.iter().filter(|task| task.hosts.is_empty()).map(|task| self.skipped(task));
                std::iter::once(format!("release {release}")).chain(skipped).collect()
            }
            What::Note { host, text } => self.note(host.as_ref(), text),
            What::TaskFinished { task, ok, took } => self.task_finished(task, *ok, *took),
            What::MadeCurrent { host, from, to } if self.tells_everything() => {
                vec![format!("{} current: {}", self.tag(host), moves::line(from.as_deref(), to))]
            }
            What::TaskStarted { task, hosts } if self.tells_everything() && !hosts.is_empty() => {
                let title = format!("== {}", name(task));
                vec![format!("{} ({})", self.look.paint(Tone::Strong, &title), self.places)]
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
            _ if hosts.len() == self.hosts && hosts.len() > 1 => format!("all {}", count(hosts.len())),
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
                let how = failure.exit.map_or_else(|| "not known how".to_owned(), exit::words);
                vec![format!("{tag} {} {how}", self.look.paint(Tone::Bad, &format!("{task}: failed:")))]
            }
            HostResult::Lost(Failure { problem: Some(problem), .. }) => {
                self.problem(host, &format!("{task}: connection lost"), problem)
            }
            HostResult::Lost(_) => {
                vec![format!("{tag} {}", self.look.paint(Tone::Bad, &format!("{task}: connection lost")))]
            }
            HostResult::Stopped if self.verbosity == Verbosity::Quiet => Vec::new(),
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
        if self.tells_everything() {
            let (how, tone) = if ok { ("done in", Tone::Good) } else { ("FAILED after", Tone::Bad) };
            return vec![self.look.paint(tone, &format!("== {title}: {how} {}", span(took)))];
        }
        let mark = if ok { self.look.good() } else { self.look.bad() };
        let aside = self.look.paint(Tone::Faint, &format!("{}  {}", self.places, span(took)));
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
