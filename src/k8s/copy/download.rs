//! Out of a container.

use super::course::Course;
use super::far::{self, Far, Ran, Went};
use super::tree::{Folder, Staging};
use super::unpack::{Got, Part, Unpacked, unpack};
use super::{AGAIN, Copied, ROOT, pipe, unique};
use crate::k8s::stream::UNREAD;
use crate::model::text::visible;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// What tar says of a file that somebody writes into, as of every log: what was there is there, and the sum of it tells.
const MOVED: &str = "file changed as we read it";

/// Copies what is there to a path here, as `cp -r` does: into it where it is a folder.
pub(super) async fn download(far: &impl Far, from: &str, to: &Path, course: &Arc<Course>) -> Result<Copied, String> {
    let from = far::plain(from);
    let is_folder = far::test(far, "-d", &from, course).await?;
    let place = Place::new(&from, to, is_folder)?;
    let at = |path: &Path, error: std::io::Error| format!("{}: {error}", visible(&path.to_string_lossy()));
    let staging = Staging::within(&place.holder, &unique()).map_err(|e| at(&place.holder, e))?;
    let (mut unpacked, ran) = archive(far, &from, is_folder, &staging.folder, course).await?;
    let mut copied = Copied::default();
    if !is_folder {
        whole(far, &from, &mut unpacked, ran, &staging.folder, course).await?;
    } else if let Some(why) = &unpacked.broke {
        return Err(if ran.went == Went::Exit(0) { why.to_string() } else { ran.why("tar") });
    } else if ran.went != Went::Exit(0) {
        unpacked.wrong.add(ran.why("tar"));
    }
    if course.is_stopped() {
        return Err(far::STOPPED.to_owned());
    }
    if !unpacked.has_root && unpacked.wrong.count() == 0 {
        return Err("nothing came".to_owned());
    }
    copied.wrong = std::mem::take(&mut unpacked.wrong);
    let differ = match differing(far, &from, is_folder, &unpacked.files, course).await? {
        Ok(differ) => differ,
        Err(why) => {
            copied.unchecked = Some(why);
            Vec::new()
        }
    };
    copied.files = (unpacked.files.len() - differ.len()) as u64;
    for steps in &differ {
        copied.wrong.add(format!("{}: it is another there by now, or was damaged on its way", visible(&far::join(&from, steps))));
    }
    if unpacked.has_root {
        let placed = spawn_blocking(move || install(&staging, &place, &unpacked.files, &differ).map_err(|e| at(&place.path(), e)));
        placed.await.map_err(|e| e.to_string())??;
    }
    Ok(copied)
}

/// Where something goes.
struct Place {
    /// The folder in which it lies until it is whole: on the disk of its place.
    holder: PathBuf,
    /// Its folder and its name; nothing where all that is in it goes into the holder.
    name: Option<OsString>,
}

impl Place {
    fn new(from: &str, to: &Path, is_folder: bool) -> Result<Self, String> {
        let shown = visible(&to.to_string_lossy()).into_owned();
        if to.is_dir() {
            let name = far::split(from).map(|(_, name)| OsString::from(name));
            return Ok(Self { holder: to.to_owned(), name });
        }
        // What is no folder yet cannot have anything put into it.
        let must = !is_folder && to.as_os_str().as_encoded_bytes().ends_with(b"/");
        let name = to.file_name().filter(|_| !must).ok_or_else(|| format!("{shown}: there is no such folder"))?;
        let holder = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !holder.is_dir() {
            return Err(format!("{}: there is no such folder", visible(&holder.to_string_lossy())));
        }
        Ok(Self { holder: holder.to_owned(), name: Some(name.to_owned()) })
    }

    fn path(&self) -> PathBuf {
        self.name.as_ref().map_or_else(|| self.holder.clone(), |name| self.holder.join(name))
    }
}

