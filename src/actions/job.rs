//! Jobs that are made by hand: from a cronjob before its time, or from a job once more.

use super::{Action, change};
use crate::kinds;
use crate::model::catalog::Resource;
use crate::model::document::LAST_APPLIED;
use crate::model::id::GroupResource;
use crate::model::naming;
use crate::model::time::Timestamp;
use crate::model::world::World;
use crate::safety::form::{Field, Form};
use crate::safety::item::Item;
use crate::safety::verb::{Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write, nothing_around};
use serde_json::{Map, Value, json};

pub(super) const ALL: &[Action] = &[
    Action {
        name: "trigger",
        help: "Run a job of this cronjob now, beside its schedule",
        run: |scene, name| change(scene, &TRIGGER, name),
    },
    Action { name: "rerun", help: "Run this job once more, as a new one", run: |scene, name| change(scene, &RERUN, name) },
];

pub(super) static TRIGGER: Verb = Verb {
    name: "trigger",
    does: "trigger",
    to: &["cronjobs.batch"],
    on: On::New("batch", "jobs"),
    right: ("create", ""),
    removes: false,
    around: nothing_around,
    form: |items, name| form("manual", items, name),
    plan: |item, form| made(job_of_schedule(item, &named("manual", item, form)?)),
    notes: of_trigger,
    keeps: Keeps::Everything,
    follow: Follow::Stored("the job is there; from here it runs by itself"),
    pace: Pace::Together(10),
    undo: Undo::No("what a job has done stays; deleting the job ends it"),
    check: Check::Server,
};

pub(super) static RERUN: Verb = Verb {
    name: "rerun",
    does: "run again",
    to: &["jobs.batch"],
    on: On::New("batch", "jobs"),
    right: ("create", ""),
    removes: false,
    around: nothing_around,
    form: |items, name| form("rerun", items, name),
    plan: |item, form| made(job_again(item, &named("rerun", item, form)?)?),
    notes: of_rerun,
    keeps: Keeps::Everything,
    follow: Follow::Stored("the job is there; from here it runs by itself"),
    pace: Pace::Together(10),
    undo: Undo::No("what a job has done stays; deleting the job ends it"),
    check: Check::Server,
};

/// A job's name becomes a label of its pods, which have at most so many characters.
const NAME: usize = 63;
/// Labels by which the server has a job find its pods; a new one gets its own.
const SELECTING: [&str; 4] = ["controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"];
/// Annotations that are about one job only.
const OWN: [&str; 4] = [
    LAST_APPLIED,
    "batch.kubernetes.io/job-tracking",
    "batch.kubernetes.io/cronjob-scheduled-timestamp",
    "cronjob.kubernetes.io/instantiate",
];

/// The name of the new job, where there is one object.
fn form(why: &str, items: &[Item], name: &str) -> Form {
    let [item] = items else { return Form::default() };
    let text = if name.is_empty() { automatic(why, item) } else { name.to_owned() };
    Form::of([Field::new("job", "the name of the new job", &text)])
}

/// The name of what it is made from, why, and the second it was asked for: cronjobs number theirs by the minute.
fn automatic(why: &str, item: &Item) -> String {
    let ending = format!("-{why}-{}", Timestamp::parse(&item.asked_at).unwrap_or_default().0);
    let name = &*item.target.name;
    // One more of one more is no longer called twice so.
    let name = match name.rsplit_once(&format!("-{why}-")) {
        Some((name, digits)) if digits.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => name,
    };
    let room = NAME.saturating_sub(ending.len());
    let kept = name.get(..room).unwrap_or(name).trim_end_matches(['-', '.']);
    format!("{kept}{ending}")
}

fn named(why: &str, item: &Item, form: &Form) -> Result<String, String> {
    if form.fields.is_empty() {
        return Ok(automatic(why, item));
    }
    let name = form.text("job");
    let wrong = if name.is_empty() { Some("the new job needs a name".to_owned()) } else { naming::subdomain(name).into_iter().next() };
    match wrong {
        Some(wrong) => Err(wrong.split_once(", regex used").map_or(wrong.clone(), |(wrong, _)| format!("{wrong})"))),
        None if name.len() > NAME => Err(format!("a job's name has at most {NAME} characters, since its pods carry it as a label")),
        None => Ok(name.to_owned()),
    }
}

/// Its creation.
fn made(job: Value) -> Result<Plan, String> {
    let jobs = || kinds::find(&GroupResource::new("batch", "jobs")).map(kinds::Kind::resource);
    let creates: Option<Resource> = jobs();
    Ok(Plan { creates, ..Plan::of(Write::Create(job)) })
}

