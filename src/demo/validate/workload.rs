//! What makes pods, and what scales and protects them.

use super::errors::Errors;
use super::{format, pod, selector};
use crate::demo::json::{entries, int, is_true, list, text};
use serde_json::{Value, json};

/// The kinds of `apps` and `batch`, and replication controllers.
pub(super) fn check(plural: &str, new: &Value, errors: &mut Errors) {
    match plural {
        "cronjobs" => return cron_job(new, errors),
        "jobs" => return job(new, "/spec", "spec", true, errors),
        "controllerrevisions" => return,
        _ => {}
    }
    selects(plural, new, errors);
    for name in ["replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"] {
        errors.not_negative(new, &format!("/spec/{name}"), &format!("spec.{name}"));
    }
    pod::spec(new, "/spec/template/spec", "spec.template.spec", errors);
    if let Some(policy) = text(new, "/spec/template/spec/restartPolicy").filter(|p| *p != "Always") {
        errors.unsupported("spec.template.spec.restartPolicy", policy, &["Always"]);
    }
    super::labels(new, "/spec/template/metadata/labels", "spec.template.metadata.labels", errors);
    match plural {
        "deployments" => deployment(new, errors),
        "statefulsets" => stateful_set(new, errors),
        "daemonsets" => daemon_set(new, errors),
        _ => {}
    }
}

/// The selector has to select what the template makes.
fn selects(plural: &str, new: &Value, errors: &mut Errors) {
    if plural == "replicationcontrollers" {
        if entries(new, "/spec/selector").next().is_none() {
            errors.required("spec.selector", "");
        }
        return;
    }
    let given = new.pointer("/spec/selector");
    let labels = new.pointer("/spec/template/metadata/labels").cloned().unwrap_or_default();
    let before = errors.causes.len();
    let empty = given.is_some_and(|s| list(s, "/matchExpressions").is_empty() && entries(s, "/matchLabels").next().is_none());
    match given {
        None => errors.required("spec.selector", ""),
        Some(_) => selector(new, "/spec/selector", "spec.selector", errors),
    }
    if empty {
        let kind = plural.strip_suffix('s').unwrap_or(plural);
        errors.invalid("spec.selector", given.cloned().unwrap_or_default(), &format!("empty selector is invalid for {kind}"));
    }
    if given.is_some() && errors.causes.len() > before {
        if !empty {
            errors.invalid("spec.selector", given.cloned().unwrap_or_default(), "invalid label selector");
        }
        return;
    }
    if !given.is_some_and(|s| matches(s, &labels)) {
        errors.invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
    }
}

fn matches(selector: &Value, labels: &Value) -> bool {
    let has = |key: &str| labels.get(key).and_then(Value::as_str);
    entries(selector, "/matchLabels").all(|(k, v)| has(k) == v.as_str())
        && list(selector, "/matchExpressions").iter().all(|r| {
            let value = has(text(r, "/key").unwrap_or_default());
            let listed = list(r, "/values").iter().any(|v| v.as_str() == value);
            match text(r, "/operator") {
                Some("In") => value.is_some() && listed,
                Some("NotIn") => !listed,
                Some("Exists") => value.is_some(),
                _ => value.is_none(),
            }
        })
}

fn deployment(new: &Value, errors: &mut Errors) {
    let ready = int(new, "/spec/minReadySeconds").unwrap_or_default();
    if let Some(n) = int(new, "/spec/progressDeadlineSeconds").filter(|n| *n <= ready) {
        errors.invalid("spec.progressDeadlineSeconds", n, "must be greater than minReadySeconds");
    }
    let rolling = new.pointer("/spec/strategy/rollingUpdate");
    match text(new, "/spec/strategy/type").unwrap_or_default() {
        "Recreate" if rolling.is_some() => {
            errors.forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
        }
        "Recreate" => {}
        "RollingUpdate" => {
            let field = "spec.strategy.rollingUpdate";
            let zero = ["maxSurge", "maxUnavailable"]
                .map(|name| amount(new, &format!("/spec/strategy/rollingUpdate/{name}"), &format!("{field}.{name}"), errors));
            if zero == [true, true] {
                let value = new.pointer("/spec/strategy/rollingUpdate/maxUnavailable").cloned().unwrap_or_default();
                errors.invalid(&format!("{field}.maxUnavailable"), value, "may not be 0 when `maxSurge` is 0");
            }
        }
        other => {
            let shown = json!({"Type": other, "RollingUpdate": rolling});
            errors.unsupported("spec.strategy", shown, &["Recreate", "RollingUpdate"]);
        }
    }
}

/// A number or a percentage. True where it is nothing.
fn amount(new: &Value, place: &str, field: &str, errors: &mut Errors) -> bool {
    match new.pointer(place) {
        Some(Value::String(value)) => {
            if let Some(why) = format::percent(value) {
                errors.invalid(field, value.as_str(), &why);
                return false;
            }
            let percent: i64 = value.trim_end_matches('%').parse().unwrap_or(i64::MAX);
            if percent > 100 && field.ends_with("maxUnavailable") {
                errors.invalid(field, value.as_str(), "must not be greater than 100%");
            }
            percent == 0
        }
        Some(Value::Number(_)) => {
            errors.not_negative(new, place, field);
            int(new, place) == Some(0)
        }
        _ => true,
    }
}

