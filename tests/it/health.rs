//! Health over the demo fleet, in virtual time: on a cluster that does well nothing is found, whatever it is at; and each trouble of the demo is
//! found within ten seconds of its first symptom, and gone within ten of its cure.

use kconsole as lib;

#[path = "../../src/health/tests/rig.rs"]
#[allow(dead_code, reason = "what other tests need of it")]
mod rig;

use kconsole::demo::incident::INCIDENTS;
use kconsole::demo::shop;
use kconsole::demo::sim::Sim;
use kconsole::demo::store::Key;
use kconsole::demo::write::{Delete, How};
use kconsole::health;
use kconsole::kinds;
use kconsole::model::finding::{Finding, Group, Severity};
use kconsole::model::id::ClusterId;
use kconsole::model::time::Timestamp;
use rig::{Rig, START, is_fit, line};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

const NOW: i64 = START * 1_000;
/// So much later at most a symptom is found and a cure seen.
const SOON: i64 = 10;

/// A simulated cluster, and a board that hears of it once a second.
struct Ward {
    sim: Sim,
    rig: Rig,
    told: HashMap<&'static str, HashMap<Key, (u64, String)>>,
    /// Kinds come one after the other, workloads before their pods, and each is judged as it comes.
    apart: bool,
}

impl Ward {
    fn new(name: &str) -> Self {
        let mut ward = Self { sim: shop::build(name, 1, NOW, None), rig: Rig::new(), told: HashMap::new(), apart: false };
        ward.second();
        ward
    }

    /// A second passes. What is found after it.
    fn second(&mut self) -> Vec<Finding> {
        let now = self.sim.store.now + 1_000;
        self.sim.advance(now);
        let mut news: Vec<Value> = Vec::new();
        for want in health::wants(ClusterId(0)) {
            let Some(kind) = kinds::find(&want.kind) else { continue };
            let told = self.told.entry(kind.names.kind).or_default();
            let mut is: HashMap<Key, (u64, String)> = HashMap::with_capacity(told.len());
            for object in self.sim.store.list(&want.kind.to_string(), "") {
                // A name that is used again is another object.
                if told.get(&object.key).is_none_or(|(version, _)| *version != object.version) {
                    news.push((*object.value()).clone());
                }
                is.insert(object.key.clone(), (object.version, object.uid.to_string()));
            }
            let gone = told.iter().filter(|(key, (_, uid))| is.get(*key).is_none_or(|(_, now)| now != uid));
            let gone =
                gone.map(|(_, (_, uid))| json!({"kind": kind.names.kind, "type": "Warning", "metadata": {"uid": uid}, "gone": true}));
            news.extend(gone);
            *told = is;
        }
        let mut early = Vec::new();
        if self.apart {
            news.sort_by_key(|o| o["kind"] == "Pod");
            for kind in news.chunk_by(|a, b| a["kind"] == b["kind"]) {
                self.rig.put_all(kind);
                early.extend(self.rig.work(64));
            }
        } else {
            self.rig.put_all(&news);
        }
        self.rig.go(Timestamp(self.sim.store.now / 1_000));
        let mut found = self.rig.work(64);
        found.extend(early);
        found.iter().for_each(is_fit);
        found
    }

    fn change(&mut self, kind: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let (namespace, name) = name.split_once('/').unwrap_or(("", name));
        let changed = self.sim.update(kind, &Key::new(namespace, name), How::by("test"), |object| {
            change(object);
            Ok(())
        });
        changed.unwrap_or_else(|e| panic!("{kind} {name}: {e:?}"));
    }

    fn delete_pods(&mut self, which: impl Fn(&Value) -> bool) {
        let pods: Vec<Value> = self.sim.store.list("pods", "").map(|p| (*p.value()).clone()).filter(|p| which(p)).collect();
        for pod in pods {
            drop(self.sim.delete("pods", &Key::of(&pod), &Delete::default()));
        }
    }
}

fn alarms(found: &[Finding]) -> Vec<String> {
    found.iter().filter(|f| f.severity > Severity::Info).map(line).collect()
}

