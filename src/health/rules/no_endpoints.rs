//! Nobody answers for a service.

use crate::health::{Case, Found, Link, Rule, Verdict};
use crate::model::facts::{EndpointsFacts, Facts, PodFacts};
use crate::model::finding::{Finding, Severity};
use crate::model::row::Row;
use crate::model::selector::Selector;
use crate::model::table::Table;
use crate::model::time::Timestamp;
use std::cmp::Reverse;

/// After so long what a service selects is looked at again: pods without an address change no slice.
pub(super) const AGAIN: i64 = 15;
/// Kinds whose pods a service may be for.
const WORKLOADS: &[(&str, &str)] = &[("apps", "deployments"), ("apps", "statefulsets"), ("apps", "daemonsets")];

pub(super) const RULE: Rule = Rule {
    name: "no-endpoints",
    on: &[("", "services")],
    means: "A service has no pod that is ready, so whoever calls it gets an error at once. Either its pods are there and none is ready, or its selector \
            fits no pod at all.",
    helps: &[
        "Pods that are not ready: what is wrong with them is the cause; see what else was found.",
        "No pods: compare the service's selector with the labels of the pods it is meant for. A letter is enough.",
        "A service that nobody needs any more can be deleted.",
    ],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Service(service) = &case.row.facts else { return };
    let Some(selector) = service.selector.as_ref().filter(|_| !service.external && case.row.going.is_none()) else { return };
    let Ok(selector) = Selector::parse(selector.get(case.table.words())) else { return };
    if !case.knows(verdict, "discovery.k8s.io", "endpointslices") || !case.knows(verdict, "", "pods") {
        return;
    }
    let slices: Vec<&EndpointsFacts> = case.slices().collect();
    if slices.iter().any(|s| s.ready > 0) {
        return;
    }
    // A slice that was never changed tells since when nobody is in it.
    let never = slices.iter().all(|s| s.untouched).then(|| slices_made(case)).flatten();
    let seen = never.unwrap_or_else(|| case.since_seen(verdict));
    let pods: Vec<(&Row, &PodFacts)> = selected(case, &selector).collect();
    let since = pods.iter().map(|(row, pod)| pod.ready_since.max(row.created).unwrap_or(seen)).max().unwrap_or(seen);
    if !case.is_due(verdict, since, case.limits.no_endpoints) {
        return;
    }
    verdict.again(Timestamp(case.now().0 + AGAIN));
    verdict.find(found(case, since, &selector, &pods, service.headless));
}

fn found(case: &Case<'_>, since: Timestamp, selector: &Selector, pods: &[(&Row, &PodFacts)], headless: bool) -> Found {
    let mut found = if !pods.is_empty() {
        let what = format!("no ready endpoint: {}", count(pods.len()));
        case.found(Severity::Critical, since, what)
    } else if let Some((kind, name)) = resting(case, selector) {
        case.found(Severity::Info, since, format!("no endpoint: {} {name} is scaled to 0", kind.trim_end_matches('s')))
    } else {
        // Charts bring such services for parts that not every cluster lets us see.
        let severity = if headless { Severity::Info } else { Severity::Warning };
        case.found(severity, since, "no endpoint: its selector fits no pod")
    };
    match worst(case, pods) {
        Some(f) => {
            found.evidence = if f.evidence.is_empty() { f.what.clone() } else { format!("{}: {}", f.what, f.evidence) };
            found.cause = f.cause.clone();
        }
        None => found.evidence = service_selector(case),
    }
    found.next = if pods.is_empty() { "{details} shows its selector" } else { "{enter} shows its pods" }.to_owned();
    found
}

fn count(pods: usize) -> String {
    if pods == 1 { "its only pod is not ready".to_owned() } else { format!("none of its {pods} pods is ready") }
}

/// The worst that was found of its pods; among these the oldest.
fn worst<'a>(case: &Case<'a>, pods: &[(&Row, &PodFacts)]) -> Option<&'a Finding> {
    pods.iter().flat_map(|(row, _)| case.findings(row.uid)).max_by_key(|f| (f.severity, Reverse(f.since)))
}

fn service_selector(case: &Case<'_>) -> String {
    case.row.facts.selector().map_or_else(String::new, |s| format!("selector: {}", s.get(case.table.words())))
}

/// When the last of its slices was made, if there is any.
fn slices_made(case: &Case<'_>) -> Option<Timestamp> {
    let link = Link::service(case.cluster(), case.namespace(), &case.row.name);
    case.rows(link, "discovery.k8s.io", "endpointslices").filter_map(|(_, row)| row.created).max()
}

/// Pods of its namespace that it selects, but for those that are done or on their way out. Only of a service that nobody answers for.
pub(super) fn selected<'a>(case: &Case<'a>, selector: &Selector) -> impl Iterator<Item = (&'a Row, &'a PodFacts)> {
    let rows = case.in_namespace("", "pods").filter(|(table, row)| selector.matches(|key| row.label(key, table.words())));
    rows.filter_map(|(_, row)| match &row.facts {
        Facts::Pod(pod) if !pod.ended && row.going.is_none() => Some((row, &**pod)),
        _ => None,
    })
}

/// The workload that it is for and that should have no pods; none if another one should have some.
fn resting<'a>(case: &Case<'a>, selector: &Selector) -> Option<(&'static str, &'a str)> {
    let of = |(group, resource): (&'static str, &'static str)| case.in_namespace(group, resource).map(move |(t, r)| (resource, t, r));
    let mut resting = None;
    for (resource, table, row) in WORKLOADS.iter().copied().flat_map(of) {
        let Facts::Workload(workload) = &row.facts else { continue };
        if !is_for(selector, table, row) {
            continue;
        }
        if workload.wanted > 0 {
            return None;
        }
        resting = Some((resource, &*row.name));
    }
    resting
}

/// True where a selector fits the pods of a workload, as far as its own labels and its selector tell those.
fn is_for(selector: &Selector, table: &Table, row: &Row) -> bool {
    let own = row.facts.selector().map_or("", |s| s.get(table.words()));
    let chosen = |key: &str| own.split(',').filter_map(|pair| pair.split_once('=')).find(|(k, _)| *k == key).map(|(_, value)| value);
    selector.matches(|key| chosen(key).or_else(|| row.label(key, table.words())))
}
