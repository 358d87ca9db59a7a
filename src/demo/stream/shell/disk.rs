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
pub struct Disk(Arc<Mutex<Kept>>);

/// Files that were written and those that were removed, and those that there were at first.
#[derive(Debug, Default)]
struct Kept {
    /// What a file holds; nothing where it was removed.
    changed: BTreeMap<String, Option<String>>,
    before: BTreeMap<String, String>,
}

impl Machine {
    /// The same with this disk.
    pub fn on(mut self, disk: Disk) -> Self {
        {
            let mut kept = disk.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.before.clone_from(&self.files);
            for (path, file) in &kept.changed {
                match file {
                    Some(file) => drop(self.files.insert(path.clone(), file.clone())),
                    None => drop(self.files.remove(path)),
                }
            }
        }
        Self { disk, ..self }
    }

    /// Keeps what was done to files.
    pub fn keep(&self) {
        let mut kept = self.disk.0.lock().unwrap_or_else(PoisonError::into_inner);
        let written =
            self.files.iter().filter(|(path, file)| kept.before.get(*path) != Some(file)).map(|(p, f)| (p.clone(), Some(f.clone())));
        let removed = kept.before.keys().filter(|path| !self.files.contains_key(*path)).map(|path| (path.clone(), None));
        let changed = written.chain(removed).collect();
        kept.changed = changed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_are_text_and_bytes_again(all in proptest::collection::vec(any::<u8>(), 0..40), plain in "\\PC{0,9}\u{10ff41}?") {
            prop_assert_eq!(&bytes(&text(&all)), &all);
            prop_assert_eq!(bytes(&text(plain.as_bytes())), plain.as_bytes());
        }
    }
}
