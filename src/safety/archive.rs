//! What may be unpacked here of an archive that a container sends. The far side is not believed: an entry is written where it lies within what was
//! asked for and nothing else, and whatever else it wants is refused for itself and said.
//!
//! What counts is the path alone, step by step, as it will be walked: nothing here depends on what is on the disk. Who writes opens every folder from
//! the one that holds it and follows no link, so that both would have to be wrong.

use crate::model::text::visible;
use std::collections::HashMap;

/// An archive has no more entries than this, folders that it only implies included.
const ENTRIES: usize = 1_000_000;
/// And so many bytes of names: what is remembered of them has to fit into memory.
const NAMES: usize = 128 << 20;
/// A path is no longer, and neither is what a link leads to: systems have no longer ones.
pub const PATH: usize = 4_096;
/// A step of one is no longer.
const STEP: usize = 255;

/// The head of an entry, as the archive has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Its path.
    pub name: Vec<u8>,
    /// What it leads to, if it is a link.
    pub link: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Bytes that follow.
    pub size: u64,
    /// Permissions.
    pub mode: u32,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    #[default]
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// Another name of a file.
    Hard,
    /// A file with holes.
    Sparse,
    /// A device, a pipe.
    Device,
    /// Nobody knows.
    Other,
}

/// What is done with an entry. Paths are steps below what was asked for; no steps are that itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A folder is made, unless it is there.
    Folder(Vec<String>),
    /// A file is written.
    File(Vec<String>),
    /// A link is made that leads to this.
    Link(Vec<String>, String),
    /// Nothing, for this reason.
    Refused(String),
}

/// Judges the entries of one archive, one after the other.
#[derive(Debug)]
pub struct Judge {
    /// The name that everything begins with; none where what was asked for is the archive's root.
    root: Option<String>,
    /// Bytes that there is room for here.
    room: u64,
    /// What is known of each path by now.
    seen: HashMap<String, Seen>,
    names: usize,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Folder,
    /// Something that nothing can lie in.
    Leaf,
    Refused,
}

impl Judge {
    /// For an archive in which all names begin with this one, where there is room for so many bytes.
    pub fn new(root: Option<&str>, room: u64) -> Self {
        Self { root: root.map(str::to_owned), room, seen: HashMap::new(), names: 0 }
    }

    /// What is done with the next entry.
    pub fn judge(&mut self, head: &Head) -> Verdict {
        let steps = match self.steps(&head.name) {
            Ok(steps) => steps,
            Err(why) => return Verdict::Refused(why),
        };
        let verdict = self.place(&steps).and_then(|()| self.content(head, &steps));
        let seen = match verdict {
            Ok(Verdict::Folder(_)) => Seen::Folder,
            Ok(Verdict::File(_) | Verdict::Link(..)) => Seen::Leaf,
            Ok(Verdict::Refused(_)) | Err(_) => Seen::Refused,
        };
        // What was there before stays what it is.
        self.remember(&steps, seen);
        verdict.unwrap_or_else(Verdict::Refused)
    }

    /// The path below what was asked for.
    fn steps(&self, name: &[u8]) -> Result<Vec<String>, String> {
        if name.len() > PATH {
            return Err("its name is too long".to_owned());
        }
        let name = text(name).ok_or("its name is no text")?;
        if name.starts_with('/') {
            return Err("its name is absolute".to_owned());
        }
        let mut steps = name.split('/').filter(|step| !matches!(*step, "" | "."));
        if steps.clone().any(|step| step == "..") {
            return Err("its name leads out".to_owned());
        }
        if steps.clone().any(|step| step.len() > STEP) {
            return Err("its name is too long".to_owned());
        }
        if self.root.is_some() && steps.next() != self.root.as_deref() {
            return Err("it was not asked for".to_owned());
        }
        Ok(steps.map(str::to_owned).collect())
    }

    /// Whether something can be at this path, as far as what was there before says.
    fn place(&self, steps: &[String]) -> Result<(), String> {
        for end in 0..steps.len() {
            let above = steps.get(..end).unwrap_or_default().join("/");
            match self.seen.get(&above) {
                Some(Seen::Leaf) => return Err(format!("{} is no folder", told(&above))),
                Some(Seen::Refused) => return Err(format!("{} was refused", told(&above))),
                Some(Seen::Folder) | None => {}
            }
        }
        if self.seen.len() >= ENTRIES || self.names >= NAMES {
            return Err("the archive has too many entries".to_owned());
        }
        Ok(())
    }

    /// What is made of the entry itself.
    fn content(&mut self, head: &Head, steps: &[String]) -> Result<Verdict, String> {
        let seen = self.seen.get(&steps.join("/"));
        if seen.is_some() && (seen, head.kind) != (Some(&Seen::Folder), Kind::Folder) {
            return Err("something of this name came before".to_owned());
        }
        match head.kind {
            Kind::Folder => Ok(Verdict::Folder(steps.to_vec())),
            Kind::File if head.size > self.room => Err(format!("it has {} bytes, and {} are free here", head.size, self.room)),
            Kind::File => {
                self.room -= head.size;
                Ok(Verdict::File(steps.to_vec()))
            }
            Kind::Link => Ok(Verdict::Link(steps.to_vec(), link(&head.link, steps)?)),
            Kind::Hard => Err("it is a second name of a file".to_owned()),
            Kind::Sparse => Err("it is a file with holes".to_owned()),
            Kind::Device => Err("it is a device".to_owned()),
            Kind::Other => Err("nobody knows what it is".to_owned()),
        }
    }

    fn remember(&mut self, steps: &[String], seen: Seen) {
        // Folders that an archive does not name are made all the same, where something is made in them.
        for end in (0..steps.len()).filter(|_| seen != Seen::Refused) {
            self.note(steps.get(..end).unwrap_or_default().join("/"), Seen::Folder);
        }
        self.note(steps.join("/"), seen);
    }

    fn note(&mut self, path: String, seen: Seen) {
        if self.seen.len() < ENTRIES && self.names < NAMES {
            self.names += path.len();
            self.seen.entry(path).or_insert(seen);
        }
    }
}

/// What a link may lead to: up first, within what was asked for, and down from there. Each step down is a folder, or a link that is as harmless; a
/// step up behind one of these could lead anywhere.
fn link(to: &[u8], at: &[String]) -> Result<String, String> {
    let to = text(to).filter(|to| !to.is_empty() && to.len() <= PATH).ok_or("what it leads to is no text")?;
    let mut steps = to.split('/').filter(|step| !matches!(*step, "" | ".")).peekable();
    let mut up = 0;
    while steps.next_if_eq(&"..").is_some() {
        up += 1;
    }
    if to.starts_with('/') || at.is_empty() || up >= at.len() || steps.any(|step| step == "..") {
        return Err(format!("it is a link that leads out, to {}", told(to)));
    }
    Ok(to.to_owned())
}

/// A name without anything in it that does not show.
pub fn text(name: &[u8]) -> Option<&str> {
    std::str::from_utf8(name).ok().filter(|name| visible(name) == *name)
}

/// A path for people; what was asked for has no name of its own.
fn told(path: &str) -> String {
    if path.is_empty() { "what was asked for".to_owned() } else { visible(path).into_owned() }
}

#[cfg(test)]
mod tests;
