use std::fs;

use garment_core::remote::command_text;

use crate::bed::{Bed, Ran};

fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn printed(ran: &Ran) -> String {
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

#[test]
fn folder_then_variables_then_prefix_and_command() {
    for bed in Bed::all() {
        let odd = "it's $HOME `touch x` \"q\"\n;é";
        fs::create_dir(bed.home().join(odd)).unwrap();
        fs::write(bed.home().join(odd).join("rc"), "WHO=rc\n").unwrap();
        let text = command_text(
            Some(&format!("~/{odd}")),
            &env(&[("NOTE", odd), ("B", "-n"), ("C", "$NOTE")]),
            Some(". ./rc"),
            "printf '%s|' \"$PWD\" \"$NOTE\" \"$B\" \"$C\" $WHO",
        );
        let ran = bed.run(&text);
        assert_eq!(printed(&ran), format!("{}/{odd}|{odd}|-n|$NOTE|rc|", bed.home().display()));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        assert!(!bed.home().join("x").exists());
    }
}

#[test]
fn folders_that_look_like_something_else() {
    for mut bed in Bed::all() {
        bed.env.push(("CDPATH".into(), "/".into()));
        bed.env.push(("OLDPWD".into(), "/".into()));
        for dir in ["-", "-P", "etc", "--", "~evan", "sub/ dir"] {
            fs::create_dir_all(bed.home().join(dir)).unwrap();
            let ran = bed.run(&command_text(Some(dir), &[], None, "pwd"));
            assert_eq!(printed(&ran), format!("{}/{dir}\n", bed.home().display()), "{}", ran.stderr);
        }
        for (dir, want) in [("/", "/\n".to_owned()), ("~", format!("{}\n", bed.home().display()))] {
            assert_eq!(printed(&bed.run(&command_text(Some(dir), &[], None, "pwd"))), want);
        }
    }
}

#[test]
fn without_its_folder_nothing_runs() {
    for bed in Bed::all() {
        for command in ["echo ran", "false || echo ran", "false; echo ran", "echo ran & wait"] {
            let ran =
                bed.run(&command_text(Some("nowhere"), &env(&[("A", "1")]), Some("echo prefix"), command));
            assert_eq!(printed(&ran), "");
            assert_ne!(ran.code, Some(0));
        }
    }
}

/// The precedence of Garment 0.5, which put ` && ` between the two.
#[test]
fn prefix_and_command() {
    for bed in Bed::all() {
        for (prefix, command, want, code) in [
            ("true", "echo a || echo b", "a\n", 0),
            ("false", "echo a || echo b", "b\n", 0),
            ("false", "echo a; echo b", "b\n", 0),
            ("false", "echo a", "", 1),
            ("false || true", "echo a", "a\n", 0),
            ("true; false", "echo a", "", 1),
            ("true # why", "echo a # b", "a\n", 0),
            ("false # why", "echo a", "", 1),
            ("echo p\n", "echo a", "p\na\n", 0),
            ("echo p\nfalse\n", "echo a", "p\n", 1),
            ("cat <<E\nx\nE\n", "echo a", "x\na\n", 0),
            ("true", "cat <<E\nx\nE\n", "x\n", 0),
            ("# nothing", "echo a", "a\n", 0),
            ("", "echo a", "a\n", 0),
            ("true", "# first\necho a\necho b\n", "a\nb\n", 0),
            ("if false; then\n  x\nfi", "echo a", "a\n", 0),
            ("A=1", "echo $A", "1\n", 0),
        ] {
            let ran = bed.run(&command_text(None, &[], Some(prefix), command));
            assert_eq!(
                (printed(&ran).as_str(), ran.code),
                (want, Some(code)),
                "{prefix:?} && {command:?} {ran:?}"
            );
        }
    }
}

#[test]
fn a_name_that_is_none_is_no_code() {
    for bed in Bed::all() {
        for bad in ["A-B", "1A", "A;touch x;", "$(touch x)", "", "A B"] {
            let ran = bed.run(&command_text(None, &env(&[(bad, "touch x")]), None, "echo ran"));
            assert_ne!(ran.code, Some(0), "{bad:?}");
            assert_eq!(printed(&ran), "", "{bad:?}");
        }
        assert_eq!(fs::read_dir(bed.home()).unwrap().count(), 0);
    }
}
