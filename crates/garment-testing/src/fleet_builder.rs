use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::fleet::Fleet;
use crate::host::Host;
use crate::host_files::{HostFiles, Settings};
use crate::known_hosts::KnownHosts;
use crate::port::Port;
use crate::sshd::Sshd;
use crate::{controller, keys, programs};

/// What a [`Fleet`] is to be.
#[derive(Debug, Default)]
pub struct FleetBuilder {
    hosts: Vec<String>,
}

impl FleetBuilder {
    /// The hosts' names. None is fine too, where only this machine is deployed to.
    #[must_use]
    pub fn hosts<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.hosts.extend(names.into_iter().map(Into::into));
        self
    }

    /// `count` hosts: `web1`, `web2` and so on.
    #[must_use]
    pub fn webs(self, count: usize) -> Self {
        self.hosts((1..=count).map(|number| format!("web{number}")))
    }

    /// Starts the fleet. Every host listens when this returns.
    ///
    /// Panics, with the name of the Debian package, where a program is missing.
    pub fn start(self) -> Fleet {
        controller::check_logins_can_work();
        let sshd = programs::find("sshd");
        let folder = tempfile::Builder::new().prefix("fleet-").tempdir().expect("make the fleet's folder");
        let root = fs_err::canonicalize(folder.path()).expect("find the fleet's folder");
        for name in ["bin", "controller", "project", "tmp", "keys"] {
            fs_err::create_dir(root.join(name)).expect("make the fleet's folders");
        }
        fs_err::write(root.join("controller/.gitconfig"), "[protocol \"file\"]\n\tallow = always\n")
            .expect("write the controller's .gitconfig");

        let files: Vec<HostFiles> =
            self.hosts.iter().map(|name| HostFiles::create(root.join("hosts").join(name))).collect();
        let paths: Vec<PathBuf> = [root.join("keys/login"), root.join("keys/agent")]
            .into_iter()
            .chain(files.iter().map(HostFiles::host_key))
            .collect();
        let keys = keys::generate(paths.iter().map(PathBuf::as_path));
        let (login, agent) = (keys[0].public(), keys[1].public());

        let known_hosts = Arc::new(KnownHosts::new(root.join("known_hosts")));
        let hosts: Vec<Host> = self
            .hosts
            .into_iter()
            .zip(files)
            .zip(&keys[2..])
            .map(|((name, files), key)| {
                let mut path = vec![files.bin()];
                path.extend(programs::path_folders());
                let settings = Settings {
                    login_shell: programs::find("bash"),
                    path,
                    variables: BTreeMap::new(),
                    authorized_keys: format!("{login}\n"),
                    password_only: false,
                    banner: String::new(),
                };
                files.write(&settings);
                let sshd = Sshd::start(sshd.clone(), files.sshd_config(), files.log());
                known_hosts.set(sshd.port(), Some(key.public()));
                let (home, settings) = (files.home(), Mutex::new(settings));
                let (known_hosts, agent_key) = (Arc::clone(&known_hosts), agent.clone());
                Host { name, files, settings, known_hosts, sshd, home, agent_key, disk: Mutex::default() }
            })
            .collect();
        let agent_key = keys[1].clone();
        let refusing = Port::take();
        let fleet = Fleet {
            hosts,
            agent: Mutex::default(),
            agent_key,
            refusing,
            root,
            folder: Some(folder),
            kept: false,
        };
        fleet.write_ssh_configs();
        fleet
    }
}
