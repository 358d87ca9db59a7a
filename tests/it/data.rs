//! The data that comes with the program: keymaps, themes, the example of a config. Each loads without a word against the real lists, and
//! holds what is promised of it.

use kconsole::actions;
use kconsole::app::config::{Config, EXAMPLE};
use kconsole::keymap::{KEYMAPS, Keymap, Scope};
use kconsole::ui::theme::{Role, THEMES, Theme};
use std::collections::BTreeSet;

fn names() -> Vec<&'static str> {
    actions::all().map(|a| a.name).collect()
}

fn keymap(name: &str, text: &str) -> Keymap {
    let (keymap, problems) = Keymap::load(&[(name, text)], &names());
    assert_eq!(problems, []);
    keymap
}

#[test]
fn every_keymap_loads_and_binds_only_what_there_is() {
    for (name, text) in KEYMAPS {
        let keymap = keymap(name, text);
        for scope in Scope::ALL {
            for (_, keys, binding) in keymap.bindings(scope) {
                let action = actions::find(&binding.action).unwrap_or_else(|| panic!("{name}: {keys}: {}", binding.action));
                assert!(!action.help.is_empty(), "{name}: help has nothing to say of {keys}");
            }
        }
        for needed in ["goto", "filter", "help", "enter", "back", "quit", "quit-now", "close", "clusters", "retry", "suspend"] {
            assert!(!keymap.keys_of(Scope::Table, needed, None).is_empty(), "{name} has no key for {needed}");
        }
    }
}

/// What `:` takes by name and needs no key. Everything else has one in the default keymap.
#[test]
fn every_action_has_a_key_or_a_name_that_can_be_typed() {
    let all = keymap(KEYMAPS[0].0, KEYMAPS[0].1);
    let bound: BTreeSet<String> = Scope::ALL.iter().flat_map(|s| all.bindings(*s)).map(|(_, _, b)| b.action.clone()).collect();
    let unbound: Vec<&str> = names().into_iter().filter(|n| !bound.contains(*n)).collect();
    assert_eq!(
        unbound,
        [
            "apply",
            "new",
            "autoscale",
            "rollback",
            "pause",
            "resume",
            "trigger",
            "rerun",
            "label",
            "annotate",
            "force-delete",
            "remove-finalizers",
            "evict",
            "cordon",
            "uncordon",
            "drain",
            "shells",
            "attach",
            "debug",
            "debug-copy",
            "forwards",
            "copy-out",
            "copy-in",
            "changes",
            "handover",
            "tee",
            "go",
            "sort",
            "overview",
            "pane",
            "split",
            "close-pane",
            "layout",
            "namespace",
            "unlock",
            "lock",
            "journal",
            "journal-to"
        ],
        "these take an argument or are rare, so they are typed after :"
    );
}

/// Who chose other keys has not chosen to do without: what a key does in a scope by default, some key does there.
#[test]
fn every_keymap_reaches_every_action() {
    let reached = |name: &str| -> BTreeSet<(&str, String)> {
        let all = keymap(name, KEYMAPS.iter().find(|(n, _)| *n == name).unwrap().1);
        let of = |scope: Scope| all.bindings(scope).map(move |(_, _, b)| (scope.name(), b.action.clone())).collect::<Vec<_>>();
        Scope::ALL.into_iter().flat_map(of).collect()
    };
    let by_default = reached("default");
    for name in ["vim", "emacs"] {
        assert_eq!(by_default.difference(&reached(name)).collect::<Vec<_>>(), Vec::<&(&str, String)>::new(), "{name}");
    }
    let of = |set: BTreeSet<(&str, String)>| set.into_iter().map(|(_, action)| action).collect::<BTreeSet<_>>();
    let typed: Vec<String> = of(by_default).difference(&of(reached("k9s"))).cloned().collect();
    assert_eq!(typed, ["events", "namespaces", "replicasets"], "k9s has no keys for these; they are typed after :");
}

#[test]
fn every_theme_loads_and_tells_states_apart() {
    let states = [Role::StatusOk, Role::StatusBad, Role::StatusWarn, Role::StatusBusy, Role::Stale];
    for (name, text) in THEMES {
        let (theme, problems) = Theme::load(&[(name, text)]);
        assert_eq!(problems, [], "{name}");
        for a in states {
            let same: Vec<_> = states.iter().filter(|b| theme.style(**b) == theme.style(a)).collect();
            // Without colours only the worst has to stand out: glyph and word say the rest.
            assert!(same.len() == 1 || *name == "mono" && a != Role::StatusBad, "{name}: {a:?} looks like {same:?}");
        }
        assert_ne!(theme.style(Role::RowSelected), theme.style(Role::Text), "{name}: the cursor is not seen");
    }
}

#[test]
fn the_example_of_a_config_holds_and_names_what_there_is() {
    let (config, problems) = Config::load("example", EXAMPLE).unwrap();
    assert_eq!(problems, []);
    assert!(THEMES.iter().any(|(name, _)| *name == config.theme));
    for (name, _) in KEYMAPS.iter().chain(THEMES) {
        assert!(EXAMPLE.contains(name), "the example does not name {name}");
    }
    let (theme, _) = Theme::load(&THEMES[..1]);
    let strange: Vec<_> = config.colours().filter(|(colour, _)| theme.colour(colour).is_none()).collect();
    assert_eq!(strange, []);
}
