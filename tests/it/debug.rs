//! Debugging: a container that is added to a pod and entered, a copy of a pod, a pod on a node.

use crate::logs::demo::clock;
use crate::rig::SOON;
use crate::rig::demo::Demo;
use crate::rig::home::Home;
use crate::rig::person::Person;
use crate::rig::pty::Pty;
use kconsole::demo::fault::Fault;
use kconsole::demo::fault::answer::{Does, On, Rule};
use kconsole::demo::status::Refusal;
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_added_to_a_pod_and_a_shell_opens_in_it() {
    let mut person = Person::start_in_shop("pods", &[("pods", clock("ticks"))]).await;
    person.press("/").text("ticks").press("enter");
    let runs = |p: &Person| p.screen().lines().any(|l| l.contains("ticks") && l.contains("Running"));
    person.until("it runs", runs).await;
    person.act("debug").sees("debugger-1").await.sees("accepted by the server").await;
    person.press("enter enter enter enter").sees("✔").await.press("esc").settles().await;
    let pod = person.has("pods", "ticks");
    let added = &pod["spec"]["ephemeralContainers"][0];
    assert_eq!(
        (&added["name"], &added["targetContainerName"], &added["image"]),
        (&json!("debugger-1"), &json!("app"), &json!("busybox:1.37"))
    );
    let runs = |p: &Person| p.has("pods", "ticks")["status"]["ephemeralContainerStatuses"][0]["state"]["running"].is_object();
    person.until("it runs, too", runs).await;
    // The pod's own container comes first; the person chooses the other one.
    person.press("X").sees("debugger-1").await.press("down enter enter enter").sees("exit 3").await;
    let exec = person.heard().into_iter().rfind(|line| line.contains("/exec?")).expect("a shell was opened");
    assert!(exec.contains("container=debugger-1"), "{exec}");
    // Another one gets another name.
    person.press("esc").act("debug").sees("debugger-2").await;
}

/// What the journal has of verbs, in their order: what was begun, and how it ended.
fn told(person: &Person) -> Vec<(String, String, String)> {
    let records = person.journal();
    let records = records.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let text = |record: &serde_json::Value, at: &str| record.pointer(at).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    records.map(|r| (text(&r, "/record"), text(&r, "/verb"), text(&r, "/outcome"))).collect()
}

