//! Nodes that are emptied: closed to new pods, then their pods asked to go. One node after the other.

use super::evict::{DRIVE_OUT, keeps_data, owner};
use super::{Action, change_here, cordon};
use crate::kinds;
use crate::model::catalog::Resource;
use crate::model::id::{GroupResource, ObjectRef, Uid};
use crate::model::world::World;
use crate::safety::form::{Field, Form};
use crate::safety::item::Item;
use crate::safety::verb::{Along, Around, Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb};
use serde_json::Value;

pub(super) const ALL: &[Action] = &[Action {
    name: "drain",
    help: "Cordon this node and evict its pods, as their budgets allow",
    run: |scene, argument| change_here(scene, &DRAIN, argument),
}];

pub(super) static DRAIN: Verb = Verb {
    name: "drain",
    does: "drain",
    to: &["nodes"],
    on: On::Itself,
    right: ("patch", ""),
    removes: true,
    around: |node| vec![Around { kind: ("", "pods"), selector: format!("spec.nodeName={}", node.target.name) }],
    form: |items, _| form(items),
    plan,
    notes,
    keeps: Keeps::Shown,
    follow: Follow::Stored("what counts is that its pods are gone"),
    pace: Pace::WithAll(10),
    undo: Undo::No("pods that are gone do not come back; uncordon lets new ones onto the node"),
    check: Check::Server,
};

/// The annotation of a pod that a kubelet has from a file, of which the API server holds a picture only.
const MIRROR: &str = "kubernetes.io~1config.mirror";

/// A pod of a node that stays where it is, and why.
fn stays(pod: &Value) -> Option<&'static str> {
    match owner(pod) {
        _ if pod.pointer(&format!("/metadata/annotations/{MIRROR}")).is_some() => Some("static"),
        Some("DaemonSet") => Some("of a DaemonSet"),
        Some("Node") => Some("static"),
        _ => None,
    }
}

fn leaving(node: &Item) -> impl Iterator<Item = &Value> {
    node.beside("pods").iter().filter(|pod| stays(pod).is_none())
}

/// Those that have not ended and keep something in emptyDir.
fn losing(node: &Item) -> impl Iterator<Item = &Value> {
    let ended = |pod: &Value| matches!(pod.pointer("/status/phase").and_then(Value::as_str), Some("Succeeded" | "Failed"));
    leaving(node).filter(move |pod| keeps_data(pod) && !ended(pod))
}

fn form(items: &[Item]) -> Form {
    let nodes = || items.iter().filter(|i| i.along.is_none());
    let choices = || vec!["no".to_owned(), "yes".to_owned()];
    let data = nodes().any(|n| losing(n).next().is_some());
    let data = data.then(|| Field::new("emptyDir", "yes: what pods keep in emptyDir may be lost", "no").choosing(choices()));
    Form::of(data.into_iter().chain([Field::new("grace", "seconds that each pod has to end; empty is its own", "")]))
}

fn plan(node: &Item, form: &Form) -> Result<Plan, String> {
    if let Some((around, Some(Err(why)))) = node.around.iter().find(|(_, read)| matches!(read, Some(Err(_)))) {
        return Err(format!("which {} are on it cannot be read: {why}", around.kind.1));
    }
    let losing = losing(node).count();
    if losing > 0 && form.text("emptyDir") != "yes" {
        return Err(format!("{losing} of its pods keep data in emptyDir, which is lost: say yes in the field"));
    }
    let grace = form.text("grace");
    if !grace.is_empty() && grace.parse::<u32>().is_err() {
        return Err(format!("{grace} is no number of seconds"));
    }
    let pods = kinds::find(&GroupResource::new("", "pods")).map(kinds::Kind::resource).ok_or("pods are no kind of ours")?;
    let along = leaving(node).filter_map(|pod| part(node, &pods, pod)).collect();
    Ok(Plan { along, ..Plan::of(cordon::cordoned(true)) })
}

/// The eviction of a pod.
fn part(node: &Item, pods: &Resource, pod: &Value) -> Option<Along> {
    let text = |key: &str| pod.get("metadata")?.get(key)?.as_str();
    let target = ObjectRef {
        cluster: node.target.cluster,
        kind: pods.id.clone(),
        namespace: text("namespace")?.into(),
        name: text("name")?.into(),
        uid: Uid::parse(text("uid")?),
    };
    Some(Along { target, resource: pods.clone(), before: pod.clone(), verb: &DRIVE_OUT })
}

