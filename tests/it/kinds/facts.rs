//! What rows know beside their columns, of the objects in the fixtures.

use super::{name_of, objects, row};
use kconsole::kinds::KINDS;
use kconsole::model::facts::{Amounts, Condition, Facts, Metric, Truth};
use kconsole::model::id::Uid;
use kconsole::model::time::Timestamp;
use kconsole::model::words::{Dictionary, Sym, Words};

/// The facts of an object of a fixture.
fn facts(resource: &str, name: &str) -> (Facts, Dictionary) {
    let kind = KINDS.iter().find(|k| k.names.resource == resource).unwrap();
    let object = objects(kind).into_iter().find(|o| name_of(o) == name).unwrap();
    let mut words = Dictionary::default();
    (row(kind, &object, &mut words).facts, words)
}

/// Binds the facts of an object where they are of this variant.
macro_rules! facts {
    ($resource:literal $name:literal, $variant:ident $facts:ident $words:ident => $then:expr) => {{
        let (facts, words) = facts($resource, $name);
        let $words = words.words();
        let Facts::$variant($facts) = facts else { panic!("{} {}: {facts:?}", $resource, $name) };
        $then
    }};
}

fn list(names: &[Sym], words: &Words) -> String {
    names.iter().map(|n| words.get(*n)).collect::<Vec<_>>().join(" ")
}

fn told(condition: &Condition, words: &Words) -> String {
    format!("{} {:?} {}", words.get(condition.kind), condition.status, words.get(condition.reason))
}

#[test]
fn facts_lead_to_pods_nodes_and_objects() {
    let selector = |resource, name| {
        let (facts, words) = facts(resource, name);
        facts.selector().map(|s| s.get(words.words()).to_owned())
    };
    for (resource, name, want) in [
        ("deployments", "expressions", Some("a,app=x,env notin (dev),!legacy,tier=web,zone in (a,b)")),
        ("replicasets", "good", Some("app=good,pod-template-hash=7f")),
        ("statefulsets", "db", Some("app=db")),
        ("daemonsets", "expressions", Some("a=b,c")),
        ("jobs", "import", Some("batch.kubernetes.io/controller-uid=cd31e409-73cf-5b24-85b6-6acc89700e93")),
        ("poddisruptionbudgets", "share", Some("app in (a,b)")),
        ("services", "web", Some("app=web,tier=web")),
        ("services", "elsewhere", None),
        ("services", "by-hand", None),
    ] {
        assert_eq!(selector(resource, name).as_deref(), want, "{resource} {name}");
    }
    facts!("pods" "running", Pod pod words => assert_eq!(words.get(pod.node), "node-1"));
    facts!("pods" "pending", Pod pod words => assert_eq!(words.get(pod.node), ""));
    facts!("events" "web-1.1", Event event words => {
        assert_eq!((words.get(event.kind), event.name.get(words)), ("Pod", "web-1"));
        assert_eq!(event.uid, Uid::parse("4fa44310-91b3-5314-8938-157d348ec32e"));
    });
}

#[test]
fn workloads_tell_how_many_pods_they_have() {
    let counts = |resource, name| {
        let (facts, _) = facts(resource, name);
        let Facts::Workload(w) = facts else { panic!("{facts:?}") };
        ([w.wanted, w.replicas, w.ready, w.updated, w.available], w.observed)
    };
    assert_eq!(counts("statefulsets", "rolling"), ([3, 3, 2, 1, 2], true));
    assert_eq!(counts("statefulsets", "settling"), ([3, 3, 3, 3, 2], true));
    assert_eq!(counts("statefulsets", "by-hand"), ([3, 3, 3, 0, 3], true));
    assert_eq!(counts("statefulsets", "new"), ([1, 0, 0, 0, 0], false), "its controller has not seen it yet");
    assert_eq!(counts("daemonsets", "rolling"), ([5, 5, 4, 2, 4], true));
    assert_eq!(counts("daemonsets", "new-node"), ([6, 5, 5, 5, 5], true));
    facts!("daemonsets" "agent", Workload w words => {
        assert_eq!(w.requests, Amounts { cpu: 750, memory: 768 << 20 });
        assert_eq!(words.get(w.image), "registry.example/agent:1.0");
    });
}

#[test]
fn jobs_tell_how_they_end() {
    facts!("jobs" "migrate", Job job words => {
        assert_eq!((job.active, job.succeeded, job.failed, job.complete), (0, 0, 7, false));
        assert_eq!(told(job.failure.as_ref().unwrap(), words), "Failed True BackoffLimitExceeded");
    });
    facts!("jobs" "nightly-29380", Job job words => assert!(job.complete && job.failure.is_none() && words.get(Sym::EMPTY).is_empty()));
    facts!("jobs" "held", Job job _words => assert!(job.suspended && !job.complete));
    facts!("jobs" "too-long", Job job _words => assert!(job.failure.is_none(), "it has not failed yet"));
    facts!("cronjobs" "report", CronJob job words => {
        assert_eq!((&*job.schedule, words.get(job.zone), job.active), ("*/5 * * * *", "Europe/Berlin", 1));
        assert_eq!(job.scheduled, Timestamp::parse("2026-11-23T11:55:00Z"));
        assert_eq!(job.succeeded, Timestamp::parse("2026-11-23T11:50:20Z"));
    });
    facts!("cronjobs" "failing", CronJob job _words => assert_eq!((job.deadline, job.suspended), (Some(60), false)));
    facts!("cronjobs" "off", CronJob job _words => assert!(job.suspended));
}

