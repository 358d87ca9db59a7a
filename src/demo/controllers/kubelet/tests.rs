//! Pods live as kubectl would see them live.

use crate::demo::controllers::bed::{cluster, events, pass, pod, see, stands};
use crate::demo::json::{list, text};
use crate::demo::world::program::Program;
use crate::demo::write::{Delete, How};
use serde_json::json;

#[test]
fn a_healthy_pod_is_ready_within_two_seconds_and_says_how_it_came() {
    let mut sim = cluster(1);
    let key = pod(&mut sim, "web", json!({"readinessProbe": {"httpGet": {"port": 80}}}), json!({}));
    pass(&mut sim, 0);
    assert_eq!(stands(&sim, &key), "Pending ContainerCreating 0/1 0");
    pass(&mut sim, 2_000);
    assert_eq!(stands(&sim, &key), "Running - 1/1 0");
    let told = events(&sim, "web");
    let words: Vec<&str> = told.iter().map(|t| t.split(": ").next().unwrap()).collect();
    assert_eq!(words, ["Scheduled", "Pulling", "Pulled", "Created", "Started"]);
    let value = see(&sim, "pods", &key);
    for (place, want) in [
        ("/status/podIP", "10.0.0.3"),
        ("/status/hostIP", "192.168.0.0"),
        ("/status/qosClass", "BestEffort"),
        ("/status/containerStatuses/0/image", "docker.io/library/nginx:1.29"),
    ] {
        assert_eq!(text(&value, place), Some(want), "{place}");
    }
    let types: Vec<_> = list(&value, "/status/conditions").iter().map(|c| (text(c, "/type").unwrap(), text(c, "/status").unwrap())).collect();
    assert!(types.len() == 5 && types.iter().all(|(_, s)| *s == "True"), "{types:?}");
    let lives = &sim.world.lives[&key];
    assert_eq!((lives.due, lives.next()), (None, None), "a pod at rest needs no timer");
}

