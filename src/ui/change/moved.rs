//! What a change made of an object that somebody has changed again since, field by field: what it was, what it was set to, what it is.

use super::lines::{Part, Row, about, wrapped};
use crate::model::deed::{Edit, short};
use crate::safety::item::{Given, Item};
use crate::ui::theme::Role;

/// Nothing where nothing is taken back, or nothing has moved on.
pub(super) fn rows(item: &Item, width: u16) -> Vec<Row> {
    let (Given::Edits(_, edits), Some(now)) = (&item.given, item.before.as_ref().filter(|now| now.is_object())) else { return Vec::new() };
    let is_moved = |edit: &&Edit| edit.at(now) != edit.after.as_ref();
    let (moved, others): (Vec<&Edit>, Vec<&Edit>) = edits.iter().partition(is_moved);
    let field = |edit: &Edit, role: Role| {
        // Values of Secrets are told by their lengths only.
        let told = Edit { before: edit.at(now).cloned(), ..edit.clone() }.masked(&item.target);
        let was = edit.clone().masked(&item.target).before;
        let value = |word: &str, value, role| wrapped(word, &short(value), role, width);
        let head = vec![about("field"), Part::text(edit.to_string(), Role::Accent)];
        [
            vec![head],
            value("  was", was.as_ref(), Role::Dim),
            value("  set to", told.after.as_ref(), Role::Dim),
            value("  is now", told.before.as_ref(), role),
        ]
        .concat()
    };
    if moved.is_empty() {
        return Vec::new();
    }
    let moved = moved.into_iter().map(|edit| field(edit, Role::StatusBad));
    moved.chain(others.into_iter().map(|edit| field(edit, Role::Text))).flatten().collect()
}
