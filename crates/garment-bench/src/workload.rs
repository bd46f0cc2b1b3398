use garment_testing::{Fleet, Repo};

use crate::options::Repository;

/// A repository that is the same every time: what a run deploys is its next commit.
#[derive(Debug)]
pub(crate) struct Workload {
    repo: Repo,
    files: u64,
    bytes: u64,
    commits: u64,
    /// What the newest commit changed: path and contents.
    changed: Vec<(String, Vec<u8>)>,
}

impl Workload {
    pub(crate) fn make(fleet: &Fleet, repository: Repository) -> Self {
        let (name, files, bytes) = match repository {
            Repository::Small => ("small", 25, 100_000),
            Repository::Large => ("large", 5_000, 80_000_000),
        };
        let mut workload = Self { repo: fleet.repo(name), files, bytes, commits: 0, changed: Vec::new() };
        for number in 0..files {
            workload.repo.write(path(number), workload.contents(number, 0));
        }
        workload.next();
        workload
    }

    pub(crate) fn url(&self) -> String {
        self.repo.url()
    }

    #[cfg(test)]
    pub(crate) fn repo(&self) -> &Repo {
        &self.repo
    }

    /// The work tree, which has what the newest commit has.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.repo.folder()
    }

    /// What the newest commit changed: paths and contents.
    pub(crate) fn changed(&self) -> &[(String, Vec<u8>)] {
        &self.changed
    }

    /// Commits a small change and pushes it: a line in `VERSION`, and two other files.
    pub(crate) fn next(&mut self) {
        self.commits += 1;
        let mut changed = vec![("VERSION".to_owned(), format!("version {}\n", self.commits).into_bytes())];
        for number in [self.commits * 7 % self.files, (self.commits * 11 + 3) % self.files] {
            changed.push((path(number), self.contents(number, self.commits)));
        }
        for (path, contents) in &changed {
            self.repo.write(path, contents);
        }
        self.repo.commit(&format!("version {}", self.commits));
        self.repo.push();
        self.changed = changed;
    }

    /// Noise, which can't be compressed, of a quarter to seven quarters of the average size.
    fn contents(&self, number: u64, version: u64) -> Vec<u8> {
        let average = self.bytes / self.files;
        let size = average / 4 + average * 3 / 2 * (number * 37 % 101) / 100;
        let mut state = (number << 20 | version) + 1;
        let words = (0..size.div_ceil(8)).flat_map(|_| {
            // SplitMix64.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            (mixed ^ mixed >> 31).to_le_bytes()
        });
        words.take(usize::try_from(size).unwrap_or(usize::MAX)).collect()
    }
}

/// Fifty files a folder, ten folders in each above it.
fn path(number: u64) -> String {
    format!("src/part{}/section{}/file{number:04}.dat", number / 500, number / 50 % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_every_time() {
        let fleets: Vec<Fleet> = (0..2).map(|_| Fleet::builder().start()).collect();
        let ids = fleets.iter().map(|fleet| {
            let mut workload = Workload::make(fleet, Repository::Small);
            workload.next();
            (workload.repo.id("HEAD"), workload.repo.git(["ls-files"]).lines().count())
        });
        let ids: Vec<_> = ids.collect();
        assert_eq!(ids[0], ids[1]);
        assert_eq!(ids[0].1, 26);
    }
}
