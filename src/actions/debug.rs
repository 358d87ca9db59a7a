//! A container beside those of a pod, with the tools that they lack. It is added as it is written, and stays until the pod goes. And two kinds of
//! pods for debugging: a copy of one, and one on a node.

pub mod copy;
pub mod node;

use super::shell::names;
use super::{Action, change, drill};
use crate::kinds;
use crate::model::id::GroupResource;
use crate::model::image;
use crate::model::step::{Reject, Scene, Step};
use crate::model::world::World;
use crate::safety::form::{Field, Form};
use crate::safety::item::Item;
use crate::safety::verb::{Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write, nothing_around};
use serde_json::{Value, json};

pub(super) const ALL: &[Action] = &[
    Action { name: "debug", help: "Add a container with tools to this pod, or a pod to this node: debug IMAGE", run: open },
    Action {
        name: "debug-copy",
        help: "Make a copy of this pod to look at, with another command or debug-copy IMAGE",
        run: |scene, image| one(scene, &copy::COPY, image),
    },
];

pub(super) static DEBUG: Verb = Verb {
    name: "debug",
    does: "add a debugging container to",
    to: &["pods"],
    on: On::Itself,
    right: ("patch", "ephemeralcontainers"),
    removes: false,
    around: nothing_around,
    form,
    plan,
    notes,
    keeps: Keeps::Shown,
    follow: Follow::Stored("its kubelet fetches the image and starts it; then shell has it among the containers"),
    pace: Pace::OneByOne,
    undo: Undo::No("it stays until the pod goes: a pod lets go of no container"),
    check: Check::Server,
};

fn open(scene: &Scene, image: &str) -> Result<Vec<Step>, Reject> {
    let first =
        scene.marked.first().map_or_else(|| drill::cursor(scene).map(|row| row.object.kind.clone()), |object| Ok(object.kind.clone()))?;
    if node::NODE.applies_to(&first) { one(scene, &node::NODE, image) } else { change(scene, &DEBUG, image) }
}

/// A shell opens in it, and a terminal is for one.
fn one(scene: &Scene, verb: &'static Verb, image: &str) -> Result<Vec<Step>, Reject> {
    match scene.marked.len() {
        0 | 1 => change(scene, verb, image),
        n => Err(Reject::new(format!("a shell opens in what it makes, and {n} are marked"))),
    }
}

/// The label of the pods that are made for debugging; its value says what for.
pub const LABEL: &str = "kconsole/debug";

/// The labels of a pod that is made: whose it is and what for. It has no others, or a service or owner would take it for its own.
fn labels(what: &str) -> Value {
    json!({"app.kubernetes.io/managed-by": "kconsole", LABEL: what})
}

/// The creation of a pod.
fn made(pod: Value) -> Plan {
    let creates = kinds::find(&GroupResource::new("", "pods")).map(kinds::Kind::resource);
    Plan { creates, ..Plan::of(Write::Create(pod)) }
}

/// The image that is asked for.
fn is_image(form: &Form) -> Result<&str, String> {
    Some(form.text("image")).filter(|image| !image.is_empty()).ok_or_else(|| "which image?".to_owned())
}

/// Where nobody asks for another.
const IMAGE: &str = "busybox:1.37";
/// Everything of the pod is seen, and no process of one container in particular.
const NONE: &str = "none";
/// What a container may do, as kubectl calls it, the default first.
const PROFILES: [&str; 5] = ["general", "baseline", "restricted", "netadmin", "sysadmin"];

/// What the API server is told of a profile.
fn security(profile: &str) -> Value {
    match profile {
        "general" => json!({"capabilities": {"add": ["SYS_PTRACE"]}}),
        "restricted" => json!({
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"},
        }),
        "netadmin" => json!({"capabilities": {"add": ["NET_ADMIN", "NET_RAW"]}}),
        "sysadmin" => json!({"privileged": true}),
        _ => Value::Null,
    }
}

/// The containers that a pod was made with, but for those that run first; the one that is meant is the first.
fn own(pod: &Value) -> Vec<String> {
    let own = pod.pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten();
    let own: Vec<&str> = own.filter_map(|c| c.get("name")?.as_str()).collect();
    names(pod).into_iter().filter(|name| own.contains(&name.as_str())).collect()
}

/// The containers whose processes it can see.
fn targets(pod: &Value) -> Vec<String> {
    let mut all = own(pod);
    all.push(NONE.to_owned());
    all
}

