//! Whether a pod may be on a node by what both say: names, labels, taints. Not whether there is room for it.

use crate::demo::json::{entries, list, text};
use serde_json::Value;

/// True where the node selector and the required node affinity of a pod's spec allow a node of this name and these labels
/// (`GetRequiredNodeAffinity` of k8s.io/component-helpers).
pub fn selects<'n>(spec: &Value, name: &str, label: impl Fn(&str) -> Option<&'n str>) -> bool {
    const REQUIRED: &str = "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution";
    let chosen = entries(spec, "/nodeSelector").all(|(k, v)| label(k) == v.as_str());
    // Where something is required but no term says what, no node will do.
    let required = spec.pointer(REQUIRED).filter(|r| !r.is_null());
    chosen && required.is_none_or(|r| list(r, "/nodeSelectorTerms").iter().any(|term| term_fits(term, name, &label)))
}

/// True where all requirements of a term hold; an empty one fits nothing.
fn term_fits<'n>(term: &Value, name: &str, label: impl Fn(&str) -> Option<&'n str>) -> bool {
    let (labels, fields) = (list(term, "/matchExpressions"), list(term, "/matchFields"));
    let is = |r: &Value| label(text(r, "/key").unwrap_or_default());
    !(labels.is_empty() && fields.is_empty()) && labels.iter().all(|r| label_fits(r, is(r))) && fields.iter().all(|r| field_fits(r, name))
}

/// A requirement of a node's labels, which other than those of pods also knows whole numbers. What is malformed, as `In` without a value or
/// `Gt` with a fraction, fits nothing.
fn label_fits(requirement: &Value, is: Option<&str>) -> bool {
    let values = list(requirement, "/values");
    let number = |v: Option<&str>| v.and_then(|v| v.parse::<i64>().ok());
    let limit = if let [one] = values { number(one.as_str()) } else { None };
    let is_in = is.is_some_and(|l| values.iter().any(|v| v == l));
    match text(requirement, "/operator") {
        Some("In") => is_in,
        Some("NotIn") => !is_in && !values.is_empty(),
        Some("Exists") => is.is_some() && values.is_empty(),
        Some("DoesNotExist") => is.is_none() && values.is_empty(),
        Some("Gt") => number(is).zip(limit).is_some_and(|(n, limit)| n > limit),
        Some("Lt") => number(is).zip(limit).is_some_and(|(n, limit)| n < limit),
        _ => false,
    }
}

/// A requirement of a node's fields: its name is or is not this one.
fn field_fits(requirement: &Value, name: &str) -> bool {
    let is = if text(requirement, "/key") == Some("metadata.name") { name } else { "" };
    match (text(requirement, "/operator"), list(requirement, "/values")) {
        (Some("In"), [one]) => one == is,
        (Some("NotIn"), [one]) => one != is,
        _ => false,
    }
}

/// True where one of the tolerations bears a taint.
pub fn tolerates(tolerations: &[Value], taint: &Value) -> bool {
    let part = |place| text(taint, place).unwrap_or_default();
    tolerations.iter().any(|t| bears(t, part("/key"), part("/value"), part("/effect")))
}

/// True where a toleration is for this taint. An empty key with `Exists` is for all, an empty effect for every effect.
pub fn bears(toleration: &Value, key: &str, value: &str, effect: &str) -> bool {
    let part = |place| text(toleration, place).unwrap_or_default();
    let exists = part("/operator") == "Exists";
    (part("/effect").is_empty() || part("/effect") == effect)
        && (part("/key") == key || part("/key").is_empty() && exists)
        && (exists || part("/value") == value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nodes_are_chosen_as_kubernetes_does() {
        let label = |key: &str| [("disk", "ssd"), ("cores", "8"), ("load", "0.5")].iter().find(|(k, _)| *k == key).map(|(_, v)| *v);
        let affinity =
            |required: Value| json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}});
        let required = |term: Value| affinity(json!({"nodeSelectorTerms": [term]}));
        let labels = |key: &str, operator: &str, values: Value| {
            required(json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]}))
        };
        let named = |operator: &str, values: Value| {
            required(json!({"matchFields": [{"key": "metadata.name", "operator": operator, "values": values}]}))
        };
        for (spec, want) in [
            (json!({}), true),
            (json!({"nodeSelector": {"disk": "ssd"}}), true),
            (json!({"nodeSelector": {"disk": "hdd"}}), false),
            (affinity(Value::Null), true),
            (affinity(json!({})), false),
            (affinity(json!({"nodeSelectorTerms": []})), false),
            (affinity(json!({"nodeSelectorTerms": [{}, {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}]})), true),
            (required(json!({})), false),
            (named("In", json!(["n1"])), true),
            (named("In", json!(["n2"])), false),
            (named("In", json!(["n1", "n2"])), false),
            (named("NotIn", json!(["n2"])), true),
            (named("Exists", json!([])), false),
            (labels("disk", "In", json!(["hdd", "ssd"])), true),
            (labels("disk", "In", json!([])), false),
            (labels("disk", "NotIn", json!(["ssd"])), false),
            (labels("gpu", "NotIn", json!(["no"])), true),
            (labels("gpu", "NotIn", json!([])), false),
            (labels("gpu", "DoesNotExist", json!([])), true),
            (labels("cores", "Gt", json!(["4"])), true),
            (labels("cores", "Lt", json!(["4"])), false),
            (labels("cores", "Gt", json!(["4.5"])), false),
            (labels("cores", "Gt", json!(["4", "5"])), false),
            (labels("load", "Lt", json!(["1"])), false),
            (labels("gpu", "Lt", json!(["1"])), false),
        ] {
            assert_eq!(selects(&spec, "n1", label), want, "{spec}");
        }
    }

    #[test]
    fn taints_are_borne_as_kubernetes_does() {
        let taint = json!({"key": "k", "value": "v", "effect": "NoSchedule"});
        for (toleration, want) in [
            (json!({"operator": "Exists"}), true),
            (json!({"key": "k", "operator": "Exists"}), true),
            (json!({"key": "k", "operator": "Exists", "effect": "NoExecute"}), false),
            (json!({"key": "k", "value": "v"}), true),
            (json!({"key": "k", "operator": "Equal", "value": "x"}), false),
            (json!({"key": "other", "operator": "Exists"}), false),
        ] {
            assert_eq!(tolerates(std::slice::from_ref(&toleration), &taint), want, "{toleration}");
        }
    }
}
