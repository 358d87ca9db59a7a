//! What one run leaves to the next, in a file of our own: which clusters were open, and the answer to a question that is asked once.

use super::files::{Paths, make_folder_of};
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What was left. What cannot be read is as good as nothing: only convenience is lost.
#[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Session {
    /// The contexts that were open.
    pub open: Vec<String>,
    /// The keymap that was chosen when the first run asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keymap: Option<String>,
}

/// What the last run left.
pub fn read(paths: &Paths) -> Session {
    let text = fs::read_to_string(&paths.session).unwrap_or_default();
    serde_yaml::from_str(&text).unwrap_or_default()
}

/// Changes what is left to the next run. The file is replaced whole, so that nobody ever reads half of it.
///
/// # Errors
/// Where the file cannot be written.
pub fn change(paths: &Paths, change: impl FnOnce(&mut Session)) -> io::Result<()> {
    let mut session = read(paths);
    change(&mut session);
    let text = serde_yaml::to_string(&session).map_err(io::Error::other)?;
    replace(&paths.session, &text)
}

/// Replaces a file of ours, which only its owner reads.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    make_folder_of(path)?;
    // Two runs that end together each replace the file with a whole one.
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let written = write(&new, text).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        // What is left of a file that could not be written, on a full disk for one, is no use to anybody.
        let _ = fs::remove_file(&new);
    }
    written
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Where k9s keeps its config, if it was ever set up here. `var` reads the environment.
pub fn k9s(var: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name: &str| var(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let home = path("HOME");
    let places = [
        path("K9S_CONFIG_DIR"),
        path("XDG_CONFIG_HOME").map(|p| p.join("k9s")),
        home.as_ref().map(|p| p.join(".config/k9s")),
        home.filter(|_| cfg!(target_os = "macos")).map(|p| p.join("Library/Application Support/k9s")),
    ];
    places.into_iter().flatten().find(|p| p.is_dir())
}
