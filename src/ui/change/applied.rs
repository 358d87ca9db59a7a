//! What the dialog says of objects that are applied: of each whether it is new, what would be another, and who is against it.

use super::lines::{Part, Row, edit, named, trouble, wrapped};
use crate::model::cell::Health;
use crate::model::world::World;
use crate::safety::change::Change;
use crate::safety::item::{Given, Item};
use crate::safety::owners;
use crate::ui::theme::Role;

/// True where it is about objects that are applied.
pub(super) fn is_about(change: &Change) -> bool {
    change.items.iter().any(|item| matches!(item.given, Given::Manifest(_)))
}

/// What it comes to in a line, then all objects.
pub(super) fn objects(change: &Change, world: &World, width: u16) -> Vec<Row> {
    let sum = sum(change).map(|told| wrapped("dry run", &told, Role::Text, width)).unwrap_or_default();
    sum.into_iter().chain(change.items.iter().flat_map(|item| object(change, item, world, width))).collect()
}

/// What would become of an object, in a word.
fn becomes(item: &Item) -> Option<(&'static str, &'static str, Role)> {
    Some(match &item.checked {
        _ if trouble(item).is_some() => ("✖", "left out", Role::StatusBad),
        None => return None,
        Some(Err(_)) => ("?", "not tried", Role::StatusWarn),
        Some(Ok(_)) if item.is_missing() => ("+", "new", Role::StatusOk),
        Some(Ok(_)) if item.is_unchanged() => ("=", "unchanged", Role::Dim),
        Some(Ok(_)) => ("~", "changed", Role::StatusWarn),
    })
}

/// How many become what.
fn sum(change: &Change) -> Option<String> {
    let all: Vec<&str> = change.items.iter().map(|item| becomes(item).map(|(_, word, _)| word)).collect::<Option<_>>()?;
    let count = |word: &str| all.iter().filter(|w| **w == word).count();
    let parts = ["new", "changed", "unchanged", "not tried", "left out"].into_iter().filter(|word| count(word) > 0);
    let told = parts.map(|word| format!("{} {word}", count(word))).collect::<Vec<_>>().join(", ");
    let accepted = if change.accepted().next().is_some() { "accepted by the server: " } else { "" };
    Some(format!("{accepted}{told}"))
}

fn object(change: &Change, item: &Item, world: &World, width: u16) -> Vec<Row> {
    let (glyph, word, role) = becomes(item).unwrap_or(("◐", "…", Role::Dim));
    let head =
        vec![Part::text(format!("{glyph} "), role), Part::text(format!("{}  ", named(item, world)), Role::Text), Part::text(word, role)];
    let mut rows = vec![head];
    // Who is against it is told below, each by name.
    if let Some(why) = trouble(item).filter(|_| item.conflicts.is_empty()) {
        rows.extend(wrapped("", &why, Role::StatusBad, width));
    }
    if let Some(Err(refusal)) = &item.checked {
        let causes = refusal.causes.iter().filter(|_| item.conflicts.is_empty());
        rows.extend(causes.flat_map(|c| wrapped("", &format!("{}: {}", c.field, c.message), Role::StatusBad, width)));
        if refusal.untried {
            rows.extend(wrapped("", &refusal.why, Role::Dim, width));
        }
    }
    let form = change.form.clone().unwrap_or_default();
    for note in owners::notes(item).into_iter().chain((change.verb.notes)(item, &form, world)) {
        let role = if note.health == Health::Ok { Role::Dim } else { Role::StatusWarn };
        rows.extend(wrapped(&format!("  {}", note.about), &note.text, role, width));
    }
    rows.extend(item.warnings.iter().flat_map(|w| wrapped("  warning", w, Role::StatusWarn, width)));
    rows.extend(item.told().iter().flat_map(|e| edit(e, width)));
    let added = item.added();
    rows.extend((added > 0).then(|| vec![Part::text(format!("  and {added} fields that the server fills in"), Role::Dim)]));
    rows
}
