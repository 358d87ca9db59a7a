//! The last line: the next keys, a message, or a question.

use super::theme::{Role, Theme};
use super::view::Shown;
use super::widgets::text;
use super::words;
use crate::keymap::{Key, Keymap, Lookup, Scope};
use crate::model::cell::Health;
use crate::model::step::Notice;
use crate::model::world::World;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// What is worth a hint where there are panes, before anything else; and where one of them has all the room.
const PANES: &[(&str, &str)] = &[("next-pane", "pane"), ("zoom", "zoom")];
const LINK: (&str, &str) = ("link", "link");
const ZOOMED: &[(&str, &str)] = &[("zoom", "all panes")];
/// And where one of a few things is taken.
const CHOICE: &[(&str, &str)] = &[("enter", "take it")];

/// What is worth a hint where lines are read.
const LOGS: &[(&str, &str)] = &[
    ("hold", "stop"),
    ("filter", "find"),
    ("filter-lines", "filter"),
    ("previous-error", "error before"),
    ("next-error", "next error"),
    ("times", "times"),
    ("form", "form"),
    ("wrap", "wrap"),
    ("timeline", "events"),
    ("save", "save"),
    ("actions", "act on the line's pod"),
    ("copy", "copy"),
    ("help", "keys"),
    ("back", "back"),
];

/// What is worth a hint where changes, forwards or shells are listed.
const CHANGES: &[(&str, &str)] = &[
    ("enter", "open it"),
    ("stop", "stop it"),
    ("again", "try again"),
    ("keep-forward", "keep it"),
    ("forget-forward", "forget it"),
    ("help", "keys"),
    ("back", "back"),
];

/// What is worth a hint in a scope: actions in the order of their use, and what they are called in a word.
fn worth(scope: Scope) -> &'static [(&'static str, &'static str)] {
    match scope {
        Scope::Table => &[
            ("enter", "open"),
            ("filter", "filter"),
            ("goto", "go"),
            ("health", "health"),
            ("warnings", "warnings"),
            ("details", "details"),
            ("yaml", "yaml"),
            ("events", "events"),
            ("unhealthy", "unhealthy"),
            ("clusters", "clusters"),
            ("help", "keys"),
            ("back", "back"),
        ],
        Scope::Document => &[
            ("filter", "find"),
            ("next-match", "next"),
            ("yaml", "yaml"),
            ("details", "details"),
            ("events", "events"),
            ("copy", "copy"),
            ("help", "keys"),
            ("back", "back"),
        ],
        Scope::Logs => LOGS,
        Scope::Clusters => &[
            ("enter", "open and look"),
            ("toggle-cluster", "open or close"),
            ("retry", "retry or log in"),
            ("filter", "filter"),
            ("help", "keys"),
            ("back", "back"),
        ],
        Scope::Changes => CHANGES,
        Scope::Data => &[
            ("enter", "edit"),
            ("reveal", "reveal"),
            ("add-key", "add"),
            ("rename-key", "rename"),
            ("remove-key", "remove"),
            ("undo", "undo"),
            ("filter", "filter"),
            ("help", "keys"),
            ("back", "back"),
        ],
        Scope::Editor => &[
            ("preview", "preview and apply"),
            ("filter", "find"),
            ("undo-typing", "undo"),
            ("next-problem", "next problem"),
            ("help", "keys"),
            ("back", "leave"),
        ],
        Scope::Everywhere | Scope::Prompt | Scope::Dialog => &[("back", "back"), ("help", "keys")],
    }
}

/// The screen that hints are for.
pub struct Hinted {
    /// The scope of its keys.
    pub scope: Scope,
    /// What it is called.
    pub title: String,
    /// Its panes, where it has some.
    pub panes: Option<Shown>,
    /// Enter takes one of what it lists.
    pub is_choice: bool,
    /// What the action `unhealthy` shows or hides on it, where that is something of its own.
    pub narrows: Option<&'static str>,
}

