//! The columns of kinds that have no file in [`crate::kinds`]: titles and values as the printers of a real server have them
//! (k8s.io/kubernetes/pkg/printers/internalversion), and those that definitions of custom kinds ask for.

use crate::demo::json::{entries, instant, int, is_true, list, text};
use crate::demo::resource::{Printed, Resource};
use crate::model::time::{Timestamp, human};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Makes the value of a cell.
pub(super) type Read = Box<dyn Fn(&Value, Timestamp) -> Value + Send>;

/// A column.
pub(super) struct Own {
    /// As the server titles it; kubectl puts it in capitals.
    pub title: Cow<'static, str>,
    /// `string`, `integer`, ..
    pub kind: &'static str,
    /// 1 where only wide output shows it.
    pub priority: u8,
    /// The value.
    pub value: Read,
}

type Plain = fn(&Value, Timestamp) -> Value;
/// Title (with a `+` before it where only wide output shows it, a `>` where it comes after the age) and value.
type Table = &'static [(&'static str, Plain)];

/// The columns of a kind, from its name to its age.
pub(super) fn of(resource: &Resource) -> Vec<Own> {
    let mut columns = vec![plain("Name", |v, _| at(v, "/metadata/name"))];
    if resource.custom {
        columns.extend(resource.columns.iter().map(custom));
    }
    let table = TABLES.iter().find(|(plural, _)| *plural == resource.plural && !resource.custom).map(|(_, t)| *t).unwrap_or_default();
    let (wide, always): (Vec<_>, Vec<_>) = table.iter().copied().partition(|(title, _)| title.starts_with('+'));
    let (last, always): (Vec<_>, Vec<_>) = always.into_iter().partition(|(title, _)| title.starts_with('>'));
    columns.extend(always.into_iter().map(|(title, value)| plain(title, value)));
    if !columns.iter().any(|c| c.title == "Age" || c.title == "Created At") {
        columns.push(age());
    }
    columns.extend(last.into_iter().map(|(title, value)| plain(title.trim_start_matches('>'), value)));
    columns.extend(wide.into_iter().map(|(title, value)| Own { priority: 1, ..plain(title.trim_start_matches('+'), value) }));
    columns
}

fn plain(title: &'static str, value: Plain) -> Own {
    Own { title: title.into(), kind: "string", priority: 0, value: Box::new(value) }
}

fn age() -> Own {
    let value = |v: &Value, now| ago(v, "/metadata/creationTimestamp", now);
    Own { title: "Age".into(), kind: "string", priority: 0, value: Box::new(value) }
}

/// A column of a definition. Its paths are plain: names after dots, and quoted ones in brackets or with a filter are not followed.
fn custom(Printed { title, kind, path, is_wide }: &Printed) -> Own {
    let (path, is_date) = (path.clone(), kind == "date");
    let value = move |v: &Value, now| match follow(v, &path) {
        Some(found) if is_date => found.as_str().and_then(instant).map_or(json!("<invalid>"), |at| json!(aged(at, now))),
        Some(found) => found.clone(),
        None => Value::Null,
    };
    Own { title: title.clone().into(), kind: "string", priority: u8::from(*is_wide), value: Box::new(value) }
}

/// Follows `.status.conditions[?(@.type=="Ready")].status` and simpler paths.
fn follow<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut at = value;
    let mut rest = path;
    while !rest.is_empty() {
        if let Some((filter, after)) = rest.strip_prefix("[?(@.").and_then(|r| r.split_once(")]")) {
            let (key, want) = filter.split_once("==")?;
            let want = want.trim_matches(['"', '\'']);
            at = at.as_array()?.iter().find(|item| item.get(key).and_then(Value::as_str) == Some(want))?;
            rest = after;
            continue;
        }
        if let Some((index, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
            at = at.get(index.parse::<usize>().ok()?)?;
            rest = after;
            continue;
        }
        let step = rest.strip_prefix('.')?;
        let end = step.find(['.', '[']).unwrap_or(step.len());
        let (name, after) = step.split_at(end);
        at = at.get(name)?;
        rest = after;
    }
    Some(at)
}

fn at(value: &Value, place: &str) -> Value {
    value.pointer(place).cloned().unwrap_or_default()
}

