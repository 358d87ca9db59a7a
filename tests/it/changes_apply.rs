//! Objects from files and from templates, from the keys to what a demo server has.

use crate::rig::home::Home;
use crate::rig::person::Person;
use crate::rig::robot::Robot;
use kconsole::actions::new::TEMPLATES;
use kconsole::demo::store::Key;
use kconsole::demo::write::{Delete, How};
use kconsole::model::apply::{Source, Sources};
use kconsole::model::cluster::Tier;
use kconsole::model::msg::Msg;
use kconsole::model::step::Effect;
use serde_json::{Value, json};

/// Pods of this fleet never become ready: what is waited for has none.
fn web(replicas: u32) -> Value {
    json!({"metadata": {"name": "web"}, "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "web"}}, "template": {
        "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "registry.shop.example/web:1"}]}}}})
}

fn settings() -> Value {
    json!({"metadata": {"name": "settings"}, "data": {"a": "b"}})
}

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: here
  labels: {team: shop}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: 'registry.shop.example/web:1'}]}
";
const SAME: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: here}\ndata: {a: b}\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: here}\n";
const KEY: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: here}\nstringData: {password: hunter2}\n";

/// Asks for files to be applied.
fn apply<'p>(person: &'p mut Person, path: &std::path::Path) -> &'p mut Person {
    person.act(&format!("apply {}", path.display()))
}

/// Who owns what of an object, by applying.
fn applied(object: &Value) -> Vec<&str> {
    let fields = object["metadata"]["managedFields"].as_array().unwrap();
    fields.iter().filter(|f| f["operation"] == "Apply").map(|f| f["manager"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_files_say_is_so_afterwards_and_what_was_so_is_left_alone() {
    let home = Home::new();
    let folder = home.write("shop/a.yaml", &format!("{WEB}---\n{KEY}")).parent().unwrap().to_owned();
    home.write(
        "shop/b.json",
        &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "here"}, "data": {"a": "b"}})
            .to_string(),
    );
    let mut person = Person::start("deployments", &[("deployments.apps", web(0)), ("configmaps", settings())]).await;
    let before = person.has("configmaps", "settings");
    apply(&mut person, &folder).sees("accepted by the server: 1 new, 1 changed, 1 unchanged").await;
    person.sees("Deployment here/web  metadata.labels.team  nothing → shop").await;
    person.sees("Secret here/key  new").await.sees("•••••").await.sees("ConfigMap here/settings  unchanged").await;
    assert!(!person.screen().contains("hunter2") && !person.screen().contains("aHVudGVyMg"), "{}", person.screen());
    person.press("enter").sees("3 of 3").await.sees("as it was already").await;
    assert_eq!(person.has("deployments.apps", "web")["metadata"]["labels"]["team"], "shop");
    assert_eq!(person.has("secrets", "key")["data"]["password"], "aHVudGVyMg==");
    assert_eq!(person.has("configmaps", "settings"), before);
    assert_eq!(applied(&person.has("secrets", "key")), ["kconsole"]);
    // What was changed is taken back, what was made is not.
    person.press("esc U").previews("metadata.labels.team  shop → nothing").await.press("enter").sees("✔").await;
    assert_eq!(person.has("deployments.apps", "web").pointer("/metadata/labels/team"), None);
}

#[tokio::test]
async fn what_was_made_goes_by_deleting_it() {
    let home = Home::new();
    let file = home.write("web.yaml", WEB);
    let mut person = Person::start("deployments", &[]).await;
    apply(&mut person, &file).sees("1 new").await.sees("only deleting it undoes that").await;
    person
        .sees("spec.replicas  nothing → 0")
        .await
        .sees("containers[app].image  nothing → registry")
        .await
        .sees("fields that the server fills in")
        .await;
    assert!(!person.screen().contains("revisionHistoryLimit"), "nobody wrote that");
    person.press("enter").sees("✔ ").await.press("esc").sees("0/0").await;
    person.press("U").sees("web was made in this run: only deleting it").await;
    // Once more is nothing.
    apply(&mut person, &file).sees("1 unchanged").await.press("enter").sees("everything is as it is wished already").await;
}

