//! An archive that is received, written entry by entry as it is judged. Blocks: it has a thread of its own.

use super::course::Course;
use super::heads::Heads;
use super::tree::Folder;
use super::{ROOT, Sum, Wrong, hex};
use crate::model::text::visible;
use crate::safety::archive::{Head, Judge, Verdict};
use ring::digest::{Context, SHA256};
use std::fs::File;
use std::io::{self, Read, Write};

/// Bytes that are read at a time.
pub(super) const PIECE: usize = 64 << 10;

/// What became of an archive.
#[derive(Default)]
pub(super) struct Unpacked {
    /// The files that are whole.
    pub(super) files: Vec<Got>,
    /// The file that was asked for, as far as it has come.
    pub(super) part: Option<Part>,
    /// Something stands where the root is.
    pub(super) has_root: bool,
    /// What was not written, and why.
    pub(super) wrong: Wrong,
    /// Why it was not read to its end.
    pub(super) broke: Option<io::Error>,
}

/// A file that is whole.
pub(super) struct Got {
    /// Where, below what was asked for.
    pub(super) steps: Vec<String>,
    pub(super) size: u64,
    pub(super) sum: Sum,
}

/// A file that is on its way.
pub(super) struct Part {
    file: File,
    /// Bytes that it will have.
    pub(super) size: u64,
    /// Bytes that it has.
    pub(super) got: u64,
    sum: Context,
}

impl Part {
    /// A file that is new.
    pub(super) fn new(file: File, size: u64) -> Self {
        Self { file, size, got: 0, sum: Context::new(&SHA256) }
    }

    /// The sum of what is there.
    pub(super) fn sum(&self) -> Sum {
        hex(&self.sum.clone().finish())
    }

    pub(super) fn is_whole(&self) -> bool {
        self.got == self.size
    }

    /// Takes what is missing.
    ///
    /// # Errors
    /// Where it ends before it is whole: what came is kept, and it can go on.
    pub(super) fn fill(&mut self, from: &mut impl Read, course: &Course) -> io::Result<()> {
        let mut buffer = vec![0; PIECE];
        while !self.is_whole() {
            let most = usize::try_from(self.size - self.got).unwrap_or(usize::MAX).min(PIECE);
            let read = from.read(buffer.get_mut(..most).unwrap_or_default())?;
            let bytes = buffer.get(..read).filter(|bytes| !bytes.is_empty()).ok_or(io::ErrorKind::UnexpectedEof)?;
            self.file.write_all(bytes)?;
            self.sum.update(bytes);
            self.got += read as u64;
            course.moved(read as u64);
        }
        Ok(())
    }
}

/// Writes an archive into a folder, in which its root gets the name [`ROOT`].
pub(super) fn unpack(from: impl Read, root: Option<&str>, into: &Folder, course: &Course) -> Unpacked {
    let (mut unpacked, mut heads, mut judge) = (Unpacked::default(), Heads::new(from), Judge::new(root, into.room()));
    unpacked.broke = loop {
        match heads.next() {
            Ok(None) => break None,
            Err(why) => break Some(why),
            Ok(Some(head)) => {
                let verdict = judge.judge(&head);
                if let Err(why) = unpacked.take(&head, verdict, &mut heads, into, course) {
                    break Some(why);
                }
            }
        }
    };
    unpacked
}

impl Unpacked {
    /// Does with an entry what was judged.
    fn take(&mut self, head: &Head, verdict: Verdict, heads: &mut Heads<impl Read>, into: &Folder, course: &Course) -> io::Result<()> {
        let made = match verdict {
            Verdict::Refused(why) => Err(why),
            Verdict::Folder(steps) => {
                within(into, &steps).and_then(|(folder, name)| folder.make(name, head.mode)).map_err(|e| e.to_string())
            }
            Verdict::Link(steps, to) => within(into, &steps).and_then(|(folder, name)| folder.link(name, &to)).map_err(|e| e.to_string()),
            Verdict::File(steps) => match within(into, &steps).and_then(|(folder, name)| folder.create(name, head.mode)) {
                Err(why) => Err(why.to_string()),
                Ok(file) => {
                    self.has_root = true;
                    return self.file(Part::new(file, head.size), steps, heads, course);
                }
            },
        };
        match made {
            Ok(()) => self.has_root = true,
            Err(why) => self.wrong.add(format!("{}: {why}", visible(&String::from_utf8_lossy(&head.name)))),
        }
        Ok(())
    }

    fn file(&mut self, mut part: Part, steps: Vec<String>, heads: &mut Heads<impl Read>, course: &Course) -> io::Result<()> {
        if steps.is_empty() {
            course.expects(part.size);
        }
        let filled = part.fill(heads, course);
        if filled.is_ok() {
            course.finished();
            self.files.push(Got { steps: steps.clone(), size: part.size, sum: part.sum() });
        }
        if steps.is_empty() {
            self.part = Some(part);
        }
        filled
    }
}

/// The folder in which something lies, and its name there.
fn within<'s>(into: &Folder, steps: &'s [String]) -> io::Result<(Folder, &'s str)> {
    match steps.split_last() {
        None => Ok((into.reach(&[])?, ROOT)),
        Some((name, above)) => Ok((into.reach(&[&[ROOT.to_owned()], above].concat())?, name)),
    }
}