/// How long ago the instant at a place is.
pub(super) fn ago(value: &Value, place: &str, now: Timestamp) -> Value {
    json!(text(value, place).and_then(instant).map_or_else(|| "<unknown>".to_owned(), |at| aged(at, now)))
}

fn aged(at: i64, now: Timestamp) -> String {
    let mut out = String::new();
    human(Timestamp(at.div_euclid(1000)).age(now), &mut out);
    out
}

fn or_none(text: String) -> Value {
    json!(if text.is_empty() { "<none>" } else { &text })
}

fn joined<'v>(items: impl Iterator<Item = &'v str>) -> Value {
    or_none(items.collect::<Vec<_>>().join(","))
}

fn number(value: &Value, place: &str) -> Value {
    json!(int(value, place).unwrap_or_default())
}

fn size(value: &Value, place: &str) -> Value {
    json!(value.pointer(place).and_then(Value::as_object).map_or(0, serde_json::Map::len))
}

fn map(value: &Value, place: &str) -> Value {
    or_none(entries(value, place).map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect::<Vec<_>>().join(","))
}

fn images(value: &Value) -> Value {
    joined(list(value, "/spec/template/spec/containers").iter().filter_map(|c| text(c, "/image")))
}

fn containers(value: &Value) -> Value {
    joined(list(value, "/spec/template/spec/containers").iter().filter_map(|c| text(c, "/name")))
}

fn ready(value: &Value) -> Value {
    let want = int(value, "/spec/replicas").unwrap_or(1);
    json!(format!("{}/{want}", int(value, "/status/readyReplicas").unwrap_or_default()))
}

fn ports(value: &Value) -> Value {
    let port = |p: &Value| {
        let (port, protocol) = (int(p, "/port").unwrap_or_default(), text(p, "/protocol").unwrap_or("TCP").to_owned());
        match int(p, "/nodePort").filter(|n| *n > 0) {
            Some(node) => format!("{port}:{node}/{protocol}"),
            None => format!("{port}/{protocol}"),
        }
    };
    or_none(list(value, "/spec/ports").iter().map(port).collect::<Vec<_>>().join(","))
}

fn external(value: &Value) -> Value {
    let balanced: Vec<&str> =
        list(value, "/status/loadBalancer/ingress").iter().filter_map(|i| text(i, "/ip").or_else(|| text(i, "/hostname"))).collect();
    match text(value, "/spec/type") {
        Some("LoadBalancer") if balanced.is_empty() => json!("<pending>"),
        Some("LoadBalancer") => json!(balanced.join(",")),
        Some("ExternalName") => at(value, "/spec/externalName"),
        _ => json!("<none>"),
    }
}

fn endpoints(value: &Value) -> Value {
    let all = list(value, "/subsets").iter().flat_map(|s| {
        let ports = list(s, "/ports").iter().filter_map(|p| int(p, "/port"));
        let addresses: Vec<&str> = list(s, "/addresses").iter().filter_map(|a| text(a, "/ip")).collect();
        ports.flat_map(move |port| addresses.clone().into_iter().map(move |a| format!("{a}:{port}")).collect::<Vec<_>>())
    });
    shortened(&all.collect::<Vec<_>>(), 3)
}

fn shortened(all: &[String], most: usize) -> Value {
    let shown = all.iter().take(most).cloned().collect::<Vec<_>>().join(",");
    if all.len() > most { json!(format!("{shown} + {} more...", all.len() - most)) } else { or_none(shown) }
}

fn slice_addresses(value: &Value) -> Value {
    let all: Vec<String> =
        list(value, "/endpoints").iter().flat_map(|e| list(e, "/addresses")).filter_map(Value::as_str).map(str::to_owned).collect();
    shortened(&all, 3)
}

fn slice_ports(value: &Value) -> Value {
    or_none(list(value, "/ports").iter().filter_map(|p| int(p, "/port")).map(|p| p.to_string()).collect::<Vec<_>>().join(","))
}

fn hosts(value: &Value) -> Value {
    let all: Vec<&str> = list(value, "/spec/rules").iter().filter_map(|r| text(r, "/host")).collect();
    if all.is_empty() { json!("*") } else { json!(all.join(",")) }
}

fn ingress_ports(value: &Value) -> Value {
    json!(if list(value, "/spec/tls").is_empty() { "80" } else { "80, 443" })
}

