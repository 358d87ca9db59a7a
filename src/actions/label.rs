//! Labels and annotations of any object, written as kubectl takes them: `key=value` sets one, `key-` removes it.

use super::{Action, change};
use crate::model::naming;
use crate::model::world::World;
use crate::safety::form::{Field, Form};
use crate::safety::item::Item;
use crate::safety::verb::{Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write, nothing_around};
use serde_json::{Map, Value, json};

pub(super) const ALL: &[Action] = &[
    Action { name: "label", help: "Set or remove labels: key=value, key-", run: |scene, asked| change(scene, &LABEL, asked) },
    Action {
        name: "annotate",
        help: "Set or remove annotations: key=\"some words\", key-",
        run: |scene, asked| change(scene, &ANNOTATE, asked),
    },
];

/// Bytes that keys and values of an object's annotations may have: `TotalAnnotationSizeLimitB` of apimachinery.
const ANNOTATIONS: usize = 256 * 1024;

pub(super) static LABEL: Verb = Verb {
    name: "label",
    does: "label",
    to: &["*"],
    on: On::Itself,
    right: ("patch", ""),
    removes: false,
    around: nothing_around,
    form: |items, asked| form("labels", items, asked),
    plan: |item, form| plan("labels", item, form),
    notes,
    keeps: Keeps::Shown,
    follow: Follow::Stored("a label holds as soon as it is stored"),
    pace: Pace::Together(10),
    undo: Undo::Fields,
    check: Check::Server,
};

pub(super) static ANNOTATE: Verb = Verb {
    name: "annotate",
    does: "annotate",
    form: |items, asked| form("annotations", items, asked),
    plan: |item, form| plan("annotations", item, form),
    notes: |_, _, _| Vec::new(),
    follow: Follow::Stored("an annotation holds as soon as it is stored"),
    to: &["*"],
    on: On::Itself,
    right: ("patch", ""),
    removes: false,
    around: nothing_around,
    keeps: Keeps::Shown,
    pace: Pace::Together(10),
    undo: Undo::Fields,
    check: Check::Server,
};

/// What an object has of one of the two.
fn has<'a>(field: &str, item: &'a Item) -> impl Iterator<Item = (&'a str, &'a str)> {
    let all = item.before.as_ref().and_then(|o| o.pointer("/metadata")?.get(field)?.as_object());
    all.into_iter().flat_map(Map::iter).map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
}

/// Empty, unless something came with the key; the arrows go through what a single object has.
fn form(field: &'static str, items: &[Item], asked: &str) -> Form {
    let choices = match items {
        // Long texts are no labels, but what other programs keep there.
        [item] => has(field, item).filter(|(_, value)| value.len() <= 63).map(|(key, value)| written(key, value)).collect(),
        _ => Vec::new(),
    };
    Form::of([Field::new(field, "key=value sets, key- removes; several with blanks between", asked).hinting(choices)])
}

fn written(key: &str, value: &str) -> String {
    if value.contains(char::is_whitespace) { format!("{key}=\"{value}\"") } else { format!("{key}={value}") }
}

fn plan(field: &'static str, item: &Item, form: &Form) -> Result<Plan, String> {
    let asked = read(form.text(field))?;
    if let Some(why) = asked.iter().find_map(|(key, value)| wrong(field, key, value.as_deref())) {
        return Err(why);
    }
    let now = |key: &str| has(field, item).find(|(k, _)| *k == key).map(|(_, value)| value);
    let changes: Map<String, Value> =
        asked.iter().filter(|(key, value)| now(key) != value.as_deref()).map(|(key, value)| (key.clone(), json!(value))).collect();
    if changes.is_empty() {
        return Err(format!("its {field} are so already"));
    }
    let kept = has(field, item).filter(|(key, _)| !changes.contains_key(*key)).map(|(key, value)| key.len() + value.len());
    let set = changes.iter().map(|(key, value)| value.as_str().map_or(0, |value| key.len() + value.len()));
    if field == "annotations" && kept.chain(set).sum::<usize>() > ANNOTATIONS {
        return Err(format!("all annotations of an object together may have {} KiB", ANNOTATIONS / 1024));
    }
    Ok(Plan::of(Write::Merge(json!({"metadata": {field: changes}}))))
}

/// What is asked for: keys, and what each is set to; `None` removes it.
fn read(text: &str) -> Result<Vec<(String, Option<String>)>, String> {
    let mut asked: Vec<(String, Option<String>)> = Vec::new();
    for word in words(text)? {
        let (key, value) = match (word.split_once('='), word.strip_suffix('-')) {
            (Some((key, value)), _) => (key, Some(value.to_owned())),
            (None, Some(key)) => (key, None),
            (None, None) => return Err(format!("{word} is neither key=value nor key-")),
        };
        if asked.iter().any(|(other, _)| other == key) {
            return Err(format!("{key} is there twice"));
        }
        asked.push((key.to_owned(), value));
    }
    if asked.is_empty() { Err("which? key=value sets one, key- removes it".to_owned()) } else { Ok(asked) }
}

