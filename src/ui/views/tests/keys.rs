//! Help and palette: what is listed is what the keys do.

use super::{PROD, drawn, object, snapshots, world};
use crate::actions;
use crate::keymap::{KEYMAPS, Keymap, Scope};
use crate::model::step::{Known, Motion, Scene, Target};
use crate::model::world::World;
use crate::ui::view::View;
use crate::ui::views::help::HelpView;
use crate::ui::views::palette::PaletteView;

fn keymap(name: &str) -> Keymap {
    let (_, text) = KEYMAPS.iter().find(|(n, _)| *n == name).unwrap();
    let names: Vec<&str> = actions::all().map(|a| a.name).collect();
    Keymap::load(&[(name, text)], &names).0
}

fn scene() -> Scene {
    let target = Target { object: object(PROD, "pods", "shop", "web-1"), facts: Known::None, owner: None };
    Scene { cursor: Some(target), digits: vec![(1, PROD)], copyable: Some("web-1".into()), ..Scene::default() }
}

#[test]
fn the_keys_of_a_table() {
    let keymap = keymap("default");
    snapshots("help", &world(), || Box::new(HelpView::new(Scope::Table, &keymap)));
}

#[test]
fn the_actions_of_a_table() {
    let keymap = keymap("default");
    snapshots("palette", &world(), || Box::new(PaletteView::new(scene(), Scope::Table, &keymap)));
}

#[test]
fn every_binding_is_in_the_help_of_every_keymap() {
    for (name, _) in KEYMAPS {
        let keymap = keymap(name);
        for scope in [Scope::Everywhere, Scope::Table, Scope::Document, Scope::Logs, Scope::Clusters, Scope::Changes, Scope::Data] {
            let text = drawn(&mut HelpView::new(scope, &keymap), &World::default(), 100, 200);
            for (_, keys, binding) in keymap.bindings(scope).filter(|(.., b)| b.argument.is_none()) {
                let help = actions::find(&binding.action).map_or(binding.action.as_str(), |a| a.help);
                assert!(text.lines().any(|l| l.contains(&keys) && l.contains(help)), "{name}, {}: {keys} {help}\n{text}", scope.name());
            }
        }
    }
}

#[test]
fn help_filters_and_scrolls() {
    let keymap = keymap("default");
    let mut view = HelpView::new(Scope::Table, &keymap);
    let world = World::default();
    let first = drawn(&mut view, &world, 80, 22);
    view.act(&world, Motion::Bottom);
    let last = drawn(&mut view, &world, 80, 22);
    assert_ne!(first, last);
    view.act(&world, Motion::Top);
    assert_eq!(drawn(&mut view, &world, 80, 22), first);
    view.set_filter(&world, "yaml").unwrap();
    let text = drawn(&mut view, &world, 80, 22);
    assert!(text.contains("This object as YAML") && !text.contains("Leave kconsole"), "{text}");
}

#[test]
fn the_palette_asks_for_what_the_cursor_is_on() {
    let keymap = keymap("default");
    let mut view = PaletteView::new(scene(), Scope::Table, &keymap);
    let world = World::default();
    view.set_filter(&world, "yaml").unwrap();
    assert_eq!(view.chosen().map(|b| b.action.as_str()), Some("yaml"));
    view.set_filter(&world, "focus").unwrap();
    let chosen = view.chosen().unwrap();
    assert_eq!((chosen.action.as_str(), chosen.argument.as_deref()), ("focus", Some("1")));
    view.set_filter(&world, "owner").unwrap();
    let text = drawn(&mut view, &world, 120, 22);
    assert!(text.contains("nothing owns web-1"), "{text}");
    view.set_filter(&world, "zzz").unwrap();
    assert_eq!(view.chosen(), None);
}

#[test]
fn the_palette_lists_every_action() {
    let text = drawn(&mut PaletteView::new(Scene::default(), Scope::Table, &keymap("default")), &World::default(), 200, 200);
    for action in actions::all() {
        assert!(text.lines().any(|l| l.split_whitespace().any(|w| w == action.name) && l.contains(action.help)), "{}\n{text}", action.name);
    }
}
