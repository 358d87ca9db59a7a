//! The demo server as anybody starts it, `kconsole demo-server`: once for the whole test binary, ended when the binary ends. It needs nothing
//! but the binary, so that what runs on it runs in every `cargo test`.

use super::cluster::kubectl;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The clusters of a shared server, in the order of their contexts.
pub const NAMES: [&str; 3] = ["prod-eu", "prod-us", "staging"];

/// A demo server that serves until it is dropped or this process ends.
pub struct Demo {
    kubeconfig: PathBuf,
    guard: Child,
}

/// The server that tests share, with [`NAMES`].
pub fn demo() -> &'static Demo {
    static UP: OnceLock<Demo> = OnceLock::new();
    UP.get_or_init(|| Demo::start(&["--clusters", "3"]))
}

impl Demo {
    /// Starts one. All its clusters answer when this returns.
    ///
    /// # Panics
    /// Where it prints no path.
    pub fn start(args: &[&str]) -> Self {
        // The shell waits until this process lets go of its input, by dropping it or by ending however it ends.
        let wait = "\"$0\" demo-server \"$@\" & read _; kill $!; wait";
        let mut shell = Command::new("setsid");
        shell.args(["sh", "-c", wait, env!("CARGO_BIN_EXE_kconsole")]).args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut guard = shell.spawn().expect("a shell starts");
        let mut line = String::new();
        BufReader::new(guard.stdout.take().expect("piped")).read_line(&mut line).expect("it prints UTF-8");
        assert!(line.ends_with('\n'), "demo-server {args:?} prints no path but {line:?}");
        Self { kubeconfig: line.trim_end().into(), guard }
    }

    /// Contexts are called like the clusters; the first is current.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A kubeconfig in which the clusters have other names, and each the contexts that `tests/cluster/up` writes: `NAME`, `NAME-viewer` (may
    /// view namespace shop only), `NAME-nobody` (may do nothing) and `NAME-expired` (a token that the server refuses).
    /// Namespace shop takes all that tests put there.
    pub fn with_users(&self, names: &[&str]) -> PathBuf {
        let config = kubectl(&self.kubeconfig, &["config", "view", "--raw", "-o", "json"]);
        let config: Value = serde_json::from_str(&config).expect("kubectl prints JSON");
        let (mut clusters, mut users, mut contexts) = (Vec::new(), Vec::new(), Vec::new());
        for (i, name) in names.iter().enumerate() {
            clusters.push(json!({"name": name, "cluster": config["clusters"][i]["cluster"]}));
            let admin = config["users"][i]["user"].clone();
            let speaks = |other: &str| json!({"token": admin["token"], "as": other});
            let all =
                [("", admin.clone()), ("-viewer", speaks("viewer")), ("-nobody", speaks("nobody")), ("-expired", json!({"token": "x"}))];
            for (who, user) in all {
                let (user_name, namespace) = (format!("{name}{who}-user"), if who == "-viewer" { "shop" } else { "default" });
                users.push(json!({"name": user_name, "user": user}));
                let context = json!({"cluster": name, "user": user_name, "namespace": namespace});
                contexts.push(json!({"name": format!("{name}{who}"), "context": context}));
            }
        }
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": names[0], "clusters": clusters, "users": users, "contexts": contexts,
        });
        let path = self.kubeconfig.with_file_name("users");
        std::fs::write(&path, config.to_string()).expect("the folder of the server can be written");
        for name in names {
            kubectl(&path, &["--context", name, "-n", "shop", "delete", "quota,limits", "--all"]);
            kubectl(&path, &["--context", name, "-n", "shop", "create", "rolebinding", "viewer", "--clusterrole=view", "--user=viewer"]);
        }
        path
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait(); // it says nothing that matters here
    }
}