/// What stands between blanks; quotes keep blanks together, and go.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    for c in text.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quoted { Err("a quote is open: put another one at its end".to_owned()) } else { Ok(words) }
}

/// What Kubernetes has against it. Annotations take any value, and their keys are judged in lower case.
fn wrong(field: &str, key: &str, value: Option<&str>) -> Option<String> {
    let is_label = field == "labels";
    let of_key = naming::qualified(&if is_label { key.to_owned() } else { key.to_lowercase() });
    let of_value = value.filter(|_| is_label).map(naming::label_value).unwrap_or_default();
    let what = if key.is_empty() { "a key is missing" } else { key };
    let of_key = naming::told(&of_key).map(|why| format!("{what}: {why}"));
    of_key.or_else(|| naming::told(&of_value).map(|why| format!("the value of {key}: {why}")))
}

/// Pods belong to whoever selects them by their labels.
fn notes(item: &Item, form: &Form, _: &World) -> Vec<Note> {
    let owned = item.before.as_ref().and_then(|o| o.pointer("/metadata/ownerReferences")).is_some();
    let asked = read(form.text("labels")).unwrap_or_default();
    let has: Vec<&str> = has("labels", item).map(|(key, _)| key).collect();
    let taken = asked.iter().find(|(key, _)| has.contains(&key.as_str()));
    let is_pod = &*item.target.kind.resource == "pods" && item.target.kind.group.is_empty();
    let told = |(key, _): &(String, Option<String>)| {
        Note::warn("selector", format!("where its owner or a service selects it by {key}, it is let go, and the owner makes another one"))
    };
    taken.filter(|_| is_pod && owned).map(told).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::tests::item;

    fn patch(field: &'static str, text: &str) -> Result<Value, String> {
        let of = item(("", "pods"), json!({"metadata": {"labels": {"app": "web"}, "annotations": {"a/b": "c"}}}));
        let planned = plan(field, &of, &Form::of([Field::new(field, "", text)]))?;
        match planned.write {
            Write::Merge(patch) => Ok(patch["metadata"][field].clone()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_written_is_what_is_sent() {
        for (field, text, sent) in [
            ("labels", "tier=front", json!({"tier": "front"})),
            ("labels", "app=", json!({"app": ""})),
            ("labels", "app-", json!({"app": null})),
            ("labels", "app=web tier=front  gone-", json!({"tier": "front"})),
            ("labels", "example.com/Tier=a_b.c", json!({"example.com/Tier": "a_b.c"})),
            ("annotations", "note=\"two words\" a/b-", json!({"note": "two words", "a/b": null})),
            ("annotations", "\"note=x = y\"", json!({"note": "x = y"})),
            ("annotations", "Example.com/x=1", json!({"Example.com/x": "1"})),
        ] {
            assert_eq!(patch(field, text), Ok(sent), "{field} {text}");
        }
    }

    #[test]
    fn what_cannot_be_is_said() {
        let long = format!("a={}", "x".repeat(64));
        let large = format!("a={}", "x".repeat(ANNOTATIONS));
        for (field, text, why) in [
            ("labels", "", "which?"),
            ("labels", "app", "neither"),
            ("labels", "app=web", "so already"),
            ("labels", "gone-", "so already"),
            ("labels", "a=1 a-", "a is there twice"),
            ("labels", "=1", "a key is missing: name part must be non-empty"),
            ("labels", "Example.com/x=1", "Example.com/x: prefix part a lowercase RFC 1123 subdomain"),
            ("labels", "a=b c=d=e", "the value of c: a valid label must be an empty string or consist of alphanumeric characters"),
            ("labels", "a/b/c=1", "a/b/c: a valid label key must consist"),
            ("labels", &long, "the value of a: must be no more than 63 characters"),
            ("annotations", "note=\"x", "a quote is open"),
            ("annotations", &large, "256 KiB"),
        ] {
            let told = patch(field, text).unwrap_err();
            assert!(told.contains(why) && !told.contains("regex"), "{text}: {told}");
        }
    }

    #[test]
    fn a_pod_that_is_let_go_is_told_of() {
        let owned = json!({"metadata": {"labels": {"app": "web"}, "ownerReferences": [{"kind": "ReplicaSet"}]}});
        let told = |of: &Value, text: &str| notes(&item(("", "pods"), of.clone()), &form("labels", &[], text), &World::default()).len();
        assert_eq!((told(&owned, "app-"), told(&owned, "tier=x")), (1, 0));
        assert_eq!(told(&json!({"metadata": {"labels": {"app": "web"}}}), "app-"), 0, "nobody's");
    }
}
