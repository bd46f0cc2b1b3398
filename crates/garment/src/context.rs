use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use garment_core::config::Config;
use garment_core::engine::{Interrupt, Means, Teller};
use garment_core::model::Environment;
use garment_core::origin::Git;
use garment_core::transport::System;

use crate::args::Common;
use crate::exit_code;
use crate::narrate::Narrator;
use crate::open_files;
use crate::report::question::{self, Answer};
use crate::report::{self, Look, color, say};
use crate::signals;
use crate::surroundings::Surroundings;

/// The name that is looked for where none is given.
pub(crate) const FILE_NAME: &str = "deploy.conf";

/// How long what was told may take to be shown once people are in a hurry.
const PATIENCE: Duration = Duration::from_secs(1);

/// What every verb has at hand.
pub(crate) struct Context {
    pub(crate) common: Common,
    pub(crate) surroundings: Surroundings,
    output: report::Output,
}

impl Context {
    pub(crate) fn new(common: Common, surroundings: Surroundings) -> Self {
        Self { common, surroundings, output: report::Output::default() }
    }

    /// The same, with what `--output` says.
    pub(crate) fn telling(self, output: report::Output) -> Self {
        Self { output, ..self }
    }

    /// How standard output is to look.
    pub(crate) fn look(&self) -> Look {
        Look::new(self.common.color, &self.surroundings.stdout)
    }

    /// How error messages are to look.
    pub(crate) fn look_of_errors(&self) -> Look {
        let stderr = color::Surroundings {
            is_terminal: self.surroundings.stderr_is_terminal,
            ..self.surroundings.stdout.clone()
        };
        Look::new(self.common.color, &stderr)
    }

    /// The environment of that name; what is wrong with it or with the file has been said when it is an exit code.
    pub(crate) fn environment(&self, name: &str) -> Result<Environment, u8> {
        let path = self.config_path().map_err(|problem| self.refuse(&problem))?;
        let shown = path.display().to_string();
        let text = fs_err::read(&path).map_err(|error| {
            let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            self.refuse(&format!("can't read `{shown}`: {reason}"))
        })?;
        let text = String::from_utf8(text).map_err(|error| {
            self.refuse(&format!(
                "{shown}: not UTF-8 text, from byte {} on",
                error.utf8_error().valid_up_to()
            ))
        })?;
        let config = Config::parse(&shown, &text).map_err(|errors| {
            say::error_text(&errors.render(self.look_of_errors().color));
            exit_code::USAGE
        })?;
        config.environment(name).cloned().map_err(|unknown| self.refuse(&format!("{shown}: {unknown}")))
    }

    /// The same, to be connected to: its hosts have to find room in this program.
    pub(crate) fn fleet(&self, name: &str) -> Result<Environment, u8> {
        let environment = self.environment(name)?;
        open_files::make_room(environment.hosts.len()).map_err(|problem| self.refuse(&problem))?;
        Ok(environment)
    }

    /// Says on standard error why nothing is done, and gives the exit code for it.
    pub(crate) fn refuse(&self, text: &str) -> u8 {
        say::error(self.look_of_errors(), text);
        exit_code::USAGE
    }

    /// Runs something that talks to hosts: with a runtime, signal handlers, and a reporter if `told`.
    pub(crate) fn work<T>(&self, told: bool, work: impl AsyncFnOnce(Means<'_>) -> T) -> T {
        let (narrator, teller) = if told {
            #[cfg(debug_assertions)]
            let boundary = crate::boundary::watch(&self.surroundings.test);
            #[cfg(not(debug_assertions))]
            let boundary = |_: &_| {};
            let (narrator, teller) = Narrator::start(self.report_options(), boundary);
            (Some(narrator), teller)
        } else {
            (None, Teller::silent())
        };
        // Hosts are waited for, not computed: one thread does.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime needs nothing but an epoll descriptor and a pipe");
        let origin = Git {
            ssh_command: self.surroundings.git_ssh_command.clone(),
            cache: self.surroundings.cache.clone(),
        };
        let transport = self.transport();
        let interrupt = Interrupt::default();
        runtime.block_on(async {
            let mut signals = pin!(signals::watch(&interrupt));
            let means =
                Means { transport: &transport, origin: &origin, teller: &teller, interrupt: &interrupt };
            let value = tokio::select! {
                // Signals first: an operation that asks whether it is to stop hears of those that have come.
                biased;
                () = &mut signals => unreachable!("signal handlers never end"),
                value = work(means) => value,
            };
            drop(teller);
            if let Some(narrator) = narrator {
                // Whoever asks to stop now, or has asked twice, does not wait for a reader that does not read.
                tokio::select! {
                    () = narrator.finish() => {}
                    () = interrupt.is_urgent(PATIENCE) => {}
                    () = &mut signals => unreachable!("signal handlers never end"),
                }
            }
            value
        })
    }

    /// Whether standard output is for programs, and nothing but events may be there.
    pub(crate) fn tells_programs(&self) -> bool {
        self.output == report::Output::Json
    }

    /// Whether somebody is there to be asked, and would see it.
    pub(crate) fn can_ask(&self) -> bool {
        !self.tells_programs() && self.surroundings.is_attended && self.surroundings.stderr_is_terminal
    }

    /// Asks for a yes or a no.
    pub(crate) fn ask(&self, question: &str) -> Answer {
        self.work(false, async |means| question::ask(question, means.interrupt).await)
    }

    #[cfg(debug_assertions)]
    fn transport(&self) -> System {
        let (usual, test) = (System::default(), &self.surroundings.test);
        let login = test.login_timeout.unwrap_or(usual.login_timeout);
        System::new(test.keepalive.unwrap_or(usual.keepalive), login)
    }

    #[cfg(not(debug_assertions))]
    #[expect(clippy::unused_self, reason = "in debug builds tests have a say")]
    fn transport(&self) -> System {
        System::default()
    }

    fn report_options(&self) -> report::Options {
        report::Options {
            output: self.output,
            verbosity: self.common.verbosity(),
            color: self.common.color,
            surroundings: self.surroundings.stdout.clone(),
            config: self.common.config.as_ref().map(|path| path.display().to_string()),
        }
    }

    /// `--config`, or `deploy.conf` here or in the nearest folder above, as git looks for `.git`.
    fn config_path(&self) -> Result<PathBuf, String> {
        if let Some(path) = &self.common.config {
            return Ok(path.clone());
        }
        let here =
            std::env::current_dir().map_err(|error| format!("can't tell the current folder: {error}"))?;
        let found = here.ancestors().find(|folder| folder.join(FILE_NAME).is_file());
        match found {
            Some(folder) if folder == here => Ok(Path::new(FILE_NAME).to_owned()),
            Some(folder) => Ok(folder.join(FILE_NAME)),
            None => Err(format!(
                "there is no {FILE_NAME} in this folder or above it: write one with `garment init`, or name it with \
                 `--config FILE`"
            )),
        }
    }
}
