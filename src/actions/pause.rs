//! Holding what goes on by itself, and letting it go on: rollouts of deployments, schedules of cronjobs.

use super::{Action, change_here};
use crate::model::world::World;
use crate::safety::form::Form;
use crate::safety::item::Item;
use crate::safety::verb::{Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write, no_form, nothing_around};
use serde_json::json;

pub(super) const ALL: &[Action] = &[
    Action {
        name: "pause",
        help: "Hold the rollouts of this deployment, or the schedule of this cronjob",
        run: |scene, asked| change_here(scene, &PAUSE, asked),
    },
    Action { name: "resume", help: "Let what is paused or suspended go on", run: |scene, asked| change_here(scene, &RESUME, asked) },
];

pub(super) static PAUSE: Verb = Verb {
    name: "pause",
    does: "pause",
    to: &["deployments.apps", "cronjobs.batch"],
    on: On::Itself,
    right: ("patch", ""),
    removes: false,
    around: nothing_around,
    form: no_form,
    plan: |item, _| if is_held(item) { Err(format!("it is {} already", held(item))) } else { set(item, true) },
    notes: of_pause,
    keeps: Keeps::Shown,
    follow: Follow::Stored("what is held stands still"),
    pace: Pace::Together(10),
    undo: Undo::Fields,
    check: Check::Server,
};

pub(super) static RESUME: Verb = Verb {
    name: "resume",
    does: "resume",
    to: &["deployments.apps", "cronjobs.batch"],
    on: On::Itself,
    right: ("patch", ""),
    removes: false,
    around: nothing_around,
    form: no_form,
    plan: |item, _| if is_held(item) { set(item, false) } else { Err(format!("it is not {}", held(item))) },
    notes: of_resume,
    keeps: Keeps::Shown,
    follow: Follow::Rollout,
    pace: Pace::OneByOne,
    undo: Undo::Fields,
    check: Check::Server,
};

fn is_cronjob(item: &Item) -> bool {
    &*item.target.kind.resource == "cronjobs"
}

/// What one calls it once it is held.
fn held(item: &Item) -> &'static str {
    if is_cronjob(item) { "suspended" } else { "paused" }
}

fn is_held(item: &Item) -> bool {
    let field = if is_cronjob(item) { "/spec/suspend" } else { "/spec/paused" };
    item.before.as_ref().and_then(|o| o.pointer(field)?.as_bool()) == Some(true)
}

/// As `kubectl rollout pause` and `resume` write it: a rollout that goes on has no field that says so.
fn set(item: &Item, hold: bool) -> Result<Plan, String> {
    let spec = match (is_cronjob(item), hold) {
        (true, hold) => json!({"suspend": hold}),
        (false, true) => json!({"paused": true}),
        (false, false) => json!({"paused": null}),
    };
    Ok(Plan::of(Write::Strategic(json!({"spec": spec}))))
}

fn of_pause(item: &Item, _: &Form, _: &World) -> Vec<Note> {
    let running = item.before.as_ref().and_then(|o| o.pointer("/status/active")?.as_array()).map_or(0, Vec::len);
    let told = match (is_cronjob(item), running) {
        (false, _) => "changes of its pods wait until it is resumed; it still scales",
        (true, 0) => "no jobs begin until it is resumed",
        (true, _) => "no jobs begin until it is resumed; those that run go on",
    };
    vec![Note::info(held(item), told)]
}

/// From the documentation of CronJob: what was missed begins at once where nothing says how late it may be.
fn of_resume(item: &Item, _: &Form, _: &World) -> Vec<Note> {
    let late = is_cronjob(item) && item.number("/spec/startingDeadlineSeconds").is_none();
    late.then(|| Note::warn("schedule", "if it missed a time, a job begins at once: it has no startingDeadlineSeconds"))
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::tests::{item, sent};

    #[test]
    fn what_is_held_goes_on_and_the_other_way_round() {
        for (kind, spec, pause, resume) in [
            (("apps", "deployments"), json!({}), Some(json!({"paused": true})), None),
            (("apps", "deployments"), json!({"paused": true}), None, Some(json!({"paused": null}))),
            (("batch", "cronjobs"), json!({"suspend": false}), Some(json!({"suspend": true})), None),
            (("batch", "cronjobs"), json!({"suspend": true}), None, Some(json!({"suspend": false}))),
        ] {
            let of = item(kind, json!({"spec": spec}));
            let patch = |verb: &Verb| sent(verb, &of, &Form::default()).ok().map(|patch| patch["spec"].clone());
            assert_eq!((patch(&PAUSE), patch(&RESUME)), (pause, resume), "{of:?}");
        }
    }
}
