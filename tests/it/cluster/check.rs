//! `kconsole check`: a line for each context, with the exact reason where it cannot be used.

use super::{kconsole, on_demo, on_real, run_with};
use crate::rig::cluster::kubectl;
use crate::rig::home::Home;
use std::net::{TcpListener, TcpStream};
use std::path::Path;

/// The line of a context, without its name.
fn line<'a>(out: &'a str, name: &str) -> &'a str {
    let of = |line: &&str| line.split_whitespace().nth(1) == Some(name);
    out.lines().find(of).unwrap_or_else(|| panic!("no line for {name} in\n{out}"))
}

#[test]
fn each_context_has_its_line_and_users_their_reasons() {
    on_real(lines);
}

#[test]
fn each_demo_context_has_its_line_and_users_their_reasons() {
    on_demo(lines);
}

fn lines(clusters: &Path) {
    let version: serde_json::Value = serde_json::from_str(&kubectl(clusters, &["get", "--raw", "/version"])).expect("it is JSON");
    let version = version["gitVersion"].as_str().expect("a version");
    let nodes = kubectl(clusters, &["--context", "alpha", "get", "nodes", "-o", "name"]).lines().count();
    let ready = format!("{nodes} of {nodes} nodes ready");
    let good = kconsole(clusters, &["check", "--context", "alpha,beta,gamma"]);
    assert_eq!((good.code, good.err.as_str(), good.out.lines().count()), (0, "", 3), "{}", good.out);
    assert!(line(&good.out, "alpha").contains(&ready), "{}", good.out);
    for name in ["alpha", "beta", "gamma"] {
        let told = line(&good.out, name);
        assert!(told.starts_with("● ") && told.contains(version) && told.contains("nodes ready  admin  "), "{told}");
        let bytes: u64 = told.split_whitespace().rev().nth(1).expect("a number of bytes").parse().expect("a number");
        assert!(bytes > 10_000, "discovery alone is larger: {told}");
    }
    let all = kconsole(clusters, &["check", "--all-contexts"]);
    assert_eq!((all.code, all.out.lines().count()), (1, 12), "{}", all.out);
    for cluster in ["alpha", "beta", "gamma"] {
        assert!(line(&all.out, cluster).contains(" nodes ready  admin"), "{}", all.out);
        for who in ["viewer", "nobody"] {
            let told = line(&all.out, &format!("{cluster}-{who}")).to_owned();
            assert!(told.starts_with("● ") && told.contains(&format!("nodes forbidden  {who}  ")), "{told}");
        }
        let expired = line(&all.out, &format!("{cluster}-expired"));
        assert!(expired.starts_with("✗ ") && expired.contains("unauthorised: the server refuses the credential"), "{expired}");
        assert!(expired.contains(&format!("(renew the user of the context \"{cluster}-expired\" in ")), "{expired}");
    }
}

#[test]
fn what_cannot_be_reached_says_why() {
    let hole = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = hole.local_addr().expect("it has an address").port();
    let home = Home::new();
    let kubeconfig = home.write(
        "odd.yaml",
        &format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: dead\nclusters:\n\
             - {{name: dead, cluster: {{server: 'https://127.0.0.1:1'}}}}\n\
             - {{name: hole, cluster: {{server: 'https://127.0.0.1:{port}'}}}}\n\
             - {{name: broken, cluster: {{server: 'https://127.0.0.1:1', certificate-authority: /none/ca.crt}}}}\n\
             users: [{{name: me, user: {{token: t}}}}]\ncontexts:\n\
             - {{name: dead, context: {{cluster: dead, user: me}}}}\n\
             - {{name: hole, context: {{cluster: hole, user: me}}}}\n\
             - {{name: broken, context: {{cluster: broken, user: me}}}}\n\
             - {{name: stranger, context: {{cluster: dead, user: unknown}}}}\n"
        ),
    );
    // The kernel completes connections to a socket that listens; nobody ever says a word on them.
    let _first = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    let begun = std::time::Instant::now();
    let ran = run_with(&kubeconfig, &["check", "--all-contexts"]);
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    assert_eq!(ran.code, 1);
    assert!(line(&ran.out, "dead").contains("✗ dead      unreachable: connection refused"), "{}", ran.out);
    assert!(line(&ran.out, "hole").contains("✗ hole      unreachable: "), "{}", ran.out);
    let file = kubeconfig.display();
    assert!(
        line(&ran.out, "broken").contains(&format!("not usable: {file}:7: cluster \"broken\": certificate-authority /none/ca.crt")),
        "{}",
        ran.out
    );
    assert!(
        line(&ran.out, "stranger").contains(&format!("not usable: {file}:13: context \"stranger\" names the user \"unknown\"")),
        "{}",
        ran.out
    );
    assert!(ran.err.contains(&format!("{file}:7:")) && ran.err.contains(&format!("{file}:13:")), "{}", ran.err);
}
