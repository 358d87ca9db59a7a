//! A copy of a pod to look at: one that nobody sends work, watches or restarts, with another image or command where one is wanted.

use super::{labels, made, own};
use crate::model::image;
use crate::model::naming;
use crate::model::world::World;
use crate::safety::form::{Field, Form};
use crate::safety::item::Item;
use crate::safety::verb::{Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, nothing_around};
use serde_json::{Value, json};

/// What `kubectl debug POD --copy-to=NAME` does.
pub static COPY: Verb = Verb {
    name: "debug-copy",
    does: "make a copy for debugging of",
    to: &["pods"],
    on: On::New("", "pods"),
    right: ("create", ""),
    removes: false,
    around: nothing_around,
    form,
    plan,
    notes,
    keeps: Keeps::Everything,
    follow: Follow::Stored("its shell opens once it runs"),
    pace: Pace::OneByOne,
    undo: Undo::No("deleting the copy ends it; that is asked when its shell ends"),
    check: Check::Server,
};

/// Of a copy that was forgotten the container that was looked at ends by itself.
const SLEEP: &str = "sleep 3600";
/// The name of a pod is the name of its host, which has at most so many characters.
const NAME: usize = 63;
const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];

fn form(items: &[Item], argument: &str) -> Form {
    let [item] = items else { return Form::default() };
    let pod = item.before.as_ref().unwrap_or(&Value::Null);
    let containers = own(pod);
    let room = NAME.saturating_sub("-debug".len());
    let name = item.target.name.get(..room).unwrap_or(&item.target.name).trim_end_matches(['-', '.']);
    let first = containers.first().map_or("", String::as_str).to_owned();
    Form::of([
        Field::new("name", "the name of the copy", &format!("{name}-debug")),
        Field::new("container", "the one to look at; up and down choose", &first).choosing(containers),
        Field::new("image", "in the place of its own; empty keeps that", argument).hinting(vec![super::IMAGE.to_owned()]),
        Field::new("command", "in the place of its own; empty keeps that", SLEEP).hinting(vec![SLEEP.to_owned(), String::new()]),
    ])
}

/// The name of the container that is looked at.
pub(crate) fn container(form: &Form) -> &str {
    form.text("container")
}

fn plan(item: &Item, form: &Form) -> Result<Plan, String> {
    let (name, wanted) = (form.text("name"), container(form));
    if form.fields.is_empty() {
        return Err("a copy is made of one pod".to_owned());
    }
    if let Some(why) = naming::subdomain(name).into_iter().next() {
        return Err(format!("{name} is no name of a pod: {why}"));
    }
    let pod = item.before.as_ref().unwrap_or(&Value::Null);
    let containers = own(pod);
    if !containers.iter().any(|c| c == wanted) {
        return Err(format!("it has no container called {wanted}; there are {}", containers.join(", ")));
    }
    let mut spec = pod.get("spec").cloned().unwrap_or_default();
    if let Some(spec) = spec.as_object_mut() {
        // It may go to another node, and what was added to the pod by hand cannot be made with it.
        ["nodeName", "ephemeralContainers"].iter().for_each(|field| drop(spec.remove(*field)));
        // The processes of the others are seen, as kubectl has it, where nobody has said otherwise.
        if spec.get("hostPID") != Some(&json!(true)) {
            spec.entry("shareProcessNamespace").or_insert(json!(true));
        }
    }
    for list in ["containers", "initContainers"] {
        let all = spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        for container in all.filter_map(Value::as_object_mut) {
            PROBES.iter().for_each(|probe| drop(container.remove(*probe)));
            if list == "containers" && container.get("name").is_some_and(|n| n == wanted) {
                replace(container, form);
            }
        }
    }
    let metadata = json!({"name": name, "namespace": &*item.target.namespace, "labels": labels("copy")});
    Ok(made(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})))
}

/// Another image and another command, where they are wanted.
fn replace(container: &mut serde_json::Map<String, Value>, form: &Form) {
    if let image @ [_, ..] = form.text("image").as_bytes() {
        container.insert("image".to_owned(), String::from_utf8_lossy(image).into());
    }
    let command: Vec<&str> = form.text("command").split_whitespace().collect();
    if !command.is_empty() {
        container.remove("args");
        container.insert("command".to_owned(), json!(command));
    }
}

