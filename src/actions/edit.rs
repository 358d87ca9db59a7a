//! Changing an object as text.

use super::{Action, data};
use crate::model::manifest;
use crate::model::step::{Reject, Scene, Screen, Step};
use crate::safety::diff::diff;
use crate::safety::form::Form;
use crate::safety::item::{Given, Item};
use crate::safety::verb::{Check, Follow, Keeps, On, Pace, Plan, Undo, Verb, Write, no_form, no_notes, nothing_around};
use serde_json::Value;

pub(super) const ALL: &[Action] = &[
    Action { name: "edit", help: "Change this as text, here", run: |scene, _| edit(scene, false) },
    Action { name: "edit-outside", help: "Change this as text, in $KUBE_EDITOR or $EDITOR", run: |scene, _| edit(scene, true) },
];

/// Begun by the screen in which the text is written, with [`Given::Text`].
pub static EDIT: Verb = Verb {
    name: "edit",
    does: "edit",
    to: &["*"],
    on: On::Itself,
    right: ("update", ""),
    removes: false,
    around: nothing_around,
    form: |items, _| no_form(items, ""),
    plan,
    notes: no_notes,
    keeps: Keeps::Everything,
    follow: Follow::Rollout,
    pace: Pace::OneByOne,
    undo: Undo::Fields,
    check: Check::Server,
};

fn edit(scene: &Scene, outside: bool) -> Result<Vec<Step>, Reject> {
    Ok(vec![Step::Open(Screen::Edit(data::subject(scene)?, outside))])
}

fn plan(item: &Item, _: &Form) -> Result<Plan, String> {
    let (Given::Text(text, base), Some(before)) = (&item.given, &item.before) else { return Err("there is no text".to_owned()) };
    if base.as_ref().is_some_and(|base| *base != manifest::written(before)) {
        return Err("somebody else has changed it since the text was made: it takes that in as soon as it is here".to_owned());
    }
    let manifest = manifest::read(text)
        .map_err(|flaws| flaws.errors.first().map_or_else(String::new, |flaw| format!("line {}: {}", flaw.place.line, flaw.what)))?;
    for (field, name) in
        [("/apiVersion", "apiVersion"), ("/kind", "kind"), ("/metadata/name", "name"), ("/metadata/namespace", "namespace")]
    {
        let of = |object: &Value| object.pointer(field).cloned();
        if of(&manifest.value) != of(before) {
            return Err(format!("its {name} cannot be changed: that would be another object"));
        }
    }
    let whole = manifest::whole(&manifest.value, before);
    if diff(before, &whole).is_empty() {
        return Err("nothing is changed yet".to_owned());
    }
    Ok(Plan::of(Write::Replace(whole.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::Resource;
    use crate::model::id::{ClusterId, GroupResource, ObjectRef, Uid};
    use crate::model::time::Timestamp;
    use serde_json::json;

    #[test]
    fn a_text_becomes_the_whole_object_again_or_says_why_not() {
        let before = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b", "uid": "u", "resourceVersion": "7"}, "data": {"k": "v"}});
        let item = |text: &str| {
            let kind = GroupResource::new("", "configmaps");
            let object =
                ObjectRef { cluster: ClusterId(0), kind: kind.clone(), namespace: "b".into(), name: "a".into(), uid: Uid::parse("u") };
            let resource = Resource {
                id: kind,
                version: "v1".into(),
                kind: "ConfigMap".into(),
                singular: "configmap".into(),
                short_names: [].into(),
                categories: [].into(),
                namespaced: true,
                list: true,
                watch: true,
            };
            let given = Given::Text(text.to_owned(), Some(manifest::written(&before)));
            Item { before: Some(before.clone()), ..Item::new(object, resource, given, Timestamp(0)) }
        };
        let text = manifest::written(&before);
        let plan_of = |text: &str| plan(&item(text), &Form::default());
        let changed = plan_of(&text.replace("k: v", "k: w")).unwrap();
        let Write::Replace(sent) = changed.write else { panic!("a replacement") };
        let sent: Value = serde_json::from_str(&sent).unwrap();
        assert_eq!((sent["data"]["k"].as_str(), sent["metadata"]["resourceVersion"].as_str()), (Some("w"), Some("7")));
        let mut older = item(&text.replace("k: v", "k: w"));
        older.given = Given::Text(text.replace("k: v", "k: w"), Some(text.replace("k: v", "k: u")));
        assert!(plan(&older, &Form::default()).unwrap_err().starts_with("somebody else has changed it"));
        for (text, why) in [
            (text.clone(), "nothing is changed yet"),
            (text.replace("name: a", "name: z"), "its name cannot be changed"),
            (text.replace("k: v", "k: v\n  k: w"), "line "),
        ] {
            assert!(plan_of(&text).unwrap_err().starts_with(why), "{text}");
        }
    }
}
