//! Which image each container runs.

use super::{Action, change, revision};
use crate::model::image;
use crate::model::step::{Reject, Scene, Step};
use crate::model::world::World;
use crate::safety::form::{Field, Form};
use crate::safety::item::Item;
use crate::safety::verb::{Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write};
use serde_json::{Map, Value, json};

pub(super) const ALL: &[Action] = &[Action { name: "image", help: "Change the images of its containers, as container=image", run: set }];

pub(super) static IMAGE: Verb = Verb {
    name: "image",
    does: "set image of",
    to: &["deployments.apps", "statefulsets.apps", "daemonsets.apps", "cronjobs.batch", "pods"],
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
    undo: Undo::Fields,
    check: Check::Server,
};

fn set(scene: &Scene, argument: &str) -> Result<Vec<Step>, Reject> {
    change(scene, &IMAGE, argument)
}

/// A container of a pod template: the list that it is in, its name and image.
type Container<'a> = (&'static str, &'a str, &'a str);

/// Where the spec of the pods is.
fn pods(item: &Item) -> &'static [&'static str] {
    match &*item.target.kind.resource {
        "pods" => &["spec"],
        "cronjobs" => &["spec", "jobTemplate", "spec", "template", "spec"],
        _ => &["spec", "template", "spec"],
    }
}

/// All containers, those that run first (`initContainers`) behind the others.
fn containers(item: &Item) -> Vec<Container<'_>> {
    let spec = item.before.as_ref().and_then(|o| o.pointer(&format!("/{}", pods(item).join("/"))));
    let list = |list: &'static str| spec.and_then(|s| s.get(list)?.as_array()).into_iter().flatten().map(move |c| (list, c));
    let all = list("containers").chain(list("initContainers"));
    all.filter_map(|(list, c)| Some((list, c.get("name")?.as_str()?, c.get("image").and_then(Value::as_str).unwrap_or_default()))).collect()
}

/// A field for each container, where all objects have the same ones.
fn form(items: &[Item], argument: &str) -> Form {
    let names = |item: &Item| containers(item).iter().map(|(_, name, _)| (*name).to_owned()).collect::<Vec<_>>();
    let Some((first, others)) = items.split_first() else { return Form::default() };
    if others.iter().any(|other| names(other) != names(first)) {
        return Form::default();
    }
    let asked: Vec<(Option<&str>, &str)> =
        argument.split_whitespace().map(|a| a.split_once('=').map_or((None, a), |(n, i)| (Some(n), i))).collect();
    let all = containers(first);
    Form::of(all.iter().map(|(_, name, image)| {
        let same = others.iter().all(|other| containers(other).iter().any(|(_, n, i)| n == name && i == image));
        let given = asked.iter().find(|(of, _)| *of == Some(*name) || (of.is_none() && all.len() == 1)).map(|(_, image)| *image);
        let help = if same { "an image" } else { "an image; they have different ones, which stay where nothing is written" };
        let now = if same { *image } else { "" };
        Field::new((*name).to_owned(), help, given.unwrap_or(now)).hinting(earlier(items, name))
    }))
}

/// The images that a container has and had, the newest first.
fn earlier(items: &[Item], name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let now = items.iter().flat_map(containers).filter(|(_, n, _)| *n == name).map(|(.., image)| image);
    let of_template = |template: &'_ Value| {
        let lists = ["containers", "initContainers"].map(|list| template.pointer("/spec").and_then(|s| s.get(list)?.as_array()));
        let mut all = lists.into_iter().flatten().flatten();
        all.find(|c| c.get("name").and_then(Value::as_str) == Some(name)).and_then(|c| Some(c.get("image")?.as_str()?.to_owned()))
    };
    let before = items.iter().flat_map(revision::all).filter_map(|r| of_template(r.template()?));
    for image in now.map(str::to_owned).chain(before) {
        if !found.contains(&image) {
            found.push(image);
        }
    }
    found
}

/// What the form makes of the containers: the list, the name and the other image of those that get one.
fn wanted<'a>(item: &'a Item, form: &'a Form) -> Vec<Container<'a>> {
    let other =
        |(list, name, image): Container<'a>| Some((list, name, form.text(name))).filter(|(.., new)| !new.is_empty() && *new != image);
    containers(item).into_iter().filter_map(other).collect()
}

fn plan(item: &Item, form: &Form) -> Result<Plan, String> {
    if form.fields.is_empty() {
        return Err("they do not have the same containers: change them one after the other".to_owned());
    }
    let wanted = wanted(item, form);
    if wanted.is_empty() {
        return Err("these images it has already".to_owned());
    }
    let mut lists: Map<String, Value> = Map::new();
    for (list, name, image) in wanted {
        if let Some(all) = lists.entry(list).or_insert_with(|| json!([])).as_array_mut() {
            all.push(json!({"name": name, "image": image}));
        }
    }
    let patch = pods(item).iter().rev().fold(Value::Object(lists), |inside, key| json!({*key: inside}));
    Ok(Plan::of(Write::Strategic(patch)))
}