fn form(items: &[Item], argument: &str) -> Form {
    let targets = items.first().and_then(|item| item.before.as_ref()).map(targets).unwrap_or_default();
    let target = targets.first().map_or(NONE, String::as_str).to_owned();
    let image = if argument.is_empty() { IMAGE } else { argument };
    Form::of([
        Field::new("image", "with the tools", image),
        Field::new("target", "whose processes it sees; up and down choose", &target).choosing(targets),
        Field::new("profile", "what it may do; up and down choose", PROFILES[0]).choosing(PROFILES.map(str::to_owned).to_vec()),
    ])
}

/// A name that no container of the pod has.
fn free(pod: &Value) -> String {
    let taken = |name: &String| {
        let lists =
            ["containers", "initContainers", "ephemeralContainers"].map(|list| pod.pointer("/spec").and_then(|s| s.get(list)?.as_array()));
        lists.into_iter().flatten().flatten().any(|c| c.get("name").and_then(Value::as_str) == Some(name))
    };
    (1..).map(|n| format!("debugger-{n}")).find(|name| !taken(name)).unwrap_or_default()
}

fn plan(item: &Item, form: &Form) -> Result<Plan, String> {
    let pod = item.before.as_ref().unwrap_or(&Value::Null);
    let (image, target, profile) = (is_image(form)?, form.text("target"), form.text("profile"));
    if !PROFILES.contains(&profile) {
        return Err(format!("there is no profile {profile}; there are {}", PROFILES.join(", ")));
    }
    let targets = targets(pod);
    if !targets.iter().any(|t| t == target) {
        return Err(format!("it has no container called {target}; there are {}", targets.join(", ")));
    }
    // A shell that waits for input keeps it running.
    let mut container = json!({"name": free(pod), "image": image, "stdin": true, "tty": true, "terminationMessagePolicy": "File"});
    if let Some(fields) = container.as_object_mut() {
        if target != NONE {
            fields.insert("targetContainerName".to_owned(), target.into());
        }
        let security = security(profile);
        if !security.is_null() {
            fields.insert("securityContext".to_owned(), security);
        }
    }
    Ok(Plan::to("ephemeralcontainers", Write::Strategic(json!({"spec": {"ephemeralContainers": [container]}}))))
}

fn notes(_: &Item, form: &Form, _: &World) -> Vec<Note> {
    let image = form.text("image");
    let bad = image::problem(image).map(|why| Note::warn("image", format!("it cannot start with it: {why}")));
    let privileged = Note::warn("privileged", "it may do to its node whatever root may");
    bad.into_iter().chain(Some(privileged).filter(|_| form.text("profile") == "sysadmin")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{item, sent};
    use super::*;

    #[test]
    fn a_container_is_added_beside_the_others() {
        let pod = json!({"metadata": {}, "spec": {"containers": [{"name": "web"}, {"name": "debugger-1"}], "ephemeralContainers": [{"name": "debugger-2"}]}});
        let item = item(("", "pods"), pod);
        let filled = |image: &str, target: &str, profile: &str| {
            let mut form = form(std::slice::from_ref(&item), image);
            for (at, text) in [target, profile].into_iter().enumerate().filter(|(_, text)| !text.is_empty()) {
                let field = form.fields.get_mut(at + 1).expect("three fields");
                *field = Field::new(field.name.clone(), field.help, text);
            }
            sent(&DEBUG, &item, &form).map(|sent| sent["spec"]["ephemeralContainers"][0].clone())
        };
        let basic = json!({"name": "debugger-3", "image": IMAGE, "stdin": true, "tty": true, "terminationMessagePolicy": "File"});
        let with = |fields: Value| {
            let mut container = basic.clone();
            fields.as_object().expect("fields").iter().for_each(|(name, value)| container[name] = value.clone());
            Ok(container)
        };
        let ptrace = json!({"capabilities": {"add": ["SYS_PTRACE"]}});
        for (image, target, profile, wanted) in [
            ("", "", "", with(json!({"targetContainerName": "web", "securityContext": ptrace}))),
            ("alpine:3", NONE, "baseline", with(json!({"image": "alpine:3"}))),
            ("", "debugger-1", "sysadmin", with(json!({"targetContainerName": "debugger-1", "securityContext": {"privileged": true}}))),
            ("", "db", "", Err("it has no container called db; there are web, debugger-1, none".to_owned())),
            ("", "", "root", Err("there is no profile root; there are general, baseline, restricted, netadmin, sysadmin".to_owned())),
        ] {
            assert_eq!(filled(image, target, profile), wanted, "{image} {target} {profile}");
        }
    }
}
