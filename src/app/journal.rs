//! The file of the journal, and the thread that writes it: a record is on the disk before anybody is told that it is.
//!
//! Several processes write one file. Each opens it anew for each record, locks it, and goes on from its last whole line, whoever wrote that.

mod print;
mod user;

pub(super) use print::{run, since};

use super::files::{Paths, make_folder_of};
use crate::model::cluster::Cluster;
use crate::model::deed::Deed;
use crate::model::msg::Msg;
use crate::model::record::Record;
use crate::model::step::Notice;
use crate::safety::journal::{self, FIRST, Log, Writer};
use ring::rand::{SecureRandom, SystemRandom};
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A process that writes a record holds the file for a few milliseconds; one that was stopped meanwhile may hold it for good.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks whether it is free.
const PAUSE: Duration = Duration::from_millis(5);
/// The last line is looked for in so many bytes at first: most records have fewer.
const TAIL: u64 = 16 << 10;

/// What the thread is to do.
enum Job {
    /// Write this down and say so, by the id of the deed.
    Write(String, Box<Record>),
    /// Read what is written.
    Read,
    /// Write into this file from now on.
    To(PathBuf),
}

/// Writes the journal of this run.
pub(super) struct Journal {
    path: PathBuf,
    out: tokio::sync::mpsc::Sender<Msg>,
    writer: Option<Writer>,
    thread: Option<(mpsc::Sender<Job>, JoinHandle<()>)>,
}

impl Journal {
    /// One that has not begun: most runs change nothing.
    pub(super) fn new(path: PathBuf, out: tokio::sync::mpsc::Sender<Msg>) -> Self {
        Self { path, out, writer: None, thread: None }
    }

    /// Asks for a record to be written. What came of it is told by a message.
    ///
    /// # Errors
    /// Why it could not even be asked.
    pub(super) fn write(&mut self, deed: &Deed, cluster: Option<&Cluster>) -> Result<(), String> {
        if self.writer.is_none() {
            self.writer = Some(writer()?);
        }
        let time = jiff::Timestamp::now();
        let time = time.round(jiff::Unit::Millisecond).unwrap_or(time).to_string();
        let record = self.writer.as_ref().map(|writer| writer.record(deed, cluster, time));
        record.map_or(Ok(()), |record| self.send(Job::Write(deed.id.clone(), Box::new(record))))
    }

    /// Asks for all that is written.
    ///
    /// # Errors
    /// Why it could not be asked.
    pub(super) fn read(&mut self) -> Result<(), String> {
        self.send(Job::Read)
    }

    /// Asks for another file.
    ///
    /// # Errors
    /// Why it could not be asked.
    pub(super) fn go_to(&mut self, path: PathBuf) -> Result<(), String> {
        self.send(Job::To(path))
    }

    fn send(&mut self, job: Job) -> Result<(), String> {
        if self.thread.is_none() {
            let (jobs, todo) = mpsc::channel();
            let (path, out) = (self.path.clone(), self.out.clone());
            let thread = thread::Builder::new().name("journal".to_owned()).spawn(move || work(path, &todo, &out));
            self.thread = Some((jobs, thread.map_err(|e| format!("{}: there is no thread to write it: {e}", self.path.display()))?));
        }
        let sent = self.thread.as_ref().is_some_and(|(jobs, _)| jobs.send(job).is_ok());
        if sent { Ok(()) } else { Err(format!("{}: what writes it has ended", self.path.display())) }
    }
}

impl Drop for Journal {
    /// What was asked for is on the disk before the program ends.
    fn drop(&mut self) {
        if let Some((jobs, thread)) = self.thread.take() {
            drop(jobs);
            // One that panicked has nothing left to write.
            let _ = thread.join();
        }
    }
}

fn work(mut path: PathBuf, todo: &mpsc::Receiver<Job>, out: &tokio::sync::mpsc::Sender<Msg>) {
    let helped = |path: &Path, error: io::Error| format!("{}: {error}; :journal-to PATH writes it elsewhere for this run", path.display());
    for job in todo {
        let msg = match job {
            Job::Write(deed, record) => Msg::Journalled(deed, append(&path, &record).map_err(|e| helped(&path, e))),
            Job::Read => Msg::Journal(read(&path).map(|log| journal::fold(log.records)).map_err(|e| format!("{}: {e}", path.display()))),
            Job::To(other) => Msg::Told(match check(&other) {
                Ok(()) => {
                    path = other;
                    Notice::info(format!("the journal is written into {} from now on", path.display()))
                }
                Err(error) => Notice::warn(format!("{}: {error}; the journal stays in {}", other.display(), path.display())),
            }),
        };
        // The program may have ended; what was asked for is written all the same.
        let _ = out.blocking_send(msg);
    }
}

