//! To what a container runs by itself: what it writes from now on, and its input where it takes any.

use super::shell::{SHELL, chosen};
use super::{Action, change};
use crate::model::step::{Reject, Scene, Step};
use crate::model::world::World;
use crate::safety::form::Form;
use crate::safety::item::{Given, Item};
use crate::safety::verb::{Check, Note, Plan, Undo, Verb, Write};
use serde_json::{Value, json};

pub(super) const ALL: &[Action] =
    &[Action { name: "attach", help: "See what a container writes from now on, and type to it where it takes input", run: open }];

/// Also what `kconsole attach` does, with [`Given::Command`] that has no words.
pub static ATTACH: Verb = Verb {
    name: "attach",
    does: "attach to",
    right: ("create", "attach"),
    plan,
    notes,
    undo: Undo::No("what is typed into it is not known here"),
    check: Check::None("what will be typed is not known"),
    ..SHELL
};

fn open(scene: &Scene, container: &str) -> Result<Vec<Step>, Reject> {
    if scene.marked.len() > 1 {
        return Err(Reject::new(format!("a terminal is for one container, and {} pods are marked", scene.marked.len())));
    }
    change(scene, &ATTACH, container)
}

/// What the spec of a container says of its input and its terminal.
fn takes(pod: &Value, name: &str) -> (bool, bool) {
    let lists =
        ["containers", "ephemeralContainers", "initContainers"].map(|list| pod.pointer("/spec").and_then(|s| s.get(list)?.as_array()));
    let found = lists.into_iter().flatten().flatten().find(|c| c.get("name").and_then(Value::as_str) == Some(name));
    let is = |key| found.and_then(|c| c.get(key)?.as_bool()).unwrap_or_default();
    (is("stdin"), is("tty"))
}

/// The name of the container that is meant.
fn meant<'a>(item: &'a Item, form: &'a Form) -> Result<&'a str, String> {
    let named = match &item.given {
        Given::Command(command) => command.container.as_deref(),
        _ => Some(form.text("container")).filter(|c| !c.is_empty()),
    };
    chosen(item.before.as_ref().unwrap_or(&Value::Null), named)
}

fn plan(item: &Item, form: &Form) -> Result<Plan, String> {
    let name = meant(item, form)?;
    let (stdin, tty) = takes(item.before.as_ref().unwrap_or(&Value::Null), name);
    // A terminal has one stream for output and errors.
    let options = json!({"container": name, "stdin": stdin, "stdout": true, "stderr": !tty, "tty": tty});
    Ok(Plan::to("attach", Write::Connect(options)))
}

fn notes(item: &Item, form: &Form, _: &World) -> Vec<Note> {
    let Ok(name) = meant(item, form) else { return Vec::new() };
    vec![match takes(item.before.as_ref().unwrap_or(&Value::Null), name) {
        (true, true) => Note::warn("keys", "all of them go into it, ctrl-c too; ctrl-p ctrl-q leaves"),
        (true, false) => Note::info("keys", "lines that are typed go into it; ctrl-c leaves"),
        (false, _) => Note::info("keys", "it takes no input; ctrl-c leaves"),
    }]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{item, sent};
    use super::*;

    #[test]
    fn a_container_gets_what_its_spec_says_that_it_takes() {
        let running = |name: &str| json!({"name": name, "state": {"running": {}}});
        let pod = json!({"metadata": {}, "spec": {"containers": [
            {"name": "web"}, {"name": "repl", "stdin": true, "tty": true}, {"name": "pipe", "stdin": true}, {"name": "sick"}]},
            "status": {"containerStatuses": [running("web"), running("repl"), running("pipe"), {"name": "sick", "state": {"waiting": {"reason": "Error"}}}]}});
        for (name, wanted) in [
            ("", Ok(json!({"container": "web", "stdin": false, "stdout": true, "stderr": true, "tty": false}))),
            ("repl", Ok(json!({"container": "repl", "stdin": true, "stdout": true, "stderr": false, "tty": true}))),
            ("pipe", Ok(json!({"container": "pipe", "stdin": true, "stdout": true, "stderr": true, "tty": false}))),
            ("sick", Err("its container sick does not run: Error".to_owned())),
        ] {
            let item = item(("", "pods"), pod.clone());
            assert_eq!(sent(&ATTACH, &item, &(ATTACH.form)(std::slice::from_ref(&item), name)), wanted, "{name}");
        }
    }
}