/// What `kubectl create job --from=cronjob/NAME` makes.
fn job_of_schedule(item: &Item, name: &str) -> Value {
    let template = |pointer: &str| item.before.as_ref().and_then(|o| o.pointer("/spec/jobTemplate")?.pointer(pointer)).cloned();
    let mut annotations = template("/metadata/annotations").unwrap_or_else(|| json!({}));
    if let Some(map) = annotations.as_object_mut() {
        map.insert("cronjob.kubernetes.io/instantiate".to_owned(), json!("manual"));
    }
    let owner = json!({
        "apiVersion": item.resource.api_version(), "kind": "CronJob", "name": &*item.target.name, "uid": item.text("/metadata/uid"),
        "controller": true,
    });
    let mut metadata = json!({"name": name, "namespace": &*item.target.namespace, "annotations": annotations, "ownerReferences": [owner]});
    if let (Some(labels), Some(map)) = (template("/metadata/labels"), metadata.as_object_mut()) {
        map.insert("labels".to_owned(), labels);
    }
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template("/spec")})
}

/// The same job, without what the server gave the first one. It belongs to nobody: no cronjob counts or deletes it.
fn job_again(item: &Item, name: &str) -> Result<Value, String> {
    let old = item.before.as_ref();
    let mut spec = old.and_then(|o| o.get("spec")).cloned().unwrap_or_default();
    if spec.get("manualSelector").and_then(Value::as_bool) == Some(true) {
        return Err("its selector was written by hand (manualSelector): a second job would take the pods of the first one".to_owned());
    }
    if let Some(spec) = spec.as_object_mut() {
        // Suspended, it would not run.
        ["selector", "manualSelector", "suspend"].iter().for_each(|field| drop(spec.remove(*field)));
    }
    if let Some(labels) = spec.pointer_mut("/template/metadata/labels").and_then(Value::as_object_mut) {
        labels.retain(|key, _| !SELECTING.contains(&key.as_str()));
    }
    let kept = |field: &str, without: &[&str]| -> Map<String, Value> {
        let all = old.and_then(|o| o.pointer("/metadata")?.get(field)?.as_object());
        all.into_iter().flatten().filter(|(key, _)| !without.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    let mut metadata = json!({"name": name, "namespace": &*item.target.namespace});
    for (field, kept) in [("labels", kept("labels", &SELECTING)), ("annotations", kept("annotations", &OWN))] {
        if let (Some(map), false) = (metadata.as_object_mut(), kept.is_empty()) {
            map.insert(field.to_owned(), Value::Object(kept));
        }
    }
    Ok(json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}))
}

fn of_trigger(item: &Item, _: &Form, _: &World) -> Vec<Note> {
    let mut notes = Vec::new();
    if item.before.as_ref().and_then(|o| o.pointer("/spec/suspend")?.as_bool()) == Some(true) {
        notes.push(Note::info("suspended", "its schedule stays so; this job runs all the same"));
    }
    let running = item.before.as_ref().and_then(|o| o.pointer("/status/active")?.as_array()).map_or(0, Vec::len);
    if running > 0 {
        let policy = item.text("/spec/concurrencyPolicy").unwrap_or("Allow");
        let told = format!("{running} of its jobs run now, and this one runs beside them: its policy, {policy}, is for the schedule only");
        notes.push(Note::warn("running", told));
    }
    notes
}

