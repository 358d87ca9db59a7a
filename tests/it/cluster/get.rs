//! `kconsole get` prints what kubectl prints of each cluster, merged.

use super::{apply, clusters, columns, command, kconsole, on_demo, on_real, printed, rows};
use crate::rig::cluster::kubectl;
use crate::rig::home::Home;
use crate::rig::pty::signal;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

/// A kind with columns of all sorts, among them one whose path finds no list.
const FOOS: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: foos.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: foos, singular: foo, kind: Foo, shortNames: [fo]}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    - {name: Note, type: string, jsonPath: .spec.note, priority: 1}
    - {name: Due, type: date, jsonPath: .spec.due}
    - {name: Ready, type: boolean, jsonPath: .spec.ready}
    - {name: Odd, type: string, jsonPath: '.spec.list[?(@.x=="y")].z'}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
"#;

const SOME_FOOS: &str = r#"
apiVersion: example.com/v1
kind: Foo
metadata: {name: one, namespace: shop, labels: {a: b}}
spec: {size: 3, note: hello world, due: "2020-11-20T10:00:00Z", ready: true, list: [{x: y, z: found}]}
---
apiVersion: example.com/v1
kind: Foo
metadata: {name: two, namespace: shop}
spec: {size: "text", due: "not a date", list: {}}
---
apiVersion: example.com/v1
kind: Foo
metadata: {name: three, namespace: default}
spec: {due: "2099-11-20T10:00:00Z"}
"#;

/// Pods that no node takes, and what is said of them.
const STATES: &[(&str, &str)] = &[
    ("pending", r#"{"phase":"Pending"}"#),
    (
        "crashing",
        r#"{"phase":"Running","containerStatuses":[{"name":"a","image":"x","imageID":"","ready":false,"restartCount":7,
        "state":{"waiting":{"reason":"CrashLoopBackOff"}},
        "lastState":{"terminated":{"exitCode":1,"reason":"Error","finishedAt":"2026-01-01T00:00:00Z"}}},
        {"name":"b","image":"x","imageID":"","ready":true,"restartCount":0,"state":{"running":{}}}]}"#,
    ),
    (
        "no-image",
        r#"{"phase":"Pending","containerStatuses":[{"name":"a","image":"x","imageID":"","ready":false,"restartCount":0,
        "state":{"waiting":{"reason":"ImagePullBackOff"}}}]}"#,
    ),
    (
        "starting",
        r#"{"phase":"Pending","initContainerStatuses":[{"name":"i","image":"x","imageID":"","ready":false,"restartCount":0,
        "state":{"running":{}}}]}"#,
    ),
    (
        "stuck",
        r#"{"phase":"Pending","initContainerStatuses":[{"name":"i","image":"x","imageID":"","ready":false,"restartCount":3,
        "state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}"#,
    ),
    ("evicted", r#"{"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory."}"#),
    (
        "completed",
        r#"{"phase":"Succeeded","containerStatuses":[{"name":"a","image":"x","imageID":"","ready":false,"restartCount":0,
        "state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]}"#,
    ),
    (
        "killed",
        r#"{"phase":"Failed","containerStatuses":[{"name":"a","image":"x","imageID":"","ready":false,"restartCount":0,
        "state":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}"#,
    ),
    ("terminating", r#"{"phase":"Running"}"#),
];

/// One of them. What is being deleted has a node, or the controllers would call it failed.
fn pod(context: &str, name: &str) -> String {
    let node = if name == "terminating" { "nodeName: absent" } else { "nodeSelector: {no: node}" };
    format!(
        "---\napiVersion: v1\nkind: Pod\n\
         metadata: {{name: {context}-{name}, namespace: shop, labels: {{state: {name}}}, finalizers: [test.kconsole/keep]}}\n\
         spec: {{{node}, initContainers: [{{name: i, image: x}}], containers: [{{name: a, image: x}}, {{name: b, image: x}}]}}\n"
    )
}