fn notes(node: &Item, _: &Form, _: &World) -> Vec<Note> {
    let all = node.beside("pods");
    let names = |pods: Vec<&Value>| pods.iter().filter_map(|p| p.pointer("/metadata/name")?.as_str()).collect::<Vec<_>>().join(", ");
    let mut notes = vec![Note::info("pods", format!("{} of {} are asked to go, as their budgets allow", leaving(node).count(), all.len()))];
    let staying = all.len() - leaving(node).count();
    if staying > 0 {
        notes.push(Note::info("stay", format!("{staying}, which are of a DaemonSet or static")));
    }
    let losing: Vec<&Value> = losing(node).collect();
    if !losing.is_empty() {
        notes.push(Note::warn("emptyDir", format!("data is lost with {}", names(losing))));
    }
    let alone: Vec<&Value> = leaving(node).filter(|p| owner(p).is_none()).collect();
    if !alone.is_empty() {
        notes.push(Note::warn("no owner", format!("nobody makes these anew: {}", names(alone))));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::super::tests::item;
    use super::*;
    use serde_json::json;

    fn pod(name: &str, owner: &str, more: Value) -> Value {
        let owners = if owner.is_empty() { json!([]) } else { json!([{"kind": owner, "controller": true}]) };
        let mut pod = json!({"metadata": {"name": name, "namespace": "shop", "uid": name, "ownerReferences": owners}});
        pod.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        pod
    }

    fn node(pods: &[Value]) -> Item {
        let mut node = item(("", "nodes"), json!({}));
        node.around = (DRAIN.around)(&node).into_iter().map(|a| (a, Some(Ok(json!({"items": pods}))))).collect();
        node
    }

    fn mirror() -> Value {
        let mut pod = pod("kube-proxy", "Node", json!({}));
        pod["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
        pod
    }

    #[test]
    fn who_goes_and_who_stays() {
        let scratch = json!({"spec": {"volumes": [{"emptyDir": {}}]}});
        let ended = json!({"spec": {"volumes": [{"emptyDir": {}}]}, "status": {"phase": "Succeeded"}});
        for (pods, said, wanted) in [
            (vec![], "no", Ok(vec![])),
            (vec![pod("web", "ReplicaSet", json!({})), pod("agent", "DaemonSet", json!({})), mirror()], "no", Ok(vec!["web"])),
            (vec![pod("bare", "", json!({}))], "no", Ok(vec!["bare"])),
            (vec![pod("cache", "ReplicaSet", scratch.clone())], "no", Err("1 of its pods keep data")),
            (vec![pod("cache", "ReplicaSet", scratch.clone())], "yes", Ok(vec!["cache"])),
            (vec![pod("agent", "DaemonSet", scratch)], "no", Ok(vec![])),
            (vec![pod("job", "Job", ended)], "no", Ok(vec!["job"])),
        ] {
            let planned = plan(&node(&pods), &Form::of([Field::new("emptyDir", "", said)]));
            match (planned, wanted) {
                (Ok(plan), Ok(names)) => assert_eq!(plan.along.iter().map(|a| &*a.target.name).collect::<Vec<_>>(), names),
                (Err(why), Err(word)) => assert!(why.contains(word), "{why}"),
                (planned, wanted) => panic!("{planned:?}, not {wanted:?}"),
            }
        }
    }

    #[test]
    fn yes_is_asked_for_only_where_something_is_lost() {
        let fields = |pods: &[Value]| form(&[node(pods)]).fields.iter().map(|f| f.name.to_string()).collect::<Vec<_>>();
        assert_eq!(fields(&[pod("web", "ReplicaSet", json!({}))]), ["grace"]);
        assert_eq!(fields(&[pod("web", "ReplicaSet", json!({"spec": {"volumes": [{"emptyDir": {}}]}}))]), ["emptyDir", "grace"]);
    }

    #[test]
    fn without_its_pods_a_node_is_not_drained() {
        let mut node = node(&[]);
        node.around.iter_mut().for_each(|(_, read)| *read = Some(Err("forbidden".to_owned())));
        assert!(plan(&node, &Form::default()).unwrap_err().contains("which pods are on it cannot be read: forbidden"));
    }
}