fn of_rerun(item: &Item, _: &Form, _: &World) -> Vec<Note> {
    let conditions = item.before.as_ref().and_then(|o| o.pointer("/status/conditions")?.as_array());
    let is = |condition: &Value| {
        let text = |key: &str| condition.get(key).and_then(Value::as_str).unwrap_or_default();
        ["Complete", "Failed"].contains(&text("type")) && text("status") == "True"
    };
    let over = conditions.is_some_and(|all| all.iter().any(is));
    let told = "it has not ended: the new one runs beside it";
    (!over).then(|| Note::warn("running", told)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::tests::{item, sent};

    fn cronjob() -> Item {
        item(
            ("batch", "cronjobs"),
            json!({"metadata": {"uid": "u1", "name": "web", "labels": {"team": "shop"}}, "spec": {"suspend": true, "jobTemplate": {
                "metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}},
                "spec": {"backoffLimit": 3, "template": {"spec": {"restartPolicy": "Never"}}}}}}),
        )
    }

    /// What kubectl (1.32 was looked at) sends for `create job now --from=cronjob/web`.
    #[test]
    fn a_trigger_makes_what_kubectl_makes() {
        let of = cronjob();
        let expected = json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {
                "name": "now", "namespace": "shop", "labels": {"app": "web"},
                "annotations": {"a": "b", "cronjob.kubernetes.io/instantiate": "manual"},
                "ownerReferences": [{"apiVersion": "batch/v1", "kind": "CronJob", "name": "web", "uid": "u1", "controller": true}],
            },
            "spec": {"backoffLimit": 3, "template": {"spec": {"restartPolicy": "Never"}}},
        });
        assert_eq!(sent(&TRIGGER, &of, &form("manual", std::slice::from_ref(&of), "now")), Ok(expected));
        assert_eq!((TRIGGER.notes)(&of, &Form::default(), &World::default()).len(), 1, "it is suspended");
    }

    #[test]
    fn names_are_made_and_judged() {
        let name = |of: &Item, asked: &str| {
            let form = form("manual", std::slice::from_ref(of), asked);
            sent(&TRIGGER, of, &form).map(|job| job["metadata"]["name"].as_str().unwrap_or_default().to_owned())
        };
        let mut of = cronjob();
        assert_eq!(name(&of, ""), Ok("web-manual-1795442520".to_owned()));
        assert_eq!(sent(&TRIGGER, &of, &Form::default()).unwrap()["metadata"]["name"], json!("web-manual-1795442520"), "one of several");
        assert!(name(&of, "Web").unwrap_err().starts_with("a lowercase RFC 1123 subdomain"));
        assert!(name(&of, &"w".repeat(64)).unwrap_err().contains("at most 63"));
        of.target.name = "w".repeat(52).into();
        assert_eq!(name(&of, "").map(|name| name.len()), Ok(63));
        of.target.name = "web-manual-1795442000".into();
        assert_eq!(name(&of, ""), Ok("web-manual-1795442520".to_owned()));
    }

    #[test]
    fn a_job_once_more_has_nothing_that_the_first_one_was_given() {
        let old = item(
            ("batch", "jobs"),
            json!({
                "metadata": {"uid": "u1", "name": "web", "labels": {"app": "web", "job-name": "web", "controller-uid": "u1"},
                    "annotations": {"batch.kubernetes.io/job-tracking": ""}, "ownerReferences": [{"kind": "CronJob", "controller": true}]},
                "spec": {"completions": 2, "suspend": false, "manualSelector": false,
                    "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": "u1"}},
                    "template": {"metadata": {"labels": {"app": "web", "batch.kubernetes.io/job-name": "web"}}, "spec": {"restartPolicy": "Never"}}},
                "status": {"succeeded": 2, "conditions": [{"type": "Complete", "status": "True"}]},
            }),
        );
        let expected = json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "again", "namespace": "shop", "labels": {"app": "web"}},
            "spec": {"completions": 2, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"restartPolicy": "Never"}}},
        });
        assert_eq!(sent(&RERUN, &old, &form("rerun", std::slice::from_ref(&old), "again")), Ok(expected));
        assert_eq!((RERUN.notes)(&old, &Form::default(), &World::default()), []);
        let manual = item(("batch", "jobs"), json!({"metadata": {}, "spec": {"manualSelector": true}}));
        assert!(sent(&RERUN, &manual, &Form::default()).unwrap_err().contains("manualSelector"));
        assert_eq!((RERUN.notes)(&manual, &Form::default(), &World::default()).len(), 1, "it still runs");
    }

    /// The right, the preview and a lost answer are about the job, and not about the cronjob.
    #[test]
    fn what_is_made_is_what_is_asked_about() {
        let mut of = cronjob();
        let asked: Value = serde_json::from_str(&of.right_to(&TRIGGER).review().body).unwrap();
        let attributes = &asked["spec"]["resourceAttributes"];
        assert_eq!((&attributes["verb"], &attributes["resource"], &attributes["name"]), (&json!("create"), &json!("jobs"), &json!("")));
        of.plan = Some((TRIGGER.plan)(&of, &form("manual", std::slice::from_ref(&of), "now")));
        assert_eq!(of.read_back(&TRIGGER).path, "/apis/batch/v1/namespaces/shop/jobs/now");
        let labels = json!({"batch.kubernetes.io/controller-uid": "u9", "job-name": "now"});
        of.checked = Some(Ok(json!({"metadata": {"name": "now", "labels": labels}, "status": {}})));
        let told: Vec<String> = of.edits().iter().map(ToString::to_string).collect();
        assert_eq!(told, ["metadata.name", "metadata.labels.job-name"]);
    }
}
