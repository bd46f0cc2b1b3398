use std::io::{Read as _, Seek as _, SeekFrom};
use std::time::Duration;

use crate::bed::{Bed, Told, Way};

/// Where a step's records are, in the step.
const BASE: &str = "base=$(readlink /proc/self/fd/2); base=$(ls -t \"${base%/*}\"/operations/*/1/*.pid | head -n 1); base=${base%.pid}\n";

/// A command may do to its records what it likes: it is the same user. It can make them wrong, but nothing else.
#[tokio::test]
async fn a_command_that_meddles_with_its_records_ends_by_itself() {
    let texts = [
        "rm -f \"$base\".*",
        "rm -rf \"${base%/*}\"; mkdir \"${base%/*}\"",
        ": >\"$base.out\"; : >\"$base.err\"",
        "echo '0 1 1' >\"$base.status\"",
        "printf 'garbage' >\"$base.status\"",
        "rm -f \"$base.status\"; mkfifo \"$base.status\"",
        "mkdir \"$base.status\"",
        "rm -f \"$base.pid\"; mkfifo \"$base.pid\"",
        "chmod 0 \"$base\".*",
        "rm -f \"$base\".*; ln -s \"$base.out\" \"$base.out\"",
    ];
    let mut bed = Bed::new(Way::Recorded).await;
    for text in texts {
        let told = bed.one(&format!("{BASE}{text}; exit 9")).await;
        assert_eq!((told.status, told.timed_out), (Some(9), false), "{text}");
    }
    bed.close().await;
}

/// What stands where the process group was written down gets no signal if it can't be one: least of all 1, since -1 is
/// everybody. Not tried for real.
#[test]
fn no_signal_is_sent_to_everybody() {
    let session = include_str!("../../src/transport/session.sh");
    let start = session.find("\ng_send() {").unwrap();
    let send = &session[start..start + session[start..].find("\n}\n").unwrap() + 3];
    let text = format!(
        "kill() {{ echo \"kill $*\"; false; }}{send}for id in 1 0 -1 '' x '1 2' '*' 4711; do g_send TERM \"$id\"; done; :"
    );
    let said = std::process::Command::new("sh").args(["-c", &text]).output().unwrap();
    assert_eq!(String::from_utf8(said.stdout).unwrap(), "kill -TERM -4711\nkill -TERM 4711\n");
}

/// A command that dies before it has opened its outputs leaves two who wait for that. They must not hold the lock, which
/// would outlive the session, and they go when the session sees that.
#[test]
fn who_waits_for_a_command_that_never_began_holds_no_lock() {
    let session = include_str!("../../src/transport/session/records.sh");
    let function = |name: &str| {
        let start = session.find(&format!("\n{name}() {{")).unwrap();
        &session[start..start + session[start..].find("\n}\n").unwrap() + 3]
    };
    let dir = tempfile::tempdir().unwrap();
    let text = format!(
        "{}{}cd \"$1\"; g_dir=$1 g_base=$1/x g_what=line g_pipes=; exec 5<\"$1\"; g_collect; exec 5>&-; \
         held() {{ for pid in $g_collectors; do ls -l \"/proc/$pid/fd\"; done | grep -q -x \".* -> $1\"; }}; \
         while held \"$1\"; do tries=${{tries:-}}x; [ ${{#tries}} -lt 50 ] || exit 8; sleep 0.1; done; \
         g_drop_pipes; wait; ls \"$1\"",
        function("g_collect"),
        function("g_drop_pipes")
    );
    // Not a pipe: who waits in vain would hold it.
    let said = tempfile::tempfile().unwrap();
    let status = std::process::Command::new("timeout")
        .args(["20", "sh", "-c", &text, "sh"])
        .arg(dir.path())
        .stdout(said.try_clone().unwrap())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    let mut listed = String::new();
    (&said).seek(SeekFrom::Start(0)).unwrap();
    (&said).read_to_string(&mut listed).unwrap();
    assert_eq!((status.code(), listed.as_str()), (Some(0), "x.err\nx.out\n"));
}

#[tokio::test]
async fn a_forged_process_id_ends_nobody_else() {
    for forged in ["x", "", "x y"] {
        let mut bed = Bed::new(Way::Recorded).await;
        let mut steps =
            bed.steps(&[&format!("{BASE}echo '{forged}' >\"$base.pid\"; sleep 2; echo over; exit 9")]);
        steps[0].limit = Some(Duration::from_secs(1));
        let (told, ran) = bed.run_steps(&steps, |_, _| {}).await;
        let due = Told { timed_out: true, ..Told::ended("over\n", "", 9) };
        assert_eq!((told, ran), (vec![due], Ok(())), "{forged}");
        bed.close().await;
    }
}

/// A forged end is believed only by a session that finds no other.
#[tokio::test]
async fn a_forged_end_is_not_waited_for() {
    for (status, known) in [
        ("'8 1 1'", Some(8)),
        ("'8 1 1 timeout'", Some(8)),
        ("garbage", None),
        ("", None),
        ("'9 1' x", Some(9)),
    ] {
        let mut bed = Bed::new(Way::Recorded).await;
        let forge =
            format!("{BASE}echo said; printf '%s\\n' {status} >\"$base.status\"; kill -9 $PPID; exit 3");
        let (told, ran) = bed.run(&[&forge, "exit 0"]).await;
        assert_eq!((told[0].out.as_slice(), told[0].status), (b"said\n".as_slice(), known), "{status}");
        assert_eq!(ran.is_err(), known.is_none());
        bed.close().await;
    }
}
