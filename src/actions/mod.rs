//! What a user can do: one file a verb, or a family of verbs that share one thought.
//!
//! **To add a verb**: a file with its list `ALL`, a word here and in [`ACTIONS`], and a line in `keymaps/default.yaml` if it gets a key. Help, palette
//! and hints follow. One that changes objects has a [`Verb`] in its file too, which says what is special about it, and a word in [`VERBS`]; `scale.rs` is
//! one to look at. An action is told what is on the screen ([`Scene`]) and answers with [`Step`]s; it never opens a screen and never calls a
//! server. A [`Reject`] greys its entry and says why.

pub mod apply;
pub mod attach;
pub mod autoscale;
mod changes;
mod clusters;
mod copy;
mod cordon;
pub mod data;
pub mod debug;
pub mod delete;
mod drain;
mod drill;
pub mod edit;
mod editor;
mod evict;
pub mod forward;
mod go;
mod guard;
mod image;
mod job;
mod label;
mod links;
pub mod logs;
mod motion;
pub mod new;
mod panes;
mod pause;
mod program;
mod restart;
mod revision;
pub mod rollback;
mod scale;
pub mod shell;
pub mod transfer;
pub mod undo;

use crate::model::draft::Subject;
use crate::model::id::ObjectRef;
use crate::model::step::{Reject, Scene, Screen, Step, Wish};
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
    apply::ALL,
    new::ALL,
    data::ALL,
    scale::ALL,
    autoscale::ALL,
    restart::ALL,
    image::ALL,
    rollback::ALL,
    pause::ALL,
    job::ALL,
    label::ALL,
    delete::ALL,
    evict::ALL,
    cordon::ALL,
    drain::ALL,
    shell::ALL,
    attach::ALL,
    debug::ALL,
    forward::ALL,
    transfer::ALL,
    undo::ALL,
    changes::ALL,
    logs::ALL,
    links::ALL,
    go::ALL,
    panes::ALL,
    clusters::ALL,
    motion::ALL,
    editor::ALL,
    guard::ALL,
    copy::ALL,
    program::ALL,
];

/// Every way to change an object, in the order of the help.
pub static VERBS: &[&Verb] = &[
    &edit::EDIT,
    &apply::APPLY,
    &data::SET,
    &data::RENAME,
    &data::REMOVE,
    &scale::SCALE,
    &autoscale::AUTOSCALE,
    &restart::RESTART,
    &image::IMAGE,
    &rollback::ROLLBACK,
    &pause::PAUSE,
    &pause::RESUME,
    &job::TRIGGER,
    &job::RERUN,
    &label::LABEL,
    &label::ANNOTATE,
    &delete::DELETE,
    &delete::FORCE,
    &delete::LET_GO,
    &evict::EVICT,
    &cordon::CORDON,
    &cordon::UNCORDON,
    &drain::DRAIN,
    &shell::SHELL,
    &attach::ATTACH,
    &debug::DEBUG,
    &debug::copy::COPY,
    &debug::node::NODE,
    &forward::FORWARD,
    &transfer::COPY_OUT,
    &transfer::COPY_IN,
    &undo::UNDO,
];

/// Asks for a change of what is marked, or else of what is under the cursor.
fn change(scene: &Scene, verb: &'static Verb, argument: &str) -> Result<Vec<Step>, Reject> {
    let targets = if scene.marked.is_empty() { vec![drill::cursor(scene)?.object.clone()] } else { scene.marked.clone() };
    if let Some(other) = targets.iter().find(|t| !verb.applies_to(&t.kind)) {
        return Err(Reject::new(format!("{} is for {}, not for {}", verb.name, verb.to.join(", "), other.kind)));
    }
    Ok(vec![Step::Change(Wish { verb: verb.name, targets, hidden: scene.hidden_marks, argument: argument.to_owned() })])
}

/// The same for a verb that takes no words. They were meant for another object, unless they name the one that it is about.
fn change_here(scene: &Scene, verb: &'static Verb, argument: &str) -> Result<Vec<Step>, Reject> {
    let steps = change(scene, verb, "")?;
    let of = |step: &Step| match step {
        Step::Change(wish) => wish.targets.iter().map(|t| t.name.to_string()).collect(),
        _ => Vec::new(),
    };
    let names: Vec<String> = steps.iter().flat_map(of).collect();
    if argument.is_empty() || names == [argument] {
        return Ok(steps);
    }
    let about = if names.len() == 1 { names.concat() } else { format!("{} objects", names.len()) };
    Err(Reject::new(format!("{} is about what is marked or under the cursor, {about}, and not about {argument}", verb.name)))
}

/// What is changed by what an action asks for, and how; nothing where nothing is, or it is not known yet of what.
pub fn aim(steps: &[Step]) -> Option<(&'static Verb, Vec<ObjectRef>)> {
    steps.iter().find_map(|step| match step {
        Step::Change(wish) => Some((verb(wish.verb)?, wish.targets.clone())),
        Step::Open(Screen::Edit(Subject { object, key }, _)) => {
            Some((if key.is_some() { &data::SET } else { &edit::EDIT }, vec![object.clone()]))
        }
        Step::Undo(object) => Some((&undo::UNDO, vec![object.clone()])),
        _ => None,
    })
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
    use crate::model::id::{ClusterId, GroupResource, Uid};
    use crate::model::time::Timestamp;
    use crate::safety::form::Form;
    use crate::safety::item::{Given, Item};
    use crate::safety::verb::Write;
    use serde_json::Value;

    /// An object that was read: `shop/web` of this kind. What is around it is added by whoever needs that.
    pub(super) fn item((group, resource): (&str, &str), before: Value) -> Item {
        let kind = GroupResource::new(group, resource);
        let known = crate::kinds::find(&kind).map(crate::kinds::Kind::resource);
        let resource = known.unwrap_or_else(|| panic!("{kind} is none of our kinds"));
        let namespace = if resource.namespaced { "shop" } else { "" };
        let object = ObjectRef {
            cluster: ClusterId(0),
            kind: kind.clone(),
            namespace: namespace.into(),
            name: "web".into(),
            uid: Uid::parse("web"),
        };
        let mut item = Item::new(object, Resource { id: kind, ..resource }, Given::Nothing, Timestamp(1_795_442_520));
        item.before = Some(before);
        item
    }

    /// The patch, the operations or the new object that a verb sends for it.
    pub(super) fn sent(verb: &Verb, item: &Item, form: &Form) -> Result<Value, String> {
        Ok(match (verb.plan)(item, form)?.write {
            Write::Merge(sent)
            | Write::Strategic(sent)
            | Write::Create(sent)
            | Write::Delete(sent)
            | Write::Connect(sent)
            | Write::Copy(sent) => sent,
            Write::Ops(operations) => Value::Array(operations),
            Write::Replace(text) => Value::String(text),
            Write::Apply { wished, .. } => wished,
        })
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
