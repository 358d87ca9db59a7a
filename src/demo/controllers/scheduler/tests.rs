//! Pods find machines, or wait and say why.

use crate::demo::controllers::bed::{cluster, events, pass, pod, see};
use crate::demo::controllers::condition;
use crate::demo::json::text;
use crate::demo::sim::Sim;
use crate::demo::store::Key;
use crate::demo::write::{Delete, How};
use serde_json::{Value, json};

fn asks(cpu: &str) -> Value {
    json!({"resources": {"requests": {"cpu": cpu}}})
}

#[test]
fn pods_are_spread_and_the_last_ones_wait_until_there_is_room() {
    let mut sim = cluster(3);
    let keys: Vec<Key> = (0..13).map(|i| pod(&mut sim, &format!("web-{i:02}"), asks("1"), json!({}))).collect();
    pass(&mut sim, 3_000);
    let placed: Vec<_> = (0..3).map(|i| sim.world.ledger.sum(&format!("node-{i}")).unwrap().pods.len()).collect();
    assert_eq!(placed, [4, 4, 4]);
    let waiting = see(&sim, "pods", keys.last().unwrap());
    let condition = &waiting["status"]["conditions"][0];
    assert_eq!((&condition["type"], &condition["status"], &condition["reason"]), (&json!("PodScheduled"), &json!("False"), &json!("Unschedulable")));
    let why = "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.";
    assert_eq!(condition["message"], why);
    assert_eq!(events(&sim, "web-12"), [format!("FailedScheduling: {why}")]);
    sim.delete("pods", &keys[0], &Delete::default()).unwrap();
    pass(&mut sim, 5_000);
    let placed = see(&sim, "pods", keys.last().unwrap());
    assert!(text(&placed, "/spec/nodeName").is_some() && text(&placed, "/status/phase") == Some("Running"));
    assert_eq!(placed["status"]["conditions"].as_array().unwrap().len(), 5, "one of each type");
}

#[test]
fn a_cordoned_machine_takes_nothing_new_until_it_is_open_again() {
    let mut sim = cluster(1);
    let cordon = |sim: &mut Sim, shut: bool| {
        let set = |node: &mut Value| {
            node["spec"]["unschedulable"] = shut.into();
            Ok(())
        };
        sim.update("nodes", &Key::new("", "node-0"), How::by("test"), set).unwrap();
    };
    cordon(&mut sim, true);
    let key = pod(&mut sim, "web", json!({}), json!({}));
    pass(&mut sim, 3_000);
    let told = events(&sim, "web");
    assert!(told[0].contains("0/1 nodes are available: 1 node(s) were unschedulable. preemption: 0/1 nodes are available: 1 Preemption"), "{told:?}");
    cordon(&mut sim, false);
    pass(&mut sim, 3_000);
    assert_eq!(text(&see(&sim, "pods", &key), "/spec/nodeName"), Some("node-0"));
}

#[test]
fn full_is_also_a_number_of_pods() {
    let mut sim = cluster(1);
    (0..11).for_each(|i| drop(pod(&mut sim, &format!("web-{i:02}"), json!({}), json!({}))));
    pass(&mut sim, 3_000);
    assert!(events(&sim, "web-10")[0].contains("1 Too many pods"), "{:?}", events(&sim, "web-10"));
}

/// A class of pods that matter so much.
fn class(sim: &mut Sim, name: &str, value: i64, policy: &str) {
    let class = json!({"metadata": {"name": name}, "value": value, "preemptionPolicy": policy});
    sim.create("priorityclasses.scheduling.k8s.io", class, How::by("test")).unwrap();
}

