//! What controllers look at in a pod, a node, or what selects pods, without the rest of it: most of them look at every pod of a workload whenever one
//! changes. Names, labels and owners are in [`super::store::Object`] itself.

use super::json::{Millis, entries, instant, later, list, text};
use crate::model::quantity::quantity;
use crate::model::selector::Selector;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A pod, a node, or something with a selector, as far as controllers care.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// When it was created.
    pub created: Millis,
    /// Until when it may end, once it is being deleted.
    pub deleted: Option<Millis>,
    /// `metadata.finalizers`.
    pub finalizers: Box<[Box<str>]>,
    /// Its node; empty where it has none yet.
    pub node: Box<str>,
    /// The only node that its affinity allows, as those of a DaemonSet have it; empty where it may choose.
    pub pinned: Box<str>,
    /// `spec.taints` of a node.
    pub taints: Box<[Value]>,
    /// What it selects, where it has a `spec.selector`.
    pub selector: Option<Selector>,
    /// `status.phase`; empty where there is none yet.
    pub phase: Box<str>,
    /// Since when it is ready, if it is.
    pub ready: Option<Millis>,
    /// Since when it is not, if it is not: when it ended, once it has.
    pub unready: Option<Millis>,
    /// Most restarts of one container.
    pub restarts: i64,
    /// `controller.kubernetes.io/pod-deletion-cost`.
    pub cost: i64,
    /// `status.podIP`; empty where there is none yet.
    pub ip: Box<str>,
    /// `spec.hostname`; empty where there is none.
    pub hostname: Box<str>,
    /// Processor time that its containers ask for, in thousandths.
    pub cpu: i64,
    /// `status.startTime`.
    pub started: Option<Millis>,
    /// Its containers.
    pub parts: Box<[Part]>,
}

/// A container, as far as what it uses depends on it. Processor time is in processors, memory in bytes; none where nothing is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Its name.
    pub name: Box<str>,
    /// `requests` of cpu and memory.
    pub asks: (Option<f64>, Option<f64>),
    /// `limits` of cpu and memory.
    pub most: (Option<f64>, Option<f64>),
    /// Since when it runs, if it does.
    pub running: Option<Millis>,
}

impl View {
    /// Reads a pod; what is no pod gives an empty one.
    pub(super) fn read(json: &[u8]) -> Self {
        let Pod { metadata, spec, status } = serde_json::from_slice(json).unwrap_or_default();
        let at = |text: &Cow<'_, str>| instant(text).unwrap_or_default();
        let since = |is: &str| status.conditions.iter().find(|c| c.sort == "Ready" && c.status == is).map(|c| at(&c.since));
        let cost = metadata.annotations.as_ref().and_then(|a| a.get("controller.kubernetes.io/pod-deletion-cost"));
        let parts: Box<[Part]> = spec.containers.iter().map(|c| c.part(&status.containers)).collect();
        Self {
            created: at(&metadata.created),
            deleted: metadata.deleted.as_ref().map(at),
            finalizers: metadata.finalizers.iter().map(|f| (**f).into()).collect(),
            node: (*spec.node).into(),
            pinned: spec.affinity.as_ref().and_then(pinned).unwrap_or_default().into(),
            taints: spec.taints.into(),
            selector: spec.selector.as_ref().and_then(selector),
            phase: (*status.phase).into(),
            ready: since("True"),
            unready: since("False"),
            restarts: status.containers.iter().map(|c| c.restarts).max().unwrap_or_default(),
            cost: cost.and_then(|c| c.parse().ok()).unwrap_or_default(),
            ip: (*status.ip).into(),
            hostname: (*spec.hostname).into(),
            cpu: (parts.iter().filter_map(|p| p.asks.0).sum::<f64>() * 1000.0).round() as i64,
            started: status.started.as_ref().map(at),
            parts,
        }
    }

    /// True for a pod that has run to its end.
    pub fn is_over(&self) -> bool {
        matches!(&*self.phase, "Succeeded" | "Failed")
    }

    /// True for a pod that a workload counts: it has not ended and is not being deleted.
    pub fn is_active(&self) -> bool {
        self.deleted.is_none() && !self.is_over()
    }

    /// When it counts as available: ready for so many seconds.
    pub fn available_at(&self, min_ready: i64) -> Option<Millis> {
        self.ready.map(|since| later(since, min_ready))
    }
}

/// Reads what selects pods: a `metav1.LabelSelector`, or the plain labels that services have. None where it cannot be read.
pub fn selector(written: &Value) -> Option<Selector> {
    let of_labels =
        |place: &str| entries(written, place).map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect::<Vec<_>>();
    let formal = written.as_object()?.keys().any(|k| k == "matchLabels" || k == "matchExpressions");
    let mut all = of_labels(if formal { "/matchLabels" } else { "" });
    for one in list(written, "/matchExpressions") {
        let key = text(one, "/key")?;
        let values: Vec<&str> = list(one, "/values").iter().filter_map(Value::as_str).collect();
        all.push(match text(one, "/operator")? {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => return None,
        });
    }
    Selector::parse(&all.join(",")).ok()
}

