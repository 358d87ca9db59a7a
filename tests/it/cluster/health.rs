//! Trouble on a real control plane and under a real kubelet: what rules find in what those say of it, and that it is over once it is mended.
//!
//! A symptom is an object as somebody might write it, and so is its cure. Limits are a second, so that nobody waits for them.

use super::{apply, on_demo, on_real};
use crate::rig::SOON;
use crate::rig::cluster::{Node, Turn, clusters, kubectl, try_kubectl};
use crate::rig::fleet::Engine;
use kconsole::health::Limits;
use kconsole::model::finding::{Finding, Severity};
use kconsole::model::world::World;
use std::path::Path;

/// Where it all happens, and the real node there.
const CONTEXT: &str = "gamma";
const NODE: &str = "real-gamma";
/// What lets an object go that is in a namespace that was deleted.
const LET_GO: &[&str] = &["-n", "held", "patch", "configmap", "kept", "--type=merge", "-p", r#"{"metadata": {"finalizers": null}}"#];

/// What is to be found: the rule, how bad it is, kind and begin of the name, and words of what was found or of its evidence.
type Symptom<'a> = (&'static str, Severity, &'a str, &'static str);

use Severity::{Critical, Info, Warning};

/// What `health/sick.yaml` makes of a control plane whose nodes are well.
const CONTROL_PLANE: &[Symptom<'static>] = &[
    ("pods-refused", Warning, "deployments crowd", "is forbidden: exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=2"),
    ("quota-full", Warning, "resourcequotas team", "pods: 2/2"),
    ("unschedulable", Warning, "pods homeless-", "node(s) didn't match Pod's node affinity/selector"),
    ("rollout-stuck", Critical, "deployments homeless", "no node takes it: "),
    ("no-disruption", Info, "poddisruptionbudgets strict", "2 of 2 pods healthy, 2 needed"),
    ("no-endpoints", Warning, "services nobody", "selector: app=nobody"),
    ("ingress-backend", Critical, "ingresses door", "leads to service missing"),
    ("claim-pending", Warning, "persistentvolumeclaims unmade", "no volume, no storage class"),
    ("claim-pending", Warning, "persistentvolumeclaims misnamed", "storageclass.storage.k8s.io \"fsat\" not found"),
    ("job-failed", Warning, "jobs late", "Job was active longer than specified deadline"),
    ("paused", Info, "deployments resting", "rollout paused, 0/1 updated"),
];

/// Of that, what only a real control plane does.
const REAL: &[Symptom<'static>] = &[
    ("webhook-down", Critical, "deployments ward", "failed calling webhook \"pods.guard.example\""),
    ("namespace-stuck", Warning, "namespaces held", "shop.example/keep in 1 resource instances"),
    (
        "autoscaler-blind",
        Warning,
        "horizontalpodautoscalers blind",
        "failed to get cpu utilization: unable to get metrics for resource cpu",
    ),
];

/// A deployment that is sick under a kubelet.
struct Patient {
    rule: &'static str,
    severity: Severity,
    /// Kind and begin of the name of its pods.
    object: &'static str,
    words: &'static str,
    /// Its container, and what else its pods have.
    sick: (&'static str, &'static str),
    /// The same once it is cured.
    cured: (&'static str, &'static str),
}

const WELL: (&str, &str) = ("command: [sleep, '3600']", "");

const PATIENTS: &[Patient] = &[
    Patient {
        rule: "crash-loop",
        severity: Critical,
        object: "pods crashing",
        words: "exit 3",
        sick: ("command: [sh, -c, exit 3]", ""),
        cured: WELL,
    },
    Patient {
        rule: "oom-killed",
        severity: Critical,
        object: "pods greedy",
        words: "container app out of memory, limit 16Mi",
        sick: ("command: [tail, /dev/zero], resources: {limits: {memory: 16Mi}}", ""),
        cured: WELL,
    },
    Patient {
        rule: "readiness",
        severity: Warning,
        object: "pods unready",
        words: "Readiness probe failed: not yet",
        sick: ("command: [sleep, '3600'], readinessProbe: {exec: {command: [sh, -c, echo not yet; exit 1]}, periodSeconds: 1}", ""),
        cured: ("command: [sleep, '3600'], readinessProbe: {exec: {command: ['true']}, periodSeconds: 1}", ""),
    },
    Patient {
        rule: "liveness",
        severity: Critical,
        object: "pods hanging",
        words: "Liveness probe failed: no answer",
        sick: (
            "command: [sleep, '3600'], livenessProbe: {exec: {command: [sh, -c, echo no answer; exit 1]}, periodSeconds: 1, failureThreshold: 1}",
            "",
        ),
        cured: WELL,
    },
    Patient {
        rule: "image-pull",
        severity: Critical,
        object: "pods imageless",
        words: "dial tcp 127.0.0.1:1: connect: connection refused",
        sick: ("image: '127.0.0.1:1/nosuch:1'", ""),
        cured: WELL,
    },
    Patient {
        rule: "container-config",
        severity: Critical,
        object: "pods unset",
        words: "configmap \"nosuch\" not found",
        sick: ("command: [sleep, '3600'], envFrom: [{configMapRef: {name: nosuch}}]", ""),
        cured: WELL,
    },
    Patient {
        rule: "container-config",
        severity: Critical,
        object: "pods misspelt",
        words: "exec: \"slep\": executable file not found in $PATH",
        sick: ("command: [slep, '3600']", ""),
        cured: WELL,
    },
    Patient {
        rule: "volume-mount",
        severity: Critical,
        object: "pods unmounted",
        words: "MountVolume.SetUp failed for volume \"settings\" : configmap \"nosuch\" not found",
        sick: ("volumeMounts: [{name: settings, mountPath: /settings}]", "volumes: [{name: settings, configMap: {name: nosuch}}]"),
        cured: WELL,
    },
];

