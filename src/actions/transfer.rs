//! Files, copied into a container or out of it.

use super::shell::{asked, chosen};
use super::{Action, change};
use crate::model::step::{Reject, Scene, Step};
use crate::model::transfer::{Transfer, Way};
use crate::safety::form::{Field, Form};
use crate::safety::item::{Given, Item};
use crate::safety::verb::{Check, Follow, Keeps, On, Pace, Plan, Undo, Verb, Write, no_notes, nothing_around};
use serde_json::Value;

pub(super) const ALL: &[Action] = &[
    Action {
        name: "copy-out",
        help: "Copy a file or a folder out of a container of this pod",
        run: |scene, path| open(scene, &COPY_OUT, path),
    },
    Action {
        name: "copy-in",
        help: "Copy a file or a folder into a container of this pod",
        run: |scene, path| open(scene, &COPY_IN, path),
    },
];

/// Also what `kconsole cp` does, with [`Given::Transfer`].
pub static COPY_OUT: Verb = Verb {
    name: "copy-out",
    does: "copy files out of",
    to: &["pods"],
    on: On::Itself,
    right: ("create", "exec"),
    removes: false,
    around: nothing_around,
    form: |items, path| form(items, Way::From, path),
    plan: |item, form| plan(item, form, Way::From),
    notes: no_notes,
    keeps: Keeps::Shown,
    follow: Follow::Stored("what counts is that both sides have the same"),
    pace: Pace::OneByOne,
    undo: Undo::No("what was there before on this machine is not kept"),
    check: Check::None("what is there is not known before it comes"),
};

/// The other way.
pub static COPY_IN: Verb = Verb {
    name: "copy-in",
    does: "copy files into",
    form: |items, path| form(items, Way::To, path),
    plan: |item, form| plan(item, form, Way::To),
    undo: Undo::No("what was there before in the container is not kept"),
    check: Check::None("what is there already is not known before"),
    ..COPY_OUT
};

fn open(scene: &Scene, verb: &'static Verb, path: &str) -> Result<Vec<Step>, Reject> {
    if scene.marked.len() > 1 {
        return Err(Reject::new(format!("files are copied of one pod, and {} are marked", scene.marked.len())));
    }
    change(scene, verb, path)
}

/// From where to where, and which container, where there are several.
fn form(items: &[Item], way: Way, path: &str) -> Form {
    let [Item { before: Some(pod), given: Given::Nothing, .. }] = items else { return Form::default() };
    let there = |name: &'static str, text: &str| Field::new(name, "a path in the container", text).about("there");
    let here = |name: &'static str, text: &str| Field::new(name, "a path of this machine", text).about("here");
    let paths = match way {
        Way::From => [there("from", path), here("to", ".")],
        Way::To => [here("from", path), there("to", "/tmp")],
    };
    Form::of(paths.into_iter().chain(asked(pod, "")))
}

fn plan(item: &Item, form: &Form, way: Way) -> Result<Plan, String> {
    let pod = item.before.as_ref().unwrap_or(&Value::Null);
    let text = |key| Some(form.text(key).to_owned()).filter(|text| !text.is_empty());
    let transfer = match &item.given {
        Given::Transfer(transfer) => transfer.clone(),
        _ => Transfer {
            container: text("container"),
            way,
            there: text("there").ok_or("a path in the container is needed")?,
            here: text("here").ok_or("a path of this machine is needed")?,
        },
    };
    let container = Some(chosen(pod, transfer.container.as_deref())?.to_owned());
    Ok(Plan::to("exec", Write::Copy(Transfer { container, ..transfer }.options())))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::super::tests::{item, sent};
    use super::*;
    use serde_json::json;

    fn pod() -> Item {
        let running = |name| json!({"name": name, "state": {"running": {}}});
        item(
            ("", "pods"),
            json!({"spec": {"containers": [{"name": "web"}, {"name": "side"}]}, "status": {"containerStatuses": [running("web"), running("side")]}}),
        )
    }

    #[test]
    fn a_person_says_from_where_to_where() {
        let item = pod();
        for (verb, argument, wanted) in [
            (&COPY_OUT, "/var/log", Ok(json!({"container": "web", "way": "from", "there": "/var/log", "here": "."}))),
            (&COPY_IN, "conf", Ok(json!({"container": "web", "way": "to", "there": "/tmp", "here": "conf"}))),
            (&COPY_OUT, "", Err("a path in the container is needed".to_owned())),
            (&COPY_IN, "", Err("a path of this machine is needed".to_owned())),
        ] {
            assert_eq!(sent(verb, &item, &(verb.form)(std::slice::from_ref(&item), argument)), wanted, "{} {argument}", verb.name);
        }
    }

    #[test]
    fn the_command_line_has_said_it_all() {
        let given = |container: Option<&str>| {
            let transfer =
                Transfer { container: container.map(str::to_owned), way: Way::From, there: "/a".to_owned(), here: "b".to_owned() };
            Item { given: Given::Transfer(transfer), ..pod() }
        };
        assert!((COPY_OUT.form)(&[given(None)], "").fields.is_empty());
        let sent = |container| sent(&COPY_OUT, &given(container), &Form::default());
        assert_eq!(sent(Some("side")).unwrap()["container"], "side");
        assert!(sent(Some("none")).unwrap_err().contains("no container called none"));
    }
}
