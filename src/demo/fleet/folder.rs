//! The folder of a fleet: only its owner can look into it, and it goes with the fleet. What a fleet leaves behind that is killed, the next one
//! takes away.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::{Builder, TempDir};

const PREFIX: &str = "kconsole-demo-";
/// A file that is locked for as long as the fleet lives: the system lets go of it with the process.
const ALIVE: &str = "alive";

/// A folder that is there until this is dropped.
pub(super) struct Folder {
    folder: TempDir,
    /// Goes after the folder, so that nobody else takes that away meanwhile.
    _alive: File,
}

impl Folder {
    /// Makes one, and takes away those of fleets that are no more.
    pub(super) fn new() -> io::Result<Self> {
        sweep(&std::env::temp_dir());
        let folder = Builder::new().prefix(PREFIX).permissions(Permissions::from_mode(0o700)).tempdir()?;
        // It is locked before it has its name: nobody finds it unlocked.
        let unborn = folder.path().join("unborn");
        let alive = File::create_new(&unborn)?;
        alive.lock()?;
        fs::rename(unborn, folder.path().join(ALIVE))?;
        Ok(Self { folder, _alive: alive })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Takes away the folders whose fleet is no more. Those of others cannot be opened, and one that cannot be asked is left alone.
fn sweep(place: &Path) {
    let Ok(all) = fs::read_dir(place) else { return };
    for folder in all.flatten().filter(|f| f.file_name().to_string_lossy().starts_with(PREFIX)) {
        if File::open(folder.path().join(ALIVE)).is_ok_and(|alive| alive.try_lock().is_ok()) {
            // It may be gone by now, for the same reason.
            drop(fs::remove_dir_all(folder.path()));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_holds_is_taken_away() {
        let place = tempfile::tempdir().unwrap();
        let folder = |name: &str, file: &str| {
            let folder = place.path().join(name);
            fs::create_dir(&folder).unwrap();
            File::create_new(folder.join(file)).unwrap()
        };
        let held = folder("kconsole-demo-held", ALIVE);
        held.lock().unwrap();
        drop(folder("kconsole-demo-dead", ALIVE));
        drop(folder("kconsole-demo-new", "unborn"));
        drop(folder("another", ALIVE));
        sweep(place.path());
        let mut left: Vec<_> = fs::read_dir(place.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["another", "kconsole-demo-held", "kconsole-demo-new"]);
        drop(held);
        sweep(place.path());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2);
    }
}
