//! The demo server from the outside, as any client sees it: what a watch tells adds up to what a list shows, pages are of one moment, and
//! history that is lost says so. That kubectl agrees is `kubectl`'s business.

use crate::rig::cluster::{has_kubectl, kubectl};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use kconsole::demo::cluster::{Cluster, User};
use kconsole::demo::fleet::{Fleet, Options};
use kconsole::demo::store::Key;
use kconsole::demo::write::{Delete, How};
use kconsole::kinds;
use kconsole::model::id::{ClusterId, GroupResource, WatchId};
use kconsole::model::table::Table;
use kconsole::model::time::Timestamp;
use kconsole::model::want::Want;
use kconsole::model::words::Dictionary;
use kconsole::model::world::World;
use kube::Client;
use kube::client::Body;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// A server, a client of it, and what runs the client.
struct Rig {
    fleet: Fleet,
    client: Client,
    runtime: Runtime,
}

impl Rig {
    fn new() -> Self {
        let options = Options { clusters: 1, is_played: false, ..Options::default() };
        let fleet = Fleet::start(&options).expect("a port is free");
        let runtime = Runtime::new().expect("threads start");
        let client = runtime.block_on(async {
            let file = Kubeconfig::read_from(fleet.kubeconfig()).expect("the kubeconfig is ours");
            let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.expect("the kubeconfig is ours");
            Client::try_from(config).expect("a client")
        });
        let rig = Self { fleet, client, runtime };
        rig.cluster().with(|sim| drop(sim.create("namespaces", json!({"metadata": {"name": "here"}}), How::by("test"))));
        rig
    }

    fn cluster(&self) -> Arc<Cluster> {
        Arc::clone(&self.fleet.members()[0].cluster)
    }

    fn send(&self, path: &str) -> Response<Body> {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        self.runtime.block_on(self.client.send(request)).expect("the server answers")
    }

    fn get(&self, path: &str) -> (StatusCode, Value) {
        let (head, body) = self.send(path).into_parts();
        let bytes = self.runtime.block_on(body.collect()).expect("the body ends").to_bytes();
        (head.status, serde_json::from_slice(&bytes).expect("an answer is JSON"))
    }

    /// What a watch says until a line is the last one, or the server ends it.
    fn watch(&self, query: &str, is_last: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut body = self.send(&format!("/api/v1/namespaces/here/configmaps?watch=1&{query}")).into_body();
        let (mut text, mut lines) = (Vec::new(), Vec::<Value>::new());
        while !lines.last().is_some_and(&is_last)
            && let Some(frame) = self.runtime.block_on(body.frame())
        {
            text.extend_from_slice(&frame.expect("the server goes on").into_data().unwrap_or_default());
            while let Some(end) = text.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                lines.push(serde_json::from_slice(&line).expect("a line is JSON"));
            }
        }
        lines
    }

    /// What a watch says of all that happened after a version.
    fn since(&self, query: &str, version: &Value) -> Vec<Value> {
        let version = version.as_str().expect("a version");
        self.set("end", "red");
        self.delete("end");
        let query = format!("{query}&resourceVersion={version}");
        self.watch(&query, |event| event["type"] == "DELETED" && named(&event["object"]).0 == "end")
    }

    fn set(&self, name: &str, colour: &str) {
        let object = json!({"metadata": {"name": name, "namespace": "here", "labels": {"colour": colour}}});
        let key = Key::new("here", name);
        self.cluster().with(|sim| {
            let labels = object["metadata"]["labels"].clone();
            if sim.create("configmaps", object, How::by("test")).is_err() {
                let relabelled = sim.update("configmaps", &key, How::by("test"), |live| {
                    live["metadata"]["labels"] = labels;
                    Ok(())
                });
                relabelled.expect("it is there");
            }
        });
    }

    fn delete(&self, name: &str) {
        self.cluster().with(|sim| drop(sim.delete("configmaps", &Key::new("here", name), &Delete::default())));
    }

    /// Names and versions of a list.
    fn list(&self, query: &str) -> (BTreeMap<String, String>, Value) {
        let (status, list) = self.get(&format!("/api/v1/namespaces/here/configmaps?{query}"));
        assert_eq!(status, 200, "{list}");
        (list["items"].as_array().expect("items").iter().map(named).collect(), list["metadata"].clone())
    }
}

fn named(object: &Value) -> (String, String) {
    let of = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
    (of("name"), of("resourceVersion"))
}

