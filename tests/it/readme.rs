//! The tables inside README.md are made from the lists that the program itself uses, so they cannot lag behind.
//! `UPDATE=1 cargo test --test it readme` writes them anew.

use crate::gallery::picture;
use crate::rig::source::root;
use crate::stages;
use kconsole::actions;
use kconsole::app::config::EXAMPLE;
use kconsole::demo::incident::INCIDENTS;
use kconsole::health::RULES;
use kconsole::keymap::{KEYMAPS, Keymap, Scope};
use kconsole::kinds::KINDS;
use kconsole::ui::theme::{Role, THEMES};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What stands between `<!-- NAME: generated, checked by a test -->` and `<!-- /NAME -->`.
fn parts() -> [(&'static str, String); 10] {
    let list = |names: Vec<String>| format!("{}\n", names.join(" · "));
    [
        ("config", format!("```yaml\n{EXAMPLE}```\n")),
        ("keys", keys()),
        ("keymaps", list(KEYMAPS.iter().map(|(name, _)| format!("`{name}`")).collect())),
        ("actions", table(["Action", "What it does"], actions::all().map(|a| [format!("`{}`", a.name), a.help.to_owned()]))),
        ("verbs", table(stages::STAGES, stages::rows())),
        ("kinds", kinds()),
        ("rules", table(["Rule", "What it means"], RULES.iter().map(|r| [format!("`{}`", r.name), r.means.to_owned()]))),
        ("scenarios", table(["Scenario", "What is wrong"], INCIDENTS.iter().map(|i| [format!("`{}`", i.name), i.about.to_owned()]))),
        ("themes", gallery()),
        ("theme roles", list(Role::ALL.iter().map(|role| format!("`{}`", role.name())).collect())),
    ]
}

fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut out = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(N));
    for row in rows {
        writeln!(out, "| {} |", row.map(|cell| cell.replace('|', "\\|")).join(" | ")).unwrap();
    }
    out
}

/// The default keys, those of an action on one line.
fn keys() -> String {
    let known: Vec<&str> = actions::all().map(|a| a.name).collect();
    let (keymap, _) = Keymap::load(&KEYMAPS[..1], &known);
    let scopes = [
        Scope::Everywhere,
        Scope::Table,
        Scope::Document,
        Scope::Logs,
        Scope::Clusters,
        Scope::Changes,
        Scope::Data,
        Scope::Editor,
        Scope::Dialog,
    ];
    let rows = scopes.into_iter().flat_map(|scope| {
        let mut order = Vec::new();
        let mut keys: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (_, key, binding) in keymap.bindings(scope).filter(|(from, ..)| *from == scope) {
            let of = keys.entry(&binding.action).or_default();
            if of.is_empty() {
                order.push(binding.action.as_str());
            }
            of.push(format!("`{key}`"));
        }
        let help = |action: &str| actions::find(action).map_or(String::new(), |a| a.help.to_owned());
        let row = |action: &str| [scope.name().to_owned(), keys[action].join(" "), help(action)];
        order.into_iter().map(row).collect::<Vec<_>>()
    });
    table(["Where", "Keys", "What they do"], rows)
}

/// A picture of each theme, two in a row.
fn gallery() -> String {
    let cell = |(name, _): &(&str, &str)| format!("`{name}`<br>![{name}]({})", picture(name));
    let rows = THEMES.chunks(2).map(|pair| [pair.first(), pair.get(1)].map(|theme| theme.map(cell).unwrap_or_default()));
    table(["", ""], rows)
}

fn kinds() -> String {
    let rows = KINDS.iter().map(|kind| {
        let titles: Vec<String> = kind.columns().iter().map(|c| c.title.to_string()).collect();
        [format!("`{}`", kind.id()), titles.join(" ")]
    });
    table(["Kind", "Columns"], rows)
}

/// The text with every part made anew. A part without its comments is a mistake.
fn made(text: &str) -> String {
    let mut text = text.to_owned();
    for (name, part) in parts() {
        let (begin, end) = (format!("<!-- {name}: generated, checked by a test -->\n"), format!("<!-- /{name} -->"));
        let from = text.find(&begin).unwrap_or_else(|| panic!("README.md has no {begin}")) + begin.len();
        let to = from + text[from..].find(&end).unwrap_or_else(|| panic!("README.md has no {end}"));
        text.replace_range(from..to, &part);
    }
    text
}

#[test]
fn the_tables_of_the_readme_are_those_of_the_program() {
    let path = root().join("README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let made = made(&text);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).unwrap();
    } else {
        assert!(text == made, "README.md is not up to date: UPDATE=1 cargo test --test it readme");
    }
}

#[test]
fn every_file_that_the_readme_links_to_is_there() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let links = regex::Regex::new(r"\]\(([^)#]+)").unwrap();
    let found: Vec<&str> = links.captures_iter(&text).map(|c| c.get(1).unwrap().as_str()).collect();
    assert!(found.len() > 3, "{found:?}");
    for link in found.into_iter().filter(|l| !l.contains("://")) {
        assert!(root().join(link).exists(), "{link}");
    }
}
