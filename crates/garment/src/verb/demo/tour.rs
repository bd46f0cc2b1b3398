//! What a demo says around the verbs that it runs.

use crate::args;
use crate::context::Context;
use crate::report::{Tone, Verbosity, clean, invocation, say, word};
use crate::verb;

use super::sample::ENVIRONMENT;

/// A guided tour through one `deploy.conf`.
pub(super) struct Tour<'a> {
    /// Reads that `deploy.conf`, whatever folder garment was started in.
    pub(super) context: Context,
    /// The demo's folder.
    pub(super) folder: &'a str,
    /// Where garment itself is, if a shell would not find it.
    pub(super) not_on_path: Option<String>,
    stops: usize,
}

impl<'a> Tour<'a> {
    pub(super) fn new(context: Context, folder: &'a str, not_on_path: Option<String>) -> Self {
        Self { context, folder, not_on_path, stops: 0 }
    }

    pub(super) fn welcome(&self) {
        self.explain(&[
            "garment, tried out on this machine: a small application, its git repository,".to_owned(),
            "and three hosts that are folders. All of it is in".to_owned(),
            format!("  {}", clean::text(&word(self.folder))),
        ]);
    }

    /// Says what is coming and the command for it.
    pub(super) fn stop(&mut self, verb: &str, explanation: &str) {
        self.stops += 1;
        let config = self.context.common.config.as_ref().map(|path| path.display().to_string());
        let command = clean::text(&invocation(verb, ENVIRONMENT, None, config.as_deref()));
        let look = self.context.look();
        let title = look.paint(Tone::Strong, &format!("{}. {explanation}", self.stops));
        self.explain(&[String::new(), title, look.paint(Tone::Faint, &format!("$ {command}"))]);
    }

    pub(super) fn deploy(&self) -> u8 {
        let environment = Some(environment().environment);
        let args = args::Deploy { environment, ..args::Deploy::default() };
        verb::deploy(&self.context, &args)
    }

    pub(super) fn rollback(&self) -> u8 {
        let (environment, wait, output) = (environment(), args::Wait::default(), args::Output::default());
        verb::rollback(&self.context, &args::Rollback { environment, release: None, wait, output })
    }

    pub(super) fn list(&self) -> u8 {
        verb::list(&self.context, &environment())
    }

    /// Where to look, how to go on, how to be rid of it.
    pub(super) fn farewell(&self) {
        let look = self.context.look();
        let quoted = |path: &str| clean::text(&word(&format!("{}{path}", self.folder)));
        let command = |text: &str| format!("  {}", look.paint(Tone::Name, text));
        let title = |text: &str| look.paint(Tone::Strong, text);
        let mut lines = vec![
            String::new(),
            title("That was all. Look at a host, and at what it was told to do:"),
            command(&format!("ls -l {} {}", quoted("/web1"), quoted("/web1/current/"))),
            command(&format!("cat {}", quoted("/deploy.conf"))),
            title("Go on with a version 3:"),
            command(&format!("cd {}", quoted("/shop"))),
            command("echo 'version 3' >version.txt && git commit -a -m 'version 3' && git push"),
        ];
        if let Some(folder) = &self.not_on_path {
            lines.push(command(&format!("PATH={}:$PATH", clean::text(&word(folder)))));
        }
        lines.extend([
            command(&format!("garment deploy {ENVIRONMENT}")),
            title("Remove it all:"),
            command(&format!("rm -rf {}", quoted(""))),
            "For a repository of your own, start with `garment init` in its folder.".to_owned(),
        ]);
        say::lines(lines);
    }

    /// Says that it ends early, and gives the exit code back.
    pub(super) fn broken_off(&self, code: u8) -> u8 {
        let folder = word(self.folder);
        let text =
            format!("the demo ends here; what it made stays in {folder}\nremove it with: rm -rf {folder}");
        say::error(self.context.look_of_errors(), &text);
        code
    }

    fn explain(&self, lines: &[String]) {
        if self.context.common.verbosity() > Verbosity::Quiet {
            say::lines(lines.iter().cloned());
        }
    }
}

fn environment() -> args::Environment {
    args::Environment { environment: ENVIRONMENT.to_owned() }
}
