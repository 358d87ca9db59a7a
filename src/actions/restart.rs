//! New pods in place of the old ones, a few at a time, as a rollout does.

use super::{Action, change_here};
use crate::model::step::{Reject, Scene, Step};
use crate::safety::form::Form;
use crate::safety::item::Item;
use crate::safety::verb::{Check, Follow, Keeps, On, Pace, Plan, Undo, Verb, Write, no_form, no_notes, nothing_around};
use serde_json::json;

pub(super) const ALL: &[Action] = &[Action { name: "restart", help: "Replace the pods of this one after the other", run: restart }];

pub(super) static RESTART: Verb = Verb {
    name: "restart",
    does: "restart",
    to: &["deployments.apps", "statefulsets.apps", "daemonsets.apps"],
    on: On::Itself,
    right: ("patch", ""),
    removes: false,
    around: nothing_around,
    form: |items, _| no_form(items, ""),
    plan,
    notes: no_notes,
    keeps: Keeps::Shown,
    follow: Follow::Rollout,
    pace: Pace::OneByOne,
    undo: Undo::No("the old pods are gone"),
    check: Check::Server,
};

fn restart(scene: &Scene, argument: &str) -> Result<Vec<Step>, Reject> {
    change_here(scene, &RESTART, argument)
}

/// The annotation that `kubectl rollout restart` sets: other tools know it as the time of a restart.
fn plan(item: &Item, _: &Form) -> Result<Plan, String> {
    if item.before.as_ref().and_then(|o| o.pointer("/spec/paused")?.as_bool()) == Some(true) {
        return Err("its rollout is paused: resume it first, else nothing would happen".to_owned());
    }
    let time = &item.asked_at;
    let patch = json!({"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": time}}}}});
    Ok(Plan::of(Write::Merge(patch)))
}