/// A deployment whose pods have this container and are on the real node, which takes no others.
fn deployment(patient: &Patient, (container, more): (&str, &str)) -> String {
    let name = patient.object.trim_start_matches("pods ");
    let image = if container.contains("image: ") { "" } else { "image: 'docker.io/local/busybox:1', " };
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, labels: {{ward: kubelet}}}}\nspec:\n  strategy: {{type: Recreate}}\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{\
         nodeSelector: {{kubernetes.io/hostname: {NODE}}}, tolerations: [{{operator: Exists}}], terminationGracePeriodSeconds: 0, \
         containers: [{{name: app, imagePullPolicy: IfNotPresent, {image}{container}}}]{more}}}\n---\n"
    )
}

const FAILED: Symptom<'static> = ("job-failed", Warning, "jobs failing", "failed: BackoffLimitExceeded, exit 5");
const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: failing, labels: {ward: kubelet}}\nspec:\n  backoffLimit: 0\n  template:\n    spec: {\
    nodeSelector: {kubernetes.io/hostname: real-gamma}, tolerations: [{operator: Exists}], restartPolicy: Never, \
    containers: [{name: app, image: 'docker.io/local/busybox:1', imagePullPolicy: Never, command: [sh, -c, exit 5]}]}\n";

fn limits() -> Limits {
    let one = Limits { readiness: 1, unscheduled: 1, terminating: 1, no_endpoints: 1, claim_pending: 1, cordoned: 1, ..Limits::default() };
    Limits { paused: 1, autoscaler_limited: 1, no_disruption: 1, replicas_missing: 1, ..one }
}

fn is(finding: &Finding, (rule, severity, object, words): &Symptom<'_>) -> bool {
    finding.rule == *rule
        && finding.severity == *severity
        && name(finding).starts_with(object)
        && [&finding.what, &finding.evidence].iter().any(|text| text.contains(words))
}

/// Kind and name.
fn name(finding: &Finding) -> String {
    format!("{} {}", finding.object.kind.resource, finding.object.name)
}

fn found(world: &World) -> impl Iterator<Item = &Finding> {
    world.findings.groups().iter().flat_map(|g| &g.findings)
}

/// Waits until each was found, be it for a moment: a container that crashes runs in between.
async fn sees(engine: &mut Engine, symptoms: &[Symptom<'_>]) {
    let mut open: Vec<&Symptom<'_>> = symptoms.iter().collect();
    let left = |world: &World| {
        open.retain(|symptom| !found(world).any(|f| is(f, symptom)));
        lines(&open)
    };
    engine.until_none("not found", SOON, left).await;
}

/// Waits until none of these rules finds anything of these objects.
async fn misses(engine: &mut Engine, symptoms: &[Symptom<'_>]) {
    let is_left = |f: &&Finding| symptoms.iter().any(|(rule, _, object, _)| f.rule == *rule && name(f).starts_with(object));
    engine.until_none("not over", SOON, |world| lines(&found(world).filter(is_left).collect::<Vec<_>>())).await;
}

fn lines(left: &[impl std::fmt::Debug]) -> String {
    left.iter().map(|l| format!("\n{l:?}")).collect()
}

/// Takes away what a test has made, however it ends.
struct Ward<'a> {
    kubeconfig: &'a Path,
    /// Commands of kubectl that do so, in order.
    gone: &'static [&'static [&'static str]],
}

impl Ward<'_> {
    fn kubectl(&self, args: &[&str]) -> String {
        kubectl(self.kubeconfig, &[&["--context", CONTEXT], args].concat())
    }

    fn apply(&self, objects: &str) {
        apply(self.kubeconfig, CONTEXT, objects);
    }
}

impl Drop for Ward<'_> {
    fn drop(&mut self) {
        for args in self.gone {
            try_kubectl(self.kubeconfig, &[&["--context", CONTEXT], *args].concat());
        }
    }
}

