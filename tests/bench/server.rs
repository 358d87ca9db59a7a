//! A bare API server and its many pods, and how fast its list can be read at all.

use crate::rig::cluster::Cluster;
use futures::StreamExt;
use http::Request;
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// What a pod weighs in a list, in bytes: that of an average workload with its managed fields.
pub const POD: usize = 7_500;

/// Enough requests at once to keep a server of two cores busy, and fewer than it starts to refuse.
const PARALLEL: usize = 64;

/// The API server `alpha`.
pub struct Server {
    cluster: Cluster,
    client: Client,
    runtime: Runtime,
    padding: usize,
}

/// How long reading the streaming list took, and its size.
pub struct Read {
    pub first: Duration,
    pub whole: Duration,
    pub bytes: usize,
}

impl Server {
    /// Starts it in this folder and fills it: namespaces `ns-00` to `ns-19`, and `aaa` which stays empty and sorts before all.
    pub fn with_pods(folder: &Path, pods: usize) -> Self {
        let cluster = Cluster::up(folder, &["alpha"], true);
        let runtime = Runtime::new().expect("threads start");
        let client = runtime.block_on(connect(&cluster.kubeconfig()));
        let mut server = Self { cluster, client, runtime, padding: 0 };
        server.fill(pods);
        server
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.cluster.kubeconfig()
    }

    fn fill(&mut self, pods: usize) {
        for i in 0..20 {
            self.namespace(&format!("ns-{i:02}"));
        }
        self.namespace("aaa");
        let (client, runtime) = (&self.client, &self.runtime);
        self.padding = runtime.block_on(async {
            create(client, "ns-00", "probe", 0, 0).await;
            let probe = call(client, "GET", "/api/v1/namespaces/ns-00/pods/probe", &Value::Null).await;
            call(client, "DELETE", "/api/v1/namespaces/ns-00/pods/probe", &json!({"gracePeriodSeconds": 0})).await;
            POD.saturating_sub(probe.len())
        });
        let padding = self.padding;
        let all = futures::stream::iter(0..pods).for_each_concurrent(PARALLEL, |i| async move {
            create(client, &format!("ns-{:02}", i % 20), &format!("web-{:08x}-{i:05}", i / 50), i, padding).await;
        });
        runtime.block_on(all);
    }

    fn namespace(&self, name: &str) {
        let account = format!("/api/v1/namespaces/{name}/serviceaccounts");
        self.runtime.block_on(async {
            call(&self.client, "POST", "/api/v1/namespaces", &json!({"metadata": {"name": name}})).await;
            call(&self.client, "POST", &account, &json!({"metadata": {"name": "default"}})).await;
        });
    }

    /// Creates a pod in `aaa`; when the request was sent.
    pub fn create(&self, name: &str) -> Instant {
        let sent = Instant::now();
        let body = pod("aaa", name, 0, self.padding);
        self.runtime.block_on(call(&self.client, "POST", "/api/v1/namespaces/aaa/pods", &body));
        sent
    }

    /// Reads the streaming list of all pods up to the bookmark that ends it, and throws it away.
    pub fn read(&self) -> Read {
        let list = "/api/v1/pods?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
        let request = Request::get(list).body(Body::empty()).expect("a request");
        self.runtime.block_on(async {
            let begin = Instant::now();
            let mut body = self.client.send(request).await.expect("the server answers").into_body();
            let (mut first, mut bytes, mut tail) = (None, 0, Vec::new());
            while let Some(frame) = body.frame().await {
                let Ok(data) = frame.expect("the server goes on").into_data() else { continue };
                first.get_or_insert_with(|| begin.elapsed());
                bytes += data.len();
                tail.drain(..tail.len().saturating_sub(64));
                tail.extend_from_slice(&data);
                if memchr::memmem::find(&tail, b"k8s.io/initial-events-end").is_some() {
                    break;
                }
            }
            Read { first: first.unwrap_or_default(), whole: begin.elapsed(), bytes }
        })
    }
}

async fn connect(kubeconfig: &Path) -> Client {
    let file = Kubeconfig::read_from(kubeconfig).expect("the kubeconfig is ours");
    let options = KubeConfigOptions { context: Some("alpha".into()), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(file, &options).await.expect("the kubeconfig is ours");
    Client::try_from(config).expect("a client")
}

async fn create(client: &Client, namespace: &str, name: &str, i: usize, padding: usize) {
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    call(client, "POST", &pods, &pod(namespace, name, i, padding)).await;
    call(client, "PATCH", &format!("{pods}/{name}/status"), &json!({"status": status(i)})).await;
}

async fn call(client: &Client, method: &str, path: &str, body: &Value) -> String {
    let kind = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
    let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let request = Request::builder().method(method).uri(path).header("content-type", kind).body(bytes).expect("a request");
    client.request_text(request).await.unwrap_or_else(|e| panic!("{method} {path}: {e}"))
}

/// A pod as deployments make them, on a node so that nobody waits for a scheduler.
fn pod(namespace: &str, name: &str, i: usize, padding: usize) -> Value {
    let env: Vec<_> = (0..12).map(|n| json!({"name": format!("SETTING_{n}"), "value": format!("value-{n}-of-{name}")})).collect();
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": name, "namespace": namespace,
            "labels": {"app": format!("web-{}", i / 50), "pod-template-hash": format!("{:08x}", i / 50), "team": format!("team-{}", i % 7)},
            "annotations": {"example.com/weight": "x".repeat(padding)},
        },
        "spec": {
            "nodeName": format!("node-{:03}", i % 200), "automountServiceAccountToken": false,
            "containers": [{
                "name": "web", "image": "registry.example.com/shop/web:1.2.3", "env": env,
                "ports": [{"containerPort": 8080, "name": "http"}],
                "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}},
                "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 5},
                "livenessProbe": {"httpGet": {"path": "/live", "port": "http"}, "periodSeconds": 10},
            }],
        },
    })
}

/// Running, but for every hundredth pod, which crashes.
fn status(i: usize) -> Value {
    let since = "2026-01-02T03:04:05Z";
    let sick = i % 100 == 99;
    let running = json!({"running": {"startedAt": since}});
    let state = if sick {
        json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}})
    } else {
        running
    };
    let condition = |kind: &str, ok: bool| json!({"type": kind, "status": if ok { "True" } else { "False" }, "lastTransitionTime": since});
    json!({
        "phase": "Running", "startTime": since, "hostIP": "10.0.0.1", "podIP": format!("10.{}.{}.{}", i / 65536, i / 256 % 256, i % 256), "qosClass": "Burstable",
        "conditions": [condition("Initialized", true), condition("PodScheduled", true), condition("ContainersReady", !sick), condition("Ready", !sick)],
        "containerStatuses": [{
            "name": "web", "ready": !sick, "started": !sick, "restartCount": if sick { 42 } else { i % 3 }, "state": state,
            "image": "registry.example.com/shop/web:1.2.3", "imageID": "registry.example.com/shop/web@sha256:0123456789abcdef", "containerID": format!("containerd://{i:064x}"),
        }],
    })
}