#[test]
fn traffic_has_a_way() {
    facts!("services" "elsewhere", Service service _words => assert!(service.external));
    let slice = |name| {
        let (facts, words) = facts("endpointslices", name);
        let Facts::Endpoints(e) = facts else { panic!("{facts:?}") };
        (words.words().get(e.service).to_owned(), e.ready, e.unready, e.pods.len())
    };
    assert_eq!(slice("half-x1"), ("half".to_owned(), 1, 1, 2));
    assert_eq!(slice("rolling-x1"), ("rolling".to_owned(), 1, 0, 2), "one is on its way out");
    assert_eq!(slice("by-hand-1"), (String::new(), 1, 0, 0), "what says nothing is ready");
    assert_eq!(slice("null-1"), ("null".to_owned(), 0, 0, 0));
    facts!("ingresses" "web", Ingress ingress words => assert_eq!(list(&ingress.services, words), "web api"));
    facts!("ingresses" "default-only", Ingress ingress words => assert_eq!(list(&ingress.services, words), "fallback"));
    facts!("ingresses" "bucket", Ingress ingress _words => assert_eq!(ingress.services.len(), 0));
    facts!("apiservices" "v1.gone.example.com", ApiService api words => {
        assert_eq!((words.get(api.service.0), words.get(api.service.1)), ("gone", "api"));
        assert_eq!(told(api.unavailable.as_ref().unwrap(), words), "Available False ServiceNotFound");
    });
    facts!("apiservices" "v1.apps", ApiService api words => assert!(api.unavailable.is_none() && words.get(api.service.1).is_empty()));
}

#[test]
fn autoscalers_tell_what_they_go_by_and_what_holds_them() {
    facts!("horizontalpodautoscalers" "at-maximum", Autoscaler scaler words => {
        assert_eq!((words.get(scaler.target_kind), words.get(scaler.target)), ("Deployment", "at-maximum"));
        assert_eq!([scaler.min, scaler.max, scaler.current, scaler.desired], [2, 10, 10, 10]);
        assert_eq!(scaler.metric, Some(Metric { name: scaler.metric.as_ref().unwrap().name, current: Some(96), target: 80, percent: true }));
        assert_eq!(words.get(scaler.metric.as_ref().unwrap().name), "cpu");
        assert_eq!(told(scaler.limited.as_ref().unwrap(), words), "ScalingLimited True TooManyReplicas");
        assert!(scaler.blind.is_none());
    });
    facts!("horizontalpodautoscalers" "queue", Autoscaler scaler words => {
        let metric = scaler.metric.unwrap();
        assert_eq!((words.get(metric.name), metric.current, metric.target, metric.percent), ("sqs_depth", Some(12_500), 30_000, false));
    });
    facts!("horizontalpodautoscalers" "object", Autoscaler scaler _words => {
        // The second of two, which is nearer to its target.
        assert_eq!(scaler.metric.map(|m| (m.current, m.target)), Some((Some(7_000), 9_000)));
    });
    facts!("horizontalpodautoscalers" "blind", Autoscaler scaler words => {
        let blind = scaler.blind.unwrap();
        assert_eq!((told(&blind, words).as_str(), blind.status), ("ScalingActive False FailedGetResourceMetric", Truth::False));
        assert!(blind.message.contains("failed to get cpu utilization") && scaler.metric.unwrap().current.is_none());
    });
    facts!("horizontalpodautoscalers" "no-target", Autoscaler scaler words => {
        assert_eq!(told(&scaler.blind.unwrap(), words), "AbleToScale False FailedGetScale");
    });
}

#[test]
fn budgets_quotas_and_volumes_tell_how_they_stand() {
    facts!("poddisruptionbudgets" "broken-pods", Budget budget _words => {
        assert_eq!([budget.allowed, budget.healthy, budget.desired, budget.expected], [0, 1, 2, 3]);
        assert_eq!(budget.since, Timestamp::parse("2026-11-23T11:51:40Z"));
    });
    facts!("resourcequotas" "nearly", Quota quota words => {
        let items: Vec<_> = quota.items.iter().map(|i| (words.get(i.resource), i.used, i.hard)).collect();
        let gi = 1_000 << 30;
        assert_eq!(items, [("requests.cpu", 3_800, 4_000), ("requests.memory", 2 * gi, 8 * gi)]);
    });
    facts!("resourcequotas" "only-limits", Quota quota _words => assert_eq!(quota.items.first().map(|i| (i.used, i.hard)), Some((0, 2_000))));
    facts!("persistentvolumeclaims" "shared", Claim claim words => {
        assert_eq!([claim.phase, claim.class].map(|s| words.get(s)), ["Bound", "efs"]);
        assert!(words.get(claim.volume).starts_with("pvc-"));
    });
    facts!("persistentvolumes" "failed", Volume volume words => {
        assert_eq!([volume.phase, volume.claim.0, volume.claim.1].map(|s| words.get(s)), ["Failed", "shop", "data-db-0"]);
        assert!(volume.message.contains("VolumeInUse"));
    });
    facts!("persistentvolumes" "spare", Volume volume _words => assert_eq!(volume.claim, (Sym::EMPTY, Sym::EMPTY)));
}

#[test]
fn nodes_tell_what_they_offer_and_where() {
    facts!("nodes" "karpenter", Node node words => {
        assert_eq!((node.allocatable, node.pods), (Amounts { cpu: 3_920, memory: 15_076 << 20 }, 58));
        assert_eq!(words.get(node.zone), "eu-central-1b");
        assert!(!node.cordoned && node.pressures.is_empty());
    });
}
