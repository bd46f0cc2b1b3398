use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// A `known_hosts` file that is rewritten whole with every change.
#[derive(Debug)]
pub(crate) struct KnownHosts {
    path: PathBuf,
    keys: Mutex<BTreeMap<u16, String>>,
}

impl KnownHosts {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, keys: Mutex::default() }
    }

    /// Knows the host at `port` of 127.0.0.1 by `public_key`, or by none.
    pub(crate) fn set(&self, port: u16, public_key: Option<String>) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        match public_key {
            Some(key) => keys.insert(port, key),
            None => keys.remove(&port),
        };
        let lines: Vec<String> =
            keys.iter().map(|(port, key)| format!("[127.0.0.1]:{port} {key}\n")).collect();
        fs_err::write(&self.path, lines.concat()).expect("write known_hosts");
    }
}
