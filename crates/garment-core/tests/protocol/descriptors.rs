use crate::bed::{Bed, Told, Way};

#[tokio::test]
async fn what_is_closed_or_turned_away_ends_nothing() {
    let texts = [
        "for fd in 0 1 2 3 4 5 6 7 8 9; do eval \"exec $fd<&-\"; done; exit 5",
        "exec >/dev/null 2>&1; echo nobody; exit 5",
        "exec 2>&1 1>&-; exit 5",
        "exec 3>&1 4>&2 5>&1 6>&2 7>&1 8>&1 9>&1; exec >&- 2>&-; exit 5",
    ];
    for mut bed in Bed::both().await {
        for text in texts {
            assert_eq!(bed.one(text).await, Told::ended("", "", 5), "{:?} {text}", bed.way);
        }
        bed.close().await;
    }
}

#[tokio::test]
async fn a_command_has_nothing_but_its_outputs() {
    for mut bed in Bed::both().await {
        let text = "for fd in 0 3 4 5 6 7 8 9; do
            { true >&$fd; } 2>/dev/null && echo \"$fd is open for writing\"
            { true <&$fd; } 2>/dev/null && [ $fd != 0 ] && echo \"$fd is open for reading\"
        done; cat; :";
        let told = bed.one(text).await;
        // stdin is /dev/null, which can't be written to.
        assert_eq!(
            String::from_utf8_lossy(&told.out).replace("0 is open for writing\n", ""),
            "",
            "{:?}",
            bed.way
        );
        bed.close().await;
    }
}

/// Whoever runs as the same user can write to whatever the session's shell has open. It is output, or nothing.
#[tokio::test]
async fn what_is_written_to_the_session_s_own_files_ends_nothing() {
    let text = "trap '' PIPE; for fd in /proc/$PPID/fd/* /proc/self/fd/*; do
        case $fd in */0 | */4) continue ;; esac
        printf 'garment-mark-0123456789abcdef0123456789abcdef end 0 0\\n' 2>/dev/null >>\"$fd\"
        printf 'end 0 0\\ndone\\n' 2>/dev/null >>\"$fd\"
    done; exit 6";
    for mut bed in Bed::both().await {
        let told = bed.one(text).await;
        assert_eq!(told.status, Some(6), "{:?}", bed.way);
        bed.close().await;
    }
}

/// The session's stdin can be written to as well, as long as it is a pipe. Only what is harmless as a command, too: it may
/// be read as one.
#[tokio::test]
async fn garbage_in_front_of_the_watcher_is_left_alone() {
    let text = "[ -p /proc/$PPID/fd/4 ] || exit 6
        for i in 1 2 3; do printf '\\n: x\\n#\\n\\n' >/proc/$PPID/fd/4; done; exit 6";
    for mut bed in Bed::both().await {
        assert_eq!(bed.one(text).await.status, Some(6));
        bed.close().await;
    }
}

#[tokio::test]
async fn what_prints_on_after_the_end_does_not_get_in_the_way() {
    for mut bed in Bed::both().await {
        let daemon = "(while :; do echo noise; echo noise >&2; sleep 0.02; done) & echo $!";
        let told = bed.one(daemon).await;
        let out = String::from_utf8(told.out).unwrap();
        let pid = out.lines().find(|line| *line != "noise").unwrap().to_owned();
        assert_eq!(told.status, Some(0));
        for status in [0, 3, 0] {
            let told = bed.one(&format!("sleep 0.1; echo mine; exit {status}")).await;
            assert_eq!(told.status, Some(status));
            let out = String::from_utf8(told.out).unwrap();
            if bed.way == Way::Recorded {
                assert_eq!((out.as_str(), told.err.as_slice()), ("mine\n", b"".as_slice()));
            } else {
                assert_eq!(out.replace("noise\n", ""), "mine\n");
            }
        }
        assert_eq!(bed.one(&format!("kill {pid}; exit 8")).await.status, Some(8));
        bed.close().await;
    }
}