/// The node that an affinity names.
fn pinned(affinity: &Value) -> Option<&str> {
    let terms = affinity.pointer("/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms")?;
    let field = terms.pointer("/0/matchFields/0").filter(|f| f.pointer("/key").is_some_and(|k| k == "metadata.name"))?;
    field.pointer("/values/0")?.as_str()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pod<'a> {
    #[serde(borrow)]
    metadata: Metadata<'a>,
    #[serde(borrow)]
    spec: Spec<'a>,
    #[serde(borrow)]
    status: Status<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow, rename = "creationTimestamp")]
    created: Cow<'a, str>,
    #[serde(borrow, rename = "deletionTimestamp")]
    deleted: Option<Cow<'a, str>>,
    #[serde(borrow)]
    annotations: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
    #[serde(borrow)]
    finalizers: Vec<Cow<'a, str>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec<'a> {
    #[serde(borrow, rename = "nodeName")]
    node: Cow<'a, str>,
    #[serde(borrow)]
    hostname: Cow<'a, str>,
    #[serde(borrow)]
    containers: Vec<Container<'a>>,
    affinity: Option<Value>,
    taints: Vec<Value>,
    selector: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Container<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    resources: Resources<'a>,
}

impl Container<'_> {
    fn part(&self, statuses: &[ContainerStatus<'_>]) -> Part {
        let of = |amounts: &Option<BTreeMap<Cow<'_, str>, Value>>| {
            let of = |what| amounts.as_ref().and_then(|all| quantity(all.get(what)?.as_str()?));
            (of("cpu"), of("memory"))
        };
        let status = statuses.iter().find(|s| s.name == self.name);
        let running = status.and_then(|s| s.state.running.as_ref()).and_then(|r| instant(&r.since));
        Part { name: (*self.name).into(), asks: of(&self.resources.requests), most: of(&self.resources.limits), running }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resources<'a> {
    #[serde(borrow)]
    requests: Option<BTreeMap<Cow<'a, str>, Value>>,
    #[serde(borrow)]
    limits: Option<BTreeMap<Cow<'a, str>, Value>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    phase: Cow<'a, str>,
    #[serde(borrow, rename = "podIP")]
    ip: Cow<'a, str>,
    #[serde(borrow)]
    conditions: Vec<Condition<'a>>,
    #[serde(borrow, rename = "startTime")]
    started: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "containerStatuses")]
    containers: Vec<ContainerStatus<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Condition<'a> {
    #[serde(borrow, rename = "type")]
    sort: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow, rename = "lastTransitionTime")]
    since: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ContainerStatus<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(rename = "restartCount")]
    restarts: i64,
    #[serde(borrow)]
    state: State<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct State<'a> {
    #[serde(borrow)]
    running: Option<Running<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Running<'a> {
    #[serde(borrow, rename = "startedAt")]
    since: Cow<'a, str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_are_read_in_both_forms() {
        let labels = [("app", "web"), ("tier", "front")];
        let fits = |written: Value| selector(&written).map(|s| s.matches(|key| labels.iter().find(|(k, _)| *k == key).map(|(_, v)| *v)));
        assert_eq!(fits(json!({"app": "web"})), Some(true));
        assert_eq!(fits(json!({"app": "api"})), Some(false));
        assert_eq!(
            fits(json!({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["back"]}]})),
            Some(true)
        );
        assert_eq!(fits(json!({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]})), Some(false));
        assert_eq!(fits(json!({"matchExpressions": [{"key": "tier", "operator": "Odd"}]})), None);
        assert_eq!(fits(json!({})), Some(true));
    }

    #[test]
    fn a_pod_is_read_and_anything_else_is_nothing() {
        let json = br#"{"kind":"Pod","metadata":{"creationTimestamp":"2023-11-14T22:13:20Z","deletionTimestamp":"2023-11-14T22:13:50Z",
            "annotations":{"controller.kubernetes.io/pod-deletion-cost":"-5","a\"b":"c"}},
            "spec":{"nodeName":"n1","containers":[{"resources":{"requests":{"cpu":"250m"}}},{"resources":{}},{"resources":{"requests":{"cpu":"1"}}}]},
            "status":{"phase":"Running","podIP":"10.0.0.1","conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2023-11-14T22:13:25Z"}],
            "containerStatuses":[{"restartCount":1},{"restartCount":4}]}}"#;
        let view = View::read(json);
        assert_eq!((view.created, view.deleted, view.ready), (1_700_000_000_000, Some(1_700_000_030_000), Some(1_700_000_005_000)));
        assert_eq!((&*view.node, &*view.phase, &*view.ip, view.restarts, view.cost, view.cpu), ("n1", "Running", "10.0.0.1", 4, -5, 1250));
        assert!(!view.is_active());
        assert_eq!(view.available_at(10), Some(1_700_000_015_000));
        let (spec, since) = (json!({"name": "a", "resources": {"limits": {"memory": "1Gi"}}}), "2023-11-14T22:13:20Z");
        let status = json!({"startTime": since, "containerStatuses": [{"name": "a", "state": {"running": {"startedAt": since}}}]});
        let view = View::read(json!({"spec": {"containers": [spec]}, "status": status}).to_string().as_bytes());
        let since = Some(1_700_000_000_000);
        let part = Part { name: "a".into(), most: (None, Some(1_073_741_824.0)), running: since, ..Part::default() };
        assert_eq!((view.started, &*view.parts), (since, [part].as_slice()));
        for odd in ["", "[]", r#"{"metadata":7}"#] {
            assert_eq!(View::read(odd.as_bytes()), View::default(), "{odd}");
        }
    }
}
