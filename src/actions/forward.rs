//! A port of this machine that leads to a port of a pod.

use super::drill::cursor;
use super::{Action, change};
use crate::model::forward::Port;
use crate::model::step::{Effect, Reject, Scene, Screen, Step};
use crate::safety::form::{Field, Form};
use crate::safety::item::Item;
use crate::safety::verb::{Check, Follow, Keeps, On, PORTS, Pace, Plan, Undo, Verb, Write, no_notes, nothing_around};
use serde_json::{Value, json};

pub(super) const ALL: &[Action] = &[
    Action { name: "forward", help: "Reach a port of this from this machine; forward http, forward 8080:http", run: open },
    Action {
        name: "forwards",
        help: "The forwards that are open: where they lead, and how they go",
        run: |_, _| Ok(vec![Step::Open(Screen::Forwards)]),
    },
    Action { name: "keep-forward", help: "Keep this forward for later runs, by a name: keep-forward web", run: keep },
    Action { name: "forget-forward", help: "Keep this forward no more; an open one stays open", run: forget },
];

/// Also what `kconsole forward` does.
pub static FORWARD: Verb = Verb {
    name: "forward",
    does: "forward a port to",
    to: &["pods", "services", "deployments.apps", "statefulsets.apps", "daemonsets.apps", "replicasets.apps", "jobs.batch"],
    on: On::Behind("", "pods"),
    right: ("create", "portforward"),
    removes: false,
    around: nothing_around,
    form,
    plan,
    notes: no_notes,
    keeps: Keeps::Shown,
    follow: Follow::Ended,
    pace: Pace::OneByOne,
    undo: Undo::No("what went through it is not known here"),
    check: Check::None("nothing is sent before somebody connects"),
};

/// Ports below this are for root; what is asked of one here gets one so much above it.
const ROOTS: u16 = 1_024;
const ABOVE: u16 = 8_000;

fn open(scene: &Scene, argument: &str) -> Result<Vec<Step>, Reject> {
    if scene.marked.len() > 1 {
        return Err(Reject::new(format!("a forward leads to one object, and {} are marked", scene.marked.len())));
    }
    cursor(scene)?;
    change(scene, &FORWARD, argument)
}

/// The name of its object, where a person gives it no other.
fn keep(scene: &Scene, name: &str) -> Result<Vec<Step>, Reject> {
    let saved =
        scene.forward.clone().ok_or_else(|| Reject::new("there is no open forward under the cursor: the screen forwards lists them"))?;
    let name = if name.is_empty() { &saved.name } else { name }.to_owned();
    Ok(vec![Step::Do(Effect::KeepForward(name, Some(saved)))])
}

fn forget(scene: &Scene, _: &str) -> Result<Vec<Step>, Reject> {
    let name = scene.kept.clone().ok_or_else(|| Reject::new("what is under the cursor is not kept for later runs"))?;
    Ok(vec![Step::Do(Effect::KeepForward(name, None))])
}

/// The ports that an object names, with their numbers.
fn known(object: &Value) -> Vec<(u16, Option<&str>)> {
    let number = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_u64).and_then(|n| u16::try_from(n).ok());
    let list = |at: &str| object.pointer(at).and_then(Value::as_array).into_iter().flatten();
    let of = |at: &str| -> Vec<(u16, Option<&str>)> {
        let containers = list(at).filter_map(|c| c.get("ports")?.as_array()).flatten();
        let tcp = containers.filter(|p| p.get("protocol").and_then(Value::as_str).unwrap_or("TCP") == "TCP");
        tcp.filter_map(|p| Some((number(p, "containerPort")?, p.get("name").and_then(Value::as_str)))).collect()
    };
    let service = list("/spec/ports").filter_map(|p| Some((number(p, "port")?, p.get("name").and_then(Value::as_str)))).collect();
    [service, of("/spec/containers"), of("/spec/template/spec/containers")].concat()
}

