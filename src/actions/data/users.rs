//! Which pods use a ConfigMap or Secret, and when they see that a key is another.

use crate::actions::delete::along::{few, name};
use crate::safety::item::Item;
use crate::safety::verb::{Around, Note};
use serde_json::Value;

/// How a pod has a key, as far as that decides when it sees a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// An environment variable names it: without it the container does not start.
    Named,
    /// It is part of a whole that became the environment.
    Environment,
    /// A file that stays as it was when the container started.
    Frozen,
    /// A file that follows.
    File,
}

/// Pods are read beside the object.
pub(super) fn around(_: &Item) -> Vec<Around> {
    vec![Around { kind: ("", "pods"), selector: String::new() }]
}

/// Who uses a key. `goes`: nothing of its name is left.
pub(super) fn notes(item: &Item, key: &str, goes: bool) -> Vec<Note> {
    if let Some(why) = item.around.iter().find_map(|(_, read)| read.as_ref()?.as_ref().err()) {
        return vec![Note::warn("used by", format!("which pods use it cannot be told: {why}"))];
    }
    let pods = item.beside("pods");
    let users = |which: &[Use]| -> Vec<String> {
        let uses = |pod: &&Value| which.iter().any(|u| uses(pod, item.target.is_secret(), &item.target.name, key).contains(u));
        pods.iter().filter(uses).map(name).collect()
    };
    let (named, environment) = (users(&[Use::Named]), users(&[Use::Named, Use::Environment]));
    let (frozen, files) = (users(&[Use::Frozen]), users(&[Use::File]));
    let mut notes = Vec::new();
    let mut note = |pods: &[String], make: fn(&'static str, String) -> Note, told: &str| {
        if !pods.is_empty() {
            notes.push(make("used by", format!("{}: {told}", few(pods))));
        }
    };
    if goes {
        note(&named, Note::warn, "an environment variable names the key; without it they do not start again");
    }
    note(&environment, Note::warn, "in the environment, which follows with a restart only");
    note(&frozen, Note::warn, "a file by subPath, which follows with a restart only");
    note(&files, Note::info, "a file, which follows within a minute or two");
    if notes.is_empty() && !item.around.is_empty() {
        notes.push(Note::info("used by", "no pod that runs here"));
    }
    notes
}

fn list<'a>(of: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    of.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["/spec/containers", "/spec/initContainers"].into_iter().flat_map(|field| list(pod, field))
}

/// How a pod uses a key of the object of this name.
fn uses(pod: &Value, secret: bool, object: &str, key: &str) -> Vec<Use> {
    let is = |at: Option<&Value>, field: &str| at.and_then(|r| r.get(field)?.as_str()) == Some(object);
    let (whole, one) = if secret { ("secretRef", "secretKeyRef") } else { ("configMapRef", "configMapKeyRef") };
    let mut all = Vec::new();
    let refers = |env: &&Value| {
        let from = env.get("valueFrom").and_then(|from| from.get(one));
        is(from, "name") && from.and_then(|from| from.get("key")?.as_str()) == Some(key)
    };
    all.extend(containers(pod).flat_map(|c| list(c, "/env")).find(refers).map(|_| Use::Named));
    all.extend(containers(pod).flat_map(|c| list(c, "/envFrom")).find(|from| is(from.get(whole), "name")).map(|_| Use::Environment));
    let has = |of: &Value| {
        if secret { is(of.get("secret"), "secretName") || is(of.get("secret"), "name") } else { is(of.get("configMap"), "name") }
    };
    let volumes: Vec<&str> = list(pod, "/spec/volumes")
        .filter(|v| has(v) || list(v, "/projected/sources").any(has))
        .filter_map(|v| v.get("name")?.as_str())
        .collect();
    let mounts = containers(pod).flat_map(|c| list(c, "/volumeMounts"));
    for mount in mounts.filter(|m| m.get("name").and_then(Value::as_str).is_some_and(|name| volumes.contains(&name))) {
        all.push(if mount.get("subPath").is_some() || mount.get("subPathExpr").is_some() { Use::Frozen } else { Use::File });
    }
    all
}
