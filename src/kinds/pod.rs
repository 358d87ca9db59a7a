//! Pods: what READY, STATUS and RESTARTS say is kubectl's, word for word (`printPod` of `k8s.io/kubernetes/pkg/printers/internalversion`).
//! What is wrong with a pod is `trouble`'s to read.

mod trouble;

use super::object::{Condition, Meta, Str, each, filled, has, or_default, text, time};
use super::resources::Resources;
use super::{HasMeta, Names, Own, Project, age, col, joined, name, own, screen, usage, wide};
use crate::model::cell::{Health, Value};
use crate::model::row::Facts;
use crate::model::time::Timestamp;
use crate::model::words::Dictionary;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Pods, the core kind.
pub struct Pods;

/// What is read of a pod.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Pod<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spec: Spec<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    status: Status<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    node_name: Option<Str<'a>>,
    #[serde(borrow)]
    containers: Option<Vec<Container<'a>>>,
    #[serde(borrow)]
    init_containers: Option<Vec<InitContainer<'a>>>,
    #[serde(borrow, deserialize_with = "or_default")]
    resources: Resources<'a>,
    #[serde(borrow)]
    volumes: Option<Vec<Volume<'a>>>,
    #[serde(borrow)]
    readiness_gates: Option<Vec<ReadinessGate<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Container<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    resources: Resources<'a>,
    readiness_probe: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct InitContainer<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow)]
    restart_policy: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    resources: Resources<'a>,
}

impl InitContainer<'_> {
    /// A sidecar: an init container that keeps running beside the others.
    fn is_sidecar(&self) -> bool {
        text(&self.restart_policy) == Some("Always")
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Volume<'a> {
    #[serde(borrow)]
    persistent_volume_claim: Option<ClaimSource<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ClaimSource<'a> {
    #[serde(borrow)]
    claim_name: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReadinessGate<'a> {
    #[serde(borrow)]
    condition_type: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    phase: Option<Str<'a>>,
    #[serde(borrow)]
    reason: Option<Str<'a>>,
    #[serde(borrow)]
    message: Option<Str<'a>>,
    /// The first of `podIPs`: API servers keep the two in step.
    #[serde(borrow, rename = "podIP")]
    pod_ip: Option<Str<'a>>,
    #[serde(borrow)]
    nominated_node_name: Option<Str<'a>>,
    #[serde(borrow)]
    conditions: Option<Vec<Condition<'a>>>,
    #[serde(borrow)]
    init_container_statuses: Option<Vec<ContainerStatus<'a>>>,
    #[serde(borrow)]
    container_statuses: Option<Vec<ContainerStatus<'a>>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ContainerStatus<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    #[serde(borrow)]
    image: Option<Str<'a>>,
    ready: Option<bool>,
    started: Option<bool>,
    restart_count: Option<u32>,
    #[serde(borrow, deserialize_with = "or_default")]
    state: State<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    last_state: State<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct State<'a> {
    #[serde(borrow)]
    waiting: Option<Waiting<'a>>,
    #[serde(borrow)]
    running: Option<Running<'a>>,
    #[serde(borrow)]
    terminated: Option<Terminated<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Waiting<'a> {
    #[serde(borrow)]
    reason: Option<Str<'a>>,
    #[serde(borrow)]
    message: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Running<'a> {
    #[serde(borrow)]
    started_at: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Terminated<'a> {
    exit_code: Option<i64>,
    signal: Option<i64>,
    #[serde(borrow)]
    reason: Option<Str<'a>>,
    #[serde(borrow)]
    message: Option<Str<'a>>,
    #[serde(borrow)]
    finished_at: Option<Str<'a>>,
}

impl State<'_> {
    fn waiting(&self) -> Option<&str> {
        filled(&self.waiting.as_ref()?.reason)
    }
}

impl Terminated<'_> {
    fn failed(&self) -> bool {
        self.exit_code.unwrap_or_default() != 0
    }

    fn word(&self) -> Cow<'_, str> {
        match (filled(&self.reason), self.signal.unwrap_or_default()) {
            (Some(reason), _) => Cow::Borrowed(reason),
            (None, 0) => Cow::Owned(format!("ExitCode:{}", self.exit_code.unwrap_or_default())),
            (None, signal) => Cow::Owned(format!("Signal:{signal}")),
        }
    }
}

