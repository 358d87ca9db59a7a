//! Whether a pod may be on a node by what both say: names, labels, taints. Not whether there is room for it.

use crate::demo::json::{entries, list, text};
use crate::demo::store::Object;
use serde_json::Value;

/// True where the node selector and the required node affinity of a pod's spec allow a node.
pub fn selects(spec: &Value, node: &Object) -> bool {
    let chosen = entries(spec, "/nodeSelector").all(|(k, v)| node.label(k) == v.as_str());
    let terms = list(spec, "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");
    chosen && (terms.is_empty() || terms.iter().any(|term| term_fits(term, node)))
}

/// True where all requirements of a term hold; an empty one fits nothing.
fn term_fits(term: &Value, node: &Object) -> bool {
    let (labels, fields) = (list(term, "/matchExpressions"), list(term, "/matchFields"));
    let holds = |r: &Value, fields: bool| {
        let name = Some(&*node.key.name);
        requirement_fits(r, if fields { name } else { node.label(text(r, "/key").unwrap_or_default()) })
    };
    !(labels.is_empty() && fields.is_empty()) && labels.iter().all(|r| holds(r, false)) && fields.iter().all(|r| holds(r, true))
}

/// A requirement of a node selector, which other than those of labels also knows numbers.
fn requirement_fits(requirement: &Value, is: Option<&str>) -> bool {
    let values = list(requirement, "/values");
    let number = |v: Option<&str>| v.and_then(|v| v.parse::<i64>().ok());
    let limit = number(values.first().and_then(Value::as_str));
    let is_in = is.is_some_and(|l| values.iter().any(|v| v == l));
    match text(requirement, "/operator") {
        Some("In") => is_in,
        Some("NotIn") => !is_in,
        Some("Exists") => is.is_some(),
        Some("DoesNotExist") => is.is_none(),
        Some("Gt") => number(is).zip(limit).is_some_and(|(n, limit)| n > limit),
        Some("Lt") => number(is).zip(limit).is_some_and(|(n, limit)| n < limit),
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
    use crate::demo::resource::Resource;
    use serde_json::json;

    #[test]
    fn nodes_are_chosen_as_kubernetes_does() {
        let resource = Resource::served().into_iter().find(|r| r.plural == "nodes").unwrap_or_else(|| unreachable!());
        let node = Object::encode(&resource, &json!({"metadata": {"name": "n1", "labels": {"disk": "ssd", "cores": "8"}}}));
        let required = |term: Value| json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}});
        for (spec, want) in [
            (json!({}), true),
            (json!({"nodeSelector": {"disk": "ssd"}}), true),
            (json!({"nodeSelector": {"disk": "hdd"}}), false),
            (required(json!({})), false),
            (required(json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]})), true),
            (required(json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n2"]}]})), false),
            (required(json!({"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]})), true),
            (required(json!({"matchExpressions": [{"key": "disk", "operator": "NotIn", "values": ["ssd"]}]})), false),
            (required(json!({"matchExpressions": [{"key": "gpu", "operator": "DoesNotExist"}]})), true),
            (required(json!({"matchExpressions": [{"key": "cores", "operator": "Gt", "values": ["4"]}]})), true),
            (required(json!({"matchExpressions": [{"key": "cores", "operator": "Lt", "values": ["4"]}]})), false),
        ] {
            assert_eq!(selects(&spec, &node), want, "{spec}");
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
