//! ConfigMaps and Secrets, key by key: a value as a text, a key that is new, gets another name or goes. What is sent is a patch of just that key,
//! and it holds for the value that was seen.

mod users;

use super::{Action, change, drill};
use crate::model::data::{self, Entry, Keyed};
use crate::model::draft::{Draft, Subject};
use crate::model::naming;
use crate::model::rebase::begun;
use crate::model::step::{Motion, Reject, Scene, Screen, Step};
use crate::safety::form::{Field, Form};
use crate::safety::item::{Given, Item};
use crate::safety::verb::{Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write, no_form};
use serde_json::{Value, json};

pub(super) const ALL: &[Action] = &[
    Action { name: "data", help: "What a ConfigMap or Secret holds, key by key", run: open },
    Action { name: "reveal", help: "Show the value of this key of a Secret, or hide it again", run: reveal },
    Action { name: "add-key", help: "Write the value of a new key", run: add },
    Action { name: "rename-key", help: "Give a key another name", run: |scene, key| change(scene, &RENAME, &named(scene, key)) },
    Action { name: "remove-key", help: "Remove a key with its value", run: |scene, key| change(scene, &REMOVE, &named(scene, key)) },
];

/// Begun by the screen in which the value is written, with [`Given::Value`].
pub static SET: Verb = Verb {
    name: "set-key",
    does: "set a key of",
    form: |items, _| if items.iter().any(is_new) { name("") } else { no_form(items, "") },
    plan: set,
    notes: |item, form, _| set_notes(item, form),
    ..VERB
};

pub(super) static RENAME: Verb = Verb {
    name: "rename-key",
    does: "rename a key of",
    form: |items, key| Form::of([name(key), which(items, key)].into_iter().flat_map(|form| form.fields)),
    plan: rename,
    notes: |item, form, _| users::notes(item, form.text("key"), true),
    ..VERB
};

pub(super) static REMOVE: Verb = Verb {
    name: "remove-key",
    does: "remove a key of",
    removes: true,
    form: which,
    plan: remove,
    notes: |item, form, _| users::notes(item, form.text("key"), true),
    ..VERB
};

const VERB: Verb = Verb {
    name: "",
    does: "",
    to: data::KINDS,
    on: On::Itself,
    right: ("patch", ""),
    removes: false,
    around: users::around,
    form: which,
    plan: remove,
    notes: |_, _, _| Vec::new(),
    keeps: Keeps::Shown,
    follow: Follow::Stored("who uses it sees it when it looks: files within a minute or two, an environment at the next start"),
    pace: Pace::Together(10),
    undo: Undo::Fields,
    check: Check::Server,
};

/// The object under the cursor, where it is one that holds keys.
fn holder(scene: &Scene) -> Result<Subject, Reject> {
    let object = &drill::cursor(scene)?.object;
    if !data::KINDS.contains(&object.kind.to_string().as_str()) {
        return Err(Reject::new(format!("{} holds no keys: only ConfigMaps and Secrets do", object.name)));
    }
    Ok(Subject::whole(object.clone()))
}

fn open(scene: &Scene, _: &str) -> Result<Vec<Step>, Reject> {
    Ok(vec![Step::Open(Screen::Data(holder(scene)?.object))])
}

fn reveal(scene: &Scene, _: &str) -> Result<Vec<Step>, Reject> {
    match &scene.key {
        Some(_) => Ok(vec![Step::Move(Motion::Reveal)]),
        None => Err(Reject::new("there is no key under the cursor: data shows them")),
    }
}

fn add(scene: &Scene, name: &str) -> Result<Vec<Step>, Reject> {
    Ok(vec![Step::Open(Screen::Edit(Subject::value(holder(scene)?.object, name), false))])
}

/// What an edit is about: the key under the cursor, or the object.
pub(super) fn subject(scene: &Scene) -> Result<Subject, Reject> {
    let object = drill::cursor(scene)?.object.clone();
    match &scene.key {
        None => Ok(Subject::whole(object)),
        Some(Keyed { key, size, is_text: false }) => {
            Err(Reject::new(format!("{key} holds {size} bytes that are no text: they are not edited here")))
        }
        Some(Keyed { key, .. }) => Ok(Subject::value(object, key)),
    }
}

/// The key that is meant: the one that came with the action, or the one under the cursor.
fn named(scene: &Scene, key: &str) -> String {
    let here = scene.key.as_ref().filter(|_| key.is_empty()).map(|keyed| keyed.key.clone());
    here.unwrap_or_else(|| key.to_owned())
}

fn name(key: &str) -> Form {
    Form::of([Field::new("name", "letters, digits, - _ and .", key)])
}

/// A key to choose; where there is only one, that.
fn which(items: &[Item], key: &str) -> Form {
    let all: Vec<String> = items.first().map(entries).unwrap_or_default().into_iter().map(|entry| entry.key).collect();
    let key = match all.as_slice() {
        [only] if key.is_empty() => only,
        _ => key,
    };
    Form::of([Field::new("key", "one that is there", key).choosing(all.clone())])
}

fn entries(item: &Item) -> Vec<Entry> {
    item.before.as_ref().map(|object| data::entries(object, item.target.is_secret())).unwrap_or_default()
}

