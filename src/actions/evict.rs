//! Pods that are asked to go: a deletion that disruption budgets may be against.

use super::{Action, change_here};
use crate::model::selector::{self, Selector};
use crate::model::world::World;
use crate::safety::form::Form;
use crate::safety::item::Item;
use crate::safety::verb::{Around, Check, EVICTION, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write, no_form, nothing_around};
use serde_json::{Value, json};

pub(super) const ALL: &[Action] = &[Action {
    name: "evict",
    help: "Ask this pod to go, if its disruption budget allows it",
    run: |scene, argument| change_here(scene, &EVICT, argument),
}];

pub(super) static EVICT: Verb = VERB;

/// The same as a part of a drain: what a budget refuses is tried again every 5 s, as kubectl does.
pub(super) static DRIVE_OUT: Verb = Verb { around: nothing_around, keeps: Keeps::Trying(5), ..VERB };

const VERB: Verb = Verb {
    name: "evict",
    does: "evict",
    to: &["pods"],
    on: On::Itself,
    right: ("create", EVICTION),
    removes: true,
    around: |_| vec![Around { kind: ("policy", "poddisruptionbudgets"), selector: String::new() }],
    form: |items, _| no_form(items, ""),
    plan: |item, form| Ok(plan(item, form)),
    notes,
    keeps: Keeps::Shown,
    follow: Follow::Gone,
    pace: Pace::Together(10),
    undo: Undo::No("a pod that is gone does not come back"),
    check: Check::Server,
};

fn plan(item: &Item, form: &Form) -> Plan {
    let grace = form.text("grace").parse::<u32>().ok();
    let options = grace.map_or_else(|| json!({}), |seconds| json!({"gracePeriodSeconds": seconds}));
    let metadata = json!({"name": item.target.name, "namespace": item.target.namespace});
    Plan::to(
        EVICTION,
        Write::Create(json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata, "deleteOptions": options})),
    )
}

fn notes(item: &Item, _: &Form, _: &World) -> Vec<Note> {
    let Some(pod) = &item.before else { return Vec::new() };
    let mut notes: Vec<Note> = item.beside("poddisruptionbudgets").iter().filter(|b| selects(b, pod)).map(of_budget).collect();
    if keeps_data(pod) {
        notes.push(Note::warn("data", "what it keeps in emptyDir is lost"));
    }
    if owner(pod).is_none() {
        notes.push(Note::warn("owner", "nothing keeps it: nobody makes another one"));
    }
    notes
}

/// A budget is about a pod, or about those of a template.
pub(super) fn selects(budget: &Value, pod: &Value) -> bool {
    let selector = budget.pointer("/spec/selector").and_then(selector::written).and_then(|text| Selector::parse(&text).ok());
    selector.is_some_and(|selector| selector.matches(|key| pod.pointer("/metadata/labels")?.get(key)?.as_str()))
}

fn of_budget(budget: &Value) -> Note {
    let name = budget.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    let number = |key: &str| budget.pointer("/status").and_then(|s| s.get(key)?.as_i64()).unwrap_or_default();
    let (allowed, healthy, desired) = (number("disruptionsAllowed"), number("currentHealthy"), number("desiredHealthy"));
    let told = format!("{name} lets {allowed} more go: {healthy} are healthy, and it needs {desired}");
    if allowed > 0 { Note::info("PDB", told) } else { Note::warn("PDB", told) }
}

/// What it has in volumes that go with it.
pub(super) fn keeps_data(pod: &Value) -> bool {
    let volumes = pod.pointer("/spec/volumes").and_then(Value::as_array);
    volumes.into_iter().flatten().any(|v| v.get("emptyDir").is_some())
}

/// The kind of what keeps it.
pub(super) fn owner(pod: &Value) -> Option<&str> {
    let owners = pod.pointer("/metadata/ownerReferences").and_then(Value::as_array)?;
    owners.iter().find(|o| o.get("controller").and_then(Value::as_bool) == Some(true))?.get("kind")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::super::tests::item;
    use super::*;

    #[test]
    fn an_eviction_is_of_this_very_pod_and_says_twice_that_it_is_only_tried() {
        let pod = item(("", "pods"), json!({"metadata": {"uid": "u"}}));
        let plan = plan(&pod, &Form::default());
        assert!(plan.removes());
        for (dry, wanted) in
            [(false, json!({"preconditions": {"uid": "u"}})), (true, json!({"preconditions": {"uid": "u"}, "dryRun": ["All"]}))]
        {
            let call = pod.request(&plan, dry);
            let body: Value = serde_json::from_str(&call.body).unwrap();
            assert_eq!(body["deleteOptions"], wanted);
            assert_eq!(call.query.iter().any(|(name, _)| *name == "dryRun"), dry);
            assert!(call.path.ends_with("/namespaces/shop/pods/web/eviction"), "{}", call.path);
        }
    }

    #[test]
    fn budgets_and_losses_are_told() {
        let mut pod = item(("", "pods"), json!({"metadata": {"labels": {"app": "web"}}, "spec": {"volumes": [{"emptyDir": {}}]}}));
        let budget = |name: &str, app: &str| {
            json!({"metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"app": app}}},
            "status": {"disruptionsAllowed": 0, "currentHealthy": 2, "desiredHealthy": 2}})
        };
        let list = json!({"items": [budget("mine", "web"), budget("other", "db")]});
        pod.around = (VERB.around)(&pod).into_iter().map(|a| (a, Some(Ok(list.clone())))).collect();
        let notes = notes(&pod, &Form::default(), &World::default());
        let about: Vec<&str> = notes.iter().map(|n| n.about.as_str()).collect();
        assert_eq!(about, ["PDB", "data", "owner"]);
        assert_eq!(notes[0].text, "mine lets 0 more go: 2 are healthy, and it needs 2");
    }
}
