//! Into a container: the best shell that is there, or a command from the command line.

use super::{Action, change};
use crate::model::cell::Health;
use crate::model::step::{Reject, Scene, Screen, Step};
use crate::model::stream::Command;
use crate::model::world::World;
use crate::safety::form::{Field, Form};
use crate::safety::item::{Given, Item};
use crate::safety::verb::{Check, Follow, Keeps, Note, On, Pace, Plan, Undo, Verb, Write, nothing_around};
use serde_json::{Value, json};

pub(super) const ALL: &[Action] = &[
    Action { name: "shell", help: "Open a shell in a container of this pod; ctrl-] leaves it open", run: open },
    Action { name: "shells", help: "The shells that are open: enter goes back into one", run: |_, _| Ok(vec![Step::Open(Screen::Shells)]) },
];

/// Also what `kconsole exec` does, with [`Given::Command`].
pub static SHELL: Verb = Verb {
    name: "shell",
    does: "open a shell in",
    to: &["pods"],
    on: On::Itself,
    right: ("create", "exec"),
    removes: false,
    around: nothing_around,
    form: choice,
    plan,
    notes,
    keeps: Keeps::Shown,
    follow: Follow::Ended,
    pace: Pace::OneByOne,
    undo: Undo::No("what is done in a shell is not known here"),
    check: Check::None("what will be done in it is not known"),
};

fn open(scene: &Scene, container: &str) -> Result<Vec<Step>, Reject> {
    if scene.marked.len() > 1 {
        return Err(Reject::new(format!("a terminal is for one shell, and {} pods are marked", scene.marked.len())));
    }
    change(scene, &SHELL, container)
}

/// kubectl's annotation for the container that is meant where none is named.
const DEFAULT: &str = "/metadata/annotations/kubectl.kubernetes.io~1default-container";

/// On Linux: sh is there wherever a shell is.
const LINUX: &[&str] = &["sh", "-c", "command -v bash >/dev/null 2>&1 && exec bash || exec sh"];
/// On Windows: cmd is there.
const WINDOWS: &[&str] = &["cmd", "/c", "where /q powershell & if errorlevel 1 (cmd) else (powershell)"];

/// The containers of a pod in the order in which one means them, each with whether it runs, or why it does not.
fn containers(pod: &Value) -> Vec<(&str, Result<(), String>)> {
    let list = |spec: &str, status: &str| {
        let statuses = pod.pointer(status).and_then(Value::as_array);
        let runs = move |name: &str| {
            let status = statuses.into_iter().flatten().find(|s| s.get("name").and_then(Value::as_str) == Some(name));
            let state = status.and_then(|s| s.get("state")).filter(|state| state.get("running").is_none());
            let why =
                |state: &Value| ["waiting", "terminated"].iter().find_map(|s| Some(state.get(s)?.get("reason")?.as_str()?.to_owned()));
            match (status, state) {
                (None, _) => Err("not begun".to_owned()),
                (Some(_), None) => Ok(()),
                (Some(_), Some(state)) => Err(why(state).unwrap_or_else(|| "not running".to_owned())),
            }
        };
        let all = pod.pointer(spec).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(|c| c.get("name")?.as_str()).map(move |name| (name, runs(name)))
    };
    let own = list("/spec/containers", "/status/containerStatuses");
    let added = list("/spec/ephemeralContainers", "/status/ephemeralContainerStatuses");
    let first = list("/spec/initContainers", "/status/initContainerStatuses");
    // Those that run first have ended, mostly; sidecars among them have not.
    let mut all: Vec<_> = own.chain(added).chain(first.filter(|(_, runs)| runs.is_ok())).collect();
    let default = pod.pointer(DEFAULT).and_then(Value::as_str);
    if let Some(at) = all.iter().position(|(name, _)| Some(*name) == default) {
        all.get_mut(..=at).unwrap_or_default().rotate_right(1);
    }
    all
}

pub(super) fn names(pod: &Value) -> Vec<String> {
    containers(pod).into_iter().map(|(name, _)| name.to_owned()).collect()
}

/// The container that is meant, by its name or as the pod's own choice.
///
/// # Errors
/// Where there is none, or it does not run.
pub(super) fn chosen<'p>(pod: &'p Value, wanted: Option<&str>) -> Result<&'p str, String> {
    let all = containers(pod);
    let wanted = wanted.or(all.first().map(|(name, _)| *name)).ok_or("it has no containers")?;
    let unknown = || format!("it has no container called {wanted}; there are {}", names(pod).join(", "));
    let (name, runs) = all.iter().find(|(name, _)| *name == wanted).ok_or_else(unknown)?;
    runs.clone().map(|()| *name).map_err(|why| format!("its container {name} does not run: {why}"))
}

/// Asks which container is meant, where there are several.
pub(super) fn asked(pod: &Value, argument: &str) -> Option<Field> {
    let names = names(pod);
    let named = Some(argument).filter(|a| !a.is_empty()).or(names.first().map(String::as_str)).unwrap_or_default().to_owned();
    (names.len() > 1).then(|| Field::new("container", "up and down choose", &named).choosing(names))
}

