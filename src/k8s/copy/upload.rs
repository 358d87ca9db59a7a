//! Into a container.

use super::course::Course;
use super::far::{self, Far, Went, ask};
use super::pack::Source;
use super::{AGAIN, Copied, ROOT, Sum, pipe, unique};
use crate::model::text::visible;
use crate::safety::archive::text;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tar::EntryType;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

/// What is left there after a mistake is removed, if that takes no longer.
const CLEAN: Duration = Duration::from_secs(10);

/// Copies what is here to a path there, as `cp -r` does: into it where it is a folder.
pub(super) async fn upload(far: &impl Far, from: &Path, to: &str, course: &Arc<Course>) -> Result<Copied, String> {
    let to = far::plain(to);
    // Nothing here is looked at before it is known that there is somebody there.
    let is_there = far::test(far, "-d", &to, course).await?;
    let at = |error: std::io::Error| format!("{}: {error}", visible(&from.to_string_lossy()));
    let path = from.to_owned();
    let source = spawn_blocking(move || Source::read(&path)).await.map_err(|e| e.to_string())?.map_err(at)?;
    if let (true, Some(why)) = (source.entries.is_empty(), source.wrong.told.first()) {
        return Err(why.clone());
    }
    let is_folder = source.entries.iter().any(|entry| entry.steps.is_empty() && entry.kind == EntryType::Directory);
    let place = Place::find(far, from, (&to, is_there), is_folder, course).await?;
    course.expects(source.size());
    let staging = format!("{}/{}", place.holder.trim_end_matches('/'), unique());
    course.leaves(Some(format!("{}:{staging}", far.name())));
    let made = ask(far, &["mkdir", &staging], None, course).await;
    // Where nobody heard how that ended it may be there.
    let may_be_there = !matches!(made.went, Went::Exit(1..) | Went::Missing);
    let sent = match made.done("mkdir") {
        Ok(()) => send(far, &staging, Arc::new(source), &place, course).await,
        Err(why) => Err(why),
    };
    // Stopped or not: what is left there is removed.
    let cleaned = if may_be_there { remove(far, &staging).await } else { Ok(()) };
    if cleaned.is_ok() {
        course.leaves(None);
    }
    match (sent, cleaned) {
        (Err(why), Err(left)) => Err(format!("{why}; {} {left}", visible(&staging))),
        (Ok(mut copied), Err(left)) => {
            copied.wrong.add(format!("{}: it {left}", visible(&staging)));
            Ok(copied)
        }
        (sent, Ok(())) => sent,
    }
}

/// Removes what is not wanted any more, on a course of its own. Where nobody heard what came of it, that may never
/// have been made.
async fn remove(far: &impl Far, path: &str) -> Result<(), String> {
    let Ok(ran) = timeout(CLEAN, ask(far, &["rm", "-rf", path], None, &Course::default())).await else {
        return Err("may still be there: no answer".to_owned());
    };
    let how = if matches!(ran.went, Went::Exit(_)) { "is still there" } else { "may still be there" };
    ran.done("rm").map_err(|why| format!("{how}: {why}"))
}

/// Where something goes.
struct Place {
    /// The folder in which it lies until it is whole: on the disk of its place.
    holder: String,
    /// Where it goes.
    path: String,
    /// There is a folder already, and what is in the one that comes goes into it.
    merges: bool,
}

impl Place {
    /// `to` with whether that is a folder already.
    async fn find(far: &impl Far, from: &Path, (to, is_there): (&str, bool), is_folder: bool, course: &Course) -> Result<Self, String> {
        if !is_there {
            let (holder, _) =
                far::split(to).filter(|_| is_folder || !to.ends_with('/')).ok_or_else(|| format!("there is no folder {}", visible(to)))?;
            if is_folder && far::test(far, "-e", to, course).await? {
                return Err(format!("{} is there already, and no folder", visible(to)));
            }
            return Ok(Self { holder, path: to.trim_end_matches('/').to_owned(), merges: false });
        }
        // `dir/.` names no place in a folder: all that is in it is meant.
        let bare = from.as_os_str().as_bytes().ends_with(b"/.");
        let name = from.file_name().filter(|_| !bare).map(|name| text(name.as_bytes()).ok_or("its name is no text")).transpose()?;
        let path = name.map_or_else(|| to.to_owned(), |name| far::join(to, &[name.to_owned()]));
        let merges = name.is_none() || far::test(far, "-d", &path, course).await?;
        if merges && !is_folder {
            return Err(format!("{} is there already, as a folder", visible(&path)));
        }
        if is_folder && !merges && far::test(far, "-e", &path, course).await? {
            return Err(format!("{} is there already, and no folder", visible(&path)));
        }
        Ok(Self { holder: to.to_owned(), path, merges })
    }
}

