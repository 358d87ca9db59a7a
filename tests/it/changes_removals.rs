//! What goes away: from the key to what a demo server has left.

use crate::rig::person::Person;
use kconsole::demo::write::How;
use serde_json::{Value, json};

const DEPLOYMENTS: &str = "deployments.apps";

fn labels() -> Value {
    json!({"app": "web"})
}

/// A deployment of two pods that end within a second.
fn web() -> Value {
    json!({"metadata": {"name": "web"}, "spec": {"replicas": 2, "selector": {"matchLabels": labels()}, "template": {
        "metadata": {"labels": labels()},
        "spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "app", "image": "registry.shop.example/web:1"}]}}}})
}

/// A pod that nothing keeps, on no node.
pub fn pod(name: &str) -> Value {
    json!({"metadata": {"name": name, "labels": labels()}, "spec": {"containers": [{"name": "app", "image": "registry.shop.example/web:1"}]}})
}

pub fn settings(name: &str) -> Value {
    json!({"metadata": {"name": name}, "data": {"a": "b"}})
}

/// Is there, and not on its way out.
pub fn is_there(person: &Person, id: &str, name: &str) -> bool {
    person.names(id).iter().any(|n| n == name) && person.has(id, name).pointer("/metadata/deletionTimestamp").is_none()
}

/// A machine that takes pods.
pub fn node(person: &Person, name: &str) {
    let amounts = json!({"cpu": "8", "memory": "16Gi", "pods": "110", "ephemeral-storage": "100Gi"});
    let ready = json!([{"type": "Ready", "status": "True", "reason": "KubeletReady"}]);
    let node = json!({"metadata": {"name": name}, "status": {"capacity": amounts, "allocatable": amounts, "conditions": ready}});
    person.cluster().with(|sim| sim.create("nodes", node, How::by("kubelet")).expect("a node"));
}

#[tokio::test]
async fn delete_names_what_goes_along_and_is_followed_until_it_is_gone() {
    let mut person = Person::start("deployments", &[(DEPLOYMENTS, web())]).await;
    person.press("D").sees("accepted by the server").await.sees("replicasets (web-").await.sees("2 pods (web-").await;
    let screen = person.screen();
    assert!(screen.contains("cannot be undone") && screen.contains("y confirms") && screen.contains("background"), "{screen}");
    person.press("enter").sees("accepted by the server").await;
    assert!(is_there(&person, DEPLOYMENTS, "web"), "enter removes nothing");
    person.press("y").sees("✔").await;
    assert_eq!(person.names(DEPLOYMENTS), [""; 0]);
    person.until("the garbage collector takes the rest", |p| p.names("replicasets.apps").is_empty()).await;
}

#[tokio::test]
async fn what_it_owns_stays_where_orphan_is_chosen() {
    let mut person = Person::start("deployments", &[(DEPLOYMENTS, web())]).await;
    person.press("D").sees("accepted by the server").await;
    person.press("tab o").sees("orphan").await.sees("without an owner").await.sees("accepted by the server").await;
    person.press("tab y").sees("✔").await;
    assert_eq!((person.names(DEPLOYMENTS).len(), person.names("replicasets.apps").len()), (0, 1));
}

#[tokio::test]
async fn what_waits_for_finalizers_says_so_and_lets_go_only_by_a_verb_of_its_own() {
    let mut map = settings("held");
    map["metadata"]["finalizers"] = json!(["shop.example/cleanup"]);
    let mut person = Person::start("configmaps", &[("configmaps", map)]).await;
    person.press("/").text("held").press("enter").act("remove-finalizers").sees("it is not being deleted").await.press("esc");
    person.press("D").sees("until these are done: shop.example/cleanup").await.sees("accepted by the server").await;
    person.press("y").sees("it waits for shop.example/cleanup").await.press("esc");
    person.press("D").sees("being deleted already, and waits for shop.example/cleanup").await.press("esc");
    person.act("remove-finalizers").sees("what it would clean up stays").await.sees("accepted by the server").await;
    person.press("y").sees("✔").await;
    assert!(!person.names("configmaps").contains(&"held".to_owned()));
}

#[tokio::test]
async fn force_is_a_verb_of_its_own() {
    let mut person = Person::start("pods", &[("pods", pod("web"))]).await;
    person.press("D").sees("accepted by the server").await.press("tab 0").sees("that is another verb, force-delete").await.press("esc");
    assert!(is_there(&person, "pods", "web"));
    person.act("force-delete").sees("may still run and write").await.sees("accepted by the server").await.press("y").sees("✔").await;
    assert_eq!(person.names("pods"), [""; 0]);
}

#[tokio::test]
async fn a_namespace_names_what_is_in_it() {
    let mut person = Person::start("namespaces", &[(DEPLOYMENTS, web())]).await;
    person.press("/").text("here").press("enter D").sees("1 deployments (web)").await.sees("2 pods (web-").await;
    person.sees("accepted by the server").await;
}

#[tokio::test]
async fn marks_out_of_sight_are_left_out_and_named() {
    let mut person =
        Person::start("configmaps", &[("configmaps", settings("a1")), ("configmaps", settings("a2")), ("configmaps", settings("b"))]).await;
    person.press("/").text("name:a").press("enter space space esc /").text("name:a1").press("enter D");
    person.sees("y confirms").await.press("y").sees("✔").await;
    assert!(!person.names("configmaps").contains(&"a1".to_owned()) && is_there(&person, "configmaps", "a2"));
}

fn budget(least: u32) -> Value {
    json!({"metadata": {"name": "web"}, "spec": {"minAvailable": least, "selector": {"matchLabels": labels()}}})
}

/// Two ready pods on a machine, and a budget.
async fn with_budget(kind: &'static str, least: u32) -> Person {
    let mut person = Person::start("namespaces", &[("poddisruptionbudgets.policy", budget(least))]).await;
    node(&person, "n-1");
    person.cluster().with(|sim| {
        let mut web = web();
        web["metadata"]["namespace"] = json!("here");
        sim.create(DEPLOYMENTS, web, How::by("test")).expect("a deployment");
    });
    let healthy = |p: &Person| p.has("poddisruptionbudgets.policy", "web").pointer("/status/currentHealthy") == Some(&json!(2));
    person.until("the pods are ready", healthy).await;
    person.press(":").text(kind).press("enter");
    person
}

#[tokio::test]
async fn fw9_evict_asks_the_budget_and_tells_its_words() {
    let mut person = with_budget("pods", 2).await;
    person.sees("Running").await.press("D").sees("deleting asks no disruption budget").await.press("esc");
    person.act("evict").sees("web lets 0 more go: 2 are healthy, and it needs 2").await;
    person.sees("not now: The disruption budget web needs 2 healthy pods and has 2 currently").await;
    person.press("y").sees("✖").await.sees("The disruption budget web needs 2 healthy pods").await;
    assert!(!["too much to do", "too many", "429"].iter().any(|w| person.screen().to_lowercase().contains(w)), "it is no throttling");
    assert_eq!(person.names("pods").len(), 2);
    person.other("poddisruptionbudgets.policy", "web", |b| b["spec"]["minAvailable"] = json!(1));
    person
        .press("esc")
        .until("the budget knows", |p| p.has("poddisruptionbudgets.policy", "web").pointer("/status/disruptionsAllowed") == Some(&json!(1)))
        .await;
    person.act("evict").sees("accepted by the server").await.press("y").sees("✔").await;
}

#[tokio::test]
async fn cordon_and_uncordon() {
    let mut person = with_budget("nodes", 1).await;
    let closed =
        |p: &Person| p.cluster().look(|sim| sim.store.get("nodes", "", "n-1").unwrap().value().pointer("/spec/unschedulable").cloned());
    person.sees("n-1").await.act("cordon").sees("spec.unschedulable  nothing → true").await.sees("accepted by the server").await;
    person.press("enter").sees("✔").await.press("esc");
    assert_eq!(closed(&person), Some(json!(true)));
    person.act("cordon").sees("it is cordoned already").await.press("esc");
    person.act("uncordon").sees("accepted by the server").await.press("enter").sees("✔").await;
    assert_eq!(closed(&person), None);
}

#[tokio::test]
async fn fw9_a_drain_asks_again_where_a_budget_refuses_until_it_does_not() {
    let mut person = with_budget("nodes", 2).await;
    person.sees("n-1").await.act("drain").sees("2 of 2 are asked to go").await.sees("y confirms").await;
    person.sees("not now: The disruption budget web needs 2").await.press("y");
    // Once all are refused, all are due when the clock is looked at next.
    person.sees("it is tried again").await.settles().await;
    assert_eq!(person.names("pods").len(), 2, "{}", person.screen());
    // The budget lets one go; the pod that takes its place finds no room here, so that the other stays.
    person.other("poddisruptionbudgets.policy", "web", |b| b["spec"]["minAvailable"] = json!(1));
    person
        .until("the budget knows", |p| p.has("poddisruptionbudgets.policy", "web").pointer("/status/disruptionsAllowed") == Some(&json!(1)))
        .await;
    person.wait(6).sees("2 of 3").await.sees("it is tried again").await.settles().await;
    // Elsewhere there is room, and once the pod is ready there, the last one may go.
    node(&person, "n-2");
    person
        .until("the new pod is ready", |p| {
            p.has("poddisruptionbudgets.policy", "web").pointer("/status/disruptionsAllowed") == Some(&json!(1))
        })
        .await;
    person.wait(6).sees("3 of 3").await;
    let places =
        person.cluster().look(|sim| sim.store.list("pods", "here").map(|p| p.value()["spec"]["nodeName"].clone()).collect::<Vec<_>>());
    assert!(places.iter().all(|place| *place != json!("n-1")), "{places:?}");
}

#[tokio::test]
async fn a_drain_goes_on_once_the_budget_allows_it() {
    let mut person = with_budget("nodes", 2).await;
    person.sees("n-1").await.act("drain").sees("y confirms").await.sees("not now").await.press("y");
    person.sees("it is tried again").await.settles().await;
    person.other("poddisruptionbudgets.policy", "web", |b| b["spec"]["minAvailable"] = json!(0));
    let allows = |p: &Person| p.has("poddisruptionbudgets.policy", "web").pointer("/status/disruptionsAllowed") == Some(&json!(2));
    person.until("the budget knows", allows).await;
    // It asks again after a while, and not before.
    person.wait(1);
    assert_eq!(person.names("pods").len(), 2, "{}", person.screen());
    person.wait(60).sees("3 of 3").await;
    let left = |p: &Person| {
        p.cluster().look(|sim| sim.store.list("pods", "here").filter(|o| o.value().pointer("/spec/nodeName").is_some()).count())
    };
    person.until("no pod is on the node", |p| left(p) == 0).await;
}

#[tokio::test]
async fn what_comes_onto_a_node_between_preview_and_cordon_is_asked_to_go_as_well() {
    let mut person = with_budget("nodes", 0).await;
    person.sees("n-1").await.act("drain").sees("2 of 2 are asked to go").await.sees("y confirms").await;
    person.cluster().with(|sim| {
        let mut late = pod("late");
        late["metadata"]["namespace"] = json!("here");
        late["spec"]["nodeName"] = json!("n-1");
        late["spec"]["terminationGracePeriodSeconds"] = json!(1);
        sim.create("pods", late, How::by("test")).expect("a pod");
    });
    person.press("y").sees("1 more have come onto n-1 since the preview").await.sees("4 of 4").await;
    person.until("it is gone", |p| !p.names("pods").contains(&"late".to_owned())).await;
}

#[tokio::test]
async fn a_drain_is_stopped_at_once() {
    let mut person = with_budget("nodes", 2).await;
    person.sees("n-1").await.act("drain").sees("y confirms").await.sees("not now").await.press("y");
    person.sees("it is tried again").await.settles().await;
    person.press("s").sees("was not tried").await.sees("3 of 3").await;
    // By now the budget would allow it: nothing is tried any more, however long one waits.
    person.other("poddisruptionbudgets.policy", "web", |b| b["spec"]["minAvailable"] = json!(0));
    let allows = |p: &Person| p.has("poddisruptionbudgets.policy", "web").pointer("/status/disruptionsAllowed") == Some(&json!(2));
    person.until("the budget knows", allows).await;
    let from = person.heard().len();
    for _ in 0..10 {
        person.wait(6).settles().await;
    }
    let tried = person.heard().split_off(from).into_iter().filter(|line| line.contains("/eviction")).collect::<Vec<_>>();
    assert_eq!(tried, [""; 0]);
    assert!(person.names("pods").iter().all(|name| is_there(&person, "pods", name)), "{:?}", person.names("pods"));
}

#[tokio::test]
async fn a_drain_loses_no_data_unasked() {
    let mut person = Person::start("nodes", &[]).await;
    node(&person, "n-1");
    person.cluster().with(|sim| {
        let mut cache = pod("cache");
        cache["metadata"]["namespace"] = json!("here");
        cache["spec"]["nodeName"] = json!("n-1");
        cache["spec"]["terminationGracePeriodSeconds"] = json!(1);
        cache["spec"]["volumes"] = json!([{"name": "scratch", "emptyDir": {}}]);
        sim.create("pods", cache, How::by("test")).expect("a pod");
    });
    person.sees("n-1").await.act("drain").sees("keep data in emptyDir, which is lost: say yes").await.press("y");
    assert!(person.look().contains("cannot be done as it stands"), "{}", person.screen());
    person.press("tab y").sees("nobody makes these anew: cache").await.sees("y confirms").await;
    person.press("shift-tab y").sees("2 of 2").await;
    assert_eq!(person.names("pods"), [""; 0]);
}