/// Runs to its end on a runtime of its own.
fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(test);
}

#[test]
fn a_real_control_plane_is_sick_and_cured() {
    on_real(|kubeconfig| run(control_plane(kubeconfig, true)));
}

#[test]
fn the_demo_server_is_sick_and_cured() {
    on_demo(|kubeconfig| run(control_plane(kubeconfig, false)));
}

async fn control_plane(kubeconfig: &Path, is_real: bool) {
    let ward = Ward {
        kubeconfig,
        gone: &[
            LET_GO,
            &["delete", "validatingwebhookconfiguration", "sick-guard", "--ignore-not-found"],
            &["delete", "namespace", "sick", "crowded", "guarded", "held", "--ignore-not-found", "--timeout=60s"],
            &["delete", "persistentvolume", "sick-unmade", "sick-misnamed", "--ignore-not-found"],
        ],
    };
    let nodes = ward.kubectl(&["get", "nodes", "-o", "name"]);
    let node = nodes.lines().last().expect("a node");
    let cordoned = node.replace("node/", "nodes ");
    let cordoned = ("node-cordoned", Info, cordoned.as_str(), "takes no new pods");
    let symptoms = [CONTROL_PLANE, if is_real { REAL } else { &[] }, &[cordoned]].concat();
    let mut engine = Engine::health(kubeconfig, CONTEXT, limits());
    ward.apply(include_str!("health/sick.yaml"));
    ward.kubectl(&["cordon", node]);
    if is_real {
        ward.apply(include_str!("health/real.yaml"));
        ward.kubectl(&["delete", "namespace", "held", "--wait=false"]);
    }
    sees(&mut engine, &symptoms).await;
    ward.apply(include_str!("health/cured.yaml"));
    ward.kubectl(&["uncordon", node]);
    ward.kubectl(&["-n", "sick", "delete", "job", "late"]);
    if is_real {
        ward.kubectl(LET_GO);
        ward.kubectl(&["-n", "sick", "scale", "deployment", "unmeasured", "--replicas=0"]);
        ward.kubectl(&["delete", "validatingwebhookconfiguration", "sick-guard"]);
    } else {
        // The demo binds no volume that was made by hand.
        ward.kubectl(&["-n", "sick", "delete", "pvc", "unmade", "misnamed"]);
    }
    misses(&mut engine, &symptoms).await;
}

/// Needs root, containerd and runc; says so where they are not there.
#[test]
fn a_real_kubelet_has_its_symptoms_is_cured_and_lost_and_found() {
    let Some(clusters) = clusters() else { return };
    if let Some(node) = clusters.node(CONTEXT) {
        run(kubelet(&clusters, &node));
    }
}

async fn kubelet(clusters: &Turn, node: &Node<'_>) {
    let ward =
        Ward { kubeconfig: clusters.as_ref(), gone: &[&["-n", "default", "delete", "deployments,jobs", "-l", "ward", "--wait=false"]] };
    ward.kubectl(&["taint", "node", NODE, "only=sick:NoSchedule", "--overwrite"]);
    let mut engine = Engine::health(clusters.as_ref(), CONTEXT, limits());
    let symptoms: Vec<Symptom<'_>> = PATIENTS.iter().map(|p| (p.rule, p.severity, p.object, p.words)).chain([FAILED]).collect();
    ward.apply(&PATIENTS.iter().map(|p| deployment(p, p.sick)).chain([JOB.to_owned()]).collect::<String>());
    sees(&mut engine, &symptoms).await;
    ward.apply(&PATIENTS.iter().map(|p| deployment(p, p.cured)).collect::<String>());
    ward.kubectl(&["delete", "job", "failing"]);
    misses(&mut engine, &symptoms).await;
    node.kill();
    let lost: Symptom<'_> = ("node-not-ready", Critical, "nodes real-gamma", "Kubelet stopped posting node status.");
    let left: Vec<Symptom<'_>> = PATIENTS.iter().map(|p| ("not-ready", Warning, p.object, "its node is not heard from")).collect();
    sees(&mut engine, &[&[lost], &*left].concat()).await;
    node.start();
    misses(&mut engine, &[&[lost], &*left].concat()).await;
}
