//! `/openapi/v3`: what clients ask before they explain, validate or patch.

use super::body::{Body, json as answer_json};
use crate::demo::cluster::Cluster;
use crate::demo::resource::Resource;
use crate::demo::schema;
use http::Response;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Answers the index, or the document of one group and version.
pub(super) fn answer(cluster: &Cluster, path: &str) -> Option<Response<Body>> {
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
    let schemas = schema::components(&first.group, &first.version);
    let paths: Map<String, Value> = of.iter().flat_map(|r| paths(r)).collect();
    Some(answer_json(
        200,
        &json!({
            "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.36.0"},
            "paths": paths, "components": {"schemas": schemas},
        }),
    ))
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
