//! The folder that a demo happens in.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Makes it: `dir`, which must not be there, or a new one for temporary files. It stays. What is returned is its real
/// path, absolute.
///
/// # Errors
/// What to tell people. Nothing was made.
pub(super) fn make(dir: Option<&Path>) -> Result<PathBuf, String> {
    let Some(dir) = dir else { return temporary() };
    let shown = dir.display();
    let Some(name) = dir.file_name() else {
        return Err(format!("{shown} can't be made: name a folder that is not there yet"));
    };
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = fs_err::canonicalize(parent).map_err(|error| format!("can't make {shown}: {error}"))?;
    let folder = parent.join(name);
    fits_into_a_file(&folder)?;
    match std::fs::create_dir(&folder) {
        Ok(()) => Ok(folder),
        Err(_) if folder.symlink_metadata().is_ok() => {
            Err(format!("{shown} is already there, and stays as it is: name a folder that is not there yet"))
        }
        Err(error) => Err(format!("can't make {shown}: {error}")),
    }
}

fn temporary() -> Result<PathBuf, String> {
    let help = "set `TMPDIR` to a folder that you may write to, or name one for the demo with `--dir DIR`";
    let made = tempfile::Builder::new()
        .prefix("garment-demo-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .map_err(|error| format!("can't make a temporary folder: {error}\n{help}"))?;
    let folder = fs_err::canonicalize(made.path())
        .map_err(|error| format!("can't find its real path: {error}\n{help}"))?;
    fits_into_a_file(&folder)?;
    // Only now: until here it goes again where something is wrong.
    let _ = made.keep();
    Ok(folder)
}

/// `deploy.conf` is text, and a path has to fit on a line of it.
fn fits_into_a_file(folder: &Path) -> Result<(), String> {
    match folder.to_str() {
        Some(text) if !text.contains(char::is_control) => Ok(()),
        _ => Err(format!(
            "deploy.conf can't name {}: choose a folder whose path is UTF-8 text without control characters, with \
             `--dir DIR`",
            folder.display()
        )),
    }
}