fn claim(value: &Value) -> Value {
    match (text(value, "/spec/claimRef/namespace"), text(value, "/spec/claimRef/name")) {
        (Some(namespace), Some(name)) => json!(format!("{namespace}/{name}")),
        _ => json!(""),
    }
}

fn modes(value: &Value, place: &str) -> Value {
    let short = |mode: &Value| match mode.as_str() {
        Some("ReadWriteOnce") => "RWO",
        Some("ReadOnlyMany") => "ROX",
        Some("ReadWriteMany") => "RWX",
        Some("ReadWriteOncePod") => "RWOP",
        _ => "",
    };
    json!(list(value, place).iter().map(short).collect::<Vec<_>>().join(","))
}

fn reference(value: &Value) -> Value {
    let of = |place| text(value, place).unwrap_or_default().to_owned();
    json!(format!("{}/{}", of("/spec/scaleTargetRef/kind"), of("/spec/scaleTargetRef/name")))
}

fn targets(value: &Value) -> Value {
    let current = list(value, "/status/currentMetrics");
    let one = |(i, metric): (usize, &Value)| {
        let name = text(metric, "/resource/name").unwrap_or("<unknown>").to_owned();
        let now = current.get(i).and_then(|m| int(m, "/resource/current/averageUtilization"));
        let now = now.map_or_else(|| "<unknown>".to_owned(), |n| format!("{n}%"));
        format!("{name}: {now}/{}%", int(metric, "/resource/target/averageUtilization").unwrap_or_default())
    };
    or_none(list(value, "/spec/metrics").iter().enumerate().map(one).collect::<Vec<_>>().join(", "))
}

fn quota(value: &Value, limits: bool) -> Value {
    let mut all: Vec<(&str, &Value)> = entries(value, "/status/hard").filter(|(k, _)| k.starts_with("limits.") == limits).collect();
    all.sort_by_key(|(k, _)| *k);
    let used = |key: &str| text(value, &format!("/status/used/{}", crate::demo::json::escape(key))).unwrap_or("0").to_owned();
    json!(all.iter().map(|(k, hard)| format!("{k}: {}/{}", used(k), hard.as_str().unwrap_or_default())).collect::<Vec<_>>().join(", "))
}

fn or_na(value: &Value, place: &str) -> Value {
    match value.pointer(place) {
        None | Some(Value::Null) => json!("N/A"),
        Some(Value::String(text)) => json!(text),
        Some(other) => json!(other.to_string()),
    }
}

fn job_status(value: &Value) -> Value {
    let has =
        |kind: &str| list(value, "/status/conditions").iter().any(|c| text(c, "/type") == Some(kind) && text(c, "/status") == Some("True"));
    json!(match () {
        () if has("Complete") => "Complete",
        () if has("Failed") => "Failed",
        () if has("Suspended") => "Suspended",
        () if text(value, "/metadata/deletionTimestamp").is_some() => "Terminating",
        () => "Running",
    })
}

fn completions(value: &Value) -> Value {
    let done = int(value, "/status/succeeded").unwrap_or_default();
    json!(match int(value, "/spec/completions") {
        Some(want) => format!("{done}/{want}"),
        None => format!("{done}/1 of {}", int(value, "/spec/parallelism").unwrap_or(1)),
    })
}

fn duration(value: &Value, now: Timestamp) -> Value {
    let (from, to) = (text(value, "/status/startTime").and_then(instant), text(value, "/status/completionTime").and_then(instant));
    match (from, to) {
        (Some(from), Some(to)) => json!(aged(from, Timestamp(to.div_euclid(1000)))),
        (Some(from), None) => json!(aged(from, now)),
        _ => json!(""),
    }
}

fn last_schedule(value: &Value, now: Timestamp) -> Value {
    match text(value, "/status/lastScheduleTime").and_then(instant) {
        Some(at) => json!(aged(at, now)),
        None => json!("<none>"),
    }
}

fn role(value: &Value) -> Value {
    let of = |place| text(value, place).unwrap_or_default().to_owned();
    json!(format!("{}/{}", of("/roleRef/kind"), of("/roleRef/name")))
}

fn subjects(value: &Value, kind: &str) -> Value {
    json!(
        list(value, "/subjects")
            .iter()
            .filter(|s| text(s, "/kind") == Some(kind))
            .filter_map(|s| text(s, "/namespace").into_iter().chain(text(s, "/name")).collect::<Vec<_>>().join("/").into())
            .collect::<Vec<String>>()
            .join(", ")
    )
}

