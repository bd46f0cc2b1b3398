//! One program, from its start to its end.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use crate::problem::Problem;

/// How often the peak of memory is read, where it is asked for.
const SAMPLE: Duration = Duration::from_millis(5);
/// How often somebody's wish to stop is looked at otherwise.
const LOOK: Duration = Duration::from_millis(200);

/// What one run took.
#[derive(Debug, Clone)]
pub(crate) struct Usage {
    pub(crate) begun: Instant,
    pub(crate) wall: Duration,
    /// CPU time of the program itself.
    pub(crate) own_cpu: Duration,
    /// CPU time with all that it started and waited for: its ssh.
    pub(crate) all_cpu: Duration,
    /// Peak of the program's own resident memory in KB; 0 where it was not asked for.
    pub(crate) peak_kb: u64,
}

/// How a run is watched.
pub(crate) struct Watch<'a> {
    /// What the program prints goes to this file.
    pub(crate) log: &'a Path,
    /// How long it may take.
    pub(crate) limit: Duration,
    /// Whether its memory is looked at, which costs it a little time.
    pub(crate) memory: bool,
    /// Ends it early.
    pub(crate) stop: &'a AtomicBool,
}

/// Runs `command`, which has to end well, in a process group of its own.
pub(crate) fn measure(mut command: Command, watch: &Watch<'_>) -> Result<Usage, Problem> {
    let output = File::create(watch.log)?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).process_group(0);
    let begun = Instant::now();
    let mut child = command.spawn().map_err(|error| {
        Problem::new(
            format!("can't start `{}`: {error}", command.get_program().to_string_lossy()),
            "see that it is there and may be run",
        )
    })?;
    let waited = wait(&child, begun, watch);
    let wall = begun.elapsed();
    let pid = Pid::from_child(&child);
    if waited.is_err() {
        // It is not reaped yet, so that the group's number is still its own.
        let _ = kill_process_group(pid, Signal::KILL);
    }
    let (own_cpu, all_cpu) = cpu(&child);
    let status = child.wait()?;
    let peak_kb = waited.map_err(|problem| with_output(problem, watch.log))?;
    if !status.success() {
        let what = format!("`{}` failed: {status}", command.get_program().to_string_lossy());
        return Err(with_output(Problem::new(what, "it printed:"), watch.log));
    }
    Ok(Usage { begun, wall, own_cpu, all_cpu, peak_kb })
}

/// Waits for the end without reaping; the peak of its memory, if that was asked for.
fn wait(child: &Child, begun: Instant, watch: &Watch<'_>) -> Result<u64, Problem> {
    let handle = pidfd_open(Pid::from_child(child), PidfdFlags::empty()).map_err(std::io::Error::from)?;
    let pause = if watch.memory { SAMPLE } else { LOOK };
    let pause = Timespec { tv_sec: 0, tv_nsec: pause.subsec_nanos().into() };
    let mut peak = 0;
    loop {
        if watch.memory {
            peak = peak.max(resident_peak(child));
        }
        let mut ended = [PollFd::new(&handle, PollFlags::IN)];
        if poll(&mut ended, Some(&pause)).is_ok_and(|count| count > 0) {
            return Ok(peak);
        }
        if watch.stop.load(Ordering::Relaxed) {
            return Err(Problem::interrupted());
        }
        if begun.elapsed() > watch.limit {
            return Err(Problem::new(
                format!("it takes longer than {} seconds, and was ended", watch.limit.as_secs()),
                "give it more with `--limit SECONDS`, or look at what it printed:",
            ));
        }
    }
}

fn with_output(mut problem: Problem, log: &Path) -> Problem {
    let text = fs_err::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    for line in &lines[lines.len().saturating_sub(20)..] {
        problem.remedy.push_str("\n| ");
        problem.remedy.push_str(line);
    }
    problem
}

/// `VmHWM`, in KB. Once it has ended there is none.
fn resident_peak(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// CPU time of a process that has ended and is not reaped: its own, and with what it has waited for.
///
/// Linux gives both in ticks of some milliseconds, and its main thread's to the nanosecond; what is larger is nearer.
fn cpu(child: &Child) -> (Duration, Duration) {
    let read = |file| std::fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap_or_default();
    let stat = read("stat");
    // The program's name, which may be anything, is in brackets before it.
    let fields: Vec<u64> = stat
        .rsplit_once(") ")
        .map(|(_, rest)| rest.split(' ').skip(11).take(4).filter_map(|field| field.parse().ok()).collect())
        .unwrap_or_default();
    let tick = Duration::from_secs(1) / u32::try_from(rustix::param::clock_ticks_per_second()).unwrap_or(100);
    let ticks = |fields: &[u64]| tick * u32::try_from(fields.iter().sum::<u64>()).unwrap_or(u32::MAX);
    let (own, children) = fields.split_at(fields.len().min(2));
    let exact = read("schedstat").split(' ').next().and_then(|nanos| nanos.parse().ok());
    let own = ticks(own).max(exact.map(Duration::from_nanos).unwrap_or_default());
    (own, own + ticks(children))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    fn run(script: &str, limit: Duration, stop: &AtomicBool) -> Result<Usage, Problem> {
        let folder = std::env::temp_dir().join(format!("garment-bench-{}", std::process::id()));
        fs_err::create_dir_all(&folder).unwrap();
        let log = folder.join(format!("{:?}.log", std::thread::current().id()));
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let usage = measure(command, &Watch { log: &log, limit, memory: true, stop });
        let _ = fs_err::remove_file(&log);
        // The last test's end removes the folder; before, others have files there.
        let _ = std::fs::remove_dir(&folder);
        usage
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn its_own_time_is_told_from_that_of_what_it_starts() {
        let busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        let go_on = AtomicBool::new(false);
        let own = run(busy, LONG, &go_on).unwrap();
        assert!(own.own_cpu > Duration::from_millis(20) && own.peak_kb > 100, "{own:?}");
        let child = run(&format!("sh -c '{busy}'; :"), LONG, &go_on).unwrap();
        assert!(child.all_cpu > child.own_cpu + Duration::from_millis(20), "{child:?}");
        assert!(child.wall >= child.all_cpu / 2, "{child:?}");
    }

    #[test]
    fn what_fails_or_hangs_is_told_with_its_output() {
        let go_on = AtomicBool::new(false);
        let failed = run("echo a reason; exit 3", LONG, &go_on).unwrap_err();
        assert_eq!(failed.what, "`sh` failed: exit status: 3");
        assert_eq!(failed.remedy, "it printed:\n| a reason");
        let late = run("echo begun; exec sleep 60", Duration::from_millis(300), &go_on).unwrap_err();
        assert!(late.what.contains("longer than") && late.remedy.ends_with("| begun"), "{late:?}");
        let stopped = run("exec sleep 60", LONG, &AtomicBool::new(true)).unwrap_err();
        assert_eq!(stopped.what, "interrupted");
    }
}
