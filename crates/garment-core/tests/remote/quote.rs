use std::fs;

use garment_core::remote::{Holder, Paths, command_text, freeze, quote};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::bed::Bed;

/// Texts without NUL, long ones too, and those that mean something to shells.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[^\0]{0,20}",
        4 => "['\"$`\\\\!*?~#&|;<>(){}\\[\\] \t\n\r=-]{0,12}",
        2 => "[\u{1}-\u{1f}\u{7f}-\u{9f}\u{2028}\u{feff}\u{fffd}\u{10ffff}]{0,12}",
        1 => ("[^\0]", 1000..9000_usize).prop_map(|(piece, n)| piece.repeat(n)),
        1 => proptest::sample::select(vec![
            "$(touch x)", "`touch x`", "\\", "'", "'\\''", "-n", "-e \\n", "a\n", "\n", "~", "~root", "!!", "%s\\0", "EOF",
        ])
        .prop_map(str::to_owned),
    ]
}

/// Starting a shell is what takes long, so each case has many texts.
fn cases<S: Strategy>(cases: u32, values: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(values, test).unwrap();
}

fn lines_of_nul(texts: &[String]) -> Vec<u8> {
    texts.iter().flat_map(|text| [text.as_bytes(), b"\0"].concat()).collect()
}

/// Whatever the text, each shell has the same text back.
#[test]
fn every_shell_gives_the_text_back() {
    let beds: Vec<Bed> = Bed::all().collect();
    cases(30, &prop::collection::vec(text(), 1..80), |texts| {
        let words: Vec<String> = texts.iter().map(|text| quote(text)).collect();
        // Fewer bytes than the system takes as one argument.
        let command = format!("printf '%s\\0' {}", words.join(" "));
        let texts = if command.len() > 100_000 { &texts[..1] } else { &texts[..] };
        let command = format!("printf '%s\\0' {}", words[..texts.len()].join(" "));
        for bed in &beds {
            let ran = bed.run(&command);
            prop_assert_eq!(&ran.stdout, &lines_of_nul(texts));
            prop_assert_eq!(&ran.stderr, "");
        }
        Ok(())
    });
    assert!(beds.iter().all(|bed| !bed.home().join("x").exists()));
}

/// The values of a script are what they were, and nothing else is set or run.
#[test]
fn the_values_of_a_script_arrive() {
    let beds: Vec<Bed> = Bed::all().collect();
    let values = prop::collection::vec(text(), 6..7);
    cases(30, &values, |values| {
        let paths = Paths {
            deploy_dir: values[0].clone(),
            source_dir: values[1].clone(),
            releases_dir: values[2].clone(),
            current_symlink: values[3].clone(),
        };
        let holder = Holder { by: values[4].clone(), doing: values[5].clone(), ..Holder::default() };
        let text = freeze(&paths, &holder);
        // Behind the assignments is the same text for all.
        let same = freeze(
            &Paths {
                deploy_dir: String::new(),
                source_dir: String::new(),
                releases_dir: String::new(),
                current_symlink: String::new(),
            },
            &Holder::default(),
        );
        let behind = &same[same.find("\n# shellcheck").unwrap()..];
        let assignments = text.strip_suffix(behind).unwrap();
        let say =
            "printf '%s\\0' \"$deploy_dir\" \"$source_dir\" \"$releases_dir\" \"$current_symlink\" \"$info\"";
        let line =
            |text: &String| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let info = format!("by={}\nsince=\ndoing={}\ntoken=\n", line(&values[4]), line(&values[5]));
        let due = lines_of_nul(&[&values[..4], &[info]].concat());
        for bed in &beds {
            let ran = bed.run(&format!("{assignments}\n{say}"));
            prop_assert_eq!(&ran.stdout, &due);
            prop_assert_eq!(&ran.stderr, "");
        }
        Ok(())
    });
    assert!(beds.iter().all(|bed| !bed.home().join("x").exists()));
}

/// `cd` and the variables of a task are words, whatever is in them.
#[test]
fn the_folder_and_the_variables_of_a_command_arrive() {
    let beds: Vec<Bed> = Bed::all().collect();
    let folder = prop_oneof!["[^\0/]{1,40}", "['\"$`\\\\!*?~#&|;<>(){}\\[\\] \t\n\r=-]{1,12}"]
        .prop_filter("no folder of its own", |name| !matches!(name.as_str(), "." | "..") && name.len() < 200);
    let values = (folder, prop::collection::vec(text(), 1..6));
    cases(30, &values, |(folder, values)| {
        let env: Vec<(String, String)> =
            values.iter().enumerate().map(|(n, value)| (format!("V{n}"), value.clone())).collect();
        // From the environment, where a program sees them.
        let say: Vec<String> = (0..values.len()).map(|n| format!("\"$V{n}\"")).collect();
        let command = format!("printf '%s\\0' \"$PWD\"; exec sh -c 'printf \"%s\\0\" {}'", say.join(" "));
        for bed in &beds {
            let at = bed.home().join(&folder);
            fs::create_dir_all(&at).unwrap();
            let due = lines_of_nul(&[&[at.display().to_string()], &values[..]].concat());
            for cd in [at.display().to_string(), format!("~/{folder}"), folder.clone()] {
                // `~` alone in front is the home.
                if cd == folder && folder.starts_with('~') {
                    continue;
                }
                let ran = bed.run(&command_text(Some(&cd), &env, None, &command));
                prop_assert_eq!(&ran.stdout, &due);
                prop_assert_eq!(&ran.stderr, "");
            }
        }
        Ok(())
    });
}
