//! A rounded border with its title in the upper line.

use super::text;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// Draws the border and returns the area inside of it. Parts of the title are separated by the border's own line.
pub fn frame<'a>(buf: &mut Buffer, area: Rect, border: Style, title: impl IntoIterator<Item = (Cow<'a, str>, Style)>) -> Rect {
    let area = area.intersection(buf.area);
    if area.width < 2 || area.height < 2 {
        return Rect { width: 0, height: 0, ..area };
    }
    let (right, bottom) = (area.right() - 1, area.bottom() - 1);
    let bar = "─".repeat(usize::from(area.width - 2));
    for (y, left, end) in [(area.top(), "╭", "╮"), (bottom, "╰", "╯")] {
        text::put(buf, area.left(), y, 1, left, border);
        text::put(buf, area.left() + 1, y, area.width - 2, &bar, border);
        text::put(buf, right, y, 1, end, border);
    }
    for y in area.top() + 1..bottom {
        text::put(buf, area.left(), y, 1, "│", border);
        text::put(buf, right, y, 1, "│", border);
    }
    let mut x = area.left() + 1;
    for (part, style) in title {
        if part.is_empty() || right.saturating_sub(x) < 6 {
            continue;
        }
        x += text::put(buf, x, area.top(), 1, " ", border);
        x += text::put(buf, x, area.top(), right.saturating_sub(x + 2), &part, style);
        x += text::put(buf, x, area.top(), 1, " ", border);
        x += text::put(buf, x, area.top(), 1, "─", border);
    }
    Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
}
