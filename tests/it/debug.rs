//! A debugging container: added to a pod that runs, and entered.

use crate::logs::demo::clock;
use crate::rig::person::Person;
use serde_json::json;

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
