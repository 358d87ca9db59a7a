//! Files that a person asked for: what is saved at once, and what is kept as it comes. They are new, and only their owner reads them.

use super::journal::at_home;
use super::program::Program;
use super::state::State;
use crate::model::step::{Effect, Notice, Pour, Save, Tee};
use crate::ui::view::View;
use crate::ui::words;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Files that are written to as long as lines come, by whose lines they are.
pub(super) type Tees = HashMap<u64, Kept>;

/// Such a file.
pub(super) struct Kept {
    path: PathBuf,
    file: File,
    bytes: u64,
}

const NOTHING: &str = "there are no lines to keep here";

impl State {
    /// Keeps what the top screen shows.
    pub(super) fn save(&mut self, how: Save) {
        match self.views.last().and_then(|v| v.save(how)) {
            Some((name, bytes)) => self.effect(Effect::Save(name, bytes)),
            None => self.say(Notice::info(NOTHING)),
        }
    }

    /// Keeps what comes on the top screen, or no more of it.
    pub(super) fn tee(&mut self, asked: Tee) {
        let Some(view) = self.views.last_mut() else { return };
        let Some(reader) = view.follows().map(|f| f.reader) else { return self.say(Notice::info(NOTHING)) };
        let before = self.tees.remove(&reader).then(|| Effect::Tee(reader, Pour::More(view.pour(true))));
        let is_kept = before.is_some();
        self.effects.extend(before);
        match asked {
            Tee::Into { file, json } => {
                let name = view.tee(Some(json)).unwrap_or_default();
                self.effects.push(Effect::Tee(reader, Pour::Into { file, name }));
                self.tees.insert(reader);
            }
            Tee::Off if is_kept => {
                view.tee(None);
                self.effects.push(Effect::Tee(reader, Pour::End));
            }
            Tee::Off => self.say(Notice::info("nothing is being kept")),
        }
    }

    /// What has come since goes into its file.
    pub(super) fn pour(&mut self, all: bool) {
        for view in &mut self.views {
            let reader = view.follows().map(|f| f.reader).filter(|reader| self.tees.contains(reader));
            let bytes = if reader.is_some() { view.pour(all) } else { Vec::new() };
            self.effects.extend(reader.filter(|_| !bytes.is_empty()).map(|reader| Effect::Tee(reader, Pour::More(bytes))));
        }
    }

    /// A screen is closed: what has come goes into its file, and nothing more.
    pub(super) fn closes(&mut self, mut view: Box<dyn View>) {
        if let Some(reader) = view.follows().map(|f| f.reader).filter(|reader| self.tees.contains(reader)) {
            self.tees.remove(&reader);
            self.effects.extend([Pour::More(view.pour(true)), Pour::End].map(|pour| Effect::Tee(reader, pour)));
        }
    }

    /// Nothing more can be kept.
    fn tee_failed(&mut self, reader: u64) {
        self.tees.remove(&reader);
        for view in self.views.iter_mut().filter(|v| v.follows().is_some_and(|f| f.reader == reader)) {
            view.tee(None);
        }
    }
}

impl Program {
    /// Keeps bytes in a file.
    pub(super) fn save(&mut self, name: &str, bytes: &[u8]) {
        let path = self.new_path(name);
        let kept = create(&path).and_then(|mut file| file.write_all(bytes));
        self.state.say(match kept {
            Ok(()) => Notice::info(format!("{} bytes kept in {}", bytes.len(), shown(&path))),
            Err(error) => Notice::warn(format!("{}: {error}", shown(&path))),
        });
    }

    /// Keeps what comes, as it comes.
    pub(super) fn tee(&mut self, reader: u64, pour: Pour) {
        match pour {
            Pour::Into { file, name } => {
                let path = file.map_or_else(|| self.new_path(&name), |file| at_home(&file));
                match create(&path) {
                    Ok(file) => {
                        self.state.say(Notice::info(format!("what is here and what comes is kept in {}", shown(&path))));
                        self.tees.insert(reader, Kept { path, file, bytes: 0 });
                    }
                    Err(error) => self.tee_failed(reader, &format!("{}: {error}; nothing is kept", shown(&path))),
                }
            }
            Pour::More(bytes) => {
                let Some(kept) = self.tees.get_mut(&reader) else { return };
                match kept.file.write_all(&bytes) {
                    Ok(()) => kept.bytes += bytes.len() as u64,
                    Err(error) => {
                        let told = format!("{}: {error}; nothing more is kept there than {}", shown(&kept.path), words::bytes(kept.bytes));
                        self.tee_failed(reader, &told);
                    }
                }
            }
            Pour::End => {
                if let Some(kept) = self.tees.remove(&reader) {
                    self.state.say(Notice::info(format!("{} kept in {}", words::bytes(kept.bytes), shown(&kept.path))));
                }
            }
        }
    }

    fn tee_failed(&mut self, reader: u64, why: &str) {
        self.tees.remove(&reader);
        self.state.tee_failed(reader);
        self.state.say(Notice::warn(why.to_owned()));
    }

    /// A name that nobody has taken.
    fn new_path(&self, name: &str) -> PathBuf {
        let now = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S").to_string();
        self.paths.saves.join(format!("{now}-{name}"))
    }
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn shown(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