/// Sends it, compares, and moves it to its place.
async fn send(far: &impl Far, staging: &str, source: Arc<Source>, place: &Place, course: &Arc<Course>) -> Result<Copied, String> {
    let root = format!("{staging}/{ROOT}");
    let sums = match archive(far, staging, &source, course).await? {
        Some(sums) => sums,
        None => alone(far, &root, &source, course).await?,
    };
    let mut copied = Copied { files: sums.len() as u64, ..Copied::default() };
    let paths: Vec<String> = sums.iter().map(|(steps, _)| far::join(&root, steps)).collect();
    match far::sums(far, &paths, course).await? {
        None => copied.unchecked = Some("the image has no sha256sum".to_owned()),
        Some(known) => {
            let differs = paths.iter().zip(&sums).find(|(path, (_, sum))| known.get(*path) != Some(sum));
            if let Some((path, _)) = differs {
                return Err(format!("{} was damaged on its way", visible(path)));
            }
        }
    }
    if place.merges {
        merge(far, &root, &source, &place.path, course).await?;
    } else {
        ask(far, &["mv", "-f", &root, &place.path], None, course).await.done("mv")?;
    }
    for told in &source.wrong.told {
        copied.wrong.add(told.clone());
    }
    copied.wrong.more += source.wrong.more;
    Ok(copied)
}

/// Sends an archive. Tells the sums of what was in it; nothing where it did not arrive as a whole and its only file may go on alone.
async fn archive(
    far: &impl Far,
    staging: &str,
    source: &Arc<Source>,
    course: &Arc<Course>,
) -> Result<Option<Vec<(Vec<String>, Sum)>>, String> {
    let (writer, pipes) = pipe::input().map_err(|e| e.to_string())?;
    let (sending, on) = (Arc::clone(source), Arc::clone(course));
    let packing = spawn_blocking(move || sending.pack(writer, &on));
    let ran = far::run(far, &["tar", "-xmf", "-", "-C", staging], pipes, course).await;
    let packed = packing.await.map_err(|e| e.to_string())?;
    let is_file = matches!(source.entries.as_slice(), [entry] if entry.kind == EntryType::Regular);
    match (&ran.went, packed) {
        (Went::Exit(0), Ok(sums)) => Ok(Some(sums)),
        (Went::Exit(0), Err(why)) => Err(why.to_string()),
        (Went::Missing | Went::Broken(_), _) if is_file => Ok(None),
        // What was read here went wrong first, unless nobody took it any more.
        (_, Err(why)) if why.kind() != std::io::ErrorKind::BrokenPipe => Err(why.to_string()),
        _ => Err(ran.why("tar")),
    }
}

/// Sends one file from where it broke off, or all of it where there is no tar.
async fn alone(far: &impl Far, root: &str, source: &Arc<Source>, course: &Arc<Course>) -> Result<Vec<(Vec<String>, Sum)>, String> {
    let mut why = String::new();
    for pause in AGAIN {
        sleep(pause).await;
        if course.is_stopped() {
            return Err(far::STOPPED.to_owned());
        }
        match onwards(far, root, source, course).await? {
            Ok(sum) => return Ok(vec![(Vec::new(), sum)]),
            Err(again) => why = again,
        }
    }
    Err(format!("it broke off: {why}"))
}

