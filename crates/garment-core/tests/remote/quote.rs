use garment_core::remote::quote;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::bed::Bed;

/// Whatever the text, each shell has the same text back. Many at a time: starting a shell is what takes long.
#[test]
fn every_shell_gives_the_text_back() {
    let text = prop_oneof![
        "[^\0]{0,20}",
        "['\"$`\\\\!*?~#&|;<>(){}\\[\\] \t\n\r=-]{0,12}",
        Just("$(touch x)".to_owned()),
        Just("\\".to_owned()),
        Just("'".to_owned()),
    ];
    let beds: Vec<Bed> = Bed::all().collect();
    let mut runner = TestRunner::new(Config { cases: 30, failure_persistence: None, ..Config::default() });
    runner
        .run(&prop::collection::vec(text, 1..80), |texts| {
            let words: Vec<String> = texts.iter().map(|text| quote(text)).collect();
            let command = format!("printf '%s\\0' {}", words.join(" "));
            let want: Vec<u8> = texts.iter().flat_map(|text| [text.as_bytes(), b"\0"].concat()).collect();
            for bed in &beds {
                let ran = bed.run(&command);
                prop_assert_eq!(&ran.stdout, &want);
                prop_assert_eq!(&ran.stderr, "");
            }
            Ok(())
        })
        .unwrap();
    assert!(beds.iter().all(|bed| !bed.home().join("x").exists()));
}
