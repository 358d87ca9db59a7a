//! A container cannot be made or started the way that the pod asks for.

use crate::health::case::line;
use crate::health::{Case, Rule, Verdict};
use crate::model::facts::ContainerTrouble;
use crate::model::finding::Severity;

/// Why a container waits that cannot be made (`k8s.io/kubernetes/pkg/kubelet/kuberuntime`).
const REASONS: &[&str] = &[
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "PreCreateHookError",
    "PreStartHookError",
    "PostStartHookError",
];

/// How a container ended that the runtime could not start; the kubelet then backs off as if it had crashed.
pub(super) const NOT_STARTED: &[&str] = &["StartError", "ContainerCannotRun"];

pub(super) const RULE: Rule = Rule {
    name: "container-config",
    on: &[("", "pods")],
    means: "The image is there, but the container cannot be made or started as the pod asks for: a ConfigMap, Secret or key that it reads is missing, a mount or \
            user is refused, or its command is not in the image. Nothing of the program has run.",
    helps: &[
        "Not found: create the ConfigMap, Secret or key that the message names, or correct the name; the kubelet tries again by itself.",
        "Executable not found, no such file, permission denied: the command does not fit the image; compare it with the last release that worked.",
        "runAsNonRoot and the like: the image wants a user that the pod's security context refuses.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Some(pod) = case.pod().filter(|p| !p.ended) else { return };
    let mut all = pod.trouble.iter().flat_map(|t| &t.containers);
    let Some((container, message)) = all.find_map(|c| Some((c, why(case, c)?))) else { return };
    let init = if container.init { "init " } else { "" };
    let what = format!("{init}container {} cannot be started", case.word(container.name));
    let mut found = case.found(Severity::Critical, pod.ready_since.unwrap_or_else(|| case.created()), what);
    let told = line(message);
    // Through how many hands it went says nothing.
    let told = told.rsplit_once("unable to start container process: ").map_or(told, |(_, why)| why);
    found.evidence = if told.is_empty() { case.word(container.waiting).to_owned() } else { told.to_owned() };
    found.next = "{details} shows what it asks for, {owner} leads to the workload".to_owned();
    verdict.find(found);
}

/// Why it cannot be made or was not started, if that is so.
fn why<'a>(case: &Case<'_>, container: &'a ContainerTrouble) -> Option<&'a str> {
    if REASONS.contains(&case.word(container.waiting)) {
        return Some(&container.message);
    }
    let ended = container.ended.as_ref().filter(|e| !container.running && NOT_STARTED.contains(&case.word(e.reason)))?;
    Some(&ended.message)
}
