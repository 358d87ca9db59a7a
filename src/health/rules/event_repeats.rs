//! The server warns of something again and again.

use crate::health::case::line;
use crate::health::{Case, Rule, Verdict, is_read_kind};
use crate::kinds::{self, KINDS, event};
use crate::model::facts::{EventFacts, Facts};
use crate::model::finding::{Cause, Severity};
use crate::model::id::{GroupResource, ObjectRef, Uid};
use crate::model::time::Timestamp;

/// Warnings that kubelets repeat while everything works.
const HARMLESS: &[&str] =
    &["DNSConfigForming", "MissingClusterDNS", "FailedToRetrieveImagePullSecret", "InvalidDiskCapacity", "VPACheckpoint"];

pub(super) const RULE: Rule = Rule {
    name: "event-repeats",
    on: &[("", "events")],
    means: "A part of the cluster warns of the same thing over and over, and no other rule knows what it means. It may be harmless; it may be the only sign of \
            something that does not work.",
    helps: &["Its words are all there is: read them, and the object's other events.", "The reporting component's own log says more."],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Event(event) = &case.row.facts else { return };
    let Some(last) = event.last.filter(|_| event.warning && i64::from(event.count) >= case.limits.event_repeats) else { return };
    let over = Timestamp(last.0 + case.limits.event_over);
    if case.now() >= over {
        return;
    }
    verdict.again(over);
    let object = about(case, event);
    let Some(uid) = standing(case, verdict, event, &object) else { return };
    let reason = case.word(event.reason);
    if is_told(case, uid, &object) || reason == "Unhealthy" && is_unready(case, uid) {
        return;
    }
    let severity = if HARMLESS.contains(&reason) { Severity::Info } else { Severity::Warning };
    let mut found = case.found(severity, event.first.unwrap_or(last), format!("{reason} ×{}", event.count));
    found.evidence = line(&event::message(case.table, case.row)).to_owned();
    found.next = "{events} shows all about it, {details} the object".to_owned();
    found.cause = Cause::itself(&object);
    found.object = Some(ObjectRef { uid, ..object });
    verdict.find(found);
}

/// What it is about.
fn about(case: &Case<'_>, event: &EventFacts) -> ObjectRef {
    let kind = case.word(event.kind);
    let known = KINDS.iter().find(|k| k.names.kind == kind);
    let namespace = if known.is_none_or(|k| k.names.namespaced) { case.namespace() } else { "" };
    // Of a kind without a file here only its name is known.
    let kind = known.map_or_else(|| GroupResource::new("", &kind.to_lowercase()), kinds::Kind::id);
    let name = event.name.get(case.table.words()).into();
    ObjectRef { cluster: case.cluster(), kind, namespace: namespace.into(), name, uid: event.uid }
}

/// The uid of what it is about, where that is still there for all we know. A kubelet's events name a node where others tell its uid.
fn standing(case: &Case<'_>, verdict: &mut Verdict, event: &EventFacts, object: &ObjectRef) -> Option<Uid> {
    let Some(kind) = kinds::find(&object.kind) else { return Some(event.uid) };
    let (group, resource) = (kind.names.group, kind.names.resource);
    if !is_read_kind(group, resource) {
        return Some(event.uid);
    }
    if !case.knows(verdict, group, resource) {
        return None;
    }
    let (_, row) = case.named(group, resource, &object.namespace, &object.name)?;
    (row.uid == event.uid || resource == "nodes").then_some(row.uid)
}

/// Another rule speaks of it already, or of the deployment that a replica set is of.
fn is_told(case: &Case<'_>, uid: Uid, object: &ObjectRef) -> bool {
    let deployment = || {
        let name = object.name.rsplit_once('-').filter(|_| &*object.kind.resource == "replicasets")?.0;
        case.named("apps", "deployments", &object.namespace, name)
    };
    !case.findings(uid).is_empty() || deployment().is_some_and(|(_, row)| !case.findings(row.uid).is_empty())
}

/// A pod is not ready yet: what its probes say is for other rules, which wait until it is no news that it starts.
fn is_unready(case: &Case<'_>, uid: Uid) -> bool {
    case.of_uid("", "pods", uid).is_some_and(|(_, row)| matches!(&row.facts, Facts::Pod(pod) if !pod.ready))
}
