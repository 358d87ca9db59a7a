//! The links of an object, to choose one of them. What leads nowhere is grey and says why.

use crate::keymap::{Binding, Scope};
use crate::model::step::{Hyperlink, Motion, Scene};
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::{Role, Theme};
use crate::ui::view::View;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::text;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Before the first column: the bar of the cursor; and between the columns.
const GUTTER: u16 = 2;

/// The screen of links.
#[derive(Debug)]
pub struct LinksView {
    /// The links, and what chooses each.
    links: Vec<(Hyperlink, Binding)>,
    cursor: usize,
    top: usize,
    area: Rect,
}

impl LinksView {
    /// These links.
    pub fn new(links: Vec<Hyperlink>) -> Self {
        let binding = |link: &Hyperlink| Binding { action: "links".to_owned(), argument: Some(link.name.clone()) };
        let links = links.into_iter().map(|link| (binding(&link), link)).map(|(binding, link)| (link, binding)).collect();
        Self { links, cursor: 0, top: 0, area: Rect::default() }
    }

    fn height(&self) -> usize {
        usize::from(self.area.height.saturating_sub(2))
    }
}

impl View for LinksView {
    fn scope(&self) -> Scope {
        Scope::Everywhere
    }

    fn title(&self) -> String {
        "links".to_owned()
    }

    fn wants(&self, _world: &World) -> Vec<Want> {
        Vec::new()
    }

    fn scene(&self, _world: &World) -> Scene {
        let copyable = self.links.get(self.cursor).and_then(|(link, _)| link.url.clone().ok());
        Scene { copyable, ..Scene::default() }
    }

    fn chosen(&self) -> Option<&Binding> {
        self.links.get(self.cursor).map(|(_, binding)| binding)
    }

    fn act(&mut self, _world: &World, motion: Motion) {
        let page = self.height().max(2) as isize - 1;
        if let Some(by) = motion.lines(page, self.links.len()) {
            self.cursor = self.cursor.saturating_add_signed(by).min(self.links.len().saturating_sub(1));
        }
    }

    fn click(&mut self, _world: &World, _x: u16, y: u16) {
        let line = usize::from(y.saturating_sub(self.area.y + 1));
        if y > self.area.y && line < self.height() && self.top + line < self.links.len() {
            self.cursor = self.top + line;
        }
    }

    fn arrange(&mut self, _world: &World, area: Rect) {
        self.area = area;
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(self.height()));
    }

    fn draw(&self, _world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let titles = ["Links".to_owned(), self.links.len().to_string()].map(|t| (t.into(), theme.style(Role::Title)));
        let inside = frame(buf, area, theme.style(Role::BorderFocused), titles);
        let room = inside.width.saturating_sub(GUTTER);
        let names = self.links.iter().map(|(l, _)| text::width(&l.name)).max().unwrap_or_default().min(room / 2);
        for ((y, (link, _)), i) in (inside.top()..inside.bottom()).zip(self.links.iter().skip(self.top)).zip(self.top..) {
            let (told, name, role) = match &link.url {
                Ok(url) => (url, Role::Accent, Role::Text),
                Err(why) => (why, Role::Dim, Role::Dim),
            };
            let x = inside.x + GUTTER;
            text::put(buf, x, y, names, &link.name, theme.style(name));
            text::put(buf, x + names + GUTTER, y, room.saturating_sub(names + GUTTER), told, theme.style(role));
            if i == self.cursor {
                text::put(buf, inside.x, y, 1, "▌", theme.style(Role::Accent));
                text::paint(buf, Rect { y, height: 1, ..inside }, theme.style(Role::RowSelected));
            }
        }
    }
}
