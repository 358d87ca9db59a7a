//! A line of text that is typed: what keys do to it.

use unicode_segmentation::UnicodeSegmentation;

/// In bytes. More than this is no line that anybody types: what is pasted is cut here.
pub const LONGEST: usize = 4_096;

/// The line and where in it one types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    text: String,
    /// Where the next character goes, in bytes.
    at: usize,
}

/// What a key does to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// This character is typed.
    Type(char),
    /// The character before goes.
    Backspace,
    /// The character behind goes.
    Delete,
    /// The word before goes.
    Word,
    /// Everything goes.
    Clear,
    /// One to the left.
    Left,
    /// One to the right.
    Right,
    /// To the beginning.
    Home,
    /// To the end.
    End,
}

/// What came of typing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The text is another.
    Changed,
    /// It is the same.
    Same,
    /// There was no room.
    Full,
}

impl Line {
    /// A line with a text in it, and the cursor behind it.
    pub fn new(text: &str) -> Self {
        Self { at: text.len(), text: text.to_owned() }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor and what behind.
    pub fn split(&self) -> (&str, &str) {
        self.text.split_at_checked(self.at).unwrap_or((&self.text, ""))
    }

    /// Another text, with the cursor behind it.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(text);
    }

    /// Edits the text.
    pub fn edit(&mut self, edit: Edit) -> Typed {
        let length = self.text.len();
        let (head, tail) = self.split();
        let left = head.grapheme_indices(true).next_back().map_or(0, |(i, _)| i);
        let right = tail.graphemes(true).next().map_or(self.at, |g| self.at + g.len());
        match edit {
            Edit::Type(c) if length < LONGEST => {
                self.text.insert(self.at, c);
                self.at += c.len_utf8();
            }
            Edit::Type(_) => return Typed::Full,
            Edit::Backspace => self.cut(left..self.at),
            Edit::Delete => self.cut(self.at..right),
            Edit::Word => {
                let from = head.trim_end().rfind(char::is_whitespace).map_or(0, |i| i + 1);
                self.cut(from..self.at);
            }
            Edit::Clear => self.set(""),
            Edit::Left => self.at = left,
            Edit::Right => self.at = right,
            Edit::Home => self.at = 0,
            Edit::End => self.at = length,
        }
        // Each edit either adds or takes away.
        if self.text.len() == length { Typed::Same } else { Typed::Changed }
    }

    /// Takes pasted text in, on one line. False where not all of it had room.
    pub fn paste(&mut self, pasted: &str) -> bool {
        pasted.chars().filter(|c| !c.is_control()).all(|c| self.edit(Edit::Type(c)) != Typed::Full)
    }

    fn cut(&mut self, range: std::ops::Range<usize>) {
        self.at = range.start;
        self.text.replace_range(range, "");
    }
}
