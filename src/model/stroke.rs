//! What a key does to a text of many lines that is edited, beside moving about in it ([`Motion`]).

use super::step::Motion;

/// What a key does to a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// This character is typed; it takes the place of what is selected.
    Type(char),
    /// A new line begins, as deep as this one.
    NewLine,
    /// Two blanks, or all selected lines two columns deeper.
    Indent,
    /// This line, or all selected ones, two columns less deep.
    Outdent,
    /// What is selected goes, or the character before.
    Backspace,
    /// What is selected goes, or the character behind.
    Delete,
    /// The word before goes.
    DeleteWord,
    /// The rest of the line goes; at its end, the line's end.
    DeleteRest,
    /// The line goes, or all selected ones.
    DeleteLine,
    /// To the beginning of what the line says, or of the line.
    Home,
    /// To the end of the line.
    End,
    /// To the beginning of the word before.
    WordLeft,
    /// To the end of the word behind.
    WordRight,
    /// From here on moving selects, or does not any more.
    Select,
    /// Moves and selects.
    SelectTo(Motion),
    /// All is selected.
    SelectAll,
    /// Takes the last change back.
    Undo,
    /// Makes it again.
    Redo,
    /// To the next line that something is said of.
    NextMark,
    /// Shows what would become of it all.
    Preview,
}