/// Who writes: this run and the person.
fn writer() -> Result<Writer, String> {
    let mut random = [0; 40];
    SystemRandom::new().fill(&mut random).map_err(|_| "there is no randomness for the journal's hashes".to_owned())?;
    let (run, salt) = random.split_at(8);
    Ok(Writer { run: run.iter().map(|b| format!("{b:02x}")).collect(), os_user: user::name(), salt: salt.to_vec() })
}

/// What a file holds; nothing where there is none.
pub(super) fn read(path: &Path) -> io::Result<Log> {
    match fs::read(path) {
        Ok(bytes) => Ok(journal::read(&String::from_utf8_lossy(&bytes))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Log::default()),
        Err(error) => Err(error),
    }
}

/// Writes a record behind all others, and waits until it is on the disk.
fn append(path: &Path, record: &Record) -> io::Result<()> {
    let mut file = locked(path)?;
    let (prev, torn) = last(&mut file)?;
    let (line, _) = journal::line(record, &prev).map_err(io::Error::other)?;
    // A line that was begun and not ended is ended here, and stepped over.
    let text = if torn { format!("\n{line}") } else { line };
    let length = file.metadata()?.len();
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // On a full disk a part of it may be there. It is ours, and the lock still holds.
        let _ = file.set_len(length);
    }
    written
}

/// Whether a journal can be written there.
fn check(path: &Path) -> io::Result<()> {
    locked(path).and_then(|mut file| last(&mut file)).map(|_| ())
}

/// The file, which nobody else writes until it is dropped. It is made where there is none, for its owner only.
fn locked(path: &Path) -> io::Result<File> {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
    make_folder_of(path)?;
    let until = Instant::now() + PATIENCE;
    loop {
        let is_new = !path.exists();
        let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(io::Error::other("another process has held it for 5 s")),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(io::Error::other("it is no file"));
        }
        // It may have been put aside while we waited: what is written then belongs into the new one.
        if fs::metadata(path).is_ok_and(|now| (now.dev(), now.ino()) == (about.dev(), about.ino())) {
            if about.permissions().mode() & 0o077 != 0 {
                file.set_permissions(Permissions::from_mode(0o600))?;
            }
            if is_new && let Some(folder) = folder {
                File::open(folder)?.sync_all()?;
            }
            return Ok(file);
        }
    }
}

/// The hash of the last whole line, and whether something was begun behind it and not ended.
fn last(file: &mut File) -> io::Result<(String, bool)> {
    let length = file.metadata()?.len();
    let mut take = TAIL.min(length);
    loop {
        file.seek(SeekFrom::Start(length - take))?;
        let mut bytes = Vec::new();
        file.take(take).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let torn = !text.is_empty() && !text.ends_with('\n');
        if let Some(hash) = text.lines().rev().find_map(journal::hash_of) {
            return Ok((hash.to_owned(), torn));
        }
        if take == length {
            let ours = text.lines().next().is_none_or(journal::is_begun);
            let wrong = || io::Error::new(ErrorKind::InvalidData, "it is no journal of kconsole, and nothing is written into it");
            return if ours { Ok((FIRST.to_owned(), torn)) } else { Err(wrong()) };
        }
        take = take.saturating_mul(4).min(length);
    }
}

/// Where the journal is: as the flag says, else the config, else with the other files of ours.
pub(super) fn place(paths: &Paths, flag: Option<&Path>, config: &str) -> PathBuf {
    match (flag, config) {
        (Some(flag), _) => flag.to_owned(),
        (None, "") => paths.journal.clone(),
        (None, config) => at_home(config),
    }
}

/// A path as people write it, with `~` for the home.
pub(super) fn at_home(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::string_slice, reason = "a test says what it expects and stops there")]
mod tests;
