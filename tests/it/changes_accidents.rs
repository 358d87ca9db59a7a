//! Ten ways to delete something in prod by accident, and each of them fails.

use crate::changes_removals::{is_there, settings};
use crate::rig::person::Person;
use kconsole::demo::store::Key;
use kconsole::demo::write::How;
use kconsole::model::cluster::Tier;
use serde_json::json;
use std::time::Duration;

const MAPS: &str = "configmaps";
/// How fast a held key repeats, and how fast the keys of a paste come.
const HELD: Duration = Duration::from_millis(33);
const PASTED: Duration = Duration::from_millis(1);
/// What a dialog asks for in prod.
const ASKED: &str = "type prod-eu to confirm";

/// In prod, on the map `web`, which nobody wants to lose, with others around it.
async fn in_prod() -> Person {
    let maps = ["apple", "other", "web"].map(|name| (MAPS, settings(name)));
    let mut person = Person::start(MAPS, &maps).await;
    person.tier(Tier::Prod);
    person
}

/// The dialog is open, and its preview has been read.
async fn asked(person: &mut Person) {
    on_web(person).await.press("D").sees("configmaps here/web").await.sees(ASKED).await.sees("accepted by the server").await;
}

/// The cursor is on the map.
async fn on_web(person: &mut Person) -> &mut Person {
    on(person, "web").await
}

async fn on<'p>(person: &'p mut Person, name: &str) -> &'p mut Person {
    let is_it = |line: &str| line.contains(&format!(" {name} ")) && !line.contains("gone");
    person.press("/ ctrl-u").text(&format!("name:{name}")).press("enter home");
    person.until("the row is there", |p| p.screen().lines().any(is_it)).await;
    while !person.screen().lines().any(|line| line.contains('▌') && is_it(line)) {
        person.press("down");
    }
    person
}

/// Nothing was lost, nothing was sent in earnest, and the dialog is closed again.
fn unharmed(person: &mut Person, what: &str) {
    for map in ["apple", "other", "web"] {
        assert!(is_there(person, MAPS, map), "{what}: {map} is gone\n{}", person.look());
    }
    person.press("esc esc");
    assert!(!person.look().contains(ASKED), "{what}: {}", person.screen());
}

fn keys(person: &mut Person, every: Duration, keys: &str) {
    for key in keys.split(' ') {
        person.key_after(every, key);
    }
}

/// One: keys of another place, or a text that begins like the name, are pasted into the terminal.
async fn pasted(person: &mut Person) {
    asked(person).await;
    keys(person, PASTED, "p r o d - e u enter");
    assert!(person.look().contains(ASKED), "{}", person.screen());
    unharmed(person, "a paste that comes as keys");
    asked(person).await;
    person.paste("prod-eu\n").press("enter").sees(ASKED).await;
    unharmed(person, "a paste that the terminal marks as one");
}

/// Two: the hands know what comes, and are faster than the server.
async fn too_early(person: &mut Person) {
    on_web(person).await;
    keys(person, Duration::from_millis(90), "D p r o d - e u enter");
    assert!(person.look().contains("still"), "{}", person.screen());
    person.settles().await;
    unharmed(person, "keys before the preview was drawn");
}

/// Three: another name, part of it, more than it, or the key that confirms elsewhere.
async fn another_name(person: &mut Person) {
    for typed in ["prod-us", "prod-e", "prod-eux", "PROD-EU", "web", "y", "yes", ""] {
        asked(person).await;
        person.text(typed).press("enter").sees(ASKED).await;
        unharmed(person, typed);
    }
}

/// Four: `web` was marked long ago and is out of sight. It is named as left out, and what is confirmed is about the others.
async fn hidden_marks(person: &mut Person) {
    on_web(person).await.press("space / ctrl-u").text("name:other").press("enter").sees("other").await;
    person.press("D").sees("here/other").await.sees("1 marked objects are out of sight and are left out").await;
    unharmed(person, "hidden marks");
    person.press("/ ctrl-u").text("name:web").press("enter V");
}

