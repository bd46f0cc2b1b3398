//! The session protocol over a real `sh` on this machine: what a hostile or odd command prints can neither end a step
//! nor forge one.
#![allow(clippy::unwrap_used)]

use garment_core::event::{Exit, Problem, Stream};
use garment_core::model::{Destination, Host};
use garment_core::remote::{
    Holder, Paths, Refusal, Where, freeze, lock, parse_freeze, parse_refusal, thaw, unlock,
};
use garment_core::transport::{Farewell, Options, Session, Signal, Step, System, Transport, Wish};
use tokio::sync::watch;

#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Begin(usize),
    Out(usize, String),
    Err(usize, String),
    End(usize, u8),
}

async fn open() -> Box<dyn Session> {
    let host = Host { destination: Destination::parse("local").unwrap(), roles: [].into() };
    System::default().open(&host, Options::default(), &[], &mut |_| {}).await.unwrap()
}

/// For the session's own shell.
fn here(text: String) -> Step {
    Step::here("lock", text)
}

fn step(text: &str) -> Step {
    Step { is_script: false, ..Step::script(text, text.into()) }
}

/// Runs the steps; pieces of output of one step and stream are joined.
async fn run(session: &mut dyn Session, texts: &[&str]) -> (Vec<Heard>, Result<(), Problem>) {
    let (_go, wish) = watch::channel(Wish::Go);
    run_with(session, texts, wish, |_| {}).await
}

