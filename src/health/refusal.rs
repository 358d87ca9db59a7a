//! Why the API server takes no more pods of a workload, and who is to blame.

use super::{Case, Verdict};
use crate::model::facts::Facts;
use crate::model::finding::Cause;
use crate::model::time::Timestamp;

/// How a quota refuses.
const QUOTA: &str = "exceeded quota: ";

/// Since when pods that it lacks are refused, and why, in the API server's words.
pub(super) fn refused(case: &Case<'_>, verdict: &mut Verdict) -> Option<(Timestamp, String)> {
    let lacks = match &case.row.facts {
        Facts::Workload(w) => w.replicas < w.wanted || w.updated < w.wanted || w.failure.is_some(),
        Facts::Job(j) => j.active == 0 && !j.complete && j.failure.is_none() && !j.suspended,
        _ => false,
    };
    if !lacks || case.row.going.is_some() {
        return None;
    }
    if let Some(failure) = case.workload().and_then(|w| w.failure.as_deref()) {
        return Some((failure.since.unwrap_or_else(|| case.created()), failure.message.to_string()));
    }
    let (event, message) = case.warning(&["FailedCreate"])?;
    let over = Timestamp(event.last?.0 + case.limits.event_over);
    (case.now() < over).then(|| verdict.again(over))?;
    Some((event.first.or(event.last)?, message.into_owned()))
}

/// What to do next about a refusal.
pub(super) fn next(message: &str) -> &'static str {
    if message.contains(QUOTA) {
        "{edit} in {goto}quota raises it, if that is yours to do; {scale} asks for fewer pods"
    } else {
        "{events} shows what was refused, {edit} changes what is asked for"
    }
}

/// Who refuses: the quotas of the namespace, or a webhook that says no or nothing.
pub(super) fn blamed(case: &Case<'_>, message: &str) -> Option<Cause> {
    if message.contains(QUOTA) {
        return Some(Cause::Quota(case.namespace().into()));
    }
    let (_, rest) = message.split_once("webhook \"")?;
    rest.split('"').next().filter(|name| !name.is_empty()).map(|name| Cause::Server(name.into()))
}
