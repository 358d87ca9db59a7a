//! From an object to what other programs know of it.

use super::Action;
use super::drill::cursor;
use crate::model::step::{Effect, Reject, Scene, Screen, Step};

pub(super) const ALL: &[Action] =
    &[Action { name: "links", help: "Open a link of this object, or list them where there are several", run: links }];

fn links(scene: &Scene, name: &str) -> Result<Vec<Step>, Reject> {
    let object = &cursor(scene)?.object;
    let mut links = scene.links.clone();
    links.retain(|l| name.is_empty() || l.name == name);
    match links.as_slice() {
        [] if name.is_empty() => Err(Reject::new(format!("no link of the config is for {}", object.kind.resource))),
        [] => Err(Reject::new(format!("no link called {name} is for {}", object.kind.resource))),
        [one] => match &one.url {
            Ok(url) => Ok(vec![Step::Do(Effect::Open(url.clone()))]),
            Err(why) => Err(Reject::new(format!("{}: {why}", one.name))),
        },
        _ => Ok(vec![Step::Open(Screen::Links(links))]),
    }
}
