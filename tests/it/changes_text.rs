//! Texts that are edited while the world does not stand still: what a person wrote is never lost, and nothing is stored that was not shown.

use crate::changes_verbs::web;
use crate::rig::person::Person;
use kconsole::demo::fault::Fault;
use kconsole::demo::fault::answer::{Does, On, Rule};
use kconsole::demo::status::Refusal;
use kconsole::demo::store::Key;
use kconsole::demo::write::How;
use serde_json::{Value, json};

const MAPS: &str = "configmaps";

fn settings() -> Value {
    json!({"metadata": {"name": "settings"}, "data": {"a": "one", "b": "two", "c": "three"}})
}

/// A person who has written `one or more` for `one`.
async fn writing() -> Person {
    let mut person = Person::start(MAPS, &[(MAPS, settings())]).await;
    person.press("/").text("name:settings").press("enter E").sees("a: one").await;
    person.press("ctrl-f").text("one").press("enter end").text(" or more");
    person
}

/// As one pauses, and after what is asked then was answered.
async fn pause(person: &mut Person) {
    person.wait(2).settles().await;
}

/// The next write to such a path is refused, once.
fn refuse(person: &Person, path: &str, refusal: Refusal) {
    person.order(Fault::Answer(Rule { on: On::Write, path: path.to_owned(), times: 1, does: Does::Refuse(refusal) }));
}

fn modified() -> Refusal {
    let why = "the object has been modified; please apply your changes to the latest version and try again";
    Refusal::new(409, "Conflict", format!("Operation cannot be fulfilled on configmaps \"settings\": {why}"))
}

#[tokio::test]
async fn fw1_another_line_that_somebody_else_changes_goes_into_the_text() {
    let mut person = writing().await;
    person.other(MAPS, "settings", |o| o["data"]["c"] = json!("four"));
    person.sees("somebody else has changed it; that is in your text now").await.sees("c: four").await;
    person.press("ctrl-s").previews("data.a  one → one or more").await.confirms(MAPS, "settings").await;
    assert_eq!(person.has(MAPS, "settings")["data"], json!({"a": "one or more", "b": "two", "c": "four"}));
}

#[tokio::test]
async fn fw1_the_same_line_is_there_twice_until_a_person_has_chosen() {
    let mut person = writing().await;
    person.other(MAPS, "settings", |o| o["data"]["a"] = json!("theirs"));
    person.sees("1 conflicts are marked").await.sees("a: one or more").await.sees("a: theirs").await;
    // What changes elsewhere meanwhile does not hide that.
    person.other(MAPS, "settings", |o| o["data"]["c"] = json!("four"));
    person.sees("c: four").await.sees("1 conflicts are marked").await;
    person.press("ctrl-s").sees("a conflict").await.press("enter y enter esc");
    assert_eq!(person.has(MAPS, "settings")["data"]["a"], "theirs", "{}", person.screen());
    // The own line stays, and the other one goes with the marks.
    person.press("ctrl-home ctrl-f").press("ctrl-u").text("<<<<").press("enter alt-k down alt-k alt-k alt-k");
    person.press("ctrl-s").previews("data.a  theirs → one or more").await.confirms(MAPS, "settings").await;
}

/// Somebody else was faster than what the tables tell: the server says so when it is sent.
#[tokio::test]
async fn fw1_a_conflict_of_the_last_moment_keeps_the_text() {
    let mut person = writing().await;
    person.press("ctrl-s").sees("accepted by the server").await;
    refuse(&person, "/configmaps/settings", modified());
    person.press("enter").sees("✖").await.sees("please apply your changes").await.press("esc");
    assert!(person.look().contains("a: one or more"), "{}", person.screen());
    assert_eq!(person.has(MAPS, "settings")["data"]["a"], "one");
    person.press("ctrl-s").previews("data.a  one → one or more").await.confirms(MAPS, "settings").await;
}

/// Five things are wrong, and each is told at its line, in the server's words.
#[tokio::test]
async fn fw2_every_cause_is_told_at_its_line_and_the_text_stays() {
    let mut person = Person::start("deployments", &[("deployments.apps", web())]).await;
    let wrong = [
        ("spec.replicas", "Invalid value: -1: must be greater than or equal to 0"),
        ("spec.selector", "Invalid value: {\"matchLabels\":{\"app\":\"web\"}}: field is immutable"),
        ("spec.template.spec.containers[0].image", "Required value"),
        ("spec.template.spec.containers[0].name", "Invalid value: \"APP\": a lowercase RFC 1123 label must consist of lower case"),
        ("spec.template.metadata.labels", "Invalid value: null: `selector` does not match template `labels`"),
    ];
    let mut refusal = Refusal::new(422, "Invalid", "Deployment.apps \"web\" is invalid: 5 things");
    let causes = wrong.map(|(field, message)| json!({"reason": "FieldValueInvalid", "field": field, "message": message}));
    refusal.details = json!({"name": "web", "kind": "Deployment", "group": "apps", "causes": causes});
    person.sees("web").await.press("E").sees("image:").await;
    person.press("ctrl-f").text("web:1").press("enter end").text("0");
    refuse(&person, "/deployments/web", refusal);
    pause(&mut person).await;
    let mut told = String::new();
    person.press("ctrl-home");
    for _ in wrong {
        person.press("f8");
        told += &person.screen();
    }
    for what in [
        "must be greater than or equal to 0",
        "field is immutable",
        "Required value",
        "lowercase RFC 1123 label",
        "does not match template",
    ] {
        assert!(told.contains(what), "{what}:\n{}", person.screen());
    }
    assert!(!told.contains("\"APP\""), "values that a server quotes may be secret");
    assert!(person.screen().contains("web:10"));
}

#[tokio::test]
async fn fw5_what_was_deleted_or_made_anew_meanwhile_is_not_overwritten() {
    for again in [false, true] {
        let mut person = writing().await;
        person.cluster().with(|sim| {
            sim.store.remove(MAPS, &Key::new("here", "settings"));
            if again {
                let mut new = settings();
                new["metadata"]["namespace"] = json!("here");
                sim.create(MAPS, new, How::by("other")).expect("a new one");
            }
        });
        person.until("it is told", |p| p.screen().contains("it was deleted")).await;
        assert!(person.screen().contains("a: one or more"), "{}", person.screen());
        person.press("ctrl-s").settles().await.press("enter").settles().await;
        person.until("it is refused", |p| p.screen().contains("was deleted")).await;
        let left = person.names(MAPS).contains(&"settings".to_owned()).then(|| person.has(MAPS, "settings")["data"]["a"].clone());
        assert_eq!(left, again.then(|| json!("one")), "{}", person.screen());
    }
}
