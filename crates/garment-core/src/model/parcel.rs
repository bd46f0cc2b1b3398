use std::fmt;
use std::fs::File;
use std::sync::Arc;

/// Something that is sent to a host: a git bundle of what its copy of a repository lacks. Hosts that lack the same share
/// one file.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// What it is called there: `source`, or the name of a submodule's copy.
    pub name: String,
    /// The submodule's URL as people may see it; `None` for the repository itself.
    pub of: Option<String>,
    /// What is sent.
    pub file: Arc<File>,
    /// How much that is.
    pub size: Bytes,
}

/// What a host has of one of the repositories that are delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Held {
    /// The name of a submodule's copy; empty for the repository itself.
    pub key: String,
    /// Its branches and tags, as git's hash of their list.
    pub refs: String,
    /// Those that it has of the commits that it was asked for.
    pub commits: Vec<String>,
    /// What it has with all of its history: commits and tags by their ids.
    pub tips: Vec<String>,
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut size = self.0 as f64;
        for unit in ["B", "kB", "MB"] {
            // Not `1000.0`: that would be shown as 1000.
            if size < 999.5 {
                return if unit == "B" || size >= 9.95 {
                    write!(f, "{size:.0} {unit}")
                } else {
                    write!(f, "{size:.1} {unit}")
                };
            }
            size /= 1000.0;
        }
        write!(f, "{size:.1} GB")
    }
}

impl PartialEq for Parcel {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file) && self.name == other.name
    }
}

impl Eq for Parcel {}

#[cfg(test)]
mod tests {
    use super::Bytes;

    #[test]
    fn sizes_are_short() {
        let shown: Vec<String> =
            [0, 999, 1000, 1234, 9949, 9950, 999_499, 999_500, 12_345_678, 2_500_000_000]
                .map(|size| Bytes(size).to_string())
                .into();
        let want =
            ["0 B", "999 B", "1.0 kB", "1.2 kB", "9.9 kB", "10 kB", "999 kB", "1.0 MB", "12 MB", "2.5 GB"];
        assert_eq!(shown, want);
    }
}
