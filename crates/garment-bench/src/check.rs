//! Whether a deploy did what it was asked to do.

use std::path::Path;

use garment_testing::Host;

use crate::problem::Problem;
use crate::workload::Workload;

/// `current` of every host has what the newest commit changed, and old releases are gone.
pub(crate) fn switched(
    hosts: &[Host],
    folder: &str,
    workload: &Workload,
    most: usize,
) -> Result<(), Problem> {
    for host in hosts {
        let current = host.file(folder).join("current");
        for (path, contents) in workload.changed() {
            same(host, &current.join(path), contents)?;
        }
        let releases = releases(&host.file(folder).join("releases"))?;
        if releases > most {
            return Err(wrong(host, &format!("it keeps {releases} releases, which is more than {most}")));
        }
    }
    Ok(())
}

/// `current` of every host has all that the newest commit has, byte for byte.
pub(crate) fn complete(hosts: &[Host], folder: &str, workload: &Workload) -> Result<(), Problem> {
    for host in hosts {
        compare(host, workload.folder(), &host.file(folder).join("current"))?;
    }
    Ok(())
}

fn compare(host: &Host, wanted: &Path, found: &Path) -> Result<(), Problem> {
    for entry in fs_err::read_dir(wanted)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        if name == ".git" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            compare(host, &path, &found.join(name))?;
        } else {
            same(host, &found.join(name), &fs_err::read(&path)?)?;
        }
    }
    Ok(())
}

fn same(host: &Host, path: &Path, contents: &[u8]) -> Result<(), Problem> {
    let found = fs_err::read(path).map_err(|error| wrong(host, &error.to_string()))?;
    if found == contents {
        return Ok(());
    }
    Err(wrong(host, &format!("`{}` is not what the newest commit has", path.display())))
}

/// How many folders are named like releases, which all tools here begin with the date.
fn releases(folder: &Path) -> Result<usize, Problem> {
    let entries = fs_err::read_dir(folder)?.filter_map(Result::ok);
    Ok(entries.filter(|entry| entry.file_name().as_encoded_bytes()[0].is_ascii_digit()).count())
}

fn wrong(host: &Host, what: &str) -> Problem {
    Problem::new(
        format!("{} was not deployed to as it should have been: {what}", host.name()),
        "this is a mistake of the tool or of the benchmark; `GARMENT_TEST_KEEP=1` keeps the fleet's folder to look at",
    )
}

#[cfg(test)]
mod tests {
    use garment_testing::Fleet;

    use super::*;
    use crate::options::Repository;

    /// A deploy by hand, which is then spoilt in one way after the other.
    #[test]
    fn what_was_not_deployed_is_noticed() {
        let fleet = Fleet::builder().webs(1).start();
        let workload = Workload::make(&fleet, Repository::Small);
        let (hosts, host) = (fleet.hosts(), fleet.host("web1"));
        fs_err::create_dir_all(host.file("shop/releases")).unwrap();
        workload.repo().git(["clone", "--quiet", ".", &host.file("shop/releases/1").to_string_lossy()]);
        std::os::unix::fs::symlink("releases/1", host.file("shop/current")).unwrap();
        let noticed = || {
            let switched = switched(hosts, "shop", &workload, 1).err();
            switched.or_else(|| complete(hosts, "shop", &workload).err()).map(|problem| problem.what)
        };
        assert_eq!(noticed(), None);
        fs_err::create_dir(host.file("shop/releases/2")).unwrap();
        assert!(noticed().unwrap().ends_with("it keeps 2 releases, which is more than 1"));
        fs_err::remove_dir(host.file("shop/releases/2")).unwrap();
        for file in ["src/part0/section0/file0001.dat", "VERSION"] {
            host.write(Path::new("shop/current").join(file), "something else");
            assert!(noticed().unwrap().contains(&format!("{file}` is not what the newest commit has")));
        }
        fs_err::remove_file(host.file("shop/current")).unwrap();
        assert!(noticed().unwrap().contains("No such file"));
    }
}
