//! What keys mean, what files may say about them, and what is said about mistakes.

use super::*;
use proptest::prelude::*;

/// The actions that the keymaps of this version may name.
const ACTIONS: &[&str] = &[
    "up",
    "down",
    "page-up",
    "page-down",
    "top",
    "bottom",
    "left",
    "right",
    "enter",
    "back",
    "quit",
    "quit-now",
    "toggle-cluster",
    "close",
    "focus",
    "focus-all",
    "clusters",
    "edit",
    "edit-outside",
    "data",
    "reveal",
    "add-key",
    "rename-key",
    "remove-key",
    "scale",
    "restart",
    "image",
    "shell",
    "forward",
    "keep-forward",
    "forget-forward",
    "undo",
    "rollback",
    "delete",
    "stop",
    "again",
    "changes",
    "namespaces",
    "namespace",
    "goto",
    "go",
    "filter",
    "help",
    "health",
    "warnings",
    "actions",
    "retry",
    "suspend",
    "mark",
    "mark-range",
    "unmark",
    "sort",
    "sort-next",
    "sort-previous",
    "sort-invert",
    "wide",
    "unhealthy",
    "yaml",
    "details",
    "events",
    "owner",
    "next-pane",
    "previous-pane",
    "zoom",
    "link",
    "copy",
    "links",
    "replicasets",
    "next-match",
    "previous-match",
    "fold",
    "logs",
    "logs-everywhere",
    "hold",
    "filter-lines",
    "times",
    "form",
    "wrap",
    "timeline",
    "term",
    "around",
    "since",
    "mute",
    "unmute",
    "save",
    "next-error",
    "previous-error",
    "preview",
    "undo-typing",
    "redo-typing",
    "next-problem",
    "new-line",
    "indent",
    "outdent",
    "erase",
    "erase-next",
    "erase-word",
    "erase-rest",
    "erase-line",
    "line-start",
    "line-end",
    "word-left",
    "word-right",
    "select-all",
    "select",
];

fn embedded(name: &str) -> &'static str {
    KEYMAPS.iter().find(|(n, _)| *n == name).unwrap().1
}

fn load(user: &str) -> (Keymap, Vec<String>) {
    let (keymap, problems) = Keymap::load(&[("default.yaml", embedded("default")), ("mine.yaml", user)], ACTIONS);
    (keymap, problems.iter().map(ToString::to_string).collect())
}

fn does(keymap: &Keymap, scope: Scope, keys: &str) -> String {
    let keys: Vec<Key> = keys.split(' ').map(|k| k.parse().unwrap()).collect();
    match keymap.lookup(scope, &keys) {
        Lookup::Action(Binding { action, argument: None }) => action.clone(),
        Lookup::Action(Binding { action, argument: Some(argument) }) => format!("{action} {argument}"),
        Lookup::Prefix => "...".to_owned(),
        Lookup::None => "-".to_owned(),
    }
}

#[test]
fn our_keymaps_have_no_problems() {
    for (name, text) in KEYMAPS {
        let (keymap, problems) = Keymap::load(&[(name, text)], ACTIONS);
        assert_eq!(problems, [], "{name}");
        for scope in Scope::ALL {
            let least = if scope == Scope::Dialog { 2 } else { 6 };
            assert!(keymap.bindings(scope).count() >= least, "{name} {}", scope.name());
        }
        for needed in ["up", "down", "enter", "back", "quit", "close", "goto", "filter", "help", "clusters", "retry", "suspend"] {
            assert!(!keymap.keys_of(Scope::Table, needed, None).is_empty(), "{name} has no key for {needed}");
        }
    }
}

#[test]
fn keys_mean_what_the_table_of_default_keys_says() {
    let (keymap, _) = load("");
    for (scope, keys, action) in [
        (Scope::Everywhere, "1", "focus 1"),
        (Scope::Table, "9", "focus 9"),
        (Scope::Table, "0", "focus-all"),
        (Scope::Table, "G", "bottom"),
        (Scope::Table, "shift-g", "bottom"),
        (Scope::Table, "space", "mark"),
        (Scope::Document, "space", "-"),
        (Scope::Document, "n", "next-match"),
        (Scope::Table, "n", "namespaces"),
        (Scope::Prompt, "n", "-"),
        (Scope::Prompt, "1", "-"),
        (Scope::Prompt, "esc", "back"),
        (Scope::Prompt, "up", "up"),
        (Scope::Prompt, "left", "-"),
        (Scope::Prompt, "ctrl-c", "close"),
        (Scope::Editor, "n", "-"),
        (Scope::Editor, "?", "-"),
        (Scope::Editor, "esc", "back"),
        (Scope::Editor, "ctrl-s", "preview"),
        (Scope::Editor, "ctrl-f", "filter"),
        (Scope::Editor, "ctrl-u", "undo-typing"),
        (Scope::Editor, "tab", "indent"),
        (Scope::Editor, "ctrl-z", "suspend"),
        (Scope::Editor, "shift-up", "select up"),
        (Scope::Dialog, "n", "back"),
        (Scope::Dialog, "a", "-"),
        (Scope::Everywhere, "y", "-"),
        (Scope::Table, "D", "delete"),
    ] {
        assert_eq!(does(&keymap, scope, keys), action, "{} {keys}", scope.name());
    }
    let (k9s, _) = Keymap::load(&[("k9s.yaml", embedded("k9s"))], ACTIONS);
    for (keys, action) in [
        ("1", "namespace 1"),
        ("0", "namespace all"),
        ("alt-2", "focus 2"),
        ("N", "sort NAME"),
        ("J", "owner"),
        ("ctrl-w", "wide"),
        ("ctrl-z", "suspend"),
        ("ctrl-k", "delete"),
    ] {
        assert_eq!(does(&k9s, Scope::Table, keys), action, "{keys}");
    }
}

