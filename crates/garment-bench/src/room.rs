use crate::options::{Options, Repository};
use crate::problem::Problem;

/// Whether the disk has room for what the hosts will hold.
pub(crate) fn check(options: &Options, repository: Repository, tools: usize) -> Result<(), Problem> {
    let megabytes: u64 = match repository {
        Repository::Small => 1,
        // The repository itself, and the releases that are kept with the one that is made.
        Repository::Large => 80 * 5,
    };
    let hosts = u64::try_from(options.most_hosts()).unwrap_or(u64::MAX);
    let tools = u64::try_from(tools).unwrap_or(u64::MAX);
    let needed = hosts * tools * megabytes + 3 * megabytes;
    let folder = std::env::temp_dir();
    let disk = rustix::fs::statvfs(&folder).map_err(std::io::Error::from)?;
    let free = disk.f_bavail * disk.f_frsize / 1_000_000;
    if free > needed + needed / 10 {
        return Ok(());
    }
    Err(Problem::new(
        format!("the hosts need {needed} MB in `{}`, and {free} MB are free there", folder.display()),
        "set TMPDIR to a folder on another disk, or ask for fewer `--hosts` or `--tools`",
    ))
}
