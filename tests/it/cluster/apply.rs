//! Files that are applied, from the keys of a person to what kubectl then sees, on a real control plane and on the demo server.

use super::{on_demo, on_real};
use crate::rig::SOON;
use crate::rig::cluster::kubectl;
use crate::rig::home::Home;
use crate::rig::pty::Pty;
use std::path::Path;
use std::time::Duration;

const WIDE: (u16, u16) = (140, 45);
const CONFIG: &str = "start: deployments\nclusters:\n- {match: '*', tier: dev}\n";
const NEW: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: applied}
data: {colour: blue}
---
apiVersion: v1
kind: Namespace
metadata: {name: applied}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: applied}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
";

/// A person at the screen, with kubectl beside it.
struct Desk<'a> {
    pty: Pty,
    clusters: &'a Path,
}

impl Desk<'_> {
    fn sees(&self, parts: &[&str]) -> &Self {
        let holds = |line: String| parts.iter().all(|part| line.contains(part));
        self.pty.wait_for(&format!("a line with {parts:?}"), SOON, |s| s.rows(0, WIDE.0).any(holds));
        self
    }

    fn press(&mut self, key: &str) -> &mut Self {
        self.pty.send(key);
        // A hand is slower than this; what comes faster is a paste.
        self.pty.wait_quiet(Duration::from_millis(60), Duration::from_millis(600));
        self
    }

    /// Asks for the file to be applied, and confirms what the preview shows.
    fn apply(&mut self, file: &Path, becomes: &str) -> &mut Self {
        self.press(":");
        self.pty.send(format!("apply {}", file.display()));
        self.press("\r").sees(&[becomes]);
        self
    }

    fn confirm(&mut self, key: &str) -> &mut Self {
        self.pty.wait_quiet(Duration::from_millis(400), Duration::from_millis(900));
        // A machine with much to do may take two keys for a paste, or draw late: then it says so, and a person presses again.
        for _ in 0..20 {
            self.press(key);
            if self.pty.wait_until(Duration::from_secs(2), |s| !s.contents().contains("dry run")).is_some() {
                break;
            }
        }
        self
    }

    fn kubectl(&self, args: &[&str]) -> String {
        kubectl(self.clusters, &[&["--context", "alpha", "-n", "applied"], args].concat())
    }
}

/// What was not there is made, namespace first; what is so already is left alone; what others own is taken over only where a person says so.
fn made_left_alone_taken_over(clusters: &Path) {
    let home = Home::new().with("KUBECONFIG", clusters.to_str().expect("our paths are UTF-8"));
    home.write(".config/kconsole/config.yaml", CONFIG);
    let file = home.write("new.yaml", NEW);
    let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["configmaps", "--context", "alpha"], WIDE, home);
    let mut desk = Desk { pty, clusters };
    desk.sees(&["kube-root-ca.crt"]);
    desk.apply(&file, "1 new, 2 not tried").confirm("y").sees(&["3 of 3"]);
    assert_eq!(desk.kubectl(&["get", "cm/settings", "svc/web", "-o", "jsonpath={.items[*].metadata.name}"]), "settings web");
    let manager = "jsonpath={.metadata.managedFields[*].manager} {.metadata.managedFields[*].operation}";
    assert_eq!(desk.kubectl(&["get", "cm/settings", "-o", manager]), "kconsole Apply");

    desk.press("\x1b").apply(&file, "3 unchanged").press("\r").sees(&["everything is as it is wished already"]);
    desk.press("\x1b");
    // Another manager takes a field, and keeps it until a person decides.
    desk.kubectl(&["patch", "cm/settings", "--type=merge", "--field-manager=argocd", "-p", r#"{"data":{"colour":"red"}}"#]);
    desk.apply(&file, "2 unchanged, 1 left out").sees(&["belongs to", "argocd", "(data.colour)"]);
    desk.press("\x1b[B").sees(&["1 changed, 2 unchanged"]);
    desk.sees(&["data.colour", "red → blue"]);
    desk.confirm("\r").sees(&["3 of 3"]);
    assert_eq!(desk.kubectl(&["get", "cm/settings", "-o", "jsonpath={.data.colour}"]), "blue");
    desk.press("\x1b");
    desk.pty.send("Q");
    assert!(desk.pty.wait_exit(SOON).is_some(), "it ends:\n{}", desk.pty.screen());
    desk.kubectl(&["delete", "namespace", "applied", "--timeout=60s"]);
}

#[test]
fn files_are_applied_as_kubectl_sees_them() {
    on_real(made_left_alone_taken_over);
}

#[test]
fn files_are_applied_as_kubectl_sees_them_on_the_demo_server() {
    on_demo(made_left_alone_taken_over);
}
