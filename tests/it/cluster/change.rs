//! Changes from the keys of a person to what kubectl then sees, on a real control plane and on the demo server. kubectl is the judge: it sees what
//! the preview showed, and nothing else; and before anything is confirmed it sees nothing at all.

mod removals;

use super::{apply, on_demo, on_real};
use crate::rig::SOON;
use crate::rig::cluster::kubectl;
use crate::rig::home::Home;
use crate::rig::preview::{shown, stored};
use crate::rig::pty::Pty;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

const WIDE: (u16, u16) = (140, 45);
const CONFIG: &str = "start: deployments\nclusters:\n- {match: '*', tier: dev}\n";
const WEB: &str = "apiVersion: v1
kind: Namespace
metadata: {name: change}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: change}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: 'nginx:1.27'}]}
";

/// A person at the screen, with kubectl beside it.
struct Desk<'a> {
    pty: Pty,
    clusters: &'a Path,
}

impl<'a> Desk<'a> {
    fn at(clusters: &'a Path) -> Self {
        let desk = Self::before(clusters, WEB, "deployments");
        desk.sees(&["web", "2/2"]);
        desk
    }

    /// At the table of a kind, once the pods of `web` are ready.
    fn before(clusters: &'a Path, objects: &str, kind: &str) -> Self {
        // A script that failed left it.
        kubectl(clusters, &["--context", "alpha", "delete", "namespace", "change", "--ignore-not-found", "--timeout=90s"]);
        apply(clusters, "alpha", objects);
        kubectl(clusters, &["--context", "alpha", "-n", "change", "rollout", "status", "deploy/web", "--timeout=60s"]);
        let home = Home::new().with("KUBECONFIG", clusters.to_str().expect("our paths are UTF-8"));
        home.write(".config/kconsole/config.yaml", CONFIG);
        let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &[kind, "--context", "alpha", "-n", "change"], WIDE, home);
        Self { pty, clusters }
    }

    /// Waits for a line that holds all of this.
    fn sees(&self, parts: &[&str]) -> &Self {
        let holds = |line: String| parts.iter().all(|part| line.contains(part));
        self.pty.wait_for(&format!("a line with {parts:?}"), SOON, |s| s.rows(0, WIDE.0).any(holds));
        self
    }

    /// Keys, one after the other as a person presses them.
    fn press(&mut self, keys: &[&str]) -> &mut Self {
        for key in keys {
            self.pty.send(key);
            // A hand is slower than this; what comes faster is a paste.
            self.pty.wait_quiet(Duration::from_millis(60), Duration::from_millis(600));
        }
        self
    }

    /// A text, as fast as a terminal takes it. It is there before anything else is pressed: what comes at once is one paste.
    fn types(&mut self, text: &str) -> &mut Self {
        self.pty.send(text);
        self.sees(&[text]);
        self.pty.wait_quiet(Duration::from_millis(100), Duration::from_millis(800));
        self
    }

    /// Asks for an action by its name.
    fn act(&mut self, action: &str) -> &mut Self {
        self.press(&[":"]).types(action).press(&["\r"])
    }

    /// Opens a dialog of this title by a key. A program that has just begun may not know yet how a kind is served, and says so.
    fn opens(&mut self, key: &str, title: &str) -> &mut Self {
        for _ in 0..20 {
            self.press(&[key]);
            if self.pty.wait_until(Duration::from_secs(2), |s| s.contents().contains(title)).is_some() {
                break;
            }
        }
        self
    }

    /// Confirms once the preview has been there for long enough to be read.
    fn confirm(&mut self) -> &mut Self {
        self.confirm_by("\r", "accepted by the server")
    }

    /// The same, by the key that confirms while the dialog says this.
    fn confirm_by(&mut self, key: &str, asked: &str) -> &mut Self {
        self.sees(&[asked]);
        self.pty.wait_quiet(Duration::from_millis(400), Duration::from_millis(900));
        // A machine with much to do may take two keys for a paste, or draw late: then it says so, and a person presses again.
        for _ in 0..20 {
            self.press(&[key]);
            if self.pty.wait_until(Duration::from_secs(2), |s| !s.contents().contains(asked)).is_some() {
                break;
            }
        }
        self
    }

    /// Confirms what is previewed for an object. Until then kubectl sees it as it was, and then with what the preview showed and nothing else.
    fn exactly(&mut self, object: &str) -> &mut Self {
        let before = self.object(object);
        self.sees(&["accepted by the server"]);
        let preview = shown(&self.pty.screen());
        assert_eq!(stored(&before, &self.object(object)), [""; 0], "nothing is stored before it is confirmed");
        self.confirm().sees(&["✔", "done"]);
        assert_eq!(preview, stored(&before, &self.object(object)), "{}", self.pty.screen());
        self
    }

    /// What kubectl prints, in the namespace of these scripts.
    fn kubectl(&self, args: &[&str]) -> String {
        kubectl(self.clusters, &[&["--context", "alpha", "-n", "change"], args].concat())
    }

    /// An object, as kubectl sees it.
    fn object(&self, name: &str) -> Value {
        serde_json::from_str(&self.kubectl(&["get", name, "-o", "json"])).expect("kubectl prints JSON")
    }

    /// What kubectl sees of the deployment.
    fn has(&self, path: &str) -> String {
        self.kubectl(&["get", "deploy", "web", "-o", &format!("jsonpath={path}")])
    }

    fn leave(mut self) {
        self.pty.send("Q");
        assert!(self.pty.wait_exit(SOON).is_some(), "it ends:\n{}", self.pty.screen());
        self.kubectl(&["delete", "namespace", "change", "--timeout=60s"]);
    }
}

