//! ConfigMaps and Secrets key by key, from the key of the keyboard to what a demo server has.

use crate::rig::person::Person;
use kconsole::model::cluster::Tier;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

const MAP: &str = "configmaps";
const SECRET: &str = "secrets";

fn settings() -> Value {
    json!({"metadata": {"name": "settings"}, "data": {"app.properties": "a=1\n\n# more\nb=2\n", "mode": "fast"}, "binaryData": {"logo": "/9j/"}})
}

fn keys() -> Value {
    json!({"metadata": {"name": "keys"}, "data": {"password": "aHVudGVyMg==", "user": "YWRtaW4="}})
}

/// A pod that takes the mode into its environment.
fn user() -> Value {
    json!({"metadata": {"name": "web-1"}, "spec": {"containers": [{"name": "app", "image": "registry.shop.example/web:1",
        "env": [{"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "mode"}}}]}]}})
}

/// A change is confirmed and its dialog closed; what was written is stored, and its screen has closed with the end of the change.
async fn stores(person: &mut Person) {
    person.sees("accepted by the server").await.press("enter").sees("✔").await.press("esc");
    person.until("it is stored", |p| !p.screen().contains("─ changed") && !p.screen().contains('◐')).await;
}

/// A person who looks at what an object holds.
async fn at(kind: &'static str, name: &str, objects: &[(&str, Value)]) -> Person {
    let mut person = Person::start(kind, objects).await;
    person.press("/").text(name).press("enter x").sees("KEY").await;
    person
}

#[tokio::test]
async fn a_value_of_a_config_map_is_written_and_taken_back() {
    let mut person = at(MAP, "settings", &[(MAP, settings()), ("pods", user())]).await;
    let before = person.has(MAP, "settings");
    person.sees("a=1 … 4 lines").await.sees("no text").await;
    // enter goes into the text; what is stored is this line alone.
    person.press("enter").sees("4    b=2").await.press("down down down end").text("0").press("ctrl-s");
    person.sees("data[app.properties]").await.sees("- b=2").await.sees("+ b=20").await.sees("no pod that runs here").await;
    stores(&mut person).await;
    let mut after = before.clone();
    after["data"]["app.properties"] = json!("a=1\n\n# more\nb=20\n");
    assert_eq!(person.has(MAP, "settings")["data"], after["data"]);
    assert_eq!(person.has(MAP, "settings")["binaryData"], before["binaryData"]);
    person.sees("KEY").await.press("U");
    stores(&mut person).await;
    assert_eq!(person.has(MAP, "settings")["data"], before["data"]);
    // Who has it in its environment is told.
    person.press("down down").sees("fast").await.press("enter").sees("1    fast").await.press("end").text("er").press("ctrl-s");
    person.sees("web-1: in the environment, which follows with a restart only").await.confirms(MAP, "settings").await;
    assert_eq!(person.has(MAP, "settings")["data"]["mode"], "faster");
}

#[tokio::test]
async fn keys_are_added_renamed_and_removed() {
    let mut person = at(MAP, "settings", &[(MAP, settings()), ("pods", user())]).await;
    // What is no text is told by its size.
    person.press("down enter").sees("logo holds 3 bytes that are no text").await;
    person.press("A").sees("a new key").await.text("on").press("ctrl-s").sees("which name?").await;
    person
        .text("../x")
        .sees("../x: a valid config key must consist of")
        .await
        .press("ctrl-u")
        .text("mode")
        .sees("it has a key mode already")
        .await;
    person.press("ctrl-u").text("debug").confirms(MAP, "settings").await;
    assert_eq!(person.has(MAP, "settings")["data"]["debug"], "on");
    // The text is stored: its screen is over, and the new key is in the list.
    person.press("esc").sees("debug").await.sees("KEY").await;
    person.press("down down").act("rename-key").sees("name").await.text("speed").sees("web-1: an environment variable names the key").await;
    person.confirms(MAP, "settings").await;
    let data = person.has(MAP, "settings")["data"].clone();
    assert_eq!((&data["speed"], data.get("mode")), (&json!("fast"), None), "{data}");
    person.press("esc").sees("mode is not there any more").await.press("up down");
    person.press("D").sees("y confirms").await.press("enter").sees("y confirms").await.press("y").sees("✔").await;
    assert_eq!(person.has(MAP, "settings")["data"].as_object().unwrap().len(), 2);
    person.press("esc U").sees("remove-key  this run").await.press("enter");
    person.sees("accepted by the server").await.press("enter").sees("✔").await;
    assert_eq!(person.has(MAP, "settings")["data"], data);
}

#[tokio::test]
async fn a_secret_is_hidden_until_it_is_asked_for_and_never_in_a_dialog() {
    let mut person = at(SECRET, "keys", &[(SECRET, keys())]).await;
    person.sees("7 B").await;
    assert!(!person.look().contains("hunter2"), "{}", person.screen());
    person.press("c").sees("password is copied once it is shown").await;
    person.press("x").sees("hunter2").await;
    assert!(!person.screen().contains("admin"), "only what was asked for\n{}", person.screen());
    person.press("x");
    assert!(!person.look().contains("hunter2"), "{}", person.screen());
    person.press("enter").sees("1    hunter2").await.press("end").text("3").press("enter ctrl-s");
    person.sees("••••• (7 bytes) → ••••• (9 bytes)").await.sees("line break").await;
    person.sees("accepted by the server").await;
    let dialog = person.screen();
    stores(&mut person).await;
    assert_eq!(person.has(SECRET, "keys")["data"]["password"], "aHVudGVyMjMK");
    assert!(!dialog.lines().filter_map(|l| l.split('│').nth(2)).any(|l| l.contains("hunter2")), "{dialog}");
    person.sees("KEY").await.press("U").sees("••••• (9 bytes) → ••••• (7 bytes)").await.sees("accepted by the server").await;
    person.press("enter").sees("✔").await;
    assert_eq!(person.has(SECRET, "keys")["data"], keys()["data"]);
}

#[tokio::test]
async fn what_others_write_meanwhile_is_taken_in_and_what_is_immutable_says_so_first() {
    let mut person = at(MAP, "settings", &[(MAP, settings())]).await;
    person.press("enter").sees("4    b=2").await.text("x");
    person.other(MAP, "settings", |o| o["data"]["app.properties"] = json!("a=1\n\n# more\nb=3\n"));
    person.sees("that is in your text now").await.sees("4    b=3").await.press("ctrl-s").sees("accepted by the server").await;
    // Somebody is faster than the confirmation: nothing of theirs is overwritten.
    person.other(MAP, "settings", |o| o["data"]["app.properties"] = json!("a=1\n\n# more\nb=4\n"));
    person.press("enter").sees("somebody else has just changed").await.press("esc");
    assert_eq!(person.has(MAP, "settings")["data"]["app.properties"], "a=1\n\n# more\nb=4\n");
    person.sees("4    b=4").await.press("ctrl-s").sees("accepted by the server").await.press("enter").sees("✔").await;
    assert_eq!(person.has(MAP, "settings")["data"]["app.properties"], "xa=1\n\n# more\nb=4\n");

    let mut frozen = settings();
    frozen["immutable"] = json!(true);
    let mut person = at(MAP, "settings", &[(MAP, frozen)]).await;
    person.sees("it is immutable: nothing of it can be changed").await;
    person.press("enter").sees("what is written here cannot be stored").await.text("x").press("ctrl-s").sees("it is immutable").await;
}

#[tokio::test]
async fn a_protected_cluster_asks_for_its_name_here_too() {
    let mut person = at(MAP, "settings", &[(MAP, settings())]).await;
    person.tier(Tier::Prod).press("down down D").sees("to confirm").await.press("y enter enter");
    assert_eq!(person.has(MAP, "settings")["data"], settings()["data"], "{}", person.screen());
}

/// Files with what is in them, as a run leaves them that was killed.
fn copied(person: &Person) -> Vec<(PathBuf, String)> {
    person.texts().into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn left(files: &[(PathBuf, String)]) {
    files.iter().for_each(|(path, text)| fs::write(path, text).unwrap());
}

#[tokio::test]
async fn what_was_written_is_kept_until_it_is_stored_or_thrown_away() {
    let mut person = at(MAP, "settings", &[(MAP, settings())]).await;
    person.press("enter").sees("4    b=2").await.text("x");
    assert!(person.texts().is_empty(), "it is kept as one pauses");
    person.wait(2).press("esc");
    let files = copied(&person);
    assert_eq!(
        files.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(),
        ["xa=1\n\n# more\nb=2\n", "a=1\n\n# more\nb=2\n"],
        "{files:?}"
    );
    // Taken back, it is nothing to keep.
    person.press("n ctrl-u").wait(2);
    assert!(person.texts().is_empty(), "{:?}", person.texts());
    person.text("y").wait(2).press("esc").sees("Throw away what you wrote?").await.press("y").sees("KEY").await;
    assert!(person.texts().is_empty(), "{:?}", person.texts());

    // What a run left that was killed is offered with its time, and goes into what the server has by now.
    left(&files);
    person.other(MAP, "settings", |o| o["data"]["app.properties"] = json!("a=1\n\n# more\nb=3\n"));
    person.press("enter").sees("You wrote on app.properties").await.sees("take it up again?").await.press("y");
    person.sees("1    xa=1").await.sees("4    b=3").await.press("ctrl-s");
    stores(&mut person).await;
    assert_eq!(person.has(MAP, "settings")["data"]["app.properties"], "xa=1\n\n# more\nb=3\n");
    person.wait(1);
    assert!(person.texts().is_empty(), "{:?}", person.texts());

    // Any other key loses nothing either.
    person.sees("KEY").await;
    left(&files);
    person.press("enter").sees("take it up again?").await.press("z").sees("what you wrote then is in").await.sees("1    xa=1").await;
    let old = person.texts();
    assert!(old.len() == 1 && old[0].to_string_lossy().ends_with(".old"), "{old:?}");
    assert_eq!(fs::read_to_string(&old[0]).unwrap(), "xa=1\n\n# more\nb=2\n");
}

#[tokio::test]
async fn a_whole_object_is_offered_again_and_its_conflicts_are_marked() {
    let mut person = Person::start(MAP, &[(MAP, settings())]).await;
    person.press("/").text("settings").press("enter E").sees("mode: fast").await;
    person.press("ctrl-f").text("fast").press("enter end").text("er").wait(2);
    let files = copied(&person);
    assert_eq!(files.len(), 2, "{files:?}");
    person.press("esc esc").sees("Throw away what you wrote?").await.press("y");
    left(&files);
    person.other(MAP, "settings", |o| o["data"]["mode"] = json!("slow"));
    person.press("E").sees("You wrote on settings").await.press("y").sees("1 conflicts are marked").await;
    person.sees("mode: faster").await.sees("mode: slow").await.press("ctrl-s").sees("a conflict: keep your lines or theirs").await;
}

#[tokio::test]
async fn what_is_written_of_a_secret_is_never_on_the_disk() {
    let mut person = at(SECRET, "keys", &[(SECRET, keys())]).await;
    person.press("enter").sees("1    hunter2").await.text("x").wait(2).press("right");
    let files = person.texts();
    assert!(files.len() == 2 && files.iter().all(|f| f.parent().unwrap().ends_with("run/texts")), "{files:?}");
    // Whoever leaves is told that it is lost, and then it is.
    person.press("f1 Q").sees("What you wrote of a Secret is lost").await.press("y").ends();
    assert!(person.texts().is_empty(), "{:?}", person.texts());

    let mut person = at(SECRET, "keys", &[(SECRET, keys())]).await;
    person.without_runtime_folder().press("enter").sees("kept nowhere but here").await.text("x").wait(2).press("right");
    assert!(person.texts().is_empty(), "{:?}", person.texts());
}

/// Nobody knows what something new will be: what was on the disk before it held a Secret goes from there.
#[tokio::test]
async fn what_is_new_and_holds_a_secret_is_never_on_the_disk() {
    let key = "apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: here}\nstringData: {password: hunter2}\n---\n";
    for has_folder in [true, false] {
        let mut person = Person::start(MAP, &[]).await;
        if !has_folder {
            person.without_runtime_folder();
        }
        person.act("ns here").act("new service").wait(1).sees("it would be made").await;
        person.press("ctrl-home").paste("# mine\n").wait(2);
        let files = person.texts();
        assert!(!files.is_empty() && files.iter().all(|f| !f.parent().unwrap().ends_with("run/texts")), "{files:?}");
        person.paste(key).wait(2);
        let files = person.texts();
        assert!(files.iter().all(|f| f.parent().unwrap().ends_with("run/texts")) && files.is_empty() != has_folder, "{files:?}");
        if has_folder {
            person.press("f1 Q").sees("What you wrote of a Secret is lost").await.press("y").ends();
            assert!(person.texts().is_empty(), "{:?}", person.texts());
        } else {
            person.sees("kept nowhere but here").await;
        }
    }
}