#[test]
fn a_user_file_overrides_key_by_key() {
    let (keymap, problems) =
        load("everywhere:\n  \"1\": false\n  f5: retry\ntable:\n  y: details\n  q: false\n  \"B B\": wide\n  B a: go  pods\n");
    assert_eq!(problems, Vec::<String>::new());
    for (scope, keys, action) in [
        (Scope::Table, "1", "-"),
        (Scope::Table, "2", "focus 2"),
        (Scope::Table, "f5", "retry"),
        (Scope::Table, "y", "details"),
        (Scope::Document, "y", "yaml"),
        (Scope::Table, "q", "-"),
        (Scope::Document, "q", "quit"),
        (Scope::Table, "B", "..."),
        (Scope::Table, "B B", "wide"),
        (Scope::Table, "B a", "go pods"),
        (Scope::Table, "B b", "-"),
        (Scope::Document, "B", "-"),
    ] {
        assert_eq!(does(&keymap, scope, keys), action, "{} {keys}", scope.name());
    }
    assert_eq!(keymap.keys_of(Scope::Table, "retry", None), ["ctrl-r", "f5"]);
    assert_eq!(keymap.keys_of(Scope::Table, "details", None), ["y", "d"]);
    assert_eq!(keymap.keys_of(Scope::Table, "wide", None), ["w", "B B"]);
    assert_eq!(keymap.keys_of(Scope::Table, "focus", Some("2")), ["2"]);
    assert!(keymap.keys_of(Scope::Table, "focus", Some("1")).is_empty() && keymap.keys_of(Scope::Table, "quit", None).is_empty());
    assert!(keymap.bindings(Scope::Table).any(|(scope, keys, b)| scope == Scope::Everywhere && keys == "?" && b.action == "help"));
}

#[test]
fn problems_have_file_line_and_advice() {
    let top = embedded("default").lines().position(|l| l.trim() == "g: top").unwrap() + 1;
    let hidden = format!("mine.yaml:2: g g cannot be typed: g is bound (default.yaml:{top})");
    for (user, want) in [
        ("tabel:\n  y: yaml\n", "mine.yaml:1: unknown scope tabel; did you mean table?"),
        ("table:\n  y: ymal\n", "mine.yaml:2: unknown action ymal; did you mean yaml?"),
        ("table:\n  entre: enter\n", "mine.yaml:2: \"entre\" is no key"),
        ("table:\n  \" \": mark\n", "mine.yaml:2: a key belongs before the colon; the space bar is written space"),
        ("table:\n  J: down\n  shift-j: up\n", "mine.yaml:3: J is bound in line 2 already; that one holds"),
        ("table:\n  y: [yaml]\n", "mine.yaml:2: y should be the name of an action, or false, not a list"),
        ("table:\n  y: true\n", "mine.yaml:2: y should be the name of an action, or false, not true or false"),
        ("table: x\n", "mine.yaml:1: table should be keys and values, not a text"),
        ("table:\n  \"g g\": top\n", hidden.as_str()),
        ("- x\n", "mine.yaml:1: a keymap should be keys and values, not a list"),
    ] {
        let (keymap, problems) = load(user);
        assert_eq!(problems, [want]);
        assert_eq!(does(&keymap, Scope::Table, "w"), "wide", "the rest holds");
    }
    let (keymap, _) = load("everywhere:\n  \"B B\": wide\ntable:\n  \"B B\": false\n");
    assert_eq!(does(&keymap, Scope::Table, "B"), "-", "no chord is left to wait for");
    let (keymap, problems) = load("table: [\n");
    assert!(problems.len() == 1 && problems[0].starts_with("mine.yaml:"), "{problems:?}");
    assert_eq!(does(&keymap, Scope::Table, "w"), "wide");
    assert_eq!(load("everywhere:\n  g: false\n  \"g g\": top\n").1, Vec::<String>::new());
}

proptest! {
    /// What help lists for a scope is exactly what the keys do there.
    #[test]
    fn the_list_is_what_the_keys_do(lines in prop::collection::vec((0usize..6, "[a-cgn]( [a-c])?", prop::sample::select(vec!["up", "down", "false"])), 0..8)) {
        let mut user = String::new();
        for scope in Scope::ALL {
            user.push_str(&format!("{}:\n", scope.name()));
            for (_, keys, action) in lines.iter().filter(|l| Scope::ALL[l.0] == scope) {
                user.push_str(&format!("  \"{keys}\": {action}\n"));
            }
        }
        let (keymap, _) = load(&user);
        for scope in Scope::ALL {
            let mut seen = std::collections::HashSet::new();
            for (_, keys, binding) in keymap.bindings(scope) {
                let pressed: Vec<Key> = keys.split(' ').map(|k| k.parse().unwrap()).collect();
                prop_assert_eq!(keymap.lookup(scope, &pressed), Lookup::Action(binding));
                prop_assert!(seen.insert(keys.clone()), "{} twice", keys);
                prop_assert!(keymap.keys_of(scope, &binding.action, binding.argument.as_deref()).contains(&keys));
            }
            for key in ["a", "b", "c", "g", "n", "w", "1"] {
                let bound = matches!(keymap.lookup(scope, &[key.parse().unwrap()]), Lookup::Action(_));
                prop_assert_eq!(bound, seen.contains(key), "{}", key);
            }
        }
    }
}
