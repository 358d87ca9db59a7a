//! What the dialog says of several objects, and of those that are applied: what would become of each, what stands in the way, who is against it.
//! What is the same as of the object before is not told again.

use super::lines::{Part, Row, edit, is_unfilled, named, notes, trouble, wrapped};
use crate::model::deed::Edit;
use crate::model::world::World;
use crate::safety::change::Change;
use crate::safety::item::{Given, Item, Refusal};
use crate::safety::verb::Check;
use crate::ui::theme::Role;

/// What is told below the name of an object.
#[derive(Default, PartialEq)]
struct Told {
    edits: Vec<Edit>,
    warnings: Vec<String>,
}

/// True where there are several, or one that may not be there yet.
pub(super) fn is_about(change: &Change) -> bool {
    change.items.len() > 1 || change.items.iter().any(|item| matches!(item.given, Given::Manifest(_)))
}

/// What it comes to in a line, then all objects.
pub(super) fn objects(change: &Change, world: &World, width: u16) -> Vec<Row> {
    let mut rows = sum(change).map(|told| wrapped("dry run", &told, Role::Text, width)).unwrap_or_default();
    let mut last = Told::default();
    for item in &change.items {
        let told = Told { edits: item.told(), warnings: item.warnings.clone() };
        rows.extend(object(change, item, &told, told == last, world, width));
        last = told;
    }
    rows
}

/// What would become of an object, in a word; nothing where that is not known yet.
fn becomes(change: &Change, item: &Item) -> Option<(&'static str, &'static str, Role)> {
    Some(match (&item.checked, change.verb_of(item).check) {
        _ if is_unfilled(change, item) => ("·", "", Role::Dim),
        _ if trouble(item).is_some() => ("✖", "left out", Role::StatusBad),
        (None, Check::None(_)) => ("?", "not tried", Role::Dim),
        (None, Check::Server) => return None,
        (Some(Err(_)), _) if item.is_removed() => ("◌", "not now", Role::StatusWarn),
        (Some(Err(_)), _) => ("?", "not tried", Role::StatusWarn),
        (Some(Ok(_)), _) if item.is_removed() => ("-", "goes", Role::StatusWarn),
        (Some(Ok(_)), _) if item.is_missing() => ("+", "new", Role::StatusOk),
        (Some(Ok(_)), _) if item.is_unchanged() => ("=", "unchanged", Role::Dim),
        (Some(Ok(_)), _) => ("~", "changed", Role::StatusWarn),
    })
}

/// How many become what.
fn sum(change: &Change) -> Option<String> {
    let all: Vec<&str> = change.items.iter().map(|item| becomes(change, item).map(|(_, word, _)| word)).collect::<Option<_>>()?;
    if all.contains(&"") {
        return None;
    }
    let count = |word: &str| all.iter().filter(|w| **w == word).count();
    let words = ["new", "changed", "goes", "unchanged", "not now", "not tried", "left out"];
    let told = words.into_iter().filter(|word| count(word) > 0).map(|word| format!("{} {word}", count(word)));
    let told = told.collect::<Vec<_>>().join(", ");
    Some(match change.verb.check {
        Check::None(why) => format!("not tried beforehand: {why}"),
        Check::Server if change.accepted().next().is_some() => format!("accepted by the server: {told}"),
        Check::Server => told,
    })
}

fn object(change: &Change, item: &Item, told: &Told, is_again: bool, world: &World, width: u16) -> Vec<Row> {
    let (glyph, word, role) = becomes(change, item).unwrap_or(("◐", "…", Role::Dim));
    let head = vec![Part::text(format!("{glyph} "), role), Part::text(named(item, world), Role::Text)];
    let room = width.saturating_sub(head.iter().map(Part::width).sum());
    let fits = |parts: &Row| parts.iter().map(Part::width).sum::<u16>() <= room;
    let beside = |parts: Row| [head.clone(), parts].concat();
    let plain = || vec![beside(vec![Part::text(format!("  {word}"), role)])];
    // Of several, what is the only thing to tell is told in the line of the object, where it fits.
    let (mut rows, rest) = match (against(item), told.edits.as_slice()) {
        (Some(why), _) => {
            let why = if word.is_empty() { why } else { format!("{word}: {why}") };
            let line = vec![Part::text(format!("  {why}"), role)];
            let rows = if fits(&line) { vec![beside(line)] } else { [vec![head.clone()], wrapped("", &why, role, width)].concat() };
            (rows, told.edits.as_slice())
        }
        (None, [only]) if change.items.len() > 1 && !item.is_missing() => match edit(only, room).as_slice() {
            [line] if fits(line) => (vec![beside(line.clone())], &[] as &[Edit]),
            _ => (plain(), told.edits.as_slice()),
        },
        (None, all) => (plain(), all),
    };
    if let Some(Err(refusal)) = &item.checked {
        rows.extend(refused(item, refusal, width));
    }
    if item.along.is_none() {
        rows.extend(notes(change, item, "  ", world, width));
    }
    if is_again && !(rest.is_empty() && told.warnings.is_empty()) {
        let parts = [(rest.len(), "field"), (told.warnings.len(), "warning")].into_iter().filter(|(n, _)| *n > 0);
        let parts = parts.map(|(n, word)| format!("{n} {word}{}", if n == 1 { "" } else { "s" })).collect::<Vec<_>>().join(", ");
        rows.push(vec![Part::text(format!("  the same as above: {parts}"), Role::Dim)]);
    } else {
        rows.extend(told.warnings.iter().flat_map(|w| wrapped("  warning", w, Role::StatusWarn, width)));
        rows.extend(rest.iter().flat_map(|e| edit(e, width)));
    }
    let added = item.added();
    rows.extend((added > 0).then(|| vec![Part::text(format!("  and {added} fields that the server fills in"), Role::Dim)]));
    rows
}

