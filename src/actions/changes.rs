//! Changes that were confirmed: the screen of them, and what is done with one.

use super::Action;
use crate::model::course::Steer;
use crate::model::step::{Reject, Scene, Screen, Step};

pub(super) const ALL: &[Action] = &[
    Action {
        name: "changes",
        help: "The changes of this run: those under way, and how others ended",
        run: |_, _| Ok(vec![Step::Open(Screen::Changes)]),
    },
    Action {
        name: "stop",
        help: "Begin no more objects of this change; close this forward or shell",
        run: |scene, _| steer(scene, Steer::Stop),
    },
    Action {
        name: "again",
        help: "Try again what failed of this change or never began, after a question",
        run: |scene, _| steer(scene, Steer::Again),
    },
];

/// Something is done with the change under the cursor.
pub(super) fn steer(scene: &Scene, steer: Steer) -> Result<Vec<Step>, Reject> {
    let id = scene.change.ok_or_else(|| Reject::new("there is no change under the cursor: the screen changes lists them"))?;
    Ok(vec![Step::Steer(id, steer)])
}