fn notes(item: &Item, form: &Form, _: &World) -> Vec<Note> {
    let of_image = |(_, name, new): Container<'_>| match image::problem(new) {
        Some(why) => Some(Note::warn("image", format!("{name} cannot start with it: {why}"))),
        None if image::is_open(new) => {
            Some(Note::warn("image", format!("{name} has no tag, so that latest is meant: whatever that is by then")))
        }
        None => None,
    };
    wanted(item, form).into_iter().filter_map(of_image).chain(waits(item)).collect()
}

/// Why no pod is replaced by itself.
pub(super) fn waits(item: &Item) -> Option<Note> {
    if item.before.as_ref().and_then(|o| o.pointer("/spec/paused")?.as_bool()) == Some(true) {
        return Some(Note::warn("rollout", "it is paused: nothing is replaced before it is resumed"));
    }
    let by_hand = item.text("/spec/updateStrategy/type") == Some("OnDelete");
    by_hand.then(|| Note::warn("rollout", "its strategy is OnDelete: each pod is replaced once somebody deletes it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::tests::{item, sent};

    /// A pod spec with these images of `app` and `proxy`, and `init` before them.
    fn spec(app: &str) -> Value {
        json!({"containers": [{"name": "app", "image": app}, {"name": "proxy", "image": "proxy:1"}],
            "initContainers": [{"name": "init", "image": "init:1"}]})
    }

    fn deployment(app: &str) -> Item {
        item(("apps", "deployments"), json!({"spec": {"template": {"spec": spec(app)}}}))
    }

    fn written(form: &Form) -> Vec<(&str, &str)> {
        form.fields.iter().map(|f| (&*f.name, f.line.text())).collect()
    }

    /// What `kubectl set image` sends, without `$setElementOrder`: nothing is put into another order.
    #[test]
    fn only_what_is_another_is_sent_where_the_pods_are() {
        let list = json!({"containers": [{"name": "app", "image": "app:2"}], "initContainers": [{"name": "init", "image": "init:2"}]});
        for (kind, before, patch) in [
            (
                ("apps", "deployments"),
                json!({"spec": {"template": {"spec": spec("app:1")}}}),
                json!({"spec": {"template": {"spec": list}}}),
            ),
            (
                ("batch", "cronjobs"),
                json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": spec("app:1")}}}}}),
                json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": list}}}}}),
            ),
            (("", "pods"), json!({"spec": spec("app:1")}), json!({"spec": list})),
        ] {
            let of = item(kind, before);
            let form = form(std::slice::from_ref(&of), "app=app:2 init=init:2");
            assert_eq!(written(&form), [("app", "app:2"), ("proxy", "proxy:1"), ("init", "init:2")]);
            assert_eq!(sent(&IMAGE, &of, &form), Ok(patch), "{kind:?}");
        }
    }

    #[test]
    fn several_share_a_form_where_their_containers_agree() {
        let (one, two) = (deployment("app:1"), deployment("app:2"));
        let both = form(&[one.clone(), two.clone()], "");
        assert_eq!(written(&both), [("app", ""), ("proxy", "proxy:1"), ("init", "init:1")]);
        assert_eq!(both.fields[0].hints, ["app:1", "app:2"]);
        assert!(sent(&IMAGE, &one, &both).unwrap_err().contains("already"));
        let mut other = two;
        other.before.as_mut().unwrap()["spec"]["template"]["spec"]["containers"][1]["name"] = json!("envoy");
        let none = form(&[one.clone(), other], "");
        assert!(sent(&IMAGE, &one, &none).unwrap_err().contains("do not have the same containers"));
    }

    #[test]
    fn what_a_kubelet_cannot_read_is_told() {
        let of = deployment("app:1");
        let told = |image: &str| {
            let form = form(std::slice::from_ref(&of), &format!("app={image}"));
            notes(&of, &form, &World::default()).iter().map(|n| n.text.clone()).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(told("app:1"), "", "it is as it was");
        assert_eq!(told("app:2"), "");
        assert!(told("app").contains("latest is meant"));
        assert!(told("App:2").contains("app cannot start with it: App has capital letters"));
    }

    #[test]
    fn who_waits_says_so() {
        let mut of = deployment("app:1");
        assert_eq!(waits(&of), None);
        of.before.as_mut().unwrap()["spec"]["paused"] = json!(true);
        assert!(waits(&of).unwrap().text.contains("it is paused"));
        let set = item(("apps", "daemonsets"), json!({"spec": {"updateStrategy": {"type": "OnDelete"}}}));
        assert!(waits(&set).unwrap().text.contains("OnDelete"));
    }
}
