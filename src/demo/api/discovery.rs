//! What a server says that it serves: versions, groups, kinds; one by one, or all together as newer clients ask.

use super::body::{Body, bytes, json as answer_json};
use super::request::Asked;
use crate::demo::json::{encode, set};
use crate::demo::resource::Resource;
use crate::demo::sim::Sim;
use http::Response;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Groups that have no objects, only answers: kind, plural, kind of the answer, in namespaces.
const REVIEWS: &[(&str, &str, &str, bool)] = &[
    ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview", false),
    ("authentication.k8s.io", "tokenreviews", "TokenReview", false),
    ("authorization.k8s.io", "localsubjectaccessreviews", "LocalSubjectAccessReview", true),
    ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview", false),
    ("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview", false),
];

const VERBS: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// `/version`, which alone is written for people.
pub(super) fn version() -> Response<Body> {
    let version = json!({
        "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36", "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
        "gitVersion": "v1.36.0", "gitCommit": "demo", "gitTreeState": "clean", "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "go1.25.5", "compiler": "gc", "platform": "linux/amd64",
    });
    bytes(200, "application/json", format!("{version:#}").into())
}

/// Answers what is asked about the server itself.
pub(super) fn answer(sim: &Sim, path: &str, asked: &Asked) -> Option<Response<Body>> {
    let served: Vec<&Resource> = sim.store.tables().iter().map(|t| &*t.resource).collect();
    let aggregated = ["v2", "v2beta1"].iter().find(|v| {
        let wanted = format!("application/json;g=apidiscovery.k8s.io;v={v};as=APIGroupDiscoveryList");
        asked.accept.split(',').next().is_some_and(|first| first.replace(' ', "") == wanted)
    });
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    match (steps.as_slice(), aggregated) {
        (["api"], Some(v)) => Some(all(&served, true, v)),
        (["apis"], Some(v)) => Some(all(&served, false, v)),
        (["api"], None) => Some(answer_json(200, &json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}))),
        (["apis"], None) => {
            let groups: Vec<Value> = groups(&served).into_iter().map(|(g, v)| group(&g, &v)).collect();
            Some(answer_json(200, &json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})))
        }
        (["api", "v1"], _) => kinds(&served, "", "v1"),
        (["apis", name], _) => {
            let mut found = json!({"kind": "APIGroup", "apiVersion": "v1"});
            if let (Some(to), Value::Object(from)) = (found.as_object_mut(), group(name, groups(&served).get(*name)?)) {
                to.extend(from);
            }
            Some(answer_json(200, &found))
        }
        (["apis", group, version], _) => kinds(&served, group, version),
        _ => None,
    }
}

/// The groups beside the core group, with their versions.
fn groups(served: &[&Resource]) -> BTreeMap<String, Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let reviews = REVIEWS.iter().map(|(g, ..)| (*g, "v1"));
    let all = served.iter().map(|r| (r.group.as_str(), r.version.as_str())).chain(reviews).chain([("metrics.k8s.io", "v1beta1")]);
    for (group, version) in all.filter(|(g, _)| !g.is_empty()) {
        let versions = groups.entry(group.to_owned()).or_default();
        if !versions.iter().any(|v| v == version) {
            versions.push(version.to_owned());
        }
    }
    groups
}

fn group(name: &str, versions: &[String]) -> Value {
    let all: Vec<Value> = versions.iter().map(|v| json!({"groupVersion": format!("{name}/{v}"), "version": v})).collect();
    json!({"name": name, "versions": all, "preferredVersion": all.first()})
}

/// The kinds of a group and version that are answers or come from elsewhere.
fn others(group: &str) -> Vec<Resource> {
    let plain = |plural: &str, kind: &str, version: &str, namespaced: bool| Resource {
        group: group.to_owned(),
        version: version.to_owned(),
        plural: plural.to_owned(),
        kind: kind.to_owned(),
        namespaced,
        ..Resource::default()
    };
    if group == "metrics.k8s.io" {
        return vec![plain("nodes", "NodeMetrics", "v1beta1", false), plain("pods", "PodMetrics", "v1beta1", true)];
    }
    REVIEWS.iter().filter(|(g, ..)| *g == group).map(|(_, plural, kind, namespaced)| plain(plural, kind, "v1", *namespaced)).collect()
}

fn verbs(resource: &Resource) -> &'static [&'static str] {
    match resource.group.as_str() {
        "authentication.k8s.io" | "authorization.k8s.io" => &["create"],
        "metrics.k8s.io" => &["get", "list"],
        _ => &VERBS,
    }
}

