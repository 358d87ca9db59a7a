//! From an object to what belongs to it: `enter`, `r` and `o`, kind by kind.

use crate::rig::objects::{crashing, object, pod, since};
use crate::rig::robot::Robot;
use crate::robot::look;
use serde_json::{Value, json};

/// An object with more fields than its metadata.
fn with(path: &str, fields: Value) -> Value {
    let mut object = object(path, 90_000);
    for (field, value) in fields.as_object().unwrap() {
        if field == "metadata" {
            value.as_object().unwrap().iter().for_each(|(k, v)| object["metadata"][k] = v.clone());
        } else {
            object[field] = value.clone();
        }
    }
    object
}

/// Of the same name as another one, in another namespace.
fn elsewhere(mut object: Value) -> Value {
    object["metadata"]["namespace"] = json!("elsewhere");
    object["metadata"]["uid"] = json!("elsewhere");
    object
}

fn labelled(path: &str, labels: Value) -> Value {
    let mut pod = pod(path, 60);
    pod["metadata"]["labels"] = labels;
    pod
}

/// Stands on the only object of a kind, presses a key, and is shown these of the objects that the other kind then has.
fn leads(from: (&str, Value), key: &str, to: (&str, &[Value]), names: &[&str]) -> Robot {
    let (kind, object) = from;
    let mut robot = Robot::new(&["prod-eu"], "pods");
    robot.press(":").text(kind).press("enter");
    robot.list("prod-eu", kind, &[object]).press(key);
    robot.list("prod-eu", to.0, to.1);
    assert_eq!(robot.names(), names, "{kind} {key}\n{}", robot.screen());
    robot
}

#[test]
fn a_selector_leads_to_pods() {
    let selector = || json!({"selector": {"matchLabels": {"app": "web"}}});
    let pods = [pod("shop/web", 60), pod("shop/other", 60), elsewhere(pod("shop/web", 60))];
    for kind in ["deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "poddisruptionbudgets"] {
        leads((kind, with("shop/x", json!({"spec": selector()}))), "enter", ("pods", &pods), &["web"]);
    }
    leads(("services", with("shop/x", json!({"spec": {"selector": {"app": "web"}}}))), "enter", ("pods", &pods), &["web"]);
}

#[test]
fn an_event_of_a_pod_that_is_gone_says_so() {
    let about = json!({"kind": "Pod", "namespace": "shop", "name": "cart-1", "uid": "cart-1"});
    let event = json!({"type": "Warning", "reason": "BackOff", "message": "x", "lastTimestamp": since(40), "involvedObject": about});
    let mut robot = Robot::new(&["prod-eu"], "events");
    robot.list("prod-eu", "events", &[with("shop/cart-1.1", event)]).press("enter").list("prod-eu", "pods", &[]);
    robot.sees("shop/cart-1 is gone").misses("no pods");
}

#[test]
fn a_service_leads_to_its_pods_and_their_readiness() {
    let service = with("shop/web", json!({"spec": {"type": "ClusterIP", "selector": {"app": "web-1"}}}));
    let mut sick = crashing("shop/web-2", 300, 12);
    sick["metadata"]["labels"] = json!({"app": "web-1"});
    let mut robot = leads(("services", service), "enter", ("pods", &[pod("shop/web-1", 60), sick]), &["web-1", "web-2"]);
    robot.sees("shop/web of services").sees("0/1").sees("1/1");
    look("pods-of-a-service", &mut robot);
}

#[test]
fn without_a_selector_there_are_details() {
    let service = with("shop/db", json!({"spec": {"type": "ExternalName", "externalName": "db.example.com", "selector": {"a": "b"}}}));
    let mut robot = Robot::new(&["prod-eu"], "services");
    robot.list("prod-eu", "services", &[service]).press("enter");
    assert!(!robot.title().contains("Pods") && robot.title().contains("db"), "{}", robot.screen());
}

#[test]
fn an_endpoint_slice_leads_to_the_pods_behind_it() {
    let end = |uid: &str| json!({"addresses": ["10.0.0.1"], "targetRef": {"kind": "Pod", "name": uid, "uid": uid}});
    let slice = with("shop/web-x", json!({"endpoints": [end("a"), end("c"), {"addresses": ["10.0.0.9"]}]}));
    let pods = [pod("shop/a", 5), pod("shop/b", 5), pod("shop/c", 5)];
    leads(("endpointslices", slice), "enter", ("pods", &pods), &["a", "c"]);
}

#[test]
fn an_ingress_leads_to_its_services() {
    let path = |name: &str| json!({"path": "/", "backend": {"service": {"name": name}}});
    let spec = json!({"defaultBackend": {"service": {"name": "fallback"}}, "rules": [{"host": "h", "http": {"paths": [path("web"), path("api")]}}]});
    let [a, b, c, d] = ["shop/web", "shop/api", "shop/fallback", "shop/db"].map(|s| object(s, 5));
    let services = [elsewhere(a.clone()), a, b, c, d];
    leads(("ingresses", with("shop/web", json!({"spec": spec}))), "enter", ("services", &services), &["api", "fallback", "web"]);
}