/// The next keys, from the keymap in force; in the middle of a chord, the keys that complete it.
pub fn hints(keymap: &Keymap, on: &Hinted, pressed: &[Key], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let scope = on.scope;
    if area.height == 0 {
        return;
    }
    let mut x = area.x + 1;
    let width = |key: &str, word: &str| text::width(key) + text::width(word) + 1;
    let mut put = |key: &str, word: &str, kept: u16| {
        let width = width(key, word);
        if x + width + kept < area.right() {
            x += text::put(buf, x, area.y, width, key, theme.style(Role::Key)) + 1;
            x += text::put(buf, x, area.y, width, word, theme.style(Role::Dim)) + 2;
        }
    };
    if !pressed.is_empty() && keymap.lookup(scope, pressed) == Lookup::Prefix {
        let typed: Vec<String> = pressed.iter().map(ToString::to_string).collect();
        let typed = format!("{} ", typed.join(" "));
        for (_, keys, binding) in keymap.bindings(scope) {
            if let Some(rest) = keys.strip_prefix(&typed) {
                put(rest, &binding.action, 0);
            }
        }
        return;
    }
    let (panes, link) = match on.panes.filter(|p| p.count > 1) {
        Some(Shown { zoomed: true, .. }) => (ZOOMED, None),
        Some(_) => (PANES, Some(&LINK)),
        None => (&[][..], None),
    };
    let keyed = |(action, word): &(&'static str, &'static str)| {
        let word = on.narrows.filter(|_| *action == "unhealthy").unwrap_or(word);
        Some((keymap.keys_of(scope, action, None).into_iter().next()?, *action, word))
    };
    let first = if on.is_choice { CHOICE } else { panes };
    // What leads to where one is needs no hint, nor what is for another screen of these keys.
    let is_for = |(action, _): &&(&str, &str)| match (on.title.as_str(), *action) {
        ("health", "health") | ("events", "warnings") | ("forwards" | "shells", "again") => false,
        (title, "keep-forward" | "forget-forward") => title == "forwards",
        _ => true,
    };
    let hints: Vec<(String, &str, &str)> = first.iter().chain(worth(scope)).chain(link).filter(is_for).filter_map(keyed).collect();
    // Whoever knows no key finds them all behind this one, however little room there is.
    let help = hints.iter().position(|(_, action, _)| *action == "help");
    let kept = help.and_then(|i| hints.get(i)).map_or(0, |(key, _, word)| width(key, word) + 2);
    for (i, (key, _, word)) in hints.iter().enumerate() {
        put(key, word, if help.is_some_and(|help| i < help) { kept } else { 0 });
    }
}

/// A message.
pub fn notice(world: &World, notice: &Notice, theme: &Theme, area: Rect, buf: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let role = match notice.health {
        Health::Bad => Role::NoticeBad,
        Health::Warn => Role::NoticeWarn,
        Health::Ok | Health::Done | Health::Busy => Role::NoticeInfo,
    };
    let cluster = notice.cluster.map_or_else(String::new, |c| format!("{}: ", world.name(c)));
    let glyph = if notice.health.is_unhealthy() { "▲ " } else { "" };
    let told = format!("{glyph}{cluster}{}", notice.text);
    text::put(buf, area.x + 1, area.y, area.width.saturating_sub(1), &told, theme.style(role));
}

/// How the demo fleet is, with the keys in force where the line names actions.
pub fn demo(world: &World, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(told) = world.demo.as_ref().and_then(|d| d.told.as_ref()) else { return };
    notice(world, &Notice { text: words::keyed(world, &told.text), ..told.clone() }, theme, area, buf);
}

/// A question and its answers.
pub fn question(question: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    if area.height > 0 {
        let told = format!("{question}  y yes  n no");
        text::put(buf, area.x + 1, area.y, area.width.saturating_sub(1), &told, theme.style(Role::NoticeWarn));
    }
}