/// Receives an archive, in a thread of its own.
async fn archive(far: &impl Far, from: &str, is_folder: bool, into: &Folder, course: &Arc<Course>) -> Result<(Unpacked, Ran), String> {
    let (pipes, reader) = pipe::out().map_err(|e| e.to_string())?;
    let split = far::split(from);
    let (root, words) = match &split {
        // A file that is a link is what it leads to.
        Some((folder, name)) if !is_folder => {
            (Some((*name).to_owned()), ["tar", "-chf", "-", "-C", folder, &format!("./{name}")].map(str::to_owned))
        }
        _ => (None, ["tar", "-cf", "-", "-C", from, "."].map(str::to_owned)),
    };
    let (into, on) = (into.reach(&[]).map_err(|e| e.to_string())?, Arc::clone(course));
    let unpacking = spawn_blocking(move || unpack(reader, root.as_deref(), &into, &on));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ran = far::run(far, &words, pipes, course).await;
    let unpacked = unpacking.await.map_err(|e| e.to_string())?;
    match unpacked.broke {
        // No more was taken of it: why, only this side knows.
        Some(why) if ran.went == Went::Exit(UNREAD) => Err(why.to_string()),
        _ => Ok((unpacked, ran)),
    }
}

/// Sees to it that one file is whole, though its archive may not be.
async fn whole(far: &impl Far, from: &str, unpacked: &mut Unpacked, ran: Ran, into: &Folder, course: &Arc<Course>) -> Result<(), String> {
    let moved = ran.went == Went::Exit(1) && !ran.err.is_empty() && ran.err.lines().all(|line| line.contains(MOVED));
    let mut part = match unpacked.part.take() {
        Some(part) => part,
        // Where there is no tar, the file alone will do.
        None if ran.went == Went::Missing => {
            let size = far::size(far, from, course).await?;
            let room = into.room();
            if size > room {
                return Err(format!("it has {size} bytes, and {room} are free here"));
            }
            course.expects(size);
            Part::new(into.create(ROOT, 0o666).map_err(|e| e.to_string())?, size)
        }
        None if unpacked.wrong.count() > 0 || ran.went == Went::Exit(0) => return Ok(()),
        None => return Err(ran.why("tar")),
    };
    let broken = matches!(ran.went, Went::Broken(_) | Went::Missing);
    if !part.is_whole() {
        if !broken {
            return Err(if ran.went == Went::Exit(0) { "it ended too early".to_owned() } else { ran.why("tar") });
        }
        part = rest(far, from, part, course).await?;
        course.finished();
        unpacked.files.push(Got { steps: Vec::new(), size: part.size, sum: part.sum() });
    } else if !broken && !moved && ran.went != Went::Exit(0) {
        return Err(ran.why("tar"));
    }
    unpacked.has_root = true;
    Ok(())
}

/// Goes on with a file that broke off, where what there is of it is what is there.
async fn rest(far: &impl Far, from: &str, mut part: Part, course: &Arc<Course>) -> Result<Part, String> {
    let mut why = String::new();
    for pause in AGAIN {
        let (got, sum) = (part.got, part.sum());
        if got > 0 {
            sleep(pause).await;
            match far::sum(far, from, got, course).await {
                Ok(Some(there)) if there == sum => {}
                Ok(Some(_)) => return Err("it broke off, and is another there by now".to_owned()),
                Ok(None) => return Err(format!("it broke off after {got} bytes, and the image has no sha256sum to go on by")),
                Err(_) if course.is_stopped() => return Err(far::STOPPED.to_owned()),
                Err(again) => {
                    why = again;
                    continue;
                }
            }
        }
        let (pipes, mut reader) = pipe::out().map_err(|e| e.to_string())?;
        let on = Arc::clone(course);
        let filling = spawn_blocking(move || {
            let filled = part.fill(&mut reader, &on);
            (part, filled)
        });
        let after = format!("+{}", got + 1);
        let words: &[&str] = if got == 0 { &["cat", from] } else { &["tail", "-c", &after, from] };
        let ran = far::run(far, words, pipes, course).await;
        let (filled, ended) = filling.await.map_err(|e| e.to_string())?;
        part = filled;
        if part.is_whole() {
            return Ok(part);
        }
        why = match &ran.went {
            Went::Broken(why) => why.clone(),
            Went::Exit(0 | UNREAD) => ended.err().map_or_else(String::new, |e| e.to_string()),
            _ => return Err(ran.why("tail")),
        };
    }
    Err(format!("it broke off after {} of {} bytes: {why}", part.got, part.size))
}