#[tokio::test]
async fn what_others_own_is_named_and_is_theirs_unless_it_is_taken_over() {
    let home = Home::new();
    let file = home.write("a.yaml", &format!("{WEB}---\n{}", SAME.replace("a: b", "a: c")));
    let start = || async { Person::start("deployments", &[("deployments.apps", web(1))]).await };
    let mut person = start().await;
    // The one is left out, the other is done.
    apply(&mut person, &file).sees("1 new, 1 left out").await.sees("\"test\" using apps/v1 (spec.replicas)").await;
    person.sees("belongs to").await.sees("› leave out").await.press("enter").sees("it would overrule").await.sees("✔ ").await;
    assert_eq!(
        (&person.has("deployments.apps", "web")["spec"]["replicas"], &person.has("configmaps", "settings")["data"]["a"]),
        (&json!(1), &json!("c"))
    );

    let mut person = start().await;
    apply(&mut person, &file).sees("1 new, 1 left out").await.press("down").sees("1 new, 1 changed").await;
    person.sees("taken over from \"test\"").await.sees("spec.replicas  1 → 0").await.press("enter").sees("2 of 2").await;
    let web = person.has("deployments.apps", "web");
    assert_eq!((&web["spec"]["replicas"], applied(&web)), (&json!(0), vec!["kconsole"]));
}

#[tokio::test]
async fn what_changes_underneath_is_shown_and_nothing_is_overruled_unseen() {
    let home = Home::new();
    let file = home.write("a.yaml", SAME);
    let mut person = Person::start("configmaps", &[]).await;
    apply(&mut person, &file).sees("1 new").await;
    person.cluster().with(|sim| {
        let mut other = settings();
        other["metadata"]["namespace"] = json!("here");
        other["data"] = json!({"a": "x"});
        sim.create("configmaps", other, How::by("other")).unwrap();
    });
    // The table behind the dialog.
    person.until("the table has it", |p| p.screen().lines().take(20).any(|line| line.contains("settings"))).await;
    person.wait(1).sees("somebody else has just made it").await.sees("\"other\" using v1 (data.a)").await;
    person.press("enter").sees("nothing is left that could be changed").await;
    assert_eq!(person.has("configmaps", "settings")["data"]["a"], "x");
}

/// It was shown as new: what somebody else makes under the finger is not changed unseen, not even where nothing of it would be overruled.
#[tokio::test]
async fn what_was_made_under_the_finger_is_shown_before_it_is_changed() {
    let home = Home::new();
    let file = home.write("a.yaml", SAME);
    let mut person = Person::start("configmaps", &[]).await;
    apply(&mut person, &file).sees("1 new").await;
    let mut other = settings();
    other["metadata"]["namespace"] = json!("here");
    other["data"] = json!({"theirs": "x"});
    person.cluster().with(|sim| drop(sim.create("configmaps", other, How::by("other")).unwrap()));
    person.press("enter").sees("✖").await.sees("somebody else has just made it: nothing was changed").await;
    assert_eq!(person.has("configmaps", "settings")["data"], json!({"theirs": "x"}));
    person.sees("A try again").await.press("A").previews("data.a  nothing → b").await.confirms("configmaps", "settings").await;
    assert_eq!(person.has("configmaps", "settings")["data"], json!({"a": "b", "theirs": "x"}));
}

/// As kubectl reads a folder: what is within it is not forgotten unsaid.
#[tokio::test]
async fn folders_within_are_left_out_and_counted() {
    let home = Home::new();
    let folder = home.write("shop/a.yaml", SAME).parent().unwrap().to_owned();
    home.write("shop/b/b.yaml", WEB);
    home.write("shop/c/c.yaml", WEB);
    let mut person = Person::start("configmaps", &[]).await;
    apply(&mut person, &folder).sees("2 folders within are left out").await.sees("1 new").await;
    assert!(!person.screen().contains("Deployment"), "{}", person.screen());
}

