//! Against real API servers (see `rig::cluster`): what no scripted server can prove.

use crate::rig::cluster::clusters;
use std::process::Command;

#[test]
fn servers_freeze_thaw_die_and_come_back_on_their_port() {
    let Some(clusters) = clusters() else { return };
    let ready = |name: &str| {
        let mut kubectl = Command::new("kubectl");
        kubectl.arg("--kubeconfig").arg(clusters.kubeconfig()).args(["--context", name, "--request-timeout=2s", "get", "--raw", "/readyz"]);
        kubectl.output().is_ok_and(|out| out.stdout == b"ok")
    };
    assert!(ready("alpha") && ready("beta") && ready("gamma"));
    clusters.freeze("alpha");
    assert!(!ready("alpha") && ready("beta"));
    clusters.thaw("alpha");
    assert!(ready("alpha"));
    clusters.kill("beta");
    assert!(!ready("beta") && ready("alpha"));
    clusters.start("beta");
    assert!(ready("beta"));
    assert!(clusters.kubectl(&["--context", "beta", "get", "namespaces", "-o", "name"]).contains("namespace/shop"));
}