/// Fills a cluster with what the tests here look at.
fn fill(clusters: &Path, context: &str) {
    let pods: String = STATES.iter().map(|(name, _)| pod(context, name)).collect();
    apply(clusters, context, FOOS);
    kubectl(clusters, &["--context", context, "wait", "--for=condition=Established", "crd/foos.example.com"]);
    apply(clusters, context, SOME_FOOS);
    apply(clusters, context, &pods);
    for (name, status) in STATES {
        let patch = format!(r#"{{"status":{status}}}"#);
        let pod = format!("{context}-{name}");
        kubectl(
            clusters,
            &["--context", context, "-n", "shop", "patch", "pod", &pod, "--subresource=status", "--type=merge", "-p", &patch],
        );
    }
    let terminating = format!("{context}-terminating");
    kubectl(clusters, &["--context", context, "-n", "shop", "delete", "pod", &terminating, "--wait=false"]);
    apply(
        clusters,
        context,
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n\
         spec: {replicas: 3, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: x, image: nginx}]}}}\n\
         ---\napiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: shop}\nstringData: {password: hunter2-in-the-clear}\n\
         ---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata: {a: b, c: d}\n",
    );
    kubectl(clusters, &["--context", context, "-n", "shop", "rollout", "status", "deployment/web", "--timeout=60s"]);
}

/// Lets the pods go that nothing else would end.
fn empty(clusters: &Path, context: &str) {
    for (name, _) in STATES {
        let pod = format!("{context}-{name}");
        let patch = r#"{"metadata":{"finalizers":null}}"#;
        kubectl(clusters, &["--context", context, "-n", "shop", "patch", "pod", &pod, "--type=merge", "-p", patch]);
        kubectl(clusters, &["--context", context, "-n", "shop", "delete", "pod", &pod, "--now", "--ignore-not-found"]);
    }
    kubectl(clusters, &["--context", context, "delete", "crd", "foos.example.com"]);
    kubectl(clusters, &["--context", context, "-n", "shop", "delete", "deployment/web", "secret/key", "configmap/settings"]);
}

/// What kubectl prints of both clusters, in these columns.
fn union(clusters: &Path, args: &[&str], titles: &[&str]) -> Vec<Vec<String>> {
    let of = |context: &str| {
        let out = kubectl(clusters, &[&["--context", context, "get"], args].concat());
        columns(&out, titles).into_iter().map(|row| [vec![context.to_owned()], row].concat()).collect::<Vec<_>>()
    };
    let mut all = [of("alpha"), of("beta")].concat();
    all.sort_unstable();
    all
}

fn assert_parity(clusters: &Path, args: &[&str], titles: &[&str]) {
    same(args, || {
        let ours = printed(clusters, &[&["get"], args, &["--context", "alpha,beta"]].concat());
        let theirs = union(clusters, args, titles);
        assert!(!theirs.is_empty(), "{args:?}: nothing to compare");
        (columns(&ours, &[&["CLUSTER"], titles].concat()), theirs)
    });
}

/// Looks at ours and kubectl's until they are the same: where a cluster lives, something may change between the two.
fn same<T: PartialEq + std::fmt::Debug>(args: &[&str], look: impl Fn() -> (T, T)) {
    let mut looks = 0..3;
    loop {
        let (ours, theirs) = look();
        if ours == theirs {
            return;
        }
        assert!(looks.next().is_some(), "{args:?}:\n{ours:#?}\nand kubectl:\n{theirs:#?}");
    }
}

#[test]
fn rows_are_those_that_kubectl_prints_of_each_cluster() {
    on_real(parity);
}

#[test]
fn rows_are_those_that_kubectl_prints_of_each_demo_cluster() {
    on_demo(parity);
}