fn stateful_set(new: &Value, errors: &mut Errors) {
    let policy = text(new, "/spec/podManagementPolicy").unwrap_or_default();
    if !["OrderedReady", "Parallel"].contains(&policy) {
        errors.invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'");
    }
    let strategy = text(new, "/spec/updateStrategy/type").unwrap_or_default();
    if !["RollingUpdate", "OnDelete"].contains(&strategy) {
        let shown = json!({"Type": strategy, "RollingUpdate": new.pointer("/spec/updateStrategy/rollingUpdate")});
        errors.invalid("spec.updateStrategy", shown, "must be 'RollingUpdate' or 'OnDelete'");
    }
    if let Some(name) = text(new, "/spec/serviceName").filter(|n| !n.is_empty()) {
        format::label(name).iter().for_each(|why| errors.invalid("spec.serviceName", name, why));
    }
}

fn daemon_set(new: &Value, errors: &mut Errors) {
    let strategy = text(new, "/spec/updateStrategy/type").unwrap_or_default();
    if !["RollingUpdate", "OnDelete"].contains(&strategy) {
        let shown = json!({"Type": strategy, "RollingUpdate": new.pointer("/spec/updateStrategy/rollingUpdate")});
        errors.unsupported("spec.updateStrategy", shown, &["RollingUpdate", "OnDelete"]);
    }
}

/// A job, or the template of one, which has no selector yet.
fn job(new: &Value, place: &str, field: &str, whole: bool, errors: &mut Errors) {
    for name in ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"] {
        errors.not_negative(new, &format!("{place}/{name}"), &format!("{field}.{name}"));
    }
    let template = format!("{field}.template.spec");
    pod::spec(new, &format!("{place}/template/spec"), &template, errors);
    match text(new, &format!("{place}/template/spec/restartPolicy")) {
        Some("OnFailure" | "Never") => {}
        Some("" | "Always") | None => errors.required(&format!("{template}.restartPolicy"), "valid values: \"OnFailure\", \"Never\""),
        Some(other) => errors.unsupported(&format!("{template}.restartPolicy"), other, &["OnFailure", "Never"]),
    }
    let generated = !is_true(new, "/spec/manualSelector") && whole;
    if generated && entries(new, "/spec/selector/matchLabels").count() > 1 {
        errors.invalid("spec.selector", new.pointer("/spec/selector").cloned().unwrap_or_default(), "`selector` not auto-generated");
    }
    let labels = new.pointer("/spec/template/metadata/labels").cloned().unwrap_or_default();
    if whole && !new.pointer("/spec/selector").is_some_and(|s| matches(s, &labels)) {
        errors.invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
    }
}

fn cron_job(new: &Value, errors: &mut Errors) {
    match text(new, "/spec/schedule").unwrap_or_default() {
        "" => errors.required("spec.schedule", ""),
        schedule => format::schedule(schedule).iter().for_each(|why| errors.invalid("spec.schedule", schedule, why)),
    }
    for name in ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        errors.not_negative(new, &format!("/spec/{name}"), &format!("spec.{name}"));
    }
    if let Some(zone) = text(new, "/spec/timeZone").filter(|z| jiff::tz::TimeZone::get(z).is_err()) {
        errors.invalid("spec.timeZone", zone, &format!("unknown time zone {zone}"));
    }
    errors.one_of(new, "/spec/concurrencyPolicy", "spec.concurrencyPolicy", &["Allow", "Forbid", "Replace"]);
    job(new, "/spec/jobTemplate/spec", "spec.jobTemplate.spec", false, errors);
}

/// A horizontal pod autoscaler.
pub(super) fn autoscaler(new: &Value, errors: &mut Errors) {
    let (least, most) = (int(new, "/spec/minReplicas").unwrap_or(1), int(new, "/spec/maxReplicas").unwrap_or_default());
    if least < 1 {
        errors.invalid("spec.minReplicas", least, "must be greater than or equal to 1");
    }
    if most < 1 {
        errors.required("spec.maxReplicas", "must be set and greater than 0");
    }
    if most < least {
        errors.invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`");
    }
    for name in ["kind", "name"] {
        if text(new, &format!("/spec/scaleTargetRef/{name}")).unwrap_or_default().is_empty() {
            errors.required(&format!("spec.scaleTargetRef.{name}"), "");
        }
    }
    if text(new, "/spec/scaleTargetRef/apiVersion").unwrap_or_default().is_empty() {
        errors.invalid("spec.scaleTargetRef.apiVersion", "", "apiVersion must specify API group");
    }
    for (i, metric) in list(new, "/spec/metrics").iter().enumerate() {
        let field = format!("spec.metrics[{i}]");
        if text(metric, "/type") == Some("Resource") && metric.get("resource").is_none() {
            errors.required(&format!("{field}.resource"), "must populate information for the given metric source");
        }
        if let Some(n) = int(metric, "/resource/target/averageUtilization").filter(|n| *n < 1) {
            errors.invalid(&format!("{field}.resource.target.averageUtilization"), n, "must be greater than 0");
        }
    }
}

/// A pod disruption budget.
pub(super) fn budget(new: &Value, errors: &mut Errors) {
    let (least, most) = (new.pointer("/spec/minAvailable"), new.pointer("/spec/maxUnavailable"));
    if least.is_some() && most.is_some() {
        let selector = new.pointer("/spec/selector");
        let shown = json!({"MinAvailable": least, "Selector": selector, "MaxUnavailable": most, "UnhealthyPodEvictionPolicy": null});
        errors.invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set");
    }
    for name in ["minAvailable", "maxUnavailable"] {
        amount(new, &format!("/spec/{name}"), &format!("spec.{name}"), errors);
    }
    selector(new, "/spec/selector", "spec.selector", errors);
}