/// A request names the very object that was shown: what is gone by then is not made anew unseen.
#[tokio::test]
async fn what_was_deleted_under_the_finger_is_not_made_again() {
    let home = Home::new();
    let file = home.write("a.yaml", &SAME.replace("namespace: here}", "namespace: here, labels: {team: shop}}"));
    let mut person = Person::start("configmaps", &[("configmaps", settings())]).await;
    apply(&mut person, &file).sees("1 changed").await;
    person.cluster().with(|sim| drop(sim.delete("configmaps", &Key::new("here", "settings"), &Delete::default()).unwrap()));
    person.press("enter").sees("it was deleted meanwhile").await;
    assert!(!person.names("configmaps").contains(&"settings".to_owned()));
}

#[tokio::test]
async fn namespaces_and_definitions_come_first() {
    let home = Home::new();
    let bat = "apiVersion: zoo.example/v1\nkind: Bat\nmetadata: {name: b, namespace: fresh}\nspec: {wings: 2}\n";
    let definition = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: bats.zoo.example}
spec:
  group: zoo.example
  scope: Namespaced
  names: {kind: Bat, plural: bats, singular: bat, listKind: BatList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {wings: {type: integer}}}}}}
";
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: fresh}\n";
    let map = SAME.replace("namespace: here", "namespace: fresh");
    let file = home.write("a.yaml", &[bat, &map, definition, namespace].join("---\n"));
    let mut person = Person::start("configmaps", &[]).await;
    apply(&mut person, &file).sees("2 new, 2 not tried").await.sees("what it needs comes with this change").await;
    person.sees("spec.wings  nothing → 2").await;
    person
        .press("y")
        .until("the kind is served", |p| p.screen().contains("✔ eu") || p.screen().contains("tried again") || p.screen().contains("4 of 4"))
        .await;
    for _ in 0..20 {
        if person.look().contains("4 of 4") {
            break;
        }
        person.wait(1);
        person.until("it goes on", |p| !p.screen().contains("on its way")).await;
    }
    person.sees("4 of 4").await;
    assert!(!person.screen().contains('✖'), "{}", person.screen());
    person.cluster().look(|sim| {
        assert!(sim.store.get("configmaps", "fresh", "settings").is_some());
        assert!(sim.store.get("bats.zoo.example", "fresh", "b").is_some());
    });
}

/// FW8: nothing is sent of files of which any has something wrong, and what is wrong is told with its place.
#[test]
fn fw8_bad_files_send_nothing_and_say_where() {
    for (texts, wrong) in [
        (vec![POD, "a: 1\na: 2\n"], vec!["2.yaml:2: a stands in line 1 already"]),
        (vec!["kind: Pod\nmetadata:\n\tname: a\n"], vec!["1.yaml:3: a tab indents a line here"]),
        (vec!["kind: Pd\napiVersion: v1\nmetadata: {name: a}\n"], vec!["1.yaml:1: eu serves no kind Pd in v1; did you mean Pod?"]),
        (
            vec!["kind: Pod\napiVersion: v1\nmetadata: {}\n", "kind: Pod\n", POD],
            vec!["Nothing is applied ─ 2", "1.yaml:3: no name", "2.yaml:1: no apiVersion"],
        ),
        (vec![POD, POD], vec!["2.yaml:3: the same object stands in 1.yaml:1 already"]),
        (vec!["# nothing\n"], vec!["1.yaml:1: there is nothing here"]),
    ] {
        let mut robot = Robot::new(&["eu"], "deployments");
        robot.resize((200, 60));
        robot.press(":").text("apply my files/x").press("enter");
        let asked = robot.effects().into_iter().find(|e| matches!(e, Effect::ReadManifests(..)));
        let Some(Effect::ReadManifests(id, path)) = asked else { panic!("a folder is read") };
        assert_eq!(path, "my files/x");
        let source = |(n, text): (usize, &&str)| Source { name: format!("{}.yaml", n + 1), text: (*text).to_owned() };
        let texts = texts.iter().enumerate().map(source).collect();
        robot.message(Msg::Manifests(id, Ok(Sources { texts, folders: 0 })));
        for told in &wrong {
            robot.sees(told);
        }
        assert!(robot.screen().to_lowercase().contains("nothing is applied"));
        robot.wait(2);
        let calls: Vec<Effect> = robot.effects().into_iter().filter(|e| matches!(e, Effect::Call(..) | Effect::Journal(_))).collect();
        assert_eq!(calls, [], "{wrong:?}");
    }
}

