//! Back to a revision that a workload had before.

use super::image::waits;
use super::revision::{self, Revision};
use super::{Action, change};
use crate::model::document::LAST_APPLIED;
use crate::model::step::{Reject, Scene, Step};
use crate::model::time::Timestamp;
use crate::model::world::World;
use crate::safety::form::{Field, Form};
use crate::safety::item::Item;
use crate::safety::verb::{Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write};
use serde_json::{Map, Value, json};

pub(super) const ALL: &[Action] = &[Action { name: "rollback", help: "Go back to a revision that it had before: its number", run: back }];

/// What stands for the revision before the present one, which another object has under another number.
const PREVIOUS: &str = "previous";
/// So much of a revision is told in a line.
const WIDTH: usize = 60;
/// Annotations of a Deployment that are about the present only: `annotationsToSkip` of `kubectl rollout undo`.
const OWN: [&str; 6] = [
    LAST_APPLIED,
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

/// Goes back to a revision that a workload had before.
pub static ROLLBACK: Verb = Verb {
    name: "rollback",
    does: "roll back",
    to: &["deployments.apps", "statefulsets.apps", "daemonsets.apps"],
    on: On::Itself,
    right: ("patch", ""),
    removes: false,
    around: revision::around,
    form,
    plan,
    notes,
    keeps: Keeps::Shown,
    follow: Follow::Rollout,
    pace: Pace::OneByOne,
    undo: Undo::No("rolling back once more, to the revision that it leaves, does the same"),
    check: Check::Server,
};

fn back(scene: &Scene, argument: &str) -> Result<Vec<Step>, Reject> {
    change(scene, &ROLLBACK, argument)
}

/// The revisions before the present one to choose from, and that one last.
fn form(items: &[Item], argument: &str) -> Form {
    let help = "↑ ↓ choose, or its number";
    let [item] = items else {
        let text = if argument.is_empty() { PREVIOUS } else { argument };
        return Form::of([Field::new("revision", "previous, or a number that each of them has", text).numbering()]);
    };
    let now = Timestamp::parse(&item.asked_at).unwrap_or_default();
    let mut all = revision::all(item);
    if !all.is_empty() {
        all.rotate_left(1);
    }
    let choices: Vec<String> = all.iter().map(|r| r.told(now).chars().take(WIDTH).collect()).collect();
    let is_asked = |choice: &&String| number(choice).is_some_and(|n| n.to_string() == argument);
    let text = match choices.iter().find(is_asked) {
        Some(choice) => choice,
        None if argument.is_empty() => choices.first().map_or("", String::as_str),
        None => argument,
    };
    Form::of([Field::new("revision", help, text).hinting(choices.clone()).numbering()])
}

/// The number that a choice begins with.
fn number(text: &str) -> Option<i64> {
    text.split_whitespace().next()?.parse().ok()
}

/// The revision that the form names.
fn chosen<'a>(item: &'a Item, form: &Form) -> Result<Revision<'a>, String> {
    let all = revision::all(item);
    if let Some((around, Some(Err(why)))) = item.around.first() {
        return Err(format!("its revisions ({}) cannot be read: {why}", around.kind.1));
    }
    let text = form.text("revision");
    match (all.as_slice(), text, number(text)) {
        ([] | [_], ..) => Err("it has no revision but the present one".to_owned()),
        ([_, before, ..], "" | PREVIOUS, _) => Ok(*before),
        (_, _, Some(number)) => {
            let numbers = || all.iter().map(|r| r.number.to_string()).collect::<Vec<_>>().join(", ");
            all.iter().find(|r| r.number == number).copied().ok_or_else(|| format!("it has no revision {number}, but {}", numbers()))
        }
        _ => Err(format!("{text} is no revision: write its number")),
    }
}

/// As `kubectl rollout undo` has it.
fn plan(item: &Item, form: &Form) -> Result<Plan, String> {
    if item.before.as_ref().and_then(|o| o.pointer("/spec/paused")?.as_bool()) == Some(true) {
        return Err("its rollout is paused: resume it first".to_owned());
    }
    let to = chosen(item, form)?;
    let now = item.before.as_ref().and_then(|o| o.pointer("/spec/template"));
    let template = to.template().map(plain).ok_or_else(|| format!("revision {} has no template", to.number))?;
    if now.map(plain).as_ref() == Some(&template) {
        return Err(format!("its pods are those of revision {} already", to.number));
    }
    Ok(Plan::of(match to.object.get("data") {
        Some(data) => Write::Strategic(data.clone()),
        None => Write::Ops(operations(item, &to, template)),
    }))
}

