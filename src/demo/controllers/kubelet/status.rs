//! How far a pod is, written as its status: phase, conditions and containers, in the fields and words of `pkg/kubelet/status`.

use crate::demo::controllers::condition;
use crate::demo::json::{Millis, int, list, or_set, remove, set, stamp, text};
use crate::demo::world::image::{Reference, hash};
use crate::demo::world::life::{Ended, Life, Run, State};
use serde_json::{Map, Value, json};

/// Writes the status of a pod whose life stands so, on a machine of this address.
pub(super) fn write(pod: &mut Value, life: &Life, host: &str, now: Millis) {
    let phase = phase(pod, life);
    let generation = int(pod, "/metadata/generation").unwrap_or(1);
    set(pod, "/status/observedGeneration", generation);
    set(pod, "/status/phase", phase);
    conditions(pod, life, phase, now);
    or_set(pod, "/status/hostIP", host);
    or_set(pod, "/status/hostIPs", json!([{"ip": host}]));
    // The address is there once the sandbox is: with the first container that gets so far.
    if life.all().any(|r| !r.id.is_empty() || matches!(r.state, State::NoImage { .. })) {
        or_set(pod, "/status/podIP", life.address.as_str());
        or_set(pod, "/status/podIPs", json!([{"ip": life.address}]));
    }
    or_set(pod, "/status/startTime", stamp(life.since));
    let starting = life.inits.iter().any(|r| !r.done());
    for (place, specs, runs) in [
        ("/status/initContainerStatuses", "/spec/initContainers", &life.inits),
        ("/status/containerStatuses", "/spec/containers", &life.runs),
    ] {
        if !runs.is_empty() {
            let init = place.contains("init");
            let all: Vec<Value> = list(pod, specs).iter().zip(runs).map(|(c, run)| container(pod, c, run, starting, init)).collect();
            set(pod, place, all);
        }
    }
    added(pod, now);
    // It stands last in PodStatus.
    let class = remove(pod, "/status/qosClass").unwrap_or_else(|| quality(pod).into());
    set(pod, "/status/qosClass", class);
}

/// Containers that were added to a pod that runs. They run at once and for good: nobody here watches how their images come.
fn added(pod: &mut Value, now: Millis) {
    let known = list(pod, "/status/ephemeralContainerStatuses").to_vec();
    let is_known = |c: &&Value| known.iter().any(|k| k.get("name") == c.get("name"));
    let new = list(pod, "/spec/ephemeralContainers").iter().filter(|c| !is_known(c)).map(|c| {
        let image = text(c, "/image").unwrap_or_default();
        let id = format!("containerd://{:064x}", hash(&format!("{}{}", text(pod, "/metadata/uid").unwrap_or_default(), c)));
        json!({"name": text(c, "/name"), "state": {"running": {"startedAt": stamp(now)}}, "lastState": {}, "ready": false, "restartCount": 0,
            "image": Reference::parse(image).map_or_else(|_| image.to_owned(), |r| r.whole()), "imageID": image, "containerID": id})
    });
    let new: Vec<Value> = new.collect();
    if !new.is_empty() {
        set(pod, "/status/ephemeralContainerStatuses", [known, new].concat());
    }
}

/// `getPhase` of kubelet.
fn phase(pod: &Value, life: &Life) -> &'static str {
    let ended = |r: &Run| r.done() || r.state == State::Blocked;
    if life.inits.iter().any(|r| r.done() && r.end().is_some_and(|e| e.code != 0)) {
        return "Failed";
    }
    let started = life.runs.iter().any(|r| !r.id.is_empty());
    if !started {
        return "Pending";
    }
    let always = text(pod, "/spec/restartPolicy").is_none_or(|p| p == "Always");
    if always || !life.runs.iter().all(ended) {
        let waits = life.runs.iter().any(|r| r.id.is_empty());
        return if waits { "Pending" } else { "Running" };
    }
    if life.runs.iter().all(|r| r.end().is_some_and(|e| e.code == 0)) { "Succeeded" } else { "Failed" }
}

fn conditions(pod: &mut Value, life: &Life, phase: &str, now: Millis) {
    let sandbox = life.all().any(|r| r.state != State::Blocked && r.state != State::Look) && !matches!(phase, "Succeeded" | "Failed");
    condition::put(pod, now, "PodReadyToStartContainers", if sandbox { "True" } else { "False" }, "", "");
    let done = phase == "Succeeded";
    let waiting = names(pod, "/spec/initContainers", &life.inits, |r, sidecar| if sidecar { r.ready } else { r.done() });
    let unready = names(pod, "/spec/containers", &life.runs, |r, _| r.ready && life.stops.is_none());
    if waiting.is_empty() || life.runs.iter().any(|r| !r.id.is_empty()) {
        condition::put(pod, now, "Initialized", "True", if done { "PodCompleted" } else { "" }, "");
    } else {
        let message = format!("containers with incomplete status: [{}]", waiting.join(" "));
        condition::put(pod, now, "Initialized", "False", "ContainersNotInitialized", &message);
    }
    let message = format!("containers with unready status: [{}]", unready.join(" "));
    for sort in ["Ready", "ContainersReady"] {
        match phase {
            "Succeeded" => condition::put(pod, now, sort, "False", "PodCompleted", ""),
            "Failed" => condition::put(pod, now, sort, "False", "PodFailed", ""),
            _ if unready.is_empty() => condition::put(pod, now, sort, "True", "", ""),
            _ => condition::put(pod, now, sort, "False", "ContainersNotReady", &message),
        }
    }
    condition::put(pod, now, "PodScheduled", "True", "", "");
}

