//! What health judges a pod by.

use super::{ContainerStatus, Pod, phase};
use crate::kinds::object::{condition, each, filled, has, text, time};
use crate::kinds::resources;
use crate::model::facts::{ContainerTrouble, Ended, PodFacts, PodTrouble};
use crate::model::words::{Dictionary, Sym};

/// Why a container waits that is on its way: nothing is wrong yet.
const STARTING: &[&str] = &["ContainerCreating", "PodInitializing"];

pub(super) fn facts(pod: &Pod<'_>, words: &mut Dictionary) -> PodFacts {
    let spec = &pod.spec;
    let init = each(&spec.init_containers).map(|c| (&c.resources, c.is_sidecar()));
    let (requests, limits) = resources::of_pod(&spec.resources, each(&spec.containers).map(|c| &c.resources), init);
    let claims = each(&spec.volumes).filter_map(|v| filled(&v.persistent_volume_claim.as_ref()?.claim_name));
    let ready = condition(&pod.status.conditions, "Ready");
    PodFacts {
        node: words.sym(text(&spec.node_name).unwrap_or_default()),
        requests,
        limits,
        ready: has(&pod.status.conditions, "Ready", "True"),
        ended: matches!(phase(pod), "Succeeded" | "Failed"),
        unprobed: each(&spec.containers).any(|c| c.readiness_probe.is_none()),
        ready_since: ready.and_then(|c| time(&c.last_transition_time)),
        restarts: statuses(pod).fold(0, |sum: u32, (c, _)| sum.saturating_add(c.restart_count.unwrap_or_default())),
        claims: claims.map(|c| words.sym(c)).collect(),
        trouble: trouble(pod, words),
    }
}

/// All containers with a status, and whether they are init containers.
fn statuses<'o, 'a>(pod: &'o Pod<'a>) -> impl Iterator<Item = (&'o ContainerStatus<'a>, bool)> {
    let init = each(&pod.status.init_container_statuses).map(|c| (c, true));
    init.chain(each(&pod.status.container_statuses).map(|c| (c, false)))
}

fn trouble(pod: &Pod<'_>, words: &mut Dictionary) -> Option<Box<PodTrouble>> {
    let status = &pod.status;
    let unscheduled = condition(&status.conditions, "PodScheduled").filter(|c| text(&c.status) == Some("False"));
    let trouble = PodTrouble {
        unscheduled: unscheduled.map(|c| c.keep(words)),
        nominated: filled(&status.nominated_node_name).is_some(),
        reason: words.sym(text(&status.reason).unwrap_or_default()),
        message: text(&status.message).unwrap_or_default().into(),
        containers: statuses(pod).filter_map(|(c, init)| container(pod, c, init, words)).collect(),
    };
    let is_any = trouble.unscheduled.is_some() || trouble.reason != Sym::EMPTY || !trouble.containers.is_empty();
    is_any.then(|| Box::new(trouble))
}

/// A container that is worth keeping more of than that it runs.
fn container(pod: &Pod<'_>, status: &ContainerStatus<'_>, init: bool, words: &mut Dictionary) -> Option<ContainerTrouble> {
    let ready = status.ready.unwrap_or_default();
    let waiting = status.state.waiting.as_ref().filter(|w| !STARTING.contains(&text(&w.reason).unwrap_or_default()));
    let now = status.state.terminated.as_ref();
    let ended = now.filter(|t| t.failed()).or(status.last_state.terminated.as_ref());
    let restarts = status.restart_count.unwrap_or_default();
    let is_done = now.is_some_and(|t| !t.failed()) || (init && status.state.running.is_some());
    if ended.is_none() && waiting.is_none() && restarts == 0 && (ready || is_done || status.state.running.is_none()) {
        return None;
    }
    Some(ContainerTrouble {
        name: words.sym(text(&status.name).unwrap_or_default()),
        image: words.sym(text(&status.image).unwrap_or_default()),
        init,
        running: status.state.running.is_some(),
        since: status.state.running.as_ref().and_then(|r| time(&r.started_at)),
        started: status.state.running.is_some() && status.started.unwrap_or(true),
        memory: memory(pod, text(&status.name).unwrap_or_default()),
        ready,
        restarts,
        waiting: words.sym(waiting.and_then(|w| text(&w.reason)).unwrap_or_default()),
        message: waiting.and_then(|w| text(&w.message)).unwrap_or_default().into(),
        ended: ended.map(|t| Ended {
            code: t.exit_code.and_then(|c| i32::try_from(c).ok()).unwrap_or_default(),
            reason: words.sym(&t.word()),
            message: text(&t.message).unwrap_or_default().into(),
            at: time(&t.finished_at),
        }),
    })
}

/// Bytes of memory that the container of a name may take.
fn memory(pod: &Pod<'_>, name: &str) -> u64 {
    let init = each(&pod.spec.init_containers).map(|c| (text(&c.name), &c.resources));
    let mut all = each(&pod.spec.containers).map(|c| (text(&c.name), &c.resources)).chain(init);
    all.find(|(n, _)| *n == Some(name)).map_or(0, |(_, resources)| resources.limits().memory)
}
