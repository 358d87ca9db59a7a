//! ResourceQuotas: what a namespace may use, what it uses, and the refusal of what would be too much.

use super::json::{entries, int, list, set, text};
use super::resource::Resource;
use super::sim::Sim;
use super::status::{Answer, Refusal};
use super::store::{Key, Object};
use crate::model::quantity::quantity;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

const ID: &str = "resourcequotas";

/// Amounts by the names that quotas have for them. Processor time is in thousandths, storage and memory in thousandths of a byte: what
/// quantities can say exactly.
pub type Amounts = BTreeMap<String, i64>;

/// What one object takes up: pods their requests and limits, claims their storage, and every object itself.
pub fn taken(resource: &Resource, value: &Value) -> Amounts {
    let mut all = Amounts::new();
    let id = resource.id();
    // The core kinds that had names of their own before all kinds had one.
    const OLD: [&str; 7] =
        ["pods", "services", "secrets", "configmaps", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas"];
    if OLD.contains(&&*id) {
        all.insert(id.clone(), 1_000);
    }
    all.insert(format!("count/{id}"), 1_000);
    match &*id {
        "pods" => pod(value, &mut all),
        "persistentvolumeclaims" => {
            let storage = amount(value.pointer("/spec/resources/requests/storage"));
            all.insert("requests.storage".to_owned(), storage);
            if let Some(class) = text(value, "/spec/storageClassName") {
                all.insert(format!("{class}.storageclass.storage.k8s.io/requests.storage"), storage);
                all.insert(format!("{class}.storageclass.storage.k8s.io/persistentvolumeclaims"), 1_000);
            }
        }
        "services" => {
            let sort = text(value, "/spec/type");
            if matches!(sort, Some("NodePort" | "LoadBalancer")) {
                all.insert("services.nodeports".to_owned(), list(value, "/spec/ports").len() as i64 * 1_000);
            }
            if sort == Some("LoadBalancer") {
                all.insert("services.loadbalancers".to_owned(), 1_000);
            }
        }
        _ => {}
    }
    all
}

/// Requests and limits of a pod's containers. Those that run one after another at the start count as far as they exceed the others.
fn pod(value: &Value, all: &mut Amounts) {
    // What has ended takes up nothing but its name.
    if matches!(text(value, "/status/phase"), Some("Succeeded" | "Failed")) {
        all.remove("pods");
        return;
    }
    for part in ["requests", "limits"] {
        let of = |c: &Value| c.pointer("/resources").and_then(|r| r.get(part)).cloned().unwrap_or_default();
        let mut sums = Amounts::new();
        let lasting = |c: &&Value| text(c, "/restartPolicy") == Some("Always");
        let starting = list(value, "/spec/initContainers");
        for container in list(value, "/spec/containers").iter().chain(starting.iter().filter(lasting)) {
            entries(&of(container), "").for_each(|(k, v)| add(&mut sums, k, amount(Some(v))));
        }
        for container in starting.iter().filter(|c| !lasting(c)) {
            for (name, n) in entries(&of(container), "") {
                let sum = sums.entry(name.to_owned()).or_default();
                *sum = (*sum).max(amount(Some(n)));
            }
        }
        for (name, n) in sums {
            all.insert(format!("{part}.{name}"), n);
            if part == "requests" && ["cpu", "memory", "ephemeral-storage"].contains(&&*name) {
                all.insert(name, n);
            }
        }
    }
}

fn add(sums: &mut Amounts, name: &str, n: i64) {
    let sum = sums.entry(name.to_owned()).or_default();
    *sum = sum.saturating_add(n);
}

/// A quantity in thousandths.
fn amount(written: Option<&Value>) -> i64 {
    let number = match written {
        Some(Value::String(text)) => quantity(text),
        Some(Value::Number(number)) => number.as_f64(),
        _ => None,
    };
    (number.unwrap_or_default() * 1_000.0).round() as i64
}

/// An amount as a quantity, in the suffixes that the quota itself uses.
pub fn written(thousandths: i64, like: &str) -> String {
    let binary = [("Ei", 6), ("Pi", 5), ("Ti", 4), ("Gi", 3), ("Mi", 2), ("Ki", 1)].map(|(s, n)| (s, 1_024_i64.pow(n)));
    let decimal = [("E", 6), ("P", 5), ("T", 4), ("G", 3), ("M", 2), ("k", 1)].map(|(s, n)| (s, 1_000_i64.pow(n)));
    if thousandths % 1_000 != 0 {
        return format!("{thousandths}m");
    }
    let whole = thousandths / 1_000;
    let suffixes = if like.ends_with('i') { binary } else { decimal };
    let fits = suffixes.iter().find(|(_, n)| whole != 0 && whole % n == 0);
    fits.map_or_else(|| whole.to_string(), |(suffix, n)| format!("{}{suffix}", whole / n))
}

/// True where a quota counts this object at all: one with scopes is about some pods only.
fn covers(quota: &Value, resource: &Resource, value: &Value) -> bool {
    let scopes = list(quota, "/spec/scopes").iter().filter_map(Value::as_str);
    let expressions = list(quota, "/spec/scopeSelector/matchExpressions");
    if list(quota, "/spec/scopes").is_empty() && expressions.is_empty() {
        return true;
    }
    if resource.id() != "pods" {
        return false;
    }
    let bounded = int(value, "/spec/activeDeadlineSeconds").is_some();
    let best_effort = || list(value, "/spec/containers").iter().all(|c| entries(c, "/resources").next().is_none());
    let class = text(value, "/spec/priorityClassName");
    let mut scoped = scopes.map(|scope| match scope {
        "Terminating" => bounded,
        "NotTerminating" => !bounded,
        "BestEffort" => best_effort(),
        "NotBestEffort" => !best_effort(),
        _ => true,
    });
    scoped.all(|fits| fits)
        && expressions.iter().all(|e| {
            let named = list(e, "/values").iter().any(|v| v.as_str() == class);
            match (text(e, "/scopeName"), text(e, "/operator")) {
                (Some("PriorityClass"), Some("In")) => named,
                (Some("PriorityClass"), Some("NotIn")) => !named,
                (Some("PriorityClass"), Some("Exists")) => class.is_some(),
                _ => true,
            }
        })
}

/// Lets a new object in, or refuses what would exceed a quota of its namespace. What is let in is counted at once.
///
/// # Errors
/// 403, as `plugin/pkg/admission/resourcequota` words it.
pub fn admit(sim: &mut Sim, resource: &Resource, value: &Value, dry_run: bool) -> Answer<()> {
    let namespace = text(value, "/metadata/namespace").unwrap_or_default();
    if namespace.is_empty() || resource.id() == "events" {
        return Ok(());
    }
    let quotas: Vec<Arc<Value>> = sim.store.list(ID, namespace).map(|o| o.value()).collect();
    if quotas.is_empty() {
        return Ok(());
    }
    let taken = taken(resource, value);
    let mut counted = Vec::new();
    for quota in quotas.into_iter().filter(|q| covers(q, resource, value)) {
        let hard: Vec<(&str, &str)> = entries(&quota, "/spec/hard").filter_map(|(k, v)| Some((k, v.as_str()?))).collect();
        let name = text(&quota, "/metadata/name").unwrap_or_default();
        if resource.id() == "pods" {
            demands(resource, value, name, &hard)?;
        }
        if let Some(more) = count(resource, value, &quota, &hard, &taken)? {
            counted.push((Key::of(&quota), more));
        }
    }
    if !dry_run {
        for (key, used) in counted {
            // Nobody has taken the quota away in the meantime.
            drop(sim.update(ID, &key, super::write::How::status("kube-apiserver"), |q| {
                set(q, "/status/used", used);
                Ok(())
            }));
        }
    }
    Ok(())
}

/// A quota on processors or memory makes every container say how much it wants.
fn demands(resource: &Resource, pod: &Value, name: &str, hard: &[(&str, &str)]) -> Answer<()> {
    let missing = |limit: &str| {
        let (part, what) = limit.split_once('.').unwrap_or(("requests", limit));
        let known = matches!(part, "requests" | "limits") && ["cpu", "memory"].contains(&what);
        let lacks = |c: &&Value| c.pointer("/resources").and_then(|r| r.get(part)?.get(what)).is_none();
        let all = list(pod, "/spec/containers").iter().filter(lacks).filter_map(|c| text(c, "/name"));
        if known { all.collect::<Vec<_>>() } else { Vec::new() }
    };
    let mut all: Vec<String> = hard
        .iter()
        .map(|(limit, _)| (limit, missing(limit)))
        .filter(|(_, c)| !c.is_empty())
        .map(|(limit, c)| format!("{limit} for: {}", c.join(",")))
        .collect();
    all.sort();
    if all.is_empty() {
        return Ok(());
    }
    let why = format!("failed quota: {name}: must specify {}", all.join("; "));
    Err(Refusal::forbidden(resource, text(pod, "/metadata/name").unwrap_or_default(), &why))
}

/// What a quota has used with this object too. None where it does not count it.
fn count(resource: &Resource, value: &Value, quota: &Value, hard: &[(&str, &str)], taken: &Amounts) -> Answer<Option<Map<String, Value>>> {
    let mut used: Map<String, Value> = entries(quota, "/status/used").map(|(k, v)| (k.to_owned(), v.clone())).collect();
    let mut over: Vec<(&str, [String; 3])> = Vec::new();
    let mut counts = false;
    for (name, limit) in hard {
        let Some(more) = taken.get(*name).copied().filter(|n| *n > 0) else { continue };
        counts = true;
        let before = amount(used.get(*name));
        if before.saturating_add(more) > amount(Some(&Value::from(*limit))) {
            over.push((name, [written(more, limit), written(before, limit), (*limit).to_owned()]));
        }
        used.insert((*name).to_owned(), written(before.saturating_add(more), limit).into());
    }
    if over.is_empty() {
        return Ok(counts.then_some(used));
    }
    over.sort();
    let told = |which: usize| {
        over.iter().map(|(name, of)| format!("{name}={}", of.get(which).map_or("", String::as_str))).collect::<Vec<_>>().join(",")
    };
    let name = text(quota, "/metadata/name").unwrap_or_default();
    let why = format!("exceeded quota: {name}, requested: {}, used: {}, limited: {}", told(0), told(1), told(2));
    Err(Refusal::forbidden(resource, text(value, "/metadata/name").unwrap_or_default(), &why))
}

/// What a quota has used, counted anew over all objects of its namespace.
pub fn used(sim: &Sim, quota: &Object) -> Map<String, Value> {
    let value = quota.value();
    let hard: Vec<(&str, &str)> = entries(&value, "/spec/hard").filter_map(|(k, v)| Some((k, v.as_str()?))).collect();
    let mut sums = Amounts::new();
    for table in sim.store.tables().iter().filter(|t| t.resource.namespaced && t.resource.plural != "events") {
        if !hard.iter().any(|(name, _)| concerns(name, &table.resource)) {
            continue;
        }
        for object in table.list(&quota.key.namespace, None) {
            let of = object.value();
            if covers(&value, &table.resource, &of) {
                taken(&table.resource, &of).iter().for_each(|(name, n)| add(&mut sums, name, *n));
            }
        }
    }
    hard.into_iter().map(|(name, limit)| (name.to_owned(), written(sums.get(name).copied().unwrap_or_default(), limit).into())).collect()
}

/// True where objects of a kind may count for this name.
pub fn concerns(name: &str, resource: &Resource) -> bool {
    let id = resource.id();
    if let Some(counted) = name.strip_prefix("count/") {
        return counted == id;
    }
    match &*id {
        "pods" => {
            !name.contains("storage")
                && name.split('.').next().is_some_and(|n| ["pods", "cpu", "memory", "requests", "limits"].contains(&n))
                || name.ends_with("ephemeral-storage")
        }
        "persistentvolumeclaims" => name == "requests.storage" || name.ends_with(&*id) || name.contains(".storageclass."),
        "services" => name.starts_with("services"),
        _ => name == id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_the_quota_writes_them() {
        for (thousandths, like, want) in [
            (1_500, "4", "1500m"),
            (2_000, "4", "2"),
            (0, "8Gi", "0"),
            (1_073_741_824_000, "8Gi", "1Gi"),
            (1_610_612_736_000, "8Gi", "1536Mi"),
            (2_000_000_000, "8G", "2M"),
            (12_000, "50", "12"),
            (1_000_000, "2000", "1k"),
        ] {
            assert_eq!(written(thousandths, like), want, "{thousandths} like {like}");
        }
    }
}
