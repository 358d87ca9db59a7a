//! Taking back what was changed.

use super::{Action, drill};
use crate::model::step::{Reject, Scene, Step};
use crate::safety::form::Form;
use crate::safety::item::{Given, Item};
use crate::safety::undo::inverse;
use crate::safety::verb::{Check, Follow, Keeps, On, Pace, Plan, Undo, Verb, Write, no_form, no_notes, nothing_around};
use serde_json::Value;

pub(super) const ALL: &[Action] =
    &[Action { name: "undo", help: "Take back what was done to this: a list, or the only change at once", run: undo }];

/// Begun by the program, with what was changed: see [`Given::Edits`].
pub static UNDO: Verb = Verb {
    name: "undo",
    does: "undo",
    to: &["*"],
    on: On::Itself,
    right: ("patch", ""),
    removes: false,
    around: nothing_around,
    form: |items, _| no_form(items, ""),
    plan,
    notes: no_notes,
    keeps: Keeps::Everything,
    follow: Follow::Rollout,
    pace: Pace::Together(10),
    undo: Undo::Fields,
    check: Check::Server,
};

fn undo(scene: &Scene, _: &str) -> Result<Vec<Step>, Reject> {
    Ok(vec![Step::Undo(drill::cursor(scene)?.object.clone())])
}

fn plan(item: &Item, _: &Form) -> Result<Plan, String> {
    match &item.given {
        Given::Edits(subresource, edits) => {
            let now = item.before.as_ref().unwrap_or(&Value::Null);
            // What has moved on is told with its values.
            let hidden = |why: String| if item.target.is_secret() { "somebody else has changed it since".to_owned() } else { why };
            let ops = inverse(edits, now).map_err(hidden)?;
            Ok(Plan::to(subresource, Write::Ops(ops)))
        }
        Given::Nothing | Given::Text(..) | Given::Value(_) | Given::Manifest(_) | Given::Command(_) | Given::Transfer(_) => {
            Err("it is not known what to take back".to_owned())
        }
    }
}
