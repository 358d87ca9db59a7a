//! What a user can do: one file a verb, or a family of verbs that share one thought.
//!
//! **To add a verb**: a file with its list `ALL`, a word here and in [`ACTIONS`], and a line in `keymaps/default.yaml` if it gets a key. Help, palette
//! and hints follow. An action is told what is on the screen ([`Scene`]) and answers with [`Step`]s; it never opens a screen and never calls a
//! server. A [`Reject`] greys its entry and says why.

mod clusters;
mod copy;
mod cordon;
mod delete;
mod drain;
mod drill;
pub mod edit;
mod editor;
mod evict;
mod go;
mod links;
mod motion;
mod panes;
mod program;
mod restart;
mod scale;
pub mod undo;

use crate::model::step::{Reject, Scene, Step, Wish};
use crate::safety::verb::Verb;

/// Something that a key, the palette or the mouse can ask for.
pub struct Action {
    /// As keymaps have it.
    pub name: &'static str,
    /// What it does, in half a line.
    pub help: &'static str,
    /// What it asks for, given what is on the screen and the argument that came with the key; empty for none.
    pub run: fn(&Scene, &str) -> Result<Vec<Step>, Reject>,
}

/// Every action, in the order of the help.
pub static ACTIONS: &[&[Action]] = &[
    drill::ALL,
    edit::ALL,
    scale::ALL,
    restart::ALL,
    delete::ALL,
    evict::ALL,
    cordon::ALL,
    drain::ALL,
    undo::ALL,
    links::ALL,
    go::ALL,
    panes::ALL,
    clusters::ALL,
    motion::ALL,
    editor::ALL,
    copy::ALL,
    program::ALL,
];

/// Every way to change an object, in the order of the help.
pub static VERBS: &[&Verb] = &[
    &edit::EDIT,
    &scale::SCALE,
    &restart::RESTART,
    &delete::DELETE,
    &delete::FORCE,
    &delete::LET_GO,
    &evict::EVICT,
    &cordon::CORDON,
    &cordon::UNCORDON,
    &drain::DRAIN,
    &undo::UNDO,
];

/// Asks for a change of what is marked, or else of what is under the cursor.
fn change(scene: &Scene, verb: &'static Verb, argument: &str) -> Result<Vec<Step>, Reject> {
    let targets = if scene.marked.is_empty() { vec![drill::cursor(scene)?.object.clone()] } else { scene.marked.clone() };
    if let Some(other) = targets.iter().find(|t| !verb.applies_to(&t.kind)) {
        return Err(Reject::new(format!("{} is for {}, not for {}", verb.name, verb.to.join(", "), other.kind)));
    }
    let hidden = if scene.marked.is_empty() { 0 } else { scene.hidden_marks };
    Ok(vec![Step::Change(Wish { verb: verb.name, targets, hidden, argument: argument.to_owned() })])
}

/// The verb of a name.
pub fn verb(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|v| v.name == name).copied()
}

/// All actions.
pub fn all() -> impl Iterator<Item = &'static Action> {
    ACTIONS.iter().flat_map(|family| family.iter())
}

/// The action of a name.
pub fn find(name: &str) -> Option<&'static Action> {
    all().find(|a| a.name == name)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::catalog::Resource;
    use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
    use crate::model::time::Timestamp;
    use crate::safety::item::{Given, Item};
    use serde_json::Value;

    /// An object shop/web of a kind, as it was read.
    pub(super) fn item(group: &str, resource: &str, object: Value) -> Item {
        let id = GroupResource::new(group, resource);
        let namespaced = !matches!(resource, "nodes" | "namespaces" | "persistentvolumes");
        let target = ObjectRef {
            cluster: ClusterId(0),
            kind: id.clone(),
            namespace: if namespaced { "shop".into() } else { "".into() },
            name: "web".into(),
            uid: Uid::parse("web"),
        };
        let resource = Resource {
            id,
            version: "v1".into(),
            kind: "".into(),
            singular: "".into(),
            short_names: [].into(),
            categories: [].into(),
            namespaced,
            list: true,
            watch: true,
        };
        let mut item = Item::new(target, resource, Given::Nothing, Timestamp(0));
        item.before = Some(object);
        item
    }

    #[test]
    fn every_action_has_a_name_of_its_own_and_says_what_it_does() {
        for action in all() {
            assert_eq!(all().filter(|a| a.name == action.name).count(), 1, "{}", action.name);
            assert!(action.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", action.name);
            assert!((8..80).contains(&action.help.len()) && !action.help.ends_with('.'), "{}: {}", action.name, action.help);
        }
    }

    #[test]
    fn without_an_object_nothing_that_needs_one_does_anything() {
        let gone = Scene { lost: Some("web-1 is gone".into()), ..Scene::default() };
        for name in ["yaml", "details", "events", "owner", "replicasets", "enter", "copy", "links"] {
            let run = find(name).unwrap().run;
            assert!(run(&Scene::default(), "").is_err(), "{name} on an empty screen");
            assert_eq!(run(&gone, ""), Err(Reject::new("web-1 is gone")), "{name}");
        }
    }
}
