//! Files of our own that may also be written by hand: a mistake costs the entry that it is in, and is told. A file with mistakes is read and never
//! written, so that nothing in it is lost.

use super::files::Paths;
use super::{forwards, layouts, session};
use crate::model::problem::Problem;
use std::path::Path;
use std::{fs, io};

/// How what is kept is read and written.
pub(super) struct Format<T> {
    /// Reads the text of a file of this name.
    pub(super) load: fn(&str, &str) -> (T, Vec<Problem>),
    /// Writes it.
    pub(super) text: fn(&T) -> io::Result<String>,
}

/// What is wrong with all of them.
pub(super) fn problems(paths: &Paths) -> Vec<String> {
    [layouts::FORMAT.read(&paths.layouts).1, forwards::FORMAT.read(&paths.forwards).1].concat()
}

impl<T: Default> Format<T> {
    /// What a file keeps, and what is wrong with it.
    pub(super) fn read(&self, path: &Path) -> (T, Vec<String>) {
        let file = path.display().to_string();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Default::default(),
            Err(error) => return (T::default(), vec![format!("{file}: {error}")]),
        };
        let (kept, problems) = (self.load)(&file, &text);
        (kept, problems.iter().map(ToString::to_string).collect())
    }

    /// Changes what is kept, over what another run may have kept meanwhile.
    ///
    /// # Errors
    /// Why nothing was written.
    pub(super) fn change(&self, path: &Path, change: impl FnOnce(&mut T)) -> Result<(), String> {
        let (mut kept, problems) = self.read(path);
        if let Some(problem) = problems.into_iter().next() {
            return Err(problem);
        }
        change(&mut kept);
        let written = (self.text)(&kept).and_then(|text| session::replace(path, &text));
        written.map_err(|error| format!("{}: {error}", path.display()))
    }
}