/// What the preview shows is what is stored, it converges, and it is taken back.
fn scale_restart_undo(clusters: &Path) {
    let mut desk = Desk::at(clusters);
    desk.opens("S", "Scale ─").press(&["5"]).sees(&["spec.replicas", "2 → 5"]);
    desk.exactly("deploy/web");
    assert_eq!(desk.has("{.spec.replicas} {.status.readyReplicas}"), "5 5");
    desk.press(&["\x1b"]).sees(&["web", "5/5"]);

    desk.press(&["U"]).sees(&["spec.replicas", "5 → 2"]);
    desk.exactly("deploy/web");
    assert_eq!(desk.has("{.spec.replicas}"), "2");

    desk.press(&["\x1b", "R"]).sees(&["kubectl.kubernetes.io/restartedAt"]);
    let before = desk.has("{.metadata.generation}");
    desk.exactly("deploy/web");
    assert_ne!(desk.has("{.metadata.generation}"), before);
    assert!(desk.has("{.spec.template.metadata.annotations}").contains("restartedAt"));
    assert_eq!(desk.has("{.metadata.managedFields[?(@.manager=='kconsole')].manager}").split(' ').next(), Some("kconsole"));
    desk.press(&["\x1b"]);
    desk.leave();
}

/// What is written is stored, what others change meanwhile is kept, and what is wrong is told at its line.
fn edit_conflict(clusters: &Path) {
    let mut desk = Desk::at(clusters);
    desk.press(&["E"]).sees(&["image:", "nginx:1.27"]);
    desk.press(&["\x06"]).types("1.27").press(&["\r", "\x1b[F", "\x7f"]).types("8");
    // As one pauses, the server says what it would store.
    desk.sees(&["+ nginx:1.28"]);
    // Somebody else changes another field of it.
    desk.kubectl(&["label", "deploy/web", "team=shop"]);
    desk.sees(&["somebody else has changed it"]);
    desk.press(&["\x13"]).confirm().sees(&["✔", "change/web", "done"]);
    let image = "{.spec.template.spec.containers[0].image}";
    assert_eq!((desk.has(image).as_str(), desk.has("{.metadata.labels.team}").as_str()), ("nginx:1.28", "shop"));

    // A field that there is not: refused at its line, and nothing is changed.
    desk.press(&["\x1b", "E"]).sees(&["image:", "nginx:1.28"]);
    desk.press(&["\x06"]).types("1.28").press(&["\r", "\x1b[F", "\r"]);
    desk.pty.send("imagePulPolicy: Always");
    desk.sees(&["unknown field", "did you mean imagePullPolicy"]);
    desk.press(&["\x13"]).sees(&["unknown field"]);
    desk.press(&["\r", "\x1b", "\x1b", "\x1b"]).sees(&["Throw away what you wrote?"]);
    desk.press(&["y"]).sees(&["web", "2/2"]);
    assert_eq!(desk.has(image), "nginx:1.28");
    desk.leave();
}