/// Five: what is under the cursor goes, or is another one now, just before the key or while the dialog is open.
async fn another_row(person: &mut Person) {
    let recreate = |person: &Person| {
        person.cluster().with(|sim| {
            sim.store.remove(MAPS, &Key::new("here", "web"));
            let mut new = settings("web");
            new["metadata"]["namespace"] = json!("here");
            sim.create(MAPS, new, How::by("other")).expect("a new one");
        });
    };
    let first = person.has(MAPS, "web")["metadata"]["uid"].clone();
    asked(person).await;
    recreate(person);
    person.text("prod-eu").press("enter").until("it is told", |p| p.screen().contains("deleted") || p.screen().contains("✔")).await;
    unharmed(person, "made anew while the dialog is open");
    assert_ne!(person.has(MAPS, "web")["metadata"]["uid"], first);
    // The rows above it move down while the key is on its way: the dialog is about what the cursor was on.
    on(person, "other").await;
    person.cluster().with(|sim| {
        let mut above = settings("an-other");
        above["metadata"]["namespace"] = json!("here");
        sim.create(MAPS, above, How::by("other")).expect("a row above");
    });
    person.press("D").sees("configmaps here/other").await;
    unharmed(person, "a row that moved");
}

/// Six: the key is held down, or the one that confirms.
async fn held(person: &mut Person) {
    for key in ["D", "enter", "y"] {
        asked(person).await;
        for _ in 0..40 {
            person.key_after(HELD, key);
        }
        assert!(person.look().contains(ASKED), "{key}: {}", person.screen());
        unharmed(person, key);
    }
}

/// Seven: the name was typed and given up; the dialog that is opened then knows nothing of it.
async fn reopened(person: &mut Person) {
    asked(person).await;
    person.text("prod-eu").press("esc");
    asked(person).await;
    person.press("enter").sees(ASKED).await;
    unharmed(person, "a dialog that is opened again");
}

/// Eight: clicks and the wheel go nowhere, not into the dialog and not to what lies under it.
async fn mouse(person: &mut Person) {
    asked(person).await;
    let before = person.look();
    for y in 0..70 {
        (0..110).step_by(9).for_each(|x| person.click(x, y));
    }
    person.wheel(30, 10, 5).press("enter");
    assert_eq!(person.look().lines().filter(|l| l.contains("web")).count(), before.lines().filter(|l| l.contains("web")).count());
    person.sees(ASKED).await;
    unharmed(person, "the mouse");
}

/// Nine: the cluster is read-only, and then the right name does not help either.
async fn readonly(person: &mut Person) {
    on_web(person).await.readonly(true).press("D").sees("is read-only").await.text("prod-eu").press("enter y");
    person.readonly(false);
    unharmed(person, "read-only");
}

/// Ten: a command with a slip in it, or one that is written as for another program. What it names is not what the cursor is on.
async fn commands(person: &mut Person) {
    for command in ["delet", "deleet web", "delete other", "delete configmap web", "delete --all", "force-delete web", "d", "del!"] {
        on_web(person).await.press(":").text(command).press("enter");
        person.text("prod-eu").press("enter enter").settles().await;
        assert!(!person.look().contains("✔"), "{command}: {}", person.screen());
        person.press("esc esc esc esc :").text(MAPS).press("enter");
        unharmed(person, command);
    }
}

#[tokio::test]
async fn ten_ways_to_delete_in_prod_by_accident_that_fail() {
    let mut person = in_prod().await;
    let from = person.heard().len();
    pasted(&mut person).await;
    too_early(&mut person).await;
    another_name(&mut person).await;
    hidden_marks(&mut person).await;
    held(&mut person).await;
    reopened(&mut person).await;
    mouse(&mut person).await;
    readonly(&mut person).await;
    commands(&mut person).await;
    another_row(&mut person).await;
    // It is not that nothing could be deleted here.
    asked(&mut person).await;
    person.text("prod-eu").press("enter").sees("✔").await;
    assert!(!is_there(&person, MAPS, "web") && is_there(&person, MAPS, "other"));
    assert!(person.heard()[from..].iter().any(|line| line.starts_with("DELETE ") && !line.contains("dryRun")));
}