#[test]
fn an_autoscaler_leads_to_what_it_scales() {
    let scaler = |kind: &str| with("shop/x", json!({"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": "web"}}}));
    let found = [object("shop/web", 5), object("shop/api", 5), elsewhere(object("shop/web", 5))];
    leads(("horizontalpodautoscalers", scaler("Deployment")), "enter", ("deployments", &found), &["web"]);
    leads(("horizontalpodautoscalers", scaler("StatefulSet")), "enter", ("statefulsets", &found), &["web"]);
}

#[test]
fn a_claim_leads_to_its_pods_and_a_volume_to_its_claim() {
    let mut user = pod("shop/db-0", 5);
    user["spec"]["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}, {"name": "tmp"}]);
    let theirs = elsewhere(user.clone());
    let claim = with("shop/data-db-0", json!({"status": {"phase": "Bound"}}));
    leads(("persistentvolumeclaims", claim.clone()), "enter", ("pods", &[user, pod("shop/web", 5), theirs]), &["db-0"]);
    let volume = with("pvc-1", json!({"spec": {"claimRef": {"namespace": "shop", "name": "data-db-0"}}}));
    let claims = [claim, object("shop/data-db-1", 5), elsewhere(object("shop/data-db-0", 5))];
    leads(("persistentvolumes", volume), "enter", ("persistentvolumeclaims", &claims), &["data-db-0"]);
}

fn owned(path: &str, owner: &str) -> Value {
    with(
        path,
        json!({"metadata": {"ownerReferences": [{"apiVersion": "x/v1", "kind": "X", "name": owner, "uid": owner, "controller": true}]}}),
    )
}

#[test]
fn a_cronjob_leads_to_its_jobs() {
    let jobs =
        [owned("shop/nightly-1", "nightly"), owned("shop/nightly-2", "nightly"), owned("shop/other-1", "other"), object("shop/own", 5)];
    leads(("cronjobs", object("shop/nightly", 5)), "enter", ("jobs", &jobs), &["nightly-1", "nightly-2"]);
}

#[test]
fn a_deployment_has_replica_sets_one_for_each_revision() {
    let set = |name: &str, revision: &str, replicas: u32| {
        let mut set = owned(&format!("shop/{name}"), "web");
        set["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": revision, "other": {"odd": 1}});
        set["spec"] = json!({"replicas": replicas});
        set["status"] = json!({"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas});
        set
    };
    let sets = [set("web-1", "9", 0), set("web-2", "10", 3), object("shop/other", 5)];
    let mut robot = leads(("deployments", object("shop/web", 5)), "r", ("replicasets", &sets), &["web-1", "web-2"]);
    robot.sees("REVISION");
    look("revisions-of-a-deployment", &mut robot);
    let mut robot = Robot::with_pods(&[("prod-eu", vec![pod("shop/a", 5)])]);
    robot.press("r").sees("a is no deployment");
}

#[test]
fn an_event_leads_to_its_object() {
    let about = json!({"involvedObject": {"kind": "Pod", "name": "web-1", "uid": "web-1"}, "type": "Warning", "reason": "BackOff"});
    let pods = [pod("shop/web-1", 5), pod("shop/web-2", 5)];
    for key in ["enter", "o"] {
        leads(("events", with("shop/web-1.1", about.clone())), key, ("pods", &pods), &["web-1"]);
    }
}

#[test]
fn an_api_service_leads_to_the_service_that_answers() {
    let api = with("v1.example.com", json!({"spec": {"service": {"namespace": "shop", "name": "api"}}}));
    leads(
        ("apiservices", api),
        "enter",
        ("services", &[object("shop/api", 5), object("shop/web", 5), elsewhere(object("shop/api", 5))]),
        &["api"],
    );
}

#[test]
fn what_a_row_owns_changes_with_the_rows() {
    let mut robot = leads(("cronjobs", object("shop/nightly", 5)), "enter", ("jobs", &[owned("shop/a", "nightly")]), &["a"]);
    robot.deliver("prod-eu", "jobs", &[owned("shop/b", "nightly"), owned("shop/c", "other")]);
    assert_eq!(robot.names(), ["a", "b"]);
    robot.delete("prod-eu", "jobs", &["a"]);
    robot.press("esc").sees("nightly");
}

#[test]
fn labels_tell_whose_pods_they_are() {
    let set = with("shop/web", json!({"spec": {"selector": {"matchLabels": {"app": "web", "tier": "front"}}}}));
    let pods = [labelled("shop/a", json!({"app": "web", "tier": "front"})), labelled("shop/b", json!({"app": "web"}))];
    leads(("statefulsets", set), "enter", ("pods", &pods), &["a"]);
}
