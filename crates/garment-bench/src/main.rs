//! The command line of the benchmark; `sh bench/run` starts it.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use clap::Parser as _;
use garment_bench::{Options, run};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let options = Options::parse();
    let stop = Arc::new(AtomicBool::new(false));
    if let Err(error) = watch(Arc::clone(&stop)) {
        return failed(&error.to_string());
    }
    match run(&options, &stop, &mut io::stdout(), &mut io::stderr()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => failed(&problem.to_string()),
    }
}

fn failed(text: &str) -> ExitCode {
    // Nobody may be there to read it.
    let _ = writeln!(io::stderr(), "bench: {text}");
    ExitCode::FAILURE
}

/// From the first Ctrl-C or TERM on `stop` is true, so that the fleet is taken down before the end.
fn watch(stop: Arc<AtomicBool>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let (mut interrupt, mut terminate) = {
        let _entered = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        });
        stop.store(true, Ordering::Relaxed);
    });
    Ok(())
}
