//! Strings of few values (namespaces, nodes, reasons, labels), kept once a watch instead of once a row.
//!
//! The task that decodes owns the [`Dictionary`] and gives out [`Sym`]s; each batch of rows carries the words that are new, and the
//! table keeps them as [`Words`]. A dictionary only grows: by the distinct values that its watch has ever seen.

use hashbrown::HashTable;
use std::hash::{BuildHasher, DefaultHasher, Hasher};

/// A word in the dictionary of one watch. Means nothing in any other.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sym(u32);

impl Sym {
    /// The empty word, in every dictionary.
    pub const EMPTY: Self = Self(0);
}

/// The words that a table knows.
#[derive(Debug)]
pub struct Words(Vec<Box<str>>);

impl Default for Words {
    fn default() -> Self {
        Self(vec!["".into()])
    }
}

impl Words {
    /// The word; empty for one that never arrived.
    pub fn get(&self, sym: Sym) -> &str {
        self.0.get(sym.0 as usize).map_or("", |w| w)
    }

    /// Adds what came with a batch, in the order it was made.
    pub fn extend(&mut self, news: Vec<Box<str>>) {
        self.0.extend(news);
    }

    /// Bytes held, the lists themselves included.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|w| w.len() + size_of::<Box<str>>()).sum()
    }
}

/// Makes words: the writer's side.
#[derive(Debug, Default)]
pub struct Dictionary {
    words: Words,
    index: HashTable<u32>,
    /// How many words the reader has been given, the empty one not counted.
    given: usize,
}

/// Words come from servers that we trust with more than hash collisions, and the table must be the same in every run of a test.
#[derive(Clone, Default)]
struct Fixed;

impl BuildHasher for Fixed {
    type Hasher = DefaultHasher;
    fn build_hasher(&self) -> DefaultHasher {
        DefaultHasher::new()
    }
}

impl Dictionary {
    /// The word for a text, made if it is new.
    pub fn sym(&mut self, text: &str) -> Sym {
        if text.is_empty() {
            return Sym::EMPTY;
        }
        let hash = |t: &str| {
            let mut h = Fixed.build_hasher();
            h.write(t.as_bytes());
            h.finish()
        };
        let Self { words, index, .. } = self;
        let entry = index.entry(hash(text), |&i| words.get(Sym(i)) == text, |&i| hash(words.get(Sym(i))));
        let next = words.0.len() as u32;
        let found = *entry.or_insert(next).get();
        if found == next {
            words.0.push(text.into());
        }
        Sym(found)
    }

    /// The words made so far.
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// The words that the reader has not been given yet; from now on it has.
    pub fn news(&mut self) -> Vec<Box<str>> {
        let news: Vec<_> = self.words.0.iter().skip(1 + self.given).cloned().collect();
        self.given += news.len();
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_reader_resolves_what_the_writer_made(batches in prop::collection::vec(prop::collection::vec("[a-c]{0,3}", 0..9), 0..9)) {
            let mut writer = Dictionary::default();
            let mut reader = Words::default();
            for batch in batches {
                let made: Vec<_> = batch.iter().map(|t| writer.sym(t)).collect();
                reader.extend(writer.news());
                for (text, sym) in batch.iter().zip(made) {
                    prop_assert_eq!(reader.get(sym), text);
                    prop_assert_eq!(writer.sym(text), sym);
                }
            }
        }
    }
}
