//! CronJobs.

use super::job::Spec as JobSpec;
use super::object::{Meta, Str, each, or_default, plain, text, time, word};
use super::{HasMeta, Names, Own, Project, age, col, name, ours, own, screen, wide};
use crate::model::cell::{Health, Value};
use crate::model::facts::{CronJobFacts, Facts};
use crate::model::words::Dictionary;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// CronJobs of batch.
pub struct CronJobs;

/// What is read of a cronjob.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct CronJob<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spec: Spec<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    status: Status<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    schedule: Option<Str<'a>>,
    #[serde(borrow)]
    time_zone: Option<Str<'a>>,
    suspend: Option<bool>,
    starting_deadline_seconds: Option<i64>,
    #[serde(borrow)]
    concurrency_policy: Option<Str<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    job_template: JobTemplate<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JobTemplate<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    spec: JobSpec<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    /// Only counted.
    active: Option<Vec<IgnoredAny>>,
    #[serde(borrow)]
    last_schedule_time: Option<Str<'a>>,
    #[serde(borrow)]
    last_successful_time: Option<Str<'a>>,
}

impl<'a> HasMeta<'a> for CronJob<'a> {
    fn meta(&self) -> &Meta<'a> {
        &self.metadata
    }
}

impl Project for CronJobs {
    type Object<'a> = CronJob<'a>;

    const NAMES: Names = Names {
        group: "batch",
        version: "v1",
        resource: "cronjobs",
        kind: "CronJob",
        singular: "cronjob",
        short_names: &["cj"],
        namespaced: true,
    };

    const COLUMNS: &'static [Own<Self>] = &[
        name(),
        col("SCHEDULE", |c| plain(&c.spec.schedule)),
        col("TIMEZONE", |c| text(&c.spec.time_zone).map_or(Value::None, |t| Value::Text(Cow::Borrowed(t)))),
        col("SUSPEND", |c| suspended(c)),
        col("ACTIVE", |c| Value::Count(active(c) as i64)),
        col("LAST SCHEDULE", |c| Value::age(time(&c.status.last_schedule_time))),
        ours(screen("LAST SUCCESS", |c| Value::age(time(&c.status.last_successful_time)))),
        age(),
        wide("CONTAINERS", |c| c.spec.job_template.spec.template.containers()),
        wide("IMAGES", |c| c.spec.job_template.spec.template.images()),
        own(wide("SELECTOR", |c| c.spec.job_template.spec.selector.value())),
        ours(wide("CONCURRENCY", |c| Value::text(text(&c.spec.concurrency_policy)))),
    ];

    fn health(job: &CronJob<'_>) -> Health {
        let (scheduled, succeeded) = (time(&job.status.last_schedule_time), time(&job.status.last_successful_time));
        match () {
            () if job.spec.suspend == Some(true) => Health::Done,
            () if active(job) > 0 => Health::Ok,
            // The last run is over and did not end well.
            () if scheduled > succeeded => Health::Warn,
            () => Health::Ok,
        }
    }

    fn facts(job: &CronJob<'_>, words: &mut Dictionary) -> Facts {
        let CronJob { spec, status, .. } = job;
        Facts::CronJob(Box::new(CronJobFacts {
            schedule: text(&spec.schedule).unwrap_or_default().into(),
            zone: word(&spec.time_zone, words),
            suspended: spec.suspend == Some(true),
            active: active(job) as u32,
            deadline: spec.starting_deadline_seconds,
            scheduled: time(&status.last_schedule_time),
            succeeded: time(&status.last_successful_time),
        }))
    }
}

fn active(job: &CronJob<'_>) -> usize {
    each(&job.status.active).count()
}

fn suspended(job: &CronJob<'_>) -> Value<'static> {
    Value::Text(Cow::Borrowed(match job.spec.suspend {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    }))
}