/// Which container, where there are several.
fn choice(items: &[Item], argument: &str) -> Form {
    let [Item { before: Some(pod), given: Given::Nothing, .. }] = items else { return Form::default() };
    Form::of(asked(pod, argument))
}

fn is_windows(pod: &Value) -> bool {
    let told = |at| pod.pointer(at).and_then(Value::as_str) == Some("windows");
    told("/spec/os/name") || told("/spec/nodeSelector/kubernetes.io~1os")
}

fn plan(item: &Item, form: &Form) -> Result<Plan, String> {
    let pod = item.before.as_ref().unwrap_or(&Value::Null);
    let shell = || if is_windows(pod) { WINDOWS } else { LINUX }.iter().map(|word| (*word).to_owned()).collect();
    let command = match &item.given {
        Given::Command(command) => command.clone(),
        _ => Command { container: Some(form.text("container").to_owned()).filter(|c| !c.is_empty()), words: shell(), terminal: true },
    };
    let name = chosen(pod, command.container.as_deref())?;
    let Command { words, terminal, .. } = command;
    // A terminal has one stream for output and errors.
    let options = json!({"container": name, "command": words, "stdin": true, "stdout": true, "stderr": !terminal, "tty": terminal});
    Ok(Plan::to("exec", Write::Connect(options)))
}

fn notes(item: &Item, _: &Form, _: &World) -> Vec<Note> {
    let is_going = item.text("/metadata/deletionTimestamp").is_some();
    let going = Note { health: Health::Warn, ..Note::info("pod", "it is being deleted, and the shell ends with it") };
    Some(going).filter(|_| is_going).into_iter().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects and stops there")]
mod tests {
    use super::super::tests::{item, sent};
    use super::*;

    fn pod(metadata: Value, spec: Value, running: &[&str]) -> Value {
        let status = |name: &&str| json!({"name": name, "state": {"running": {}}});
        let mut statuses: Vec<Value> = running.iter().map(status).collect();
        statuses.push(json!({"name": "sick", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}));
        json!({"metadata": metadata, "spec": spec, "status": {"containerStatuses": statuses, "initContainerStatuses": [
            {"name": "mesh", "state": {"running": {}}}, {"name": "setup", "state": {"terminated": {"reason": "Completed"}}}]}})
    }

    fn of(names: &[&str]) -> Value {
        let list = |names: &[&str]| names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>();
        json!({"containers": list(names), "initContainers": list(&["setup", "mesh"])})
    }

    #[test]
    fn the_container_is_the_one_that_is_meant() {
        let chosen = json!({"annotations": {"kubectl.kubernetes.io/default-container": "side"}});
        for (metadata, named, wanted) in [
            (json!({}), "", Ok("web")),
            (chosen.clone(), "", Ok("side")),
            (chosen, "web", Ok("web")),
            (json!({}), "mesh", Ok("mesh")),
            (json!({}), "sick", Err("its container sick does not run: CrashLoopBackOff")),
            (json!({}), "setup", Err("it has no container called setup; there are web, side, sick, new, mesh")),
            (json!({}), "new", Err("its container new does not run: not begun")),
        ] {
            let item = item(("", "pods"), pod(metadata, of(&["web", "side", "sick", "new"]), &["web", "side"]));
            let sent = sent(&SHELL, &item, &choice(std::slice::from_ref(&item), named));
            assert_eq!(
                sent.as_ref().map(|s| s["container"].as_str().unwrap()),
                wanted.map_err(|w| w.to_owned()).as_ref().map(|w| *w),
                "{named}"
            );
        }
    }

    #[test]
    fn one_container_is_not_asked_for_and_windows_gets_its_own_shell() {
        let linux = item(("", "pods"), pod(json!({}), json!({"containers": [{"name": "web"}]}), &["web"]));
        let choices = |item: &Item| choice(std::slice::from_ref(item), "").fields.iter().map(|f| f.choices.len()).collect::<Vec<_>>();
        assert_eq!(choices(&linux), [0; 0]);
        assert_eq!(choices(&item(("", "pods"), pod(json!({}), of(&["web"]), &["web"]))), [2], "a sidecar is a choice");
        let spec = json!({"containers": [{"name": "web"}], "nodeSelector": {"kubernetes.io/os": "windows"}});
        let windows = item(("", "pods"), pod(json!({}), spec, &["web"]));
        for (item, program, tty) in [(&linux, "sh", true), (&windows, "cmd", true)] {
            let sent = sent(&SHELL, item, &Form::default()).unwrap();
            assert_eq!((sent["command"][0].as_str(), sent["tty"].as_bool()), (Some(program), Some(tty)));
        }
    }

    #[test]
    fn a_command_is_run_as_it_was_given() {
        let mut item = item(("", "pods"), pod(json!({}), of(&["web"]), &["web"]));
        item.given = Given::Command(Command { container: None, words: vec!["ls".to_owned(), "-l".to_owned()], terminal: false });
        let wanted = json!({"container": "web", "command": ["ls", "-l"], "stdin": true, "stdout": true, "stderr": true, "tty": false});
        assert_eq!(sent(&SHELL, &item, &Form::default()), Ok(wanted));
    }
}