fn add_up(state: &mut BTreeMap<String, String>, events: &[Value]) {
    for event in events {
        let (name, version) = named(&event["object"]);
        match event["type"].as_str() {
            Some("ADDED") => assert_eq!(state.insert(name, version), None, "what is added was not there: {event}"),
            Some("MODIFIED") => assert!(state.insert(name, version).is_some(), "what is modified was there: {event}"),
            Some("DELETED") => assert!(state.remove(&name).is_some(), "what is deleted was there: {event}"),
            Some("BOOKMARK") => {}
            _ => panic!("{event}"),
        }
    }
}

#[test]
fn what_a_watch_tells_adds_up_to_the_list() {
    let rig = Rig::new();
    let steps = proptest::collection::vec((0..6u8, 0..4u8), 1..40);
    let mut runner = TestRunner::new(Runs { cases: 16, failure_persistence: None, ..Runs::default() });
    let outcome = runner.run(&(steps.clone(), steps), |(before, after)| {
        let play = |steps: &[(u8, u8)]| {
            for (name, what) in steps {
                match what {
                    0 => rig.delete(&format!("c{name}")),
                    1 => rig.set(&format!("c{name}"), "red"),
                    n => rig.set(&format!("c{name}"), &format!("blue{n}")),
                }
            }
        };
        play(&before);
        let (mut state, meta) = rig.list("labelSelector=colour%3Dred");
        play(&after);
        add_up(&mut state, &rig.since("labelSelector=colour%3Dred", &meta["resourceVersion"]));
        prop_assert_eq!(&state, &rig.list("labelSelector=colour%3Dred").0);
        let mut streamed = BTreeMap::new();
        let query = "labelSelector=colour%3Dred&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
        let events = rig.watch(query, |event| event["type"] == "BOOKMARK");
        add_up(&mut streamed, &events);
        prop_assert_eq!(&streamed, &state);
        let end = events.last().map(|e| e["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"].clone());
        prop_assert_eq!(end, Some(json!("true")));
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_watch_of_little_is_not_left_behind_by_much() {
    let rig = Rig::new();
    let (_, meta) = rig.list("");
    (0..1_200).for_each(|i| rig.set(&format!("c{}", i % 7), &format!("blue{i}")));
    let events = rig.since("labelSelector=colour%3Dred", &meta["resourceVersion"]);
    assert_eq!(events.iter().map(|e| e["type"].as_str().unwrap_or_default()).collect::<Vec<_>>(), ["ADDED", "DELETED"]);
}

#[test]
fn pages_are_of_one_moment() {
    let rig = Rig::new();
    (0..5).for_each(|i| rig.set(&format!("c{i}"), "red"));
    let (whole, _) = rig.list("");
    let (mut seen, meta) = rig.list("limit=2");
    assert_eq!((seen.len(), &meta["remainingItemCount"]), (2, &json!(whole.len() - 2)));
    rig.delete("c3");
    rig.set("c4", "blue");
    rig.set("c9", "red");
    let mut next = meta["continue"].clone();
    while let Some(token) = next.as_str() {
        let (page, meta) = rig.list(&format!("limit=2&continue={token}"));
        seen.extend(page);
        next = meta["continue"].clone();
    }
    assert_eq!(seen, whole);
    add_up(&mut seen, &rig.since("", &meta["resourceVersion"]));
    assert_eq!(seen, rig.list("").0);
}

#[test]
fn lost_history_is_told_in_the_stream_and_lost_pages_as_an_answer() {
    let rig = Rig::new();
    (0..3).for_each(|i| rig.set(&format!("c{i}"), "red"));
    let (_, meta) = rig.list("limit=1");
    rig.set("c1", "blue");
    rig.cluster().with(|sim| {
        let version = sim.store.version();
        sim.store.table_mut("configmaps").expect("they are served").compact(version);
    });
    let version = meta["resourceVersion"].as_str().expect("a version");
    let events = rig.watch(&format!("resourceVersion={version}"), |_| false);
    let told: Vec<_> = events.iter().map(|e| (e["type"].clone(), e["object"]["code"].clone(), e["object"]["reason"].clone())).collect();
    assert_eq!(told, [(json!("ERROR"), json!(410), json!("Expired"))]);
    let token = meta["continue"].as_str().expect("a token");
    let (status, refusal) = rig.get(&format!("/api/v1/namespaces/here/configmaps?limit=1&continue={token}"));
    assert_eq!((status.as_u16(), &refusal["reason"]), (410, &json!("Expired")));
}

#[test]
fn a_long_list_is_packed_for_those_who_take_it() {
    let rig = Rig::new();
    (0..600).for_each(|i| rig.set(&format!("c{i}"), "red"));
    let list = |packed: bool| {
        let request =
            Request::get("/api/v1/namespaces/here/configmaps").header("accept-encoding", if packed { "gzip" } else { "identity" });
        let request = request.body(Body::empty()).expect("a request");
        let (head, body) = rig.runtime.block_on(rig.client.send(request)).expect("the server answers").into_parts();
        let bytes = rig.runtime.block_on(body.collect()).expect("the body ends").to_bytes();
        (head.headers.get("content-encoding").is_some_and(|e| e == "gzip"), bytes)
    };
    let ((is_packed, packed), (is_plain_packed, plain)) = (list(true), list(false));
    assert!(is_packed && !is_plain_packed && packed.len() < plain.len() / 2);
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&*packed).read_to_end(&mut unpacked).expect("it is gzip");
    assert!(unpacked == plain);
}

#[test]
fn nobody_sees_what_no_rule_allows() {
    let rig = Rig::new();
    let cluster = rig.cluster();
    cluster.with(|sim| {
        let role = json!({"metadata": {"name": "reader"}, "rules": [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["configmaps"]}]});
        let binding = json!({
            "metadata": {"name": "reader", "namespace": "here"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "reader"},
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "ann"}],
        });
        sim.create("clusterroles.rbac.authorization.k8s.io", role, How::by("test")).expect("a role");
        sim.create("rolebindings.rbac.authorization.k8s.io", binding, How::by("test")).expect("a binding");
    });
    let ann = User::new("ann", &[]);
    let may = |verb: &'static str, resource: &'static str, namespace: &'static str| {
        let wanted = kconsole::demo::rbac::Attributes { verb, resource, namespace, ..Default::default() };
        cluster.look(|sim| kconsole::demo::rbac::check(&sim.store, &ann, &wanted)).map_err(|refusal| refusal.message)
    };
    assert_eq!(may("list", "configmaps", "here"), Ok(()));
    let no = "secrets is forbidden: User \"ann\" cannot list resource \"secrets\" in API group \"\" in the namespace \"here\"";
    assert_eq!(may("list", "secrets", "here"), Err(no.to_owned()));
    let no = "configmaps is forbidden: User \"ann\" cannot list resource \"configmaps\" in API group \"\" at the cluster scope";
    assert_eq!(may("list", "configmaps", ""), Err(no.to_owned()));
    assert!(may("delete", "configmaps", "here").is_err());
}