/// The files whose sums there are others; or why these could not be asked for.
async fn differing(
    far: &impl Far,
    from: &str,
    is_folder: bool,
    files: &[Got],
    course: &Arc<Course>,
) -> Result<Result<Vec<Vec<String>>, String>, String> {
    const NONE: &str = "the image has no sha256sum";
    let paths: Vec<String> = files.iter().map(|got| far::join(from, &got.steps)).collect();
    // One file may be written into meanwhile, as a log is: what counts is as much of it as there was.
    let known = if is_folder { far::sums(far, &paths, course).await? } else { Some(HashMap::new()) };
    let Some(known) = known else { return Ok(Err(NONE.to_owned())) };
    let mut differ = Vec::new();
    for (got, path) in files.iter().zip(&paths).filter(|(got, path)| known.get(*path) != Some(&got.sum)) {
        match far::sum(far, path, got.size, course).await? {
            Some(there) if there == got.sum => {}
            Some(_) => differ.push(got.steps.clone()),
            None => return Ok(Err(NONE.to_owned())),
        }
    }
    Ok(Ok(differ))
}

/// Moves what is whole to its place, without what differs. Tells how much of it is there where that fails half-way.
fn install(staging: &Staging, place: &Place, files: &[Got], differ: &[Vec<String>]) -> std::io::Result<()> {
    if differ.iter().any(Vec::is_empty) {
        return Ok(());
    }
    for steps in differ {
        if let Some((name, above)) = steps.split_last() {
            staging.folder.reach(&[&[ROOT.to_owned()], above].concat())?.remove(name)?;
        }
    }
    let into = Folder::open(&place.holder)?;
    let moved = match &place.name {
        Some(name) => staging.folder.install(OsStr::new(ROOT), &into, name),
        None => staging.folder.enter(ROOT)?.pour(&into),
    };
    moved.map_err(|error| {
        let is_here = |got: &&Got| staging.holds([ROOT].into_iter().chain(got.steps.iter().map(String::as_str)));
        let (all, here) = (files.len() - differ.len(), files.iter().filter(is_here).count());
        if here == all { error } else { std::io::Error::other(format!("{error}; {} of {all} files are in place", all - here)) }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;

    /// What stands in the way is found before; what else fails in the midst is told with how far it got.
    #[test]
    fn what_is_moved_half_way_is_counted() {
        let (to, names) = (TempDir::new().unwrap(), ["a", "b", "differs"]);
        let staging = Staging::within(to.path(), "staging").unwrap();
        let root = to.path().join("staging").join(ROOT);
        fs::create_dir(&root).unwrap();
        names.iter().for_each(|name| fs::write(root.join(name), name).unwrap());
        let files = names.map(|name| Got { steps: vec![name.to_owned()], size: 0, sum: String::new() });
        let differ = vec![vec!["differs".to_owned()]];
        let place = Place { holder: to.path().to_owned(), name: None };
        fs::create_dir(to.path().join("b")).unwrap();
        let why = install(&staging, &place, &files, &differ).unwrap_err().to_string();
        assert_eq!((why.as_str(), to.path().join("a").exists()), ("b is there already, as a folder", false));
        // As if somebody had come in between.
        fs::rename(root.join("a"), to.path().join("a")).unwrap();
        let why = install(&staging, &place, &files, &[]).unwrap_err().to_string();
        assert_eq!(why, "b is there already, as a folder; 2 of 3 files are in place");
    }
}
