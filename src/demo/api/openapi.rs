//! `/openapi/v3`: what clients ask before they explain, validate or patch.

use super::body::{Body, bytes, json as answer_json};
use crate::demo::cluster::Cluster;
use crate::demo::json::{list, set, text};
use crate::demo::resource::Resource;
use crate::demo::schema;
use bytes::Bytes;
use http::Response;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const DEFINITIONS: &str = "customresourcedefinitions.apiextensions.k8s.io";

/// An OpenAPI v2 document without types, in protobuf: `swagger: "2.0"`, and a title and version as `info`. Clients that find a type in no
/// document of version 3 look for it here before they say that there is none.
const VERSION_2: &[u8] = b"\n\x032.0\x12\x15\n\nKubernetes\x12\x07v1.36.0";

/// Answers the index, or the document of one group and version.
pub(super) fn answer(cluster: &Cluster, path: &str) -> Option<Response<Body>> {
    if path == "/openapi/v2" {
        return Some(bytes(200, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf", Bytes::from_static(VERSION_2)));
    }
    let served: Vec<Resource> = cluster.look(|sim| sim.store.tables().iter().map(|t| (*t.resource).clone()).collect());
    let rest = path.strip_prefix("/openapi/v3")?;
    if rest.is_empty() {
        let places: BTreeSet<String> = served.iter().map(place).collect();
        let entry = |place: &String| (place.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{place}?hash=demo")}));
        let paths: Map<String, Value> = places.iter().map(entry).collect();
        return Some(answer_json(200, &json!({"paths": paths})));
    }
    let of: Vec<&Resource> = served.iter().filter(|r| place(r) == rest.trim_start_matches('/')).collect();
    let first = of.first()?;
    let built_in = schema::components(&first.group, &first.version);
    let mut schemas: Map<String, Value> = built_in.iter().filter_map(|(name, raw)| Some(((*name).to_owned(), parsed(raw)?))).collect();
    schemas.extend(of.iter().filter(|r| r.custom).filter_map(|r| custom(cluster, r)));
    let paths: Map<String, Value> = of.iter().flat_map(|r| paths(r)).collect();
    Some(answer_json(
        200,
        &json!({
            "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.36.0"},
            "paths": paths, "components": {"schemas": schemas},
        }),
    ))
}

fn parsed(raw: &RawValue) -> Option<Value> {
    serde_json::from_str(raw.get()).ok()
}

/// The type of a kind that a definition added, as that gives it, and what every object has.
fn custom(cluster: &Cluster, resource: &Resource) -> Option<(String, Value)> {
    let definition = cluster.look(|sim| sim.store.get(DEFINITIONS, "", &resource.id()).map(|o| o.value()))?;
    let version = list(&definition, "/spec/versions").iter().find(|v| text(v, "/name") == Some(&resource.version))?;
    let mut schema = version.pointer("/schema/openAPIV3Schema")?.clone();
    let word = |about: &str| json!({"type": "string", "description": about});
    set(&mut schema, "/properties/apiVersion", word("APIVersion defines the versioned schema of this representation of an object."));
    set(&mut schema, "/properties/kind", word("Kind is a string value representing the REST resource this object represents."));
    set(&mut schema, "/properties/metadata", json!({"type": "object", "description": "Standard object's metadata."}));
    let gvk = json!([{"group": resource.group, "version": resource.version, "kind": resource.kind}]);
    set(&mut schema, "/x-kubernetes-group-version-kind", gvk);
    let place: Vec<&str> = resource.group.split('.').rev().collect();
    Some((format!("{}.{}.{}", place.join("."), resource.version, resource.kind), schema))
}

/// Where the kinds of a group and version are: `api/v1`, `apis/apps/v1`.
fn place(resource: &Resource) -> String {
    let api = resource.api_version();
    if resource.group.is_empty() { format!("api/{api}") } else { format!("apis/{api}") }
}

/// The paths of a kind, with what clients look for in them: the kind, and whether dry runs and field validation are known.
fn paths(resource: &Resource) -> Vec<(String, Value)> {
    let gvk = json!({"group": resource.group, "version": resource.version, "kind": resource.kind});
    let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let write = ["dryRun", "fieldManager", "fieldValidation", "force"].map(parameter);
    let operation = |action: &str, parameters: &[Value]| json!({"x-kubernetes-action": action, "x-kubernetes-group-version-kind": gvk, "parameters": parameters, "responses": {}});
    let scope = if resource.namespaced { "namespaces/{namespace}/" } else { "" };
    let many = format!("/{}/{scope}{}", place(resource), resource.plural);
    let one = format!("{many}/{{name}}");
    let of_many = json!({"get": operation("list", &[]), "post": operation("post", &write)});
    let of_one = json!({
        "get": operation("get", &[]), "put": operation("put", &write), "patch": operation("patch", &write), "delete": operation("delete", &write),
    });
    vec![(many, of_many), (one, of_one)]
}
