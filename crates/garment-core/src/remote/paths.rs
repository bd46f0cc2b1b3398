/// Where things are on a host, as `deploy.conf` gives it after its templates are expanded. A leading `~` or `~/` is the
/// remote user's home, and so is where a relative path starts; the scripts make them absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The folder that holds garment's own state, in `.garment`.
    pub deploy_dir: String,
    /// The host's full copy of the repository.
    pub source_dir: String,
    /// Where releases are made.
    pub releases_dir: String,
    /// The symlink that names the current release.
    pub current_symlink: String,
}
