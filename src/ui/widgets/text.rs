//! The one way for text to reach a cell of the screen: sanitised, measured as the terminal will, cut where it must be.

use crate::model::text::visible;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The columns that a text takes once it is visible.
pub fn width(text: &str) -> u16 {
    width_up_to(text, u16::MAX)
}

/// The same, counted no further than to where it is so many columns or more: a text may be as long as an object.
pub fn width_up_to(text: &str, most: u16) -> u16 {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.len().try_into().unwrap_or(u16::MAX);
    }
    let mut taken: u16 = 0;
    for grapheme in visible(text).graphemes(true) {
        if taken >= most {
            break;
        }
        taken = taken.saturating_add(grapheme_width(grapheme));
    }
    taken
}

/// ratatui draws a grapheme with the width of its string, at least one column for what has any.
fn grapheme_width(grapheme: &str) -> u16 {
    grapheme.width().try_into().unwrap_or(u16::MAX)
}

/// Writes a text from a place on within at most `room` columns, cut with an ellipsis if it is longer. Returns the columns it took.
pub fn put(buf: &mut Buffer, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
    let area = buf.area;
    if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
        return 0;
    }
    let room = room.min(area.right() - x);
    let text = visible(text);
    let cut = cut(&text, room);
    buf.set_stringn(x, y, &cut, usize::from(room), style).0 - x
}

/// The text, or as much of it as fits with an ellipsis behind it.
fn cut(text: &str, room: u16) -> Cow<'_, str> {
    if width_up_to(text, room.saturating_add(1)) <= room {
        return Cow::Borrowed(text);
    }
    let mut taken = 0;
    let mut out = String::new();
    for grapheme in text.graphemes(true) {
        let next = grapheme_width(grapheme).saturating_add(taken);
        if next >= room {
            break;
        }
        taken = next;
        out.push_str(grapheme);
    }
    if room > 0 {
        out.push('…');
    }
    Cow::Owned(out)
}

/// What is left of a text, made visible, after so many columns: what a screen shows that is scrolled sideways. A wide character that the edge would
/// cut becomes blanks.
pub fn after(text: &str, columns: u16) -> Cow<'_, str> {
    let text = visible(text);
    if columns == 0 {
        return text;
    }
    let mut skipped = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if skipped >= columns {
            let blanks = " ".repeat(usize::from(skipped - columns));
            return Cow::Owned(blanks + text.get(at..).unwrap_or_default());
        }
        skipped = grapheme_width(grapheme).saturating_add(skipped);
    }
    Cow::Owned(" ".repeat(usize::from(skipped.saturating_sub(columns))))
}

/// A text, made visible, in lines of at most so many columns, broken between words where that is possible. One empty line for an empty text.
pub fn wrapped(text: &str, columns: u16) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut taken) = (String::new(), 0);
    let visible = visible(text);
    for word in visible.split_inclusive(' ') {
        let wide = width(word.trim_end());
        if taken > 0 && wide.saturating_add(taken) > columns {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            taken = 0;
        }
        for grapheme in word.graphemes(true) {
            let wide = grapheme_width(grapheme);
            if taken > 0 && wide.saturating_add(taken) > columns && grapheme != " " {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                taken = 0;
            }
            line.push_str(grapheme);
            taken = wide.saturating_add(taken);
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// Writes parts one after the other, each in its style. Returns the place after the last.
pub fn line<'a>(buf: &mut Buffer, area: Rect, parts: impl IntoIterator<Item = (Cow<'a, str>, Style)>) -> u16 {
    let mut x = area.left();
    for (text, style) in parts {
        x += put(buf, x, area.top(), area.right().saturating_sub(x), &text, style);
    }
    x
}

/// Paints a style over an area without touching its text.
pub fn paint(buf: &mut Buffer, area: Rect, style: Style) {
    buf.set_style(area.intersection(buf.area), style);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(text: &str, room: u16) -> (Vec<String>, u16) {
        let mut buf = Buffer::empty(Rect::new(0, 0, 12, 1));
        let taken = put(&mut buf, 0, 0, room, text, Style::new());
        ((0..12).map(|x| buf[(x, 0)].symbol().to_owned()).collect(), taken)
    }

    proptest! {
        /// FD5: whatever a name holds, it takes the columns that were planned for it and leaves the others alone.
        #[test]
        fn fd5_text_stays_within_its_room(text in any::<String>(), room in 0u16..12) {
            let (cells, taken) = drawn(&text, room);
            prop_assert!(taken <= room);
            prop_assert!(cells[usize::from(room)..].iter().all(|c| c == " "), "{:?}", cells);
            prop_assert!(cells.iter().all(|c| !c.chars().any(char::is_control)));
        }

        #[test]
        fn wrapping_loses_only_blanks_and_keeps_to_the_columns(text in "[a-e日 ]{0,60}", columns in 2u16..12) {
            let lines = wrapped(&text, columns);
            prop_assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
            prop_assert!(lines.iter().all(|l| width(l) <= columns), "{:?}", lines);
        }

        #[test]
        fn what_is_scrolled_out_and_what_is_left_make_the_whole(text in "[a-zé日👩\u{200d}🚀\u{301}\u{202e}]{0,9}", columns in 0u16..12) {
            prop_assert_eq!(width(&after(&text, columns)), width(&text).saturating_sub(columns));
        }

        #[test]
        fn fd5_the_planned_width_is_the_drawn_one(text in "[a-zé日👩\u{200d}🚀\u{301}\u{202e}]{0,6}") {
            prop_assume!(width(&text) <= 12);
            prop_assert_eq!(drawn(&text, 12).1, width(&text));
        }
    }

    /// A value may be as long as an object, which is more columns than can be counted here.
    #[test]
    fn what_is_longer_than_can_be_counted_is_cut_like_the_rest() {
        for text in ["x".repeat(140_000), "é".repeat(140_000), "日".repeat(70_000)] {
            assert_eq!(width(&text), u16::MAX);
            assert_eq!(drawn(&text, 5).1, 5);
            assert_eq!(wrapped(&text, u16::MAX).concat(), text);
            assert!(width(&after(&text, u16::MAX)) > 0);
        }
    }

    #[test]
    fn what_does_not_fit_says_so() {
        assert_eq!(drawn("checkout", 5).0.concat().trim_end(), "chec…");
        assert_eq!(drawn("日本語", 4).0.concat().replace(' ', ""), "日…");
    }
}