fn entry(item: &Item, key: &str) -> Option<Entry> {
    data::find(item.before.as_ref()?, item.target.is_secret(), key)
}

fn written(item: &Item) -> Option<&Draft> {
    if let Given::Value(draft) = &item.given { Some(draft) } else { None }
}

/// It is about a key that has no name yet.
fn is_new(item: &Item) -> bool {
    written(item).is_some_and(|draft| draft.subject.key.as_deref() == Some(""))
}

/// The key that a value was written for.
fn key_of<'a>(draft: &'a Draft, form: &'a Form) -> &'a str {
    draft.subject.key.as_deref().filter(|key| !key.is_empty()).unwrap_or_else(|| form.text("name"))
}

/// Why nothing of it can be changed.
fn changeable(item: &Item) -> Result<(), String> {
    match item.before.as_ref().is_some_and(data::is_immutable) {
        true => Err("it is immutable: nothing of it can be changed; delete it and make it anew under another name".to_owned()),
        false => Ok(()),
    }
}

/// The operation that holds a patch to the value that was seen.
fn seen(item: &Item, entry: &Entry) -> Value {
    let value = item.before.as_ref().and_then(|object| object.pointer(&entry.pointer()));
    json!({"op": "test", "path": entry.pointer(), "value": value})
}

fn new_name(item: &Item, name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("which name?".to_owned());
    }
    if let Some(why) = naming::told(&naming::config_key(name)) {
        return Err(format!("{name}: {why}"));
    }
    if entry(item, name).is_some() { Err(format!("it has a key {name} already")) } else { Ok(()) }
}

fn set(item: &Item, form: &Form) -> Result<Plan, String> {
    let Some(draft) = written(item) else { return Err("there is no value".to_owned()) };
    changeable(item)?;
    let (key, secret) = (key_of(draft, form), item.target.is_secret());
    let was = draft.base.as_deref().unwrap_or_default();
    if begun(&draft.text) > begun(was) {
        return Err("a conflict is marked in your text: keep your lines or theirs, and take the three marks away".to_owned());
    }
    match (&draft.base, entry(item, key)) {
        (Some(was), Some(entry)) if entry.text.as_deref() == Some(was) && *was == draft.text => Err("nothing is changed yet".to_owned()),
        (Some(was), Some(entry)) if entry.text.as_deref() == Some(was) => {
            let value = data::written(entry.field, secret, &draft.text);
            Ok(Plan::of(Write::Ops(vec![seen(item, &entry), json!({"op": "replace", "path": entry.pointer(), "value": value})])))
        }
        (Some(_), Some(_)) => Err(format!("somebody else has just changed {key}: your text takes that in, look at it again")),
        (Some(_), None) => Err(format!("{key} is not there any more: what you wrote can be kept as a new key")),
        (None, _) => {
            new_name(item, key)?;
            let value = data::written("data", secret, &draft.text);
            let has_some = item.before.as_ref().and_then(|object| object.get("data")).is_some_and(Value::is_object);
            // A mapping that is not there is made by a merge, which leaves alone what somebody else puts there.
            Ok(Plan::of(match has_some {
                true => Write::Ops(vec![json!({"op": "add", "path": data::place("data", key), "value": value})]),
                false => Write::Merge(json!({"data": {key: value}})),
            }))
        }
    }
}

/// The key that a form chooses.
fn chosen(item: &Item, form: &Form) -> Result<Entry, String> {
    changeable(item)?;
    let key = form.text("key");
    match (entry(item, key), entries(item).first()) {
        (Some(entry), _) => Ok(entry),
        (None, None) => Err("it holds no keys".to_owned()),
        (None, _) if key.is_empty() => Err("which key?".to_owned()),
        (None, _) => Err(format!("it has no key {key}")),
    }
}

fn rename(item: &Item, form: &Form) -> Result<Plan, String> {
    let (entry, name) = (chosen(item, form)?, form.text("name"));
    if name == entry.key {
        return Err("that is its name already".to_owned());
    }
    new_name(item, name)?;
    let seen = seen(item, &entry);
    let made = json!({"op": "add", "path": data::place(entry.field, name), "value": seen.get("value")});
    Ok(Plan::of(Write::Ops(vec![seen, made, json!({"op": "remove", "path": entry.pointer()})])))
}

fn remove(item: &Item, form: &Form) -> Result<Plan, String> {
    let entry = chosen(item, form)?;
    Ok(Plan::of(Write::Ops(vec![seen(item, &entry), json!({"op": "remove", "path": entry.pointer()})])))
}

fn set_notes(item: &Item, form: &Form) -> Vec<Note> {
    let Some(draft) = written(item) else { return Vec::new() };
    let ends = |text: &str| text.ends_with('\n');
    // A password with a line break behind it is the classic that nobody sees.
    let newline = ends(&draft.text) && !draft.base.as_deref().is_some_and(ends) && item.target.is_secret();
    let newline = newline.then(|| Note::warn("line break", "the value ends with one, which programs that read it may not expect"));
    newline.into_iter().chain(users::notes(item, key_of(draft, form), false)).collect()
}

#[cfg(test)]
mod tests;