#[test]
fn where_several_clusters_are_open_one_is_named() {
    for (line, read) in
        [("apply a.yaml", None), ("apply a.yaml @us", Some(1)), ("apply a.yaml @moon", None), ("apply", None), ("new deployment", None)]
    {
        let mut robot = Robot::new(&["eu", "us"], "deployments");
        robot.press(":").text(line).press("enter");
        let asked: Vec<u16> =
            robot.effects().into_iter().filter_map(|e| if let Effect::ReadManifests(id, _) = e { Some(id.0) } else { None }).collect();
        assert_eq!(asked.first().copied(), read, "{line}");
    }
    let mut robot = Robot::new(&["eu", "us"], "deployments");
    robot
        .resize((200, 60))
        .press(":")
        .text("apply a.yaml")
        .press("enter")
        .sees("2 are open: press one's digit first, or end the line with @CLUSTER");
    robot.press("2").press(":").text("apply a.yaml").press("enter");
    assert!(robot.effects().iter().any(|e| matches!(e, Effect::ReadManifests(id, _) if id.0 == 1)), "the one that is looked at");
}

#[tokio::test]
async fn every_template_is_taken_by_a_server_as_it_is() {
    for (name, help, text) in TEMPLATES {
        let objects = text.matches("\nkind: ").count();
        let mut person = Person::start("configmaps", &[]).await;
        person.act("ns here").act("new").sees(help).await;
        let line = TEMPLATES.iter().position(|(known, ..)| known == name).unwrap();
        person.press(&"down ".repeat(line)).press("enter");
        person.wait(1).sees("it would be made").await.press("ctrl-s").sees("accepted by the server: ").await;
        assert!(!person.screen().contains("  left out"), "{name}\n{}", person.screen());
        person.press(if *name == "namespace" { "y" } else { "enter" }).sees(if objects == 1 { "✔ " } else { " of " }).await;
        person.until("all is stored", |p| !p.screen().contains("on its way") && !p.screen().contains("waits for")).await;
        assert!(!person.screen().contains('✖'), "{name}\n{}", person.screen());
        let namespace = if *name == "namespace" { "team" } else { "here" };
        person.cluster().look(|sim| {
            let made: usize = [
                "deployments.apps",
                "poddisruptionbudgets.policy",
                "cronjobs.batch",
                "horizontalpodautoscalers.autoscaling",
                "services",
                "ingresses.networking.k8s.io",
                "resourcequotas",
                "limitranges",
                "rolebindings.rbac.authorization.k8s.io",
            ]
            .iter()
            .map(|id| sim.store.list(id, namespace).count())
            .sum();
            assert_eq!(made, objects - usize::from(*name == "namespace"), "{name}");
        });
    }
}

#[tokio::test]
async fn what_is_wrong_with_something_new_is_at_its_line_and_its_text_is_kept() {
    let mut person = Person::start("configmaps", &[]).await;
    person.tier(Tier::Dev);
    person.act("ns here").act("new service").wait(1).sees("it would be made").await;
    // A field that there is not, in the second of two objects.
    person.press("ctrl-f").text("pathType").press("enter").text("x").wait(2).sees("✖ unknown field").await;
    // What cannot be read at all, and what the cluster does not know, is told without asking it.
    person.press("backspace end enter").text("path: /").wait(2).sees("✖ path stands in line").await;
    person.press("ctrl-s");
    assert!(!person.screen().contains("dry run"), "no dialog is opened for it");
}
