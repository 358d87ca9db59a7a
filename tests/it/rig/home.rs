//! A home folder and an environment for one run of a program: what it writes stays in there and goes with it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A PATH in which nothing is found: kconsole needs no other program, kubectl least of all. What a person asks for, a plugin, an editor or a browser,
/// is found by [`Home::with_programs`].
pub const NO_PROGRAMS: &str = "no-programs";

/// A folder that is removed when it is dropped.
pub struct Home {
    path: PathBuf,
    variables: Vec<(String, OsString)>,
}

impl Home {
    /// An empty folder, unlike any other of this run.
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("home-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).expect("cargo's folder for tests can be written");
        let folders = [("HOME", ""), ("XDG_CONFIG_HOME", ".config"), ("XDG_STATE_HOME", ".local/state"), ("XDG_CACHE_HOME", ".cache")];
        let variables = folders.iter().map(|(name, folder)| ((*name).to_owned(), path.join(folder).into_os_string())).collect();
        Self { path, variables }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The programs of this machine are found.
    pub fn with_programs(self) -> Self {
        let path = std::env::var("PATH").unwrap_or_default();
        self.with("PATH", &path)
    }

    /// Adds a variable to the environment.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// The environment: HOME and the XDG folders, all in here, and what was added.
    pub fn variables(&self) -> &[(String, OsString)] {
        &self.variables
    }

    /// Writes a file, its folders included.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path.join(path);
        std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the home can be written");
        std::fs::write(&path, text).expect("the home can be written");
        path
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
