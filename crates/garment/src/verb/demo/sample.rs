//! The application that a demo deploys, and its `deploy.conf`.

use std::path::Path;

use garment_core::config::scalar;
use garment_core::model::Template;
use jiff::Timestamp;

/// The environment's name.
pub(super) const ENVIRONMENT: &str = "demo";

/// The hosts' names: those of their folders, too.
pub(super) const HOSTS: [&str; 3] = ["web1", "web2", "db1"];

/// What a version of the application brings.
pub(super) struct Version {
    /// The line in `version.txt`, and the commit's message.
    pub(super) name: &'static str,
    /// When it was committed.
    pub(super) at: i64,
    files: &'static [(&'static str, &'static str)],
}

impl Version {
    /// Writes its files over those of the version before.
    pub(super) fn write(&self, folder: &Path) -> std::io::Result<()> {
        fs_err::create_dir_all(folder.join("migrations"))?;
        fs_err::write(folder.join("version.txt"), format!("{}\n", self.name))?;
        self.files.iter().try_for_each(|(path, text)| fs_err::write(folder.join(path), text))
    }

    pub(super) fn at(&self) -> Timestamp {
        Timestamp::from_second(self.at).unwrap_or_default()
    }
}

pub(super) const ONE: Version = Version {
    name: "version 1",
    // 2026-01-01T09:00:00Z
    at: 1_767_258_000,
    files: &[
        // Whatever the user's own settings and attributes say.
        (
            ".gitattributes",
            "# Files arrive as they are.\n* -text -ident -filter -export-ignore -export-subst\n",
        ),
        ("index.html", "<h1>Shop</h1>\n"),
        ("migrations/1-orders", "create table orders\n"),
    ],
};

pub(super) const TWO: Version = Version {
    name: "version 2",
    at: ONE.at + 3600,
    files: &[
        ("index.html", "<h1>Shop</h1>\n<p>Now with prices.</p>\n"),
        ("migrations/2-prices", "add column price to orders\n"),
    ],
};

const CONFIG: &str = include_str!("deploy.conf");

/// The demo's `deploy.conf`. `folder` is the demo's, absolute; `origin` is the application's repository.
pub(super) fn config(folder: &str, origin: &str) -> String {
    let in_folder = Template::literal(format!("{folder}/")).to_string() + "{host}";
    // Braces of the folder's own are doubled, so it parses.
    let deploy_dir = Template::parse(&in_folder).unwrap_or_else(|_| Template::literal(folder));
    CONFIG
        .replace("REPO_URL", &scalar(&Template::literal(origin)))
        .replace("DEPLOY_DIR", &scalar(&deploy_dir))
}

#[cfg(test)]
mod tests {
    use garment_core::config::Config;
    use garment_core::model::Setting;
    use garment_core::plan::Scope;

    use super::*;

    #[test]
    fn a_folder_of_any_name_is_taken_as_it_is() {
        for folder in ["/tmp/x", "/tmp/it's {host} #1: \"$(x)\"", "/tmp/REPO", "/tmp/~ - ? é"] {
            let text = config(folder, &format!("{folder}/shop.git"));
            let config = Config::parse("deploy.conf", &text)
                .unwrap_or_else(|errors| panic!("{}", errors.render(false)));
            let environment = config.environment(ENVIRONMENT).unwrap();
            let hosts: Vec<_> = environment.hosts.iter().map(|host| host.destination.host()).collect();
            assert_eq!(hosts, HOSTS);
            assert_eq!(
                Scope::without_host(environment).value(Setting::RepoUrl),
                format!("{folder}/shop.git")
            );
            let deploy_dir =
                environment.deploy_dir.expand_known(|name| Some(Template::literal(name.to_uppercase())));
            assert_eq!(deploy_dir, Template::literal(format!("{folder}/HOST")));
        }
    }
}
