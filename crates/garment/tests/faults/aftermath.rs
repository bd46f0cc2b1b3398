//! What has to hold on the hosts after a fault.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use garment_testing::Host;

use crate::bed::{Bed, commands, incomplete, releases};
use crate::case::Op;
use crate::kind::Kind;

/// Whether it is the last command of its task.
fn is_last(op: Op, command: &str) -> bool {
    let task = |command: &'static str| command.split('-').next();
    let all = commands(op);
    let at = all.iter().position(|known| *known == command).unwrap_or_default();
    all.get(at + 1).is_none_or(|next| task(next) != task(all[at]))
}

/// Whether the host wrote down that a command of the operation that was resumed was ended by a signal, which may have come
/// behind the last thing it did.
fn was_killed(host: &Host, command: &str) -> bool {
    let (task, index) = command.split_once('-').unwrap_or_default();
    let status = format!("-{task}.{index}.status");
    let operations = entries(&host.file("shop/.garment/operations"));
    let resumed = operations.iter().filter(|operation| operation.join("2").exists());
    resumed.flat_map(|operation| entries(&operation.join("1"))).any(|file| {
        file.to_string_lossy().ends_with(&status)
            && std::fs::read_to_string(&file)
                .is_ok_and(|said| said.starts_with("137 ") || said.starts_with("143 "))
    })
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Everything that is in `releases`, and so everything that `garment list` may show, is whole.
pub(crate) fn nothing_incomplete(bed: &Bed) {
    for host in bed.fleet.hosts() {
        for name in releases(host) {
            let release = host.file("shop/releases").join(&name);
            let whole = incomplete(&release);
            // What a host that goes on by itself has renamed meanwhile, to remove it, can't be listed any more.
            if let Err(what) = whole
                && release.exists()
            {
                let list = bed.garment().run(["list", "production"]);
                panic!("the release {name} on {} is not complete: {what}\n{list}", host.name());
            }
        }
    }
}

/// What the hosts have written down of releases: the one that is current is live, and no other.
pub(crate) fn states_are_true(bed: &Bed, live: &str) {
    for host in bed.fleet.hosts() {
        let mut states = BTreeMap::new();
        for name in releases(host) {
            let text =
                std::fs::read_to_string(host.file("shop/.garment/releases").join(&name)).unwrap_or_default();
            let state =
                text.lines().find_map(|line| line.strip_prefix("state=")).unwrap_or("none").to_owned();
            states.insert(name, state);
        }
        let lives: Vec<&String> =
            states.iter().filter(|(_, state)| *state == "live").map(|(name, _)| name).collect();
        assert_eq!(
            lives,
            [live],
            "what {} has written down as live is not what is current: {states:#?}",
            host.name()
        );
    }
}

/// No command ran beside another, none ran twice, and all of the operation that was brought to its end ran once. Where it
/// was resumed, a task that was not through runs again from its first command: only its last one shows that it was.
pub(crate) fn commands_ran(bed: &Bed, op: Op, live: &str, resumed: Option<Kind>) {
    for host in bed.fleet.hosts() {
        let wrong = std::fs::read_to_string(host.file("wrong")).unwrap_or_default();
        let journal = std::fs::read_to_string(host.file("journal")).unwrap_or_default();
        assert!(wrong.is_empty(), "on {}: {wrong}\nthe journal there:\n{journal}", host.name());
        let mut ended: BTreeMap<&str, usize> = BTreeMap::new();
        for line in journal.lines().filter_map(|line| line.strip_prefix("end ")) {
            *ended.entry(line).or_default() += 1;
        }
        for command in commands(op) {
            let name = format!("{live} {command}");
            let count = ended.remove(name.as_str()).unwrap_or_default();
            let most = match resumed {
                None => 1,
                Some(kind)
                    if is_last(op, command) && !kind.keeps_from_recording() && !was_killed(host, command) =>
                {
                    1
                }
                Some(_) => 2,
            };
            assert!(
                (1..=most).contains(&count),
                "on {} `{name}` finished {count} times; the journal there:\n{journal}",
                host.name()
            );
        }
        let twice = ended.iter().find(|(_, count)| **count > 1);
        assert_eq!(twice, None, "on {} a command finished twice; the journal there:\n{journal}", host.name());
    }
}
