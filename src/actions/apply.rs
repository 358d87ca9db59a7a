//! Objects from files, by server-side apply: what they say is so afterwards, and what others own stays theirs unless a person decides otherwise.

use super::Action;
use crate::model::step::{Apply, Reject, Scene, Step, Which};
use crate::model::world::World;
use crate::safety::form::{Field, Form};
use crate::safety::item::{Given, Item};
use crate::safety::verb::{Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write, nothing_around};

pub(super) const ALL: &[Action] = &[Action {
    name: "apply",
    help: "Apply a file, or the *.yaml, *.yml and *.json of a folder: PATH [@CLUSTER]",
    run: |scene, path| apply(scene, path),
}];

/// Begun with [`Given::Manifest`] for each object.
pub static APPLY: Verb = Verb {
    name: "apply",
    does: "apply",
    to: &["*"],
    on: On::Itself,
    right: ("patch", ""),
    removes: false,
    around: nothing_around,
    form: |items, _| form(items),
    plan,
    notes,
    keeps: Keeps::Shown,
    follow: Follow::Rollout,
    pace: Pace::ByTurns(10),
    undo: Undo::Fields,
    check: Check::Server,
};

/// What is done about fields that others own.
const OTHERS: &str = "conflicts";
const LEAVE: &str = "leave out";
const TAKE: &str = "take over";

fn apply(scene: &Scene, words: &str) -> Result<Vec<Step>, Reject> {
    let (path, cluster) = placed(scene, words);
    if path.is_empty() {
        return Err(Reject::new("apply takes the path of a file or folder: apply deploy/shop.yaml"));
    }
    Ok(vec![Step::Apply(Apply { path: path.to_owned(), cluster })])
}

/// What was written, and the cluster that it is for: the one behind the `@` at its end, or the one that is looked at.
pub(super) fn placed<'a>(scene: &Scene, words: &'a str) -> (&'a str, Option<Which>) {
    let words = words.trim();
    let (before, last) = words.rsplit_once(char::is_whitespace).unwrap_or(("", words));
    match last.strip_prefix('@').filter(|name| !name.is_empty()) {
        Some(name) => (before.trim_end(), Some(Which::Called(name.to_owned()))),
        None => (words, scene.focus.map(Which::Cluster)),
    }
}

/// A decision, where the server says that others own something.
fn form(items: &[Item]) -> Form {
    if items.iter().all(|item| item.conflicts.is_empty()) {
        return Form::default();
    }
    let help = "what others own stays as it is, or becomes yours";
    Form::of([Field::new(OTHERS, help, LEAVE).choosing(vec![LEAVE.to_owned(), TAKE.to_owned()])])
}

fn plan(item: &Item, form: &Form) -> Result<Plan, String> {
    let Given::Manifest(wished) = &item.given else { return Err("there is nothing to apply".to_owned()) };
    let force = !item.conflicts.is_empty() && form.text(OTHERS) == TAKE;
    Ok(Plan::of(Write::Apply { wished: wished.clone(), force }))
}

fn notes(item: &Item, form: &Form, _: &World) -> Vec<Note> {
    let told = if form.text(OTHERS) == TAKE { "taken over from" } else { "belongs to" };
    let owners = item.owners().into_iter().map(|who| Note::warn("conflict", format!("{told} {who}")));
    let new = item.is_missing().then(|| Note::info("new", "it is not there yet; only deleting it undoes that"));
    new.into_iter().chain(owners).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::tests::item;
    use crate::model::call::Cause;
    use crate::model::id::ClusterId;
    use serde_json::json;

    #[test]
    fn a_path_and_a_cluster_are_told_apart() {
        let scene = Scene { focus: Some(ClusterId(2)), ..Scene::default() };
        let called = |name: &str| Some(Which::Called(name.to_owned()));
        for (words, path, cluster) in [
            ("a.yaml", "a.yaml", Some(Which::Cluster(ClusterId(2)))),
            (" my files/a.yaml  @eu ", "my files/a.yaml", called("eu")),
            ("a@b.yaml @", "a@b.yaml @", Some(Which::Cluster(ClusterId(2)))),
            ("@eu", "", called("eu")),
            ("", "", Some(Which::Cluster(ClusterId(2)))),
        ] {
            assert_eq!(placed(&scene, words), (path, cluster), "{words}");
        }
        assert!(apply(&scene, " @eu").is_err());
    }

    #[test]
    fn what_others_own_is_taken_over_only_where_a_person_says_so() {
        let mut of = item(("apps", "deployments"), json!({"metadata": {"resourceVersion": "7", "uid": "u"}, "spec": {"replicas": 1}}));
        of.given = Given::Manifest(json!({"metadata": {"name": "web"}, "spec": {"replicas": 2}}));
        assert_eq!(form(std::slice::from_ref(&of)), Form::default());
        let cause = |field: &str| Cause { field: field.into(), message: "conflict with \"argocd\" using apps/v1".into() };
        of.conflicts = vec![cause(".spec.replicas"), cause(".spec.paused")];
        assert_eq!(of.owners(), ["\"argocd\" using apps/v1 (spec.replicas, spec.paused)"]);
        let mut form = form(std::slice::from_ref(&of));
        let sent = |form: &Form| of.request(&plan(&of, form).unwrap(), true);
        let call = sent(&form);
        assert_eq!(call.body, r#"{"metadata":{"name":"web","resourceVersion":"7","uid":"u"},"spec":{"replicas":2}}"#);
        assert_eq!(call.query, [("fieldValidation", "Strict".to_owned()), ("dryRun", "All".to_owned())]);
        form.fields[0].step(false);
        assert!(sent(&form).query.contains(&("force", "true".to_owned())));
        // What nobody has a conflict about is never forced, nor what is not there yet.
        of.conflicts.clear();
        assert!(!of.request(&plan(&of, &form).unwrap(), false).query.iter().any(|(name, _)| *name == "force"));
    }
}