fn form(items: &[Item], argument: &str) -> Form {
    let object = items.first().and_then(|item| item.before.as_ref()).unwrap_or(&Value::Null);
    let known: Vec<String> = known(object).iter().map(|(number, name)| name.map_or_else(|| number.to_string(), str::to_owned)).collect();
    let (local, port) = argument.split_once(':').unwrap_or(("", argument));
    let port = if port.is_empty() { known.first().map_or("", String::as_str) } else { port }.to_owned();
    Form::of([
        Field::new("port", "its number or name", &port).hinting(known),
        Field::new("local", "of this machine; empty for the same or the like, 0 for any", local).numbering(),
    ])
}

/// Says that there is no port of this name, and which there are.
fn unknown(name: &str, known: &[(u16, Option<&str>)]) -> String {
    let names: Vec<String> = known.iter().map(|(n, name)| name.map_or(n.to_string(), |name| format!("{name} ({n})"))).collect();
    let known = if names.is_empty() { "it names none".to_owned() } else { format!("there are {}", names.join(", ")) };
    format!("it has no port called {name}; {known}")
}

fn plan(item: &Item, form: &Form) -> Result<Plan, String> {
    let object = item.before.as_ref().unwrap_or(&Value::Null);
    let text = form.text("port");
    let port = Port::parse(text).ok_or_else(|| if text.is_empty() { "which port?".to_owned() } else { format!("{text} is no port") })?;
    let known = known(object);
    let number = match &port {
        Port::Number(number) => *number,
        Port::Name(name) => {
            known.iter().find(|(_, known)| *known == Some(name)).map(|(number, _)| *number).ok_or_else(|| unknown(text, &known))?
        }
    };
    let local = match form.text("local") {
        "" if number < ROOTS => number + ABOVE,
        "" => number,
        local => local.parse::<u16>().map_err(|_| format!("{local} is no port of this machine"))?,
    };
    Ok(Plan::to(PORTS, Write::Connect(json!({"port": port.to_string(), "local": local}))))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::super::tests::{item, sent};
    use super::*;

    #[test]
    fn ports_are_offered_by_name_and_get_a_port_here_that_is_like_them() {
        let service = json!({"spec": {"ports": [{"name": "http", "port": 80}, {"port": 9090}]}});
        let pod = json!({"spec": {"containers": [{"name": "a", "ports": [
            {"name": "dns", "containerPort": 53, "protocol": "UDP"}, {"name": "web", "containerPort": 8080}]}]}});
        let web = json!({"spec": {"template": pod}});
        for (kind, object, argument, wanted) in [
            (("", "services"), &service, "", Ok(("http", 8080))),
            (("", "services"), &service, "http", Ok(("http", 8080))),
            (("", "services"), &service, "9090", Ok(("9090", 9090))),
            (("", "services"), &service, "7000:http", Ok(("http", 7000))),
            (("", "services"), &service, "0:80", Ok(("80", 0))),
            (("", "services"), &service, "grpc", Err("it has no port called grpc; there are http (80), 9090")),
            (("", "services"), &service, "a_b", Err("a_b is no port")),
            (("", "services"), &service, "x:80", Err("x is no port of this machine")),
            (("", "pods"), &pod, "", Ok(("web", 8080))),
            (("", "pods"), &pod, "5432", Ok(("5432", 5432))),
            (("apps", "deployments"), &web, "", Ok(("web", 8080))),
            (("apps", "deployments"), &json!({}), "", Err("which port?")),
            (("apps", "deployments"), &json!({}), "http", Err("it has no port called http; it names none")),
        ] {
            let item = item(kind, object.clone());
            let sent = sent(&FORWARD, &item, &form(std::slice::from_ref(&item), argument));
            let wanted = wanted.map(|(port, local)| json!({"port": port, "local": local})).map_err(str::to_owned);
            assert_eq!(sent, wanted, "{kind:?} {argument}");
        }
    }
}
