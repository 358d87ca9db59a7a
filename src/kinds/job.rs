//! Jobs.

use super::object::{Condition, Meta, Str, condition, filled, has, or_default, text, time};
use super::workload::{Selector, Template};
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, screen, wide};
use crate::model::cell::{Health, Value};
use crate::model::facts::{Facts, JobFacts};
use crate::model::words::Dictionary;
use serde::Deserialize;
use std::borrow::Cow;

/// Jobs of batch.
pub struct Jobs;

/// What is read of a job.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Job<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spec: Spec<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    status: Status<'a>,
}

/// `spec` of a job, and `spec.jobTemplate.spec` of a cronjob.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Spec<'a> {
    completions: Option<u32>,
    parallelism: Option<u32>,
    suspend: Option<bool>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) selector: Selector<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) template: Template<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    active: Option<u32>,
    succeeded: Option<u32>,
    failed: Option<u32>,
    #[serde(borrow)]
    start_time: Option<Str<'a>>,
    #[serde(borrow)]
    completion_time: Option<Str<'a>>,
    #[serde(borrow)]
    conditions: Option<Vec<Condition<'a>>>,
}

impl<'a> HasMeta<'a> for Job<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for Jobs {
    type Object<'a> = Job<'a>;

    const NAMES: Names =
        Names { group: "batch", version: "v1", resource: "jobs", kind: "Job", singular: "job", short_names: &[], namespaced: true };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("STATUS", |j| Value::Status(Cow::Borrowed(word(j)), Self::health(j))),
        col("COMPLETIONS", |j| completions(j)),
        col("DURATION", |j| duration(j)),
        ours(screen("ACTIVE", |j| Value::Count(j.status.active.unwrap_or_default().into()))),
        ours(screen("FAILED", |j| Value::Count(j.status.failed.unwrap_or_default().into()))),
        ours(screen("REASON", |j| Value::text(why_failed(j)))),
        age(),
        wide("CONTAINERS", |j| j.spec.template.containers()),
        wide("IMAGES", |j| j.spec.template.images()),
        own(wide("SELECTOR", |j| j.spec.selector.value())),
    ];

    fn health(job: &Job<'_>) -> Health {
        match word(job) {
            "Complete" | "Suspended" => Health::Done,
            "Failed" | "FailureTarget" => Health::Bad,
            // A pod has failed, and another one tries.
            "Running" if job.status.failed.is_some_and(|n| n > 0) => Health::Warn,
            _ => Health::Busy,
        }
    }

    fn facts(job: &Job<'_>, words: &mut Dictionary) -> Facts {
        let Job { spec, status, .. } = job;
        Facts::Job(Box::new(JobFacts {
            selector: spec.selector.keep(),
            active: status.active.unwrap_or_default(),
            succeeded: status.succeeded.unwrap_or_default(),
            failed: status.failed.unwrap_or_default(),
            suspended: spec.suspend == Some(true),
            complete: has(&status.conditions, "Complete", "True"),
            failure: holds(job, "Failed").map(|c| Box::new(c.keep(words))),
        }))
    }
}

/// STATUS.
fn word(job: &Job<'_>) -> &'static str {
    let is = |kind| has(&job.status.conditions, kind, "True");
    match () {
        () if is("Complete") => "Complete",
        () if is("Failed") => "Failed",
        () if job.metadata.deletion_timestamp.is_some() => "Terminating",
        () if is("Suspended") => "Suspended",
        () if is("FailureTarget") => "FailureTarget",
        () if is("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

/// Why it failed, or is about to.
fn why_failed<'o>(job: &'o Job<'_>) -> Option<&'o str> {
    filled(&holds(job, "Failed").or_else(|| holds(job, "FailureTarget"))?.reason)
}

/// The condition of this type, where it is True.
fn holds<'o, 'a>(job: &'o Job<'a>, kind: &str) -> Option<&'o Condition<'a>> {
    condition(&job.status.conditions, kind).filter(|c| text(&c.status) == Some("True"))
}

/// A job without `completions` is done when one of its pods has succeeded.
fn completions(job: &Job<'_>) -> Value<'static> {
    let succeeded = job.status.succeeded.unwrap_or_default();
    match (job.spec.completions, job.spec.parallelism) {
        (Some(wanted), _) => Value::Ratio(succeeded, wanted),
        (None, Some(parallel)) if parallel > 1 => Value::Text(Cow::Owned(format!("{succeeded}/1 of {parallel}"))),
        (None, _) => Value::Ratio(succeeded, 1),
    }
}

/// Until it has ended, the time since it began.
fn duration(job: &Job<'_>) -> Value<'static> {
    match (time(&job.status.start_time), time(&job.status.completion_time)) {
        (None, _) => Value::Text(Cow::Borrowed("")),
        (Some(start), None) => Value::Age(start),
        (Some(start), Some(end)) => Value::Span(end.0.saturating_sub(start.0)),
    }
}