fn notes(item: &Item, form: &Form, _: &World) -> Vec<Note> {
    let pod = item.before.as_ref().unwrap_or(&Value::Null);
    let image = Some(form.text("image")).filter(|image| !image.is_empty()).and_then(image::problem);
    let bad = image.map(|why| Note::warn("image", format!("it cannot start with it: {why}")));
    let works = form.text("command").is_empty();
    let others: Vec<String> = own(pod).into_iter().filter(|name| works || name != container(form)).collect();
    let work = format!("{} work as in the pod, and beside it: they may take what is meant for it", others.join(", "));
    let first = pod.pointer("/spec/initContainers").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    let again = Note::warn("init", "its init containers run once more");
    let alone =
        Note::info("alone", "it has no labels, owner or probes of the pod: no service, controller or kubelet takes it for one of theirs");
    let stays = Note::info("removed", "when its shell ends you are asked; until it is deleted it stays");
    let warned = bad.into_iter().chain((!others.is_empty()).then(|| Note::warn("work", work))).chain(first.then_some(again));
    warned.chain([alone, stays]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{item, sent};
    use super::*;

    fn pod() -> Item {
        let container = json!({"name": "app", "image": "app:1", "command": ["run"], "args": ["fast"], "livenessProbe": {}, "readinessProbe": {}, "env": []});
        let first = json!({"name": "mesh", "image": "mesh:1", "restartPolicy": "Always", "startupProbe": {}});
        item(
            ("", "pods"),
            json!({
                "metadata": {"name": "web", "uid": "u", "labels": {"app": "web"}, "annotations": {"a": "b"}, "ownerReferences": [{"name": "o"}], "finalizers": ["f"]},
                "spec": {"nodeName": "n1", "serviceAccountName": "web", "ephemeralContainers": [{"name": "d"}], "initContainers": [first],
                    "containers": [container, {"name": "side", "image": "side:1", "livenessProbe": {}}]},
                "status": {"phase": "Running"},
            }),
        )
    }

    fn copy(texts: &[(usize, &str)]) -> Result<Value, String> {
        let item = pod();
        let mut form = form(std::slice::from_ref(&item), "");
        for (at, text) in texts {
            if let Some(field) = form.fields.get_mut(*at) {
                *field = Field::new(field.name.clone(), field.help, text);
            }
        }
        sent(&COPY, &item, &form)
    }

    #[test]
    fn it_is_the_pod_that_kubectl_makes() {
        let metadata = json!({"name": "web-debug", "namespace": "shop", "labels": {"app.kubernetes.io/managed-by": "kconsole", "kconsole/debug": "copy"}});
        let with = |app: Value| {
            json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {
                    "serviceAccountName": "web", "shareProcessNamespace": true,
                    "initContainers": [{"name": "mesh", "image": "mesh:1", "restartPolicy": "Always"}],
                    "containers": [app, {"name": "side", "image": "side:1"}],
                },
            })
        };
        let own = json!({"name": "app", "image": "app:1", "command": ["run"], "args": ["fast"], "env": []});
        assert_eq!(copy(&[(3, "")]), Ok(with(own)));
        let other = json!({"name": "app", "image": "tools:2", "command": ["sleep", "9"], "env": []});
        assert_eq!(copy(&[(2, "tools:2"), (3, "sleep 9")]), Ok(with(other)));
    }

    #[test]
    fn what_cannot_be_made_is_told_why() {
        for (at, text, why) in [(0, "", "no name of a pod"), (0, "A", "no name of a pod"), (1, "mesh", "there are app, side")] {
            let told = copy(&[(at, text)]);
            assert!(told.as_ref().is_err_and(|told| told.contains(why)), "{why}: {told:?}");
        }
    }

    #[test]
    fn what_works_on_beside_the_pod_is_told() {
        let item = pod();
        let told = |command: &str| {
            let mut form = form(std::slice::from_ref(&item), "");
            if let Some(field) = form.fields.get_mut(3) {
                *field = Field::new("command", "", command);
            }
            (COPY.notes)(&item, &form, &World::default()).into_iter().find(|note| note.about == "work").map(|note| note.text)
        };
        assert!(told(SLEEP).is_some_and(|text| text.starts_with("side work")));
        assert!(told("").is_some_and(|text| text.starts_with("app, side work")));
    }
}