/// Back to what ran before, after somebody has broken the image.
fn rollback(clusters: &Path) {
    let mut desk = Desk::at(clusters);
    let template = "{.spec.template.spec}";
    let first = desk.has(template);
    desk.kubectl(&["set", "image", "deploy/web", "app=nginx:1.28"]);
    desk.kubectl(&["rollout", "status", "deploy/web", "--timeout=60s"]);
    desk.act("rollback").sees(&["› 1 ·"]).sees(&["nginx:1.28 → nginx:1.27"]);
    desk.exactly("deploy/web");
    assert_eq!(desk.has(template), first);
    let history = desk.kubectl(&["rollout", "history", "deploy/web"]);
    let revisions: Vec<&str> = history.lines().filter_map(|l| l.split_whitespace().next()).filter(|w| w.parse::<u32>().is_ok()).collect();
    assert_eq!(revisions, ["2", "3"], "the first one is the third now:\n{history}");
    desk.press(&["\x1b"]);
    desk.leave();
}

/// What others do while a dialog is open is shown, and what is confirmed then is what is shown then.
fn conflict(clusters: &Path) {
    let mut desk = Desk::at(clusters);
    desk.opens("S", "Scale ─").press(&["5"]).sees(&["spec.replicas", "2 → 5"]).sees(&["accepted by the server"]);
    desk.kubectl(&["scale", "deploy/web", "--replicas=3"]);
    desk.sees(&["somebody else has just changed spec.replicas"]).sees(&["spec.replicas", "3 → 5"]);
    desk.exactly("deploy/web");
    assert_eq!(desk.has("{.spec.replicas}"), "5");
    // An undo of what has moved on is refused, and says by how much.
    desk.kubectl(&["scale", "deploy/web", "--replicas=1"]);
    desk.press(&["\x1b"]).sees(&["web", "1/1"]);
    desk.press(&["U"]).sees(&["it has moved on", "spec.replicas was set to 5 and is now 1"]);
    desk.press(&["\r", "\x1b"]);
    assert_eq!(desk.has("{.spec.replicas}"), "1");
    // The same line of a text: both are there, and neither is stored.
    desk.press(&["E"]).sees(&["image:", "nginx:1.27"]);
    desk.press(&["\x06"]).types("1.27").press(&["\r", "\x1b[F", "\x7f"]).types("8");
    desk.sees(&["+ nginx:1.28"]);
    desk.kubectl(&["set", "image", "deploy/web", "app=nginx:1.29"]);
    desk.sees(&["somebody else has changed the same lines: 1 conflicts"]).sees(&["nginx:1.28"]).sees(&["nginx:1.29"]);
    // The first takes the search away.
    desk.press(&["\x1b", "\x1b"]).sees(&["Throw away what you wrote?"]);
    desk.press(&["y"]);
    assert_eq!(desk.has("{.spec.template.spec.containers[0].image}"), "nginx:1.29");
    desk.leave();
}

#[test]
fn a_text_is_stored_and_merged_and_refused_at_its_line() {
    on_real(edit_conflict);
}

#[test]
fn a_text_is_stored_and_merged_and_refused_at_its_line_on_the_demo_server() {
    on_demo(edit_conflict);
}

#[test]
fn what_is_confirmed_is_what_kubectl_sees() {
    on_real(scale_restart_undo);
}

#[test]
fn what_is_confirmed_is_what_kubectl_sees_on_the_demo_server() {
    on_demo(scale_restart_undo);
}

#[test]
fn a_rollback_brings_back_what_ran_before() {
    on_real(rollback);
}

#[test]
fn a_rollback_brings_back_what_ran_before_on_the_demo_server() {
    on_demo(rollback);
}

#[test]
fn what_others_do_meanwhile_is_shown_before_it_is_confirmed() {
    on_real(conflict);
}

#[test]
fn what_others_do_meanwhile_is_shown_before_it_is_confirmed_on_the_demo_server() {
    on_demo(conflict);
}
