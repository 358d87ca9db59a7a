//! Changes from the keys of a person to what kubectl then sees, on a real control plane and on the demo server.

use super::{apply, on_demo, on_real};
use crate::rig::cluster::kubectl;
use crate::rig::home::Home;
use crate::rig::pty::Pty;
use std::path::Path;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);
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
        apply(clusters, "alpha", WEB);
        kubectl(clusters, &["--context", "alpha", "-n", "change", "rollout", "status", "deploy/web", "--timeout=60s"]);
        let home = Home::new().with("KUBECONFIG", clusters.to_str().expect("our paths are UTF-8"));
        home.write(".config/kconsole/config.yaml", CONFIG);
        let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["deployments", "--context", "alpha", "-n", "change"], WIDE, home);
        let desk = Self { pty, clusters };
        desk.sees(&["web", "2/2"]);
        desk
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

    /// Confirms once the preview has been there for long enough to be read.
    fn confirm(&mut self) -> &mut Self {
        let asked = "accepted by the server";
        self.sees(&[asked]);
        self.pty.wait_quiet(Duration::from_millis(400), Duration::from_millis(900));
        // A machine with much to do may take two keys for a paste, or draw late: then it says so, and a person presses again.
        for _ in 0..20 {
            self.press(&["\r"]);
            if self.pty.wait_until(Duration::from_secs(2), |s| !s.contents().contains(asked)).is_some() {
                break;
            }
        }
        self
    }

    /// What kubectl sees of the deployment.
    fn has(&self, path: &str) -> String {
        kubectl(self.clusters, &["--context", "alpha", "-n", "change", "get", "deploy", "web", "-o", &format!("jsonpath={path}")])
    }

    fn leave(mut self) {
        self.pty.send("Q");
        assert!(self.pty.wait_exit(SOON).is_some(), "it ends:\n{}", self.pty.screen());
        kubectl(self.clusters, &["--context", "alpha", "delete", "namespace", "change", "--timeout=60s"]);
    }
}

/// What the preview shows is what is stored, it converges, and it is taken back.
fn scale_restart_undo(clusters: &Path) {
    let mut desk = Desk::at(clusters);
    desk.press(&["S", "5"]).sees(&["spec.replicas", "2 → 5"]);
    desk.confirm().sees(&["✔", "change/web", "done"]);
    assert_eq!(desk.has("{.spec.replicas} {.status.readyReplicas}"), "5 5");
    desk.press(&["\x1b"]).sees(&["web", "5/5"]);

    desk.press(&["U"]).sees(&["spec.replicas", "5 → 2"]);
    desk.confirm().sees(&["✔", "change/web", "done"]);
    assert_eq!(desk.has("{.spec.replicas}"), "2");

    desk.press(&["\x1b", "R"]).sees(&["kubectl.kubernetes.io/restartedAt"]);
    let before = desk.has("{.metadata.generation}");
    desk.confirm().sees(&["✔", "change/web", "done"]);
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
    desk.press(&["\x06"]);
    desk.pty.send("1.27");
    desk.press(&["\r", "\x1b[F", "\x7f"]);
    desk.pty.send("8");
    // As one pauses, the server says what it would store.
    desk.sees(&["+ nginx:1.28"]);
    // Somebody else changes another field of it.
    kubectl(clusters, &["--context", "alpha", "-n", "change", "label", "deploy/web", "team=shop"]);
    desk.sees(&["somebody else has changed it"]);
    desk.press(&["\x13"]).confirm().sees(&["✔", "change/web", "done"]);
    let image = "{.spec.template.spec.containers[0].image}";
    assert_eq!((desk.has(image).as_str(), desk.has("{.metadata.labels.team}").as_str()), ("nginx:1.28", "shop"));

    // A field that there is not: refused at its line, and nothing is changed.
    desk.press(&["\x1b"]).sees(&["nginx:1.28"]);
    desk.press(&["\x1b[F", "\r"]);
    desk.pty.send("imagePulPolicy: Always");
    desk.sees(&["unknown field", "did you mean imagePullPolicy"]);
    desk.press(&["\x13"]).sees(&["unknown field"]);
    desk.press(&["\r", "\x1b", "\x1b", "\x1b"]).sees(&["Throw away what you wrote?"]);
    desk.press(&["y"]).sees(&["web", "2/2"]);
    assert_eq!(desk.has(image), "nginx:1.28");
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