/// A template without what controllers add to it.
fn plain(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(map) = template.as_object_mut() {
        map.remove("$patch");
    }
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove("pod-template-hash");
    }
    if let Some(metadata) = template.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        metadata.retain(|_, value| !value.is_null());
    }
    template
}

/// The template of a ReplicaSet and its annotations, one by one: another that somebody sets meanwhile stays.
fn operations(item: &Item, to: &Revision<'_>, template: Value) -> Vec<Value> {
    let mut operations = vec![json!({"op": "replace", "path": "/spec/template", "value": template})];
    let none = Map::new();
    let has = item.before.as_ref().and_then(|o| o.pointer("/metadata/annotations")?.as_object());
    let had = to.object.pointer("/metadata/annotations").and_then(Value::as_object).unwrap_or(&none);
    let path = |key: &str| format!("/metadata/annotations/{}", key.replace('~', "~0").replace('/', "~1"));
    let is_own = |key: &str| OWN.contains(&key);
    if has.is_none() && had.keys().any(|k| !is_own(k)) {
        operations.push(json!({"op": "add", "path": "/metadata/annotations", "value": {}}));
    }
    let has = has.unwrap_or(&none);
    let set = had.iter().filter(|(key, value)| !is_own(key) && has.get(*key) != Some(value));
    operations.extend(set.map(|(key, value)| json!({"op": "add", "path": path(key), "value": value})));
    let gone = has.keys().filter(|key| !is_own(key) && !had.contains_key(*key));
    operations.extend(gone.map(|key| json!({"op": "remove", "path": path(key)})));
    operations
}

