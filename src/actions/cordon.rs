//! Nodes that take no more pods, and take them again.

use super::{Action, change_here};
use crate::safety::item::Item;
use crate::safety::verb::{Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write, no_form, no_notes, nothing_around};
use serde_json::{Value, json};

pub(super) const ALL: &[Action] = &[
    Action { name: "cordon", help: "Let no more pods onto this node", run: |scene, argument| change_here(scene, &CORDON, argument) },
    Action { name: "uncordon", help: "Let pods onto this node again", run: |scene, argument| change_here(scene, &UNCORDON, argument) },
];

pub(super) static CORDON: Verb = VERB;

pub(super) static UNCORDON: Verb = Verb { name: "uncordon", does: "uncordon", plan: |item, _| plan(item, false), notes: no_notes, ..VERB };

const VERB: Verb = Verb {
    name: "cordon",
    does: "cordon",
    to: &["nodes"],
    on: On::Itself,
    right: ("patch", ""),
    removes: false,
    around: nothing_around,
    form: |items, _| no_form(items, ""),
    plan: |item, _| plan(item, true),
    notes: |_, _, _| vec![Note::info("pods", "those that are there stay; drain moves them away")],
    keeps: Keeps::Shown,
    follow: Follow::Stored("the scheduler goes by it at once"),
    pace: Pace::Together(10),
    undo: Undo::Fields,
    check: Check::Server,
};

fn plan(item: &Item, closed: bool) -> Result<Plan, String> {
    if is_cordoned(item) == closed {
        return Err(if closed { "it is cordoned already" } else { "it is not cordoned" }.to_owned());
    }
    Ok(Plan::of(cordoned(closed)))
}

/// As kubectl writes it: what is not cordoned has no such field.
pub(super) fn cordoned(closed: bool) -> Write {
    Write::Merge(json!({"spec": {"unschedulable": if closed { Value::Bool(true) } else { Value::Null }}}))
}

fn is_cordoned(item: &Item) -> bool {
    item.before.as_ref().and_then(|o| o.pointer("/spec/unschedulable")?.as_bool()) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::super::tests::item;
    use super::*;

    #[test]
    fn what_is_so_already_is_not_asked_for() {
        for (spec, closed, wanted) in [
            (json!({}), true, Some(json!({"spec": {"unschedulable": true}}))),
            (json!({"unschedulable": true}), true, None),
            (json!({"unschedulable": true}), false, Some(json!({"spec": {"unschedulable": null}}))),
            (json!({"unschedulable": false}), false, None),
        ] {
            let planned = plan(&item(("", "nodes"), json!({"spec": spec})), closed).ok();
            assert_eq!(planned, wanted.map(|patch| Plan::of(Write::Merge(patch))), "{spec} {closed}");
        }
    }
}
