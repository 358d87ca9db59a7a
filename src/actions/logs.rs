//! The logs of an object: of a pod, or of all pods that belong to something else.

use super::Action;
use super::drill::{cursor, pods};
use crate::model::step::{Only, Reject, Scene, Screen, Step};

pub(super) const ALL: &[Action] = &[Action { name: "logs", help: "The logs of this pod, or of all pods of this object, in one stream", run: logs }];

fn logs(scene: &Scene, _: &str) -> Result<Vec<Step>, Reject> {
    let target = cursor(scene)?;
    let object = &target.object;
    let only = match (&*object.kind.resource, &*object.kind.group) {
        ("pods", "") => Only::Object(object.clone()),
        _ => pods(target).ok_or_else(|| Reject::new(format!("{} has no pods: it has no logs", object.name)))?,
    };
    Ok(vec![Step::Open(Screen::Logs(only))])
}