/// The names of the containers that are not so.
fn names(pod: &Value, place: &str, runs: &[Run], so: impl Fn(&Run, bool) -> bool) -> Vec<String> {
    let sidecar = |c: &Value| text(c, "/restartPolicy") == Some("Always");
    let not = list(pod, place).iter().zip(runs).filter(|(c, r)| !so(r, sidecar(c)));
    not.map(|(c, _)| text(c, "/name").unwrap_or_default().to_owned()).collect()
}

/// A `ContainerStatus`.
fn container(pod: &Value, spec: &Value, run: &Run, starting: bool, init: bool) -> Value {
    let reference = Reference::parse(&run.image).ok().filter(|_| !run.id.is_empty());
    let image = reference.as_ref().filter(|r| r.digest.is_empty()).map_or_else(|| run.image.clone(), Reference::whole);
    let mut status = json!({
        "name": text(spec, "/name"), "state": state(pod, spec, run, starting),
        "lastState": {},
        "ready": if init && run.done() { run.end().is_some_and(|e| e.code == 0) } else { run.ready },
        "restartCount": run.restarts, "image": image, "imageID": reference.map(|r| r.id()).unwrap_or_default(),
    });
    if let Some(last) = run.last.as_ref().filter(|_| run.state != State::Ended && (run.restarts > 0 || run.state == State::BackOff)) {
        set(&mut status, "/lastState", terminated(last));
    }
    if !run.id.is_empty() {
        set(&mut status, "/containerID", run.id.as_str());
    }
    set(&mut status, "/started", run.state == State::Running);
    let resources = spec.get("resources").filter(|r| r.as_object().is_some_and(|r| !r.is_empty()) && !run.id.is_empty());
    if let Some(resources) = resources {
        if let Some(requests) = resources.get("requests") {
            set(&mut status, "/allocatedResources", requests.clone());
        }
        set(&mut status, "/resources", resources.clone());
    }
    status
}

/// A `ContainerState`.
fn state(pod: &Value, spec: &Value, run: &Run, starting: bool) -> Value {
    let waiting = |reason: &str, message: &str| {
        let mut waiting = json!({"waiting": {"reason": reason}});
        if !message.is_empty() {
            set(&mut waiting, "/waiting/message", message);
        }
        waiting
    };
    match &run.state {
        State::Running => json!({"running": {"startedAt": stamp(run.since)}}),
        State::Ended => run.last.as_ref().map(terminated).unwrap_or_default(),
        State::NoImage { reason, message } => waiting(reason, message),
        State::BackOff => {
            let part = |place| text(pod, place).unwrap_or_default();
            let whole = format!("{}_{}({})", part("/metadata/name"), part("/metadata/namespace"), part("/metadata/uid"));
            let name = text(spec, "/name").unwrap_or_default();
            let delay = spelt(run.delay);
            waiting("CrashLoopBackOff", &format!("back-off {delay} restarting failed container={name} pod={whole}"))
        }
        State::Blocked if starting => waiting("PodInitializing", ""),
        State::Look | State::Fetch if run.restarts > 0 => run.last.as_ref().map(terminated).unwrap_or_default(),
        State::Blocked | State::Look | State::Fetch => waiting(if starting { "PodInitializing" } else { "ContainerCreating" }, ""),
    }
}

fn terminated(end: &Ended) -> Value {
    json!({"terminated": {
        "exitCode": end.code, "reason": end.reason, "startedAt": stamp(end.from), "finishedAt": stamp(end.to), "containerID": end.id,
    }})
}

/// A wait as Go prints it: `10s`, `2m40s`.
fn spelt(delay: Millis) -> String {
    let seconds = delay / 1000;
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}

/// The class of quality of service (`ComputePodQOS`): by what containers ask for and may take.
pub(super) fn quality(pod: &Value) -> &'static str {
    let empty = Map::new();
    let mut any = false;
    let mut guaranteed = true;
    for container in list(pod, "/spec/initContainers").iter().chain(list(pod, "/spec/containers")) {
        let map = |place| container.pointer(place).and_then(Value::as_object).unwrap_or(&empty);
        let (requests, limits) = (map("/resources/requests"), map("/resources/limits"));
        for resource in ["cpu", "memory"] {
            let (request, limit) = (requests.get(resource), limits.get(resource));
            any |= request.is_some() || limit.is_some();
            guaranteed &= limit.is_some() && (request.is_none() || request == limit);
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (_, true) => "Guaranteed",
        _ => "Burstable",
    }
}
