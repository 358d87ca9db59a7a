//! A line that is typed into: its text, as much of it as fits, and the caret.

use super::text;
use crate::model::line::Line;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

/// How it looks.
#[derive(Clone, Copy, Debug)]
pub struct Looks {
    /// The text.
    pub text: Style,
    /// What the caret is on.
    pub caret: Style,
}

/// Draws a line into so many cells, the caret in sight. Returns the cells taken, the caret included.
pub fn put(buf: &mut Buffer, x: u16, y: u16, room: u16, line: &Line, looks: Looks) -> u16 {
    let (head, tail) = line.split();
    let mut at = x + text::put(buf, x, y, room.saturating_sub(1), tail_that_fits(head, room.saturating_sub(2)), looks.text);
    let under = tail.graphemes(true).next().unwrap_or(" ");
    let caret = text::put(buf, at, y, 2.min((x + room).saturating_sub(at)), under, looks.text).max(1);
    text::paint(buf, Rect { x: at, y, width: caret, height: 1 }, looks.caret);
    at += caret;
    at += text::put(buf, at, y, (x + room).saturating_sub(at), tail.get(under.len()..).unwrap_or_default(), looks.text);
    at - x
}

/// As much of the end of a text as fits.
fn tail_that_fits(text: &str, room: u16) -> &str {
    let mut from = 0;
    while text::width(text.get(from..).unwrap_or_default()) > room {
        let Some(next) = text.get(from..).and_then(|t| t.graphemes(true).next()) else { break };
        from += next.len();
    }
    text.get(from..).unwrap_or_default()
}