/// Why it cannot be done, or not now. Who owns what is told by name.
fn against(item: &Item) -> Option<String> {
    let held = || {
        let refusal = item.checked.as_ref()?.as_ref().err()?;
        item.is_removed().then(|| refusal.why.clone())
    };
    trouble(item).or_else(held).filter(|_| item.conflicts.is_empty())
}

/// What is wrong, field by field, or why it could not be tried.
fn refused(item: &Item, refusal: &Refusal, width: u16) -> Vec<Row> {
    let causes = refusal.causes.iter().filter(|_| item.conflicts.is_empty());
    let causes = causes.flat_map(|c| wrapped("", &format!("{}: {}", c.field, c.message), Role::StatusBad, width));
    let untried = (refusal.untried && !item.is_removed()).then(|| wrapped("", &refusal.why, Role::Dim, width));
    causes.chain(untried.into_iter().flatten()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::*;
    use crate::actions::rollback::ROLLBACK;
    use crate::kinds;
    use crate::model::course::ChangeId;
    use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
    use crate::model::time::Timestamp;
    use crate::safety::verb::{Plan, Write};
    use serde_json::{Value, json};

    /// A deployment that would have this spec, and what the server warns of.
    fn item(name: &str, spec: Value, warnings: &[&str]) -> Item {
        let kind = GroupResource::new("apps", "deployments");
        let resource = kinds::find(&kind).unwrap().resource();
        let target = ObjectRef { cluster: ClusterId(0), kind, namespace: "shop".into(), name: name.into(), uid: Uid::parse(name) };
        let mut item = Item::new(target, resource, Given::Nothing, Timestamp(0));
        item.before = Some(json!({"spec": {"replicas": 1, "paused": false}}));
        (item.right, item.plan) = (Some(Ok(())), Some(Ok(Plan::of(Write::Merge(json!({}))))));
        item.checked = Some(Ok(json!({"spec": spec})));
        item.warnings = warnings.iter().map(|w| (*w).to_owned()).collect();
        item
    }

    #[test]
    fn every_field_and_every_warning_is_told_once_for_neighbours_that_share_them() {
        let both = json!({"replicas": 2, "paused": true});
        let mut refused = item("e", both.clone(), &[]);
        refused.checked = Some(Err(Refusal { why: "a webhook is against it".to_owned(), ..Refusal::default() }));
        let items = vec![
            item("a", json!({"replicas": 5, "paused": false}), &[]),
            item("b", both.clone(), &["deprecated"]),
            item("c", both.clone(), &["deprecated"]),
            item("d", both, &[]),
            refused,
        ];
        let change = Change::new(ChangeId(1), &ROLLBACK, items, "", Timestamp(0));
        let text = |row: &Row| {
            let parts = row.iter().map(|part| if let Part::Text(told, _) = part { told.as_str() } else { "" });
            parts.collect::<String>().trim_end().to_owned()
        };
        let told: Vec<String> = objects(&change, &World::default(), 90).iter().map(text).collect();
        let name = |name: &str| format!("{}  shop/{name}", World::default().name(ClusterId(0)));
        assert_eq!(
            told,
            [
                "dry run    accepted by the server: 4 changed, 1 left out".to_owned(),
                format!("~ {}  spec.replicas  1 → 5", name("a")),
                format!("~ {}  changed", name("b")),
                "  warning  deprecated".to_owned(),
                "  spec.replicas  1 → 2".to_owned(),
                "  spec.paused  false → true".to_owned(),
                format!("~ {}  changed", name("c")),
                "  the same as above: 2 fields, 1 warning".to_owned(),
                format!("~ {}  changed", name("d")),
                "  spec.replicas  1 → 2".to_owned(),
                "  spec.paused  false → true".to_owned(),
                format!("✖ {}  left out: a webhook is against it", name("e")),
            ]
        );
    }
}
