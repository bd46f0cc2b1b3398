use garment_core::transport::{Interpreter, Step};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::bed::{Bed, Way};

/// The words of `shell`, whatever is in them, and the text itself arrive as they are.
#[test]
fn the_words_of_an_interpreter_arrive_as_they_are() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let word =
        prop_oneof!["[^\0]{0,20}", "['\"$`\\\\!*?~#&|;<>(){}\\[\\] \t\n\r=-]{0,12}", "[^\0]{4000,5000}"];
    for way in [Way::Unrecorded, Way::Recorded] {
        let bed = std::cell::RefCell::new(runtime.block_on(Bed::new(way)));
        let mut runner =
            TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
        runner
            .run(&vec(word.clone(), 0..12), |words| {
                let mut bed = bed.borrow_mut();
                let say = ["sh", "-c", "printf '%s\\0' \"$@\"", "sh"].map(str::to_owned);
                let mut step = bed.steps(&[""]).remove(0);
                step.interpreter = Interpreter::words([&say[..], &words].concat());
                let mut out = Vec::new();
                let ran = runtime.block_on(bed.hear(&[step], &mut |signal| {
                    if let garment_core::transport::Signal::Output(_, _, bytes) = signal {
                        out.extend_from_slice(bytes);
                    }
                }));
                prop_assert_eq!(ran, Ok(()));
                let due: Vec<u8> = words.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
                // Behind them comes what makes the shell read the text.
                prop_assert!(out.starts_with(&due), "{:?}", String::from_utf8_lossy(&out));
                Ok(())
            })
            .unwrap();
        runtime.block_on(bed.into_inner().close());
    }
}

/// Neither this step's text nor anything else that a command can open has the word that makes a mark. A long text is a
/// file where bash reads it.
#[tokio::test]
async fn the_word_can_t_be_found() {
    for mut bed in Bed::both().await {
        for padding in [0, 100_000] {
            let text = format!(
                ": {}\nlook=garment-mark; cat /proc/$PPID/fd/3 /proc/self/fd/3 /proc/self/environ /proc/$PPID/environ \
                 /proc/$PPID/cmdline /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -o \"$look-[0-9a-f]\"",
                "x".repeat(padding)
            );
            // One that waits for what nobody writes is ended: /proc/PPID/fd/3 may be a pipe.
            let told = bed.one(&text).await;
            assert_eq!(
                (String::from_utf8_lossy(&told.out).as_ref(), told.status),
                ("", Some(1)),
                "{:?}",
                bed.way
            );
        }
        bed.close().await;
    }
}

/// The name of a step stands in the text that the session reads.
#[tokio::test]
async fn a_step_s_name_is_a_word() {
    let mut bed = Bed::new(Way::Recorded).await;
    for name in ["before-migrate.0", "a b", "it's", "$(exit 3)", "-", "--", "a;b", "*"] {
        let step = Step { is_script: false, ..Step::script("x", "echo ran".into()) }.named(name);
        let (told, ran) = bed.run_steps(&[step], |_, _| {}).await;
        assert_eq!(
            (told[0].out.as_slice(), told[0].status, ran),
            (b"ran\n".as_slice(), Some(0), Ok(())),
            "{name}"
        );
        let kept = bed
            .dir
            .path()
            .join(".garment/operations/20260101T000000-deploy-00ff/1")
            .join(format!("{name}.out"));
        assert_eq!(kept.exists(), name != "-", "{name}");
    }
    bed.close().await;
}