impl<'a> HasMeta<'a> for Pod<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for Pods {
    type Object<'a> = Pod<'a>;

    const NAMES: Names =
        Names { group: "", version: "v1", resource: "pods", kind: "Pod", singular: "pod", short_names: &["po"], namespaced: true };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("READY", |p| summary(p).ready()),
        col("STATUS", |p| summary(p).status(p)),
        col("RESTARTS", |p| summary(p).restarts()),
        age(),
        joined("CPU", &usage::POD_CPU),
        joined("CPU%", &usage::POD_CPU_SHARE),
        joined("MEM", &usage::POD_MEMORY),
        joined("MEM%", &usage::POD_MEMORY_SHARE),
        own(wide("IP", |p| Value::text(text(&p.status.pod_ip)))),
        screen("NODE", |p| Value::text(text(&p.spec.node_name))),
        wide("NOMINATED NODE", |p| Value::text(text(&p.status.nominated_node_name))),
        wide("READINESS GATES", |p| gates(p)),
    ];

    fn health(pod: &Pod<'_>) -> Health {
        summary(pod).health(pod)
    }

    fn facts(pod: &Pod<'_>, words: &mut Dictionary) -> Facts {
        Facts::Pod(Box::new(trouble::facts(pod, words)))
    }
}

/// What READY, STATUS and RESTARTS say.
struct Summary<'o> {
    ready: u32,
    containers: u32,
    word: Cow<'o, str>,
    restarts: Restarts,
}

impl<'o> Summary<'o> {
    fn ready(self) -> Value<'o> {
        Value::Ratio(self.ready, self.containers)
    }

    fn status(self, pod: &Pod<'_>) -> Value<'o> {
        let health = self.health(pod);
        Value::Status(self.word, health)
    }

    fn restarts(self) -> Value<'o> {
        let Restarts { count, last } = self.restarts;
        Value::Restarts(count, last.filter(|_| count > 0))
    }

    /// Judged by what STATUS says, and for a running pod by whether it is ready, which a failed node or a readiness gate can deny.
    fn health(&self, pod: &Pod<'_>) -> Health {
        let denied = |kind| has(&pod.status.conditions, kind, "False");
        match (&*self.word, phase(pod)) {
            // A kubelet that ends a pod says of its containers too that they are not ready. Here only the node controller has spoken.
            ("Terminating", _) if self.ready == self.containers && denied("Ready") && each(&pod.spec.readiness_gates).next().is_none() => {
                Health::Warn
            }
            ("Terminating" | "", _) => Health::Busy,
            ("SchedulingGated", _) | (_, "Succeeded") => Health::Done,
            ("Unknown", _) | (_, "Failed") => Health::Bad,
            ("Running", _) if self.ready == self.containers && !denied("Ready") => Health::Ok,
            ("Running" | "NotReady", _) => Health::Warn,
            ("Pending", _) if denied("PodScheduled") => Health::Warn,
            // A container that has ended well is about to be restarted, or the pod about to succeed.
            ("Pending" | "ContainerCreating" | "PodInitializing" | "Completed" | "ExitCode:0", _) => Health::Busy,
            // Init:1/2; anything else after the colon is a failure.
            (word, _) if word.starts_with("Init:") && word.contains('/') => Health::Busy,
            // A phase that this version does not know.
            (word, phase) if word == phase => Health::Warn,
            // Reasons: the kubelet gives none to a container that does well.
            _ => Health::Bad,
        }
    }
}

#[derive(Copy, Clone, Default)]
struct Restarts {
    count: u32,
    last: Option<Timestamp>,
}

impl Restarts {
    fn add(&mut self, container: &ContainerStatus<'_>) {
        self.count = self.count.saturating_add(container.restart_count.unwrap_or_default());
        self.last = self.last.max(container.last_state.terminated.as_ref().and_then(|t| time(&t.finished_at)));
    }
}

