//! The `scale` subresource: the replicas of a workload, as an object of their own (`autoscaling/v1`).

use super::body::{Body, json as answer_json, object};
use super::columns::ago;
use super::form::Form;
use super::request::{Asked, Target};
use super::write::{how, key};
use crate::demo::json::{Millis, entries, int, set, text};
use crate::demo::patch::{self, Kind};
use crate::demo::resource::Resource;
use crate::demo::sim::Sim;
use crate::demo::status::{Answer, Cause, Refusal};
use crate::model::time::Timestamp;
use http::Response;
use serde_json::{Value, json};

/// Reads or writes the replicas.
pub(super) fn answer(sim: &mut Sim, target: &Target, asked: &Asked, body: &[u8]) -> Answer<Response<Body>> {
    let id = target.resource.id();
    let live = sim.store.get(&id, &target.namespace, &target.name).ok_or_else(|| Refusal::not_found(&target.resource, &target.name))?;
    let now = scale(&target.resource, &live.value());
    let wanted = match asked.verb {
        "get" if matches!(Form::of(asked)?, Form::Table(_)) => return Ok(answer_json(200, &table(&now, sim.store.now))),
        "get" => return Ok(answer_json(200, &now)),
        "update" => object(&asked.content, body)?,
        _ => {
            let mut wanted = now;
            let kind = match asked.content.as_str() {
                "application/json-patch+json" => Kind::Json,
                _ => Kind::Merge,
            };
            patch::patch(&kind_of_scale(), &mut wanted, &object(&asked.content, body)?, kind)?;
            wanted
        }
    };
    let replicas = int(&wanted, "/spec/replicas").unwrap_or_default();
    if replicas < 0 {
        let message = format!("Invalid value: {replicas}: must be greater than or equal to 0");
        let cause = Cause { reason: "FieldValueInvalid", message, field: "spec.replicas".to_owned() };
        return Err(Refusal::invalid(&kind_of_scale(), &target.name, &[cause]));
    }
    let version = text(&wanted, "/metadata/resourceVersion").unwrap_or_default().to_owned();
    let scaled = sim.update(&id, &key(target), how(target, asked), |workload| {
        set(workload, "/metadata/resourceVersion", version);
        set(workload, &target.resource.scaled[0], replicas);
        Ok(())
    })?;
    Ok(answer_json(200, &scale(&target.resource, &scaled.value())))
}

fn kind_of_scale() -> Resource {
    Resource { group: "autoscaling".to_owned(), version: "v1".to_owned(), kind: "Scale".to_owned(), ..Resource::default() }
}

/// A `Scale` as a Table.
fn table(scale: &Value, now: Millis) -> Value {
    let column = |(title, kind): (&str, &str)| {
        let format = if title == "Name" { "name" } else { "" };
        json!({"name": title, "type": kind, "format": format, "description": "", "priority": 0})
    };
    let columns = [("Name", "string"), ("Desired", "integer"), ("Available", "integer"), ("Age", "string")];
    let of = |place: &str| scale.pointer(place).cloned().unwrap_or_default();
    let age = ago(scale, "/metadata/creationTimestamp", Timestamp(now.div_euclid(1000)));
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": of("/metadata/resourceVersion")},
        "columnDefinitions": columns.map(column),
        "rows": [{
            "cells": [of("/metadata/name"), of("/spec/replicas"), of("/status/replicas"), age],
            "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": of("/metadata")},
        }],
    })
}

fn scale(resource: &Resource, workload: &Value) -> Value {
    let [wanted, had] = &resource.scaled;
    let of = |place: &str| workload.pointer(place).cloned().unwrap_or_default();
    let selector: Vec<String> =
        entries(workload, "/spec/selector/matchLabels").map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": of("/metadata/name"), "namespace": of("/metadata/namespace"), "uid": of("/metadata/uid"),
            "resourceVersion": of("/metadata/resourceVersion"), "creationTimestamp": of("/metadata/creationTimestamp"),
        },
        "spec": {"replicas": int(workload, wanted).unwrap_or_default()},
        "status": {"replicas": int(workload, had).unwrap_or_default(), "selector": selector.join(",")},
    })
}
