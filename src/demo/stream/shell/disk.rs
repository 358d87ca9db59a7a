//! What became of a container's files: kept as long as its cluster, so that who looks in again finds what was put there.
//!
//! Files and pipes of the toy shell are text. Bytes that are none stand in it as characters that nobody uses, each for one, and come out of it as they
//! were, as Python does it.

use super::Machine;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The first of the characters that stand for bytes; they are the last that there are.
const FIRST: u32 = 0x0010_ff00;

/// Any bytes as text.
pub fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let escaped = |c: char| u32::from(c) >= FIRST;
        match chunk.valid() {
            valid if valid.contains(escaped) => text.extend(valid.bytes().map(escape)),
            valid => text += valid,
        }
        text.extend(chunk.invalid().iter().copied().map(escape));
    }
    text
}

fn escape(byte: u8) -> char {
    char::from_u32(FIRST + u32::from(byte)).unwrap_or_default()
}

/// The bytes of a text.
pub fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c).checked_sub(FIRST).and_then(|byte| u8::try_from(byte).ok()) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// What was done to the files of a container.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    /// What a file holds; nothing where it was removed.
    changed: Arc<Mutex<BTreeMap<String, Option<String>>>>,
    /// The files as who looks in found them: others look in meanwhile, and what they do stays.
    found: Arc<BTreeMap<String, String>>,
}

impl Machine {
    /// The same with this disk.
    pub fn on(mut self, disk: Disk) -> Self {
        for (path, file) in disk.changed.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            match file {
                Some(file) => drop(self.files.insert(path.clone(), file.clone())),
                None => drop(self.files.remove(path)),
            }
        }
        let disk = Disk { found: Arc::new(self.files.clone()), ..disk };
        Self { disk, ..self }
    }

    /// Keeps what was done to files.
    pub fn keep(&self) {
        let Disk { changed, found } = &self.disk;
        let written = self.files.iter().filter(|(path, file)| found.get(*path) != Some(file)).map(|(p, f)| (p.clone(), Some(f.clone())));
        let removed = found.keys().filter(|path| !self.files.contains_key(*path)).map(|path| (path.clone(), None));
        changed.lock().unwrap_or_else(PoisonError::into_inner).extend(written.chain(removed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Two look in at a time, and each does something.
    #[test]
    fn what_was_done_is_found_by_who_looks_in_later() {
        let disk = Disk::default();
        let machine = || Machine { files: BTreeMap::from([("/etc/a".to_owned(), "A".to_owned())]), ..Machine::default() }.on(disk.clone());
        let (mut one, mut other) = (machine(), machine());
        one.files.insert("/tmp/b".to_owned(), "B".to_owned());
        other.files.remove("/etc/a");
        other.files.insert("/tmp/c".to_owned(), "C".to_owned());
        one.keep();
        other.keep();
        assert_eq!(machine().files.into_keys().collect::<Vec<_>>(), ["/tmp/b", "/tmp/c"]);
    }

    proptest! {
        #[test]
        fn bytes_are_text_and_bytes_again(all in proptest::collection::vec(any::<u8>(), 0..40), plain in "\\PC{0,9}\u{10ff41}?") {
            prop_assert_eq!(&bytes(&text(&all)), &all);
            prop_assert_eq!(bytes(&text(plain.as_bytes())), plain.as_bytes());
        }
    }
}