#[test]
fn a_pod_that_matters_more_drives_out_no_more_than_it_takes_and_gets_their_place() {
    let mut sim = cluster(2);
    class(&mut sim, "high", 1_000, "PreemptLowerPriority");
    class(&mut sim, "mid", 500, "PreemptLowerPriority");
    class(&mut sim, "meek", 2_000, "Never");
    // One machine has four pods that matter little, the other three and one that matters more.
    let on = |node: &str, class: &str| {
        let class = (!class.is_empty()).then_some(class);
        json!({"nodeSelector": {"kubernetes.io/hostname": node}, "priorityClassName": class})
    };
    let low: Vec<Key> = (0..7).map(|i| pod(&mut sim, &format!("low-{i}"), asks("1"), on(if i < 4 { "node-0" } else { "node-1" }, ""))).collect();
    pod(&mut sim, "mid", asks("1"), on("node-1", "mid"));
    sim.advance(sim.store.now);
    let late = pod(&mut sim, "late", asks("1"), json!({}));
    let meek = pod(&mut sim, "meek", asks("1"), json!({"priorityClassName": "meek"}));
    pass(&mut sim, 3_000);
    let why = "0/2 nodes are available: 2 Insufficient cpu. preemption:";
    assert_eq!(events(&sim, "meek"), [format!("FailedScheduling: {why} not eligible due to preemptionPolicy=Never.")]);
    assert_eq!(events(&sim, "late"), [format!("FailedScheduling: {why} 0/2 nodes are available: 2 No preemption victims found for incoming pod.")]);
    sim.delete("pods", &meek, &Delete::default()).unwrap();
    let high = pod(&mut sim, "high", asks("3500m"), json!({"priorityClassName": "high"}));
    sim.advance(sim.store.now);
    assert_eq!(events(&sim, "high"), ["FailedScheduling: 0/2 nodes are available: 2 Insufficient cpu."]);
    let waits = see(&sim, "pods", &high);
    assert_eq!(text(&waits, "/status/nominatedNodeName"), Some("node-0"), "all are of little importance there");
    let uid = text(&waits, "/metadata/uid").unwrap();
    for victim in &low[..4] {
        let told = events(&sim, &victim.name);
        assert!(told.contains(&format!("Preempted: Preempted by pod {uid} on node node-0")), "{told:?}");
        assert!(condition::holds(&see(&sim, "pods", victim), "DisruptionTarget"));
    }
    pass(&mut sim, 6_000);
    let runs = see(&sim, "pods", &high);
    assert_eq!((text(&runs, "/spec/nodeName"), text(&runs, "/status/nominatedNodeName")), (Some("node-0"), None));
    assert!(low[..4].iter().all(|key| see(&sim, "pods", key).is_null()) && low[4..].iter().all(|key| !see(&sim, "pods", key).is_null()));
    assert_eq!(text(&see(&sim, "pods", &late), "/spec/nodeName"), None, "what was kept free is not taken by who matters less");
}

#[test]
fn budgets_are_broken_last_and_who_matters_most_is_spared() {
    let mut sim = cluster(1);
    class(&mut sim, "high", 1_000, "PreemptLowerPriority");
    class(&mut sim, "mid", 500, "PreemptLowerPriority");
    let budget = json!({
        "metadata": {"name": "kept", "namespace": "shop"}, "spec": {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "kept"}}},
    });
    sim.create("poddisruptionbudgets.policy", budget, How::by("test")).unwrap();
    for (name, class) in [("kept", ""), ("plain", ""), ("important", "mid"), ("other", "")] {
        let spec = json!({"containers": [{"name": "a", "image": "nginx:1.29", "resources": {"requests": {"cpu": "1"}}}], "priorityClassName": class});
        let pod = json!({"metadata": {"name": name, "namespace": "shop", "labels": {"app": name}}, "spec": spec});
        sim.create("pods", pod, How::by("test")).unwrap();
    }
    pass(&mut sim, 3_000);
    pod(&mut sim, "high", asks("2"), json!({"priorityClassName": "high"}));
    pass(&mut sim, 6_000);
    let left: Vec<&str> = sim.store.list("pods", "shop").map(|p| &*p.key.name).collect();
    assert_eq!(left, ["high", "important", "kept"]);
}

#[test]
fn a_pod_waits_for_its_claim_and_the_claim_for_the_pod() {
    let mut sim = cluster(1);
    let class = json!({
        "metadata": {"name": "fast", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "csi.example", "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer",
    });
    sim.create("storageclasses.storage.k8s.io", class, How::by("test")).unwrap();
    let web = pod(&mut sim, "web", json!({}), json!({"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}));
    pass(&mut sim, 3_000);
    assert!(events(&sim, "web")[0].contains("persistentvolumeclaim \"data\" not found"), "{:?}", events(&sim, "web"));
    let claim = |name: &str| {
        let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}});
        json!({"metadata": {"name": name, "namespace": "shop"}, "spec": spec})
    };
    for name in ["data", "alone"] {
        sim.create("persistentvolumeclaims", claim(name), How::by("test")).unwrap();
    }
    pass(&mut sim, 5_000);
    assert_eq!(text(&see(&sim, "pods", &web), "/status/phase"), Some("Running"));
    let phase = |name: &str| text(&see(&sim, "persistentvolumeclaims", &Key::new("shop", name)), "/status/phase").map(str::to_owned);
    assert_eq!((phase("data").as_deref(), phase("alone").as_deref()), (Some("Bound"), Some("Pending")));
}
