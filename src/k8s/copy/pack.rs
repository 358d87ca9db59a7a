//! What is here, and an archive of it. Blocks: it has a thread of its own.

use super::course::Course;
use super::unpack::PIECE;
use super::{ROOT, Sum, Wrong, hex};
use crate::model::text::visible;
use crate::safety::archive::text;
use ring::digest::{Context, SHA256};
use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tar::{Builder, EntryType, Header};

/// What tar reads at a time.
const RECORD: usize = 20 * 512;

/// What is to be sent.
pub(super) struct Source {
    /// The entries, each behind the folder that it lies in.
    pub(super) entries: Vec<Entry>,
    /// What is left out, and why.
    pub(super) wrong: Wrong,
}

/// A file, a folder or a link of this machine.
pub(super) struct Entry {
    path: PathBuf,
    /// Where, below what is sent.
    pub(super) steps: Vec<String>,
    pub(super) kind: EntryType,
    /// Bytes of a file.
    pub(super) size: u64,
    pub(super) mode: u32,
}

impl Source {
    /// Looks at all that is at a path. What a person named may be a link; of what lies below it links are sent as what they are.
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let mut source = Self { entries: Vec::new(), wrong: Wrong::default() };
        let metadata = std::fs::metadata(path)?;
        let root = if metadata.is_dir() { path.to_owned() } else { std::fs::canonicalize(path)? };
        let mut open = vec![Entry::new(root, Vec::new(), &metadata)];
        while let Some(entry) = open.pop() {
            if entry.kind == EntryType::Directory
                && let Err(why) = source.inside(&entry, &mut open)
            {
                source.leave(&entry.path, &why.to_string());
            }
            if matches!(entry.kind, EntryType::Regular | EntryType::Directory | EntryType::Symlink) {
                source.entries.push(entry);
            } else {
                source.leave(&entry.path, "it is a device");
            }
        }
        Ok(source)
    }

    fn inside(&mut self, folder: &Entry, open: &mut Vec<Entry>) -> io::Result<()> {
        for found in std::fs::read_dir(&folder.path)? {
            let found = found?;
            match text(found.file_name().as_bytes()) {
                Some(name) => {
                    let steps = [folder.steps.as_slice(), &[name.to_owned()]].concat();
                    open.push(Entry::new(found.path(), steps, &found.metadata()?));
                }
                None => self.leave(&found.path(), "its name is no text"),
            }
        }
        Ok(())
    }

    fn leave(&mut self, path: &Path, why: &str) {
        self.wrong.add(format!("{}: {why}", visible(&path.to_string_lossy())));
    }

    /// Bytes of all files.
    pub(super) fn size(&self) -> u64 {
        self.entries.iter().map(|entry| entry.size).sum()
    }

    /// Writes an archive, with [`ROOT`] as the name of what is sent. Tells the sums of the files.
    ///
    /// # Errors
    /// Where it cannot be written, or a file is another than it was a moment ago.
    pub(super) fn pack(&self, to: impl Write, course: &Course) -> io::Result<Vec<(Vec<String>, Sum)>> {
        let (mut archive, mut sums) = (Builder::new(Counted { to, count: 0 }), Vec::new());
        for entry in &self.entries {
            let name = std::iter::once(ROOT).chain(entry.steps.iter().map(String::as_str)).collect::<Vec<_>>().join("/");
            let mut header = Header::new_gnu();
            header.set_entry_type(entry.kind);
            header.set_mode(entry.mode & 0o777);
            header.set_uid(0);
            header.set_gid(0);
            header.set_mtime(0);
            header.set_size(entry.size);
            match entry.kind {
                EntryType::Symlink => archive.append_link(&mut header, name, std::fs::read_link(&entry.path)?)?,
                EntryType::Directory => archive.append_data(&mut header, format!("{name}/"), io::empty())?,
                _ => {
                    let mut file = Summed::open(entry, course)?;
                    archive.append_data(&mut header, name, &mut file)?;
                    sums.push((entry.steps.clone(), file.whole()?));
                    course.finished();
                }
            }
        }
        archive.into_inner()?.fill()?;
        Ok(sums)
    }
}

impl Entry {
    fn new(path: PathBuf, steps: Vec<String>, metadata: &Metadata) -> Self {
        let kind = match metadata.file_type() {
            kind if kind.is_file() => EntryType::Regular,
            kind if kind.is_dir() => EntryType::Directory,
            kind if kind.is_symlink() => EntryType::Symlink,
            _ => EntryType::Char,
        };
        let size = if kind == EntryType::Regular { metadata.len() } else { 0 };
        Self { path, steps, kind, size, mode: metadata.permissions().mode() }
    }

    /// Sends a file from somewhere on, once the sum of what is before is the one that is told. Tells the sum of all of it; nothing where what is
    /// before is another.
    pub(super) fn send(&self, from: u64, known: Option<&str>, mut to: impl Write, course: &Course) -> io::Result<Option<Sum>> {
        let mut file = Summed::open(self, &Course::default())?.after(from, course)?;
        if known.is_some_and(|known| hex(&file.sum.clone().finish()) != known) {
            return Ok(None);
        }
        io::copy(&mut file, &mut to)?;
        to.flush()?;
        file.whole().map(Some)
    }
}

/// What was written is counted: an archive ends with a whole record, since a tar that is not told of the end waits for that.
struct Counted<W> {
    to: W,
    count: usize,
}

impl<W: Write> Counted<W> {
    fn fill(mut self) -> io::Result<()> {
        let over = self.count % RECORD;
        self.to.write_all(&vec![0; if over == 0 { 0 } else { RECORD - over }])?;
        self.to.flush()
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.count += written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// As much of a file as it was said to have, and the sum of it.
struct Summed<'c> {
    file: File,
    left: u64,
    sum: Context,
    course: &'c Course,
}

impl<'c> Summed<'c> {
    fn open(entry: &Entry, course: &'c Course) -> io::Result<Self> {
        // What has become a link or a pipe since it was looked at is not followed, nor waited for.
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(&entry.path);
        let file = file.map_err(|e| at(&entry.path, &e.to_string()))?;
        if !file.metadata()?.is_file() {
            return Err(at(&entry.path, "it is no file any more"));
        }
        Ok(Self { file, left: entry.size, sum: Context::new(&SHA256), course })
    }

    /// The same behind its first bytes; only what follows counts.
    fn after<'d>(mut self, bytes: u64, course: &'d Course) -> io::Result<Summed<'d>> {
        io::copy(&mut (&mut self).take(bytes), &mut io::sink())?;
        Ok(Summed { file: self.file, left: self.left, sum: self.sum, course })
    }

    fn whole(self) -> io::Result<Sum> {
        Ok(hex(&self.sum.finish()))
    }
}

impl Read for Summed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len()).min(PIECE);
        let room = buffer.get_mut(..most).unwrap_or_default();
        let read = self.file.read(room)?;
        self.sum.update(room.get(..read).unwrap_or_default());
        self.left -= read as u64;
        self.course.moved(read as u64);
        if read == 0 && most > 0 { Err(io::Error::other("a file became shorter while it was read")) } else { Ok(read) }
    }
}

fn at(path: &Path, why: &str) -> io::Error {
    io::Error::other(format!("{}: {why}", visible(&OsStr::to_string_lossy(path.as_os_str()))))
}