fn notes(item: &Item, form: &Form, _: &World) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    let to = chosen(item, form).map(|to| to.told(Timestamp::parse(&item.asked_at).unwrap_or_default()));
    // What was chosen from the list stands there already.
    notes.extend(to.ok().filter(|to| !to.starts_with(form.text("revision"))).map(|to| Note::info("to", to)));
    notes.extend(waits(item));
    // From the documentation of StatefulSet, "Forced rollback".
    let missing = item.number("/spec/replicas").unwrap_or(1) > item.number("/status/readyReplicas").unwrap_or_default();
    if item.text("/spec/podManagementPolicy") == Some("OrderedReady") && missing {
        let told = "a pod of the newest revision that never gets ready has to be deleted by hand: a StatefulSet waits for it";
        notes.push(Note::warn("rollout", told));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::tests::{item, sent};
    use crate::safety::verb::Around;

    /// A deployment at revision 3 with the ReplicaSets of three revisions, and one of somebody else.
    fn deployment() -> Item {
        let template = |image: &str, hash: &str| json!({"metadata": {"labels": {"app": "web", "pod-template-hash": hash}}, "spec": {"containers": [{"image": image}]}});
        let set = |number: &str, owner: &str, cause: &str| {
            json!({
                "metadata": {
                    "ownerReferences": [{"uid": owner, "controller": true}], "creationTimestamp": "2026-11-23T13:02:00Z",
                    "annotations": {"deployment.kubernetes.io/revision": number, "deployment.kubernetes.io/desired-replicas": "2", "kubernetes.io/change-cause": cause},
                },
                "spec": {"template": template(&format!("web:{number}"), number)},
            })
        };
        let mut of = item(
            ("apps", "deployments"),
            json!({
                "metadata": {"uid": "u1", "annotations": {
                    "deployment.kubernetes.io/revision": "3", "kubernetes.io/change-cause": "three", "example.com/since": "then"}},
                "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"image": "web:3"}]}}},
            }),
        );
        let list = json!({"items": [set("1", "u1", "one"), set("3", "u1", "three"), set("9", "u2", "others"), set("2", "u1", "two")]});
        of.around = revision::around(&of).into_iter().map(|around| (around, Some(Ok(list.clone())))).collect();
        of
    }

    fn previous() -> Form {
        Form::of([Field::new("revision", "", PREVIOUS)])
    }

    fn to(item: &Item, text: &str) -> Result<Value, String> {
        sent(&ROLLBACK, item, &Form::of([Field::new("revision", "", text)]))
    }

    #[test]
    fn the_newest_before_the_present_one_is_offered_first() {
        let of = deployment();
        assert_eq!(of.around[0].0, Around { kind: ("apps", "replicasets"), selector: "app=web".to_owned() });
        let field = &form(std::slice::from_ref(&of), "").fields[0];
        assert_eq!(field.hints, ["2 · 60m · web:2 · two", "1 · 60m · web:1 · one", "3 · 60m · web:3 · three"]);
        assert_eq!(field.line.text(), field.hints[0]);
        assert_eq!(form(std::slice::from_ref(&of), "1").text("revision"), "1 · 60m · web:1 · one");
        assert_eq!(form(&[of.clone(), of], "").text("revision"), "previous");
    }

    /// `kubectl rollout undo` replaces all annotations by those of the ReplicaSet, but for those of the deployment itself.
    #[test]
    fn a_deployment_gets_template_and_annotations_of_the_replica_set() {
        let template = |image: &str| json!({"op": "replace", "path": "/spec/template", "value": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"image": image}]}}});
        let cause = |text: &str| json!({"op": "add", "path": "/metadata/annotations/kubernetes.io~1change-cause", "value": text});
        let gone = json!({"op": "remove", "path": "/metadata/annotations/example.com~1since"});
        for (text, image, why) in
            [("2 · 60m · web:2 · two", "web:2", "two"), ("1", "web:1", "one"), ("previous", "web:2", "two"), ("", "web:2", "two")]
        {
            assert_eq!(to(&deployment(), text), Ok(json!([template(image), cause(why), gone])), "{text}");
        }
        let mut bare = deployment();
        bare.before.as_mut().unwrap()["metadata"]["annotations"] = Value::Null;
        let none = json!({"op": "add", "path": "/metadata/annotations", "value": {}});
        assert_eq!(to(&bare, "2"), Ok(json!([template("web:2"), none, cause("two")])));
    }

    #[test]
    fn a_stateful_set_gets_the_data_of_a_revision_as_a_patch() {
        let data = json!({"spec": {"template": {"$patch": "replace", "spec": {"containers": [{"image": "db:1"}]}}}});
        let mut of = item(
            ("apps", "statefulsets"),
            json!({"metadata": {"uid": "u1"}, "spec": {"template": {"spec": {"containers": [{"image": "db:2"}]}}}}),
        );
        let owner = json!([{"uid": "u1", "controller": true}]);
        let now = json!({"spec": {"template": {"$patch": "replace", "metadata": {"creationTimestamp": null}, "spec": {"containers": [{"image": "db:2"}]}}}});
        let list = json!({"items": [{"metadata": {"ownerReferences": owner}, "revision": 1, "data": data},
            {"metadata": {"ownerReferences": owner}, "revision": 2, "data": now}]});
        of.around = revision::around(&of).into_iter().map(|around| (around, Some(Ok(list.clone())))).collect();
        assert_eq!(of.around[0].0.kind, ("apps", "controllerrevisions"));
        assert_eq!(to(&of, ""), Ok(data));
        of.before.as_mut().unwrap()["spec"]["podManagementPolicy"] = json!("OrderedReady");
        assert_eq!(notes(&of, &previous(), &World::default()).len(), 2, "which one, and that it may need a hand");
        assert_eq!(notes(&of, &form(std::slice::from_ref(&of), ""), &World::default()).len(), 1, "it was chosen from the list");
    }

    #[test]
    fn what_cannot_be_is_said() {
        let mut paused = deployment();
        paused.before.as_mut().unwrap()["spec"]["paused"] = json!(true);
        let mut unread = deployment();
        unread.around[0].1 = Some(Err("you may not list them".to_owned()));
        let mut alone = deployment();
        alone.around[0].1 = Some(Ok(json!({"items": []})));
        for (of, text, why) in [
            (&deployment(), "9", "it has no revision 9, but 3, 2, 1"),
            (&deployment(), "3", "its pods are those of revision 3 already"),
            (&deployment(), "older", "older is no revision"),
            (&paused, "2", "resume it first"),
            (&unread, "2", "its revisions (replicasets) cannot be read: you may not list them"),
            (&alone, "2", "no revision but the present one"),
        ] {
            let told = to(of, text).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
    }
}
