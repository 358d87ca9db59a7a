//! The schemas that the demo fleet serves and checks by are those of the real API server. `UPDATE=1` with `KCONSOLE_CLUSTER` writes them anew.

use crate::rig::cluster::{Turn, clusters};
use crate::rig::source::root;
use flate2::{Compression, GzBuilder, read::GzDecoder};
use kconsole::demo::resource::Resource;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};

/// Kinds that only requests have.
const REQUESTS: [(&str, &str); 10] = [
    ("v1", "Binding"),
    ("autoscaling/v1", "Scale"),
    ("policy/v1", "Eviction"),
    ("authorization.k8s.io/v1", "SelfSubjectAccessReview"),
    ("authorization.k8s.io/v1", "SelfSubjectRulesReview"),
    ("authorization.k8s.io/v1", "SubjectAccessReview"),
    ("authorization.k8s.io/v1", "LocalSubjectAccessReview"),
    ("authentication.k8s.io/v1", "SelfSubjectReview"),
    ("authentication.k8s.io/v1", "TokenReview"),
    ("authentication.k8s.io/v1", "TokenRequest"),
];
const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/// The names of the schemas that a schema refers to.
fn references(schema: &Value, into: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                match value.as_str().filter(|_| key == "$ref") {
                    Some(name) => into.extend(name.rsplit('/').next().map(str::to_owned)),
                    None => references(value, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        _ => {}
    }
}

/// What the server says of the served kinds and of everything that they refer to, each schema once.
fn said(clusters: &Turn) -> BTreeMap<String, Value> {
    let mut kinds: BTreeSet<(String, String)> = REQUESTS.iter().map(|(api, kind)| ((*api).to_owned(), (*kind).to_owned())).collect();
    for resource in Resource::served() {
        kinds.insert((resource.api_version(), resource.kind.clone()));
        kinds.insert((resource.api_version(), format!("{}List", resource.kind)));
    }
    let groups: BTreeSet<&str> = kinds.iter().map(|(api, _)| api.as_str()).collect();
    let mut all: Map<String, Value> = Map::new();
    for api in &groups {
        let path = if api.contains('/') { format!("/openapi/v3/apis/{api}") } else { format!("/openapi/v3/api/{api}") };
        let document: Value = serde_json::from_str(&clusters.kubectl(&["--context", "alpha", "get", "--raw", &path])).unwrap();
        all.extend(document["components"]["schemas"].as_object().unwrap().clone());
    }
    let of = |kind: &Value| {
        let [group, version, name] = ["group", "version", "kind"].map(|n| kind[n].as_str().unwrap_or_default());
        (if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }, name.to_owned())
    };
    let wanted =
        |schema: &Value| schema["x-kubernetes-group-version-kind"].as_array().is_some_and(|k| k.iter().any(|k| kinds.contains(&of(k))));
    let mut left: Vec<String> = all.iter().filter(|(_, schema)| wanted(schema)).map(|(name, _)| name.clone()).collect();
    left.extend(["Status", "DeleteOptions", "Patch", "APIResourceList"].map(|name| format!("{META}{name}")));
    let mut found = BTreeMap::new();
    while let Some(name) = left.pop() {
        if !found.contains_key(&name) {
            references(&all[&name], &mut left);
            found.insert(name.clone(), all[&name].clone());
        }
    }
    // The server lists every group that it has here, in no order.
    let pairs: BTreeSet<(&str, &str)> = groups.iter().map(|api| api.rsplit_once('/').unwrap_or(("", api))).collect();
    let all: Vec<Value> =
        pairs.iter().map(|(group, version)| json!({"group": group, "kind": "DeleteOptions", "version": version})).collect();
    found.get_mut(&format!("{META}DeleteOptions")).unwrap()["x-kubernetes-group-version-kind"] = all.into();
    found
}

#[test]
fn the_embedded_schemas_are_those_of_the_server() {
    let Some(clusters) = clusters() else { return };
    let said = said(&clusters);
    let path = root().join("src/demo/openapi.json.gz");
    if std::env::var_os("UPDATE").is_some() {
        // No time in its head, so that the same schemas make the same file. BTreeMap sorts the names; sorting within is serde_json's.
        let mut file = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
        file.write_all(sorted(&serde_json::to_value(&said).unwrap()).to_string().as_bytes()).unwrap();
        std::fs::write(&path, file.finish().unwrap()).unwrap();
    }
    let mut text = String::new();
    GzDecoder::new(std::fs::read(&path).unwrap().as_slice()).read_to_string(&mut text).unwrap();
    let embedded: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    let differ: Vec<&String> = said.keys().chain(embedded.keys()).filter(|name| said.get(*name) != embedded.get(*name)).collect();
    assert!(differ.is_empty(), "not as the server has them (UPDATE=1 takes them over): {differ:?}");
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.iter().collect::<BTreeMap<_, _>>().into_iter().map(|(k, v)| (k.clone(), sorted(v))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
