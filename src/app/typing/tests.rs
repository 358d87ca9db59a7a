//! Keys in a text that is edited: letters are typed, the rest does what the keymap says.

use super::*;
use crate::app::config::Config;
use crate::keymap::{KEYMAPS, Keymap};
use crate::model::query::BadTerm;
use crate::model::step::{Motion, Scene};
use crate::model::want::Want;
use crate::model::world::World;
use crate::ui::theme::Theme;
use crate::ui::view::View;
use crate::ui::widgets::editor::Editor;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// A screen that is nothing but a text; its title is the text.
struct Page(Editor);

impl View for Page {
    fn scope(&self) -> Scope {
        Scope::Editor
    }
    fn wants(&self, _world: &World) -> Vec<Want> {
        Vec::new()
    }
    fn scene(&self, _world: &World) -> Scene {
        Scene { writing: true, ..Scene::default() }
    }
    fn act(&mut self, _world: &World, motion: Motion) {
        self.0.act(motion);
    }
    fn stroke(&mut self, _world: &World, stroke: Stroke) -> Vec<crate::model::step::Step> {
        self.0.stroke(stroke);
        Vec::new()
    }
    fn paste(&mut self, _world: &World, text: &str) {
        self.0.paste(text);
    }
    fn set_filter(&mut self, _world: &World, text: &str) -> Result<(), BadTerm> {
        self.0.set_search(text);
        Ok(())
    }
    fn filter(&self) -> &str {
        self.0.search()
    }
    fn arrange(&mut self, _world: &World, area: Rect) {
        self.0.fit(area.width, area.height);
    }
    fn draw(&self, _world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
        self.0.draw(theme, area, buf);
    }
    fn title(&self) -> String {
        self.0.text()
    }
}

fn pressed(keymap: &str, keys: &str) -> String {
    let names: Vec<&str> = crate::actions::all().map(|a| a.name).collect();
    let text = KEYMAPS.iter().find(|(name, _)| *name == keymap).unwrap();
    let mut state = State::new(World::default(), Config::default(), Keymap::load(&[*text], &names).0, Theme::default());
    state.views.push(Box::new(Page(Editor::new("a: 1\n"))));
    for key in keys.split(' ') {
        match key {
            "PASTE" => state.paste("x:\n- y\n"),
            key => state.key(key.parse().unwrap()),
        }
    }
    let notice = state.notice.as_ref().map(|(n, _)| n.text.clone()).unwrap_or_default();
    format!("{}|{notice}", state.views.last().unwrap().title())
}

#[test]
fn letters_are_typed_and_other_keys_do_what_the_keymap_says() {
    for (keymap, keys, after) in [
        ("default", "q j k G 1 / : ? space ä", "qjkG1/:? äa: 1\n|"),
        ("vim", "g g d", "ggda: 1\n|"),
        ("k9s", "end enter tab d", "a: 1\n  d\n|"),
        ("default", "down x ctrl-u ctrl-y y", "a: 1\nxy|"),
        ("emacs", "ctrl-e x ctrl-x u y", "a: 1y\n|"),
        ("emacs", "ctrl-x q", "a: 1\n|ctrl-x q does nothing; f1 shows the keys"),
        ("default", "PASTE z", "x:\n- y\nza: 1\n|"),
        ("default", "shift-right backspace b", "b: 1\n|"),
        ("default", "ctrl-f 1 enter 2", "a: 21\n|"),
        ("default", "ctrl-z", "a: 1\n|"),
    ] {
        assert_eq!(pressed(keymap, keys), after, "{keymap}: {keys}");
    }
}
