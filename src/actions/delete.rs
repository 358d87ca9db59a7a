//! Objects that go away: as Kubernetes takes them away, and the two ways to hurry it, which are verbs of their own because they are dangerous.

pub(super) mod along;

use super::{Action, change_here};
use crate::safety::form::{Field, Form};
use crate::safety::item::Item;
use crate::safety::verb::{Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write, no_form, nothing_around};
use serde_json::{Value, json};

pub(super) const ALL: &[Action] = &[
    Action { name: "delete", help: "Delete this, with what belongs to it", run: |scene, argument| change_here(scene, &DELETE, argument) },
    Action {
        name: "force-delete",
        help: "Dangerous: forget a pod without waiting for its node",
        run: |scene, argument| change_here(scene, &FORCE, argument),
    },
    Action {
        name: "remove-finalizers",
        help: "Dangerous: let go what waits for its finalizers",
        run: |scene, argument| change_here(scene, &LET_GO, argument),
    },
];

const GONE: Undo = Undo::No("what is deleted does not come back");

/// As Kubernetes takes things away.
pub static DELETE: Verb = Verb {
    name: "delete",
    does: "delete",
    to: &["*"],
    on: On::Itself,
    right: ("delete", ""),
    removes: true,
    around: along::around,
    form: |items, _| form(items),
    plan,
    notes: along::notes,
    keeps: Keeps::Shown,
    follow: Follow::Gone,
    pace: Pace::Together(10),
    undo: GONE,
    check: Check::Server,
};

pub(super) static FORCE: Verb = Verb {
    name: "force-delete",
    does: "force the deletion of",
    to: &["pods"],
    on: On::Itself,
    right: ("delete", ""),
    removes: true,
    around: nothing_around,
    form: |items, _| no_form(items, ""),
    plan: |_, _| Ok(Plan::of(Write::Delete(options("", Some(0))))),
    notes: |_, _, _| {
        vec![Note::warn("danger", "nobody waits for its node: its containers may still run and write, beside the pod that takes its place")]
    },
    keeps: Keeps::Shown,
    follow: Follow::Gone,
    pace: Pace::Together(10),
    undo: GONE,
    check: Check::Server,
};

pub(super) static LET_GO: Verb = Verb {
    name: "remove-finalizers",
    does: "remove the finalizers of",
    to: &["*"],
    on: On::Itself,
    right: ("patch", ""),
    removes: true,
    around: nothing_around,
    form: |items, _| no_form(items, ""),
    plan: |item, _| let_go(item),
    notes: |item, _, _| {
        let told = format!(
            "{}: whoever set this is not asked, and what it would clean up stays behind (volumes, addresses, records)",
            finalizers(item)
        );
        vec![Note::warn("danger", told)]
    },
    keeps: Keeps::Shown,
    follow: Follow::Gone,
    pace: Pace::Together(10),
    undo: GONE,
    check: Check::Server,
};

/// What becomes of what it owns, as a form and as `DeleteOptions` have it.
const PROPAGATION: [(&str, &str); 3] = [("background", "Background"), ("foreground", "Foreground"), ("orphan", "Orphan")];

/// Pods have a time to end in, other kinds own something.
fn form(items: &[Item]) -> Form {
    let is_pod = |i: &Item| i.target.kind.group.is_empty() && &*i.target.kind.resource == "pods";
    let choices = PROPAGATION.iter().map(|(name, _)| (*name).to_owned()).collect();
    let propagation = Field::new("propagation", "what it owns goes after it, before it, or stays", PROPAGATION[0].0).choosing(choices);
    let grace = Field::new("grace", "seconds that its containers have to end; empty is its own", "");
    let others = items.iter().any(|i| !is_pod(i)).then_some(propagation);
    Form::of(others.into_iter().chain(items.iter().any(is_pod).then_some(grace)))
}

fn plan(item: &Item, form: &Form) -> Result<Plan, String> {
    if item.text("/metadata/deletionTimestamp").is_some() {
        let held = finalizers(item);
        let held = if held.is_empty() { String::new() } else { format!(", and waits for {held}") };
        return Err(format!("it is being deleted already{held}"));
    }
    let grace = match form.text("grace") {
        "" => None,
        "0" => return Err("0 does not wait for the node: that is another verb, force-delete".to_owned()),
        text => Some(text.parse::<u32>().map_err(|_| format!("{text} is no number of seconds"))?),
    };
    Ok(Plan::of(Write::Delete(options(form.text("propagation"), grace))))
}

