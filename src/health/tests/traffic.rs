//! The rules about services and ingresses.

use super::objects::{deployment, gone, object, pod, unready, with};
use super::rig::{Rig, at, plays};
use crate::health::Limits;
use serde_json::{Value, json};

pub(super) fn service(name: &str, app: &str, more: Value) -> Value {
    with(object("Service", name, json!({"spec": {"type": "ClusterIP", "clusterIPs": ["10.0.0.1"], "selector": {"app": app}}})), more)
}

/// A slice of a service, with its pods and whether they are ready.
pub(super) fn slice(service: &str, pods: &[(&str, bool)]) -> Value {
    let one = |(name, ready): &(&str, bool)| json!({"addresses": ["10.1.0.1"], "conditions": {"ready": ready}, "targetRef": {"kind": "Pod", "name": name, "uid": format!("Pod/{name}")}});
    let endpoints: Vec<Value> = pods.iter().map(one).collect();
    let meta = json!({"labels": {"kubernetes.io/service-name": service}, "generation": 2});
    object("EndpointSlice", &format!("{service}-x"), json!({"metadata": meta, "addressType": "IPv4", "endpoints": endpoints}))
}

pub(super) fn ingress(name: &str, service: &str) -> Value {
    let paths = json!([{"path": "/", "backend": {"service": {"name": service, "port": {"number": 80}}}}]);
    object("Ingress", name, json!({"spec": {"rules": [{"host": "shop.example", "http": {"paths": paths}}]}}))
}

#[test]
fn a_service_whose_pods_are_not_ready_is_told_with_its_ingress_in_one_group() {
    let sick = pod("web-1", json!({"status": unready(-10, json!({}))}));
    let objects = [service("web", "web", json!({})), slice("web", &[("web-1", false)]), sick, ingress("shop", "web")];
    let cured = [pod("web-1", json!({})), slice("web", &[("web-1", true)])];
    let says = "critical services/web: no ready endpoint: its only pod is not ready | gets no traffic: container app is not ready <deployments/web>";
    plays("no-endpoints", &objects, &[(0, &[]), (49, &[]), (50, &[says])], &cured);
    let says = "critical ingresses/shop: leads to service web: no ready endpoint: its only pod is not ready | gets no traffic: container app is not ready <deployments/web>";
    plays("ingress-backend", &objects, &[(49, &[]), (50, &[says])], &cured);
    let mut rig = Rig::new();
    rig.put_all(&objects);
    rig.pass(50);
    rig.work(usize::MAX);
    assert_eq!(rig.world.findings.groups().iter().filter(|g| g.objects() == 3).count(), 1);
}

#[test]
fn a_service_that_selects_nobody_is_told_differently() {
    let none = "warning services/web: no endpoint: its selector fits no pod | selector: app=wbe <services/web>";
    let (right, wrong) = (service("web", "web", json!({})), service("web", "wbe", json!({})));
    let well = [pod("web-1", json!({})), slice("web", &[])];
    plays(
        "no-endpoints",
        &[&[wrong][..], &well].concat(),
        &[(0, &[]), (59, &[]), (60, &[none])],
        &[right.clone(), slice("web", &[("web-1", true)])],
    );
    let rests = "info services/web: no endpoint: deployment web is scaled to 0 | selector: app=web <services/web>";
    plays(
        "no-endpoints",
        &[right, slice("web", &[]), deployment("web", 0, json!({}))],
        &[(0, &[]), (59, &[]), (60, &[rests])],
        &[slice("web", &[("web-1", true)])],
    );
}

