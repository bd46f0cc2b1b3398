use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;

use super::NoCommit;
use super::ask::{Git, not_started};
use super::command::{bare, said};
use super::mirror::broken;
use super::stock::{Goods, Stock};
use crate::event::Problem;
use crate::model::{Bytes, Held, Parcel};

/// What a bundle leaves out: ids, sorted.
type Without = Vec<String>;

impl Git {
    /// What each host lacks, as bundles: one for all hosts that lack the same.
    pub(super) async fn pack_for(
        &self,
        stock: &Stock,
        hosts: &[Vec<Held>],
    ) -> Result<Vec<Vec<Parcel>>, Problem> {
        let mut parcels = vec![Vec::new(); hosts.len()];
        for goods in &stock.goods {
            // Most hosts say the very same, and those that don't may still lack the same.
            let mut known: HashMap<&Held, Without> = HashMap::new();
            let mut made: HashMap<Without, Parcel> = HashMap::new();
            let nothing = Held::default();
            for (host, held) in hosts.iter().enumerate() {
                let held = held.iter().find(|held| held.key == goods.key).unwrap_or(&nothing);
                if !lacks(goods, held) {
                    continue;
                }
                let without = match known.get(held) {
                    Some(without) => without.clone(),
                    None => self.without(goods, held).await.map_err(problem)?,
                };
                known.insert(held, without.clone());
                let parcel = match made.get(&without) {
                    Some(parcel) => parcel.clone(),
                    None => self.bundle(goods, &without).await?,
                };
                made.insert(without, parcel.clone());
                parcels[host].push(parcel);
            }
        }
        Ok(parcels)
    }

    /// What of the history a host has that the rest builds on, and the tags that it has: not more than that, so that
    /// hosts that lack the same are one group.
    async fn without(&self, goods: &Goods, held: &Held) -> Result<Without, NoCommit> {
        let dir = &goods.mirror.dir;
        let mut input = held.tips.join("\n");
        input.push('\n');
        let format = "--batch-check=%(objecttype) %(objectname)";
        let checked = self.ask_with(dir, ["cat-file", format], input.as_bytes()).await?;
        let of_kind = |kind: &str| {
            let lines = checked.lines().filter_map(|line| line.split_once(' '));
            lines.filter(|(k, _)| *k == kind).map(|(_, id)| id.to_owned()).collect::<Vec<_>>()
        };
        let (commits, mut without) = (of_kind("commit"), of_kind("tag"));
        if !commits.is_empty() {
            let mut revisions = goods.commits.iter().fold(String::new(), |mut text, commit| {
                // Writing to a String can't fail.
                let _ = writeln!(text, "{commit}");
                text
            });
            let kinds =
                ["for-each-ref", "--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname)"];
            let listed = self.ask(dir, kinds.iter().chain(&["refs/heads", "refs/tags"])).await?;
            for line in listed.lines() {
                let mut words = line.split(' ');
                while let (Some(kind), Some(id)) = (words.next(), words.next()) {
                    if kind == "commit" {
                        let _ = writeln!(revisions, "{id}");
                    }
                }
            }
            for commit in &commits {
                let _ = writeln!(revisions, "^{commit}");
            }
            let listed =
                self.ask_with(dir, ["rev-list", "--boundary", "--stdin"], revisions.as_bytes()).await?;
            let boundary = listed.lines().filter_map(|line| line.strip_prefix('-'));
            without.extend(boundary.map(ToOwned::to_owned));
        }
        without.sort_unstable();
        without.dedup();
        Ok(without)
    }

    /// A git bundle: all branches and tags of the mirror, and what they and the commits need beside what is left out.
    async fn bundle(&self, goods: &Goods, without: &Without) -> Result<Parcel, Problem> {
        let dir = &goods.mirror.dir;
        let file = tempfile::tempfile_in(dir).map_err(|error| no_room(dir, &error.to_string()))?;
        let (mut header, mut revisions) = (header(goods), String::new());
        for commit in &goods.commits {
            let _ = writeln!(revisions, "{commit}");
        }
        for line in goods.mirror.refs.lines() {
            let _ = writeln!(revisions, "{}", line.split(' ').next().unwrap_or_default());
        }
        for id in without {
            let _ = writeln!(revisions, "^{id}");
        }
        for line in goods.mirror.refs.lines() {
            let _ = writeln!(header, "{line}");
        }
        for commit in &goods.commits {
            let _ = writeln!(header, "{commit} refs/garment/commit");
        }
        header.push('\n');
        (&file).write_all(header.as_bytes()).map_err(|error| no_room(dir, &error.to_string()))?;
        let copy = file.try_clone().map_err(|error| no_room(dir, &error.to_string()))?;
        let mut pack = bare(dir, ["-c", "gc.auto=0", "pack-objects", "-q", "--revs", "--thin", "--stdout"]);
        pack.args(["--delta-base-offset"]).stdin(Stdio::piped()).stdout(copy).stderr(Stdio::piped());
        let mut child = pack.spawn().map_err(|error| not_started(&error))?;
        if let Some(mut stdin) = child.stdin.take() {
            // If it does not read it says why.
            let _ = stdin.write_all(revisions.as_bytes()).await;
        }
        let ended = child.wait_with_output().await.map_err(|error| not_started(&error))?;
        if !ended.status.success() {
            let said = said(&ended);
            return Err(if said.contains("No space left") {
                no_room(dir, &said)
            } else {
                broken(dir, &said)
            });
        }
        let size = Bytes(file.metadata().map_err(|error| no_room(dir, &error.to_string()))?.len());
        let of = (!goods.key.is_empty()).then(|| goods.shown.clone());
        let name = if goods.key.is_empty() { "source".to_owned() } else { goods.key.clone() };
        Ok(Parcel { name, of, file: Arc::new(file), size })
    }
}

/// Whether something is to be sent. Copies of submodules are brought up to date only when they lack a commit.
fn lacks(goods: &Goods, held: &Held) -> bool {
    let has = |commit: &str| held.commits.iter().any(|held| held == commit);
    !goods.commits.iter().all(|commit| has(commit.as_str()))
        || goods.key.is_empty() && goods.digest != held.refs
}

/// What a bundle begins with. It names no commits that it builds on: hosts have said that they have them.
fn header(goods: &Goods) -> String {
    match goods.commits.first() {
        Some(commit) if commit.as_str().len() == 64 => "# v3 git bundle\n@object-format=sha256\n".to_owned(),
        _ => "# v2 git bundle\n".to_owned(),
    }
}

fn no_room(dir: &Path, why: &str) -> Problem {
    Problem {
        what: format!("what hosts lack can't be written down in `{}`: {why}", dir.display()),
        remedy: "see whether the disk of this machine has room".into(),
    }
}

pub(super) fn problem(none: NoCommit) -> Problem {
    match none {
        NoCommit::Wrong(problem) | NoCommit::Unreachable(problem) => problem,
    }
}
