//! Kinds that come and go while the screen is open, and history that is compacted while an API server is away.

use super::{apply, clusters, on_demo, on_real, screen};
use crate::rig::SOON;
use crate::rig::cluster::{kubectl, try_kubectl};
use crate::rig::pty::Pty;
use std::path::Path;
use std::time::{Duration, Instant};

fn define(clusters: &Path, context: &str) {
    apply(
        clusters,
        context,
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: bars.example.com}\nspec:\n  group: example.com\n  \
         scope: Namespaced\n  names: {plural: bars, singular: bar, kind: Bar}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    \
         schema: {openAPIV3Schema: {type: object}}\n",
    );
    kubectl(clusters, &["--context", context, "wait", "--for=condition=Established", "crd/bars.example.com"]);
}

/// A bar; the server serves a new kind a moment after it says so.
fn bar(clusters: &Path, context: &str, name: &str) {
    let bar = format!("{{\"apiVersion\":\"example.com/v1\",\"kind\":\"Bar\",\"metadata\":{{\"name\":\"{name}\"}}}}");
    let home = crate::rig::home::Home::new();
    let file = home.write("bar.json", &bar);
    let create = format!("create --raw /apis/example.com/v1/namespaces/default/bars --context {context} -f {}", file.display());
    let begun = Instant::now();
    while !try_kubectl(clusters, &create.split(' ').collect::<Vec<_>>()) {
        assert!(begun.elapsed() < SOON, "the server does not serve bars");
    }
}

fn wait(pty: &Pty, what: &str, limit: Duration) -> Instant {
    pty.wait_for(what, limit, |s| s.contents().contains(what))
}

#[test]
fn a_kind_that_comes_goes_and_comes_back() {
    on_real(come_and_go);
}

#[test]
fn a_kind_that_comes_goes_and_comes_back_on_the_demo_server() {
    on_demo(come_and_go);
}

/// Whoever opens the table of a kind that nobody knows sees it when it comes.
#[test]
fn a_kind_that_is_waited_for_comes_on_the_demo_server() {
    on_demo(|clusters| {
        let pty = screen::open(clusters, &["bars", "--context", "alpha,beta"]);
        wait(&pty, "no open cluster serves a kind called bars", SOON);
        define(clusters, "beta");
        bar(clusters, "beta", "golden");
        wait(&pty, "golden", SOON);
        kubectl(clusters, &["--context", "beta", "delete", "crd", "bars.example.com"]);
    });
}

fn come_and_go(clusters: &Path) {
    let mut pty = screen::open(clusters, &["pods", "--context", "alpha,beta"]);
    pty.wait_for("both clusters", SOON, |s| s.contents().contains("1 alpha ●  2 beta ●"));
    pty.send(":bars\r");
    wait(&pty, "no open cluster serves a kind called bars", SOON);
    // What was defined after the start is found when it is asked for again.
    define(clusters, "beta");
    bar(clusters, "beta", "golden");
    let asked = Instant::now();
    pty.send("\r");
    let seen = wait(&pty, "golden", SOON);
    assert!(seen - asked < Duration::from_secs(5), "{:?}", seen - asked);
    wait(&pty, "not served by alpha: bars.example.com", SOON);
    kubectl(clusters, &["--context", "beta", "delete", "crd", "bars.example.com"]);
    wait(&pty, "no open cluster serves bars.example.com", SOON);
    wait(&pty, "not served by alpha, beta: bars.example.com", SOON);
    define(clusters, "beta");
    bar(clusters, "beta", "silver");
    let defined = Instant::now();
    let seen = wait(&pty, "silver", SOON);
    assert!(seen.saturating_duration_since(defined) < Duration::from_secs(5), "{:?}", seen - defined);
    assert!(!pty.screen().contains("golden"), "{}", pty.screen());
    kubectl(clusters, &["--context", "beta", "delete", "crd", "bars.example.com"]);
}

#[test]
fn compacted_history_is_listed_anew() {
    let Some(clusters) = clusters() else { return };
    define(clusters.as_ref(), "alpha");
    ["one", "two"].iter().for_each(|name| bar(clusters.as_ref(), "alpha", name));
    let pty = screen::open(&clusters, &["bars", "--context", "alpha,beta"]);
    pty.wait_for("two bars", SOON, |s| s.contents().contains("Bars ─ 2 ") && s.contents().contains("1 alpha ●"));
    clusters.kill("alpha");
    wait(&pty, "alpha: stale for", SOON);
    // The store moves on without the server, and forgets how.
    let gone = "L2FscGhhL2V4YW1wbGUuY29tL2JhcnMvZGVmYXVsdC9vbmU="; // /alpha/example.com/bars/default/one
    let answer = clusters.etcd("kv/deleterange", &format!(r#"{{"key":"{gone}"}}"#));
    assert!(answer.contains(r#""deleted":"1""#), "{answer}");
    let revision = answer.split(r#""revision":""#).nth(1).and_then(|rest| rest.split('"').next()).expect("a revision");
    clusters.etcd("kv/compaction", &format!(r#"{{"revision":"{revision}","physical":true}}"#));
    clusters.start("alpha");
    pty.wait_for("one bar", SOON, |s| s.contents().contains("Bars ─ 1 ") && !s.contents().contains("stale"));
    bar(clusters.as_ref(), "alpha", "three");
    wait(&pty, "three", Duration::from_secs(2));
    pty.wait_for("two bars", SOON, |s| s.contents().contains("Bars ─ 2 "));
    clusters.kubectl(&["--context", "alpha", "delete", "crd", "bars.example.com"]);
}
