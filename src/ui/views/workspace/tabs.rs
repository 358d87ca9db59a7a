//! The panes as tabs, where there is no room for all: their names with the count of each, and the worst that any has to tell.

use super::WorkspaceView;
use super::areas::is_roomy;
use crate::health;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::views::health::worst;
use crate::ui::widgets::text;
use crate::ui::words;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Between two tabs.
const BAR: &str = " │ ";

impl WorkspaceView {
    /// Where the tabs stand, if there are any, and what is left for the pane that has the keys.
    pub(super) fn divide(&self, world: &World, area: Rect) -> (Option<Rect>, Rect) {
        if self.zoomed || is_roomy(&self.tree, area) || area.height < 4 {
            let alone = area.height < 4 && self.tree.len() > 1;
            return (alone.then_some(Rect { height: 0, ..area }), area);
        }
        let lines = 1 + u16::from(area.height > 12 && world.focused().any(|c| health::is_watched(world, c.id)));
        (Some(Rect { height: lines, ..area }), Rect { y: area.y + lines, height: area.height - lines, ..area })
    }

    /// The tabs that have room, each with its pane's place. The one that has the keys always has.
    fn tabs(&self, world: &World) -> Vec<(usize, String, Rect)> {
        let Some(line) = self.tabs.filter(|t| t.height > 0) else { return Vec::new() };
        let label = |pane: &super::Pane| {
            let count = pane.view.count(world).map_or_else(String::new, |n| format!(" {}", words::grouped(n)));
            let sick = pane.view.sick(world).filter(|n| *n > 0).map_or_else(String::new, |n| format!(" ▲{}", words::grouped(n)));
            format!("{}{count}{sick}", words::capital(&pane.view.title()))
        };
        let labels: Vec<String> = self.tree.panes().into_iter().map(label).collect();
        let room = line.width.saturating_sub(1);
        let width = |from: usize, to: usize| -> u16 {
            let labels = labels.get(from..=to).unwrap_or_default();
            labels.iter().map(|l| text::width(l)).sum::<u16>().saturating_add((to - from) as u16 * text::width(BAR))
        };
        let first = (0..=self.focused).find(|from| width(*from, self.focused) <= room).unwrap_or(self.focused);
        let mut x = line.x + 1;
        let mut out = Vec::new();
        for (place, label) in labels.into_iter().enumerate().skip(first) {
            let left = line.right().saturating_sub(x);
            if left == 0 {
                break;
            }
            let area = Rect { x, y: line.y, width: text::width(&label).min(left), height: 1 };
            x = x.saturating_add(text::width(&label)).saturating_add(text::width(BAR));
            out.push((place, label, area));
        }
        out
    }

    /// The place of the pane whose tab is at a place of the screen.
    pub(super) fn tab_at(&self, world: &World, x: u16, y: u16) -> Option<usize> {
        self.tabs(world).into_iter().find(|(.., area)| area.contains(Position { x, y })).map(|(place, ..)| place)
    }

    /// Draws the tabs and the line under them.
    pub(super) fn draw_tabs(&self, world: &World, theme: &Theme, buf: &mut Buffer) {
        let Some(lines) = self.tabs else { return };
        for (i, (place, label, area)) in self.tabs(world).into_iter().enumerate() {
            if i > 0 {
                text::put(buf, area.x - text::width(BAR), area.y, text::width(BAR), BAR, theme.style(Role::Border));
            }
            let role = if place == self.focused { Role::TabActive } else { Role::Tab };
            text::put(buf, area.x, area.y, area.width, &label, theme.style(role));
        }
        if lines.height > 1 {
            let (worst, role) = worst(world).unwrap_or_else(|| ("nothing needs attention".to_owned(), Role::Dim));
            text::put(buf, lines.x + 1, lines.y + 1, lines.width.saturating_sub(1), &worst, theme.style(role));
        }
    }
}
