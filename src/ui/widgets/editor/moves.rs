//! Where the cursor can go from a place.

use super::text::{At, Text, byte};
use unicode_segmentation::UnicodeSegmentation;

/// One character to the left, as a person sees characters; from the beginning of a line to the end of the one before.
pub(super) fn left(text: &Text, (row, column): At) -> At {
    if column == 0 {
        return if row == 0 { (0, 0) } else { end(text, row - 1) };
    }
    let line = text.line(row);
    let before = line.get(..byte(line, column)).unwrap_or_default();
    (row, column - before.graphemes(true).next_back().map_or(1, |g| g.chars().count()))
}

/// One to the right; from the end of a line to the beginning of the next.
pub(super) fn right(text: &Text, (row, column): At) -> At {
    let line = text.line(row);
    match line.get(byte(line, column)..).unwrap_or_default().graphemes(true).next() {
        Some(grapheme) => (row, column + grapheme.chars().count()),
        None if row + 1 < text.lines().len() => (row + 1, 0),
        None => (row, column),
    }
}

/// The end of a row.
pub(super) fn end(text: &Text, row: usize) -> At {
    (row, text.line(row).chars().count())
}

/// The beginning of what a row says, or from there the beginning of the row.
pub(super) fn home(text: &Text, (row, column): At) -> At {
    let line = text.line(row);
    let blanks = line.chars().take_while(|c| c.is_whitespace()).count();
    let says = if blanks == line.chars().count() { 0 } else { blanks };
    (row, if column == says { 0 } else { says })
}

/// The beginning of the word before.
pub(super) fn word_left(text: &Text, at: At) -> At {
    if at.1 == 0 {
        return left(text, at);
    }
    let before: Vec<char> = text.line(at.0).chars().take(at.1).collect();
    let blanks = before.iter().rev().take_while(|c| !is_word(**c)).count();
    let word = before.iter().rev().skip(blanks).take_while(|c| is_word(**c)).count();
    (at.0, at.1 - blanks - word)
}

/// The end of the word behind.
pub(super) fn word_right(text: &Text, at: At) -> At {
    let behind: Vec<char> = text.line(at.0).chars().skip(at.1).collect();
    if behind.is_empty() {
        return right(text, at);
    }
    let blanks = behind.iter().take_while(|c| !is_word(**c)).count();
    let word = behind.iter().skip(blanks).take_while(|c| is_word(**c)).count();
    (at.0, at.1 + blanks + word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