fn parity(clusters: &Path) {
    ["alpha", "beta"].iter().for_each(|c| fill(clusters, c));
    let pod = ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS"];
    assert_parity(clusters, &["pods", "-A"], &pod);
    assert_parity(clusters, &["pods", "-A", "-o", "wide"], &[&pod[..], &["IP", "NODE", "NOMINATED NODE", "READINESS GATES"]].concat());
    assert_parity(clusters, &["pods", "-A", "-l", "state in (crashing,stuck)"], &pod);
    assert_parity(clusters, &["po", "-n", "shop"], &pod[1..]);
    assert_parity(clusters, &["pods.v1.", "-n", "shop"], &pod[1..]);
    assert_parity(clusters, &["nodes"], &["NAME", "STATUS", "ROLES", "VERSION"]);
    assert_parity(clusters, &["deployments", "-A"], &["NAMESPACE", "NAME", "READY", "UP-TO-DATE", "AVAILABLE"]);
    assert_parity(clusters, &["deploy", "web", "-n", "shop", "-o", "wide"], &["NAME", "READY", "CONTAINERS", "IMAGES", "SELECTOR"]);
    assert_parity(clusters, &["replicasets", "-A"], &["NAMESPACE", "NAME", "DESIRED", "CURRENT", "READY"]);
    assert_parity(clusters, &["namespaces"], &["NAME", "STATUS"]);
    assert_parity(clusters, &["events", "-A"], &["NAMESPACE", "TYPE", "REASON", "OBJECT", "MESSAGE"]);
    assert_parity(clusters, &["secrets", "-n", "shop"], &["NAME", "TYPE", "DATA"]);
    assert_parity(clusters, &["cm", "-A"], &["NAMESPACE", "NAME", "DATA"]);
    assert_parity(clusters, &["clusterroles"], &["NAME"]);
    assert_parity(clusters, &["svc", "-A"], &["NAMESPACE", "NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)"]);
    let titles = ["NAMESPACE", "NAME", "SIZE", "DUE", "READY", "ODD"];
    assert_parity(clusters, &["foos", "-A"], &titles);
    assert_parity(clusters, &["fo", "-A", "-o", "wide"], &[&titles[..], &["NOTE"]].concat());
    assert_parity(clusters, &["foo.example.com", "-n", "shop", "-l", "a=b"], &titles[1..]);
    assert_parity(clusters, &["foos.v1.example.com", "one", "-n", "shop"], &titles[1..]);
    let states = printed(clusters, &["get", "pods", "-n", "shop", "--context", "alpha"]);
    for state in
        ["Terminating", "Evicted", "Completed", "OOMKilled", "CrashLoopBackOff", "Init:0/1", "Init:CrashLoopBackOff", "ImagePullBackOff"]
    {
        assert!(states.contains(&format!(" {state} ")), "no pod is {state}:\n{states}");
    }
    forms(clusters);
    namespaces(clusters);
    no_values(clusters);
    failures(clusters);
    ["alpha", "beta"].iter().for_each(|c| empty(clusters, c));
}