fn is_daemon(pod: &Value) -> bool {
    pod["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet"
}

fn image(deployment: &mut Value, image: &str) {
    deployment["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
}

/// Ten minutes in which something is done at some seconds, and nothing is wrong.
fn quiet(name: &str, cluster: &str, mut doing: impl FnMut(&mut Ward, i64)) {
    let mut ward = Ward::new(cluster);
    for second in 0..600 {
        doing(&mut ward, second);
        let alarms = alarms(&ward.second());
        assert!(alarms.is_empty(), "{name}, after {second} s: {alarms:#?}");
    }
    assert_eq!(ward.rig.work(1).iter().map(line).collect::<Vec<_>>(), ward.rig.afresh().iter().map(line).collect::<Vec<_>>());
}

#[test]
fn a_healthy_cluster_is_quiet() {
    for cluster in ["prod-eu", "prod-us", "staging", "dev"] {
        quiet("healthy", cluster, |_, _| {});
    }
}

#[test]
fn a_rolling_update_is_quiet() {
    quiet("rollout", "prod-eu", |ward, second| {
        if second == 20 {
            ward.change("deployments.apps", "shop/checkout", |d| image(d, "registry.shop.example/checkout:2.31.0"));
        }
    });
}

#[test]
fn restarts_of_what_has_long_run_are_quiet() {
    let restart = |d: &mut Value| d["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = json!("now");
    quiet("restart", "prod-eu", |ward, second| {
        ward.apart = true;
        if second == 400 {
            for kind in ["deployments.apps", "statefulsets.apps", "daemonsets.apps"] {
                let all: Vec<Key> = ward.sim.store.list(kind, "").map(|o| o.key.clone()).collect();
                all.iter().for_each(|k| ward.change(kind, &format!("{}/{}", k.namespace, k.name), restart));
            }
        }
    });
}

#[test]
fn a_job_that_completes_is_quiet() {
    quiet("job", "prod-eu", |ward, second| {
        if second == 5 {
            // The quota of shop takes no pod that asks for nothing.
            let asks = json!({"requests": {"cpu": "10m", "memory": "16Mi"}});
            let container = json!({"name": "a", "image": "busybox", "command": ["sleep", "40"], "resources": asks});
            let pod = json!({"restartPolicy": "Never", "containers": [container]});
            let job = json!({"metadata": {"name": "once", "namespace": "shop"}, "spec": {"completions": 3, "template": {"spec": pod}}});
            ward.sim.create("jobs.batch", job, How::by("test")).unwrap();
        }
    });
}

#[test]
fn a_node_that_is_drained_is_quiet() {
    quiet("drain", "prod-eu", |ward, second| {
        let node = "prod-eu-b1";
        match second {
            10 => ward.change("nodes", node, |n| n["spec"]["unschedulable"] = json!(true)),
            12 => ward.delete_pods(|p| p["spec"]["nodeName"] == node && !is_daemon(p)),
            400 => ward.change("nodes", node, |n| drop(n["spec"].as_object_mut().unwrap().remove("unschedulable"))),
            _ => {}
        }
    });
}

#[test]
fn more_and_fewer_pods_are_quiet() {
    quiet("scale", "prod-eu", |ward, second| {
        if let Some(n) = [(10, 9), (200, 2), (400, 5)].iter().find(|(at, _)| *at == second).map(|(_, n)| *n) {
            ward.change("deployments.apps", "shop/pricing", |d| d["spec"]["replicas"] = json!(n));
        }
    });
}

/// A trouble of the demo: what shows it, what mends it, when it is over, and how what is found of it begins.
struct Trouble {
    name: &'static str,
    cluster: &'static str,
    symptom: fn(&Sim) -> bool,
    mend: fn(&mut Ward),
    is_over: fn(&Sim) -> bool,
    says: &'static str,
}

fn is_whole(sim: &Sim, namespace: &str, name: &str) -> bool {
    let d = sim.store.get("deployments.apps", namespace, name).unwrap().value();
    let wanted = &d["spec"]["replicas"];
    d["metadata"]["generation"] == d["status"]["observedGeneration"]
        && ["replicas", "updatedReplicas", "availableReplicas"]
            .iter()
            .all(|c| d["status"][c] == *wanted || *wanted == 0 && d["status"][c].is_null())
}

fn any_pod(sim: &Sim, is: impl Fn(&Value) -> bool) -> bool {
    sim.store.list("pods", "").any(|p| is(&p.value()))
}

fn has_died(pod: &Value, reason: &str) -> bool {
    let status = &pod["status"]["containerStatuses"][0];
    ["state", "lastState"].iter().any(|s| status[s]["terminated"]["reason"] == reason)
}

const TROUBLES: &[Trouble] = &[
    Trouble {
        name: "bad-rollout",
        cluster: "prod-eu",
        symptom: |sim| {
            any_pod(sim, |p| {
                p["metadata"]["labels"]["app"] == "checkout"
                    && p["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "CrashLoopBackOff"
            })
        },
        mend: |ward| ward.change("deployments.apps", "shop/checkout", |d| image(d, "registry.shop.example/checkout:2.31.0")),
        is_over: |sim| is_whole(sim, "shop", "checkout"),
        says: "critical rollout-stuck deployments/checkout: rollout stuck, ",
    },
    Trouble {
        name: "memory-leak",
        cluster: "prod-us",
        symptom: |sim| any_pod(sim, |p| p["metadata"]["labels"]["app"] == "recommendation" && has_died(p, "OOMKilled")),
        mend: |ward| ward.change("deployments.apps", "shop/recommendation", |d| image(d, "registry.shop.example/recommendation:1.7.4")),
        is_over: |sim| {
            is_whole(sim, "shop", "recommendation")
                && !any_pod(sim, |p| p["metadata"]["labels"]["app"] == "recommendation" && has_died(p, "OOMKilled"))
        },
        says: "warning oom-killed pods/recommendation",
    },
    Trouble {
        name: "full-node",
        cluster: "prod-eu",
        symptom: |sim| any_pod(sim, |p| p["status"]["reason"] == "Evicted"),
        mend: |ward| ward.change("deployments.apps", "data/report-export", |d| d["spec"]["replicas"] = json!(0)),
        is_over: |sim| {
            let running = any_pod(sim, |p| p["metadata"]["labels"]["app"] == "report-export" && p["status"]["phase"] == "Running");
            !running
                && !sim.store.list("nodes", "").any(|n| {
                    n.value()["status"]["conditions"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .any(|c| c["type"] == "MemoryPressure" && c["status"] == "True")
                })
        },
        says: "warning evicted deployments/report-export: evicted by node prod-eu-",
    },
    Trouble {
        name: "quota",
        cluster: "prod-eu",
        symptom: |sim| {
            sim.store.get("deployments.apps", "payments", "fraud-check").unwrap().value()["status"]["conditions"]
                .as_array()
                .unwrap()
                .iter()
                .any(|c| c["type"] == "ReplicaFailure")
        },
        mend: |ward| ward.change("resourcequotas", "payments/payments", |q| q["spec"]["hard"]["pods"] = json!("60")),
        is_over: |sim| is_whole(sim, "payments", "fraud-check"),
        says: "warning pods-refused deployments/fraud-check: pods are refused, ",
    },
    Trouble {
        name: "lost-node",
        cluster: "prod-us",
        symptom: |sim| {
            any_pod(sim, |p| {
                p["spec"]["nodeName"] == "prod-us-b2"
                    && p["status"]["conditions"].as_array().unwrap().iter().any(|c| c["type"] == "Ready" && c["status"] == "False")
            })
        },
        mend: |ward| {
            ward.sim.world.lost.clear();
            ward.sim.wake("node-controller", Key::new("", "prod-us-b2"));
        },
        is_over: |sim| {
            let is_ready =
                |o: &Value| o["status"]["conditions"].as_array().unwrap().iter().any(|c| c["type"] == "Ready" && c["status"] == "True");
            let is_done = |o: &Value| o["status"]["phase"] == "Succeeded";
            is_ready(&sim.store.get("nodes", "", "prod-us-b2").unwrap().value()) && !any_pod(sim, |p| !is_ready(p) && !is_done(p))
        },
        says: "warning not-ready pods/",
    },
];

/// Plays a trouble, and prints how it went.
fn plays(name: &str) {
    let trouble = TROUBLES.iter().find(|t| t.name == name).unwrap();
    let mut ward = Ward::new(trouble.cluster);
    (INCIDENTS.iter().find(|i| i.name == name).unwrap().begin)(&mut ward.sim);
    let (mut shown, mut told) = (None, None);
    for second in 0..1_500 {
        let lines = alarms(&ward.second());
        shown = shown.or((trouble.symptom)(&ward.sim).then_some(second));
        told = told.or(lines.iter().find(|l| l.starts_with(trouble.says)).map(|l| (second, l.clone())));
        if told.is_some() && shown.is_some_and(|at| second >= at + 90) {
            break;
        }
        assert!(
            shown.is_none_or(|at| second <= at + SOON) || told.is_some(),
            "{name} shows since {shown:?} s, and at {second} s is told: {lines:#?}"
        );
    }
    let (Some(shown), Some((at, line))) = (shown, told) else { panic!("{name} never shows") };
    eprintln!("{name}: shows after {shown} s, told after {at} s: {line}");
    for group in ward.rig.world.findings.groups().iter().filter(|g| g.head.severity > Severity::Info) {
        eprintln!("  {} ({} objects) next: {}", rig::line(&group.head), group.objects(), group.head.next);
    }
    (trouble.mend)(&mut ward);
    let mut over = None;
    for second in 0..900 {
        let lines = alarms(&ward.second());
        over = over.filter(|_| (trouble.is_over)(&ward.sim)).or((trouble.is_over)(&ward.sim).then_some(second));
        if over.is_some() && lines.is_empty() {
            eprintln!("{name}: over after {over:?} s, silent after {second} s");
            return;
        }
        assert!(over.is_none_or(|at| second <= at + SOON), "{name} is over since {over:?} s, and at {second} s is told: {lines:#?}");
    }
    panic!("{name} is not over: {:#?}", alarms(&ward.second()));
}

#[test]
fn a_bad_rollout_is_one_group() {
    plays("bad-rollout");
}

#[test]
fn a_leak_is_found() {
    plays("memory-leak");
}

#[test]
fn a_full_node_is_found() {
    plays("full-node");
}

/// It goes from node to node and takes its trouble along: that stays one finding, of whoever takes the memory, with the nodes under it.
#[test]
fn a_full_node_is_one_finding_wherever_it_goes() {
    let mut ward = Ward::new("prod-eu");
    (INCIDENTS.iter().find(|i| i.name == "full-node").unwrap().begin)(&mut ward.sim);
    let (mut told, mut nodes) = (None, BTreeSet::new());
    for second in 0..900 {
        ward.second();
        let loud = |g: &&Group| g.head.severity > Severity::Info;
        let groups: Vec<&Group> = ward.rig.world.findings.groups().iter().filter(loud).collect();
        let heads: Vec<String> = groups.iter().map(|g| format!("{}: {}", g.head.object.name, g.headline())).collect();
        if told.is_none() && groups.is_empty() {
            continue;
        }
        let [group] = groups.as_slice() else { panic!("after {second} s, told since {told:?} s: {heads:#?}") };
        assert_eq!(&*group.head.object.name, "report-export", "after {second} s: {heads:#?}");
        assert!(group.head.next.contains("{scale} to 0 ends it"), "{}", group.head.next);
        nodes.extend(group.findings.iter().filter(|f| f.rule == "node-pressure").map(|f| f.object.name.clone()));
        if std::mem::replace(&mut told, Some(group.head.what.clone())).as_ref() != Some(&group.head.what) {
            eprintln!("{second} s: {}; next: {}", group.headline(), group.head.next);
        }
    }
    assert!(told.is_some_and(|what| what.starts_with("evicted ×")) && nodes.len() > 1, "{nodes:?}");
}

#[test]
fn a_quota_is_found() {
    plays("quota");
}

#[test]
fn a_lost_node_is_found() {
    plays("lost-node");
}