#[test]
fn an_image_that_is_not_there_is_backed_off_from_and_found_once_it_is() {
    let mut sim = cluster(1);
    let key = pod(&mut sim, "web", json!({"image": "nginx:1.161"}), json!({}));
    pass(&mut sim, 1_500);
    assert_eq!(stands(&sim, &key), "Pending ErrImagePull 0/1 0");
    pass(&mut sim, 3_000);
    assert_eq!(stands(&sim, &key), "Pending ImagePullBackOff 0/1 0");
    pass(&mut sim, 600_000);
    let pulls: Vec<_> = sim.store.list("events", "shop").map(|e| e.value()).filter(|e| text(e, "/reason") == Some("Pulling")).collect();
    assert_eq!(pulls[0]["count"], 6, "10 s, 20 s, 40 s, 80 s, 160 s, 300 s apart");
    let told = events(&sim, "web");
    assert!(told.contains(&r#"BackOff: Back-off pulling image "nginx:1.161""#.to_owned()), "{told:#?}");
    assert!(told.contains(&"Failed: Error: ImagePullBackOff".to_owned()), "{told:#?}");
    let set = |pod: &mut serde_json::Value| {
        pod["spec"]["containers"][0]["image"] = "nginx:1.29".into();
        Ok(())
    };
    sim.update("pods", &key, How::by("test"), set).unwrap();
    pass(&mut sim, 2_000);
    assert_eq!(stands(&sim, &key), "Running - 1/1 0");
}

#[test]
fn a_program_that_crashes_waits_longer_each_time() {
    let mut sim = cluster(1);
    let key = pod(&mut sim, "web", json!({"image": "busybox", "command": ["sh", "-c", "sleep 2; exit 3"]}), json!({}));
    pass(&mut sim, 3_200);
    assert!(stands(&sim, &key).starts_with("Running Error 0/1 0"), "{}", stands(&sim, &key));
    let mut seen = Vec::new();
    for _ in 0..9 * 60 {
        pass(&mut sim, 1_000);
        let now = stands(&sim, &key);
        if now.contains("CrashLoopBackOff") && seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    let want: Vec<String> = (1..=6).map(|n| format!("Running CrashLoopBackOff 0/1 {n}")).collect();
    assert_eq!(seen, want, "10 s, 20 s, 40 s, 80 s, 160 s, 300 s");
    let value = see(&sim, "pods", &key);
    let waiting = text(&value, "/status/containerStatuses/0/state/waiting/message").unwrap();
    assert!(waiting.starts_with("back-off 5m0s restarting failed container=a pod=web_shop("), "{waiting}");
    assert_eq!(value.pointer("/status/containerStatuses/0/lastState/terminated/exitCode"), Some(&json!(3)));
}

#[test]
fn a_leak_ends_at_the_limit() {
    let mut sim = cluster(1);
    let leaky = Program { memory: Some(100 << 20), leak: 50 << 20, ..Program::service(500) };
    sim.world.programs.push(("nginx".into(), leaky));
    let key = pod(&mut sim, "web", json!({"resources": {"limits": {"memory": "200Mi"}}}), json!({}));
    // Two minutes, or half as fast, or half as fast again.
    pass(&mut sim, 78_000);
    assert_eq!(stands(&sim, &key), "Running - 1/1 0");
    pass(&mut sim, 165_000);
    assert!(!stands(&sim, &key).ends_with(" 0"), "{}", stands(&sim, &key));
    let last = see(&sim, "pods", &key).pointer("/status/containerStatuses/0/lastState/terminated").cloned().unwrap();
    assert_eq!((&last["exitCode"], &last["reason"]), (&json!(137), &json!("OOMKilled")));
}

#[test]
fn tasks_end_as_their_program_does() {
    let mut sim = cluster(1);
    for (name, code, want) in [("good", 0, "Succeeded Completed 0/1 0"), ("bad", 4, "Failed Error 0/1 0")] {
        let container = json!({"image": "busybox:1.36", "command": ["sh", "-c", format!("sleep 3; exit {code}")]});
        let key = pod(&mut sim, name, container, json!({"restartPolicy": "Never"}));
        pass(&mut sim, 6_000);
        assert_eq!(stands(&sim, &key), want);
    }
    assert!(sim.world.ledger.sum("node-0").unwrap().pods.is_empty(), "what has ended asks for nothing");
}

#[test]
fn init_containers_go_first_one_after_another() {
    let mut sim = cluster(1);
    let init = json!([{"name": "i", "image": "busybox:1.36", "command": ["sleep", "2"]}, {"name": "j", "image": "shop/migrate:1.0"}]);
    let key = pod(&mut sim, "web", json!({}), json!({"initContainers": init}));
    pass(&mut sim, 1_500);
    let value = see(&sim, "pods", &key);
    assert!(value.pointer("/status/initContainerStatuses/0/state/running").is_some(), "{value:#}");
    assert_eq!(stands(&sim, &key), "Pending PodInitializing 0/1 0");
    pass(&mut sim, 6_000);
    assert_eq!(stands(&sim, &key), "Running - 1/1 0");
}

#[test]
fn a_deleted_pod_ends_within_its_grace() {
    let mut sim = cluster(1);
    let key = pod(&mut sim, "web", json!({}), json!({}));
    pass(&mut sim, 3_000);
    sim.delete("pods", &key, &Delete::default()).unwrap();
    pass(&mut sim, 500);
    assert!(see(&sim, "pods", &key).pointer("/metadata/deletionTimestamp").is_some());
    pass(&mut sim, 2_000);
    assert_eq!(stands(&sim, &key), "gone");
    assert!(events(&sim, "web").contains(&"Killing: Stopping container a".to_owned()));
    assert!(sim.world.ledger.sum("node-0").unwrap().pods.is_empty());
}

#[test]
fn a_program_that_never_answers_is_never_ready() {
    let mut sim = cluster(1);
    sim.world.programs.push(("nginx".into(), Program { ready: false, ..Program::service(500) }));
    let key = pod(&mut sim, "web", json!({"readinessProbe": {"httpGet": {"port": 80}}}), json!({}));
    pass(&mut sim, 60_000);
    assert_eq!(stands(&sim, &key), "Running - 0/1 0");
    assert!(events(&sim, "web").iter().any(|e| e.starts_with("Unhealthy: Readiness probe failed")));
}

#[test]
fn what_a_container_refers_to_has_to_be_there() {
    let mut sim = cluster(1);
    let by_name = json!({"envFrom": [{"configMapRef": {"name": "settings"}}]});
    let by_key = json!({"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "a"}}}]});
    let mounted = json!({"volumes": [{"name": "v", "configMap": {"name": "settings"}}]});
    let keys = [
        pod(&mut sim, "by-name", by_name, json!({})),
        pod(&mut sim, "by-key", by_key, json!({})),
        pod(&mut sim, "mounted", json!({}), mounted),
    ];
    pass(&mut sim, 3_000);
    assert_eq!(stands(&sim, &keys[0]), "Pending CreateContainerConfigError 0/1 0");
    assert_eq!(stands(&sim, &keys[2]), "Pending ContainerCreating 0/1 0");
    assert!(events(&sim, "by-name").contains(&"Failed: Error: configmap \"settings\" not found".to_owned()));
    let mount = "FailedMount: MountVolume.SetUp failed for volume \"v\" : configmap \"settings\" not found";
    assert!(events(&sim, "mounted").contains(&mount.to_owned()));
    sim.create("configmaps", json!({"metadata": {"name": "settings", "namespace": "shop"}}), How::by("test")).unwrap();
    sim.create("secrets", json!({"metadata": {"name": "keys", "namespace": "shop"}, "data": {"b": ""}}), How::by("test")).unwrap();
    pass(&mut sim, 15_000);
    assert_eq!((stands(&sim, &keys[0]), stands(&sim, &keys[2])), ("Running - 1/1 0".into(), "Running - 1/1 0".into()));
    assert!(events(&sim, "by-key").contains(&"Failed: Error: couldn't find key a in Secret shop/keys".to_owned()));
}