/// What objects tell is told; where only the screen's own time is known, that is said.
#[test]
fn since_when_nobody_answers_is_told_as_far_as_it_is_known() {
    let since = |objects: &[Value], wait: i64, more: &[Value]| {
        let mut rig = Rig::new();
        rig.put_all(objects);
        rig.work(usize::MAX);
        rig.pass(wait);
        rig.put_all(more);
        rig.work(usize::MAX);
        rig.pass(60);
        let found = rig.work(usize::MAX).into_iter().find(|f| matches!(f.rule, "no-endpoints" | "ingress-backend"));
        found.map(|f| (f.since.0 - super::rig::START, f.at_least))
    };
    let web = service("web", "wbe", json!({}));
    let never = with(slice("web", &[]), json!({"metadata": {"generation": 1}}));
    assert_eq!(since(&[web.clone(), never], 0, &[]), Some((-3600, false)), "its slice is as it was made");
    assert_eq!(since(&[web.clone(), slice("web", &[])], 0, &[]), Some((0, true)), "it was so when the list came");
    assert_eq!(since(&[web.clone(), slice("web", &[("web-1", true)])], 100, &[slice("web", &[])]), Some((100, false)), "it was seen");
    assert_eq!(since(&[ingress("shop", "web")], 0, &[]), Some((0, true)));
    assert_eq!(since(&[web, ingress("shop", "web"), slice("web", &[])], 0, &[]), Some((0, true)), "as of its service");
}

/// A pod that has no address yet is in no slice.
#[test]
fn pods_that_wait_for_a_node_are_pods() {
    let waits = json!({"metadata": {"creationTimestamp": at(0)}, "spec": {"nodeName": null}, "status": {"phase": "Pending", "containerStatuses": [], "conditions": []}});
    let says = "critical services/web: no ready endpoint: its only pod is not ready | selector: app=web <services/web>";
    plays(
        "no-endpoints",
        &[service("web", "web", json!({})), slice("web", &[]), pod("web-1", waits)],
        &[(59, &[]), (60, &[says])],
        &[slice("web", &[("web-1", true)])],
    );
}

#[test]
fn an_ingress_that_leads_to_no_service_is_told() {
    let says = "critical ingresses/shop: leads to service web, which is not there <services/web>";
    plays(
        "ingress-backend",
        &[ingress("shop", "web")],
        &[(0, &[]), (59, &[]), (60, &[says])],
        &[service("web", "web", json!({})), slice("web", &[("web-1", true)])],
    );
    // An action of the AWS load balancer controller is no service.
    let mut action = ingress("shop", "ssl-redirect");
    action["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] = json!({"name": "use-annotation"});
    plays("ingress-backend", &[action], &[(0, &[]), (600, &[])], &[]);
    let web = service("web", "web", json!({}));
    let mut rig = Rig::new();
    rig.put_all([&web, &slice("web", &[("web-1", true)]), &ingress("shop", "web")]);
    assert_eq!(rig.of("ingress-backend"), [] as [&str; 0]);
    rig.put(&gone(&web));
    rig.of("ingress-backend");
    rig.pass(60);
    assert_eq!(rig.of("ingress-backend"), [says]);
}

#[test]
fn services_that_are_not_for_pods_are_silent() {
    let nobody = json!({"spec": {"selector": null}});
    let name = json!({"spec": {"type": "ExternalName", "externalName": "example.com", "clusterIPs": null}});
    let headless = json!({"spec": {"clusterIPs": ["None"]}});
    let all = [service("a", "x", nobody), service("b", "x", name), service("c", "web", headless), slice("c", &[("web-1", true)])];
    plays("no-endpoints", &all, &[(0, &[]), (86_400, &[])], &[]);
    let says = "info services/c: no endpoint: its selector fits no pod | selector: app=web <services/c>";
    plays("no-endpoints", &[all[2].clone()], &[(0, &[]), (60, &[says])], &[slice("c", &[("web-1", true)])]);
}

#[test]
fn another_limit_holds_at_once() {
    let mut rig = Rig::new();
    rig.put_all(&[service("web", "web", json!({})), slice("web", &[])]);
    assert_eq!(rig.of("no-endpoints").len(), 0);
    rig.pass(30);
    assert_eq!(rig.of("no-endpoints").len(), 0);
    rig.limit(Limits { no_endpoints: 30, ..Limits::default() });
    assert_eq!(rig.of("no-endpoints").len(), 1);
    rig.limit(Limits::default());
    assert_eq!(rig.of("no-endpoints").len(), 0);
}
