//! The defaults of what makes pods, and of what scales it.

use super::pod::spec;
use super::{claim, each};
use crate::demo::json::{int, list, or_set, set, text};
use serde_json::{Value, json};

/// The kinds of the group `apps`.
pub(super) fn apps(plural: &str, object: &mut Value, new: bool) {
    if plural == "controllerrevisions" {
        return;
    }
    template(object, "/spec/template");
    if plural != "daemonsets" {
        or_set(object, "/spec/replicas", 1);
    }
    if plural != "replicasets" {
        or_set(object, "/spec/revisionHistoryLimit", 10);
    }
    match plural {
        "deployments" => {
            or_set(object, "/spec/progressDeadlineSeconds", 600);
            rolling(object, "/spec/strategy", &[("maxUnavailable", "25%".into()), ("maxSurge", "25%".into())]);
        }
        "daemonsets" => {
            rolling(object, "/spec/updateStrategy", &[("maxUnavailable", 1.into()), ("maxSurge", 0.into())]);
            if new {
                set(object, "/metadata/annotations/deprecated.daemonset.template.generation", "1");
            }
        }
        "statefulsets" => {
            or_set(object, "/spec/podManagementPolicy", "OrderedReady");
            rolling(object, "/spec/updateStrategy", &[("partition", 0.into())]);
            or_set(object, "/spec/persistentVolumeClaimRetentionPolicy/whenDeleted", "Retain");
            or_set(object, "/spec/persistentVolumeClaimRetentionPolicy/whenScaled", "Retain");
            each(object, "/spec/volumeClaimTemplates", |template| {
                or_set(template, "/kind", "PersistentVolumeClaim");
                or_set(template, "/apiVersion", "v1");
                claim(template, "/spec", "/status");
            });
        }
        _ => {}
    }
}

fn rolling(object: &mut Value, place: &str, values: &[(&str, Value)]) {
    or_set(object, &format!("{place}/type"), "RollingUpdate");
    if text(object, &format!("{place}/type")) == Some("RollingUpdate") {
        values.iter().for_each(|(name, value)| or_set(object, &format!("{place}/rollingUpdate/{name}"), value.clone()));
    }
}

fn template(object: &mut Value, place: &str) {
    or_set(object, &format!("{place}/metadata"), json!({}));
    spec(object, &format!("{place}/spec"));
}

/// Its labels and selector are those of its template.
pub(super) fn replication_controller(object: &mut Value) {
    template(object, "/spec/template");
    or_set(object, "/spec/replicas", 1);
    if let Some(labels) = object.pointer("/spec/template/metadata/labels").cloned() {
        or_set(object, "/spec/selector", labels.clone());
        or_set(object, "/metadata/labels", labels);
    }
}

/// A job.
pub(super) fn job(object: &mut Value) {
    if int(object, "/spec/completions").is_none() && int(object, "/spec/parallelism").is_none() {
        set(object, "/spec/completions", 1);
    }
    or_set(object, "/spec/parallelism", 1);
    or_set(object, "/spec/backoffLimit", 6);
    or_set(object, "/spec/completionMode", "NonIndexed");
    or_set(object, "/spec/suspend", false);
    or_set(object, "/spec/manualSelector", false);
    let replace = if object.pointer("/spec/podFailurePolicy").is_some() { "Failed" } else { "TerminatingOrFailed" };
    or_set(object, "/spec/podReplacementPolicy", replace);
    template(object, "/spec/template");
}

/// The labels and the selector by which a job finds its pods.
pub(super) fn select(object: &mut Value) {
    let own = |place| text(object, place).unwrap_or_default().to_owned();
    let (name, uid) = (own("/metadata/name"), own("/metadata/uid"));
    if object.pointer("/spec/manualSelector") == Some(&Value::Bool(false)) && !uid.is_empty() {
        set(object, "/spec/selector/matchLabels/batch.kubernetes.io~1controller-uid", uid.as_str());
        for prefix in ["batch.kubernetes.io~1", ""] {
            set(object, &format!("/spec/template/metadata/labels/{prefix}controller-uid"), uid.as_str());
            set(object, &format!("/spec/template/metadata/labels/{prefix}job-name"), name.as_str());
        }
    }
    if let Some(labels) = object.pointer("/spec/template/metadata/labels").cloned() {
        or_set(object, "/metadata/labels", labels);
    }
}

/// The jobs that it makes get their defaults when they are made.
pub(super) fn cron_job(object: &mut Value) {
    for (place, value) in [
        ("/spec/concurrencyPolicy", json!("Allow")),
        ("/spec/suspend", json!(false)),
        ("/spec/successfulJobsHistoryLimit", json!(3)),
        ("/spec/failedJobsHistoryLimit", json!(1)),
        ("/spec/jobTemplate/metadata", json!({})),
    ] {
        or_set(object, place, value);
    }
    template(object, "/spec/jobTemplate/spec/template");
}

/// A horizontal pod autoscaler: 80 % of the CPU, and quick upwards, where nothing else is said.
pub(super) fn autoscaler(object: &mut Value) {
    or_set(object, "/spec/minReplicas", 1);
    if list(object, "/spec/metrics").is_empty() {
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        set(object, "/spec/metrics", json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]));
    }
    if object.pointer("/spec/behavior").is_none() {
        return;
    }
    let percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    or_set(object, "/spec/behavior/scaleUp/stabilizationWindowSeconds", 0);
    or_set(object, "/spec/behavior/scaleUp/policies", json!([{"type": "Pods", "value": 4, "periodSeconds": 15}, percent]));
    or_set(object, "/spec/behavior/scaleDown/policies", json!([percent]));
    or_set(object, "/spec/behavior/scaleUp/selectPolicy", "Max");
    or_set(object, "/spec/behavior/scaleDown/selectPolicy", "Max");
}
