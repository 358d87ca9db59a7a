//! A service sends traffic to pods that nobody asks whether they can serve.

use crate::health::case::owner_name;
use crate::health::{Case, Link, Rule, Verdict};
use crate::model::facts::Facts;
use crate::model::finding::{Cause, Severity};

pub(super) const RULE: Rule = Rule {
    name: "unprobed",
    on: &[("", "services")],
    means: "The pods behind this service have no readiness probe, so they get traffic from the moment that their containers are started, and keep getting it while \
            they hang. Each release then answers some requests with errors.",
    helps: &["Give the containers a readiness probe that asks what the service's users ask for, cheaply."],
    judge,
};

fn judge(case: &Case<'_>, verdict: &mut Verdict) {
    let Facts::Service(service) = &case.row.facts else { return };
    if service.selector.is_none() || case.row.going.is_some() {
        return;
    }
    let link = Link::service(case.cluster(), case.namespace(), &case.row.name);
    let slices = case.rows(link, "discovery.k8s.io", "endpointslices");
    let uids = slices.filter_map(|(_, row)| if let Facts::Endpoints(e) = &row.facts { Some(&e.pods) } else { None }).flat_map(|pods| pods.iter());
    let pods = uids.filter_map(|uid| case.of_uid("", "pods", *uid)).filter(|(_, row)| matches!(&row.facts, Facts::Pod(p) if p.unprobed));
    let Some(who) = pods.map(|(table, row)| owner_name(table, row)).min() else { return };
    let mut found = case.found(Severity::Info, case.created(), format!("sends traffic to pods of {who} that have no readiness probe"));
    found.next = "{enter} shows its pods".to_owned();
    // Many services are so, each for itself: one line a cluster is enough of a note.
    found.cause = Cause::Alike(RULE.name);
    verdict.find(found);
}
