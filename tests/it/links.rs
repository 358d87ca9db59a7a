//! The links of an object: which there are, how one is chosen, and that no object decides where they lead.

use crate::rig::SOON;
use crate::rig::demo::demo;
use crate::rig::home::Home;
use crate::rig::objects::pod;
use crate::rig::pty::Pty;
use crate::rig::robot::Robot;
use crate::robot::look;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kconsole::app::config::Config;
use kconsole::model::step::Effect;
use serde_json::json;

const LINKS: &str = "links:
- {name: Grafana, match: '*prod-eu', kind: po, url: 'https://grafana.example.com/eu?pod={name}&ns={namespace}'}
- {name: Grafana, kind: Pod, url: 'https://grafana.example.com/{cluster}?pod={name}'}
- {name: Argo CD, kind: pods, url: 'https://argocd.example.com/{label:argo}/{kind}/{uid}'}
- {name: runbook, kind: deployments, url: 'https://wiki.example.com/{label:app}'}
- {name: anything, match: '*eu', url: 'https://{cluster}.example.com/{context}/{kind}/{name}'}
";

fn two(links: &str) -> Robot {
    let mut robot = Robot::with_pods(&[("prod-eu", vec![pod("shop/cart", 60)]), ("prod-us", vec![pod("shop/web", 60)])]);
    let (config, problems) = Config::load("config.yaml", links).unwrap();
    assert_eq!(problems, []);
    robot.state.config = config;
    robot
}

/// What was opened and copied.
fn done(robot: &mut Robot) -> Vec<String> {
    let told = |effect| match effect {
        Effect::Open(url) => Some(url),
        Effect::Copy(text) => Some(format!("copied {text}")),
        _ => None,
    };
    robot.effects().into_iter().filter_map(told).collect()
}

#[test]
fn an_object_has_the_links_of_its_cluster_and_kind() {
    let mut robot = two(LINKS);
    robot.press("u").sees("Links ─ 3").sees("https://grafana.example.com/eu?pod=cart&ns=shop").sees("it has no label argo").misses("wiki");
    assert!(robot.footer().contains("enter take it"), "{}", robot.footer());
    look("links", &mut robot);
    robot.press("enter").misses("Links ─");
    assert_eq!(done(&mut robot), ["https://grafana.example.com/eu?pod=cart&ns=shop"]);
    robot.press("u j enter").sees("Argo CD: it has no label argo");
    robot.press("u G c").sees("Links ─ 3").press("enter");
    assert_eq!(
        done(&mut robot),
        ["copied https://prod-eu.example.com/ctx%2Fprod-eu/Pod/cart", "https://prod-eu.example.com/ctx%2Fprod-eu/Pod/cart"]
    );
    robot.press("j u").sees("Links ─ 2").press("esc").sees("Pods ─ 2");
    robot.press(":").text("links Grafana").press("enter");
    assert_eq!(done(&mut robot), ["https://grafana.example.com/prod-us?pod=web"]);
}

#[test]
fn the_only_link_opens_at_once_and_where_there_is_none_that_is_said() {
    let mut robot = two("links: [{name: x, url: 'https://x.example.com/{label:app}'}]");
    robot.press("u").misses("Links ─");
    assert_eq!(done(&mut robot), ["https://x.example.com/cart"]);
    robot.press("d u");
    assert_eq!(done(&mut robot), ["https://x.example.com/cart"], "a document has the links of its object");
    let mut robot = two("");
    robot.press("u").sees("no link of the config is for pods");
    robot.press(":").text("links x").press("enter").sees("no link called x is for pods");
    robot.delete("prod-eu", "pods", &["cart"]).press("u").sees("cart is gone");
    assert_eq!(done(&mut robot), Vec::<String>::new());
}

/// Names and labels are what whoever may write objects made them.
#[test]
fn an_object_cannot_lead_a_link_astray() {
    let mut robot = two("links: [{name: x, url: 'https://x.example.com/{namespace}/{name}?l={label:app}#{kind}'}]");
    for evil in [
        "//evil.example",
        "@evil.example/",
        "\\evil",
        "javascript:alert(1)",
        "a?b#c&d=e",
        "a\r\nb\tc",
        "../../admin",
        "$(id);`id`",
        "\u{202e}x",
    ] {
        let mut object = pod("shop/zz", 5);
        object["metadata"]["name"] = json!(evil);
        object["metadata"]["namespace"] = json!(evil);
        object["metadata"]["labels"]["app"] = json!(evil);
        robot.deliver("prod-us", "pods", &[object]).press("g u j u j u");
        let opened = done(&mut robot);
        assert_eq!(opened.len(), 3, "{evil}: {opened:?}");
        for url in &opened {
            let rest = url.strip_prefix("https://x.example.com/").unwrap_or_else(|| panic!("{url}"));
            let marks: String = rest.chars().filter(|c| !c.is_ascii_alphanumeric() && !"%-._~".contains(*c)).collect();
            assert_eq!(marks, "/?=#", "{url}");
        }
    }
    let mut object = pod("shop/zz", 5);
    object["metadata"]["namespace"] = json!("..");
    robot.deliver("prod-us", "pods", &[object]).press("g u").sees("its namespace is ..");
}

/// The program on a table of one row, with one link.
fn real(home: Home) -> Pty {
    let home = home.with("KUBECONFIG", demo().kubeconfig().to_str().unwrap());
    home.write(".config/kconsole/config.yaml", "links: [{name: x, kind: ns, url: 'https://x.example.com/{cluster}/{name}'}]\n");
    let pty = Pty::start(env!("CARGO_BIN_EXE_kconsole"), &["namespaces"], (100, 24), home);
    pty.wait_for("a row", SOON, |s| s.contents().contains("kube-system"));
    pty
}

#[test]
fn a_link_opens_in_the_browser_of_the_environment() {
    let home = Home::new().with_programs();
    let script = home.write("browser", r#"printf '%s %s' "$1" "$2" >"$0.new" && mv "$0.new" "$0.told""#);
    let told = script.with_extension("told");
    let mut pty = real(home.with("BROWSER", &format!("sh {} -n", script.display())));
    pty.send("gu");
    pty.wait_for("what it did", SOON, |s| s.contents().contains("opened with sh: https://x.example.com/prod-eu/"));
    pty.wait_until(SOON, |_| told.exists());
    assert_eq!(std::fs::read_to_string(told).unwrap(), "-n https://x.example.com/prod-eu/accounts");
    pty.send("Q");
    assert_eq!(pty.wait_exit(SOON).unwrap().0.exit_code(), 0);
}

#[test]
fn over_ssh_a_link_is_copied() {
    let mut pty = real(Home::new().with_programs().with("BROWSER", "false").with("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22"));
    pty.send("gu");
    pty.wait_for("what it did", SOON, |s| {
        s.contents().contains("copied, as there is no browser here: https://x.example.com/prod-eu/accounts")
    });
    let sequence = format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode("https://x.example.com/prod-eu/accounts"));
    assert!(pty.raw().windows(sequence.len()).any(|w| w == sequence.as_bytes()));
}