/// One try; why it broke off again.
async fn onwards(far: &impl Far, root: &str, source: &Arc<Source>, course: &Arc<Course>) -> Result<Result<Sum, String>, String> {
    let got = match far::test(far, "-e", root, course).await {
        Ok(true) => far::size(far, root, course).await,
        Ok(false) => Ok(0),
        Err(why) => Err(why),
    };
    let (got, known) = match got {
        Ok(0) => (0, None),
        Ok(got) => match far::sum(far, root, got, course).await {
            Ok(Some(sum)) => (got, Some(sum)),
            Ok(None) => return Err("it broke off, and the image has no sha256sum to go on by".to_owned()),
            Err(why) => return Ok(Err(why)),
        },
        Err(why) => return Ok(Err(why)),
    };
    let left = source.size().saturating_sub(got).to_string();
    let (writer, pipes) = pipe::input().map_err(|e| e.to_string())?;
    let (sending, on) = (Arc::clone(source), Arc::clone(course));
    let sent = spawn_blocking(move || sending.entries.first().map(|file| file.send(got, known.as_deref(), writer, &on)));
    let ran = far::run(far, &["sh", "-c", "head -c \"$2\" >> \"$1\"", "sh", root, &left], pipes, course).await;
    let sent = sent.await.map_err(|e| e.to_string())?;
    match (ran.went, sent) {
        (Went::Exit(0), Some(Ok(Some(sum)))) => Ok(Ok(sum)),
        (_, Some(Ok(None))) => Err("it broke off, and what is there is not what was sent".to_owned()),
        (Went::Broken(why), _) => Ok(Err(why)),
        (_, Some(Err(why))) if why.kind() != std::io::ErrorKind::BrokenPipe => Err(why.to_string()),
        (went, _) => Err(far::Ran { went, ..ran }.why("sh")),
    }
}

/// Puts what came into a folder that is there, file by file, each of them whole at once.
async fn merge(far: &impl Far, root: &str, source: &Source, to: &str, course: &Course) -> Result<(), String> {
    let of = |kind: EntryType| source.entries.iter().filter(move |entry| entry.kind == kind && !entry.steps.is_empty());
    let files: Vec<String> = of(EntryType::Regular)
        .chain(of(EntryType::Symlink))
        .flat_map(|entry| [far::join(root, &entry.steps), far::join(to, &entry.steps)])
        .collect();
    // `mv` would put a file into a folder, and into that which a link leads to. What cannot be is said before anything is in its place.
    let folders = pairs(far, r#"sh -c 'test -h "$2" || test ! -d "$2" || echo "$2"' sh"#, &files, course).await?;
    if let Some(path) = folders.lines().next() {
        return Err(format!("{} is there already, as a folder", visible(path)));
    }
    // What is in them is still to come, whoever else may not write there.
    let folders: Vec<String> =
        of(EntryType::Directory).flat_map(|entry| [format!("{:o}", entry.mode & 0o777 | 0o700), far::join(to, &entry.steps)]).collect();
    pairs(far, "mkdir -p -m", &folders, course).await?;
    if files.is_empty() {
        return Ok(());
    }
    let moves = r#"-n 2 sh -c 'test -h "$2" && rm -f "$2"; mv -f "$1" "$2" && echo' sh"#;
    let ran = far::each(far, moves, &files, course).await;
    let (moved, all) = (ran.out.iter().filter(|byte| **byte == b'\n').count(), files.len() / 2);
    let is_known = matches!(ran.went, Went::Exit(_));
    ran.done("xargs").map_err(|why| match (moved, is_known) {
        (0, true) => why,
        (_, true) => format!("{why}; {moved} of {all} files are in place"),
        (_, false) => format!("{why}; {moved} of {all} files are in place, or more"),
    })
}

/// Runs a program with each two of these; what that puts out.
async fn pairs(far: &impl Far, program: &str, of: &[String], course: &Course) -> Result<String, String> {
    if of.is_empty() {
        return Ok(String::new());
    }
    let ran = far::each(far, &format!("-n 2 {program}"), of, course).await;
    let out = String::from_utf8_lossy(&ran.out).into_owned();
    ran.done("xargs").map(|()| out)
}