/// What `kubectl top` prints of pods and nodes is what our rows of the same metrics show, however the containers of a pod add up.
#[test]
fn rows_of_metrics_are_what_kubectl_top_prints() {
    if !has_kubectl() {
        return eprintln!("skipped: there is no kubectl");
    }
    let rig = Rig::new();
    for (resource, args, namespaced) in
        [("pods", &["top", "pods", "-A", "--no-headers"][..], true), ("nodes", &["top", "nodes", "--no-headers"][..], false)]
    {
        // Metrics are measured anew every few seconds: what is printed is held to rows between which nothing was measured.
        let (ours, printed) = loop {
            let (before, printed) = (rows(&rig, resource), kubectl(rig.fleet.kubeconfig(), args));
            if before == rows(&rig, resource) {
                break (before, printed);
            }
        };
        let lines: Vec<Vec<&str>> = printed.lines().map(|l| l.split_whitespace().collect()).collect();
        assert!(lines.len() > 2, "{printed}");
        for line in lines {
            let path = if namespaced { format!("{}/{}", line[0], line[1]) } else { line[0].to_owned() };
            // Nodes have the share of what they have between the amounts.
            let amounts = if namespaced { (line[2].to_owned(), line[3].to_owned()) } else { (line[1].to_owned(), line[3].to_owned()) };
            assert_eq!(ours.get(&path), Some(&amounts), "{path}");
        }
    }
}

/// CPU and memory by namespace and name, as tables show them.
fn rows(rig: &Rig, resource: &str) -> BTreeMap<String, (String, String)> {
    let kind = kinds::find(&GroupResource::new("metrics.k8s.io", resource)).expect("a kind");
    let (_, list) = rig.get(&format!("/apis/metrics.k8s.io/v1beta1/{resource}"));
    let mut words = Dictionary::default();
    let table = Table::new(WatchId(1), Want::all(ClusterId(0), kind.id()), kind.columns(), Timestamp(0));
    let shown = |item: &Value| {
        let row = kind.row(item.to_string().as_bytes(), &mut words);
        let cell =
            |title| World::default().value(&table, &row, table.column(title).expect("a column").source).shown(Timestamp(0)).into_owned();
        let namespace = item["metadata"]["namespace"].as_str().map_or_else(String::new, |n| format!("{n}/"));
        (format!("{namespace}{}", row.name), (cell("CPU"), cell("MEMORY")))
    };
    list["items"].as_array().expect("items").iter().map(shown).collect()
}