const TABLES: &[(&str, Table)] = &[
    ("configmaps", &[("Data", |v, _| json!(size(v, "/data").as_u64().unwrap_or(0) + size(v, "/binaryData").as_u64().unwrap_or(0)))]),
    ("secrets", &[("Type", |v, _| at(v, "/type")), ("Data", |v, _| size(v, "/data"))]),
    (
        "services",
        &[
            ("Type", |v, _| at(v, "/spec/type")),
            ("Cluster-IP", |v, _| or_none(text(v, "/spec/clusterIP").unwrap_or_default().to_owned())),
            ("External-IP", |v, _| external(v)),
            ("Port(s)", |v, _| ports(v)),
            ("+Selector", |v, _| map(v, "/spec/selector")),
        ],
    ),
    ("endpoints", &[("Endpoints", |v, _| endpoints(v))]),
    (
        "endpointslices",
        &[("AddressType", |v, _| at(v, "/addressType")), ("Ports", |v, _| slice_ports(v)), ("Endpoints", |v, _| slice_addresses(v))],
    ),
    ("serviceaccounts", &[("Secrets", |v, _| json!(list(v, "/secrets").len()))]),
    (
        "persistentvolumeclaims",
        &[
            ("Status", |v, _| at(v, "/status/phase")),
            ("Volume", |v, _| json!(text(v, "/spec/volumeName").unwrap_or_default())),
            ("Capacity", |v, _| json!(text(v, "/status/capacity/storage").unwrap_or_default())),
            ("Access Modes", |v, _| modes(v, "/status/accessModes")),
            ("StorageClass", |v, _| json!(text(v, "/spec/storageClassName").unwrap_or_default())),
            ("VolumeAttributesClass", |_, _| json!("<unset>")),
            ("+VolumeMode", |v, _| at(v, "/spec/volumeMode")),
        ],
    ),
    (
        "persistentvolumes",
        &[
            ("Capacity", |v, _| at(v, "/spec/capacity/storage")),
            ("Access Modes", |v, _| modes(v, "/spec/accessModes")),
            ("Reclaim Policy", |v, _| at(v, "/spec/persistentVolumeReclaimPolicy")),
            ("Status", |v, _| at(v, "/status/phase")),
            ("Claim", |v, _| claim(v)),
            ("StorageClass", |v, _| json!(text(v, "/spec/storageClassName").unwrap_or_default())),
            ("VolumeAttributesClass", |_, _| json!("<unset>")),
            ("Reason", |v, _| json!(text(v, "/status/reason").unwrap_or_default())),
            ("+VolumeMode", |v, _| at(v, "/spec/volumeMode")),
        ],
    ),
    ("resourcequotas", &[("Request", |v, _| quota(v, false)), ("Limit", |v, _| quota(v, true))]),
    ("limitranges", &[("Created At", |v, _| at(v, "/metadata/creationTimestamp"))]),
    (
        "replicationcontrollers",
        &[
            ("Desired", |v, _| number(v, "/spec/replicas")),
            ("Current", |v, _| number(v, "/status/replicas")),
            ("Ready", |v, _| number(v, "/status/readyReplicas")),
        ],
    ),
    ("statefulsets", &[("Ready", |v, _| ready(v)), ("+Containers", |v, _| containers(v)), ("+Images", |v, _| images(v))]),
    (
        "daemonsets",
        &[
            ("Desired", |v, _| number(v, "/status/desiredNumberScheduled")),
            ("Current", |v, _| number(v, "/status/currentNumberScheduled")),
            ("Ready", |v, _| number(v, "/status/numberReady")),
            ("Up-to-date", |v, _| number(v, "/status/updatedNumberScheduled")),
            ("Available", |v, _| number(v, "/status/numberAvailable")),
            ("Node Selector", |v, _| map(v, "/spec/template/spec/nodeSelector")),
            ("+Containers", |v, _| containers(v)),
            ("+Images", |v, _| images(v)),
            ("+Selector", |v, _| map(v, "/spec/selector/matchLabels")),
        ],
    ),
    ("controllerrevisions", &[("Controller", |v, _| or_none(owner(v))), ("Revision", |v, _| number(v, "/revision"))]),
    (
        "jobs",
        &[
            ("Status", |v, _| job_status(v)),
            ("Completions", |v, _| completions(v)),
            ("Duration", duration),
            ("+Containers", |v, _| containers(v)),
            ("+Images", |v, _| images(v)),
            ("+Selector", |v, _| map(v, "/spec/selector/matchLabels")),
        ],
    ),
    (
        "cronjobs",
        &[
            ("Schedule", |v, _| at(v, "/spec/schedule")),
            ("Timezone", |v, _| json!(text(v, "/spec/timeZone").unwrap_or("<none>"))),
            ("Suspend", |v, _| json!(if is_true(v, "/spec/suspend") { "True" } else { "False" })),
            ("Active", |v, _| json!(list(v, "/status/active").len())),
            ("Last Schedule", last_schedule),
        ],
    ),
    (
        "horizontalpodautoscalers",
        &[
            ("Reference", |v, _| reference(v)),
            ("Targets", |v, _| targets(v)),
            ("MinPods", |v, _| json!(int(v, "/spec/minReplicas").unwrap_or(1).to_string())),
            ("MaxPods", |v, _| number(v, "/spec/maxReplicas")),
            ("Replicas", |v, _| number(v, "/status/currentReplicas")),
        ],
    ),
    (
        "poddisruptionbudgets",
        &[
            ("Min Available", |v, _| or_na(v, "/spec/minAvailable")),
            ("Max Unavailable", |v, _| or_na(v, "/spec/maxUnavailable")),
            ("Allowed Disruptions", |v, _| number(v, "/status/disruptionsAllowed")),
        ],
    ),
    (
        "ingresses",
        &[
            ("Class", |v, _| json!(text(v, "/spec/ingressClassName").unwrap_or("<none>"))),
            ("Hosts", |v, _| hosts(v)),
            ("Address", |v, _| {
                json!(list(v, "/status/loadBalancer/ingress").iter().filter_map(|i| text(i, "/ip")).collect::<Vec<_>>().join(","))
            }),
            ("Ports", |v, _| ingress_ports(v)),
        ],
    ),
    ("ingressclasses", &[("Controller", |v, _| at(v, "/spec/controller")), ("Parameters", |_, _| json!("<none>"))]),
    ("networkpolicies", &[("Pod-Selector", |v, _| map(v, "/spec/podSelector/matchLabels"))]),
    (
        "storageclasses",
        &[
            ("Provisioner", |v, _| at(v, "/provisioner")),
            ("ReclaimPolicy", |v, _| at(v, "/reclaimPolicy")),
            ("VolumeBindingMode", |v, _| at(v, "/volumeBindingMode")),
            ("AllowVolumeExpansion", |v, _| json!(is_true(v, "/allowVolumeExpansion"))),
        ],
    ),
    (
        "priorityclasses",
        &[
            ("Value", |v, _| number(v, "/value")),
            ("Global-Default", |v, _| json!(is_true(v, "/globalDefault"))),
            (">PreemptionPolicy", |v, _| json!(text(v, "/preemptionPolicy").unwrap_or("PreemptLowerPriority"))),
        ],
    ),
    ("leases", &[("Holder", |v, _| json!(text(v, "/spec/holderIdentity").unwrap_or_default()))]),
    ("roles", &[("Created At", |v, _| at(v, "/metadata/creationTimestamp"))]),
    ("clusterroles", &[("Created At", |v, _| at(v, "/metadata/creationTimestamp"))]),
    ("rolebindings", BINDING),
    ("clusterrolebindings", BINDING),
    ("customresourcedefinitions", &[("Created At", |v, _| at(v, "/metadata/creationTimestamp"))]),
];

const BINDING: Table = &[
    ("Role", |v, _| role(v)),
    ("+Users", |v, _| subjects(v, "User")),
    ("+Groups", |v, _| subjects(v, "Group")),
    ("+ServiceAccounts", |v, _| subjects(v, "ServiceAccount")),
];

fn owner(value: &Value) -> String {
    let owner = list(value, "/metadata/ownerReferences").first();
    let of = |o: &Value, place: &str| text(o, place).unwrap_or_default().to_owned();
    let group = |o: &Value| of(o, "/apiVersion").split_once('/').map(|(group, _)| format!(".{group}")).unwrap_or_default();
    owner.map(|o| format!("{}{}/{}", of(o, "/kind").to_lowercase(), group(o), of(o, "/name"))).unwrap_or_default()
}
