//! Copies out of a container on a real kubelet and into it: with the tar of busybox, and by kubectl's word.

use super::{Ran, apply, kconsole};
use crate::rig::cluster::{Turn, clusters};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const CONTEXT: &str = "gamma";

/// A pod with a few files, of which one is large and some are none that are copied.
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: copied, namespace: default}\nspec:\n  \
    nodeSelector: {kubernetes.io/hostname: real-gamma}\n  tolerations: [{operator: Exists}]\n  terminationGracePeriodSeconds: 1\n  containers:\n  \
    - {name: app, image: 'docker.io/local/busybox:1', imagePullPolicy: Never, command: [sh, -c, \"mkdir -p /data/deep/empty; cd /data; echo one > one; \
    echo two > 'deep/two words'; ln -s ../one deep/link; ln -s /etc/passwd deep/out; mkfifo deep/pipe; head -c 64000000 /dev/urandom > large; \
    chmod 6755 one; touch /ready; exec sleep 3600\"]}\n";

fn cp(clusters: &Turn, from: &str, to: &str) -> Ran {
    kconsole(clusters, &["cp", "--context", CONTEXT, "-n", "default", from, to])
}

/// What a command in the pod prints, as kubectl has it.
fn there(clusters: &Turn, script: &str) -> String {
    clusters.kubectl(&["--context", CONTEXT, "-n", "default", "exec", "copied", "--", "sh", "-c", script])
}

/// The sum of a file here.
fn sum(path: &Path) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, &fs::read(path).expect("it is here"));
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_real_kubelet_gives_and_takes_files() {
    let Some(clusters) = clusters() else { return };
    let Some(_node) = clusters.node(CONTEXT) else { return };
    apply(&clusters, CONTEXT, POD);
    clusters.kubectl(&["--context", CONTEXT, "-n", "default", "wait", "pod/copied", "--for=condition=Ready", "--timeout=60s"]);
    there(&clusters, "while ! test -e /ready; do sleep 0.1; done");
    let here = TempDir::new().expect("a folder");
    out(&clusters, here.path());
    into(&clusters, here.path());
    clusters.kubectl(&["--context", CONTEXT, "-n", "default", "delete", "pod", "copied", "--wait=false"]);
}

fn out(clusters: &Turn, here: &Path) {
    let to = here.join("data");
    let ran = cp(clusters, "copied:/data", to.to_str().expect("UTF-8"));
    let left = ["./deep/out: it is a link that leads out, to /etc/passwd", "./deep/pipe: it is a device"];
    assert!(
        ran.code == 1 && left.iter().all(|told| ran.err.contains(told)) && ran.err.contains("2 left out; 3 files, sums compared"),
        "{}",
        ran.err
    );
    assert_eq!(fs::read_to_string(to.join("deep/two words")).expect("it came"), "two\n");
    assert_eq!(fs::read_link(to.join("deep/link")).expect("a link").to_str(), Some("../one"));
    assert!(to.join("deep/empty").is_dir() && !to.join("deep/out").exists());
    assert!(there(clusters, "sha256sum /data/large").starts_with(&sum(&to.join("large"))));
    // What is left out once is left out; without it all is well.
    there(clusters, "rm /data/deep/out /data/deep/pipe");
    let ran = cp(clusters, "copied:/data", here.join("again").to_str().expect("UTF-8"));
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

fn into(clusters: &Turn, here: &Path) {
    let from = here.join("data");
    fs::write(from.join("new"), "new").expect("written");
    let large = from.join("large");
    for (source, target) in [(&from, "copied:/fresh"), (&from, "copied:/"), (&large, "copied:/tmp/one-file")] {
        let ran = cp(clusters, source.to_str().expect("UTF-8"), target);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{target}");
    }
    for path in ["/fresh/large", "/data/large", "/tmp/one-file"] {
        assert!(there(clusters, &format!("sha256sum {path}")).starts_with(&sum(&large)), "{path}");
    }
    assert_eq!(
        there(clusters, "cat /data/new '/fresh/deep/two words'; readlink /fresh/deep/link; ls -A /fresh /tmp; stat -c %a /fresh/one")
            .trim(),
        "newtwo\n../one\n/fresh:\ndeep\nlarge\nnew\none\n\n/tmp:\none-file\n755"
    );
}
