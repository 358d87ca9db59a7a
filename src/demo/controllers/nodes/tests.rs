//! Machines are lost and found, closed, and run out of memory.

use crate::demo::controllers::bed::{cluster, events, pass, pod, see, stands};
use crate::demo::controllers::condition;
use crate::demo::json::{list, set, text};
use crate::demo::store::Key;
use crate::demo::world::program::Program;
use crate::demo::write::How;
use serde_json::json;

#[test]
fn a_lost_machine_is_given_up_its_pods_are_told_to_go_and_end_when_it_is_back() {
    let mut sim = cluster(2);
    let keys: Vec<Key> = (0..4).map(|i| pod(&mut sim, &format!("web-{i}"), json!({}), json!({}))).collect();
    pass(&mut sim, 5_000);
    let gone: Vec<&Key> = keys.iter().filter(|k| text(&see(&sim, "pods", k), "/spec/nodeName") == Some("node-1")).collect();
    assert!(!gone.is_empty());
    sim.world.lost.insert("node-1".into(), sim.store.now);
    pass(&mut sim, 40_000);
    let node = Key::new("", "node-1");
    assert!(list(&see(&sim, "nodes", &node), "/spec/taints").is_empty());
    pass(&mut sim, 30_000);
    let lost = see(&sim, "nodes", &node);
    assert_eq!(condition::find(&lost, "Ready").and_then(|c| text(c, "/message")), Some("Kubelet stopped posting node status."));
    assert_eq!(list(&lost, "/spec/taints").len(), 2);
    assert!(!condition::holds(&see(&sim, "pods", gone[0]), "Ready"));
    pass(&mut sim, 260_000);
    assert!(text(&see(&sim, "pods", gone[0]), "/metadata/deletionTimestamp").is_none(), "it bears that for five minutes");
    pass(&mut sim, 60_000);
    assert!(text(&see(&sim, "pods", gone[0]), "/metadata/deletionTimestamp").is_some(), "its kubelet is not there to end it");
    assert!(events(&sim, &gone[0].name).iter().any(|e| e.starts_with("TaintManagerEviction: Marking for deletion Pod shop/web-")));
    sim.world.lost.clear();
    pass(&mut sim, 20_000);
    assert_eq!(stands(&sim, gone[0]), "gone");
    let back = see(&sim, "nodes", &node);
    assert!(condition::holds(&back, "Ready") && list(&back, "/spec/taints").is_empty());
}

#[test]
fn a_machine_that_is_shunned_is_left_when_it_is_borne_no_longer() {
    let mut sim = cluster(1);
    let for_while =
        |seconds: i64| json!({"tolerations": [{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds}, {"operator": "Exists"}]});
    let named = [("bears", json!({"tolerations": [{"operator": "Exists"}]})), ("no", json!({})), ("while", for_while(20)), ("ages", for_while(i64::MAX))];
    let keys = named.map(|(name, spec)| pod(&mut sim, name, json!({}), spec));
    pass(&mut sim, 5_000);
    sim.update("nodes", &Key::new("", "node-0"), How::by("test"), |n| {
        set(n, "/spec/taints", json!([{"key": "x", "effect": "NoExecute"}]));
        Ok(())
    })
    .unwrap();
    for (later, want) in [(5_000, [true, false, true, true]), (14_000, [true, false, true, true]), (5_000, [true, false, false, true])] {
        pass(&mut sim, later);
        let stays = keys.each_ref().map(|key| stands(&sim, key).starts_with("Running"));
        assert_eq!(stays, want);
    }
}

#[test]
fn a_closed_machine_has_the_taint_that_says_so() {
    let mut sim = cluster(1);
    let node = Key::new("", "node-0");
    for (shut, taints) in [(true, 1), (false, 0)] {
        sim.update("nodes", &node, How::by("test"), |n| {
            set(n, "/spec/unschedulable", shut);
            Ok(())
        })
        .unwrap();
        pass(&mut sim, 100);
        assert_eq!(list(&see(&sim, "nodes", &node), "/spec/taints").len(), taints);
    }
}

#[test]
fn a_machine_without_memory_drives_out_who_takes_too_much() {
    let mut sim = cluster(1);
    sim.world.programs.push(("shop/hog".into(), Program { memory: Some(7 << 30), leak: 1 << 30, ..Program::service(500) }));
    let good = pod(&mut sim, "web", json!({"resources": {"requests": {"memory": "1Gi"}}}), json!({}));
    let hog = pod(&mut sim, "hog", json!({"image": "shop/hog:1.0", "resources": {"requests": {"memory": "1Gi"}}}), json!({}));
    pass(&mut sim, 70_000);
    let evicted = see(&sim, "pods", &hog);
    assert_eq!((text(&evicted, "/status/phase"), text(&evicted, "/status/reason")), (Some("Failed"), Some("Evicted")));
    let message = text(&evicted, "/status/message").unwrap();
    assert!(message.starts_with("The node was low on resource: memory. Threshold quantity: 100Mi, available: "), "{message}");
    assert_eq!(stands(&sim, &good), "Running - 1/1 0");
    let node = Key::new("", "node-0");
    assert!(condition::holds(&see(&sim, "nodes", &node), "MemoryPressure"));
    pass(&mut sim, 90_000);
    assert!(!condition::holds(&see(&sim, "nodes", &node), "MemoryPressure"));
    assert!(list(&see(&sim, "nodes", &node), "/spec/taints").is_empty());
}
