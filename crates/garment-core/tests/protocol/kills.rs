use std::time::Duration;

use garment_core::transport::{Signal, Wish};

use crate::bed::{Bed, Told, Way};

#[tokio::test]
async fn what_kills_itself_or_its_group_has_ended() {
    let texts = [
        ("kill -9 $$", 137),
        ("kill -9 0", 137),
        ("kill 0", 143),
        ("sh -c 'kill -9 $PPID'; exit 3", 137),
        ("trap '' TERM HUP INT QUIT PIPE; kill $$; kill -HUP $$; kill -PIPE $$; exit 3", 3),
        ("sleep 1000 & kill -9 0", 137),
    ];
    for mut bed in Bed::both().await {
        for (text, status) in texts {
            let told = bed.one(text).await;
            assert_eq!(
                (told.status, told.out.as_slice()),
                (Some(status), b"".as_slice()),
                "{:?} {text}",
                bed.way
            );
        }
        bed.close().await;
    }
}

/// Kills what the session's shell has started beside the step, but for programs of the name `spared`.
fn kills_all_but(spared: &str) -> String {
    format!(
        "echo one; echo two >&2
        for stat in /proc/[0-9]*/stat; do
            {{ read -r line <\"$stat\"; }} 2>/dev/null || continue
            pid=${{line%% *}}; name=${{line#*\\(}}; name=${{name%\\)*}}; line=${{line##*) }}; line=${{line#* }}
            [ \"${{line%% *}}\" = \"$PPID\" ] && [ \"$pid\" != \"$$\" ] && [ \"$name\" != {spared} ] && kill -9 \"$pid\"
        done
        echo three; exit 7"
    )
}

/// The watcher, and what copies and times it.
#[tokio::test]
async fn what_kills_the_session_s_other_processes_ends_no_step_but_its_own() {
    for mut bed in Bed::both().await {
        let told = bed.one(&kills_all_but("tee")).await;
        assert_eq!(
            (told.out.as_slice(), told.status),
            (b"one\nthree\n".as_slice(), Some(7)),
            "{:?}",
            bed.way
        );
        assert!(told.err.starts_with(b"two\n"));
        // The line that the watcher does not read any more is read as a command, which says so on stderr.
        assert_eq!(bed.one("echo next; exit 3").await.status, Some(3));
        bed.close().await;
    }
}

/// A command that kills what reads its outputs prints to nobody, as anywhere. The next one has readers again.
#[tokio::test]
async fn what_kills_its_own_readers_is_the_only_one_that_is_not_heard() {
    let mut bed = Bed::new(Way::Recorded).await;
    let told = bed.one(&kills_all_but("nothing")).await;
    assert!(matches!(told.status, Some(7 | 141)), "{told:?}");
    assert!(b"one\nthree\n".starts_with(&told.out), "{told:?}");
    let next = bed.one("echo next; exit 3").await;
    assert_eq!((next.out.as_slice(), next.status), (b"next\n".as_slice(), Some(3)));
    bed.close().await;
}

#[tokio::test]
async fn what_kills_the_session_s_shell_is_not_known_to_have_ended() {
    let mut bed = Bed::new(Way::Unrecorded).await;
    let (told, ran) = bed.run(&["kill -9 $PPID; exit 3"]).await;
    assert_eq!((told.len(), told[0].status), (1, None));
    let lost = ran.unwrap_err();
    assert_eq!((lost.problem.what.as_str(), lost.shell_lives), ("the connection was lost", false));
    bed.close_now().await;

    // There is a new session, which finds no end written down.
    let mut bed = Bed::new(Way::Recorded).await;
    let (told, ran) = bed.run(&["echo said; kill -9 $PPID; exit 3", "echo never"]).await;
    assert_eq!(told, [Told { out: b"said\n".into(), ..Told::default() }]);
    let lost = ran.unwrap_err();
    let what = "it is not known how it ended: garment's shell there was killed";
    assert_eq!((lost.problem.what.as_str(), lost.shell_lives), (what, true));
    bed.close().await;
}

#[tokio::test]
async fn what_stops_itself_can_be_killed() {
    for mut bed in Bed::both().await {
        let steps = bed.steps(&["echo stopping; kill -STOP $$; echo never", "echo never"]);
        let (told, ran) = bed
            .run_steps(&steps, |signal, go| {
                if matches!(signal, Signal::Output(..)) {
                    go.send_replace(Wish::Kill);
                }
            })
            .await;
        // Some shells say `Killed` on stderr.
        let seen: Vec<_> = told.iter().map(|told| (told.out.as_slice(), told.status)).collect();
        assert_eq!((seen, ran), (vec![(b"stopping\n".as_slice(), Some(137))], Ok(())), "{:?}", bed.way);
        bed.close().await;
    }
}

#[tokio::test]
async fn what_stops_itself_is_ended_by_its_timeout() {
    let mut bed = Bed::new(Way::Recorded).await;
    let mut steps = bed.steps(&["echo stopping; kill -STOP $$; echo never"]);
    steps[0].limit = Some(Duration::from_secs(1));
    let (told, ran) = bed.run_steps(&steps, |_, _| {}).await;
    assert_eq!((told.len(), ran), (1, Ok(())));
    assert_eq!(
        (told[0].out.as_slice(), told[0].status, told[0].timed_out),
        (b"stopping\n".as_slice(), Some(137), true)
    );
    bed.close().await;
}