fn summary<'o>(pod: &'o Pod<'_>) -> Summary<'o> {
    let (spec, status) = (&pod.spec, &pod.status);
    let containers = each(&spec.containers).count() + each(&spec.init_containers).filter(|c| c.is_sidecar()).count();
    let init = init(pod);
    let mut summary =
        Summary { ready: init.ready_sidecars, containers: containers as u32, word: Cow::Borrowed(phase(pod)), restarts: init.restarts };
    if let Some(reason) = filled(&status.reason) {
        summary.word = Cow::Borrowed(reason);
    }
    if each(&status.conditions).any(|c| text(&c.kind) == Some("PodScheduled") && text(&c.reason) == Some("SchedulingGated")) {
        summary.word = Cow::Borrowed("SchedulingGated");
    }
    let initializing = init.word.is_some();
    if let Some(word) = init.word {
        summary.word = word;
    }
    if !initializing || has(&status.conditions, "Initialized", "True") {
        summary.restarts = init.restarts_of_sidecars;
        main(pod, &mut summary);
    }
    if pod.metadata.deletion_timestamp.is_some() {
        if text(&status.reason) == Some("NodeLost") {
            summary.word = Cow::Borrowed("Unknown");
        } else if !matches!(phase(pod), "Succeeded" | "Failed") {
            summary.word = Cow::Borrowed("Terminating");
        }
    }
    summary
}

/// How far the init containers are.
#[derive(Default)]
struct Init<'o> {
    /// What the first one that is not done is at; `None` once all are done or, as sidecars, started.
    word: Option<Cow<'o, str>>,
    ready_sidecars: u32,
    restarts: Restarts,
    restarts_of_sidecars: Restarts,
}

fn init<'o>(pod: &'o Pod<'_>) -> Init<'o> {
    let specs = || each(&pod.spec.init_containers);
    let mut init = Init::default();
    for (i, container) in each(&pod.status.init_container_statuses).enumerate() {
        let sidecar = specs().any(|s| s.is_sidecar() && text(&s.name) == text(&container.name));
        init.restarts.add(container);
        if sidecar {
            init.restarts_of_sidecars.add(container);
        }
        init.word = match &container.state.terminated {
            Some(end) if !end.failed() => continue,
            _ if sidecar && container.started == Some(true) => {
                init.ready_sidecars += u32::from(container.ready == Some(true));
                continue;
            }
            Some(end) => Some(Cow::Owned(format!("Init:{}", end.word()))),
            None => match container.state.waiting() {
                Some(reason) if reason != "PodInitializing" => Some(Cow::Owned(format!("Init:{reason}"))),
                _ => Some(Cow::Owned(format!("Init:{i}/{}", specs().count()))),
            },
        };
        break;
    }
    init
}

/// The containers proper. The first one with something to say gives the word.
fn main<'o>(pod: &'o Pod<'_>, summary: &mut Summary<'o>) {
    let (mut running, mut error) = (false, None);
    for container in each(&pod.status.container_statuses).rev() {
        summary.restarts.add(container);
        if let Some(reason) = container.state.waiting() {
            summary.word = Cow::Borrowed(reason);
        } else if let Some(end) = &container.state.terminated {
            summary.word = end.word();
            if end.failed() {
                error = Some(end.word());
            }
        } else if container.ready == Some(true) && container.state.running.is_some() {
            running = true;
            summary.ready += 1;
        }
    }
    // One container has completed; the pod may still have others to speak for it.
    if summary.word == "Completed" {
        match error {
            _ if running && has(&pod.status.conditions, "Ready", "True") => summary.word = Cow::Borrowed("Running"),
            Some(error) => summary.word = error,
            None if running => summary.word = Cow::Borrowed("NotReady"),
            None => {}
        }
    }
}

fn gates<'o>(pod: &'o Pod<'_>) -> Value<'o> {
    let gates = || each(&pod.spec.readiness_gates);
    let open = gates().filter(|g| has(&pod.status.conditions, text(&g.condition_type).unwrap_or_default(), "True"));
    match gates().count() {
        0 => Value::None,
        all => Value::Ratio(open.count() as u32, all as u32),
    }
}

fn phase<'o>(pod: &'o Pod<'_>) -> &'o str {
    text(&pod.status.phase).unwrap_or_default()
}
