//! What has to be removed again, a file for each, which is locked as long as the run lives that made it: whoever can lock one has found what a run
//! left that was killed.

use super::entry::eprint;
use super::files::make_folder_of;
use super::program::Program;
use crate::model::leftover::Leftover;
use crate::model::step::Notice;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Nobody waits longer for a program to end.
const PATIENCE: Duration = Duration::from_secs(5);

impl Program {
    /// Looks what earlier runs left.
    pub(super) fn find_leftovers(&mut self) {
        let found = self.leftovers.find();
        self.state.found(found);
    }

    /// A pod has to be removed again, or is gone.
    pub(super) fn note_leftover(&mut self, pod: &Leftover, is_left: bool) {
        let noted = if is_left { self.leftovers.keep(pod) } else { self.leftovers.forget(pod) };
        match noted {
            Err(error) if is_left => {
                let folder = self.paths.debugging.display();
                self.state.say(Notice::warn(format!("{folder}: {error}: should kconsole be killed, no later run removes {}", pod.name)));
            }
            Err(error) => tracing::warn!("{}: {error}", self.paths.debugging.display()),
            Ok(()) => {}
        }
    }

    /// The program is about to end: what has to go is removed, as far as that can be within a few seconds, and what cannot is told.
    pub async fn remove_debugging(&mut self) {
        self.state.end_debugging();
        let until = Instant::now() + PATIENCE;
        while !self.state.undone().is_empty() {
            self.perform();
            if timeout_at(until, self.listen()).await.is_err() {
                break;
            }
        }
        self.state.undone().iter().for_each(|told| eprint(&format!("kconsole: {told}")));
    }
}

/// The files of this run.
pub(super) struct Leftovers {
    folder: PathBuf,
    held: Vec<(Leftover, PathBuf, File)>,
}

impl Leftovers {
    /// Those in a folder, which need not be there.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), held: Vec::new() }
    }

    /// Writes one down, before it is made.
    ///
    /// # Errors
    /// Why it cannot be.
    pub(super) fn keep(&mut self, left: &Leftover) -> io::Result<()> {
        let mut number = self.held.len();
        let (path, mut file) = loop {
            let path = self.folder.join(format!("{}-{number}.json", std::process::id()));
            make_folder_of(&path)?;
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => break (path, file),
                // Of an earlier run that had this number.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        };
        file.try_lock()?;
        file.write_all(serde_json::to_string(left)?.as_bytes())?;
        file.sync_all()?;
        self.held.push((left.clone(), path, file));
        Ok(())
    }

    /// It is gone. Where its file stays, the next run finds out.
    pub(super) fn forget(&mut self, left: &Leftover) -> io::Result<()> {
        match self.held.iter().position(|(held, ..)| held == left) {
            Some(at) => fs::remove_file(self.held.swap_remove(at).1),
            None => Ok(()),
        }
    }

    /// What runs left that do not live any more; it is ours from now on.
    pub(super) fn find(&mut self) -> Vec<Leftover> {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut found = Vec::new();
        for path in files.map(|entry| entry.path()) {
            let Ok(file) = OpenOptions::new().read(true).open(&path) else { continue };
            // Whoever held it may just have removed it.
            if file.try_lock().is_err() || !path.exists() {
                continue;
            }
            if let Ok(left) = serde_json::from_reader::<_, Leftover>(&file) {
                found.push(left.clone());
                self.held.push((left, path, file));
            }
        }
        found
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_left_is_found_by_one_other_and_what_it_removed_by_none() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("debug");
        let left = |name: &str| Leftover { context: "c".to_owned(), identity: None, namespace: "n".to_owned(), name: name.to_owned() };
        let mut run = Leftovers::new(&folder);
        assert_eq!(run.find(), []);
        for name in ["a", "b"] {
            run.keep(&left(name)).unwrap();
        }
        run.forget(&left("a")).unwrap();
        assert_eq!(Leftovers::new(&folder).find(), [], "it lives");
        drop(run);
        let mut next = Leftovers::new(&folder);
        assert_eq!(next.find(), [left("b")]);
        assert_eq!(Leftovers::new(&folder).find(), [], "somebody cares");
        // It may leave it once more.
        next.keep(&left("c")).unwrap();
        drop(next);
        let mut last = Leftovers::new(&folder);
        let mut found = last.find();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(found, [left("b"), left("c")]);
        found.iter().for_each(|left| last.forget(left).unwrap());
        drop(last);
        assert_eq!((Leftovers::new(&folder).find(), fs::read_dir(&folder).unwrap().count()), (Vec::new(), 0));
    }
}