fn written(verbs: &[&str]) -> Vec<(String, String, String)> {
    let pair =
        |verb: &&str| [("intent", ""), ("outcome", "done")].map(|(record, end)| (record.to_owned(), (*verb).to_owned(), end.to_owned()));
    verbs.iter().flat_map(pair).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_opens_on_a_node_and_its_pod_goes_with_it() {
    let mut person = Person::start_in_shop("nodes", &[]).await;
    person.act("debug").sees("spec.hostPID").await;
    let screen = person.screen();
    assert!(screen.contains("is root of the node") && screen.contains("hostPID"), "{screen}");
    assert!(debuggers(&person).is_empty(), "nothing is made before it is confirmed");
    person.press("enter enter enter enter");
    entered_and_removed(&mut person).await;
    // Its shell is left at once, and it goes unasked.
    person.until("it is gone", |p| debuggers(p).is_empty()).await;
    assert_eq!(told(&person), written(&["debug-node", "shell", "delete"]), "{}", person.journal());
    let exec = person.heard().into_iter().rfind(|line| line.contains("/exec?")).expect("a shell was opened");
    assert!(exec.contains("/namespaces/default/pods/node-debugger-") && exec.contains("container=debugger"), "{exec}");
}

/// What is told is acted upon with it, from the pod to its removal: no step waits for the clock, which stands still here.
async fn entered_and_removed(person: &mut Person) {
    let is_removed = |p: &mut Person| {
        assert!(p.owes_nothing(), "after {:?}:\n{}", told(p), p.screen());
        told(p).len() >= 6
    };
    person.until_it("it was removed", is_removed).await;
    assert_eq!(told(person).len(), 6, "{}", person.journal());
}

/// The pods that were made on nodes.
fn debuggers(person: &Person) -> Vec<String> {
    let of = |namespace| person.cluster().look(|sim| sim.store.list("pods", namespace).map(|o| o.key.name.to_string()).collect::<Vec<_>>());
    let all = [of("default"), of("here")].concat();
    all.into_iter().filter(|name| name.starts_with("node-debugger-")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_policy_of_a_namespace_refuses_is_told_and_another_one_chosen() {
    let mut person = Person::start_in_shop("nodes", &[]).await;
    let why =
        "pods \"x\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)";
    let refuse = Does::Refuse(Refusal::new(403, "Forbidden", why));
    person.order(Fault::Answer(Rule { on: On::Write, path: "namespaces/default/pods".to_owned(), times: usize::MAX, does: refuse }));
    person.act("debug").sees("violates PodSecurity").await.press("enter").text("here").sees("metadata.namespace  nothing → here").await;
    person.press("enter enter enter enter");
    entered_and_removed(&mut person).await;
    let made = person.heard().into_iter().rfind(|line| line.starts_with("POST") && line.contains("/pods?") && !line.contains("dryRun"));
    assert!(made.as_ref().is_some_and(|line| line.contains("/namespaces/here/pods?")), "{made:?}");
    person.until("it is gone", |p| debuggers(p).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_on_a_node_goes_when_the_program_ends() {
    let mut person = Person::start_in_shop("nodes", &[]).await;
    person.act("debug").sees("spec.hostPID").await;
    // Somebody who looks at something else meanwhile is not torn away from it.
    person.press("enter enter enter enter esc").until("it is made", |p| debuggers(p).len() == 1).await;
    person.sees("opens a shell in it").await;
    person.leaves().await;
    // What is gone for good its kubelet says a second later.
    person.until("it is gone", |p| debuggers(p).is_empty()).await;
    assert_eq!(told(&person), written(&["debug-node", "delete"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_pod_is_entered_and_its_removal_is_offered() {
    let mut pod = clock("ticks");
    pod["metadata"]["labels"] = json!({"app": "ticks"});
    let mut person = Person::start_in_shop("pods", &[("pods", pod)]).await;
    person.press("/").text("ticks").press("enter").sees("ticks").await;
    person.act("debug-copy").sees("labels[kconsole/debug]").await.sees("ticks-debug").await;
    person.press("enter enter enter enter enter").sees("Delete ─").await;
    let copy = person.has("pods", "ticks-debug");
    assert_eq!(copy["metadata"]["labels"], json!({"app.kubernetes.io/managed-by": "kconsole", "kconsole/debug": "copy"}));
    assert_eq!(copy["spec"]["containers"][0]["command"], json!(["sleep", "3600"]));
    assert_eq!(
        (&copy["spec"]["containers"][0]["image"], copy["metadata"].get("ownerReferences")),
        (&person.has("pods", "ticks")["spec"]["containers"][0]["image"], None)
    );
    let exec = person.heard().into_iter().rfind(|line| line.contains("/exec?")).expect("a shell was opened");
    assert!(exec.contains("/pods/ticks-debug/exec") && exec.contains("container=app"), "{exec}");
    // Whoever declines keeps it.
    person.press("esc").settles().await;
    assert_eq!(person.has("pods", "ticks-debug")["metadata"].get("deletionTimestamp"), None);
    assert_eq!(told(&person), written(&["debug-copy", "shell"]));
}

/// The pods on nodes that are there, by the program itself.
fn pods_on_nodes(demo: &Demo) -> Vec<String> {
    let mut get = Command::new(env!("CARGO_BIN_EXE_kconsole"));
    get.args(["get", "pods", "-n", "default"]).env_clear().env("KUBECONFIG", demo.kubeconfig());
    let home = Home::new();
    let out = get.envs(home.variables().iter().map(|(name, value)| (name, value))).output().expect("it runs");
    let all = String::from_utf8_lossy(&out.stdout).into_owned();
    all.split_whitespace().filter(|word| word.starts_with("node-debugger-")).map(str::to_owned).collect()
}

/// The program on the nodes, with what earlier runs left in this folder.
fn on_nodes(demo: &Demo, state: &Path) -> Pty {
    let home = Home::new().with("KUBECONFIG", demo.kubeconfig().to_str().unwrap()).with("XDG_STATE_HOME", state.to_str().unwrap());
    home.write(".config/kconsole/config.yaml", "clusters:\n- {match: '*', tier: dev}\n");
    let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["nodes"], (150, 45), home);
    pty.wait_for("a node", SOON, |s| s.contents().contains("Ready"));
    pty
}

#[test]
fn what_was_made_on_a_node_goes_with_the_next_start_after_a_crash() {
    let demo = Demo::start(&["--clusters", "1"]);
    let state = tempfile::tempdir().unwrap();
    let mut pty = on_nodes(&demo, state.path());
    // Until its kinds are known nothing can be made there.
    let asked = |pty: &Pty| pty.wait_until(Duration::from_secs(10), |s| s.contents().contains("metadata.name  nothing")).is_some();
    let until = Instant::now() + SOON;
    pty.send(":debug\r");
    while !asked(&pty) {
        assert!(Instant::now() < until, "{}", pty.screen());
        pty.send(":debug\r");
    }
    // Enter goes through the fields, and confirms behind the last; once it is confirmed it closes.
    loop {
        pty.wait_quiet(Duration::from_millis(400), Duration::from_secs(2));
        if !pty.look(|s| s.alternate_screen() && s.contents().contains("nothing → ")) {
            break;
        }
        pty.send("\r");
    }
    pty.wait_for("its shell", SOON, |s| !s.alternate_screen());
    pty.signal("KILL");
    pty.wait_exit(SOON).expect("nobody survives that");
    let left = pods_on_nodes(&demo);
    assert_eq!(left.len(), 1, "{left:?}");
    let mut next = on_nodes(&demo, state.path());
    let until = Instant::now() + SOON;
    while !pods_on_nodes(&demo).is_empty() {
        assert!(Instant::now() < until, "{}", next.screen());
    }
    next.wait_for("what was done", SOON, |s| s.contents().contains(&format!("{}: done", left[0])));
    next.send("Q");
    let (status, _) = next.wait_exit(SOON).unwrap_or_else(|| panic!("Q does not end it:\n{}", next.screen()));
    assert!(status.success(), "{}", next.screen());
    assert_eq!(std::fs::read_dir(state.path().join("kconsole/debugging")).unwrap().count(), 0, "it is done with");
}
