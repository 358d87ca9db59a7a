//! What stands in place of a table where no kubeconfig was found: where one is looked for, and what to do.

use super::theme::{Role, Theme};
use super::widgets::text;
use crate::model::world::World;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// Draws it.
pub fn draw(world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let line = |text: &str, role| (text.to_owned(), role);
    let mut lines = vec![line("There is no cluster yet: no kubeconfig with a context was found.", Role::Title), line("", Role::Text)];
    lines.push(line("Looked for in", Role::Dim));
    lines.extend(world.looked.iter().map(|file| (format!("  {file}"), Role::Text)));
    lines.extend([
        line("", Role::Text),
        line("Put one there, set KUBECONFIG, or start with --kubeconfig FILE: it is taken up at once.", Role::Text),
        line("To look around without a cluster: kconsole --demo opens a fleet that comes with the program.", Role::Dim),
    ]);
    let area = Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(2), height: area.height.saturating_sub(1) };
    for (row, (told, role)) in area.rows().zip(&lines) {
        text::line(buf, row, [(Cow::Borrowed(told.as_str()), theme.style(*role))]);
    }
}