/// `DeleteOptions`.
fn options(propagation: &str, grace: Option<u32>) -> Value {
    let mut options = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
    if let Some(map) = options.as_object_mut() {
        let known = PROPAGATION.iter().find(|(name, _)| *name == propagation);
        map.extend(known.map(|(_, policy)| ("propagationPolicy".to_owned(), json!(policy))));
        map.extend(grace.map(|seconds| ("gracePeriodSeconds".to_owned(), json!(seconds))));
    }
    options
}

fn finalizers(item: &Item) -> String {
    let all = item.before.as_ref().and_then(|o| o.pointer("/metadata/finalizers")?.as_array());
    all.map(|all| all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

/// Finalizers hold what is being deleted, and are in nobody's way before.
fn let_go(item: &Item) -> Result<Plan, String> {
    if item.text("/metadata/deletionTimestamp").is_none() {
        return Err("it is not being deleted: delete it first, and look what it waits for".to_owned());
    }
    if finalizers(item).is_empty() {
        let is_namespace = &*item.target.kind.resource == "namespaces";
        let held = if is_namespace { "what is left in it holds it: its conditions say what" } else { "it has no finalizers" };
        return Err(format!("nothing to remove: {held}"));
    }
    Ok(Plan::of(Write::Merge(json!({"metadata": {"finalizers": null}}))))
}

#[cfg(test)]
mod tests {
    use super::super::tests::item;
    use super::*;

    fn filled(fields: &[(&'static str, &str)]) -> Form {
        Form::of(fields.iter().map(|(name, text)| Field::new(*name, "", text)))
    }

    #[test]
    fn what_is_filled_in_becomes_options() {
        let pod = item(("", "pods"), json!({"metadata": {"uid": "u"}}));
        for (fields, wanted) in [
            (vec![], Ok(json!({}))),
            (vec![("grace", "")], Ok(json!({}))),
            (vec![("grace", "5")], Ok(json!({"gracePeriodSeconds": 5}))),
            (vec![("grace", "0")], Err("force-delete")),
            (vec![("grace", "-1")], Err("no number")),
            (vec![("grace", "soon")], Err("no number")),
            (vec![("propagation", "orphan")], Ok(json!({"propagationPolicy": "Orphan"}))),
            (vec![("propagation", "foreground")], Ok(json!({"propagationPolicy": "Foreground"}))),
        ] {
            match (plan(&pod, &filled(&fields)), wanted) {
                (Ok(plan), Ok(mut options)) => {
                    options["apiVersion"] = json!("v1");
                    options["kind"] = json!("DeleteOptions");
                    assert_eq!(plan, Plan::of(Write::Delete(options)), "{fields:?}");
                    assert!(pod.request(&plan, false).body.contains(r#""preconditions":{"uid":"u"}"#));
                }
                (Err(why), Err(word)) => assert!(why.contains(word), "{fields:?}: {why}"),
                (plan, _) => panic!("{fields:?}: {plan:?}"),
            }
        }
    }

    #[test]
    fn finalizers_are_removed_only_of_what_is_being_deleted() {
        for (metadata, word) in [
            (json!({"finalizers": ["a/b"]}), Some("not being deleted")),
            (json!({"deletionTimestamp": "2026-01-01T00:00:00Z"}), Some("no finalizers")),
            (json!({"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["a/b"]}), None),
        ] {
            let planned = let_go(&item(("", "services"), json!({"metadata": metadata})));
            assert_eq!(planned.as_ref().err().map(|why| word.is_some_and(|w| why.contains(w))), word.map(|_| true), "{planned:?}");
        }
        let going = item(("", "pods"), json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["a/b"]}}));
        assert!(plan(&going, &Form::default()).unwrap_err().contains("waits for a/b"));
    }

    #[test]
    fn pods_have_a_grace_and_others_own_something() {
        let names = |items: &[Item]| form(items).fields.iter().map(|f| f.name.to_string()).collect::<Vec<_>>();
        let (pod, service) = (item(("", "pods"), json!({})), item(("", "services"), json!({})));
        assert_eq!(names(std::slice::from_ref(&pod)), ["grace"]);
        assert_eq!(names(std::slice::from_ref(&service)), ["propagation"]);
        assert_eq!(names(&[pod, service]), ["propagation", "grace"]);
    }
}