/// Kind and group of what a subresource takes and gives, and its verbs.
fn part(resource: &Resource, name: &str) -> (String, &'static str, &'static str, &'static [&'static str]) {
    match name {
        "scale" => ("Scale".into(), "autoscaling", "v1", &["get", "patch", "update"]),
        "eviction" => ("Eviction".into(), "policy", "v1", &["create"]),
        "binding" => ("Binding".into(), "", "v1", &["create"]),
        "token" => ("TokenRequest".into(), "authentication.k8s.io", "v1", &["create"]),
        "exec" => ("PodExecOptions".into(), "", "v1", &["create", "get"]),
        "attach" => ("PodAttachOptions".into(), "", "v1", &["create", "get"]),
        "portforward" => ("PodPortForwardOptions".into(), "", "v1", &["create", "get"]),
        "proxy" => (format!("{}ProxyOptions", resource.kind), "", "v1", &["create", "delete", "get", "patch", "update"]),
        "log" => (resource.kind.clone(), "", "", &["get"]),
        "finalize" => (resource.kind.clone(), "", "", &["update"]),
        _ => (resource.kind.clone(), "", "", &["get", "patch", "update"]),
    }
}

fn kinds(served: &[&Resource], group: &str, version: &str) -> Option<Response<Body>> {
    let extra = others(group);
    let found: Vec<&Resource> = served.iter().copied().chain(&extra).filter(|r| r.group == group && r.version == version).collect();
    let api = found.first()?.api_version();
    let mut resources = Vec::new();
    for resource in found {
        let mut entry = json!({
            "name": resource.plural, "singularName": resource.kind.to_lowercase(), "namespaced": resource.namespaced,
            "kind": resource.kind, "verbs": verbs(resource),
        });
        if !resource.short.is_empty() {
            set(&mut entry, "/shortNames", resource.short.clone());
        }
        if !resource.categories.is_empty() {
            set(&mut entry, "/categories", resource.categories.clone());
        }
        resources.push(entry);
        for name in &resource.subresources {
            let (kind, group, version, verbs) = part(resource, name);
            let mut entry = json!({
                "name": format!("{}/{name}", resource.plural), "singularName": "", "namespaced": resource.namespaced, "kind": kind, "verbs": verbs,
            });
            if !version.is_empty() {
                set(&mut entry, "/group", group);
                set(&mut entry, "/version", version);
            }
            resources.push(entry);
        }
    }
    Some(answer_json(200, &json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api, "resources": resources})))
}

/// `APIGroupDiscoveryList`.
fn all(served: &[&Resource], core: bool, version: &str) -> Response<Body> {
    let names = if core { BTreeMap::from([(String::new(), vec!["v1".to_owned()])]) } else { groups(served) };
    let items: Vec<Value> = names
        .iter()
        .map(|(group, versions)| {
            let extra = others(group);
            let of = |version: &String| {
                let found = served.iter().copied().chain(&extra).filter(|r| r.group == *group && r.version == *version);
                json!({"version": version, "resources": found.map(described).collect::<Vec<_>>(), "freshness": "Current"})
            };
            let mut metadata = json!({"creationTimestamp": null});
            if !group.is_empty() {
                set(&mut metadata, "/name", group.as_str());
            }
            json!({"metadata": metadata, "versions": versions.iter().map(of).collect::<Vec<_>>()})
        })
        .collect();
    let list =
        json!({"kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{version}"), "metadata": {}, "items": items});
    let kind = if version == "v2" {
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    } else {
        "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"
    };
    bytes(200, kind, encode(&list))
}

fn described(resource: &Resource) -> Value {
    let parts = resource.subresources.iter().map(|name| {
        let (kind, group, version, verbs) = part(resource, name);
        json!({"subresource": name, "responseKind": {"group": group, "version": version, "kind": kind}, "verbs": verbs})
    });
    let parts: Vec<Value> = parts.collect();
    let mut entry = json!({
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.kind.to_lowercase(),
        "verbs": verbs(resource),
    });
    for (key, words) in [("shortNames", &resource.short), ("categories", &resource.categories)] {
        if !words.is_empty() {
            set(&mut entry, &format!("/{key}"), words.clone());
        }
    }
    if !parts.is_empty() {
        set(&mut entry, "/subresources", parts);
    }
    entry
}
