//! Folders of this machine that are held open. Everything below one is opened from it, one step at a time and never through a link (`openat`,
//! O_NOFOLLOW): whatever an archive holds, and whatever else somebody puts there meanwhile, nothing is reached that lies outside.

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstatvfs, mkdirat, openat, renameat, statat, symlinkat, unlinkat};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// How a folder is opened.
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A folder.
pub(super) struct Folder(OwnedFd);

/// Two folders are made one in two walks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Nothing is moved yet: what stands in the way is looked for.
    Look,
    Move,
}

impl Folder {
    /// Opens a folder that a person named: their own links may lead there.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::open(path, FOLDER, Mode::empty())?))
    }

    /// A folder in this one.
    pub(super) fn enter(&self, name: impl rustix::path::Arg) -> io::Result<Self> {
        Ok(Self(openat(&self.0, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?))
    }

    /// A folder below this one; those on the way are made where they are not there.
    pub(super) fn reach(&self, steps: &[String]) -> io::Result<Self> {
        let here = openat(&self.0, ".", FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
        steps.iter().try_fold(Self(here), |folder, step| {
            folder.make(step, 0o777)?;
            folder.enter(step.as_str())
        })
    }

    /// Makes a folder, unless one is there.
    pub(super) fn make(&self, name: impl rustix::path::Arg, mode: u32) -> io::Result<()> {
        // Whoever made it has to be able to put something into it.
        match mkdirat(&self.0, name, mode_of(mode | 0o700)) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// A file that is new, to be written.
    pub(super) fn create(&self, name: &str, mode: u32) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.0, name, flags, mode_of(mode))?.into())
    }

    /// Makes a link.
    pub(super) fn link(&self, name: &str, to: &str) -> io::Result<()> {
        Ok(symlinkat(to, &self.0, name)?)
    }

    /// Bytes that there is room for.
    pub(super) fn room(&self) -> u64 {
        fstatvfs(&self.0).map_or(u64::MAX, |stat| stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    /// Moves something that is here to another folder. A folder and one that is there become one; a file takes the place of a file or a link.
    /// What cannot be is told before anything is moved.
    pub(super) fn install(&self, name: &OsStr, into: &Self, to: &OsStr) -> io::Result<()> {
        [Does::Look, Does::Move].into_iter().try_for_each(|does| self.merge(name, into, to, does))
    }

    /// The same with all that is here.
    pub(super) fn pour(&self, into: &Self) -> io::Result<()> {
        [Does::Look, Does::Move].into_iter().try_for_each(|does| self.merge_all(into, does))
    }

    fn merge(&self, name: &OsStr, into: &Self, to: &OsStr, does: Does) -> io::Result<()> {
        match (self.kind(name)?, into.kind(to)?) {
            (Some(FileType::Directory), Some(FileType::Directory)) => self.enter(name)?.merge_all(&into.enter(to)?, does),
            (Some(FileType::Directory), Some(_)) => Err(io::Error::other(format!("{} is there already, and no folder", shown(to)))),
            (_, Some(FileType::Directory)) => Err(io::Error::other(format!("{} is there already, as a folder", shown(to)))),
            _ if does == Does::Look => Ok(()),
            _ => Ok(renameat(&self.0, name, &into.0, to)?),
        }
    }

    fn merge_all(&self, into: &Self, does: Does) -> io::Result<()> {
        self.names()?.iter().try_for_each(|name| self.merge(name, into, name, does))
    }

    /// Removes a file.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::empty())?)
    }

    fn kind(&self, name: &OsStr) -> io::Result<Option<FileType>> {
        match statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(FileType::from_raw_mode(stat.st_mode))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        Ok(names)
    }
}

/// Permissions for people: nothing of what makes a file run as somebody else.
fn mode_of(mode: u32) -> Mode {
    Mode::from_raw_mode((mode & 0o777) as rustix::fs::RawMode)
}

fn shown(name: &OsStr) -> String {
    crate::model::text::visible(&name.to_string_lossy()).into_owned()
}

/// A folder of our own in which things lie until they are whole: it goes away, with all that is left in it, when this does.
pub(super) struct Staging {
    path: PathBuf,
    /// The folder.
    pub(super) folder: Folder,
}

impl Staging {
    /// Makes one in a folder.
    pub(super) fn within(parent: &Path, name: &str) -> io::Result<Self> {
        let path = parent.join(name);
        let holds = Folder::open(parent)?;
        mkdirat(&holds.0, name, Mode::RWXU)?;
        Ok(Self { path, folder: holds.enter(name)? })
    }

    /// True where there is something at these steps from here. That is looked at and not opened: a link on the way does no harm.
    pub(super) fn holds<'s>(&self, steps: impl Iterator<Item = &'s str>) -> bool {
        let path = steps.fold(self.path.clone(), |path, step| path.join(step));
        path.symlink_metadata().is_ok()
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // It follows no links. What cannot be removed can be seen by its name.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
