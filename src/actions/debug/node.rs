//! A pod with tools on a node, with the node's namespaces and disk. It goes again when its shell ends, or kconsole does.

use super::copy::COPY;
use super::{IMAGE, is_image, labels, made};
use crate::model::image;
use crate::model::naming;
use crate::model::time::Timestamp;
use crate::model::world::World;
use crate::safety::form::{Field, Form};
use crate::safety::item::Item;
use crate::safety::verb::{Follow, Note, Plan, Undo, Verb};
use serde_json::json;

/// What `kubectl debug node/NAME` does, save that the pod goes again.
pub static NODE: Verb = Verb {
    name: "debug-node",
    does: "open a debugging pod on",
    to: &["nodes"],
    form,
    plan,
    notes,
    follow: Follow::Stored("its shell opens once its kubelet has started it"),
    undo: Undo::No("the pod is deleted when its shell ends; what was done to the node stays"),
    ..COPY
};

/// The only container.
pub const CONTAINER: &str = "debugger";
/// What it may do, as kubectl calls it, the default first.
const PROFILES: [&str; 2] = ["general", "sysadmin"];
/// Whoever could not remove it after this time, never will: its kubelet ends it.
const LONGEST: u32 = 8 * 3_600;

fn form(items: &[Item], argument: &str) -> Form {
    let namespace = items.first().and_then(|item| item.into.as_deref()).unwrap_or_default();
    let image = if argument.is_empty() { IMAGE } else { argument };
    Form::of([
        Field::new("image", "with the tools", image),
        Field::new("namespace", "where its pod is made; one whose policy allows privileged pods", namespace),
        Field::new("profile", "sysadmin is privileged as well; up and down choose", PROFILES[0])
            .choosing(PROFILES.map(str::to_owned).to_vec()),
    ])
}

fn plan(node: &Item, form: &Form) -> Result<Plan, String> {
    let (image, namespace, profile) = (is_image(form)?, form.text("namespace"), form.text("profile"));
    if !PROFILES.contains(&profile) {
        return Err(format!("there is no profile {profile} for a node; there are {}", PROFILES.join(", ")));
    }
    if let Some(why) = naming::label(namespace).into_iter().next() {
        return Err(format!("{namespace} is no name of a namespace: {why}"));
    }
    if node.text("/status/nodeInfo/operatingSystem") == Some("windows") {
        return Err("it runs Windows, which has neither these namespaces nor this disk for a pod".to_owned());
    }
    let mut container = json!({
        "name": CONTAINER, "image": image, "stdin": true, "tty": true, "terminationMessagePolicy": "File",
        "volumeMounts": [{"name": "host-root", "mountPath": "/host"}],
    });
    if let (Some(fields), "sysadmin") = (container.as_object_mut(), profile) {
        fields.insert("securityContext".to_owned(), json!({"privileged": true}));
    }
    let asked = Timestamp::parse(&node.asked_at).unwrap_or_default().0;
    let name = format!("node-debugger-{}-{asked}", node.target.name);
    Ok(made(json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels("node")},
        "spec": {
            "nodeName": &*node.target.name, "hostNetwork": true, "hostPID": true, "hostIPC": true, "restartPolicy": "Never",
            "tolerations": [{"operator": "Exists"}], "activeDeadlineSeconds": LONGEST, "terminationGracePeriodSeconds": 1,
            "containers": [container], "volumes": [{"name": "host-root", "hostPath": {"path": "/"}}],
        },
    })))
}

fn notes(node: &Item, form: &Form, _: &World) -> Vec<Note> {
    let also = if form.text("profile") == "sysadmin" { ", and its container is privileged" } else { "" };
    let may =
        format!("it has the node's network, processes and IPC, and all of its disk at /host{also}: whoever is in it is root of the node");
    let bad = image::problem(form.text("image")).map(|why| Note::warn("image", format!("it cannot start with it: {why}")));
    let goes = format!(
        "when its shell ends, or kconsole; after a crash with the next start; at last its kubelet ends it, after {} h",
        LONGEST / 3_600
    );
    [Note::warn("privileged", may)].into_iter().chain(bad).chain(is_away(node)).chain([Note::info("removed", goes)]).collect()
}

/// Nobody may be there to start it.
fn is_away(node: &Item) -> Option<Note> {
    let conditions = node.before.as_ref()?.pointer("/status/conditions")?.as_array()?;
    let ready = conditions.iter().find(|c| c.get("type").is_some_and(|t| t == "Ready"))?;
    let is_ready = ready.get("status").is_some_and(|s| s == "True");
    (!is_ready).then(|| Note::warn("node", "it is not ready: its kubelet may not start it, and not remove it either"))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{item, sent};
    use super::*;
    use serde_json::Value;

    fn node(profile: &str, namespace: &str, before: Value) -> Result<Value, String> {
        let mut item = item(("", "nodes"), before);
        item.into = Some(namespace.into());
        let mut form = form(std::slice::from_ref(&item), "");
        if let Some(field) = form.fields.get_mut(2) {
            *field = Field::new("profile", "", profile);
        }
        sent(&NODE, &item, &form)
    }

    /// What kubectl (1.33 was looked at) sends for `debug node/web -it --image=busybox:1.37 --profile=...`, and what is ours of it.
    #[test]
    fn it_is_the_pod_that_kubectl_makes_and_ends_by_itself() {
        let made = node("general", "tools", json!({})).expect("a pod");
        let container = json!({
            "name": "debugger", "image": IMAGE, "stdin": true, "tty": true, "terminationMessagePolicy": "File",
            "volumeMounts": [{"name": "host-root", "mountPath": "/host"}],
        });
        let expected = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "node-debugger-web-1795442520", "namespace": "tools",
                "labels": {"app.kubernetes.io/managed-by": "kconsole", "kconsole/debug": "node"}},
            "spec": {
                "nodeName": "web", "hostNetwork": true, "hostPID": true, "hostIPC": true, "restartPolicy": "Never",
                "tolerations": [{"operator": "Exists"}], "containers": [container],
                "volumes": [{"name": "host-root", "hostPath": {"path": "/"}}],
                "activeDeadlineSeconds": 28_800, "terminationGracePeriodSeconds": 1,
            },
        });
        assert_eq!(made, expected);
        let made = node("sysadmin", "tools", json!({})).expect("a pod");
        assert_eq!(made.pointer("/spec/containers/0/securityContext"), Some(&json!({"privileged": true})));
    }

    #[test]
    fn what_cannot_be_made_is_told_why() {
        for (profile, namespace, before, why) in [
            ("root", "tools", json!({}), "no profile root"),
            ("general", "", json!({}), "no name of a namespace"),
            ("general", "A", json!({}), "no name of a namespace"),
            ("general", "tools", json!({"status": {"nodeInfo": {"operatingSystem": "windows"}}}), "Windows"),
        ] {
            let told = node(profile, namespace, before);
            assert!(told.as_ref().is_err_and(|told| told.contains(why)), "{why}: {told:?}");
        }
    }
}