async fn run_with(
    session: &mut dyn Session,
    texts: &[&str],
    wish: watch::Receiver<Wish>,
    mut also: impl FnMut(&Signal<'_>) + Send,
) -> (Vec<Heard>, Result<(), Problem>) {
    let steps: Vec<Step> = texts.iter().map(|text| step(text)).collect();
    let mut heard: Vec<Heard> = Vec::new();
    let result = session
        .run(&steps, wish, &mut |signal| {
            also(&signal);
            match signal {
                Signal::Begin(id) => heard.push(Heard::Begin(id)),
                Signal::End(id, Exit(status)) => heard.push(Heard::End(id, status)),
                Signal::Output(id, stream, bytes) => {
                    let text = String::from_utf8_lossy(bytes).into_owned();
                    let known = heard.iter_mut().find_map(|h| match (h, stream) {
                        (Heard::Out(i, t), Stream::Stdout) | (Heard::Err(i, t), Stream::Stderr)
                            if *i == id =>
                        {
                            Some(t)
                        }
                        _ => None,
                    });
                    match (known, stream) {
                        (Some(t), _) => t.push_str(&text),
                        (None, Stream::Stdout) => heard.push(Heard::Out(id, text)),
                        (None, Stream::Stderr) => heard.push(Heard::Err(id, text)),
                    }
                }
                _ => {}
            }
        })
        .await;
    (heard, result.map_err(|lost| lost.problem))
}

fn out(heard: &[Heard], id: usize) -> &str {
    heard
        .iter()
        .find_map(|h| match h {
            Heard::Out(i, t) if *i == id => Some(t.as_str()),
            _ => None,
        })
        .unwrap_or("")
}

fn err(heard: &[Heard], id: usize) -> &str {
    heard
        .iter()
        .find_map(|h| match h {
            Heard::Err(i, t) if *i == id => Some(t.as_str()),
            _ => None,
        })
        .unwrap_or("")
}

fn ends(heard: &[Heard]) -> Vec<(usize, u8)> {
    heard
        .iter()
        .filter_map(|h| match h {
            Heard::End(i, s) => Some((*i, *s)),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn outputs_stay_apart_and_steps_stop_at_the_first_failure() {
    let mut session = open().await;
    let (heard, result) =
        run(&mut *session, &["echo one; echo two >&2", "printf half; exit 7", "echo never"]).await;
    assert_eq!(result, Ok(()));
    assert_eq!((out(&heard, 0), err(&heard, 0), out(&heard, 1)), ("one\n", "two\n", "half"));
    assert_eq!(ends(&heard), [(0, 0), (1, 7)]);
    let (heard, _) = run(&mut *session, &["echo still here"]).await;
    assert_eq!((out(&heard, 0), ends(&heard)), ("still here\n", vec![(0, 0)]));
    session.close(Farewell::Plain).await;
}

/// stderr is read as soon as stdout is, and each has its own way.
#[tokio::test]
async fn what_a_step_prints_is_told_between_its_beginning_and_its_end() {
    let mut session = open().await;
    let texts: Vec<String> = (0..200).map(|n| format!("printf {n} >&2")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (heard, result) = run(&mut *session, &texts).await;
    let wanted: Vec<Heard> =
        (0..200).flat_map(|n| [Heard::Begin(n), Heard::Err(n, n.to_string()), Heard::End(n, 0)]).collect();
    assert_eq!((result, heard), (Ok(()), wanted));
    session.close(Farewell::Plain).await;
}

#[tokio::test]
async fn a_command_finds_no_protocol() {
    let mut session = open().await;
    let looks = r#"
        cat; IFS= read -r line; echo "stdin: $line"
        env | grep -c garment-mark- 
        ps -eo args | grep -c '[g]arment-mark-'
        trap - INT; sh -c 'kill -INT $$; echo survived'; echo "int $?"
        for fd in 3 4 5 6 7 8 9; do { true >&$fd; } 2>/dev/null && echo "fd $fd is open"; done; :"#;
    let (heard, _) = run(&mut *session, &[looks]).await;
    assert_eq!(out(&heard, 0), "stdin: \n0\n0\nint 130\n");
    session.close(Farewell::Plain).await;
}

#[tokio::test]
async fn words_that_look_like_marks_are_output() {
    let mut session = open().await;
    let fake =
        "printf 'garment-mark-00000000000000000000000000000000 end 0 0\\n%s end 0 0\\n' \"$g_mark\"; exit 3";
    let (heard, _) = run(&mut *session, &[fake, "echo never"]).await;
    assert_eq!(out(&heard, 0), "garment-mark-00000000000000000000000000000000 end 0 0\n end 0 0\n");
    assert_eq!(ends(&heard), [(0, 3)]);
    session.close(Farewell::Plain).await;
}

#[tokio::test]
async fn much_output_on_one_line_and_bytes_of_any_kind_arrive_whole() {
    let mut session = open().await;
    let (_go, wish) = watch::channel(Wish::Go);
    let mut counts = [0_usize; 2];
    let text = "head -c 20000000 /dev/zero; head -c 3000000 /dev/urandom >&2; exit 4";
    let steps = [step(text)];
    let mut end = None;
    let result = session
        .run(&steps, wish, &mut |signal| match signal {
            Signal::Output(_, stream, bytes) => counts[usize::from(stream == Stream::Stderr)] += bytes.len(),
            Signal::End(_, exit) => end = Some(exit),
            _ => {}
        })
        .await;
    assert_eq!((result, counts, end), (Ok(()), [20_000_000, 3_000_000], Some(Exit(4))));
    session.close(Farewell::Plain).await;
}

#[tokio::test]
async fn a_long_batch_is_not_taken_for_control_lines() {
    let mut session = open().await;
    let padding = format!(": {}\necho ok", "x".repeat(100_000));
    let texts = [padding.as_str(); 5];
    let (heard, _) = run(&mut *session, &texts).await;
    assert_eq!(ends(&heard), (0..5).map(|i| (i, 0)).collect::<Vec<_>>());
    session.close(Farewell::Plain).await;
}

#[tokio::test]
async fn stop_lets_the_running_step_finish() {
    let mut session = open().await;
    let (go, wish) = watch::channel(Wish::Go);
    let dir = tempfile::tempdir().unwrap();
    let gate = dir.path().join("gate");
    let wait = format!("mkfifo '{0}'; echo ready; read -r x <'{0}'; echo finished", gate.display());
    let (heard, result) = run_with(&mut *session, &[&wait, "echo never"], wish, |signal| {
        if let Signal::Output(0, Stream::Stdout, b"ready\n") = signal {
            go.send_replace(Wish::Stop);
            // Opening blocks until the step reads: only then is it let go.
            let gate = gate.clone();
            std::thread::spawn(move || std::fs::write(gate, "go\n"));
        }
    })
    .await;
    assert_eq!(result, Ok(()));
    assert_eq!(out(&heard, 0), "ready\nfinished\n");
    // The stop may come too late only if it was sent after the step's end, which the gate rules out on a local pipe…
    // but the order in which `sh` sees the signal and the step's end is the kernel's, so both are right here:
    assert!(ends(&heard) == [(0, 0)] || ends(&heard) == [(0, 0), (1, 0)], "{heard:?}");
    session.close(Farewell::Plain).await;
}

#[tokio::test]
async fn terminate_ends_the_whole_group_and_kill_what_ignores_that() {
    let mut session = open().await;
    let (go, wish) = watch::channel(Wish::Go);
    let (heard, result) = run_with(
        &mut *session,
        &["sh -c 'echo ready; exec sleep 1000'; echo after", "echo never"],
        wish,
        |signal| {
            if matches!(signal, Signal::Output(0, Stream::Stdout, _)) {
                go.send_replace(Wish::Terminate);
            }
        },
    )
    .await;
    assert_eq!((result, ends(&heard)), (Ok(()), vec![(0, 143)]));

    let (go, wish) = watch::channel(Wish::Go);
    let stubborn = "trap 'echo awake' TERM; echo ready; while :; do sleep 0.1; done";
    let (heard, result) = run_with(&mut *session, &[stubborn, "echo never"], wish, |signal| match signal {
        Signal::Output(0, Stream::Stdout, b"ready\n") => drop(go.send_replace(Wish::Terminate)),
        // TERM was heard and did not end it.
        Signal::Output(0, Stream::Stdout, _) => drop(go.send_replace(Wish::Kill)),
        _ => {}
    })
    .await;
    assert_eq!((result, ends(&heard)), (Ok(()), vec![(0, 137)]));
    let (heard, _) = run(&mut *session, &["echo still here"]).await;
    assert_eq!(out(&heard, 0), "still here\n");
    session.close(Farewell::Plain).await;
}

#[tokio::test]
async fn a_command_that_kills_the_session_s_shell_is_a_lost_connection() {
    let mut session = open().await;
    let (heard, result) = run(&mut *session, &["kill -9 $PPID; sleep 1000 & kill $!"]).await;
    assert_eq!(ends(&heard), []);
    assert_eq!(result.unwrap_err().what, "the connection was lost");
    session.close(Farewell::Plain).await;
}

#[tokio::test]
async fn a_daemon_that_keeps_the_outputs_holds_nothing_up() {
    let mut session = open().await;
    let (heard, result) = run(&mut *session, &["sleep 1000 & echo $!"]).await;
    assert_eq!((result, ends(&heard)), (Ok(()), vec![(0, 0)]));
    let pid = out(&heard, 0).trim().to_owned();
    let (heard, _) = run(&mut *session, &[&format!("kill {pid} && echo it was alive")]).await;
    assert_eq!(out(&heard, 0), "it was alive\n");
    session.close(Farewell::Plain).await;
}

/// Runs one step and gives its status and what it printed on stdout.
async fn one(session: &mut dyn Session, step: Step) -> (u8, Vec<u8>) {
    let (_go, wish) = watch::channel(Wish::Go);
    let (mut printed, mut status) = (Vec::new(), None);
    session
        .run(&[step], wish, &mut |signal| match signal {
            Signal::Output(_, Stream::Stdout, bytes) => printed.extend(bytes),
            Signal::End(_, exit) => status = Some(exit.0),
            _ => {}
        })
        .await
        .unwrap();
    (status.unwrap(), printed)
}

fn holder(by: &str) -> Holder {
    Holder { by: by.into(), doing: "deploy".into(), since: Some(1_700_000_000), token: "7".into() }
}

fn paths(dir: &std::path::Path) -> Paths {
    let at = |name: &str| dir.join(name).display().to_string();
    Paths {
        deploy_dir: dir.display().to_string(),
        source_dir: at("source"),
        releases_dir: at("releases"),
        current_symlink: at("current"),
    }
}

#[tokio::test]
async fn a_lock_lives_and_dies_with_the_session() {
    let dir = tempfile::tempdir().unwrap();
    let paths = paths(&dir.path().join("it's new"));
    let take = |by: &str| here(lock(&paths, &holder(by), Where::Anywhere));
    let mut one_session = open().await;
    assert_eq!(one(&mut *one_session, take("evan@pungi")).await, (0, vec![]));
    // Once more is no contradiction.
    assert_eq!(one(&mut *one_session, take("evan@pungi")).await, (0, vec![]));
    let mut other = open().await;
    let (status, said) = one(&mut *other, take("somebody@else")).await;
    assert_eq!((status, parse_refusal(&said).unwrap()), (1, Some(Refusal::Held(holder("evan@pungi")))));
    // What a task leaves running does not keep the lock.
    let (_, pid) = one(&mut *one_session, step("sleep 1000 </dev/null >/dev/null 2>&1 & echo $!")).await;
    // A step finds no lock to play with.
    let (_, fds) = one(&mut *one_session, step("{ true >&5; } 2>/dev/null && echo open; true")).await;
    assert_eq!(String::from_utf8(fds).unwrap(), "");
    // Given back.
    assert_eq!(one(&mut *one_session, here(unlock())).await, (0, vec![]));
    assert_eq!(one(&mut *other, take("somebody@else")).await, (0, vec![]));
    // A killed shell frees its lock. It is the parent of every step.
    let (_go, wish) = watch::channel(Wish::Go);
    let lost = other.run(&[step("kill -9 $PPID")], wish, &mut |_| {}).await;
    assert!(lost.is_err());
    assert_eq!(one(&mut *one_session, take("evan@pungi")).await, (0, vec![]));
    // And so does a session that ends in order.
    one_session.close(Farewell::Plain).await;
    let mut third = open().await;
    assert_eq!(one(&mut *third, take("third@here")).await, (0, vec![]));
    let pid = String::from_utf8(pid).unwrap();
    assert_eq!(one(&mut *third, step(&format!("kill {}", pid.trim()))).await, (0, vec![]));
    third.close(Farewell::Plain).await;
}

#[tokio::test]
async fn a_lock_without_flock_is_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let paths = paths(dir.path());
    let take = |by: &str| {
        here(format!("PATH={}\n{}", no_flock(dir.path()), lock(&paths, &holder(by), Where::Anywhere)))
    };
    let (mut one_session, mut other) = (open().await, open().await);
    assert_eq!(one(&mut *one_session, take("evan@pungi")).await, (0, vec![]));
    let (status, said) = one(&mut *other, take("somebody@else")).await;
    assert_eq!((status, parse_refusal(&said).unwrap()), (1, Some(Refusal::Held(holder("evan@pungi")))));
    one_session.close(Farewell::Plain).await;
    assert_eq!(one(&mut *other, take("somebody@else")).await, (0, vec![]));
    // The other's shell is killed, and a minute passes: its beat is as old as that.
    let (_go, wish) = watch::channel(Wish::Go);
    other.run(&[step("kill -9 $PPID")], wish, &mut |_| {}).await.unwrap_err();
    let mut third = open().await;
    assert_eq!(one(&mut *third, take("third@here")).await.0, 1);
    let age = format!("touch -d '2 minutes ago' '{}/.garment/lock.d/beat'", dir.path().display());
    assert_eq!(one(&mut *third, step(&age)).await, (0, vec![]));
    assert_eq!(one(&mut *third, take("third@here")).await, (0, vec![]));
    assert_eq!(one(&mut *third, here(unlock())).await, (0, vec![]));
    assert!(!dir.path().join(".garment/lock.d").exists());
    third.close(Farewell::Plain).await;
}

/// A PATH with the tools that the lock needs and no flock.
fn no_flock(dir: &std::path::Path) -> String {
    let bin = dir.join("bin");
    if !bin.exists() {
        std::fs::create_dir(&bin).unwrap();
        for tool in ["mkdir", "mv", "rm", "cat", "find", "touch", "sleep", "sh", "setsid", "id", "tee"] {
            let found = ["/usr/bin", "/bin"]
                .iter()
                .map(|dir| std::path::Path::new(dir).join(tool))
                .find(|p| p.exists());
            std::os::unix::fs::symlink(found.unwrap(), bin.join(tool)).unwrap();
        }
    }
    bin.display().to_string()
}

#[tokio::test]
async fn a_freeze_refuses_everybody() {
    let dir = tempfile::tempdir().unwrap();
    let paths = paths(dir.path());
    let why = Holder { doing: "the auditors are here".into(), ..holder("boss@desk") };
    let mut session = open().await;
    let script = |text: String| Step { is_script: true, ..step(&text) };
    let (_, said) = one(&mut *session, script(freeze(&paths, &why))).await;
    assert_eq!(parse_freeze(&said, "freeze").unwrap(), None);
    let (_, said) = one(&mut *session, script(freeze(&paths, &holder("somebody@else")))).await;
    assert_eq!(parse_freeze(&said, "freeze").unwrap(), Some(why.clone()));
    let (status, said) = one(&mut *session, here(lock(&paths, &holder("evan@pungi"), Where::Anywhere))).await;
    assert_eq!((status, parse_refusal(&said).unwrap()), (1, Some(Refusal::Frozen(why.clone()))));
    let (_, said) = one(&mut *session, script(thaw(&paths, true))).await;
    assert_eq!(parse_freeze(&said, "thaw").unwrap(), Some(why.clone()));
    let (_, said) = one(&mut *session, script(thaw(&paths, false))).await;
    assert_eq!(parse_freeze(&said, "thaw").unwrap(), Some(why));
    assert_eq!(
        one(&mut *session, here(lock(&paths, &holder("evan@pungi"), Where::Anywhere))).await,
        (0, vec![])
    );
    session.close(Farewell::Plain).await;
}

#[tokio::test]
async fn a_lock_that_can_t_be_written_is_a_problem_and_not_the_session_s_end() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(".garment"), "in the way").unwrap();
    let mut session = open().await;
    let (status, said) =
        one(&mut *session, here(lock(&paths(dir.path()), &holder("evan@pungi"), Where::Anywhere))).await;
    assert_eq!((status, parse_refusal(&said).unwrap()), (1, None));
    let problems = garment_core::remote::parse_problems(&said).unwrap();
    assert_eq!(
        problems[0].what,
        format!(
            "`{0}/.garment` is not a folder, so the lock `{0}/.garment/lock` can't be written",
            dir.path().display()
        )
    );
    assert_eq!(one(&mut *session, step("echo still here")).await, (0, b"still here\n".to_vec()));
    session.close(Farewell::Plain).await;
}