/// Names, and rows with typed cells.
fn forms(clusters: &Path) {
    let names = printed(clusters, &["get", "deploy", "-n", "shop", "-o", "name", "--context", "alpha"]);
    assert_eq!(names, kubectl(clusters, &["--context", "alpha", "get", "deploy", "-n", "shop", "-o", "name"]));
    let json = printed(clusters, &["get", "pods", "-A", "-o", "json", "--context", "alpha,beta"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).expect("it is JSON");
    let crashing = rows.iter().find(|r| r["name"] == "beta-crashing").expect("it is among them");
    assert_eq!((&crashing["cluster"], &crashing["namespace"], &crashing["kind"]), (&"beta".into(), &"shop".into(), &"pods".into()));
    assert_eq!(crashing["cells"]["READY"], serde_json::json!({"have": 1, "want": 2}));
    assert_eq!(crashing["cells"]["RESTARTS"], serde_json::json!({"count": 7, "last": "2026-01-01T00:00:00Z"}));
    assert_eq!(crashing["cells"]["STATUS"], "CrashLoopBackOff");
    let yaml = printed(clusters, &["get", "foos", "one", "-n", "shop", "-o", "yaml", "--context", "alpha"]);
    let rows: serde_json::Value = serde_yaml::from_str(&yaml).expect("it is YAML");
    assert_eq!((&rows[0]["cells"]["SIZE"], &rows[0]["cells"]["NOTE"]), (&3.into(), &"hello world".into()));
}

/// Without -n, each context's own namespace; with several, all of them.
fn namespaces(clusters: &Path) {
    let shop = ["NAME", "READY", "STATUS"];
    same(&["pods"], || {
        let own = printed(clusters, &["get", "pods", "--context", "alpha-viewer"]);
        assert!(!own.contains("NAMESPACE") && !own.contains("CLUSTER"), "{own}");
        (columns(&own, &shop), columns(&kubectl(clusters, &["--context", "alpha", "get", "pods", "-n", "shop"]), &shop))
    });
    let two = printed(clusters, &["get", "foos", "-n", "shop,default", "--context", "alpha"]);
    let titles = ["NAMESPACE", "NAME"];
    assert_eq!(columns(&two, &titles), columns(&kubectl(clusters, &["--context", "alpha", "get", "foos", "-A"]), &titles));
    let none = kconsole(clusters, &["get", "deploy", "--context", "gamma", "-n", "default"]);
    assert_eq!((none.code, none.out.as_str(), none.err.trim()), (0, "", "no deploy found in namespace default"));
}

fn no_values(clusters: &Path) {
    for form in ["table", "wide", "json", "yaml", "name"] {
        let out = printed(clusters, &["get", "secrets", "-A", "-o", form, "--context", "alpha"]);
        assert!(out.contains("key") && !out.contains("hunter2") && !out.contains("aHVudGVyMi"), "{out}");
    }
}

/// What cannot be had makes exit 1, and costs nobody else.
fn failures(clusters: &Path) {
    let unknown = kconsole(clusters, &["get", "podz", "--context", "alpha"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (1, ""));
    assert_eq!(unknown.err.trim(), "kconsole: alpha: the server serves no kind called podz; did you mean pods?");
    let missing = kconsole(clusters, &["get", "foos", "-A", "--context", "alpha,gamma"]);
    assert_eq!((missing.code, rows(&missing.out).len()), (1, 3), "{}", missing.out);
    assert_eq!(missing.err.trim(), "kconsole: gamma: the server serves no kind called foos");
    let nobody = kconsole(clusters, &["get", "foos", "nothing", "-n", "shop", "--context", "alpha"]);
    assert_eq!((nobody.code, nobody.out.as_str(), nobody.err.trim()), (1, "", "kconsole: no foos called nothing in namespace shop"));
    let selector = kconsole(clusters, &["get", "pods", "-l", "app in (web", "--context", "alpha"]);
    assert_eq!((selector.code, selector.out.as_str()), (1, ""));
    assert!(selector.err.contains("unable to parse requirement"), "{}", selector.err);
    let users = kconsole(clusters, &["get", "pods", "-A", "--context", "alpha,beta-nobody,gamma-expired"]);
    assert_eq!((users.code, rows(&users.out).iter().all(|r| r["CLUSTER"] == "alpha")), (1, true), "{}", users.out);
    assert!(
        users.err.contains("kconsole: beta-nobody: forbidden: ") && users.err.contains("kconsole: gamma-expired: unauthorised: "),
        "{}",
        users.err
    );
    let twin = kconsole(clusters, &["get", "pods", "-A", "--context", "alpha,alpha-viewer"]);
    assert_eq!((twin.code, rows(&twin.out).len()), (1, rows(&users.out).len()), "{}", twin.out);
    assert!(twin.err.contains("kconsole: alpha-viewer: is the same cluster as alpha, which is open"), "{}", twin.err);
}

#[test]
fn a_dead_cluster_costs_nobody_else() {
    let Some(clusters) = clusters() else { return };
    apply(&clusters, "alpha", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: there, namespace: shop}\n");
    clusters.kill("beta");
    let dead = kconsole(&clusters, &["get", "cm", "-n", "shop", "--context", "alpha,beta"]);
    clusters.start("beta");
    assert_eq!((dead.code, rows(&dead.out).iter().any(|r| r["NAME"] == "there")), (1, true), "{}", dead.out);
    assert!(dead.err.contains("kconsole: beta: unreachable: connection re"), "{}", dead.err);
    clusters.kubectl(&["--context", "alpha", "-n", "shop", "delete", "cm", "there"]);
}

#[test]
fn a_watch_prints_what_is_new_and_what_changes() {
    on_real(watch);
}

#[test]
fn a_watch_of_demo_clusters_prints_what_is_new_and_what_changes() {
    on_demo(watch);
}

fn watch(clusters: &Path) {
    let home = Home::new();
    let mut child = command(&home, clusters, &["get", "pods", "-n", "default", "-w", "--context", "alpha,beta"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kconsole starts");
    // It says on stderr that there is nothing yet: from then on it watches.
    let mut said = BufReader::new(child.stderr.take().expect("piped")).lines();
    assert_eq!(said.next().expect("a line").expect("UTF-8"), "no pods found in namespace default");
    apply(
        clusters,
        "beta",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: fresh, namespace: default}\nspec: {nodeSelector: {no: node}, containers: [{name: a, image: x}]}\n",
    );
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map(|l| l.expect("UTF-8"));
    let mut until = |wanted: &[&str]| lines.find(|line| line.split_whitespace().take(wanted.len()).eq(wanted.iter().copied()));
    assert!(until(&["CLUSTER", "NAME", "READY", "STATUS"]).is_some());
    assert!(until(&["beta", "fresh", "0/1", "Pending"]).is_some());
    let status = r#"{"status":{"phase":"Failed","reason":"Evicted"}}"#;
    kubectl(
        clusters,
        &["--context", "beta", "-n", "default", "patch", "pod", "fresh", "--subresource=status", "--type=merge", "-p", status],
    );
    assert!(until(&["beta", "fresh", "0/1", "Evicted"]).is_some());
    signal("TERM", child.id());
    assert_eq!(child.wait().expect("it ends").code(), Some(143));
    kubectl(clusters, &["--context", "beta", "-n", "default", "delete", "pod", "fresh", "--now"]);
}
