//! Text for other programs.

use super::Action;
use super::drill::missing;
use crate::model::step::{Effect, Step};

pub(super) const ALL: &[Action] = &[Action {
    name: "copy",
    help: "Copy the names of the marked rows, or of this one",
    run: |scene, _| {
        let text = scene.copyable.clone().ok_or_else(|| missing(scene))?;
        Ok(vec![Step::Do(Effect::Copy(text))])
    },
}];
